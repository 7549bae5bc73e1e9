//! What an invocation is about: events, or what keyrail has sent to itself.

use keyrail_core::Event;
use keyrail_core::arn::Arn;
use keyrail_core::queue::{Delivery, Later};
use serde::Deserialize;

/// What an invocation is about.
#[derive(Debug)]
pub(crate) enum Invocation {
    /// Events, of which EventBridge delivers one and a queue several.
    Events(Vec<Event>),
    /// Messages of keyrail's own queue.
    Own(Vec<OwnMessage>),
}

/// A message of keyrail's own queue, as it was delivered.
#[derive(Debug)]
pub(crate) struct OwnMessage {
    pub(crate) message: Later,
    pub(crate) delivery: Delivery,
}

impl Invocation {
    /// Bytes are keyrail's own messages if they are a batch of the queue with this URL, and all of
    /// them can be read. Anything else is an event, which is told where it is not recognised: who
    /// sends to the function cannot have it act on what they invent.
    pub(crate) fn of(bytes: &[u8], queue_url: Option<&str>) -> Self {
        match queue_url.and_then(|queue| own_messages(bytes, queue)) {
            Some(messages) => Self::Own(messages),
            None => Self::Events(
                Event::parse_all(bytes)
                    .unwrap_or_else(|error| vec![Event::unreadable(bytes, &error)]),
            ),
        }
    }
}

/// What Lambda's event source mapping delivers (Lambda Developer Guide, "Using Lambda
/// with Amazon SQS", checked 2026-11-25).
#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventSourceARN")]
    queue: String,
    body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
struct Attributes {
    #[serde(rename = "ApproximateReceiveCount")]
    received: Option<String>,
}

fn own_messages(bytes: &[u8], queue_url: &str) -> Option<Vec<OwnMessage>> {
    let batch: Batch = serde_json::from_slice(bytes).ok()?;
    let messages = batch.records.iter().map(|record| {
        let is_own = Arn::parse(&record.queue).is_some_and(|arn| arn.is_queue_at(queue_url));
        let message = is_own.then(|| serde_json::from_str(&record.body).ok())??;
        let delivery = match record.attributes.received.as_deref() {
            None | Some("1") => Delivery::First,
            Some(_) => Delivery::Again,
        };
        Some(OwnMessage { message, delivery })
    });
    let messages: Option<Vec<OwnMessage>> = messages.collect();
    messages.filter(|messages| !messages.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_messages_of_the_own_queue_are_rechecks() {
        let url = "https://sqs.us-east-1.amazonaws.com/111122223333/keyrail-RecheckQueue";
        for (arn, is_own) in [
            (
                "arn:aws:sqs:us-east-1:111122223333:keyrail-RecheckQueue",
                true,
            ),
            (
                "arn:aws:sqs:us-east-1:444455556666:keyrail-RecheckQueue",
                false,
            ),
            ("arn:aws:sqs:us-east-1:111122223333:another", false),
        ] {
            let follow_up = json!({
                "schema": "keyrail.follow-up/v1",
                "repetition": {
                    "account": "111122223333",
                    "actor": "arn:aws:iam::111122223333:user/bob",
                    "deed": "iam:CreateAccessKey observe",
                    "guardrails": ["no-access-keys"],
                    "until": "2026-03-14T09:30:00Z",
                },
                "event": "7bf73129-1428-4cd3-a780-95db273d1602",
                "region": "us-east-1",
                "severity": "high",
                "title": "An access key was created",
            });
            let message = json!({ "eventSourceARN": arn, "body": follow_up.to_string() });
            let batch = json!({ "Records": [message] }).to_string();
            let invocation = Invocation::of(batch.as_bytes(), Some(url));
            let found = matches!(&invocation, Invocation::Own(messages)
            if matches!(messages.as_slice(), [OwnMessage {
                message: Later::FollowUp(_),
                delivery: Delivery::First,
            }]));
            assert_eq!(found, is_own, "{arn}: {invocation:?}");
        }
    }
}
