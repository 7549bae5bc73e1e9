//! Plan: what should be done about a verdict, as data, computed without I/O.

use std::fmt;
use std::str::FromStr;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::activity::Activity;
use crate::bundle::{Mode, UnknownWordError};
use crate::id::{AccessKeyId, AccountId, UserName};
use crate::judge::Verdict;

/// The steps that violated guardrails name, each once, in the order in which
/// they must be taken. Steps that are withheld are in it, with the reason.
#[derive(Debug, serde::Serialize)]
#[serde(transparent)]
pub struct Plan {
    /// In order.
    pub steps: Vec<Step>,
}

/// One containment step on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which step.
    pub name: StepName,
    /// What it is to act on, as the event names it.
    pub target: Option<String>,
    /// The change to make, or why none is made.
    pub decision: Result<Effect, Withheld>,
}

/// The steps that `@respond` may name. Ordered: the key is stopped first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepName {
    /// Sets a user's access key to Inactive.
    DeactivateKey,
    /// Deletes root's access key, for good.
    DeleteRootKey,
}

/// A change to an account. A closed list, each with the one IAM action it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// `iam:UpdateAccessKey`, always with the user's name: without one IAM would
    /// take the caller's own keys.
    DeactivateAccessKey {
        /// The account that the user is in.
        account: AccountId,
        /// The key's owner.
        user: UserName,
        /// The key.
        key: AccessKeyId,
    },
}

/// Why a step is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// The event's own evidence contradicts itself, or is not AWS's.
    Evidence,
    /// The attempt failed: there is nothing to take back.
    FailedAttempt,
    /// The event does not name the target well enough to act on it.
    NoTarget,
    /// The step cannot be undone, or this deployment does not allow it.
    NotAllowed,
    /// The mode is observe.
    Observe,
    /// An archive replays the event: it may be long past.
    Replay,
}

impl Plan {
    /// Draws the plan for a verdict. Pure: the same arguments give the same plan.
    #[must_use]
    pub fn draw(activity: &Activity, verdict: &Verdict) -> Self {
        let mut named: Vec<(StepName, Mode)> = Vec::new();
        for violation in &verdict.violated {
            for &name in &violation.respond {
                match named.iter_mut().find(|(known, _)| *known == name) {
                    // One violation that enforces is enough to take the step.
                    Some((_, mode)) => *mode = violation.mode.max(*mode),
                    None => named.push((name, violation.mode)),
                }
            }
        }
        named.sort_unstable();
        let steps = named
            .into_iter()
            .map(|(name, mode)| Step::decide(name, mode, activity))
            .collect();
        Self { steps }
    }

    /// The changes that the plan makes, with their steps.
    pub fn effects(&self) -> impl Iterator<Item = (&Step, &Effect)> {
        self.steps
            .iter()
            .filter_map(|step| Some((step, step.decision.as_ref().ok()?)))
    }
}

impl Step {
    /// Reasons that hold in every mode come before the mode itself, so that
    /// observe mode tells what enforce mode would do.
    fn decide(name: StepName, mode: Mode, activity: &Activity) -> Self {
        let key = key_of(activity);
        let decision = match Effect::of(name, activity, key) {
            _ if activity.outcome.succeeded != Some(true) => Err(Withheld::FailedAttempt),
            _ if !activity.conflicts.is_empty() || !activity.from_aws => Err(Withheld::Evidence),
            Err(withheld) => Err(withheld),
            Ok(_) if activity.replayed => Err(Withheld::Replay),
            Ok(_) if mode == Mode::Observe => Err(Withheld::Observe),
            Ok(effect) => Ok(effect),
        };
        Self {
            name,
            target: key.map(str::to_owned),
            decision,
        }
    }
}

impl Effect {
    fn of(name: StepName, activity: &Activity, key: Option<&str>) -> Result<Self, Withheld> {
        match name {
            StepName::DeleteRootKey => Err(Withheld::NotAllowed),
            StepName::DeactivateKey => {
                let user = match key {
                    Some(key) if activity.target.access_key_id.as_deref() == Some(key) => {
                        activity.target.user.as_deref()
                    }
                    _ => activity.actor.name.as_deref(),
                };
                Ok(Self::DeactivateAccessKey {
                    account: parsed(activity.account.as_deref())?,
                    user: parsed(user)?,
                    key: parsed(key)?,
                })
            }
        }
    }
}

/// The activity's own key; else the long-term key that the actor used.
fn key_of(activity: &Activity) -> Option<&str> {
    let used = activity.actor.access_key_id.as_deref();
    activity
        .target
        .access_key_id
        .as_deref()
        .or_else(|| used.filter(|key| key.starts_with("AKIA")))
}

fn parsed<T: FromStr>(text: Option<&str>) -> Result<T, Withheld> {
    text.and_then(|text| text.parse().ok())
        .ok_or(Withheld::NoTarget)
}

impl StepName {
    /// The step's name in annotations and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeactivateKey => "deactivate-key",
            Self::DeleteRootKey => "delete-root-key",
        }
    }

    /// Whether keyrail can undo it.
    #[must_use]
    pub fn is_reversible(self) -> bool {
        match self {
            Self::DeactivateKey => true,
            Self::DeleteRootKey => false,
        }
    }
}

impl FromStr for StepName {
    type Err = UnknownWordError;

    fn from_str(word: &str) -> Result<Self, UnknownWordError> {
        [Self::DeactivateKey, Self::DeleteRootKey]
            .into_iter()
            .find(|step| step.as_str() == word)
            .ok_or_else(|| {
                UnknownWordError::new(word, "deactivate-key, delete-root-key, or `alert` alone")
            })
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for StepName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut step = serializer.serialize_struct("Step", 4)?;
        step.serialize_field("step", &self.name)?;
        step.serialize_field("target", &self.target)?;
        step.serialize_field("reversible", &self.name.is_reversible())?;
        step.serialize_field("withheld", &self.decision.as_ref().err())?;
        step.end()
    }
}

impl Effect {
    /// The IAM action that the change needs. A test holds the template's
    /// permissions to exactly these and those that read them back.
    #[must_use]
    pub fn iam_action(&self) -> &'static str {
        match self {
            Self::DeactivateAccessKey { .. } => "iam:UpdateAccessKey",
        }
    }
}

#[cfg(test)]
mod tests;
