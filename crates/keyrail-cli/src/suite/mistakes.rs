//! What is wrong with what a test expects.

use std::collections::BTreeSet;

use keyrail_core::bundle::{Diagnostic, nearest};
use keyrail_core::plan::StepName;
use keyrail_core::{Bundle, Severity};
use serde_json::Value;
use serde_saphyr::Location;

use super::{Run, diagnostic, place};

impl Run {
    pub(super) fn wrong(&self, code: &'static str, message: &str) -> Diagnostic {
        let message = format!("test `{}`: {message}", self.name);
        diagnostic(code, &self.file, self.place, message)
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
