//! The same event many times at once, and events out of order.

use futures_util::future::join_all;
use keyrail_core::pipeline::Handled;

use crate::events::{key_created, key_set};
use crate::faults::{Faults, Table};
use crate::model::Model;
use crate::{
    ACCOUNT, KEY, bob, bob_in, handle, one_guardrail, respond_to, runs, seconds, start, to_its_end,
    told,
};

#[test]
fn of_eight_deliveries_at_once_one_is_told() {
    let bundle = one_guardrail("", "deactivate-key quarantine-user");
    let event = key_created(ACCOUNT, "bob", KEY, start() - seconds(10));
    let all = runs(200, 10_000);
    let (mut elsewhere, mut before, mut without) = (0_u64, 0_u64, 0);
    for seed in 0..all {
        let mut states = Vec::new();
        for table in [Table::On, Table::Off, Table::Failing] {
            let faults = Faults {
                table,
                // From hardly any to one that another overtakes altogether.
                yields: [0, 2, 10, 100][usize::try_from(seed % 4).expect("small")],
                ..Faults::default()
            };
            let model = Model::new(seed, bob(), faults);
            let all = (0..8).map(|_| async {
                // They do not come at the very same time.
                for _ in 0..model.roll(300) {
                    model.let_others_go().await;
                }
                respond_to(&model, &bundle, &event).await
            });
            let responses = to_its_end(&model, join_all(all)).expect("it ends");
            let inner = model.0.borrow();
            states.push(inner.iam.clone());
            let handled: Vec<Handled> = responses.iter().map(|all| all[0].handled).collect();
            let count = |of| handled.iter().filter(|handled| **handled == of).count();
            if table == Table::On {
                assert_eq!(inner.sent.len(), 1, "seed {seed}: {handled:?}");
                assert_eq!(count(Handled::Here), 1, "seed {seed}: {handled:?}");
                elsewhere += count(Handled::Elsewhere) as u64;
                before += count(Handled::Before) as u64;
            } else {
                assert!(!inner.sent.is_empty(), "seed {seed}: nobody was told");
                assert_eq!(count(Handled::Here), 8, "seed {seed}: {handled:?}");
                without += inner.sent.len();
            }
        }
        // Whoever does it, and however often.
        assert!(
            states.iter().all(|state| *state == states[0]),
            "seed {seed}"
        );
        assert!(!bob_in(&states[0]).keys[KEY].0 && bob_in(&states[0]).is_denied());
    }
    assert!(elsewhere > 0 && before > 0, "they do not interleave");
    assert!(elsewhere > 0 && before > 0 && without > 0);
    told(&format!(
        "{all} times eight deliveries at once: with the table one alert each ({elsewhere} found it handled elsewhere, {before} before), without one {without} alerts"
    ));
}

/// The table fails for some calls of some deliveries.
#[test]
fn of_eight_deliveries_at_once_one_is_told_although_calls_fail() {
    let bundle = one_guardrail("", "deactivate-key");
    let event = key_created(ACCOUNT, "bob", KEY, start() - seconds(10));
    for seed in 0..runs(200, 10_000) {
        let faults = Faults {
            table: Table::On,
            yields: 5,
            failing: 10,
            ..Faults::default()
        };
        let model = Model::new(seed, bob(), faults);
        let all = (0..8).map(|_| respond_to(&model, &bundle, &event));
        let responses = to_its_end(&model, join_all(all)).expect("it ends");
        // If nobody was told, somebody fails, so that it is tried again.
        let is_retried = responses.iter().any(|all| !crate::is_done(all));
        assert!(
            is_retried || !model.0.borrow().sent.is_empty(),
            "seed {seed}: nobody was told, and nobody tries again"
        );
    }
}

#[test]
fn events_out_of_order_are_handled() {
    let bundle = one_guardrail("", "deactivate-key");
    let created = key_created(ACCOUNT, "bob", KEY, start() - seconds(20));
    let stopped = key_set(ACCOUNT, "bob", KEY, "Inactive", start() - seconds(10));
    for table in [Table::On, Table::Off] {
        let faults = || Faults {
            table,
            ..Faults::default()
        };
        // Somebody has stopped it by then, and that event comes first.
        let mut iam = bob();
        for user in iam.values_mut() {
            user.keys
                .insert(KEY.to_owned(), (false, start() - seconds(20)));
        }
        let model = Model::new(1, iam, faults());
        let first = handle(&model, &bundle, &stopped).expect("it ends");
        assert!(first[0].sent.is_none() && first[0].report.plan.steps.is_empty());
        handle(&model, &bundle, &created).expect("it ends");
        assert_eq!(model.0.borrow().sent[0].state, "BLOCKED");
        assert!(!bob_in(&model.0.borrow().iam).keys[KEY].0);

        // It is deleted by then; of a new key that is no proof.
        for (age, state) in [(20, "PENDING"), (600, "BLOCKED")] {
            let mut iam = bob();
            for user in iam.values_mut() {
                user.keys.remove(KEY);
            }
            let model = Model::new(1, iam, faults());
            let created = key_created(ACCOUNT, "bob", KEY, start() - seconds(age));
            let responses = handle(&model, &bundle, &created).expect("it ends");
            assert_eq!(model.0.borrow().sent[0].state, state);
            assert!(model.0.borrow().log.is_empty());
            // It is told once, and looked at again.
            assert!(crate::is_done(&responses));
            assert_eq!(model.0.borrow().rechecks.len(), 2);
            while let Some(message) = crate::next_due(&model) {
                let looked = crate::look(&model, &bundle, &message, false);
                assert!(matches!(looked, crate::Looked::Silent));
            }
        }

        // So is the user: nobody can tell whether it is, or has another name.
        let model = Model::new(1, crate::world::Iam::new(), faults());
        let responses = handle(&model, &bundle, &created).expect("it ends");
        assert!(crate::is_done(&responses));
        assert_eq!(model.0.borrow().sent.len(), 1);
        assert_eq!(model.0.borrow().sent[0].state, "FAILED");
        assert!(model.0.borrow().log.is_empty());
        while let Some(message) = crate::next_due(&model) {
            crate::look(&model, &bundle, &message, false);
        }
        assert_eq!(model.0.borrow().sent.len(), 1, "it is told once");
    }
}
