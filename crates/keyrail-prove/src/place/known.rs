//! What is known at a place without asking: most conditions are decided by that, and a
//! solver is asked about the rest.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::expression::{Condition, constant};

/// The facts of a place that are the same for every activity there.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The types of `principal` and `resource`.
    types: [(&'static str, &'static str); 2],
    /// The action.
    action: String,
    /// The groups that it is in, and itself.
    groups: BTreeSet<String>,
    /// Attributes of a variable, with their values.
    values: BTreeMap<(String, String), Value>,
    /// Attributes that a variable has not.
    absent: BTreeSet<(String, String)>,
}

impl Known {
    /// What is known where a condition holds.
    pub(super) fn by(
        world: &Condition,
        action: &str,
        groups: &BTreeSet<String>,
        types: [(&'static str, &'static str); 2],
    ) -> Self {
        let known = Self {
            types,
            action: action.to_owned(),
            groups: groups.clone(),
            values: BTreeMap::new(),
            absent: BTreeSet::new(),
        };
        known.and(world)
    }

    /// What is known where a condition holds, too. It may say of attributes
    /// `!context.self`, `context.name == "…"` or `!(context has mfa)`; what is not so plain
    /// is left to the solver.
    fn and(&self, condition: &Condition) -> Self {
        let mut known = self.clone();
        let mut waiting = vec![condition];
        while let Some(condition) = waiting.pop() {
            if let Some(both) = condition.get("&&") {
                waiting.extend(["left", "right"].iter().filter_map(|side| both.get(side)));
                continue;
            }
            let denied = condition.pointer("/!/arg");
            let equal = condition.get("==");
            if let Some(attribute) = denied.and_then(|it| attribute(it, "has")) {
                known.absent.insert(attribute);
            } else if let Some(attribute) = denied.and_then(|it| attribute(it, ".")) {
                known.values.insert(attribute, Value::Bool(false));
            } else if let Some(attribute) = attribute(condition, ".") {
                known.values.insert(attribute, Value::Bool(true));
            } else if let Some(attribute) = equal.and_then(|it| attribute(it.get("left")?, "."))
                && let Some(value) = condition.pointer("/==/right/Value")
            {
                known.values.insert(attribute, value.clone());
            }
        }
        known
    }

    /// Whether it can be seen without a solver that nothing here meets a condition.
    pub(crate) fn excludes(&self, condition: &Condition) -> bool {
        // What a part of it asks for is known of the rest.
        is_never(true, &self.and(condition).simplified(condition))
    }

    /// A condition that is true for just the same activities of the place.
    pub(crate) fn simplified(&self, condition: &Condition) -> Condition {
        let simple = self.known(condition).unwrap_or_else(|| match condition {
            Value::Object(object) => {
                let fields = object.iter();
                fields
                    .map(|(field, value)| (field.clone(), self.simplified(value)))
                    .collect()
            }
            Value::Array(items) => items.iter().map(|item| self.simplified(item)).collect(),
            other => other.clone(),
        });
        folded(simple)
    }

    /// What an expression is at this place, if that is known.
    fn known(&self, expression: &Value) -> Option<Value> {
        let (operator, operands) = expression.as_object()?.iter().next()?;
        let variable = || operands.pointer("/left/Var")?.as_str();
        match operator.as_str() {
            "." => {
                let value = self.values.get(&attribute(expression, ".")?)?;
                Some(json!({ "Value": value }))
            }
            "has" => {
                let attribute = attribute(expression, "has")?;
                self.absent.contains(&attribute).then(|| constant(false))
            }
            "is" if operands.get("in").is_none() => {
                let of = operands.get("entity_type")?.as_str()?;
                let variable = variable()?;
                let (_, is) = self.types.iter().find(|(name, _)| *name == variable)?;
                Some(constant(*is == of))
            }
            "==" if variable()? == "action" => {
                let id = operands.pointer("/right/Value/__entity/id")?.as_str()?;
                Some(constant(self.action == id))
            }
            "in" if variable()? == "action" => {
                let right = operands.get("right")?;
                let one = right.pointer("/Value/__entity/id").into_iter();
                let more = right.get("Set").and_then(Value::as_array);
                let more = more.into_iter().flatten();
                let ids: Option<Vec<&str>> = one
                    .map(Value::as_str)
                    .chain(more.map(|item| item.pointer("/Value/__entity/id")?.as_str()))
                    .collect();
                let ids = ids.filter(|ids| !ids.is_empty())?;
                Some(constant(ids.iter().any(|id| self.groups.contains(*id))))
            }
            _ => None,
        }
    }
}

/// The variable and the attribute of `context.self`, or of `context has self`.
fn attribute(expression: &Value, operator: &str) -> Option<(String, String)> {
    let operands = expression.get(operator)?;
    let variable = operands.pointer("/left/Var")?.as_str()?;
    let attribute = operands.get("attr")?.as_str()?;
    Some((variable.to_owned(), attribute.to_owned()))
}

/// Whether a condition can come to nothing but the other truth value, or to an error.
fn is_never(value: bool, condition: &Condition) -> bool {
    let sides = |operator: &str| {
        let both = condition.get(operator)?;
        Some([both.get("left")?, both.get("right")?])
    };
    if let Some(of) = condition.pointer("/!/arg") {
        return is_never(!value, of);
    }
    let (one, each) = if value { ("&&", "||") } else { ("||", "&&") };
    if let Some(sides) = sides(one) {
        return sides.into_iter().any(|side| is_never(value, side));
    }
    if let Some(sides) = sides(each) {
        return sides.into_iter().all(|side| is_never(value, side));
    }
    *condition == constant(!value)
}

/// What Cedar does not look at is left out; an error on the left stays.
fn folded(expression: Value) -> Value {
    let Some((operator, operands)) = expression.as_object().and_then(|it| it.iter().next()) else {
        return expression;
    };
    let side = |name: &str| operands.get(name).cloned();
    let value = |name: &str| operands.get(name)?.get("Value");
    let folded = match (operator.as_str(), value("left").and_then(Value::as_bool)) {
        ("&&", Some(true)) | ("||", Some(false)) => side("right"),
        ("&&", Some(false)) => Some(constant(false)),
        ("||", Some(true)) => Some(constant(true)),
        ("!", _) => {
            let of = value("arg").and_then(Value::as_bool);
            of.map(|of| constant(!of))
        }
        ("==", _) => {
            let sides = value("left").zip(value("right"));
            let plain = |of: &Value| !of.is_object();
            sides
                .filter(|(left, right)| plain(left) && plain(right))
                .map(|(left, right)| constant(left == right))
        }
        ("if-then-else", _) => {
            let of = value("if").and_then(Value::as_bool);
            of.and_then(|of| side(if of { "then" } else { "else" }))
        }
        _ => None,
    };
    folded.unwrap_or(expression)
}
