//! More than one event about one user: what one left is not taken for a comeback by the
//! other.

use jiff::SignedDuration;
use serde_json::Value;

use crate::events::key_created;
use crate::faults::{Faults, Table};
use crate::model::Model;
use crate::world::User;
use crate::{
    ACCOUNT, KEY, Looked, OLDER, bob, bob_in, handle, look, next_due, one_guardrail, seconds,
    start, told,
};

/// Handles events some seconds apart, and looks at all of them again; how many alerts tell
/// of comebacks, of which there are none.
fn comebacks(steps: &str, events: &[Value], apart: i64) -> usize {
    let settings = "[allow]\nsteps = [\"delete-key\"]\n";
    let bundle = one_guardrail(settings, steps);
    let faults = Faults {
        table: Table::Off,
        ..Faults::default()
    };
    let model = Model::new(1, bob(), faults);
    for event in events {
        handle(&model, &bundle, event).expect("it ends");
        model.wait(apart);
    }
    // Two looks for each event; more are for what has come back.
    for _ in 0..20 {
        let Some(message) = next_due(&model) else {
            break;
        };
        let looked = look(&model, &bundle, &message, false);
        assert!(matches!(looked, Looked::Silent | Looked::Told));
    }
    let inner = model.0.borrow();
    inner.sent.iter().filter(|sent| sent.is_comeback()).count()
}

#[test]
fn what_another_event_did_is_no_comeback() {
    let time = start() - seconds(10);
    let one = key_created(ACCOUNT, "bob", KEY, time);
    let mut other = key_created(ACCOUNT, "bob", OLDER, time);
    other["detail"]["eventID"] = "e0f1a2b3-1111-4c5d-9e8f-000000000009".into();
    let mut wrong = Vec::new();
    for steps in [
        "deactivate-key",
        "deactivate-key quarantine-user",
        "deactivate-key revoke-sessions",
        "deactivate-key quarantine-user disable-console-login",
        "deactivate-key delete-key",
    ] {
        for (events, what) in [
            ([one.clone(), one.clone()], "the same event twice"),
            ([one.clone(), other.clone()], "two events"),
        ] {
            for apart in [2, 60] {
                let number = comebacks(steps, &events, apart);
                if number > 0 {
                    wrong.push(format!(
                        "{what}, {apart} s apart, {steps}: {number} of 20 looks"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "comebacks that are none: {wrong:#?}");
    told("two events about one user: none is taken for a comeback");
}

/// Where IAM did not tell when the user was created, and no key shows who it is: one who is younger
/// than the event only has the name.
#[test]
fn a_younger_user_of_the_name_is_not_touched_whatever_is_known_of_the_other() {
    for (age, is_touched) in [(1_000_000, true), (-5, false)] {
        let bundle = one_guardrail("", "quarantine-user");
        let model = Model::new(1, bob(), Faults::default());
        let event = key_created(ACCOUNT, "bob", KEY, start() - seconds(10));
        handle(&model, &bundle, &event).expect("it ends");
        let mut message = next_due(&model).expect("it is looked at again");
        (message.created, message.evidence, message.working) = (None, None, None);
        let before = {
            let mut inner = model.0.borrow_mut();
            let another = User {
                uid: 2,
                created: start() - SignedDuration::from_secs(age),
                ..User::default()
            };
            let name = (ACCOUNT.to_owned(), "bob".to_owned());
            inner.iam.insert(name, another.clone());
            another
        };

        let looked = look(&model, &bundle, &message, false);

        assert!(matches!(looked, Looked::Told), "{age}");
        let inner = model.0.borrow();
        assert_eq!(*bob_in(&inner.iam) != before, is_touched, "{age}");
    }
}

/// Somebody deletes the key, renames the user, and gives another user its name: nothing
/// tells who it was, so that nobody is touched, and it is told.
#[test]
fn whoever_has_the_name_by_then_is_not_looked_at_instead() {
    for steps in ["deactivate-key", "quarantine-user", "revoke-sessions"] {
        for deletes_key in [false, true] {
            let bundle = one_guardrail("", steps);
            let model = Model::new(1, bob(), Faults::default());
            let event = key_created(ACCOUNT, "bob", KEY, start() - seconds(10));
            handle(&model, &bundle, &event).expect("it ends");
            let before = {
                let mut inner = model.0.borrow_mut();
                let name = |name: &str| (ACCOUNT.to_owned(), name.to_owned());
                let mut renamed = inner.iam.remove(&name("bob")).expect("bob");
                if deletes_key {
                    renamed.keys.remove(KEY);
                }
                inner.iam.insert(name("somebody"), renamed);
                let chief = User {
                    uid: 2,
                    created: start() - seconds(1_000_000),
                    keys: [("AKIAIOSFODNN7CHIEF00".to_owned(), (true, start()))].into(),
                    ..User::default()
                };
                inner.iam.insert(name("bob"), chief.clone());
                inner.made.clear();
                chief
            };
            let message = next_due(&model).expect("it is looked at again");

            let looked = look(&model, &bundle, &message, false);

            assert!(matches!(looked, Looked::Told), "{steps} {deletes_key}");
            let inner = model.0.borrow();
            assert_eq!(*bob_in(&inner.iam), before, "{steps} {deletes_key}");
            let of_another = inner.made.iter().filter(|made| made.uid == Some(2));
            assert_eq!(of_another.count(), 0, "{steps} {deletes_key}");
        }
    }
}
