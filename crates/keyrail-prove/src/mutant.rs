//! Mutants: guardrails that differ from those of a bundle in one place.
//!
//! What a mutant does otherwise, some test should notice. One that does nothing
//! otherwise, as the solver proves, is set aside; so is one that is no policy of the schema.

use keyrail_core::Bundle;
use serde::Serialize;
use serde_json::{Value, json};

use crate::claim;
use crate::error::ProveError;
use crate::expression::{and, applies, not, or};
use crate::finding::Question;
use crate::place::Places;
use crate::replay::{self, Counterexample};
use crate::runtime::in_a_runtime;
use crate::solver::{Answer, Solver, SolverCommand};

/// A guardrail that differs in one place.
#[derive(Debug, Clone, Serialize)]
pub struct Mutant {
    /// The guardrail's id.
    pub guardrail: String,
    /// What is otherwise, in words for people.
    pub change: String,
    /// The changed policy, in Cedar's JSON form.
    #[serde(skip)]
    pub policy: Value,
}

/// What a mutant that no test notices does.
#[derive(Debug)]
pub enum Difference {
    /// Nothing otherwise.
    Equivalent,
    /// It is no policy of the schema, so that `keyrail validate` would refuse it.
    Invalid,
    /// Something otherwise, such as with this activity.
    Shown(Box<Counterexample>),
    /// The solver did not come to an end in time.
    Unknown,
}

/// All mutants of the guardrails of a bundle.
///
/// # Errors
///
/// None as released: every policy has a JSON form.
pub fn mutants(bundle: &Bundle) -> Result<Vec<Mutant>, ProveError> {
    let mut all = Vec::new();
    for guardrail in bundle.guardrails() {
        let json = guardrail
            .to_json()
            .map_err(|error| ProveError::Bug(error.to_string()))?;
        let changes = scopes(&json).into_iter().chain(conditions(&json));
        all.extend(changes.map(|(change, policy)| Mutant {
            guardrail: guardrail.id().to_string(),
            change,
            policy,
        }));
    }
    Ok(all)
}

/// What a mutant does otherwise than the guardrail that it is of.
///
/// # Errors
///
/// If the solver fails.
pub fn difference(
    mutants: &[Mutant],
    question: &Question<'_>,
    command: &SolverCommand,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Difference>, ProveError> {
    let policies = claim::Policies::of(question.bundle, question.today).map_err(ProveError::Bug)?;
    let changed = mutants.iter().map(|mutant| &mutant.policy);
    let networks = question.bundle.settings.networks.keys();
    let networks = networks.map(String::as_str).collect();
    let places = Places::of(question.bundle, &networks, policies.all().chain(changed))?;
    in_a_runtime(async {
        let mut solver = Solver::start(command, &places.schemas, question.limit)?;
        let mut differences = Vec::new();
        for (done, mutant) in mutants.iter().enumerate() {
            progress(done, mutants.len());
            let mut guardrails = policies.guardrails.iter();
            let guardrail = guardrails.find(|(id, _)| *id == mutant.guardrail);
            let (_, guardrail) =
                guardrail.ok_or_else(|| ProveError::Bug(format!("no `{}`", mutant.guardrail)))?;
            differences.push(of_one(guardrail, mutant, &places, question, &mut solver).await?);
        }
        Ok(differences)
    })
}

async fn of_one(
    guardrail: &Value,
    mutant: &Mutant,
    places: &Places,
    question: &Question<'_>,
    solver: &mut Solver<'_>,
) -> Result<Difference, ProveError> {
    let mut difference = Difference::Equivalent;
    for place in &places.all {
        let goal = match (
            place.is_in_scope(guardrail),
            place.is_in_scope(&mutant.policy),
        ) {
            (false, false) => continue,
            (true, false) => applies(guardrail),
            (false, true) => applies(&mutant.policy),
            (true, true) => {
                let (before, after) = (applies(guardrail), applies(&mutant.policy));
                or(
                    and(before.clone(), not(after.clone())),
                    and(after, not(before)),
                )
            }
        };
        if place.is_in_scope(&mutant.policy) && !solver.takes(place, &mutant.policy) {
            return Ok(Difference::Invalid);
        }
        match solver.find(place, &goal).await? {
            Answer::None => {}
            Answer::Unknown => difference = Difference::Unknown,
            Answer::Found(env) => {
                let asks = claim::Asks::None(Vec::new());
                let shown = replay::counterexample(
                    &asks,
                    place,
                    &goal,
                    &env,
                    question.bundle,
                    question.today,
                );
                let is_event = shown.event.is_some();
                if is_event || !matches!(difference, Difference::Shown(_)) {
                    difference = Difference::Shown(Box::new(shown));
                }
                if is_event {
                    break;
                }
            }
        }
    }
    Ok(difference)
}

type Change = (String, Value);

/// Scopes that are wider, or name one action less.
fn scopes(policy: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    for variable in ["principal", "action", "resource"] {
        let at = format!("/{variable}");
        let is_wide = policy.pointer(&format!("{at}/op")).and_then(Value::as_str) == Some("All");
        if !is_wide {
            let wide = with(policy, &at, json!({ "op": "All" }));
            changes.push((format!("any `{variable}`"), wide));
        }
        let entities = policy.pointer(&format!("{at}/entities"));
        let entities = entities.and_then(Value::as_array);
        for (place, entity) in entities.into_iter().flatten().enumerate() {
            let id = entity.get("id").and_then(Value::as_str).unwrap_or_default();
            let fewer = without(policy, &format!("{at}/entities"), place);
            changes.push((format!("without action `{id}`"), fewer));
        }
    }
    changes
}

/// Without a condition, or with one that differs in one place.
fn conditions(policy: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    let all = policy.get("conditions").and_then(Value::as_array);
    for (place, condition) in all.into_iter().flatten().enumerate() {
        let kind = condition.get("kind").and_then(Value::as_str);
        let Some((kind, body)) = kind.zip(condition.get("body")) else {
            continue;
        };
        let change = format!("without `{kind} {{ {} }}`", shown(body));
        changes.push((change, without(policy, "/conditions", place)));
        for (change, other) in expressions(body) {
            let other = with(policy, &format!("/conditions/{place}/body"), other);
            changes.push((change, other));
        }
    }
    changes
}

/// A value with another one at a place.
fn with(value: &Value, pointer: &str, other: Value) -> Value {
    let mut value = value.clone();
    if let Some(place) = value.pointer_mut(pointer) {
        *place = other;
    }
    value
}

/// A value without an item of a list.
fn without(value: &Value, pointer: &str, item: usize) -> Value {
    let mut value = value.clone();
    if let Some(list) = value.pointer_mut(pointer).and_then(Value::as_array_mut) {
        list.remove(item);
    }
    value
}

/// An expression with one change in it, in each way and place.
fn expressions(of: &Value) -> Vec<Change> {
    let Some((operator, operands)) = of.as_object().and_then(|of| of.iter().next()) else {
        return Vec::new();
    };
    let text = shown(of);
    let mut changes: Vec<Change> = others(operator, operands)
        .into_iter()
        .map(|by| (format!("`{text}` is `{}`", shown(&by)), by))
        .collect();
    if operator == "Value" {
        return changes;
    }
    let within: Vec<(String, &Value)> = match operands {
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(field, value)| (field.clone(), value))
                .collect()
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(place, value)| (place.to_string(), value))
                .collect()
        }
        _ => Vec::new(),
    };
    // A pointer writes `/` as `~1`; operators have none.
    for (place, value) in within {
        for (change, inner) in expressions(value) {
            let at = format!("/{operator}/{place}");
            changes.push((change, with(of, &at, inner)));
        }
    }
    changes
}

/// What may stand in the place of one operator or constant.
fn others(operator: &str, operands: &Value) -> Vec<Value> {
    let operand = |name: &str| operands.get(name).cloned();
    let turned = |other: &str| vec![json!({ other: operands })];
    match operator {
        "&&" | "||" => {
            let other = if operator == "&&" { "||" } else { "&&" };
            let sides = [operand("left"), operand("right")];
            sides.into_iter().flatten().chain(turned(other)).collect()
        }
        "!" => operand("arg").into_iter().collect(),
        "==" => turned("!="),
        "!=" => turned("=="),
        "<" => turned("<="),
        "<=" => turned("<"),
        ">" => turned(">="),
        ">=" => turned(">"),
        "Value" => match operands {
            Value::Bool(value) => vec![json!({ "Value": !value })],
            Value::String(value) => vec![json!({ "Value": format!("{value}x") })],
            Value::Number(value) => {
                let value = value.as_i64().into_iter();
                value
                    .flat_map(|value| [value.saturating_add(1), value.saturating_sub(1)])
                    .map(|value| json!({ "Value": value }))
                    .collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// A condition as people write it.
fn shown(condition: &Value) -> String {
    let policy = crate::expression::policy("permit", [condition.clone()]);
    let policy = cedar_policy::Policy::from_json(None, policy);
    let text = policy.map(|policy| policy.to_string()).unwrap_or_default();
    let text = text
        .split_once("when {")
        .map_or(text.as_str(), |(_, rest)| rest);
    let text = text.trim().trim_end_matches(';').trim_end();
    text.strip_suffix('}').unwrap_or(text).trim().to_owned()
}
