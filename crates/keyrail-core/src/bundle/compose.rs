//! Composition: the guardrails of the default bundle that a bundle builds on, read as if they
//! stood in its files.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::checked::{Checked, Origin};
use super::composed::{Effective, adjustment_of, built_on};
use super::content::Bundle;
use super::default::{Catalogue, Entry, named};
use super::diagnostic::{Diagnostic, Source};
use super::guardrail::ModeOf;
use super::record::Record;
use super::settings::Settings;

impl Checked {
    /// Adds the guardrails of the default bundle that the settings build on. Those that
    /// contain, and did not when the bundle was stamped, observe until the settings name them.
    pub(super) fn compose(
        &mut self,
        catalogue: &Catalogue<'_>,
        settings: Source<'_>,
        record: Option<&Record>,
    ) {
        self.bundle.gone = record.map(Record::gone_by_now).unwrap_or_default();
        let wrong = unknown(catalogue, settings, &self.bundle);
        self.diagnostics.extend(wrong);
        let Some(on) = self.bundle.settings.default.clone() else {
            return;
        };
        for entry in built_on(catalogue, &on) {
            let adjustment = adjustment_of(&self.bundle.settings, entry);
            let effective = Effective::of(entry, adjustment, &on, record);
            if effective.mode_of == ModeOf::Upgrade {
                self.bundle.held_back.insert(entry.id.to_owned());
            }
            self.add_composed(entry, &effective);
        }
    }

    fn add_composed(&mut self, entry: &Entry<'_>, effective: &Effective) {
        let text = effective.text(entry.text);
        let source = Source {
            name: entry.file,
            text: &text,
        };
        let origin = Origin::Default(text.clone());
        let json = serde_json::from_str(entry.json).ok();
        let json = json.map(|json| effective.json(json));
        self.read_text(source, (0, text.len()), json, &origin);
        self.bundle.set_mode_of(entry.id, effective.mode_of);
    }
}

/// Ids in the settings that stand for no guardrail that the bundle builds on.
fn unknown(catalogue: &Catalogue<'_>, source: Source<'_>, bundle: &Bundle) -> Vec<Diagnostic> {
    let settings = &bundle.settings;
    let mut found = Vec::new();
    let known = || catalogue.keys().copied();
    let no_such = |id: &str, span| {
        let message = format!("the default bundle has no guardrail `{id}`");
        source
            .error("unknown-guardrail", span, message)
            .suggest(id, known())
    };
    let left_out = settings.default.iter().flat_map(|on| &on.without);
    for left_out in left_out {
        if named(catalogue, &left_out.id).is_empty() && !bundle.is_gone(&left_out.id) {
            found.push(no_such(&left_out.id, left_out.span));
        }
    }
    let on = settings.default.as_ref();
    let built_on: BTreeSet<&str> = on
        .into_iter()
        .flat_map(|on| built_on(catalogue, on))
        .map(|entry| entry.id)
        .collect();
    for (id, adjustment) in &settings.guardrails {
        let entries = named(catalogue, id);
        if bundle.is_gone(id) {
            continue;
        }
        if entries.is_empty() {
            let wrong = no_such(id, adjustment.span);
            found.push(match wrong.help {
                Some(_) => wrong,
                None => wrong.help(
                    "`[guardrails]` is about those of the default bundle; one of your own has `@mode`, `@severity` and `@respond` in its file",
                ),
            });
        } else if !entries.iter().any(|entry| built_on.contains(entry.id)) {
            found.push(not_built_on(
                source,
                id,
                adjustment.span,
                settings,
                &entries,
            ));
        }
    }
    found
}

/// A table that changes nothing would look like one that does.
fn not_built_on(
    source: Source<'_>,
    id: &str,
    span: (usize, usize),
    settings: &Settings,
    entries: &[&Entry<'_>],
) -> Diagnostic {
    let mut message = format!("the bundle does not build on the guardrail `{id}`");
    let least = entries.iter().map(|entry| entry.strength).min();
    let help = match &settings.default {
        None => "write `[default]` with `guardrails = \"recommended\"`".to_owned(),
        Some(on) if on.strength < least => {
            let least = least.unwrap_or_default().as_str();
            format!("it belongs to `guardrails = \"{least}\"`")
        }
        Some(_) => {
            let written = write!(message, ": `[default] without` leaves it out");
            debug_assert!(written.is_ok(), "a `String` takes it");
            "remove it from one of the two".to_owned()
        }
    };
    source.error("guardrail-left-out", span, message).help(help)
}
