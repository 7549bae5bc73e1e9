//! The process dies before or after any call, and what it was at comes again.

use keyrail_core::Bundle;
use keyrail_core::change::Change;
use serde_json::Value;

use crate::events::key_created;
use crate::faults::{Faults, Side, Table};
use crate::model::Model;
use crate::world::{Attack, Write};
use crate::{
    ACCOUNT, KEY, Looked, bob, bob_in, handle, is_done, look, next_due, one_guardrail, runs,
    seconds, start, told,
};

const TABLES: [Table; 3] = [Table::On, Table::Off, Table::Failing];
const SIDES: [Side; 2] = [Side::Before, Side::After];
const ALLOWED: &str = "[allow]\nsteps = [\"delete-key\"]\n";

fn model(table: Table) -> Model {
    let faults = Faults {
        table,
        ..Faults::default()
    };
    Model::new(7, bob(), faults)
}

fn event() -> Value {
    key_created(ACCOUNT, "bob", KEY, start() - seconds(10))
}

/// How many calls one invocation makes.
fn calls(bundle: &Bundle, table: Table) -> usize {
    let model = model(table);
    handle(&model, bundle, &event()).expect("it ends");
    model.0.borrow().calls
}

/// Lambda tries an event twice more, after one minute and after two.
fn deliver(model: &Model, bundle: &Bundle, deaths: &[(usize, Side)]) -> usize {
    let mut died = 0;
    let mut deaths = deaths.iter();
    for wait in [60, 120, 0] {
        {
            let mut inner = model.0.borrow_mut();
            inner.calls = 0;
            inner.faults.death = deaths.next().copied();
        }
        match handle(model, bundle, &event()) {
            Some(responses) if is_done(&responses) => return died,
            Some(_) => {}
            None => died += 1,
        }
        model.wait(wait);
    }
    panic!("the third try comes to its end")
}

fn deletions(model: &Model) -> usize {
    let inner = model.0.borrow();
    let written = inner.log.iter();
    written
        .filter(|written| {
            matches!(&written.write, Write::Change { change, .. } if matches!(change, Change::DeleteKey { .. }))
        })
        .count()
}

/// Looks at everything again; how many looks told something.
fn look_at_all(model: &Model, bundle: &Bundle) -> usize {
    let mut told = 0;
    while let Some(message) = next_due(model) {
        match look(model, bundle, &message, false) {
            Looked::Told => told += 1,
            Looked::Silent => {}
            Looked::Died | Looked::Failed | Looked::PutOff => panic!("nothing fails"),
        }
    }
    told
}

#[test]
fn wherever_it_dies_the_key_is_stopped_and_somebody_is_told() {
    let steps = "deactivate-key quarantine-user";
    let bundles = [
        (one_guardrail("", steps), false),
        (one_guardrail(ALLOWED, &format!("{steps} delete-key")), true),
    ];
    let mut deaths = 0;
    for (bundle, deletes) in &bundles {
        for table in TABLES {
            let calls = calls(bundle, table);
            for death in (0..calls).flat_map(|call| SIDES.map(|side| (call, side))) {
                let model = model(table);
                let died = deliver(&model, bundle, &[death]);
                let place = format!("{death:?}, {table:?}, deletes: {deletes}");
                assert_eq!(died, 1, "{place}: it did not die");
                deaths += 1;
                assert!(
                    !model.0.borrow().sent.is_empty(),
                    "{place}: nobody was told"
                );
                let key = bob_in(&model.0.borrow().iam).keys.get(KEY).copied();
                assert!(
                    key.is_none_or(|(active, _)| !active),
                    "{place}: it is active"
                );
                assert!(bob_in(&model.0.borrow().iam).is_denied(), "{place}");
                assert_eq!(deletions(&model), usize::from(*deletes), "{place}");
                // Nothing has come back, and nobody is told that it has.
                assert_eq!(look_at_all(&model, bundle), 0, "{place}");
                let last = model.0.borrow().sent.last().expect("one").state.clone();
                // Of a key that is so new, not to be found is no proof that it was deleted.
                let may_be_pending = *deletes && deletions(&model) > 0;
                assert!(
                    last == "BLOCKED" || (may_be_pending && last == "PENDING"),
                    "{place}: {last}"
                );
            }
        }
    }
    assert!(deaths > 0);
    told(&format!(
        "{deaths} deaths before and after each call: every key stopped, every event told, none deleted twice"
    ));
}

#[test]
fn it_may_die_twice() {
    let bundle = one_guardrail(ALLOWED, "deactivate-key quarantine-user delete-key");
    let step = usize::try_from(runs(3, 1)).expect("small");
    let mut ran = 0;
    for table in TABLES {
        let places: Vec<(usize, Side)> = (0..calls(&bundle, table))
            .flat_map(|call| SIDES.map(|side| (call, side)))
            .collect();
        for first in places.iter().step_by(step) {
            for second in places.iter().step_by(step) {
                ran += 1;
                let model = model(table);
                deliver(&model, &bundle, &[*first, *second]);
                let place = format!("{first:?} then {second:?}, {table:?}");
                assert!(
                    !model.0.borrow().sent.is_empty(),
                    "{place}: nobody was told"
                );
                assert_eq!(deletions(&model), 1, "{place}");
                assert!(bob_in(&model.0.borrow().iam).is_denied(), "{place}");
            }
        }
    }
    assert!(ran > 0);
    told(&format!(
        "{ran} pairs of deaths: all told, none deleted twice"
    ));
}

/// The queue gives a message out again, and says that it did so before.
#[test]
fn a_look_again_that_dies_is_told_when_it_comes_again() {
    let bundle = one_guardrail("", "deactivate-key quarantine-user");
    let mut deaths = 0;
    for table in TABLES {
        for death in (0..40).flat_map(|call| SIDES.map(|side| (call, side))) {
            let model = model(table);
            deliver(&model, &bundle, &[]);
            let alerts = model.0.borrow().sent.len();
            let activate = Attack::Activate(KEY.to_owned());
            let at = model.now() + seconds(5);
            let attack = (at, ACCOUNT.to_owned(), "bob".to_owned(), activate);
            model.0.borrow_mut().agenda.push(attack);
            model.wait(6);
            let message = next_due(&model).expect("it is looked at again");
            {
                let mut inner = model.0.borrow_mut();
                inner.calls = 0;
                inner.faults.death = Some(death);
            }
            let looked = look(&model, &bundle, &message, false);
            model.0.borrow_mut().faults.death = None;
            if matches!(looked, Looked::Died) {
                deaths += 1;
                model.wait(180);
                look(&model, &bundle, &message, true);
            }
            let place = format!("{death:?}, {table:?}");
            let inner = model.0.borrow();
            let comebacks = inner.sent[alerts..].iter();
            assert!(
                comebacks.filter(|sent| sent.is_comeback()).count() > 0,
                "{place}: nobody was told"
            );
            assert!(!bob_in(&inner.iam).keys[KEY].0, "{place}: it is active");
        }
    }
    assert!(deaths > 0);
    told(&format!(
        "{deaths} deaths of looks again: all told, every key stopped"
    ));
}
