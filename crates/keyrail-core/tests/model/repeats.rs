//! Nobody's violation is lost in a count: each is told by itself or in a follow-up, however
//! many there are, and wherever the process dies.

use jiff::SignedDuration;
use keyrail_core::pipeline::follow_up;
use keyrail_core::repeats::{FollowUp, MOST_ENTRIES};
use keyrail_core::{Bundle, Mode};

use crate::around::{LARGEST_ITEM, Sent};
use crate::events::Call;
use crate::faults::{Dice, Faults, Side, Table};
use crate::model::{Counted, Model};
use crate::world::{Iam, User};
use crate::{ACCOUNT, KEY, bob, handle, is_done, one_guardrail, runs, start, to_its_end, told};

const ACTORS: [&str; 3] = ["anaya", "mateo", "sofia"];

/// A violation: whose, and by whom.
struct Violation {
    id: String,
    user: String,
    key: String,
    actor: &'static str,
}

fn violations(dice: &mut Dice) -> Vec<Violation> {
    (0..3 + dice.roll(8))
        .map(|number| Violation {
            id: format!("event-number-{number}-of-them"),
            user: format!("user{number}"),
            key: format!("AKIA{number:016}"),
            actor: ACTORS[usize::try_from(dice.roll(3)).expect("small")],
        })
        .collect()
}

fn iam(violations: &[Violation]) -> Iam {
    let users = violations.iter().map(|violation| {
        let user = User {
            created: start() - SignedDuration::from_hours(1),
            keys: [(violation.key.clone(), (true, start()))].into(),
            ..User::default()
        };
        ((ACCOUNT.to_owned(), violation.user.clone()), user)
    });
    users.collect()
}

/// Lambda tries an event twice more; here until it is done, since the process dies at most
/// once.
fn deliver(model: &Model, bundle: &Bundle, violation: &Violation) -> bool {
    let call = Call {
        id: &violation.id,
        name: "CreateAccessKey",
        source: "iam",
        account: ACCOUNT,
        actor: violation.actor,
        key: "AKIAIOSFODNN7EXAMPLE",
        time: model.now(),
    };
    let user = &violation.user;
    let event = call.event(
        &serde_json::json!({"userName": user}),
        &serde_json::json!({"accessKey": {
            "userName": user, "accessKeyId": violation.key, "status": "Active",
        }}),
    );
    let mut counted = false;
    for _ in 0..3 {
        match handle(model, bundle, &event) {
            Some(responses) => {
                counted |= responses.iter().any(|response| response.counted);
                if is_done(&responses) {
                    return counted;
                }
            }
            None => model.0.borrow_mut().faults.death = None,
        }
        model.wait(60);
    }
    // Three tries in vain are a dead letter, which an alarm tells of.
    let letter = Sent::dead_letter(model.now(), &violation.id);
    model.0.borrow_mut().sent.push(letter);
    counted
}

/// Delivers what keyrail has sent to itself about repetitions, until it is handled.
fn follow_all_up(model: &Model, bundle: &Bundle) -> usize {
    let mut told = 0;
    loop {
        let next = {
            let mut inner = model.0.borrow_mut();
            inner.follow_ups.sort_by_key(|(due, _)| *due);
            match inner.follow_ups.is_empty() {
                true => None,
                false => Some(inner.follow_ups.remove(0)),
            }
        };
        let Some((due, message)) = next else {
            return told;
        };
        let wait = due.duration_since(model.now()).max(SignedDuration::ZERO);
        model.wait(wait.as_secs() + 1);
        told += usize::from(followed_up(model, bundle, &message));
    }
}

fn followed_up(model: &Model, bundle: &Bundle, message: &FollowUp) -> bool {
    loop {
        model.0.borrow_mut().faults.death = None;
        let (invoked, by) = model.invoked();
        let telling = follow_up(message, bundle, Some(Mode::Enforce), &by, &invoked);
        match to_its_end(model, telling) {
            Some(Ok(None)) => return false,
            Some(Ok(Some(response))) if is_done(std::slice::from_ref(&response)) => return true,
            _ => model.wait(60),
        }
    }
}

#[test]
fn each_violation_is_told_by_itself_or_in_a_follow_up() {
    let bundle = one_guardrail("", "deactivate-key");
    let all = runs(300, 20_000);
    let (mut counted, mut alerts, mut follow_ups, mut events) = (0_usize, 0, 0, 0);
    for seed in 0..all {
        let mut dice = Dice::new(seed);
        let violations = violations(&mut dice);
        let faults = Faults {
            table: *dice.pick(&[Table::On, Table::On, Table::On, Table::Off]),
            failing: if dice.one_in(3) { 15 } else { 0 },
            ..Faults::default()
        };
        let model = Model::new(seed, iam(&violations), faults);
        for violation in &violations {
            if dice.one_in(4) {
                let at = model.0.borrow().calls + usize::try_from(dice.roll(20)).expect("small");
                let side = if dice.one_in(2) {
                    Side::Before
                } else {
                    Side::After
                };
                model.0.borrow_mut().faults.death = Some((at, side));
            }
            counted += usize::from(deliver(&model, &bundle, violation));
            model.wait(i64::try_from(dice.roll(120)).expect("small"));
        }
        follow_ups += follow_all_up(&model, &bundle);
        let inner = model.0.borrow();
        for violation in &violations {
            let is_told = inner
                .sent
                .iter()
                .any(|sent| sent.text.contains(&violation.id));
            assert!(is_told, "seed {seed}: nobody was told of {}", violation.id);
        }
        alerts += inner.sent.len();
        events += violations.len();
    }
    assert!(counted > 0 && follow_ups > 0, "nothing repeats");
    assert!(counted > 0 && follow_ups > 0 && alerts > 0);
    told(&format!(
        "{all} rows of violations, {events} in all: {counted} counted, {follow_ups} follow-ups, {alerts} alerts; each told"
    ));
}

/// A flood of 5,000 within one window: the table takes no item of more than 400 KB, and what
/// no item takes any more would be told by itself.
#[test]
fn a_flood_is_two_alerts_however_large_it_is() {
    const FLOOD: u64 = 5_000;
    let bundle = one_guardrail("", "alert");
    let faults = Faults {
        table: Table::On,
        ..Faults::default()
    };
    let model = Model::new(1, bob(), faults);
    let id = |number: u64| format!("7bf73129-1428-4cd3-a780-{number:012}");
    for number in 0..FLOOD {
        // Many functions are at it: together they need minutes, and not the sum of all.
        let time = start() + SignedDuration::from_millis(number.cast_signed() * 100);
        model.0.borrow_mut().now = time;
        let call = Call {
            id: &id(number),
            name: "CreateAccessKey",
            source: "iam",
            account: ACCOUNT,
            actor: "anaya",
            key: "AKIAIOSFODNN7EXAMPLE",
            time,
        };
        let event = call.event(
            &serde_json::json!({"userName": "bob"}),
            &serde_json::json!({"accessKey": {
                "userName": "bob", "accessKeyId": KEY, "status": "Active",
            }}),
        );
        // What was handled is not counted again.
        for delivery in 0..2 {
            let responses = handle(&model, &bundle, &event).expect("it ends");
            let counted = responses.iter().filter(|response| response.counted).count();
            let expected = usize::from(number > 0 && delivery == 0);
            assert_eq!(counted, expected, "event {number}, delivery {delivery}");
        }
    }
    assert_eq!(follow_all_up(&model, &bundle), 1);
    let inner = model.0.borrow();
    let largest = inner.windows.values().map(Counted::size).max();
    assert!(largest.is_some_and(|size| size < LARGEST_ITEM / 4));
    assert_eq!(inner.sent.len(), 2);
    let text = &inner.sent[1].text;
    assert!(inner.sent[1].subject.contains("4999 more"), "{text}");
    assert!(text.contains("4999 times until"), "{text}");
    assert!(text.contains("and 4979 more: each is in"), "{text}");
    let kept = inner.windows.values().map(|window| window.entries.len());
    assert_eq!(kept.max(), Some(MOST_ENTRIES));
}
