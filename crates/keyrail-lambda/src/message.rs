//! Messages of keyrail's own queue: what it has sent to itself.

use keyrail_core::arn::Arn;
use keyrail_core::queue::Later;
use serde::Deserialize;

/// What Lambda's event source mapping delivers (Lambda Developer Guide, "Using Lambda
/// with Amazon SQS", checked 2026-11-25).
#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
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

/// What keyrail has sent to itself, if the bytes are messages of the queue with this
/// URL, all of them readable; and whether each was delivered before. What is not is an
/// event like any other, which is told.
pub(crate) fn own(bytes: &[u8], queue_url: Option<&str>) -> Option<Vec<(Later, bool)>> {
    let queue_url = queue_url?;
    let batch: Batch = serde_json::from_slice(bytes).ok()?;
    let messages = batch.records.iter().map(|message| {
        let is_own = Arn::parse(&message.queue).is_some_and(|arn| arn.is_queue_at(queue_url));
        let sent = is_own.then(|| serde_json::from_str(&message.body).ok())??;
        let received = message.attributes.received.as_deref();
        Some((sent, received.is_some_and(|count| count != "1")))
    });
    let messages: Option<Vec<(Later, bool)>> = messages.collect();
    messages.filter(|messages| !messages.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
            let found = super::own(batch.as_bytes(), Some(url));
            assert_eq!(found.is_some(), is_own, "{arn}");
        }
    }
}
