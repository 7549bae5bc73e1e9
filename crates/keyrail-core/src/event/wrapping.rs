//! Finding the events in what they were delivered in.

use serde_json::Value;

/// Messages within messages: SNS within SQS within Lambda's record of a failure.
const DEEPEST: usize = 6;

/// The events in a JSON document, and whether each came inside a message.
pub(super) fn events(document: Value) -> Vec<(Value, bool)> {
    let mut found = Vec::new();
    unwrap(document, false, DEEPEST, &mut found);
    found
}

fn unwrap(value: Value, wrapped: bool, depth: usize, found: &mut Vec<(Value, bool)>) {
    let mut inside = |values: Vec<Value>, wrapped| {
        for value in values {
            match depth {
                0 => found.push((value, wrapped)),
                _ => unwrap(value, wrapped, depth - 1, found),
            }
        }
    };
    match value {
        // A list of events is a log. An empty one, or one of other things, is not.
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_object) => {
            inside(items, wrapped);
        }
        Value::Object(mut object) if !object.contains_key("detail") => {
            let list = ["Records", "Messages", "Events"]
                .into_iter()
                .find(|name| is_list(&object, name))
                .and_then(|name| object.remove(name));
            if let Some(Value::Array(items)) = list {
                inside(items, wrapped);
            } else if let Some(message) = message_in(&object) {
                // The record of `lookup-events` is AWS's, whoever printed it.
                let by_hand = !object.contains_key("CloudTrailEvent");
                inside(vec![message], wrapped || by_hand);
            } else if let Some(payload) = object.remove("requestPayload") {
                inside(vec![payload], wrapped);
            } else {
                found.push((Value::Object(object), wrapped));
            }
        }
        other => found.push((other, wrapped)),
    }
}

type Object = serde_json::Map<String, Value>;

/// `Records` of a log file or of an invocation by SQS or SNS, `Messages` as `aws
/// sqs receive-message` prints them, `Events` as `aws cloudtrail lookup-events` does.
fn is_list(object: &Object, name: &str) -> bool {
    let items = object.get(name).and_then(Value::as_array);
    items.is_some_and(|items| !items.is_empty() && items.iter().all(Value::is_object))
        && !object.contains_key("eventName")
}

/// The JSON text that a message carries, where there is one.
fn message_in(object: &Object) -> Option<Value> {
    let field = |name: &str| object.get(name).and_then(Value::as_str);
    let text = field("CloudTrailEvent")
        .or_else(|| field("body").filter(|_| field("eventSource") == Some("aws:sqs")))
        .or_else(|| field("Body").filter(|_| object.contains_key("MessageId")))
        .or_else(|| field("Message").filter(|_| field("Type") == Some("Notification")))
        .or_else(|| object.get("Sns")?.get("Message")?.as_str())?;
    serde_json::from_str(text)
        .ok()
        .filter(|value: &Value| value.is_object() || value.is_array())
}
