//! Messages of keyrail's own queue: what it has sent to itself.

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
        let is_own = is_of(&message.queue, queue_url);
        let sent = is_own.then(|| serde_json::from_str(&message.body).ok())??;
        let received = message.attributes.received.as_deref();
        Some((sent, received.is_some_and(|count| count != "1")))
    });
    let messages: Option<Vec<(Later, bool)>> = messages.collect();
    messages.filter(|messages| !messages.is_empty())
}

/// `arn:aws:sqs:us-east-1:111122223333:name` and
/// `https://sqs.us-east-1.amazonaws.com/111122223333/name` are the same queue.
fn is_of(arn: &str, url: &str) -> bool {
    let mut of_arn = arn.rsplit(':');
    let mut of_url = url.rsplit('/');
    let same = |a: Option<&str>, b: Option<&str>| a.is_some_and(|a| !a.is_empty()) && a == b;
    same(of_arn.next(), of_url.next()) && same(of_arn.next(), of_url.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_the_own_queue_are_rechecks() {
        let url = "https://sqs.us-east-1.amazonaws.com/111122223333/keyrail-RecheckQueue";
        for (arn, own) in [
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
            assert_eq!(is_of(arn, url), own, "{arn}");
        }
    }
}
