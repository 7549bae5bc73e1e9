//! Why a policy is satisfied or not: its scope, and each of its conditions with the
//! values that it read. For people; judging itself does not need it.

use std::collections::{BTreeMap, HashSet};

use cedar_policy::{Decision, Policy, PolicyId, PolicySet};
use serde_json::{Value, json};

use super::Verdict;
use super::facts::facts;
use super::question::Question;
use crate::activity::Activity;
use crate::bundle::{Bundle, Organization};

/// One policy, and what it makes of an activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The policy's id.
    pub policy: String,
    /// Whether its scope (principal, action, resource) is about the activity.
    pub in_scope: bool,
    /// Whether scope and conditions are all met.
    pub satisfied: bool,
    /// Its conditions, in order, where its scope is met.
    pub conditions: Vec<Condition>,
}

/// How far a policy reaches an activity: [`Why`] without its conditions, and much
/// cheaper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionScope {
    /// The policy's id.
    pub policy: String,
    /// Whether its scope (principal, action, resource) is about the activity.
    pub in_scope: bool,
    /// Whether scope and conditions are all met.
    pub satisfied: bool,
    /// Whether it has conditions at all.
    pub has_conditions: bool,
}

/// One condition of a policy: a conjunct of a `when`, or a whole `unless`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// As Cedar prints it.
    pub text: String,
    /// Whether it is met, or why that cannot be told.
    pub met: Result<bool, String>,
    /// The attributes that it reads, with their values; `None` if there is none.
    pub reads: Vec<(String, Option<String>)>,
}

impl Bundle {
    /// What each guardrail makes of an activity, in the order of their ids.
    #[must_use]
    pub fn guardrails_on(&self, activity: &Activity) -> Vec<Why> {
        let texts = self
            .guardrails
            .iter()
            .map(|(id, guardrail)| (id.clone(), guardrail.text.as_str()));
        self.whys(
            activity,
            texts,
            &self.policies,
            &self.scopes,
            Decision::Deny,
        )
    }

    /// What each exemption makes of an activity, in the order of their ids.
    #[must_use]
    pub fn exemptions_on(&self, activity: &Activity) -> Vec<Why> {
        let texts = self
            .exemptions
            .iter()
            .map(|(id, exemption)| (PolicyId::new(id), exemption.text.as_str()));
        let (permits, scopes) = (&self.permits, &self.permit_scopes);
        self.whys(activity, texts, permits, scopes, Decision::Allow)
    }

    /// How far each guardrail reaches an activity, whose verdict is given.
    #[must_use]
    pub fn guardrails_reaching(&self, activity: &Activity, verdict: &Verdict) -> Vec<SessionScope> {
        let violated = verdict.violated.iter().map(|found| &found.id);
        let exempted = verdict.exempted.iter().map(|found| &found.guardrail);
        let satisfied = violated.chain(exempted).map(PolicyId::new).collect();
        let in_scope = self.asked(activity, &self.scopes, Decision::Deny);
        reaching(&self.policies, &in_scope, &satisfied)
    }

    /// How far each exemption reaches an activity, whether or not it violates a
    /// guardrail.
    #[must_use]
    pub fn exemptions_reaching(&self, activity: &Activity) -> Vec<SessionScope> {
        let asked = |policies| self.asked(activity, policies, Decision::Allow);
        let (in_scope, satisfied) = (asked(&self.permit_scopes), asked(&self.permits));
        reaching(&self.permits, &in_scope, &satisfied)
    }

    /// Which policies an activity satisfies; none, if it is not judged at all.
    fn asked(&self, activity: &Activity, policies: &PolicySet, by: Decision) -> HashSet<PolicyId> {
        if policies.is_empty() || !activity.kind.is_judged() {
            return HashSet::new();
        }
        match Question::about(activity, &self.organization) {
            Ok(question) => question.satisfied(policies, by),
            Err(_) => HashSet::new(),
        }
    }

    fn whys<'t>(
        &self,
        activity: &Activity,
        texts: impl Iterator<Item = (PolicyId, &'t str)>,
        policies: &PolicySet,
        scopes: &PolicySet,
        by: Decision,
    ) -> Vec<Why> {
        let Ok(question) = Question::about(activity, &self.organization) else {
            return Vec::new();
        };
        let satisfied = question.satisfied(policies, by);
        let in_scope = question.satisfied(scopes, by);
        let values = values(activity, &question, &self.organization);
        texts
            .map(|(id, text)| Why {
                policy: id.to_string(),
                in_scope: in_scope.contains(&id),
                satisfied: satisfied.contains(&id),
                conditions: match in_scope.contains(&id) {
                    true => conditions(text, &question, &values),
                    false => Vec::new(),
                },
            })
            .collect()
    }
}

fn reaching(
    policies: &PolicySet,
    in_scope: &HashSet<PolicyId>,
    satisfied: &HashSet<PolicyId>,
) -> Vec<SessionScope> {
    policies
        .policies()
        .map(|policy| SessionScope {
            policy: policy.id().to_string(),
            in_scope: in_scope.contains(policy.id()),
            satisfied: satisfied.contains(policy.id()),
            has_conditions: policy.has_non_scope_constraint(),
        })
        .collect()
}

impl Question {
    fn satisfied(&self, policies: &PolicySet, by: Decision) -> HashSet<PolicyId> {
        let response = self.ask(policies);
        match response.decision() == by {
            true => response.diagnostics().reason().cloned().collect(),
            false => HashSet::new(),
        }
    }
}

fn conditions(
    text: &str,
    question: &Question,
    values: &BTreeMap<String, String>,
) -> Vec<Condition> {
    let json = Policy::parse(None, text).map_err(|error| error.to_string());
    let Some(json) = json.ok().and_then(|policy| policy.to_json().ok()) else {
        return Vec::new();
    };
    let clauses = json.get("conditions").and_then(Value::as_array);
    clauses
        .into_iter()
        .flatten()
        .flat_map(|clause| {
            let kind = clause.get("kind").and_then(Value::as_str).unwrap_or("when");
            let body = clause.get("body").cloned().unwrap_or_default();
            match kind {
                "unless" => vec![("unless", body)],
                _ => conjuncts(body)
                    .into_iter()
                    .map(|body| ("when", body))
                    .collect(),
            }
        })
        .filter_map(|(kind, body)| condition(kind, &body, question, values))
        .collect()
}

/// `a && b && c` → `a`, `b`, `c`.
fn conjuncts(body: Value) -> Vec<Value> {
    match body.get("&&") {
        Some(both) => ["left", "right"]
            .into_iter()
            .filter_map(|side| both.get(side).cloned())
            .flat_map(conjuncts)
            .collect(),
        None => vec![body],
    }
}

/// Evaluates one condition alone, as a policy that has nothing else.
fn condition(
    kind: &str,
    body: &Value,
    question: &Question,
    values: &BTreeMap<String, String>,
) -> Option<Condition> {
    let any = json!({"op": "All"});
    let alone = json!({
        "effect": "permit", "principal": any, "action": any, "resource": any,
        "conditions": [{"kind": kind, "body": body}],
    });
    let policy = Policy::from_json(Some(PolicyId::new("condition")), alone).ok()?;
    let text = policy.to_string();
    let (_, text) = text.split_once('{')?;
    let (text, _) = text.rsplit_once('}')?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut policies = PolicySet::new();
    policies.add(policy).ok()?;
    let response = question.ask(&policies);
    let error = response.diagnostics().errors().next().map(
        |cedar_policy::AuthorizationError::PolicyEvaluationError(error)| error.inner().to_string(),
    );
    let mut read = Vec::new();
    collect(body, &mut read);
    read.sort();
    read.dedup();
    Some(Condition {
        text: match kind {
            "unless" => format!("unless {text}"),
            _ => text,
        },
        met: match error {
            Some(error) => Err(error),
            None => Ok(response.decision() == Decision::Allow),
        },
        reads: read
            .into_iter()
            .map(|name| {
                let value = values.get(&name).cloned();
                (name, value)
            })
            .collect(),
    })
}

/// What a condition reads: `context.mfa`, `resource.root`, and variables by themselves.
fn collect(expression: &Value, found: &mut Vec<String>) {
    match expression {
        Value::Object(object) => {
            for (operator, operand) in object {
                let variable = operand.pointer("/left/Var").and_then(Value::as_str);
                let attribute = operand.get("attr").and_then(Value::as_str);
                match (operator.as_str(), variable, attribute) {
                    ("." | "has", Some(variable), Some(attribute)) => {
                        found.push(format!("{variable}.{attribute}"));
                    }
                    _ => match (operator.as_str(), operand) {
                        ("Var", Value::String(name)) => found.push(name.clone()),
                        _ => collect(operand, found),
                    },
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// All that policies can read of an activity, as Cedar prints it.
fn values(
    activity: &Activity,
    question: &Question,
    organization: &Organization,
) -> BTreeMap<String, String> {
    let context = question.request.context();
    let mut values: BTreeMap<String, String> = facts(activity, organization)
        .filter_map(|(name, _)| {
            let value = context?.get(&name)?;
            Some((format!("context.{name}"), value.to_string()))
        })
        .collect();
    for (variable, uid) in [
        ("principal", question.request.principal()),
        ("action", question.request.action()),
        ("resource", question.request.resource()),
    ] {
        let Some(uid) = uid else {
            continue;
        };
        values.insert(variable.to_owned(), uid.to_string());
        let Some(entity) = question.entities.get(uid) else {
            continue;
        };
        for name in [
            "kind", "name", "path", "role", "root", "session", "status", "user",
        ] {
            if let Some(Ok(value)) = entity.attr(name) {
                values.insert(format!("{variable}.{name}"), value.to_string());
            }
        }
    }
    values
}
