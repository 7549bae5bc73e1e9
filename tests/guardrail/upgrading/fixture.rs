//! The files of `tests/fixtures/upgrade`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// What the function has written, by the path of its file without `.json`.
pub(super) type Artefacts = BTreeMap<String, Value>;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/upgrade")
}

pub(super) fn write(artefacts: &Artefacts) {
    for (name, value) in artefacts {
        let path = folder().join(format!("{name}.json"));
        let parent = path.parent().expect("a file is in a folder");
        std::fs::create_dir_all(parent).expect("the folder can be made");
        let text = serde_json::to_string_pretty(value).expect("it is JSON");
        std::fs::write(path, text + "\n").expect("the file can be written");
    }
}

/// The files of a folder, by their paths without `.json`.
pub(super) fn all_in(name: &str) -> Artefacts {
    let files = std::fs::read_dir(folder().join(name)).expect("the folder is there");
    let names = files.map(|file| file.expect("it can be read").file_name());
    let names = names.map(|file| file.to_string_lossy().replace(".json", ""));
    names
        .map(|file| format!("{name}/{file}"))
        .map(|path| (path.clone(), read(&path)))
        .collect()
}

pub(super) fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(format!("{name}.json")));
    let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).expect("it is JSON")
}

/// Ids of a world, and those of AWS's documentation that stand for them in the files.
pub(super) struct Ids(pub(super) Vec<(String, &'static str)>);

/// Stands for the world's account.
pub(super) const ACCOUNT: &str = "111122223333";
/// Stands for bob's key.
pub(super) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
/// Stands for bob's next key.
pub(super) const NEXT_KEY: &str = "AKIAI44QH8DHBEXAMPLE";

impl Ids {
    pub(super) fn new(account: &str, key: &str) -> Self {
        Self(vec![(account.to_owned(), ACCOUNT), (key.to_owned(), KEY)])
    }

    pub(super) fn documented(&self, value: &Value) -> Value {
        let mut text = value.to_string();
        for (own, documented) in &self.0 {
            text = text.replace(own.as_str(), documented);
        }
        serde_json::from_str(&text).expect("it is JSON still")
    }

    pub(super) fn of_world(&self, value: &Value) -> Value {
        let mut text = value.to_string();
        for (own, documented) in &self.0 {
            text = text.replace(documented, own.as_str());
        }
        serde_json::from_str(&text).expect("it is JSON still")
    }
}

/// The same, so much later: each time in it, in JSON that stands in it as text, and between the
/// `#` of keys.
pub(super) fn later(value: &Value, by: SignedDuration) -> Value {
    match value {
        Value::String(text) => Value::String(text_later(text, by)),
        Value::Array(all) => all.iter().map(|one| later(one, by)).collect(),
        Value::Object(all) => {
            let all = all.iter();
            Value::Object(
                all.map(|(name, one)| (name.clone(), later(one, by)))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

fn text_later(text: &str, by: SignedDuration) -> String {
    if let Ok(inner @ Value::Object(_)) = serde_json::from_str(text) {
        return later(&inner, by).to_string();
    }
    let parts = text.split('#').map(|part| match part.parse::<Timestamp>() {
        Ok(time) => (time + by).to_string(),
        Err(_) => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("#")
}

/// Words that decide what something is: they are part of a shape.
const WORDS: [&str; 8] = [
    "schema", "call", "status", "denial", "step", "result", "state", "fact",
];

/// What of JSON does not differ from run to run: the names of its fields, the types of their
/// values, and the words that decide what something is.
pub(super) fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!("true or false"),
        Value::Number(_) => json!("a number"),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(inner @ Value::Object(_)) => shape(&inner),
            _ => json!("a text"),
        },
        Value::Array(all) => {
            let mut shapes: Vec<Value> = all.iter().map(shape).collect();
            shapes.sort_by_key(Value::to_string);
            shapes.dedup();
            Value::Array(shapes)
        }
        Value::Object(all) => {
            let shapes = all.iter().map(|(name, one)| {
                let word = one.as_str().filter(|_| WORDS.contains(&name.as_str()));
                (
                    name.clone(),
                    word.map_or_else(|| shape(one), |word| json!(word)),
                )
            });
            Value::Object(shapes.collect())
        }
    }
}

/// The paths of the fields that JSON had before and does not have any more, or of another type.
pub(super) fn missing(now: &Value, before: &Value) -> Vec<String> {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => before
            .iter()
            .flat_map(|(name, before)| match now.get(name) {
                None => vec![name.clone()],
                Some(now) => missing(now, before)
                    .into_iter()
                    .map(|path| format!("{name}.{path}"))
                    .collect(),
            })
            .collect(),
        (Value::Array(now), Value::Array(before)) => now
            .iter()
            .zip(before)
            .flat_map(|(now, before)| missing(now, before))
            .collect(),
        (now, before) => match std::mem::discriminant(now) == std::mem::discriminant(before) {
            true => Vec::new(),
            false => vec![format!("({now} for {before})")],
        },
    }
}
