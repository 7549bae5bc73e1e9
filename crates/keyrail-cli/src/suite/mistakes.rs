//! What is wrong with a test, in words.

use std::collections::BTreeSet;

use keyrail_core::bundle::{Diagnostic, Level, nearest};
use keyrail_core::words::StepName;
use keyrail_core::{Bundle, Severity};
use serde_json::Value;
use serde_saphyr::Location;

use super::given::Unready;
use super::run::{Run, diagnostic, place};

/// What the parser says of a file of tests, and what to do, in words of test files and
/// not of YAML's parsers.
pub(super) fn in_words(error: &serde_saphyr::Error) -> (String, Option<String>) {
    let message = match error.without_snippet() {
        serde_saphyr::Error::Unexpected { expected, .. } => match *expected {
            "sequence start" => "a list is expected here".to_owned(),
            "mapping start" => "names with values are expected here".to_owned(),
            "string" | "string scalar" | "scalar" => "a text is expected here".to_owned(),
            other => format!("{other} is expected here"),
        },
        serde_saphyr::Error::NullIntoString { .. } => "a text is expected here".to_owned(),
        other => other.to_string(),
    };
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    // The place is told by itself.
    let message = match message.rsplit_once(" at line ") {
        Some((message, _)) => message.to_owned(),
        None => message,
    };
    let help = match message.as_str() {
        "a list is expected here" => {
            Some("write `[a, b]`, or `- a` on a line of its own".to_owned())
        }
        "names with values are expected here" => Some("write `{name: value}`".to_owned()),
        _ => misspelt(&message),
    };
    (message, help)
}

/// Which key was meant, where the parser names those that there are.
fn misspelt(message: &str) -> Option<String> {
    let (unknown, known) = message
        .strip_prefix("unknown field ")?
        .split_once(", expected ")?;
    let known = known.split('`').skip(1).step_by(2);
    nearest(unknown.trim_matches('`'), known).map(|near| format!("did you mean `{near}`?"))
}

impl Run {
    pub(super) fn wrong(&self, code: &'static str, message: &str) -> Diagnostic {
        let message = format!("test `{}`: {message}", self.name);
        diagnostic(code, &self.file, self.place, message)
    }

    /// What it gives that makes no event or no circumstances.
    pub(super) fn unready(&self, Unready { at, failure }: Unready) -> Diagnostic {
        let mut unready = self.wrong("test-event", &failure.message);
        if let Some(at) = at {
            (unready.line, unready.column) = place(at);
        }
        unready.help = failure.help;
        unready
    }

    /// What is wrong with what it expects.
    pub(super) fn mistakes(&self, bundle: &Bundle, broken: &BTreeSet<String>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let expect = &self.expect;
        let broken = broken.iter().map(String::as_str);
        let guardrails: Vec<&str> = bundle.guardrail_ids().chain(broken).collect();
        let exemptions = bundle.exemptions.keys().map(String::as_str);
        let policies: Vec<&str> = guardrails.iter().copied().chain(exemptions).collect();
        for (list, kind, known) in [
            (&expect.violated, "guardrail", &guardrails),
            (&expect.exempted, "guardrail", &guardrails),
            (&expect.undecided, "policy", &policies),
        ] {
            let Some(list) = list else {
                continue;
            };
            for id in &list.value {
                if known.contains(&id.as_str()) {
                    continue;
                }
                if let [_, ..] = bundle.replaced_by(id) {
                    found.push(self.retired(id, bundle, list.referenced));
                    continue;
                }
                if bundle.is_gone(id) {
                    found.push(self.gone(id, list.referenced));
                    continue;
                }
                let message = format!("test `{}`: there is no {kind} `{id}`", self.name);
                let code = match kind {
                    "guardrail" => "unknown-guardrail",
                    _ => "unknown-policy",
                };
                let mut unknown = diagnostic(code, &self.file, place(list.referenced), message);
                unknown.help = nearest(id, known.iter().copied())
                    .map(|near| format!("did you mean `{near}`?"));
                found.push(unknown);
            }
        }
        if let Some(severity) = &expect.severity {
            let words = Severity::ALL.map(Severity::as_str);
            let known = words.into_iter().chain(["none"]);
            found.extend(self.unknown_word(
                "unknown-severity",
                severity.referenced,
                &severity.value,
                known,
            ));
        }
        if let Some(plan) = &expect.plan {
            let steps = plan.value.iter().filter_map(|step| match step {
                Value::Object(fields) if fields.contains_key("step") => {
                    fields.get("step")?.as_str()
                }
                Value::Object(fields) => fields.keys().next().map(String::as_str),
                other => Some(other.as_str().unwrap_or("that")),
            });
            for step in steps {
                let known = StepName::ALL.map(StepName::as_str);
                found.extend(self.unknown_word("unknown-step", plan.referenced, step, known));
            }
        }
        if expect.is_empty() {
            let mut empty = self.wrong("test-without-expectation", "it expects nothing");
            empty.help = Some("give it `expect`, such as `{violated: []}`".to_owned());
            found.push(empty);
        }
        found
    }

    /// An id that a guardrail had before.
    fn retired(&self, id: &str, bundle: &Bundle, at: Location) -> Diagnostic {
        let now = bundle.replaced_by(id).join("`, `");
        let message = format!(
            "test `{}`: the guardrail `{id}` has become `{now}`",
            self.name
        );
        let mut retired = diagnostic("retired-guardrail", &self.file, place(at), message);
        retired.severity = Level::Warning;
        retired.help =
            Some("the old id still stands for all of these: name those that you mean".to_owned());
        retired
    }

    /// An id that the default bundle has no more.
    fn gone(&self, id: &str, at: Location) -> Diagnostic {
        let message = format!(
            "test `{}`: the default bundle no longer has the guardrail `{id}`",
            self.name
        );
        let mut gone = diagnostic("retired-guardrail", &self.file, place(at), message);
        gone.severity = Level::Warning;
        gone.help = Some("remove it".to_owned());
        gone
    }

    /// A word that is none of those that may stand there.
    fn unknown_word<'k>(
        &self,
        code: &'static str,
        at: Location,
        word: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Option<Diagnostic> {
        let known: Vec<&str> = known.into_iter().collect();
        if known.contains(&word) {
            return None;
        }
        let all = known.join(", ");
        let message = format!("test `{}`: `{word}` is not one of {all}", self.name);
        let mut unknown = diagnostic(code, &self.file, place(at), message);
        unknown.help = nearest(word, known).map(|near| format!("did you mean `{near}`?"));
        Some(unknown)
    }
}
