//! The ways to cut a hop, and the words by which each must be named.

use keyrail_core::id::AccountId;
use keyrail_core::watch::{AlarmState, Asked, Basic, Function, Hears, Queue, Rule, Selectors};

use crate::organization::{Guard, HOME, Organization, REGIONS, account, hub, known};
use crate::parts::trail;

/// A way to kill a hop.
pub(crate) struct Cut {
    pub name: String,
    pub how: Box<dyn Fn(&mut Organization)>,
    pub words: Vec<String>,
    pub to: Hears,
}

/// Whom most cuts are made in.
pub(crate) fn member() -> AccountId {
    account(42)
}

const REGION: &str = "eu-north-1";

pub(crate) fn all() -> Vec<Cut> {
    let member_rules = rules("member", &member(), HOME, "AccessKeyRule");
    let region_rules = rules("Region", &member(), REGION, "RecorderRule");
    let hub_rules = rules("hub", &hub(), HOME, "AccessKeyRule");
    let mut all = in_member();
    all.extend(member_rules);
    all.extend(in_region());
    all.extend(region_rules);
    all.extend(in_hub());
    all.extend(hub_rules);
    all.extend(on_bus());
    all
}

fn cut(name: impl Into<String>, words: &[&str], how: impl Fn(&mut Organization) + 'static) -> Cut {
    Cut {
        name: name.into(),
        how: Box::new(how),
        words: words.iter().map(ToString::to_string).collect(),
        to: Hears::Everybody,
    }
}

fn for_the_operator(cut: Cut) -> Cut {
    Cut {
        to: Hears::Operator,
        ..cut
    }
}

/// One rule, cut in each way.
fn rules(place: &str, id: &AccountId, region: &'static str, rule: &'static str) -> Vec<Cut> {
    let on = {
        let id = id.clone();
        move |it: &mut Organization, how: fn(&mut Rule)| {
            how(named(&mut it.at(&id, region).rules, rule));
        }
    };
    let words = |says: &'static str| {
        [
            id.to_string(),
            region.to_owned(),
            rule.to_owned(),
            says.to_owned(),
        ]
    };
    let mut cuts = Vec::new();
    for (name, says, how) in WAYS {
        let on = on.clone();
        let has_role = region != HOME || *id != hub();
        if name != "target's role gone" || has_role {
            let words = words(says);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            cuts.push(cut(format!("{place}: rule {name}"), &words, move |it| {
                on(it, how);
            }));
        }
    }
    let id = id.clone();
    let words = words("there is no rule");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    cuts.push(cut(format!("{place}: rule deleted"), &words, move |it| {
        without(known(&mut it.at(&id, region).rules), rule);
    }));
    cuts
}

/// The rules on the bus of the members.
fn on_bus() -> Vec<Cut> {
    const RULE: &str = "MemberRecorderRule";
    let mut cuts = Vec::new();
    for (name, says, how) in WAYS {
        if name != "target's role gone" {
            cuts.push(cut(
                format!("hub: members' rule {name}"),
                &[RULE, says],
                move |it| {
                    how(named(&mut it.reading.hub.bus_rules, RULE));
                },
            ));
        }
    }
    cuts.push(cut(
        "hub: members' rule deleted",
        &["there is no rule MemberRecorderRule"],
        |it| {
            without(known(&mut it.reading.hub.bus_rules), RULE);
        },
    ));
    cuts
}

/// What of a rule is cut, what is said of it, and how.
type Way = (&'static str, &'static str, fn(&mut Rule));

const WAYS: [Way; 4] = [
    ("disabled", "is DISABLED", |rule| {
        "DISABLED".clone_into(&mut rule.state);
    }),
    (
        "narrowed",
        "has not the pattern that this version ships",
        |rule| rule.is_as_shipped = false,
    ),
    ("without target", "has no target", |rule| {
        rule.targets = Ok(Vec::new());
    }),
    ("target's role gone", "delivers, is not there", |rule| {
        let role = known(&mut rule.targets)[0].role.as_mut();
        role.expect("it has one").exists = Ok(false);
    }),
];

fn named<'a>(rules: &'a mut Asked<Vec<Rule>>, id: &str) -> &'a mut Rule {
    let mut all = known(rules).iter_mut();
    all.find(|rule| rule.name.contains(&format!("-{id}-")))
        .expect("there is such a rule")
}

fn without(rules: &mut Vec<Rule>, id: &str) {
    rules.retain(|rule| !rule.name.contains(&format!("-{id}-")));
}

pub(crate) fn switch(organization: &mut Organization, id: &AccountId, region: &str, state: &str) {
    for (_, schedule) in &mut organization.at(id, region).schedules {
        let schedule = known(schedule).as_mut().expect("it is there");
        state.clone_into(&mut schedule.state);
    }
}

/// The rule of that id, in an account and Region.
pub(crate) fn rule<'a>(
    organization: &'a mut Organization,
    id: &AccountId,
    region: &str,
    name: &str,
) -> &'a mut Rule {
    named(&mut organization.at(id, region).rules, name)
}

/// A trail of the account's own, in place of the organization's.
fn own_trail(organization: &mut Organization, id: &AccountId, logs: bool, selectors: &Selectors) {
    for region in REGIONS {
        let trails = known(&mut organization.at(id, region).trails);
        trails[0].arn = format!("arn:aws:cloudtrail:us-east-1:{id}:trail/own");
        trails[0].logging = Ok(logs);
        trails[0].selectors = (region == HOME).then(|| Ok(selectors.clone()));
    }
}

fn selectors(management: bool) -> Selectors {
    Selectors::Basic(vec![Basic {
        read_write: "All".to_owned(),
        management,
        excluded: Vec::new(),
    }])
}

fn in_member() -> Vec<Cut> {
    let id = member().to_string();
    let id = id.as_str();
    vec![
        cut(
            "member: trail stopped",
            &[id, "trail/own does not log"],
            |it| {
                own_trail(it, &member(), false, &selectors(true));
            },
        ),
        cut(
            "member: selectors narrowed",
            &[id, "trail/own does not record all management events"],
            |it| {
                own_trail(it, &member(), true, &selectors(false));
            },
        ),
        cut("member: no trail", &[id, "no trail records here"], |it| {
            for region in REGIONS {
                known(&mut it.at(&member(), region).trails).clear();
            }
        }),
        cut(
            "member: schedule off",
            &[id, "the schedule keyrail-beat-account is DISABLED"],
            |it| {
                switch(it, &member(), HOME, "DISABLED");
            },
        ),
        cut(
            "member: beat's role gone",
            &[id, "the role keyrail-beat-us-east-1"],
            |it| {
                it.at(&member(), HOME).beat_role = Ok(false);
            },
        ),
    ]
}

fn in_region() -> Vec<Cut> {
    let id = member().to_string();
    let id = id.as_str();
    vec![
        cut(
            "Region: trail of one Region",
            &[id, REGION, "no trail records here"],
            |it| {
                known(&mut it.at(&member(), REGION).trails).clear();
            },
        ),
        cut(
            "Region: schedule off",
            &[id, REGION, "the schedule keyrail-beat-region is DISABLED"],
            |it| {
                switch(it, &member(), REGION, "DISABLED");
            },
        ),
        cut(
            "Region: a rule that carries no beat",
            &[id, REGION, "GuardDutyRule", "is DISABLED"],
            |it| {
                "DISABLED".clone_into(&mut rule(it, &member(), REGION, "GuardDutyRule").state);
            },
        ),
    ]
}

fn function(organization: &mut Organization) -> &mut Function {
    let function = known(&mut organization.reading.hub.function);
    function.as_mut().expect("it is there")
}

fn in_hub() -> Vec<Cut> {
    let trail = trail();
    let mut cuts = vec![
        cut(
            "hub: trail stopped",
            &[&trail, "does not log", "120 accounts"],
            |it| {
                it.everywhere(|_, region| known(&mut region.trails)[0].logging = Ok(false));
            },
        ),
        cut(
            "hub: selectors narrowed",
            &[&trail, "does not record all management events"],
            |it| {
                known(&mut it.at(&hub(), HOME).trails)[0].selectors = Some(Ok(selectors(false)));
            },
        ),
        cut(
            "hub: rule to somewhere else",
            &["RecorderRule", "does not deliver to keyrail's function"],
            |it| {
                let rule = rule(it, &hub(), HOME, "RecorderRule");
                "arn:aws:sqs:us-east-1:444455556000:other"
                    .clone_into(&mut known(&mut rule.targets)[0].arn);
            },
        ),
        cut(
            "hub: bus policy gone",
            &["the policy of the bus keyrail-members does not let"],
            |it| {
                let bus = known(&mut it.reading.hub.bus).as_mut();
                bus.expect("it is there").policy = None;
            },
        ),
        cut(
            "hub: bus gone",
            &["the bus keyrail-members is not there"],
            |it| {
                it.reading.hub.bus = Ok(None);
            },
        ),
        cut(
            "hub: function throttled to 0",
            &["the function keyrail may not run"],
            |it| {
                function(it).reserved = Ok(Some(0));
            },
        ),
        cut(
            "hub: function deleted",
            &["the function keyrail is not there"],
            |it| {
                it.reading.hub.function = Ok(None);
            },
        ),
        cut(
            "hub: schedule off",
            &["the schedule keyrail-beat-account is DISABLED"],
            |it| {
                switch(it, &hub(), HOME, "DISABLED");
            },
        ),
    ];
    cuts.extend(around_the_hub());
    cuts
}

fn around_the_hub() -> Vec<Cut> {
    const OPERATORS: &str =
        "nobody who listens to the topic keyrail-OperatorTopic-1A2B has confirmed it";
    const RUNS: &str =
        "runs something else than at the last check: code 2, bundle 1; before: code 1, bundle 1";
    vec![
        for_the_operator(cut(
            "hub: function failing",
            &["keyrail-ErrorAlarm-1A2B is in ALARM"],
            |it| {
                it.guard = Guard::Fails;
                it.reading.hub.queues = Ok(vec![Queue {
                    name: "keyrail-DeadLetterQueue-1A2B".to_owned(),
                    messages: Ok(3),
                    passes: false,
                }]);
                known(&mut it.at(&hub(), HOME).alarms)[0].state = AlarmState::Alarm;
            },
        )),
        cut(
            "hub: topic's subscription gone",
            &["nobody listens to the topic keyrail-AlertTopic-1A2B"],
            |it| {
                it.reading.hub.topics[0].subscriptions = Ok(Some(Vec::new()));
            },
        ),
        cut(
            "hub: topic gone",
            &["the topic keyrail-AlertTopic-1A2B is not there"],
            |it| {
                it.reading.hub.topics[0].subscriptions = Ok(None);
            },
        ),
        cut("hub: subscription not confirmed", &[OPERATORS], |it| {
            let all = known(&mut it.reading.hub.topics[1].subscriptions).as_mut();
            all.expect("it is there")[0].is_confirmed = false;
        }),
        cut("hub: table gone", &["the state table is not there"], |it| {
            it.reading.hub.table = Ok(None);
        }),
        for_the_operator(cut("hub: something else runs", &[RUNS], |it| {
            "code 2, bundle 1".clone_into(&mut function(it).runs);
        })),
    ]
}
