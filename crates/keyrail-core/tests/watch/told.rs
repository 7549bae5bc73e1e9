//! How it is told: once, again each day, and when it is over; and so that one account hides no other.

use keyrail_core::activity::BeatCall;
use keyrail_core::watch::{Hears, Queue};

use crate::organization::{HOME, Organization, REGIONS, account, known};

#[test]
fn a_fault_is_told_when_it_comes_each_day_and_when_it_goes() {
    let mut organization = Organization::of(8);
    organization.hours(3);
    let one = account(4);
    organization.at(&one, HOME).schedules[0]
        .1
        .as_mut()
        .expect("it is read")
        .as_mut()
        .expect("it is there")
        .state = "DISABLED".to_owned();
    organization.hours(60);
    let told: Vec<(i64, &str)> = organization
        .told
        .iter()
        .filter(|(_, message)| message.to == Hears::Everybody)
        .map(|(at, message)| {
            let heading = ["\nNew\n", "\nStanding since before", "\nOver\n"];
            let heading = heading
                .into_iter()
                .find(|heading| message.text.contains(heading));
            let hour = (at.as_second() - organization.told[0].0.as_second()) / 3600;
            (hour, heading.map_or("", str::trim))
        })
        .collect();
    // The schedule at once, who is silent because of it two hours later, and each of them each day.
    assert_eq!(
        told,
        [
            (0, "New"),
            (2, "New"),
            (24, "Standing since before"),
            (26, "Standing since before"),
            (48, "Standing since before"),
            (50, "Standing since before"),
        ]
    );
    organization.at(&one, HOME).schedules[0]
        .1
        .as_mut()
        .expect("it is read")
        .as_mut()
        .expect("it is there")
        .state = "ENABLED".to_owned();
    organization.told.clear();
    organization.hours(3);
    let over: Vec<&str> = organization
        .told
        .iter()
        .map(|(_, message)| message.subject.as_str())
        .collect();
    assert_eq!(
        over,
        [
            "keyrail: 1 fault is over",
            "keyrail: 1 fault is over",
            "keyrail: 1 fault is over",
            "keyrail: 1 fault is over"
        ]
    );
}

/// One account with hundreds of faults, and one that falls silent.
#[test]
fn a_flood_of_one_member_hides_no_others_silence() {
    let mut organization = Organization::of(120);
    organization.hours(3);
    let (loud, quiet) = (account(7), account(90));
    for region in REGIONS {
        let queues = (0..400).map(|number| Queue {
            name: format!("keyrail-UndeliveredQueue-{number}"),
            messages: Ok(10_000),
            passes: false,
        });
        organization.at(&loud, region).queues = Ok(queues.collect());
        known(&mut organization.at(&loud, region).rules).clear();
        organization.lost.insert((quiet.clone(), region.to_owned()));
    }
    // It beats a thousand times an hour as well.
    for _ in 0..1_000 {
        let slot = keyrail_core::activity::Slot::of(organization.now);
        organization.heard(&loud, HOME, BeatCall::Account, slot);
    }
    let since = organization.now;
    organization.hours(4);
    for to in [Hears::Everybody, Hears::Operator] {
        let words = [
            quiet.as_str(),
            "is silent in ap-southeast-2, eu-north-1, us-east-1, us-east-2",
        ];
        assert!(
            organization.first_told(since, to, &words).is_some(),
            "{to:?}"
        );
    }
    for (_, message) in &organization.told {
        let bytes = message.text.len() + message.json.to_string().len();
        assert!(bytes < 120_000, "{bytes}");
        let lines = message
            .text
            .lines()
            .filter(|line| line.contains(loud.as_str()))
            .count();
        assert!(lines <= 20, "{lines}: {}", message.text);
        assert!(message.subject.len() < 100 && message.sms.len() <= 140);
    }
}

/// All of a large organization at once: each account is named.
#[test]
fn each_silent_account_is_named_however_many_there_are() {
    let mut organization = Organization::of(400);
    organization.hours(3);
    for number in 1..400 {
        organization
            .lost
            .extend(REGIONS.map(|region| (account(number), region.to_owned())));
    }
    let since = organization.now;
    organization.hours(4);
    let all: Vec<String> = (1..400).map(|number| account(number).to_string()).collect();
    let words: Vec<&str> = all.iter().map(String::as_str).collect();
    assert!(
        organization
            .first_told(since, Hears::Everybody, &words)
            .is_some()
    );
}
