//! What this keyrail has otherwise: guardrails, groups, facts, and what exemptions cover.

use std::collections::{BTreeMap, BTreeSet};

use keyrail_core::Bundle;
use keyrail_core::bundle::{Record, Told};
use keyrail_core::taxonomy;
use keyrail_core::{Severity, schema};
use serde::Serialize;
use serde_json::Value;

use crate::exit::Failure;

/// One guardrail that is not as it was.
#[derive(Debug, Serialize)]
pub(super) struct GuardrailChange {
    pub id: String,
    pub change: Change,
    /// Those that have come in its place.
    pub replaced_by: Vec<String>,
    pub severity: Option<Pair<Severity>>,
    pub respond: Option<Pair<Vec<String>>>,
    /// Whether its scope or its conditions are others.
    pub conditions: bool,
    /// Whether it observes although it contains, until the settings name it.
    pub held_back: bool,
}

/// What became of a guardrail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Change {
    /// It was not there before.
    Added,
    /// It is there, and something of it is otherwise.
    Changed,
    /// It is no longer there, and nothing has come in its place.
    Dropped,
    /// It is no longer there, and others have come in its place.
    Retired,
}

/// As it was, and as it is; null where there was, or is, none.
#[derive(Debug, Serialize)]
pub(super) struct Pair<T> {
    pub before: Option<T>,
    pub after: Option<T>,
}

/// A group of actions that is not as it was.
#[derive(Debug, Serialize)]
pub(super) struct GroupChange {
    pub group: String,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    /// The guardrails of the bundle that name it.
    pub guardrails: Vec<String>,
}

/// Facts and attributes that policies can read.
#[derive(Debug, Default, Serialize)]
pub(super) struct Attributes {
    pub added: Vec<String>,
    pub removed: Vec<String>,
}

/// What an exemption covers otherwise.
#[derive(Debug, Serialize)]
pub(super) struct ExemptionChange {
    pub id: String,
    /// Guardrails that it did not cover before.
    pub more: Vec<String>,
    /// Guardrails that it covered, and that are no longer there.
    pub fewer: Vec<String>,
    /// Guardrails that it covers, and whose scope or conditions are others.
    pub changed: Vec<String>,
}

impl GuardrailChange {
    /// Whether something else may be caught.
    pub(super) fn matters(&self) -> bool {
        self.conditions || matches!(self.change, Change::Dropped | Change::Retired)
    }
}

/// What differs between the guardrails of one bundle and of another.
pub(super) fn of_guardrails(
    before: &Bundle,
    now: &Bundle,
) -> Result<Vec<GuardrailChange>, Failure> {
    let (old, new) = (told(before), told(now));
    let (old_rules, new_rules) = (rules(before)?, rules(now)?);
    let ids: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let changes = ids.into_iter().filter_map(|id| {
        let (was, is) = (old.get(id), new.get(id));
        let replaced_by = match is {
            Some(_) => Vec::new(),
            None => now.replaced_by(id).to_vec(),
        };
        let change = match (was, is, replaced_by.is_empty()) {
            (Some(_), Some(_), _) => Change::Changed,
            (None, _, _) => Change::Added,
            (Some(_), None, true) => Change::Dropped,
            (Some(_), None, false) => Change::Retired,
        };
        let severity = pair(was.map(|was| was.severity), is.map(|is| is.severity));
        let respond = pair(was.map(steps), is.map(steps));
        let conditions = was.is_some() && is.is_some() && old_rules.get(id) != new_rules.get(id);
        let is_same =
            change == Change::Changed && severity.is_none() && respond.is_none() && !conditions;
        (!is_same).then(|| GuardrailChange {
            id: id.to_owned(),
            change,
            replaced_by,
            severity,
            respond,
            conditions,
            held_back: now.held_back.contains(id),
        })
    });
    Ok(changes.collect())
}

fn told(bundle: &Bundle) -> BTreeMap<&str, Told<'_>> {
    bundle.told().map(|told| (told.id, told)).collect()
}

fn steps(told: &Told<'_>) -> Vec<String> {
    let steps = told.respond.iter();
    steps.map(|step| step.as_str().to_owned()).collect()
}

fn pair<T: PartialEq>(before: Option<T>, after: Option<T>) -> Option<Pair<T>> {
    (before != after).then_some(Pair { before, after })
}

/// Scope and conditions of each guardrail, in Cedar's JSON form.
fn rules(bundle: &Bundle) -> Result<BTreeMap<String, Value>, Failure> {
    let rule = |policy: &cedar_policy::Policy| {
        let mut json = policy
            .to_json()
            .map_err(|error| Failure::bug(format!("a policy has no JSON form: {error}")))?;
        if let Some(json) = json.as_object_mut() {
            json.remove("annotations");
        }
        Ok((policy.id().to_string(), json))
    };
    bundle.guardrails().map(rule).collect()
}

/// Groups whose actions are others, with the guardrails that name them.
pub(super) fn of_groups(record: &Record, now: &Bundle) -> Vec<GroupChange> {
    let mut actions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in taxonomy::entries() {
        for group in entry.groups {
            actions
                .entry(group.as_str())
                .or_default()
                .insert(entry.action);
        }
    }
    let none = BTreeSet::new();
    let names: BTreeSet<&str> = record
        .groups
        .keys()
        .map(String::as_str)
        .chain(actions.keys().copied())
        .collect();
    let changes = names.into_iter().map(|name| {
        let old: BTreeSet<&str> = record
            .groups
            .get(name)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let new = actions.get(name).unwrap_or(&none);
        let literal = format!("Action::\"{name}\"");
        let naming = now.told().filter(|told| told.text.contains(&literal));
        GroupChange {
            group: name.to_owned(),
            added: owned(new.difference(&old)),
            removed: owned(old.difference(new)),
            guardrails: naming.map(|told| told.id.to_owned()).collect(),
        }
    });
    changes
        .filter(|change| !change.added.is_empty() || !change.removed.is_empty())
        .collect()
}

pub(super) fn of_attributes(record: &Record) -> Attributes {
    let now: BTreeSet<&str> = schema::attributes().collect();
    let before: BTreeSet<&str> = record.attributes.iter().map(String::as_str).collect();
    Attributes {
        added: owned(now.difference(&before)),
        removed: owned(before.difference(&now)),
    }
}

/// What each exemption covers otherwise; guardrails in the place of one that it covered are
/// neither more nor fewer.
pub(super) fn of_exemptions(
    before: &Bundle,
    now: &Bundle,
    of_guardrails: &[GuardrailChange],
) -> Vec<ExemptionChange> {
    let all = now.exemptions.iter().map(|(id, exemption)| {
        let old: BTreeSet<&str> = before
            .guardrail_ids()
            .filter(|guardrail| {
                let about = before.exemptions.get(id);
                about.is_some_and(|about| about.covers(guardrail))
            })
            .collect();
        let new: Vec<Told<'_>> = now
            .told()
            .filter(|told| exemption.covers(told.id))
            .collect();
        let is_new = |told: &&Told<'_>| {
            let mut replaces = told.replaces.iter();
            !old.contains(told.id) && !replaces.any(|id| old.contains(id.as_str()))
        };
        let is_gone = |id: &&&str| {
            let still = new.iter().any(|told| told.id == **id);
            !still && now.replaced_by(id).is_empty()
        };
        let changed = of_guardrails.iter().filter(|change| change.conditions);
        ExemptionChange {
            id: id.clone(),
            more: owned(new.iter().filter(is_new).map(|told| &told.id)),
            fewer: owned(old.iter().filter(is_gone)),
            changed: changed
                .filter(|change| exemption.covers(&change.id))
                .map(|change| change.id.clone())
                .collect(),
        }
    });
    all.filter(|change| {
        !(change.more.is_empty() && change.fewer.is_empty() && change.changed.is_empty())
    })
    .collect()
}

fn owned<'s>(texts: impl Iterator<Item = &'s &'s str>) -> Vec<String> {
    texts.map(|text| (*text).to_owned()).collect()
}
