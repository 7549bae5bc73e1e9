//! Nothing is wrong: nothing is told.

use keyrail_core::watch::{Account, AlarmState, Hears};

use crate::organization::{HOME, Organization, account, known, throttled};

/// As many as an organization of some size has.
const ACCOUNTS: u64 = 120;

#[test]
fn a_healthy_organization_makes_no_sound_for_thirty_days() {
    let mut organization = Organization::of(ACCOUNTS);
    organization.hours(30 * 24);
    assert_eq!(organization.told, []);
    assert!(organization.ran.is_some());
}

/// AWS throttles now and then, a queue holds something for a moment, a beat gets lost: all of that
/// passes by itself.
#[test]
fn what_passes_by_the_next_check_is_not_told() {
    let mut organization = Organization::of(8);
    organization.hours(3);
    let (one, other) = (account(3), account(5));
    for round in 0..12 {
        organization.lost.clear();
        if round % 3 == 0 {
            organization.lost.insert((one.clone(), HOME.to_owned()));
        }
        let queues = std::mem::replace(&mut organization.at(&other, HOME).queues, Err(throttled()));
        known(&mut organization.at(&one, HOME).alarms)[0].state = AlarmState::NoData;
        organization.hour();
        organization.lost.clear();
        organization.at(&other, HOME).queues = queues;
        known(&mut organization.at(&one, HOME).alarms)[0].state = AlarmState::Well;
        organization.hour();
    }
    assert_eq!(organization.told, []);
}

/// What cannot be read at two checks in a row is told, and so is that it can be read again.
#[test]
fn what_stays_unreadable_is_told() {
    let mut organization = Organization::of(8);
    organization.hours(3);
    let other = account(5);
    let since = organization.now;
    let queues = std::mem::replace(&mut organization.at(&other, HOME).queues, Err(throttled()));
    organization.hours(2);
    let words = [
        "the queues cannot be read: events:ListRules: ThrottlingException",
        other.as_str(),
    ];
    assert!(
        organization
            .first_told(since, Hears::Operator, &words)
            .is_some()
    );
    assert_eq!(organization.first_told(since, Hears::Everybody, &[]), None);
    organization.at(&other, HOME).queues = queues;
    organization.hours(2);
    let (_, last) = organization.told.last().expect("it is told");
    assert!(
        last.text.contains("\nOver\n") && last.text.contains("the queues cannot be read"),
        "{}",
        last.text
    );
    assert_eq!(last.subject, "keyrail: 1 fault is over");
}

/// An account that joins has two hours to be covered; one that leaves, or is closed, is missed no more.
#[test]
fn an_account_that_joins_is_missed_if_it_is_not_covered() {
    let mut organization = Organization::of(8);
    organization.hours(5);
    let new = account(77);
    let joined = organization.now;
    known(&mut organization.reading.accounts).push(Account {
        id: new.clone(),
        name: Some("payments".to_owned()),
        joined: Some(joined),
    });
    organization.hours(3);
    assert_eq!(organization.told, []);
    organization.hours(1);
    let words = [new.as_str(), "is silent in", "beat was ever heard"];
    assert!(
        organization
            .first_told(joined, Hears::Everybody, &words)
            .is_some()
    );
    known(&mut organization.reading.accounts).retain(|account| account.id != new);
    organization.hours(1);
    let (_, last) = organization.told.last().expect("it is told");
    assert!(last.text.contains("\nOver\n"), "{}", last.text);
}
