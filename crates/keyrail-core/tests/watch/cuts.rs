//! Each hop cut in turn, in a member, in a Region and in the hub: told within two periods, by name.

use jiff::SignedDuration;
use keyrail_core::activity::PERIOD;
use keyrail_core::watch::Hears;

use crate::organization::{Closed, HOME, Organization, REGIONS, account, hub};
use crate::ways::{Cut, all, member, rule};

#[test]
fn each_hop_that_is_cut_is_told_within_two_periods_and_named() {
    for Cut {
        name,
        how,
        words,
        to,
    } in all()
    {
        let mut organization = Organization::of(120);
        organization.hours(2);
        assert_eq!(organization.told, [], "{name}");
        let since = organization.now;
        how(&mut organization);
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
    "DISABLED".clone_into(&mut rule(&mut organization, &id, HOME, "RoleRule").state);
    organization.hours(2);
    let told = organization.told.len();
    organization.closed.insert(id.clone(), Closed::NoTime);
    organization.hours(5);
    assert_eq!(organization.told.len(), told);
    organization.closed.clear();
    "ENABLED".clone_into(&mut rule(&mut organization, &id, HOME, "RoleRule").state);
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
