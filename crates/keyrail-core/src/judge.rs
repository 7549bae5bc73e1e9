//! Activity → verdict.

use std::collections::BTreeSet;

use cedar_policy::{Decision, PolicyId};
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use self::question::{Answer, Decided, Question};
use crate::activity::Activity;
use crate::bundle::{Bundle, Guardrail, ModeOf, SeverityOf};
use crate::lookup::Lookup;
use crate::words::{Mode, Severity, StepName};

mod entity;
mod facts;
mod question;
pub mod why;

/// What the guardrails say about one activity. Serialises as `verdict` of
/// `keyrail.report/v1`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The highest of those violated and undecided.
    pub severity: Option<Severity>,
    /// The highest of the violations' own; without any, the deployment's.
    pub mode: Mode,
    /// Guardrails that are violated, the worst first.
    pub violated: Vec<Violation>,
    /// Violations that an exemption covers.
    pub exempted: Vec<Exempted>,
    /// Violations that an exemption covered until it expired.
    pub expired: Vec<Exempted>,
    /// Policies that could not be decided; alerted, never acted on.
    pub undecided: Vec<Undecided>,
}

/// One violated guardrail.
#[derive(Debug, Serialize, Deserialize)]
pub struct Violation {
    /// The guardrail's `@id`.
    pub id: String,
    /// Its `@title`.
    pub title: String,
    /// Its `@severity`.
    pub severity: Severity,
    /// The mode that applies to it.
    pub mode: Mode,
    /// Its text, as written.
    pub policy_text: String,
    /// Which setting decided the mode.
    #[serde(skip)]
    pub mode_from: ModeFrom,
    #[serde(skip)]
    pub(crate) respond: Vec<StepName>,
    /// Its `@advice`.
    pub(crate) advice: Option<String>,
    /// Its `@runbook`.
    pub(crate) runbook: Option<String>,
}

/// A violation and the exemption that covers it, or did.
#[derive(Debug, Serialize, Deserialize)]
pub struct Exempted {
    /// The guardrail's id.
    pub guardrail: String,
    /// The exemption's id.
    pub exemption: String,
    /// The last day of the exemption, in UTC.
    pub expires: jiff::civil::Date,
}

/// A policy that could not be decided, and why.
#[derive(Debug, Serialize, Deserialize)]
pub struct Undecided {
    /// The policy's id.
    pub policy: String,
    /// Whether it is a guardrail or an exemption.
    pub kind: PolicyKind,
    /// What went wrong, or which fact is not known.
    pub error: String,
    /// Its text in Cedar, as written.
    pub policy_text: String,
    /// Its `@severity`, or that of the guardrail that the exemption covers.
    pub(crate) severity: Severity,
}

/// Which of the two sets a policy is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyKind {
    /// A `permit`.
    Exemption,
    /// A `forbid`.
    Guardrail,
}

/// Which of the places where a mode can be set decided it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ModeFrom {
    /// The account's, in the settings.
    Account(String),
    /// `[default] mode`, in the settings.
    Default,
    /// The deployment's, or the command's option.
    Deployment,
    /// The guardrail's own `@mode`.
    Guardrail,
    /// `[guardrails.ID] mode`, in the settings.
    Named,
    /// It contains since an upgrade, and the settings do not name it yet.
    NewlyContains,
    /// None is set.
    #[default]
    Nothing,
    /// The whole bundle's, in the settings.
    Settings,
    /// A unit's, in the settings.
    Unit(String),
}

impl Bundle {
    /// Judges one activity.
    ///
    /// A fault of one guardrail is in the verdict and hides no other. `mode` is the
    /// deployment's, where it is set, and `now` the time, where it is known.
    #[must_use]
    pub fn judge(
        &self,
        activity: &Activity,
        mode: Option<Mode>,
        now: Option<Timestamp>,
    ) -> Verdict {
        let mut verdict = Verdict {
            severity: None,
            mode: self.mode_of(activity, mode, (None, ModeFrom::Nothing)).0,
            violated: Vec::new(),
            exempted: Vec::new(),
            expired: Vec::new(),
            undecided: Vec::new(),
        };
        if !activity.kind.is_judged() {
            return verdict;
        }
        match Question::about(activity, &self.organization) {
            Ok(mut question) => {
                if self.lookups().next().is_some() {
                    question.unknown.extend(missing_lookups(activity));
                }
                self.answer(&question, activity, mode, now, &mut verdict);
            }
            // No value of an event can do this, but ids that Cedar refuses would.
            Err(error) => {
                verdict
                    .undecided
                    .extend(self.guardrails.iter().map(|(id, guardrail)| Undecided {
                        policy: id.to_string(),
                        kind: PolicyKind::Guardrail,
                        error: error.clone(),
                        policy_text: guardrail.text.clone(),
                        severity: guardrail.severity,
                    }));
            }
        }
        verdict
            .violated
            .sort_by(|a, b| (b.severity, &a.id).cmp(&(a.severity, &b.id)));
        verdict
            .undecided
            .sort_by(|a, b| (b.severity, &a.policy).cmp(&(a.severity, &b.policy)));
        let violated = verdict.violated.iter().map(|violation| violation.severity);
        let undecided = verdict.undecided.iter().map(|undecided| undecided.severity);
        verdict.severity = violated.chain(undecided).max();
        let modes = verdict.violated.iter().map(|violation| violation.mode);
        if let Some(highest) = modes.max() {
            verdict.mode = highest;
        }
        verdict
    }

    /// What must be looked up before a verdict is the last word: for the policies that
    /// it left undecided for want of such facts.
    #[must_use]
    pub(crate) fn lookups_for(&self, verdict: &Verdict) -> BTreeSet<Lookup> {
        let of = |id: &str| {
            let guardrail = self.guardrails.get(&PolicyId::new(id));
            let exemption = self.exemptions.get(id);
            guardrail
                .map(|guardrail| &guardrail.lookups)
                .or(exemption.map(|exemption| &exemption.lookups))
        };
        let undecided = verdict.undecided.iter();
        undecided
            .filter_map(|undecided| of(&undecided.policy))
            .flatten()
            .copied()
            .collect()
    }

    fn answer(
        &self,
        question: &Question,
        activity: &Activity,
        deployed: Option<Mode>,
        now: Option<Timestamp>,
        verdict: &mut Verdict,
    ) {
        let forbids = question.decide(&self.policies, &self.scopes, Decision::Deny);
        let mut permits: Option<Decided> = None;
        let time = activity.time.max(now);
        let today = time.map(|time| Offset::UTC.to_datetime(time).date());
        for (id, guardrail) in &self.guardrails {
            let formula = || guardrail.formula();
            match forbids.answer(id, &guardrail.reads, formula, question) {
                Answer::No => continue,
                Answer::Undecided(error) => {
                    verdict.undecided.push(Undecided {
                        policy: id.to_string(),
                        kind: PolicyKind::Guardrail,
                        error,
                        policy_text: guardrail.text.clone(),
                        severity: guardrail.severity_for(activity),
                    });
                    continue;
                }
                Answer::Yes => {}
            }
            let permits = permits.get_or_insert_with(|| {
                question.decide(&self.permits, &self.permit_scopes, Decision::Allow)
            });
            let mut covering = Vec::new();
            let mut undecided = Vec::new();
            let about = self.exemptions.iter();
            for (exemption, about) in about.filter(|(_, about)| about.covers(id.as_ref())) {
                let formula = || about.formula();
                match permits.answer(&PolicyId::new(exemption), &about.reads, formula, question) {
                    Answer::No => {}
                    Answer::Undecided(error) => undecided.push(Undecided {
                        policy: exemption.clone(),
                        kind: PolicyKind::Exemption,
                        error,
                        policy_text: about.text.clone(),
                        severity: guardrail.severity,
                    }),
                    Answer::Yes => covering.push(Exempted {
                        guardrail: id.to_string(),
                        exemption: exemption.clone(),
                        expires: about.expires,
                    }),
                }
            }
            let (valid, expired): (Vec<_>, Vec<_>) = covering
                .into_iter()
                // Without a time nobody knows whether it still applies.
                .partition(|exempted| today.is_some_and(|today| today <= exempted.expires));
            if !valid.is_empty() {
                verdict.exempted.extend(valid);
                continue;
            }
            verdict.expired.extend(expired);
            verdict.undecided.extend(undecided);
            let (mode, mode_from) = self.mode_of(activity, deployed, guardrail.mode_from());
            verdict.violated.push(Violation {
                id: id.to_string(),
                title: guardrail.title.clone(),
                severity: guardrail.severity_for(activity),
                mode,
                policy_text: guardrail.text.clone(),
                mode_from,
                respond: guardrail.respond.clone(),
                advice: guardrail.advice.clone(),
                runbook: guardrail.runbook.clone(),
            });
        }
    }

    /// The lowest of the modes that are set, and which one that is.
    fn mode_of(
        &self,
        activity: &Activity,
        deployed: Option<Mode>,
        guardrail: (Option<Mode>, ModeFrom),
    ) -> (Mode, ModeFrom) {
        let organization = &self.organization;
        let account = activity.account.as_deref().unwrap_or_default();
        let of_account = organization
            .accounts
            .get(account)
            .and_then(|known| known.mode);
        let of_units = organization.units_of(account).into_iter().map(|unit| {
            let mode = organization.units.get(unit).and_then(|known| known.mode);
            (mode, ModeFrom::Unit(unit.to_owned()))
        });
        [
            (deployed, ModeFrom::Deployment),
            (self.settings.mode, ModeFrom::Settings),
            (of_account, ModeFrom::Account(account.to_owned())),
        ]
        .into_iter()
        .chain(of_units)
        .chain([guardrail])
        .filter_map(|(mode, from)| Some((mode?, from)))
        .min_by_key(|(mode, _)| *mode)
        .unwrap_or((Mode::Observe, ModeFrom::Nothing))
    }
}

impl Guardrail {
    fn mode_from(&self) -> (Option<Mode>, ModeFrom) {
        let from = match self.mode_of {
            ModeOf::Default => ModeFrom::Default,
            ModeOf::Itself => ModeFrom::Guardrail,
            ModeOf::Named => ModeFrom::Named,
            ModeOf::Upgrade => ModeFrom::NewlyContains,
        };
        (self.mode, from)
    }

    /// How bad it is that this violates it. A control that failed says how things stand, and the
    /// guardrail how bad that is.
    fn severity_for(&self, activity: &Activity) -> Severity {
        let finding = activity.particulars.finding.as_ref();
        let finding = finding
            .filter(|_| self.severity_of == SeverityOf::Finding && activity.control.is_none());
        finding
            .and_then(|finding| finding.severity)
            .unwrap_or(self.severity)
    }
}

/// The facts that have not been looked up of some user in the activity.
fn missing_lookups(activity: &Activity) -> impl Iterator<Item = String> {
    let missing = |lookup: &Lookup| {
        activity.users_in_it().into_iter().any(|(account, name)| {
            let facts = activity.users.get(&activity.user_arn(account, name));
            !facts.is_some_and(|facts| facts.known.contains(lookup))
        })
    };
    Lookup::ALL
        .into_iter()
        .filter(missing)
        .map(|lookup| lookup.as_str().to_owned())
}

#[cfg(test)]
mod tests;
