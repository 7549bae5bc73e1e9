//! A message of a dead-letter queue.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

/// A message that was read, and is hidden from others for a while.
#[derive(Debug, Clone)]
pub struct Message {
    /// SQS's own id of it, the same each time that it is read.
    pub id: String,
    /// What it says.
    pub body: String,
    /// What its sender has added to it, where that is text.
    pub attributes: BTreeMap<String, String>,
    /// What SQS says of it, by SQS's names.
    pub(super) system: BTreeMap<String, String>,
    /// By which it is deleted.
    pub(super) receipt: String,
    /// Until when it is hidden; `None` if others may have it.
    pub(super) held_until: Option<Instant>,
}

impl Message {
    pub(super) fn new(message: aws_sdk_sqs::types::Message, held_until: Instant) -> Self {
        let attributes = message.message_attributes.unwrap_or_default();
        let system = message.attributes.unwrap_or_default();
        Self {
            id: message.message_id.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
            attributes: attributes
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.string_value?)))
                .collect(),
            system: system
                .into_iter()
                .map(|(name, value)| (name.as_str().to_owned(), value))
                .collect(),
            receipt: message.receipt_handle.unwrap_or_default(),
            held_until: Some(held_until),
        }
    }

    /// Whether it is hidden from others.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held_until.is_some_and(|until| Instant::now() < until)
    }

    /// The ARN of the queue that SQS has moved it from. Nobody can send a message that says
    /// so: of what SQS says of a message, a sender sets nothing but the trace's header (SQS
    /// API reference, `SendMessage`, checked 2026-11-29).
    #[must_use]
    pub fn moved_from(&self) -> Option<&str> {
        self.system
            .get("DeadLetterQueueSourceArn")
            .map(String::as_str)
    }

    /// When it was sent.
    #[must_use]
    pub fn sent(&self) -> Option<Timestamp> {
        let milliseconds = self.system.get("SentTimestamp")?.parse().ok()?;
        Timestamp::from_millisecond(milliseconds).ok()
    }

    /// What Lambda's event source mapping would deliver of it (Lambda Developer Guide,
    /// "Using Lambda with Amazon SQS", checked 2026-11-29).
    pub(super) fn as_batch(&self, queue_arn: &str) -> Value {
        json!({
            "Records": [{
                "messageId": self.id,
                "body": self.body,
                "attributes": self.system,
                "eventSource": "aws:sqs",
                "eventSourceARN": self.moved_from().unwrap_or(queue_arn),
            }],
        })
    }
}
