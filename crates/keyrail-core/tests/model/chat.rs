//! Chat channels, of which the model reaches none.

use crate::around::NO_CHAT;
use crate::events::key_created;
use crate::faults::Faults;
use crate::model::Model;
use crate::{ACCOUNT, KEY, bob, handle, is_done, one_guardrail, seconds, start};

/// On-call has the other alert, so the event is not tried again; that chat got none is known.
#[test]
fn that_chat_is_not_reached_is_said_and_fails_nothing() {
    let bundle = one_guardrail("", "deactivate-key");
    let event = key_created(ACCOUNT, "bob", KEY, start() - seconds(10));
    let model = Model::new(0, bob(), Faults::default());
    let responses = handle(&model, &bundle, &event).expect("it ends");
    assert!(is_done(&responses));
    let failed: Vec<Option<&str>> = responses
        .iter()
        .map(|response| Some(response.chat_failed.as_ref()?.message.as_str()))
        .collect();
    assert_eq!(failed, [Some(NO_CHAT)]);
    assert_eq!(model.0.borrow().sent.len(), 1);
}
