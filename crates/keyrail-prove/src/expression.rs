//! Conditions in Cedar's JSON form, and what can be made of them.

use serde_json::{Value, json};

/// A condition, as `body` of a policy's JSON form.
pub(crate) type Condition = Value;

#[expect(
    clippy::needless_pass_by_value,
    reason = "conditions are put together from parts that nobody needs afterwards"
)]
mod connectives {
    use super::{Condition, json};

    pub(crate) fn not(of: Condition) -> Condition {
        json!({ "!": { "arg": of } })
    }

    pub(crate) fn and(left: Condition, right: Condition) -> Condition {
        json!({ "&&": { "left": left, "right": right } })
    }

    pub(crate) fn or(left: Condition, right: Condition) -> Condition {
        json!({ "||": { "left": left, "right": right } })
    }
}
pub(crate) use self::connectives::{and, not, or};

pub(crate) fn constant(value: bool) -> Condition {
    json!({ "Value": value })
}

/// One of them, or none.
pub(crate) fn any(of: impl IntoIterator<Item = Condition>) -> Condition {
    of.into_iter().reduce(or).unwrap_or_else(|| constant(false))
}

/// All of them.
pub(crate) fn all(of: impl IntoIterator<Item = Condition>) -> Condition {
    of.into_iter().reduce(and).unwrap_or_else(|| constant(true))
}

/// When a policy applies: its scope and its conditions.
pub(crate) fn applies(policy: &Value) -> Condition {
    let scopes = ["principal", "action", "resource"];
    let scopes = scopes
        .into_iter()
        .filter_map(|variable| scope(variable, policy.get(variable)?));
    all(scopes.chain(conditions(policy)))
}

/// The `when`s and `unless`es of a policy.
pub(crate) fn conditions(policy: &Value) -> impl Iterator<Item = Condition> {
    let conditions = policy.get("conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().filter_map(|condition| {
        let body = condition.get("body")?.clone();
        let is_unless = condition.get("kind")?.as_str()? == "unless";
        Some(if is_unless { not(body) } else { body })
    })
}

/// What the scope asks of a variable; `None` if nothing.
fn scope(variable: &str, scope: &Value) -> Option<Condition> {
    let variable = json!({ "Var": variable });
    let entity = |of: &Value| Some(json!({ "Value": { "__entity": of.get("entity")? } }));
    match scope.get("op")?.as_str()? {
        "==" => Some(json!({ "==": { "left": variable, "right": entity(scope)? } })),
        "in" => {
            let group = entity(scope).or_else(|| {
                let entities = scope.get("entities")?.as_array()?;
                let items: Vec<Value> = entities
                    .iter()
                    .map(|entity| json!({ "Value": { "__entity": entity } }))
                    .collect();
                Some(json!({ "Set": items }))
            });
            Some(json!({ "in": { "left": variable, "right": group? } }))
        }
        "is" => {
            let mut is = json!({ "left": variable, "entity_type": scope.get("entity_type")? });
            if let (Some(group), Some(is)) = (scope.get("in").and_then(entity), is.as_object_mut())
            {
                is.insert("in".to_owned(), group);
            }
            Some(json!({ "is": is }))
        }
        _ => None,
    }
}

/// A policy of this effect that applies whenever the condition holds.
pub(crate) fn policy(effect: &str, conditions: impl IntoIterator<Item = Condition>) -> Value {
    let conditions: Vec<Value> = conditions
        .into_iter()
        .map(|body| json!({ "kind": "when", "body": body }))
        .collect();
    json!({
        "effect": effect,
        "principal": { "op": "All" },
        "action": { "op": "All" },
        "resource": { "op": "All" },
        "conditions": conditions,
    })
}

/// Every value within a JSON value, and the value itself.
pub(crate) fn parts(json: &Value) -> impl Iterator<Item = &Value> {
    let mut waiting = vec![json];
    std::iter::from_fn(move || {
        let next = waiting.pop()?;
        match next {
            Value::Object(object) => waiting.extend(object.values()),
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
        Some(next)
    })
}
