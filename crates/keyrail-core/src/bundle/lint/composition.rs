//! What is wrong with what the settings have otherwise of the default bundle.

use crate::bundle::checked::Checked;
use crate::bundle::composed::{adjustment_of, built_on};
use crate::bundle::default::{Entry, catalogue, named};
use crate::bundle::diagnostic::Diagnostic;
use crate::bundle::fitting::fits;
use crate::bundle::names::SETTINGS;
use crate::bundle::retired::{GONE, RETIRED, gone, retired};
use crate::bundle::settings::Adjustment;

impl Checked {
    pub(super) fn of_composition(&self) -> Vec<Diagnostic> {
        let settings = &self.bundle.settings;
        let Some(on) = &settings.default else {
            return Vec::new();
        };
        let mut found = self.retired_ids();
        for entry in built_on(catalogue(), on) {
            if let Some(adjustment) = adjustment_of(settings, entry) {
                found.extend(self.wrong_steps(entry, adjustment));
            }
        }
        found.extend(self.newly_contains());
        found
    }

    fn retired_ids(&self) -> Vec<Diagnostic> {
        let (source, settings) = (self.source(SETTINGS), &self.bundle.settings);
        let left_out = settings.default.iter().flat_map(|on| &on.without);
        let left_out = left_out.map(|named| (&named.id, named.span));
        let adjusted = settings.guardrails.iter().map(|(id, of)| (id, of.span));
        left_out
            .chain(adjusted)
            .filter(|(id, _)| !catalogue().contains_key(id.as_str()))
            .filter_map(|(id, span)| {
                if self.bundle.is_gone(id) {
                    let wrong = source.error("retired-guardrail", span, gone(id));
                    return Some(wrong.help(GONE).warning());
                }
                let now: Vec<String> = named(catalogue(), id)
                    .iter()
                    .map(|entry| entry.id.to_owned())
                    .collect();
                let wrong = source.error("retired-guardrail", span, retired(id, &now));
                (!now.is_empty()).then(|| wrong.help(RETIRED).warning())
            })
            .collect()
    }

    /// Steps that have nothing to act on, or need a permission.
    fn wrong_steps(&self, entry: &Entry<'_>, adjustment: &Adjustment) -> Vec<Diagnostic> {
        let source = self.source(SETTINGS);
        let span = adjustment.respond_span;
        let mut found = Vec::new();
        for step in adjustment.respond.iter().flatten() {
            let policy = self.read.get(entry.id).map(|read| &read.json);
            if policy.is_some_and(|policy| !fits(*step, policy)) {
                let message = format!(
                    "`{step}` has nothing to act on in what `{}` is about",
                    entry.id
                );
                found.push(source.error("step-does-not-fit", span, message).help(
                    "docs/containment.md says what each step stops; a step acts on what the event is about, or on the user who acted",
                ));
            } else if step.needs_permission() && !self.bundle.settings.allow.contains(step) {
                let message = format!("the settings do not allow `{step}`");
                let help = format!("allow it: `[allow]` with `steps = [\"{step}\"]`");
                found.push(source.error("step-not-allowed", span, message).help(help));
            }
        }
        found
    }

    /// What an upgrade of keyrail has made contain, and the settings do not name yet.
    fn newly_contains(&self) -> impl Iterator<Item = Diagnostic> {
        let source = self.source(SETTINGS);
        let at = source.text.find("[default]").unwrap_or_default();
        self.bundle.held_back.iter().map(move |id| {
            let message = format!(
                "`{id}` contains since an upgrade of keyrail, and observes until it is named"
            );
            let help = format!(
                "name it: `[guardrails.{id}]` with `mode = \"enforce\"`, or `\"observe\"` to leave it so"
            );
            source
                .error("newly-contains", (at, at + "[default]".len()), message)
                .help(help)
                .warning()
        })
    }
}
