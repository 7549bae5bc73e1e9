//! Ways to damage a JSON document.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// One change to a JSON document, at a place that an index chooses.
#[derive(Debug, Clone)]
pub(crate) enum Damage {
    Become(Value),
    Deep(u16),
    Huge(usize),
    Remove,
}

pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => Just(Damage::Remove),
        8 => prop_oneof![
            Just(Value::Null), Just(json!("")), Just(json!({})), Just(json!([])), Just(json!(true)),
            Just(json!(-1)), Just(json!(1e300)), Just(json!("null")), Just(json!("\u{0}\u{202e}\u{fffe}")),
            Just(json!([[[]]])), Just(json!({"a": {"b": 1}})), Just(json!("Root")), Just(json!("0000-00-00T99:99:99Z")),
        ].prop_map(Damage::Become),
        1 => (1_u16..120).prop_map(Damage::Deep),
        1 => (1_000_usize..256_000).prop_map(Damage::Huge),
    ]
}

/// Every object's fields and every list's items, by their pointers.
pub(crate) fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut step = |name: &str, value: &Value| {
        let name = name.replace('~', "~0").replace('/', "~1");
        let pointer = format!("{at}/{name}");
        pointers(value, &pointer, found);
        found.push(pointer);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| step(name, value)),
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                step(&index.to_string(), value);
            }
        }
        _ => {}
    }
}

pub(crate) fn damaged(mut event: Value, changes: &[(Index, Damage)]) -> Value {
    for (index, damage) in changes {
        let mut all = Vec::new();
        pointers(&event, "", &mut all);
        if all.is_empty() {
            break;
        }
        let pointer = index.get(&all);
        match damage {
            Damage::Remove => remove(&mut event, pointer),
            other => {
                let place = event.pointer_mut(pointer).expect("the pointer is from it");
                *place = match other {
                    Damage::Become(value) => value.clone(),
                    Damage::Deep(levels) => {
                        (0..*levels).fold(Value::Null, |inner, _| json!([inner]))
                    }
                    Damage::Huge(length) => "x".repeat(*length).into(),
                    Damage::Remove => Value::Null,
                };
            }
        }
    }
    event
}

pub(crate) fn remove(event: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let name = name.replace("~1", "/").replace("~0", "~");
    match event.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.remove(&name);
        }
        Some(Value::Array(items)) => {
            items.remove(name.parse().expect("an index"));
        }
        _ => panic!("{pointer} has no parent"),
    }
}
