//! What the solver found, in words and numbers.

use std::collections::BTreeMap;

use cedar_policy::{Entity, EvalResult};
use cedar_policy_symcc::Env;
use serde_json::{Value, json};

/// Values by the names that policies use, such as `context.mfa` and `resource.owner`.
pub(super) type Facts = BTreeMap<String, Value>;

/// What the solver found, by the names that policies use.
pub(super) fn facts(env: &Env) -> Facts {
    let mut facts = BTreeMap::new();
    let names = keyrail_core::schema::facts();
    if let Some(context) = env.request.context() {
        for name in names {
            if let Some(value) = context.get(name) {
                facts.insert(format!("context.{name}"), plain(&value));
            }
        }
    }
    let parts = [
        ("principal", env.request.principal()),
        ("resource", env.request.resource()),
    ];
    for (variable, uid) in parts {
        let Some(uid) = uid else { continue };
        facts.insert(variable.to_owned(), json!(uid.to_string()));
        let attributes = [
            "kind", "name", "owner", "path", "role", "root", "session", "status", "user",
        ];
        if let Some(entity) = env.entities.get(uid) {
            for name in attributes {
                if let Some(value) = attribute(entity, name) {
                    facts.insert(format!("{variable}.{name}"), value);
                }
            }
        }
        let within: Vec<String> = env
            .entities
            .ancestors(uid)
            .into_iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        if !within.is_empty() {
            facts.insert(format!("{variable} in"), json!(within));
        }
    }
    facts
}

fn attribute(entity: &Entity, name: &str) -> Option<Value> {
    entity.attr(name)?.ok().map(|value| plain(&value))
}

fn plain(value: &EvalResult) -> Value {
    match value {
        EvalResult::Bool(value) => json!(value),
        EvalResult::Long(value) => json!(value),
        EvalResult::String(value) => json!(value),
        EvalResult::Set(set) => set.iter().map(plain).collect(),
        EvalResult::Record(record) => record
            .iter()
            .map(|(name, value)| (name.clone(), plain(value)))
            .collect(),
        EvalResult::EntityUid(uid) => json!(uid.to_string()),
        EvalResult::ExtensionValue(text) => json!(text),
    }
}

/// The id of an entity that a fact names, if it is one of this type.
pub(super) fn id_of(fact: Option<&Value>, kind: &str) -> Option<String> {
    let text = fact?.as_str()?;
    let id = text
        .strip_prefix(kind)?
        .strip_prefix("::\"")?
        .strip_suffix('"')?;
    Some(id.to_owned())
}
