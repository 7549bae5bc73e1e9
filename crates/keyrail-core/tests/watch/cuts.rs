//! Each hop cut in turn, in a member, in a Region and in the hub: told within two periods, by name.

use jiff::SignedDuration;
use keyrail_core::activity::PERIOD;
use keyrail_core::id::AccountId;
use keyrail_core::watch::{AlarmState, Basic, Hears, Queue, Rule, Selectors};

use crate::organization::{Closed, Guard, HOME, Organization, REGIONS, account, hub, known, trail};

/// A way to kill a hop, and the words by which it must be named.
struct Cut {
    name: &'static str,
    cut: fn(&mut Organization),
    words: Vec<String>,
    to: Hears,
}

/// Whom most cuts are made in.
fn member() -> AccountId {
    account(42)
}

fn cut(name: &'static str, cut: fn(&mut Organization), words: &[&str]) -> Cut {
    Cut {
        name,
        cut,
        words: words.iter().map(ToString::to_string).collect(),
        to: Hears::Everybody,
    }
}

fn rule<'a>(rules: &'a mut [Rule], id: &str) -> &'a mut Rule {
    let mut all = rules.iter_mut();
    all.find(|rule| rule.name.contains(&format!("-{id}-")))
        .expect("there is such a rule")
}

fn at<'a>(
    organization: &'a mut Organization,
    id: &AccountId,
    region: &str,
    name: &str,
) -> &'a mut Rule {
    let rules: &mut Vec<Rule> = known(&mut organization.at(id, region).rules);
    rule(rules, name)
}

fn on_bus<'a>(organization: &'a mut Organization, name: &str) -> &'a mut Rule {
    let rules: &mut Vec<Rule> = known(&mut organization.reading.hub.bus_rules);
    rule(rules, name)
}

fn schedule_off(organization: &mut Organization, id: &AccountId, region: &str) {
    for (_, schedule) in &mut organization.at(id, region).schedules {
        known(schedule).as_mut().expect("it is there").state = "DISABLED".to_owned();
    }
}

fn own_trail_stops(organization: &mut Organization, id: &AccountId) {
    for region in REGIONS {
        let trails = known(&mut organization.at(id, region).trails);
        trails[0].arn = format!("arn:aws:cloudtrail:us-east-1:{id}:trail/own");
        trails[0].logging = Ok(false);
    }
}

fn all() -> Vec<Cut> {
    let id = member().to_string();
    let id = id.as_str();
    let hub_id = hub().to_string();
    let hub_id = hub_id.as_str();
    let trail = trail();
    let region = "eu-north-1";
    vec![
        // In a member account.
        cut(
            "member: trail stopped",
            |it| own_trail_stops(it, &member()),
            &[id, "trail/own does not log"],
        ),
        cut(
            "member: no trail",
            |it| {
                for region in REGIONS {
                    known(&mut it.at(&member(), region).trails).clear();
                }
            },
            &[id, "no trail records here"],
        ),
        cut(
            "member: selectors narrowed",
            |it| {
                own_trail_stops(it, &member());
                for region in REGIONS {
                    let trails = known(&mut it.at(&member(), region).trails);
                    trails[0].logging = Ok(true);
                    trails[0].selectors = (region == HOME).then(|| {
                        Ok(Selectors::Basic(vec![Basic {
                            read_write: "ReadOnly".to_owned(),
                            management: false,
                            excluded: vec![],
                        }]))
                    });
                }
            },
            &[id, "trail/own does not record all management events"],
        ),
        cut(
            "member: rule disabled",
            |it| at(it, &member(), HOME, "AccessKeyRule").state = "DISABLED".to_owned(),
            &[id, "AccessKeyRule", "is DISABLED"],
        ),
        cut(
            "member: rule deleted",
            |it| {
                known(&mut it.at(&member(), HOME).rules)
                    .retain(|rule| !rule.name.contains("-AccessKeyRule-"));
            },
            &[id, "there is no rule AccessKeyRule"],
        ),
        cut(
            "member: rule narrowed",
            |it| {
                at(it, &member(), HOME, "AccessKeyRule").is_as_shipped = false;
            },
            &[
                id,
                "AccessKeyRule",
                "has not the pattern that this version ships",
            ],
        ),
        cut(
            "member: rule without target",
            |it| at(it, &member(), HOME, "AccessKeyRule").targets = Ok(vec![]),
            &[id, "AccessKeyRule", "has no target"],
        ),
        cut(
            "member: target's role gone",
            |it| {
                let targets = known(&mut at(it, &member(), HOME, "AccessKeyRule").targets);
                targets[0].role.as_mut().expect("it has one").exists = Ok(false);
            },
            &[
                id,
                "ForwardingRole, in which the rule",
                "AccessKeyRule",
                "delivers, is not there",
            ],
        ),
        cut(
            "member: schedule off",
            |it| schedule_off(it, &member(), HOME),
            &[id, "the schedule keyrail-beat-account is DISABLED"],
        ),
        cut(
            "member: beat's role gone",
            |it| it.at(&member(), HOME).beat_role = Ok(false),
            &[id, "the role keyrail-beat-us-east-1"],
        ),
        // In a Region.
        cut(
            "Region: trail of one Region",
            |it| {
                known(&mut it.at(&member(), "eu-north-1").trails).clear();
            },
            &[id, region, "no trail records here"],
        ),
        cut(
            "Region: rule disabled",
            |it| at(it, &member(), "eu-north-1", "RecorderRule").state = "DISABLED".to_owned(),
            &[id, region, "RecorderRule", "is DISABLED"],
        ),
        cut(
            "Region: rule deleted",
            |it| {
                known(&mut it.at(&member(), "eu-north-1").rules)
                    .retain(|rule| !rule.name.contains("-RecorderRule-"))
            },
            &[id, region, "there is no rule RecorderRule"],
        ),
        cut(
            "Region: rule narrowed",
            |it| at(it, &member(), "eu-north-1", "RecorderRule").is_as_shipped = false,
            &[id, region, "RecorderRule", "has not the pattern"],
        ),
        cut(
            "Region: rule without target",
            |it| at(it, &member(), "eu-north-1", "RecorderRule").targets = Ok(vec![]),
            &[id, region, "RecorderRule", "has no target"],
        ),
        cut(
            "Region: target's role gone",
            |it| {
                known(&mut at(it, &member(), "eu-north-1", "RecorderRule").targets)[0]
                    .role
                    .as_mut()
                    .expect("it has one")
                    .exists = Ok(false);
            },
            &[
                id,
                region,
                "ForwardingRole, in which the rule",
                "RecorderRule",
            ],
        ),
        cut(
            "Region: schedule off",
            |it| schedule_off(it, &member(), "eu-north-1"),
            &[id, region, "the schedule keyrail-beat-region is DISABLED"],
        ),
        cut(
            "Region: a rule that carries no beat",
            |it| at(it, &member(), "eu-north-1", "GuardDutyRule").state = "DISABLED".to_owned(),
            &[id, region, "GuardDutyRule", "is DISABLED"],
        ),
        // In the hub.
        cut(
            "hub: trail stopped",
            |it| it.everywhere(|_, region| known(&mut region.trails)[0].logging = Ok(false)),
            &[hub_id, &trail, "does not log", "120 accounts"],
        ),
        cut(
            "hub: selectors narrowed",
            |it| {
                known(&mut it.at(&hub(), HOME).trails)[0].selectors =
                    Some(Ok(Selectors::Basic(vec![])));
            },
            &[hub_id, &trail, "does not record all management events"],
        ),
        cut(
            "hub: rule disabled",
            |it| at(it, &hub(), HOME, "AccessKeyRule").state = "DISABLED".to_owned(),
            &[hub_id, "keyrail-AccessKeyRule-1A2B3C is DISABLED"],
        ),
        cut(
            "hub: rule deleted",
            |it| {
                known(&mut it.at(&hub(), HOME).rules)
                    .retain(|rule| !rule.name.contains("-RecorderRule-"))
            },
            &[hub_id, "there is no rule RecorderRule"],
        ),
        cut(
            "hub: rule narrowed",
            |it| at(it, &hub(), HOME, "RecorderRule").is_as_shipped = false,
            &[hub_id, "RecorderRule", "has not the pattern"],
        ),
        cut(
            "hub: rule without target",
            |it| at(it, &hub(), HOME, "RecorderRule").targets = Ok(vec![]),
            &[hub_id, "RecorderRule", "has no target"],
        ),
        cut(
            "hub: rule to somewhere else",
            |it| {
                known(&mut at(it, &hub(), HOME, "RecorderRule").targets)[0].arn =
                    "arn:aws:lambda:us-east-1:444455556000:function:other".to_owned();
            },
            &[
                hub_id,
                "RecorderRule",
                "does not deliver to keyrail's function",
            ],
        ),
        cut(
            "hub: members' rule disabled",
            |it| on_bus(it, "MemberAccessKeyRule").state = "DISABLED".to_owned(),
            &[hub_id, "MemberAccessKeyRule", "is DISABLED"],
        ),
        cut(
            "hub: members' rule deleted",
            |it| {
                known(&mut it.reading.hub.bus_rules)
                    .retain(|rule| !rule.name.contains("-MemberRecorderRule-"))
            },
            &[hub_id, "there is no rule MemberRecorderRule"],
        ),
        cut(
            "hub: members' rule narrowed",
            |it| on_bus(it, "MemberRecorderRule").is_as_shipped = false,
            &[hub_id, "MemberRecorderRule", "has not the pattern"],
        ),
        cut(
            "hub: members' rule without target",
            |it| on_bus(it, "MemberRecorderRule").targets = Ok(vec![]),
            &[hub_id, "MemberRecorderRule", "has no target"],
        ),
        cut(
            "hub: bus policy gone",
            |it| {
                known(&mut it.reading.hub.bus)
                    .as_mut()
                    .expect("it is there")
                    .policy = None
            },
            &[hub_id, "the policy of the bus keyrail-members does not let"],
        ),
        cut(
            "hub: bus gone",
            |it| it.reading.hub.bus = Ok(None),
            &[hub_id, "the bus keyrail-members is not there"],
        ),
        cut(
            "hub: function throttled to 0",
            |it| {
                known(&mut it.reading.hub.function)
                    .as_mut()
                    .expect("it is there")
                    .reserved = Ok(Some(0));
            },
            &[hub_id, "the function keyrail may not run"],
        ),
        cut(
            "hub: function deleted",
            |it| it.reading.hub.function = Ok(None),
            &[hub_id, "the function keyrail is not there"],
        ),
        Cut {
            to: Hears::Operator,
            ..cut(
                "hub: function failing",
                |it| {
                    it.guard = Guard::Fails;
                    it.reading.hub.queues = Ok(vec![Queue {
                        name: "keyrail-DeadLetterQueue-1A2B".to_owned(),
                        messages: Ok(3),
                        passes: false,
                    }]);
                    known(&mut it.at(&hub(), HOME).alarms)[0].state = AlarmState::Alarm;
                },
                &[hub_id, "keyrail-ErrorAlarm-1A2B is in ALARM"],
            )
        },
        cut(
            "hub: schedule off",
            |it| schedule_off(it, &hub(), HOME),
            &[hub_id, "the schedule keyrail-beat-account is DISABLED"],
        ),
        cut(
            "hub: topic's subscription gone",
            |it| it.reading.hub.topics[0].subscriptions = Ok(Some(vec![])),
            &[
                hub_id,
                "nobody listens to the topic keyrail-AlertTopic-1A2B",
            ],
        ),
        cut(
            "hub: topic gone",
            |it| it.reading.hub.topics[0].subscriptions = Ok(None),
            &[hub_id, "the topic keyrail-AlertTopic-1A2B is not there"],
        ),
        cut(
            "hub: subscription not confirmed",
            |it| {
                let of_it = known(&mut it.reading.hub.topics[1].subscriptions);
                of_it.as_mut().expect("it is there")[0].is_confirmed = false;
            },
            &[
                hub_id,
                "nobody who listens to the topic keyrail-OperatorTopic-1A2B has confirmed it",
            ],
        ),
        cut(
            "hub: table gone",
            |it| it.reading.hub.table = Ok(None),
            &[hub_id, "the state table is not there"],
        ),
        Cut {
            to: Hears::Operator,
            ..cut(
                "hub: something else runs",
                |it| {
                    known(&mut it.reading.hub.function)
                        .as_mut()
                        .expect("it is there")
                        .runs = "code 2, bundle 1".to_owned();
                },
                &[
                    hub_id,
                    "runs something else than at the last check: code 2, bundle 1; before: code 1, bundle 1",
                ],
            )
        },
    ]
}

#[test]
fn each_hop_that_is_cut_is_told_within_two_periods_and_named() {
    for Cut {
        name,
        cut,
        words,
        to,
    } in all()
    {
        let mut organization = Organization::of(120);
        organization.hours(2);
        assert_eq!(organization.told, [], "{name}");
        let since = organization.now;
        cut(&mut organization);
        organization.hours(2);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let told = organization.first_told(since, to, &words);
        let Some(told) = told else {
            panic!("{name}: {words:?} is not in {:#?}", organization.told);
        };
        let took = told.duration_since(since);
        println!("{name}: {} minutes", took.as_mins());
        assert!(took <= PERIOD * 2, "{name}: {took}");
    }
}

/// Where the hop cannot be read, silence alone tells: two beats that did not come, and who.
#[test]
fn silence_is_told_where_nothing_can_be_read() {
    for (places, words) in [
        (
            vec![
                (member(), HOME),
                (member(), "eu-north-1"),
                (member(), "us-east-2"),
                (member(), "ap-southeast-2"),
            ],
            "is silent in ap-southeast-2, eu-north-1, us-east-1, us-east-2",
        ),
        (vec![(member(), "eu-north-1")], "is silent in eu-north-1"),
        (vec![(hub(), "us-east-2")], "is silent in us-east-2"),
    ] {
        let mut organization = Organization::of(120);
        organization.hours(3);
        let since = organization.now;
        for (id, region) in &places {
            organization.lost.insert((id.clone(), (*region).to_owned()));
        }
        organization.hours(4);
        let id = places[0].0.as_str();
        let told = organization.first_told(since, Hears::Everybody, &[id, words]);
        let took = told.expect("it is told").duration_since(since);
        // The first beat that did not come was due in the hour that began then.
        println!("{words}: {} minutes", took.as_mins());
        assert!(took <= PERIOD * 2 + SignedDuration::from_mins(65), "{took}");
    }
}

/// An account that keyrail cannot enter is told, and if it falls silent, too, why that may be.
#[test]
fn an_account_that_cannot_be_entered_is_told() {
    let mut organization = Organization::of(12);
    organization.hours(3);
    let since = organization.now;
    let (denied, waiting) = (account(4), account(5));
    organization.closed.insert(denied.clone(), Closed::Denied);
    organization.closed.insert(waiting.clone(), Closed::NoTime);
    organization.hours(2);
    let words = [
        denied.as_str(),
        "the account cannot be read: sts:AssumeRole: AccessDenied",
    ];
    assert!(
        organization
            .first_told(since, Hears::Operator, &words)
            .is_some()
    );
    assert_eq!(organization.first_told(since, Hears::Everybody, &[]), None);
    // What there was no time for is no fault; who is silent there is one.
    assert_eq!(
        organization.first_told(since, Hears::Operator, &[waiting.as_str()]),
        None
    );
    for id in [&denied, &waiting] {
        organization
            .lost
            .extend(REGIONS.map(|region| (id.clone(), region.to_owned())));
    }
    organization.hours(4);
    for (id, because) in [
        (
            &denied,
            "keyrail's stacks are not in this account, or were taken away",
        ),
        (&waiting, "not looked at yet, for want of time"),
    ] {
        let words = [id.as_str(), "is silent in", because];
        assert!(
            organization
                .first_told(since, Hears::Everybody, &words)
                .is_some(),
            "{because}"
        );
    }
}

/// A fault that was told is not told as over because nobody could look.
#[test]
fn what_cannot_be_read_is_not_over() {
    let mut organization = Organization::of(12);
    organization.hours(3);
    let id = account(4);
    at(&mut organization, &id, HOME, "RoleRule").state = "DISABLED".to_owned();
    organization.hours(2);
    let told = organization.told.len();
    organization.closed.insert(id.clone(), Closed::NoTime);
    organization.hours(5);
    assert_eq!(organization.told.len(), told);
    organization.closed.clear();
    at(&mut organization, &id, HOME, "RoleRule").state = "ENABLED".to_owned();
    organization.hours(1);
    let (_, last) = organization.told.last().expect("it is told");
    assert_eq!(last.subject, "keyrail: 1 fault is over");
}

/// The watch itself: only its own alarm can tell, which breaches where `WatchRuns` has no data for two
/// hours (`WatchAlarm` of template.yaml).
#[test]
fn that_the_watch_is_not_started_shows_in_its_metric() {
    let mut organization = Organization::of(8);
    organization.hours(3);
    organization.is_watching = false;
    let since = organization.now;
    organization.hours(3);
    assert_eq!(organization.told, []);
    let ran = organization.ran.expect("it ran before");
    assert!(
        organization.now.duration_since(ran) > PERIOD * 2,
        "{ran} {since}"
    );
}
