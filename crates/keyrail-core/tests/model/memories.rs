//! What is remembered of a containment, and what is not one.

use keyrail_core::Bundle;
use keyrail_core::state::Fact;

use crate::events::{key_created, key_set};
use crate::faults::{Faults, Side, Table};
use crate::model::Model;
use crate::world::{Attack, Write};
use crate::{ACCOUNT, KEY, bob, bob_in, handle, seconds, start};

fn model(seed: u64, faults: Faults) -> Model {
    let faults = Faults {
        table: Table::On,
        ..faults
    };
    Model::new(seed, bob(), faults)
}

/// The same event, delivered again because the process died: it is no second activation.
#[test]
fn an_activation_that_comes_twice_is_not_one_after_containment() {
    let bundle = Bundle::embedded().expect("it loads");
    for call in 0..40 {
        let faults = Faults {
            death: Some((call, Side::After)),
            ..Faults::default()
        };
        let model = model(1, faults);
        let activated = key_set(ACCOUNT, "bob", KEY, "Active", start() - seconds(10));
        if handle(&model, &bundle, &activated).is_none() {
            model.wait(60);
            handle(&model, &bundle, &activated).expect("it ends");
        }
        let inner = model.0.borrow();
        assert!(
            !bob_in(&inner.iam).is_denied(),
            "died after call {call}: the user is quarantined for its first activation"
        );
    }
}

/// Events come out of order: what was activated before keyrail stopped it is no answer.
#[test]
fn an_activation_from_before_the_containment_is_not_one_after_it() {
    let bundle = Bundle::embedded().expect("it loads");
    let model = model(1, Faults::default());
    let created = key_created(ACCOUNT, "bob", KEY, start() - seconds(30));
    let activated = key_set(ACCOUNT, "bob", KEY, "Active", start() - seconds(20));
    handle(&model, &bundle, &created).expect("it ends");
    model.wait(60);
    handle(&model, &bundle, &activated).expect("it ends");
    assert!(
        !bob_in(&model.0.borrow().iam).is_denied(),
        "the user is quarantined for what it did before"
    );
}

/// keyrail deactivates new keys, and a guardrail is about those that are activated after that; no
/// other is about activations.
fn only_after_containment() -> Bundle {
    let guardrail = |id: &str, steps: &str, group: &str, condition: &str| {
        format!(
            r#"@id("{id}") @title("One") @severity("high") @respond("{steps}") forbid (principal, action in Action::"{group}", resource) when {{ {condition} }};"#
        )
    };
    let text = [
        guardrail(
            "issued",
            "deactivate-key",
            "issue-access-key",
            "context.succeeded",
        ),
        guardrail(
            "again",
            "deactivate-key quarantine-user",
            "reactivate-credential",
            "context has history && context.history.contained",
        ),
    ];
    Bundle::load(&[("guardrails/a.cedar".to_owned(), text.join("\n"))]).expect("it loads")
}

/// An event that nothing is violated by is looked up if what came before it could change that.
#[test]
fn what_came_before_counts_where_nothing_else_is_violated() {
    let bundle = only_after_containment();
    let model = model(1, Faults::default());
    let created = key_created(ACCOUNT, "bob", KEY, start() - seconds(30));
    handle(&model, &bundle, &created).expect("it ends");
    model.wait(60);
    assert!(!bob_in(&model.0.borrow().iam).is_denied());
    let now = model.0.borrow().now;
    let activated = key_set(ACCOUNT, "bob", KEY, "Active", now - seconds(10));
    handle(&model, &bundle, &activated).expect("it ends");
    assert!(bob_in(&model.0.borrow().iam).is_denied());
}

/// The table is not asked about an event that violates nothing, whatever came before it.
#[test]
fn what_has_to_do_with_nothing_is_not_remembered() {
    let bundle = only_after_containment();
    let model = model(1, Faults::default());
    let deactivated = key_set(ACCOUNT, "bob", KEY, "Inactive", start() - seconds(10));
    handle(&model, &bundle, &deactivated).expect("it ends");
    let inner = model.0.borrow();
    assert!(inner.claims.is_empty() && inner.memories.is_empty());
    assert_eq!(inner.calls, 0);
}

/// A read beside the change may still show the key as it was before it was activated.
#[test]
fn a_key_that_keyrail_stopped_is_remembered_although_a_read_was_stale() {
    let bundle = Bundle::embedded().expect("it loads");
    let mut forgotten = 0;
    for seed in 0..200 {
        let faults = Faults {
            lag: 20_000,
            yields: 4,
            ..Faults::default()
        };
        let model = model(seed, faults);
        {
            let mut inner = model.0.borrow_mut();
            for user in inner.base.values_mut() {
                user.keys.insert(KEY.to_owned(), (false, user.created));
            }
            inner.iam = inner.base.clone();
            inner.now = start() - seconds(10);
            let write = Write::Attack {
                account: ACCOUNT.to_owned(),
                user: "bob".to_owned(),
                attack: Attack::Activate(KEY.to_owned()),
            };
            inner.write(write).expect("it does not fail");
            inner.now = start();
        }
        let activated = key_set(ACCOUNT, "bob", KEY, "Active", start() - seconds(10));
        handle(&model, &bundle, &activated).expect("it ends");
        let inner = model.0.borrow();
        assert!(!bob_in(&inner.iam).keys[KEY].0);
        let mut memories = inner.memories.values();
        forgotten += u64::from(!memories.any(|memory| memory.fact == Fact::Contained));
    }
    assert_eq!(forgotten, 0, "of 200 keys that keyrail stopped");
}
