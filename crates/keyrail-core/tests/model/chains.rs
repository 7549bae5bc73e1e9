//! Chains of re-checks: each that has to contain again asks for more.

use keyrail_core::recheck::MOST_ROUNDS;

use crate::events::key_created;
use crate::faults::{Faults, Table};
use crate::model::Model;
use crate::world::{Attack, Write};
use crate::{
    ACCOUNT, KEY, Looked, bob, bob_in, handle, look, next_due, one_guardrail, seconds, start, told,
};

/// Lambda drops the invocation after some 16 hops through the function's own queue.
const LAMBDAS_END: u8 = 16;

#[test]
fn a_chain_of_re_checks_ends_before_lambda_ends_it_and_says_so() {
    let bundle = one_guardrail("", "deactivate-key");
    let faults = Faults {
        table: Table::On,
        ..Faults::default()
    };
    let model = Model::new(1, bob(), faults);
    let created = key_created(ACCOUNT, "bob", KEY, start() - seconds(10));
    handle(&model, &bundle, &created).expect("it ends");
    let (mut looks, mut longest) = (0_u64, 0);
    // Somebody activates the key again each time before it is looked at.
    while let Some(message) = next_due(&model) {
        let activate = Write::Attack {
            account: ACCOUNT.to_owned(),
            user: "bob".to_owned(),
            attack: Attack::Activate(KEY.to_owned()),
        };
        let activating = model.0.borrow_mut().write(activate);
        activating.expect("attacks do not fail");
        longest = longest.max(message.round + 1);
        looks += 1;
        let alerts = model.0.borrow().sent.len();
        let looked = look(&model, &bundle, &message, false);
        assert!(matches!(looked, Looked::Told));
        let inner = model.0.borrow();
        let ends = inner.sent[alerts..]
            .iter()
            .any(|sent| sent.text.contains("keyrail does not check it again"));
        assert_eq!(
            ends,
            message.round + 1 == MOST_ROUNDS,
            "round {}",
            message.round
        );
    }
    assert_eq!(longest, MOST_ROUNDS);
    // The event's own invocation is the first hop of the chain.
    assert!(longest + 1 < LAMBDAS_END);
    assert!(!bob_in(&model.0.borrow().iam).keys[KEY].0);
    told(&format!(
        "{looks} looks at a key that is activated again each time: the longest chain has {longest} re-checks"
    ));
}
