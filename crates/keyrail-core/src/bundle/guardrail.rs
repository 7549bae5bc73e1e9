//! A guardrail: what its annotations say, and what its text reads and names.

use std::collections::BTreeSet;

use cedar_policy::Policy;
use serde_json::Value;

use super::{Mode, Severity, UnknownWordError};
use crate::activity::taxonomy::{self, Group};
use crate::plan::StepName;
use crate::schema::FALLBACKS;

/// A `forbid` policy with what its annotations say.
#[derive(Debug)]
pub(crate) struct Guardrail {
    pub title: String,
    pub severity: Severity,
    pub respond: Vec<StepName>,
    pub advice: Option<String>,
    pub runbook: Option<String>,
    pub mode: Option<Mode>,
    pub text: String,
    /// The context attributes and the variables that its conditions read.
    pub reads: BTreeSet<String>,
}

impl Guardrail {
    pub(super) fn from_policy(policy: &Policy, json: &Value) -> Result<Self, String> {
        if let Some((unknown, _)) = policy.annotations().find(|(name, _)| !is_annotation(name)) {
            return Err(format!("unknown annotation `@{unknown}`"));
        }
        if let Some((name, _)) = policy
            .annotations()
            .find(|(_, text)| text.contains(char::is_control))
        {
            return Err(format!("`@{name}` must be one line"));
        }
        let mut actions = Vec::new();
        collect_actions(json, &mut actions);
        if let Some(unknown) = actions.into_iter().find(|action| !is_action(action)) {
            return Err(format!(
                "there is no action `{unknown}`; for what keyrail has no name of its own, compare `context.name`"
            ));
        }
        let text = |name: &str| {
            policy
                .annotation(name)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let required = |name: &str| text(name).ok_or_else(|| format!("there is no `@{name}`"));
        let mut reads = BTreeSet::new();
        if let Some(conditions) = json.get("conditions") {
            collect_reads(conditions, &mut reads);
        }
        Ok(Self {
            title: required("title")?,
            severity: required("severity")?
                .parse()
                .map_err(|error| format!("`@severity`: {error}"))?,
            respond: steps(&required("respond")?)
                .map_err(|error| format!("`@respond`: {error}"))?,
            advice: text("advice"),
            runbook: text("runbook"),
            mode: text("mode")
                .map(|mode| mode.parse())
                .transpose()
                .map_err(|error| format!("`@mode`: {error}"))?,
            text: policy.to_cedar().unwrap_or_else(|| policy.to_string()),
            reads,
        })
    }

    /// Whether its conditions read a fact that may be unknown. The target is
    /// Cedar's `resource`.
    pub(crate) fn reads_fact(&self, fact: &str) -> bool {
        self.reads.contains(match fact {
            "target" => "resource",
            fact => fact,
        })
    }
}

/// Annotations that a guardrail may carry; `@title` and `@advice` also once more
/// for each language, as `@title_ja`.
fn is_annotation(name: &str) -> bool {
    matches!(
        name,
        "id" | "title" | "severity" | "respond" | "advice" | "runbook" | "mode"
    ) || name
        .strip_prefix("title_")
        .or_else(|| name.strip_prefix("advice_"))
        .is_some_and(|language| language.len() == 2)
}

/// `alert` stands alone: it means that there is nothing to do but tell.
fn steps(text: &str) -> Result<Vec<StepName>, UnknownWordError> {
    match text {
        "alert" => Ok(Vec::new()),
        text if text.trim().is_empty() => text.parse().map(|step| vec![step]),
        _ => text.split_whitespace().map(str::parse).collect(),
    }
}

/// Collects the ids of the actions that a policy names, in Cedar's JSON form of it.
fn collect_actions<'a>(policy: &'a Value, actions: &mut Vec<&'a str>) {
    match policy {
        Value::Object(object) => {
            if let (Some("Action"), Some(Value::String(id))) =
                (object.get("type").and_then(Value::as_str), object.get("id"))
            {
                actions.push(id);
            }
            object
                .values()
                .for_each(|value| collect_actions(value, actions));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_actions(item, actions)),
        _ => {}
    }
}

fn is_action(name: &str) -> bool {
    FALLBACKS.contains(&name)
        || Group::ALL.iter().any(|group| group.as_str() == name)
        || taxonomy::find(name).is_some_and(|entry| entry.action == name)
}

/// Collects what an expression reads, from Cedar's JSON form of it: the
/// attribute `x` for `context.x` and `context has x`, and the names of the
/// other variables.
fn collect_reads(expression: &Value, reads: &mut BTreeSet<String>) {
    match expression {
        Value::Object(object) => {
            for (operator, operand) in object {
                let on_context =
                    operand.pointer("/left/Var").and_then(Value::as_str) == Some("context");
                match (operator.as_str(), operand) {
                    ("." | "has", operand) if on_context => {
                        reads.extend(
                            operand
                                .get("attr")
                                .and_then(Value::as_str)
                                .map(str::to_owned),
                        );
                    }
                    ("Var", Value::String(name)) => {
                        reads.insert(name.clone());
                    }
                    _ => collect_reads(operand, reads),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_reads(item, reads)),
        _ => {}
    }
}
