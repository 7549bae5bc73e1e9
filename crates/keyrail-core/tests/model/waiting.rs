//! What passes is waited out: no key is left Active at the end of an invocation whose faults
//! were over in time.

use keyrail_core::effects::EffectErrorKind::{
    self, Doubtful, RefusedForNow, Throttled, TimedOut, Unreachable,
};

use crate::events::{key_created, key_set};
use crate::faults::{Dice, Faults, Table};
use crate::model::{Model, PASSWORD};
use crate::{
    ACCOUNT, KEY, bob, bob_in, handle, is_done, one_guardrail, runs, seconds, start, told,
};

/// What the alert's share leaves of an invocation, in milliseconds, and some for the last try.
const IN_TIME: u64 = 20_000;

/// Faults that end by a time.
fn passing(dice: &mut Dice) -> Faults {
    const ACTIONS: [&str; 6] = [
        "iam:UpdateAccessKey",
        "iam:ListAccessKeys",
        "iam:GetAccessKeyLastUsed",
        "iam:GetUser",
        "iam:PutUserPolicy",
        "*",
    ];
    const KINDS: [EffectErrorKind; 5] = [Throttled, RefusedForNow, Unreachable, TimedOut, Doubtful];
    let mut faults = Faults {
        table: *dice.pick(&[Table::On, Table::Off, Table::Failing]),
        table_answers_lost: *dice.pick(&[0, 0, 3]),
        ..Faults::default()
    };
    for _ in 0..dice.roll(3) {
        let (action, kind) = (*dice.pick(&ACTIONS), *dice.pick(&KINDS));
        // Throttles are waited out by up to eight seconds at a time.
        let most = if kind == Throttled {
            IN_TIME / 2
        } else {
            IN_TIME
        };
        let fault = (action, kind, dice.roll(most));
        faults.refused_at_first.push(fault);
    }
    for unknown in [KEY, "bob", PASSWORD] {
        if dice.one_in(3) {
            let fault = (unknown.to_owned(), dice.roll(IN_TIME / 2));
            faults.unknown_at_first.push(fault);
        }
    }
    if dice.one_in(4) {
        faults.allowance = 2 + dice.roll(10);
    }
    faults
}

#[test]
fn no_key_is_left_active_by_faults_that_pass_in_time() {
    let bundles = [
        one_guardrail("", "deactivate-key"),
        one_guardrail("", "deactivate-key quarantine-user"),
        one_guardrail("", "deactivate-key disable-console-login"),
    ];
    let all = runs(3_000, 100_000);
    let (mut waited, mut alerts, mut most_calls) = (0_u64, 0_u64, 0);
    for seed in 0..all {
        let mut dice = Dice::new(seed);
        let faults = passing(&mut dice);
        let age = seconds(2 + dice.roll(60));
        let event = match dice.one_in(3) {
            true => key_set(ACCOUNT, "bob", KEY, "Active", start() - age),
            false => key_created(ACCOUNT, "bob", KEY, start() - age),
        };
        let model = Model::new(seed, bob(), faults.clone());
        let bundle = dice.pick(&bundles);
        let responses = handle(&model, bundle, &event).expect("it ends");
        let inner = model.0.borrow();
        assert!(
            !bob_in(&inner.iam).keys[KEY].0,
            "seed {seed}: the key is Active: {faults:?}, {:?}",
            responses[0].report.outcomes
        );
        assert_eq!(inner.sent.len(), 1, "seed {seed}: {faults:?}");
        let took = inner.now.duration_since(start());
        assert!(took < seconds(30), "seed {seed}: it took {took:?}");
        waited += u64::from(took > seconds(1));
        alerts += u64::from(is_done(&responses) && inner.sent[0].state == "BLOCKED");
        most_calls = inner.iam_calls.max(most_calls);
    }
    assert!(
        waited > 0 && alerts > all / 2,
        "{waited} waited, {alerts} BLOCKED"
    );
    assert!(most_calls < 150, "{most_calls} calls for one key");
    told(&format!(
        "{all} invocations whose faults pass: no key left Active; {waited} waited, {alerts} BLOCKED at once, {most_calls} calls of IAM for one key at most"
    ));
}

/// Of two invocations with one event, the one whose claim was made and not answered has it.
#[test]
fn a_late_or_lost_answer_of_the_table_locks_nobody_out() {
    let bundle = one_guardrail("", "deactivate-key");
    let event = key_created(ACCOUNT, "bob", KEY, start() - seconds(10));
    for seed in 0..runs(2_000, 100_000) {
        let faults = Faults {
            table: Table::On,
            table_answers_lost: 2,
            ..Faults::default()
        };
        let model = Model::new(seed, bob(), faults);
        let responses = handle(&model, &bundle, &event).expect("it ends");
        let handled = responses[0].handled;
        assert_eq!(
            handled,
            keyrail_core::pipeline::Handled::Here,
            "seed {seed}: locked out of its own event"
        );
        assert!(!bob_in(&model.0.borrow().iam).keys[KEY].0, "seed {seed}");
        assert_eq!(model.0.borrow().sent.len(), 1, "seed {seed}");
    }
}
