//! Which guardrails of the default bundle a bundle builds on, and what they have otherwise.

use std::collections::BTreeSet;

use serde_json::Value;

use super::default::{Catalogue, Entry, named};
use super::guardrail::ModeOf;
use super::record::Record;
use super::settings::{Adjustment, BuildsOn, Settings};
use crate::words::{Mode, Severity};

/// Those that a bundle builds on, in the order of their ids.
pub(super) fn built_on<'c, 'e>(
    catalogue: &'c Catalogue<'e>,
    on: &BuildsOn,
) -> impl Iterator<Item = &'c Entry<'e>> {
    let without = on
        .without
        .iter()
        .flat_map(|left_out| named(catalogue, &left_out.id));
    let without: BTreeSet<&str> = without.map(|entry| entry.id).collect();
    let strength = on.strength;
    catalogue.values().filter(move |entry| {
        strength.is_some_and(|strength| entry.strength <= strength) && !without.contains(entry.id)
    })
}

/// What the settings say of a guardrail, by its id or by one that it had before.
pub(super) fn adjustment_of<'s>(
    settings: &'s Settings,
    entry: &Entry<'_>,
) -> Option<&'s Adjustment> {
    let ids = std::iter::once(entry.id).chain(entry.replaces.iter().copied());
    ids.into_iter().find_map(|id| settings.guardrails.get(id))
}

/// What a guardrail of the default bundle has in place of what its text says.
pub(super) struct Effective {
    severity: Option<&'static str>,
    severity_of: Option<&'static str>,
    respond: Option<String>,
    mode: Option<Mode>,
    pub mode_of: ModeOf,
}

impl Effective {
    pub(super) fn of(
        entry: &Entry<'_>,
        adjustment: Option<&Adjustment>,
        on: &BuildsOn,
        record: Option<&Record>,
    ) -> Self {
        let named = adjustment.and_then(|adjustment| adjustment.mode);
        let respond = adjustment.and_then(|adjustment| adjustment.respond.as_deref());
        let is_held_back = named.is_none()
            && respond.is_none()
            && !entry.respond().is_empty()
            && record.is_some_and(|record| !record.contained(entry));
        let (mode, mode_of) = match (named, is_held_back) {
            (Some(mode), _) => (Some(mode), ModeOf::Named),
            (None, true) => (Some(Mode::Observe), ModeOf::Upgrade),
            (None, false) if entry.text.contains("\n@mode(") => (None, ModeOf::Itself),
            (None, false) => (on.mode, ModeOf::Default),
        };
        let severity = adjustment.and_then(|adjustment| adjustment.severity);
        // Who names a severity means that, whatever a finding says.
        let severity_of = severity
            .filter(|_| entry.text.contains("\n@severity_of("))
            .map(|_| "guardrail");
        Self {
            severity: severity.map(Severity::as_str),
            severity_of,
            respond: respond.map(|steps| match steps {
                [] => "alert".to_owned(),
                steps => steps
                    .iter()
                    .map(|step| step.as_str())
                    .collect::<Vec<_>>()
                    .join(" "),
            }),
            mode,
            mode_of,
        }
    }

    /// The annotations that it puts in place of others.
    fn annotations(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("severity", self.severity),
            ("severity_of", self.severity_of),
            ("respond", self.respond.as_deref()),
            ("mode", self.mode.map(Mode::as_str)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    /// A guardrail's text with them; each annotation of the default bundle stands on a line
    /// of its own.
    pub(super) fn text(&self, text: &str) -> String {
        let mut changed = text.to_owned();
        for (name, value) in self.annotations() {
            let begins = format!("@{name}(");
            let line = format!("@{name}(\"{value}\")");
            let mut lines = String::new();
            let mut is_there = false;
            for old in changed.lines() {
                let new = match old.starts_with(&begins) {
                    true => {
                        is_there = true;
                        &line
                    }
                    false => old,
                };
                if !is_there && old.starts_with("forbid") {
                    is_there = true;
                    lines.push_str(&line);
                    lines.push('\n');
                }
                lines.push_str(new);
                lines.push('\n');
            }
            changed = lines.trim_end().to_owned();
        }
        changed
    }

    /// The same of Cedar's JSON form.
    pub(super) fn json(&self, mut json: Value) -> Value {
        for (name, value) in self.annotations() {
            if let Some(annotations) = json.get_mut("annotations").and_then(Value::as_object_mut) {
                annotations.insert(name.to_owned(), Value::from(value));
            }
        }
        json
    }
}
