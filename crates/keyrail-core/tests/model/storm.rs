//! A storm: sign-ins that fail by the thousand, which anybody on the internet can make, and keys
//! that are made among them. Each key is stopped in time, and nobody is paged to death.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use keyrail_core::Bundle;
use keyrail_core::change::{Change, Status};
use keyrail_core::pipeline::Handled;
use serde_json::Value;

use crate::around::Sent;
use crate::events::Call;
use crate::faults::{Dice, Faults, Table};
use crate::lambda::{Handling, Lambda, Order, Settings};
use crate::model::{Inner, Model};
use crate::world::{Iam, User, Write};
use crate::{ACCOUNT, runs, start, told};

/// As many sign-ins fail for one key that is made.
const SIGN_INS: usize = 19;
const ACTORS: [&str; 5] = ["anaya", "carlos", "jane", "mateo", "sofia"];

/// IAM publishes no allowance; with this one it throttles most of the storm.
const ALLOWANCE: u64 = 20;

/// Each refused sign-in by one of so many actors is told of by itself, as docs/alerts.md says.
const ALONE: usize = 10;

const MIDWAY: SignedDuration = SignedDuration::from_secs(60);

/// The events, when each arrives, and whose each is.
struct Storm {
    events: Vec<Value>,
    arrivals: Vec<Timestamp>,
    actors: Vec<String>,
    iam: Iam,
    /// Which events make a key, by the key.
    keys: BTreeMap<String, usize>,
}

fn id(number: usize) -> String {
    format!("7bf73129-1428-4cd3-a780-{number:012}")
}

/// A sign-in that fails: by a name of the account's, or by none, which AWS does not show.
fn sign_in(number: usize, name: &str, address: &str, time: Timestamp) -> Value {
    let sample = include_bytes!("../../../keyrail-cli/src/samples/sign-in-failed.json");
    let mut event: Value = serde_json::from_slice(sample).expect("it is JSON");
    event["id"] = format!("envelope-{number}").into();
    event["time"] = time.to_string().into();
    event["detail"]["eventID"] = id(number).into();
    event["detail"]["eventTime"] = time.to_string().into();
    event["detail"]["userIdentity"]["userName"] = name.into();
    event["detail"]["sourceIPAddress"] = address.into();
    event
}

fn key_made(number: usize, (user, key, actor): (&str, &str, &str), time: Timestamp) -> Value {
    let call = Call {
        id: &id(number),
        name: "CreateAccessKey",
        source: "iam",
        account: ACCOUNT,
        actor,
        key: "AKIAIOSFODNN7EXAMPLE",
        time,
    };
    call.event(
        &serde_json::json!({"userName": user}),
        &serde_json::json!({"accessKey": {
            "userName": user, "accessKeyId": key, "status": "Active",
        }}),
    )
}

/// A sign-in that fails, and who tried it. Half of the addresses try once, and some try again and
/// again.
fn attempt(dice: &mut Dice, number: usize, time: Timestamp) -> (Value, String) {
    let address = match dice.one_in(2) {
        true => format!("2001:db8::{number:x}"),
        false => format!("198.51.100.{}", dice.roll(250)),
    };
    if dice.one_in(3) {
        let name = format!("employee{}", dice.roll(200));
        return (sign_in(number, &name, &address, time), name);
    }
    let name = "HIDDEN_DUE_TO_SECURITY_REASONS";
    (sign_in(number, name, &address, time), address)
}

impl Storm {
    /// A key of a user of its own, and who made it.
    fn key(&mut self, dice: &mut Dice, number: usize, time: Timestamp) -> (Value, String) {
        let (user, key) = (format!("user{number}"), format!("AKIA{number:016}"));
        let actor = *dice.pick(&ACTORS);
        let event = key_made(number, (&user, &key, actor), time);
        self.keys.insert(key.clone(), number);
        let of_user = User {
            uid: u64::try_from(number).expect("few"),
            created: start() - SignedDuration::from_hours(24),
            keys: [(key, (true, time))].into(),
            ..User::default()
        };
        self.iam.insert((ACCOUNT.to_owned(), user), of_user);
        (event, actor.to_owned())
    }
}

/// All of it arrives within a minute, or within as much less as it is fewer.
fn storm(keys: usize) -> Storm {
    let mut dice = Dice::new(18);
    let mut storm = Storm {
        events: Vec::new(),
        arrivals: Vec::new(),
        actors: Vec::new(),
        iam: Iam::new(),
        keys: BTreeMap::new(),
    };
    let all = keys * (SIGN_INS + 1);
    for number in 0..all {
        let arrived =
            start() + SignedDuration::from_millis(6) * i32::try_from(number).expect("few");
        let time = arrived - SignedDuration::from_secs(5);
        let (event, actor) = if number % (SIGN_INS + 1) == SIGN_INS / 2 {
            storm.key(&mut dice, number, time)
        } else {
            attempt(&mut dice, number, time)
        };
        storm.events.push(event);
        storm.arrivals.push(arrived);
        storm.actors.push(actor);
    }
    storm
}

/// What came of it.
struct Outcome {
    handling: Handling,
    /// How long after its event's arrival each key was Inactive, in the order of arrival.
    stopped: Vec<SignedDuration>,
    active: usize,
    pages: Vec<Sent>,
    follow_ups: usize,
    windows: usize,
    containing: u64,
    listing: u64,
    throttled: u64,
    took: SignedDuration,
}

fn outcome(storm: &Storm, model: &Model, handling: Handling) -> Outcome {
    let inner = model.0.borrow();
    let mut stopped: BTreeMap<usize, SignedDuration> = BTreeMap::new();
    for written in &inner.log {
        if let Write::Change { change, .. } = &written.write
            && let Change::Key {
                key,
                status: Status::Inactive,
                ..
            } = change
        {
            let number = storm.keys[key.as_str()];
            let after = written.at.duration_since(storm.arrivals[number]);
            stopped.entry(number).or_insert(after);
        }
    }
    let is_follow_up = |sent: &&Sent| sent.text.contains("Since the alert about event");
    let pages = inner.sent.iter().filter(|sent| !is_follow_up(sent));
    let pages: Vec<Sent> = pages.cloned().collect();
    let window = |at: Timestamp| at.as_second().div_euclid(600);
    let windows: BTreeSet<i64> = pages.iter().map(|sent| window(sent.at)).collect();
    Outcome {
        handling,
        stopped: stopped.into_values().collect(),
        active: active(&inner),
        follow_ups: inner.sent.len() - pages.len(),
        windows: windows.len(),
        containing: inner.iam_calls - inner.listing_calls,
        listing: inner.listing_calls,
        throttled: inner.throttled_calls,
        took: inner.now.duration_since(start()),
        pages,
    }
}

fn active(inner: &Inner) -> usize {
    let keys = inner.iam.values().flat_map(|user| user.keys.values());
    keys.filter(|(is_active, _)| *is_active).count()
}

fn run(keys: usize, allowance: u64, settings: Settings) -> (Storm, Outcome) {
    let storm = storm(keys);
    let faults = Faults {
        table: Table::On,
        lag: 400,
        allowance,
        ..Faults::default()
    };
    let model = Model::new(18, storm.iam.clone(), faults);
    let bundle = Bundle::embedded().expect("it loads");
    let events = (storm.events.as_slice(), storm.arrivals.as_slice());
    let handling = Lambda::run(&model, &bundle, events, settings);
    let outcome = outcome(&storm, &model, handling);
    tell(&storm, &outcome, allowance, settings);
    (storm, outcome)
}

fn tell(storm: &Storm, outcome: &Outcome, allowance: u64, settings: Settings) {
    let mut sorted = outcome.stopped.clone();
    sorted.sort();
    let in_seconds = |time: &SignedDuration| format!("{:.1} s", time.as_secs_f64());
    let of = |guardrail: &str| {
        let pages = outcome.pages.iter();
        pages.filter(|sent| sent.guardrails == [guardrail]).count()
    };
    told(&format!(
        "{} keys ({} Inactive within a minute) among {} sign-ins that fail, {settings:?}, {allowance} calls of IAM per second: \
        {} Active at the end; Inactive after {} (least), {} (median), {} (most), {} (slowest of ten made midway); \
        pages: {} of keys, {} of sign-ins, {} in all; {} follow-ups, {} counted; \
        calls of IAM: {} to contain, {} to list, {} of them throttled; \
        {} messages, {} of them again; {} events tried again; {} dead letters; \
        invocations: {} at a time, {} at most; all over after {}",
        storm.keys.len(),
        sorted.iter().filter(|after| **after < MIDWAY).count(),
        storm.events.len() - storm.keys.len(),
        outcome.active,
        in_seconds(&sorted[0]),
        in_seconds(&sorted[sorted.len() / 2]),
        in_seconds(&sorted[sorted.len() - 1]),
        in_seconds(&midway(outcome)),
        of("access-key-issued"),
        of("console-sign-in-failed"),
        outcome.pages.len(),
        outcome.follow_ups,
        outcome.handling.counted.len(),
        outcome.containing,
        outcome.listing,
        outcome.throttled,
        outcome.handling.messages,
        outcome.handling.failed_messages,
        outcome.handling.retries,
        outcome.handling.dead_letters.len(),
        outcome.handling.most,
        in_seconds(&outcome.handling.longest),
        in_seconds(&outcome.took),
    ));
}

/// How long the slowest of the ten keys took that were made midway.
fn midway(outcome: &Outcome) -> SignedDuration {
    let first = outcome.stopped.len() / 2 - 5;
    let ten = outcome.stopped[first..].iter().take(10);
    *ten.max().expect("there are ten")
}

/// Nothing is lost: each key is Inactive, and each event was handled to its end by somebody.
fn assert_nothing_is_lost(storm: &Storm, outcome: &Outcome) {
    assert_eq!(outcome.active, 0, "keys are Active at the end");
    assert_eq!(outcome.stopped.len(), storm.keys.len());
    assert_eq!(outcome.handling.dead_letters, Vec::<String>::new());
    let handled = outcome.handling.events.values();
    let here = handled.filter(|handled| **handled == Handled::Here).count();
    assert_eq!(here, storm.events.len(), "each event is in the log once");
    // Each is told by itself, or counted for a follow-up.
    let alone = (0..storm.events.len()).filter(|number| !outcome.handling.counted.contains(number));
    for number in alone {
        let is_told = outcome
            .pages
            .iter()
            .any(|page| page.text.contains(&id(number)));
        assert!(is_told, "nobody was told of event {number}");
    }
}

/// How many keys: all of the storm, or a tenth of it.
fn keys() -> usize {
    usize::try_from(runs(50, 500)).expect("few")
}

#[test]
fn in_a_storm_of_sign_ins_each_key_is_stopped_and_each_actor_told_of_once() {
    let settings = Settings {
        concurrency: 10,
        on_own_messages: 5,
        order: Order::Arrival,
        on_sign_ins: None,
    };
    let (storm, outcome) = run(keys(), ALLOWANCE, settings);
    assert_eq!(outcome.handling.most, 10, "it is no storm");
    assert!(outcome.throttled > 0, "IAM throttles nothing");
    assert_nothing_is_lost(&storm, &outcome);
    let midway = midway(&outcome);
    assert!(midway < MIDWAY, "{midway:?}");

    // One change and one read for each key are the least.
    let least = 2 * u64::try_from(storm.keys.len()).expect("few");
    assert!(
        outcome.containing <= 2 * least,
        "{} calls of IAM",
        outcome.containing
    );
    // What is listed for one key: when it was stopped the user and the five kinds of
    // credentials, and in each of two re-checks the owner, the key and the five kinds.
    let least = 20 * u64::try_from(storm.keys.len()).expect("few");
    assert!(
        outcome.listing <= 2 * least,
        "{} calls of IAM",
        outcome.listing
    );

    let mut pages: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for page in &outcome.pages {
        let about = (0..storm.events.len()).find(|number| page.text.contains(&id(*number)));
        let actor = &storm.actors[about.expect("a page names its event")];
        let guardrail = page.guardrails.first().expect("it is about a guardrail");
        *pages.entry((guardrail, actor)).or_default() += 1;
    }
    for (who, count) in &pages {
        // The page of the storm is about one of its actors, too.
        assert!(*count <= outcome.windows, "{count} pages about {who:?}");
    }
    let in_a_window = ACTORS.len() + ALONE + 1;
    assert!(
        outcome.pages.len() <= outcome.windows * in_a_window,
        "{} pages",
        outcome.pages.len()
    );
    assert!(outcome.follow_ups <= outcome.windows * in_a_window);
}

/// With hardly any of IAM's allowance left, nothing is lost either; it takes longer.
#[test]
fn in_a_storm_without_allowance_nothing_is_lost() {
    let settings = Settings {
        concurrency: 10,
        on_own_messages: 5,
        order: Order::Arrival,
        on_sign_ins: None,
    };
    let (storm, outcome) = run(keys(), 5, settings);
    assert_nothing_is_lost(&storm, &outcome);
}

/// Where an event that finds no room is put off longer each time: as it would be without the
/// queue of sign-ins, and as the template is.
const TOGETHER: Settings = Settings {
    concurrency: 10,
    on_own_messages: 5,
    order: Order::Backoff,
    on_sign_ins: None,
};
const APART: Settings = Settings {
    on_sign_ins: Some(3),
    ..TOGETHER
};

/// When each key was stopped, the soonest first, without and with a queue of sign-ins.
fn stopped_together_and_apart(allowance: u64) -> [Vec<SignedDuration>; 2] {
    [TOGETHER, APART].map(|settings| {
        let (storm, outcome) = run(keys(), allowance, settings);
        assert_nothing_is_lost(&storm, &outcome);
        let mut stopped = outcome.stopped;
        stopped.sort();
        stopped
    })
}

/// Nor where Lambda puts events off. Keys then wait longest; less if sign-ins come through a queue
/// of their own.
#[test]
fn in_a_storm_that_lambda_puts_off_nothing_is_lost() {
    let stopped = stopped_together_and_apart(ALLOWANCE);
    let medians = stopped.map(|stopped| stopped[stopped.len() / 2]);
    assert!(medians[1] * 2 < medians[0], "{medians:?}");
}

/// With the queue it is IAM's allowance alone that keys wait for: where that is three times as
/// much, none is Active for a minute.
#[test]
fn in_a_storm_with_allowance_sign_ins_that_queue_hold_up_no_key() {
    let stopped = stopped_together_and_apart(3 * ALLOWANCE);
    let most = stopped.map(|stopped| stopped[stopped.len() - 1]);
    assert!(most[1] < MIDWAY, "{most:?}");
    assert!(most[1] * 4 < most[0], "{most:?}");
}
