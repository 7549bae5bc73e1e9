//! A guardrail: what its annotations say, and what its text reads and names.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::diagnostic::Diagnostic;
use super::formula::Formula;
use super::policy::{self, Written};
use super::strength::Strength;
use crate::lookup::{self, Lookup};
use crate::words::StepName;
use crate::words::{Mode, Severity, UnknownWordError};

/// A `forbid` policy with what its annotations say.
#[derive(Debug)]
pub(crate) struct Guardrail {
    pub title: String,
    pub severity: Severity,
    pub respond: Vec<StepName>,
    pub advice: Option<String>,
    pub runbook: Option<String>,
    /// Who says how bad a violation is.
    pub severity_of: SeverityOf,
    pub mode: Option<Mode>,
    /// Who says its mode.
    pub mode_of: ModeOf,
    /// Ids that it had before, or shares in what they were.
    pub replaces: Vec<String>,
    /// Whether it is of the default bundle, on which the bundle builds.
    pub is_default: bool,
    pub text: String,
    /// The context attributes and the variables that its conditions read.
    pub reads: BTreeSet<String>,
    /// What must be looked up for it.
    pub lookups: BTreeSet<Lookup>,
    formula: OnceLock<Formula>,
}

/// Who says the mode of a guardrail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ModeOf {
    /// `[default] mode`, of those of the default bundle.
    Default,
    /// It does.
    #[default]
    Itself,
    /// `[guardrails.ID] mode`.
    Named,
    /// It contains since an upgrade, and nobody has named it yet.
    Upgrade,
}

/// Who says how bad a violation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum SeverityOf {
    /// The guardrail.
    #[default]
    Guardrail,
    /// The finding that it is about; the guardrail, if that does not say.
    Finding,
}

const ANNOTATIONS: [&str; 11] = [
    "advice",
    "id",
    "meant",
    "mode",
    "replaces",
    "respond",
    "runbook",
    "severity",
    "severity_of",
    "strength",
    "title",
];

impl Guardrail {
    /// Reads the annotations, and everything that is wrong with them; nothing comes of
    /// a guardrail that lacks what it needs.
    pub(super) fn read(written: &Written<'_>) -> (Option<Self>, Vec<Diagnostic>) {
        let mut found = written.common_mistakes(is_annotation, &ANNOTATIONS);
        let mut required = |name: &str| {
            let help = format!("write `@{name}(\"…\")` before `forbid`");
            written.required(name, "guardrail", help, &mut found)
        };
        let (title, severity, respond) =
            (required("title"), required("severity"), required("respond"));
        let severity = severity.and_then(|word| {
            let parsed = word.parse::<Severity>();
            parsed
                .map_err(|error| {
                    let wrong = written.error_in(
                        "severity",
                        "unknown-severity",
                        format!("`@severity`: {error}"),
                    );
                    found.push(wrong.suggest(&word, Severity::ALL.map(Severity::as_str)));
                })
                .ok()
        });
        let respond = respond.and_then(|words| {
            steps(&words)
                .map_err(|(word, error)| {
                    let wrong =
                        written.error_in("respond", "unknown-step", format!("`@respond`: {error}"));
                    found.push(wrong.suggest(&word, StepName::ALL.map(StepName::as_str)));
                })
                .ok()
        });
        let mode = written.annotation("mode").and_then(|word| {
            word.parse::<Mode>()
                .map_err(|error| {
                    let wrong =
                        written.error_in("mode", "unknown-mode", format!("`@mode`: {error}"));
                    found.push(wrong.suggest(&word, ["observe", "enforce"]));
                })
                .ok()
        });
        if let Some(word) = written.annotation("strength")
            && let Err(error) = word.parse::<Strength>()
        {
            let message = format!("`@strength`: {error}");
            let wrong = written.error_in("strength", "annotation-value", message);
            found.push(wrong.suggest(&word, Strength::ALL.map(Strength::as_str)));
        }
        let severity_of = match written.annotation("severity_of").as_deref() {
            None | Some("guardrail") => SeverityOf::Guardrail,
            Some("finding") => SeverityOf::Finding,
            Some(word) => {
                let message = format!("`@severity_of`: `{word}` is not one of finding, guardrail");
                let wrong = written.error_in("severity_of", "annotation-value", message);
                found.push(wrong.suggest(word, ["finding", "guardrail"]));
                SeverityOf::Guardrail
            }
        };
        let replaces = written.annotation("replaces").unwrap_or_default();
        let guardrail = match (title, severity, respond) {
            (Some(title), Some(severity), Some(respond)) => Some(Self {
                title,
                severity,
                respond,
                advice: written.annotation("advice"),
                runbook: written.annotation("runbook"),
                severity_of,
                mode,
                mode_of: ModeOf::default(),
                replaces: replaces.split_whitespace().map(str::to_owned).collect(),
                is_default: false,
                text: written.text().to_owned(),
                formula: OnceLock::new(),
                reads: policy::reads(written.json),
                lookups: lookup::needed_by(written.json),
            }),
            _ => None,
        };
        (guardrail, found)
    }

    /// Its conditions, taken apart when they are first asked for: most are never.
    pub(crate) fn formula(&self) -> &Formula {
        self.formula.get_or_init(|| Formula::of(&self.text))
    }
}

/// Annotations that a guardrail may carry; `@title` and `@advice` also once more
/// for each language, as `@title_ja`.
fn is_annotation(name: &str) -> bool {
    ANNOTATIONS.contains(&name)
        || name
            .strip_prefix("title_")
            .or_else(|| name.strip_prefix("advice_"))
            .is_some_and(|language| language.len() == 2)
}

/// `alert` stands alone: it means that there is nothing to do but tell.
pub(super) fn steps(text: &str) -> Result<Vec<StepName>, (String, UnknownWordError)> {
    match text.trim() {
        "alert" => Ok(Vec::new()),
        text => text
            .split_whitespace()
            .map(|word| word.parse().map_err(|error| (word.to_owned(), error)))
            .collect(),
    }
}
