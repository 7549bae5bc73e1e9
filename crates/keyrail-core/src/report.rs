//! Report: everything about one event. Logs, metrics and alerts derive from it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use self::about::About;
use crate::activity::Activity;
use crate::bundle::Bundle;
use crate::bundle::settings::OnAlerts;
use crate::event::Event;
use crate::id::{AccessKeyId, UserName};
use crate::judge::Verdict;
use crate::outcome::{Outcome, OutcomeResult};
use crate::plan::{Plan, Step, Withheld};
use crate::taxonomy::Kind;
use crate::words::Severity;

mod about;
mod written;

/// Serialises as `keyrail.report/v1`. What is not known is `null`.
#[derive(Debug)]
pub struct Report {
    pub(crate) schema: Schema,
    /// Where the event stood, when it was read from a log file.
    pub source: Option<Source>,
    /// What arrived.
    pub event: Event,
    /// What it is about.
    pub about: About,
    /// What it says happened.
    pub activity: Activity,
    /// What the guardrails say about that.
    pub verdict: Verdict,
    /// What follows.
    pub plan: Plan,
    /// What became of it; empty where nothing was executed.
    pub outcomes: Vec<Outcome>,
    /// What keyrail could not know, because its table did not answer or more is to come: sentences.
    pub not_known: Vec<String>,
    /// The bundle that judged.
    pub bundle: String,
    /// What the settings say of alerts.
    pub on_alerts: OnAlerts,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Schema {
    #[serde(rename = "keyrail.report/v1")]
    V1,
}

/// A place in a log file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Source {
    /// The file.
    pub file: PathBuf,
    /// The record's index in it, from 0.
    pub index: u64,
}

/// What a report comes to, in the word that begins an alert's subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum State {
    /// Something to know; nothing was planned, or it was withheld.
    Alert,
    /// Every planned step is verified, or was done already.
    Blocked,
    /// Observe mode, or explaining instead of responding, held back what would have
    /// been done.
    DryRun,
    /// All that would be violated is covered by exemptions.
    Exempt,
    /// A step failed: take the credential to work.
    Failed,
    /// AWS accepted a step, and the state read back does not show it yet.
    Pending,
}

impl State {
    /// The word in subjects and message attributes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "ALERT",
            Self::Blocked => "BLOCKED",
            Self::DryRun => "DRY-RUN",
            Self::Exempt => "EXEMPT",
            Self::Failed => "FAILED",
            Self::Pending => "PENDING",
        }
    }
}

impl Report {
    pub(crate) fn new(
        event: Event,
        activity: Activity,
        verdict: Verdict,
        plan: Plan,
        bundle: &Bundle,
    ) -> Self {
        Self {
            schema: Schema::V1,
            source: None,
            event,
            about: About::Activity,
            activity,
            verdict,
            plan,
            outcomes: Vec::new(),
            not_known: Vec::new(),
            bundle: bundle.version.clone(),
            on_alerts: bundle.settings.on_alerts.clone(),
        }
    }

    /// Whether anybody needs to hear of it.
    #[must_use]
    pub fn is_alerting(&self) -> bool {
        self.about != About::Activity || concerns_anybody(&self.activity, &self.verdict)
    }

    /// What it comes to: the worst of the outcomes, else what the plan withheld.
    #[must_use]
    pub fn state(&self) -> State {
        let has = |result| self.outcomes.iter().any(|outcome| outcome.result == result);
        // Where nothing was executed, what would be done stands for what was held back.
        let explained = self.outcomes.is_empty();
        let observed = |step: &Step| match step.decision {
            Ok(_) => explained,
            Err(withheld) => withheld == Withheld::Observe,
        };
        if has(OutcomeResult::Failed) {
            State::Failed
        } else if has(OutcomeResult::Accepted) {
            State::Pending
        } else if self.leaves_undone() {
            State::Alert
        } else if has(OutcomeResult::Verified) || has(OutcomeResult::Already) {
            // What another step was to stop works on, if that found nothing to act on.
            let misses = |step: &Step| step.decision == Err(Withheld::NoTarget);
            match self.plan.steps.iter().any(misses) {
                true => State::Alert,
                false => State::Blocked,
            }
        } else if self.plan.steps.iter().any(observed) {
            State::DryRun
        } else if !self.is_alerting() && !self.verdict.exempted.is_empty() {
            State::Exempt
        } else {
            State::Alert
        }
    }

    /// How bad it is: the verdict's severity, but critical while what was to be stopped
    /// may still work. Something unrecognised is medium: nobody has
    /// judged it.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match (self.state(), self.verdict.severity) {
            _ if matches!(self.about, About::Comeback(_) | About::Fault) => Severity::Critical,
            (State::Failed, _) => Severity::Critical,
            _ if let About::FollowUp(repeats) = &self.about => repeats.follow_up.severity,
            (_, Some(severity)) => severity,
            (_, None) => Severity::Medium,
        }
    }

    /// Whether a step was held back although there is something to stop, and neither by the
    /// mode nor by the settings' list of steps: what it was to stop works on.
    pub(crate) fn leaves_undone(&self) -> bool {
        let steps = self.plan.steps.iter().enumerate();
        let mut left = steps.map(|(place, step)| {
            let result = self.outcomes.get(place).map(|outcome| outcome.result);
            match step.decision {
                // IAM named somebody whom the settings protect.
                Ok(_) => result == Some(OutcomeResult::Withheld),
                Err(withheld) => !matches!(
                    withheld,
                    Withheld::FailedAttempt
                        | Withheld::NoTarget
                        | Withheld::NotAllowed
                        | Withheld::Observe
                        | Withheld::Sample
                ),
            }
        });
        left.any(|is_left| is_left)
    }

    /// Whose a key is as IAM says, for whichever step it was asked.
    pub(crate) fn owner_of(&self, key: &AccessKeyId) -> Option<&UserName> {
        let about = |outcome: &&Outcome| outcome.evidence.as_ref() == Some(key);
        let mut outcomes = self.outcomes.iter().filter(about);
        outcomes.find_map(|outcome| outcome.owner.as_ref())
    }

    /// Whether Lambda should try the event again, because that could mend a
    /// failed step.
    #[must_use]
    pub fn is_worth_a_retry(&self) -> bool {
        self.outcomes.iter().any(|outcome| outcome.retry)
    }
}

/// Whether anybody needs to hear of an activity, by what the guardrails say about it.
pub(crate) fn concerns_anybody(activity: &Activity, verdict: &Verdict) -> bool {
    activity.kind == Kind::Unrecognised
        || !verdict.violated.is_empty()
        || !verdict.undecided.is_empty()
}
