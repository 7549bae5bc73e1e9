//! JSON that AWS leaves untyped, read tolerantly.

use std::fmt;

use serde_json::Value;

/// A JSON value whose fields may be absent, null, empty or of another type than
/// documented. `Debug` prints only what kind of value it is, never its content,
/// so that no event can end in a log by way of an error.
#[derive(Clone, Default)]
pub(crate) struct Json(Value);

/// Texts longer than this many bytes are cut: CloudTrail itself allows 1 KB for
/// its free-text fields (user agent, error message).
const LONGEST_TEXT: usize = 1024;

impl Json {
    pub(crate) fn new(value: Value) -> Self {
        Self(value)
    }

    /// All of it.
    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// Removes the field `name` and returns it; null if there is none.
    pub(crate) fn take(&mut self, name: &str) -> Self {
        Self(self.0.get_mut(name).map(Value::take).unwrap_or_default())
    }

    /// Sets the field `name` of an object.
    pub(crate) fn put(&mut self, name: &str, value: Self) {
        if let Some(object) = self.0.as_object_mut() {
            object.insert(name.to_owned(), value.0);
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        self.0.is_object()
    }

    pub(crate) fn is_object_at(&self, path: &[&str]) -> bool {
        self.at(path).is_some_and(Value::is_object)
    }

    /// The value below `path`, unless it is null or absent, which CloudTrail uses
    /// alike. A name of digits is also the index in a list.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Value> {
        self.below_all(path.iter().copied())
    }

    /// The same for a path that is written with dots.
    pub(crate) fn at_path(&self, path: &str) -> Option<&Value> {
        self.below_all(path.split('.'))
    }

    fn below_all<'p>(&self, mut path: impl Iterator<Item = &'p str>) -> Option<&Value> {
        let value = path.try_fold(&self.0, |value, name| match value {
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            Value::Object(fields) => field(fields, name),
            _ => None,
        });
        value.filter(|value| !value.is_null())
    }

    /// The text below a path that is written with dots.
    pub(crate) fn text_at(&self, path: &str) -> Option<String> {
        text_of(self.at_path(path)?)
    }

    /// The name below a path that is written with dots.
    pub(crate) fn name_at(&self, path: &str) -> Option<String> {
        name_of(self.at_path(path)?)
    }

    /// What is below `path` as JSON of its own; null if there is nothing.
    pub(crate) fn below(&self, path: &[&str]) -> Self {
        Self(self.at(path).cloned().unwrap_or_default())
    }

    /// The items of the list below `path`; none if there is no list.
    pub(crate) fn items(&self, path: &[&str]) -> impl Iterator<Item = &Value> {
        self.at(path)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    }

    /// The text below `path`. An empty text and the word `null` count as absent,
    /// as both stand for null in real records; a number is taken by its digits.
    pub(crate) fn text(&self, path: &[&str]) -> Option<String> {
        text_of(self.at(path)?)
    }

    /// The text below `path`, which names what an event is: a number is not one.
    pub(crate) fn word(&self, path: &[&str]) -> Option<String> {
        text_of(self.at(path).filter(|value| value.is_string())?)
    }

    /// The name below `path`: a text that may well be the word `null`, as an IAM
    /// user's name may.
    pub(crate) fn name(&self, path: &[&str]) -> Option<String> {
        name_of(self.at(path)?)
    }

    /// The truth value below `path`, which AWS writes as a boolean, as `true` and
    /// `false`, or as `Yes` and `No` in any case.
    pub(crate) fn flag(&self, path: &[&str]) -> Option<bool> {
        match self.at(path)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" => Some(true),
                "false" | "no" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

/// `iam.amazonaws.com` → `iam`.
pub(crate) fn first_label(event_source: &str) -> &str {
    event_source.split('.').next().unwrap_or(event_source)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() || text == "null" => None,
        Value::String(text) => Some(cut(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(cut(text)),
        _ => None,
    }
}

/// A field by its name; by its name in other case only if there is none of its own:
/// services write `userName` and `UserName`, `sSHPublicKeyId` and `sshPublicKeyId`.
fn field<'a>(fields: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).or_else(|| {
        let mut found = fields
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    })
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        })
    }
}

/// Cuts what is too long, and replaces noncharacters: queues and mails refuse
/// messages that hold them.
fn cut(text: &str) -> String {
    let text = &text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    if text.len() <= LONGEST_TEXT {
        return text.clone();
    }
    let end = text.floor_char_boundary(LONGEST_TEXT);
    let kept = text.get(..end).unwrap_or_default();
    format!("{kept}… [cut, {} bytes]", text.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_absent_empty_and_the_word_null_are_one() {
        let json = Json::new(json!({"a": null, "b": "", "c": "null", "e": {}, "f": []}));
        for name in ["a", "b", "c", "d", "e", "f"] {
            assert_eq!(json.text(&[name]), None, "{name}");
        }
    }

    #[test]
    fn flags_are_read_in_each_spelling_of_aws() {
        let json = Json::new(
            json!({"a": "YES", "b": "No", "c": true, "d": "false", "e": 1, "f": "maybe"}),
        );
        let flags = ["a", "b", "c", "d", "e", "f"].map(|name| json.flag(&[name]));
        assert_eq!(
            flags,
            [Some(true), Some(false), Some(true), Some(false), None, None]
        );
    }

    #[test]
    fn long_texts_are_cut_with_a_mark_and_at_a_character() {
        let json = Json::new(json!({"a": "é".repeat(1000)}));
        let text = json.text(&["a"]).unwrap_or_default();
        assert!(text.ends_with("é… [cut, 2000 bytes]"), "{text}");
        assert!(text.len() < 1100);
    }

    #[test]
    fn a_name_may_be_the_word_null() {
        let json = Json::new(json!({"a": "null", "b": "", "c": null, "d": 7}));
        let names = ["a", "b", "c", "d"].map(|name| json.name(&[name]));
        assert_eq!(names, [Some("null".to_owned()), None, None, None]);
    }

    #[test]
    fn noncharacters_are_replaced() {
        assert_eq!(
            Json::new(json!({"a": "x\u{ffff}"})).text(&["a"]).as_deref(),
            Some("x\u{fffd}")
        );
    }

    #[test]
    fn a_path_through_a_text_is_absent() {
        assert_eq!(Json::new(json!({"a": "x"})).text(&["a", "b"]), None);
    }
}
