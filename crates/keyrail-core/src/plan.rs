//! Plan: what should be done about a verdict, as data, computed without I/O.

use std::fmt;
use std::str::FromStr;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::activity::{Activity, ActorKind, TargetKind};
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

/// A change to an account. A closed list.
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
        let key = KeyOfEvent::of(activity);
        let doubtful = !activity.conflicts.is_empty() || !activity.from_aws;
        let decision = match (activity.outcome.succeeded, Effect::of(name, key)) {
            (Some(false), _) => Err(Withheld::FailedAttempt),
            (None, _) => Err(Withheld::Evidence),
            (Some(true), _) if doubtful => Err(Withheld::Evidence),
            (Some(true), Err(withheld)) => Err(withheld),
            (Some(true), Ok(_)) if activity.replayed => Err(Withheld::Replay),
            (Some(true), Ok(_)) if mode == Mode::Observe => Err(Withheld::Observe),
            (Some(true), Ok(effect)) => Ok(effect),
        };
        Self {
            name,
            target: key.and_then(|key| key.id).map(str::to_owned),
            decision,
        }
    }
}

/// A key as an event names it, with the account and user that belong to it: taken
/// together, so that no step can mix one identity's key with another's name.
#[derive(Clone, Copy)]
struct KeyOfEvent<'a> {
    account: Option<&'a str>,
    user: Option<&'a str>,
    id: Option<&'a str>,
}

impl<'a> KeyOfEvent<'a> {
    /// The key that the activity is about, even if the event does not show its id;
    /// else the long-term key that an IAM user signed the call with.
    fn of(activity: &'a Activity) -> Option<Self> {
        let (actor, target) = (&activity.actor, &activity.target);
        if target.kind == TargetKind::AccessKey {
            return Some(Self {
                account: activity.account.as_deref(),
                user: target.user.as_deref(),
                id: target.access_key_id.as_deref(),
            });
        }
        let id = actor
            .access_key_id
            .as_deref()
            .filter(|key| key.starts_with("AKIA"))?;
        (actor.kind == ActorKind::IamUser).then_some(Self {
            account: actor.account.as_deref(),
            user: actor.name.as_deref(),
            id: Some(id),
        })
    }
}

impl Effect {
    fn of(name: StepName, key: Option<KeyOfEvent<'_>>) -> Result<Self, Withheld> {
        match name {
            StepName::DeleteRootKey => Err(Withheld::NotAllowed),
            StepName::DeactivateKey => {
                let key = key.ok_or(Withheld::NoTarget)?;
                Ok(Self::DeactivateAccessKey {
                    account: parsed(key.account)?,
                    user: parsed(key.user)?,
                    key: parsed(key.id)?,
                })
            }
        }
    }
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

#[cfg(test)]
mod tests;
