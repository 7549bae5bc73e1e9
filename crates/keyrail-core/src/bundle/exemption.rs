//! An exemption: what is allowed for a while although a guardrail forbids it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jiff::civil::Date;

use super::diagnostic::Diagnostic;
use super::formula::Formula;
use super::policy::{self, Written};
use crate::arn::Arn;
use crate::id::AccountId;
use crate::lookup::{self, Lookup};

/// A `permit` policy with what its annotations say.
#[derive(Debug)]
pub struct Exemption {
    /// The guardrails that it covers; `*` is all.
    pub exempts: Vec<String>,
    /// Guardrails that have come in the place of some of those.
    pub(super) covers_also: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it applies, in UTC.
    pub expires: Date,
    /// Whom it is for, as `@only` states: accounts, units, and ARNs of users and roles.
    /// Empty if it does not state that. `keyrail prove` holds the policy against it.
    pub only: Vec<String>,
    /// The file that it stands in, by its path within the bundle.
    pub file: String,
    /// The line on which it begins.
    pub line: usize,
    /// Its text, as written.
    pub text: String,
    /// What must be looked up for it.
    pub lookups: BTreeSet<Lookup>,
    pub(crate) reads: BTreeSet<String>,
    formula: OnceLock<Formula>,
}

const ANNOTATIONS: [&str; 7] = [
    "exempts", "expires", "id", "meant", "only", "owner", "reason",
];

impl Exemption {
    /// Reads the annotations, and everything that is wrong with them.
    pub(super) fn read(written: &Written<'_>) -> (Option<Self>, Vec<Diagnostic>) {
        let mut found = written.common_mistakes(|name| ANNOTATIONS.contains(&name), &ANNOTATIONS);
        let mut required =
            |name: &str, help: &str| written.required(name, "exemption", help, &mut found);
        let exempts = required(
            "exempts",
            "name the guardrails that it exempts from: `@exempts(\"access-key-issued\")`",
        );
        let reason = required("reason", "say why: `@reason(\"…\")`");
        let owner = required(
            "owner",
            "say who answers for it: `@owner(\"team or address\")`",
        );
        let expires = required(
            "expires",
            "say until when: `@expires(\"2027-01-31\")`, that day included",
        );
        let expires = expires.and_then(|text| {
            text.parse::<Date>()
                .map_err(|_| {
                    let message = format!("`@expires`: `{text}` is not a date");
                    let wrong = written.error_in("expires", "annotation-value", message);
                    found.push(wrong.help("write it as `2027-01-31`"));
                })
                .ok()
        });
        let only = written.annotation("only").unwrap_or_default();
        let only: Vec<String> = only.split_whitespace().map(str::to_owned).collect();
        if let Some(word) = only.iter().find(|word| !is_somebody(word)) {
            let message = match has_path(word) {
                true => format!("`@only`: `{word}` has a path, which events do not show"),
                false => format!("`@only`: `{word}` is not an account, unit, user or role"),
            };
            let wrong = written.error_in("only", "annotation-value", message);
            found.push(wrong.help(
                "name accounts by twelve digits, units as `ou-…`, roles by their ARNs, and users by theirs without a path",
            ));
        }
        let exemption = match (exempts, reason, owner, expires) {
            (Some(exempts), Some(reason), Some(owner), Some(expires)) => Some(Self {
                exempts: exempts.split_whitespace().map(str::to_owned).collect(),
                covers_also: Vec::new(),
                reason,
                owner,
                expires,
                only,
                file: written.source.name.to_owned(),
                line: written.line(),
                text: written.text().to_owned(),
                formula: OnceLock::new(),
                reads: policy::reads(written.json),
                lookups: lookup::needed_by(written.json),
            }),
            _ => None,
        };
        (exemption, found)
    }

    /// Its conditions, taken apart when they are first asked for: most are never.
    pub(crate) fn formula(&self) -> &Formula {
        self.formula.get_or_init(|| Formula::of(&self.text))
    }

    /// Whether it is about a guardrail.
    #[must_use]
    pub fn covers(&self, guardrail: &str) -> bool {
        let covered = self.exempts.iter().chain(&self.covers_also);
        covered
            .into_iter()
            .any(|exempted| exempted == "*" || exempted == guardrail)
    }
}

/// Whether `@only` may name it.
fn is_somebody(word: &str) -> bool {
    let is_arn = Arn::parse(word).is_some_and(|arn| match arn.kind() {
        Some("user") => !has_path(word),
        Some("role") => true,
        _ => false,
    });
    word.parse::<AccountId>().is_ok() || word.starts_with("ou-") || word.starts_with("r-") || is_arn
}

/// Policies know users by ARNs without their path.
fn has_path(word: &str) -> bool {
    let user = Arn::parse(word).filter(|arn| arn.user().is_some());
    user.is_some_and(|arn| arn.path() != Some("/"))
}
