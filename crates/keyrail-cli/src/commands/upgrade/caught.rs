//! What one bundle tells or contains of many events, and another does not.

use std::collections::BTreeSet;

use keyrail_core::circumstances::Circumstances;
use keyrail_core::plan::Withheld;
use keyrail_core::report::Report;
use keyrail_core::taxonomy;
use keyrail_core::{Bundle, Event, examine};
use serde::Serialize;
use serde_json::{Value, json};

use super::changes::GroupChange;
use crate::exit::Failure;
use crate::samples::{self, SAMPLES};

/// Something that was caught, and is no longer.
#[derive(Debug, Serialize)]
pub(super) struct Lost {
    /// What shows it.
    pub shown_by: ShownBy,
    /// In words: the event, or the claim that does not hold.
    pub says: String,
    /// The guardrails that caught it.
    pub guardrails: Vec<String>,
    /// The steps that are no longer taken; empty if it is not even told.
    pub steps: Vec<String>,
}

/// What shows that something is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ShownBy {
    /// An example of an event.
    Event,
    /// A group that has lost actions.
    Group,
    /// The prover.
    #[cfg_attr(
        not(feature = "prove"),
        expect(dead_code, reason = "nothing is proved")
    )]
    Proof,
    /// A test of the bundle's.
    Test,
}

/// Holds examples of all events against both bundles.
pub(super) fn lost(before: &Bundle, now: &Bundle) -> Result<Vec<Lost>, Failure> {
    let mut lost = Vec::new();
    for (name, event) in examples()? {
        let bytes = event.to_string();
        let Ok(event) = Event::parse(bytes.as_bytes()) else {
            return Err(Failure::bug(format!("the example `{name}` is no event")));
        };
        let report = |bundle: &Bundle| examine(event.clone(), bundle, &Circumstances::of(bundle));
        lost.extend(difference(
            name,
            ShownBy::Event,
            &report(before),
            &report(now),
        ));
    }
    Ok(lost)
}

/// What one report tells or contains, and the other does not.
pub(super) fn difference(
    says: String,
    shown_by: ShownBy,
    before: &Report,
    now: &Report,
) -> Option<Lost> {
    let told = |report: &Report| -> Vec<String> {
        let violated = report.verdict.violated.iter();
        violated.map(|violation| violation.id.clone()).collect()
    };
    let was_told = told(before);
    if was_told.is_empty() {
        return None;
    }
    let gone: Vec<String> = steps(before)
        .difference(&steps(now))
        .map(|step| (*step).to_owned())
        .collect();
    let is_told = !told(now).is_empty();
    (!is_told || !gone.is_empty()).then_some(Lost {
        shown_by,
        says,
        guardrails: was_told,
        steps: if is_told { gone } else { Vec::new() },
    })
}

/// The steps that would be taken, or for the mode alone are not.
fn steps(report: &Report) -> BTreeSet<&'static str> {
    let has_target = |decision: &Result<_, Withheld>| {
        !matches!(
            decision,
            Err(Withheld::NoTarget | Withheld::NotAllowed | Withheld::FailedAttempt)
        )
    };
    let steps = report.plan.steps.iter();
    steps
        .filter(|step| has_target(&step.decision))
        .map(|step| step.name.as_str())
        .collect()
}

/// Actions that have left a group, and with it the guardrails that name the group.
pub(super) fn gone(groups: &[GroupChange]) -> impl Iterator<Item = Lost> {
    let lost = |group: &GroupChange| {
        let removed = group.removed.join(", ");
        (!group.removed.is_empty() && !group.guardrails.is_empty()).then(|| Lost {
            shown_by: ShownBy::Group,
            says: format!("`{}` no longer holds {removed}", group.group),
            guardrails: group.guardrails.clone(),
            steps: Vec::new(),
        })
    };
    groups.iter().filter_map(lost)
}

/// Each sample, and each event of the taxonomy: as it is, refused, and done by root.
fn examples() -> Result<Vec<(String, Value)>, Failure> {
    let mut names: Vec<String> = SAMPLES
        .iter()
        .map(|sample| sample.name.to_owned())
        .collect();
    for entry in taxonomy::entries() {
        match entry.groups {
            [] | [_] => names.push(entry.action.to_owned()),
            groups => names.extend(
                groups
                    .iter()
                    .map(|group| format!("{}#{}", entry.action, group.as_str())),
            ),
        }
    }
    let mut examples = Vec::new();
    for name in names {
        let event = samples::event(&name)?;
        let is_record = event.pointer("/detail/eventName").is_some();
        if is_record {
            let mut refused = event.clone();
            set(&mut refused, "errorCode", json!("AccessDenied"));
            set(&mut refused, "responseElements", Value::Null);
            examples.push((format!("{name}, refused"), refused));
            let mut by_root = event.clone();
            let account = event.get("account").cloned().unwrap_or_default();
            let arn = format!("arn:aws:iam::{}:root", account.as_str().unwrap_or_default());
            let root =
                json!({"type": "Root", "principalId": account, "arn": arn, "accountId": account});
            set(&mut by_root, "userIdentity", root);
            examples.push((format!("{name}, by root"), by_root));
        }
        examples.push((name, event));
    }
    Ok(examples)
}

fn set(event: &mut Value, key: &str, value: Value) {
    if let Some(detail) = event.get_mut("detail").and_then(Value::as_object_mut) {
        detail.insert(key.to_owned(), value);
    }
}
