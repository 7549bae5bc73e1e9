//! Documents of IAM policies, as records have them.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::json::Json;

/// A policy stands in a record as a text of JSON, which some clients percent-encode;
/// now and then as an object. One that was cut is not read.
pub(super) fn document(record: &Json, path: &str) -> Option<Json> {
    match record.at_path(path)? {
        Value::String(text) => {
            let decoded = percent_decode_str(text).decode_utf8();
            let plain = serde_json::from_str(text).ok();
            plain
                .or_else(|| serde_json::from_str(&decoded.ok()?).ok())
                .map(Json::new)
        }
        Value::Object(object) => Some(Json::new(Value::Object(object.clone()))),
        _ => None,
    }
}

/// A policy's statements, of which there may be one without a list around it.
pub(super) fn statements(document: &Json) -> impl Iterator<Item = Json> {
    list(document.at(&["Statement"]))
        .cloned()
        .map(Json::new)
        .collect::<Vec<_>>()
        .into_iter()
}

pub(super) fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (items, one) = match value {
        Some(Value::Array(items)) => (Some(items), None),
        other => (None, other),
    };
    items.into_iter().flatten().chain(one)
}

/// Whether a pattern of IAM's meets a text: `*` is any text, `?` any one character. The
/// last `*` takes more as long as the rest does not match; those before it need not.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut of) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(of) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(wanted) if wanted == byte || *wanted == b'?' => {
                at += 1;
                of += 1;
            }
            _ => {
                let Some((after, from)) = star else {
                    return false;
                };
                star = Some((after, from + 1));
                at = after + 1;
                of = from + 1;
            }
        }
    }
    let rest = pattern.get(at..).unwrap_or_default();
    rest.iter().all(|byte| *byte == b'*')
}

/// What a statement's conditions ask for: operator, key, and what it is compared with.
pub(super) fn conditions(statement: &Json) -> impl Iterator<Item = (&str, &str, &Value)> {
    let operators = statement.at(&["Condition"]).and_then(Value::as_object);
    operators
        .into_iter()
        .flatten()
        .flat_map(|(operator, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, value)| (operator.as_str(), key.as_str(), value))
        })
}
