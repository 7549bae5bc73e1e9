//! Plan: what should be done about a verdict, as data, computed without I/O.

use std::fmt;
use std::str::FromStr;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::activity::taxonomy::Group;
use crate::activity::{Activity, ActorKind, HandsOff, Provenance, TargetKind};
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
    /// Denies a user everything that its own permissions allow.
    QuarantineUser,
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
        owner: Owner,
        /// The key.
        key: AccessKeyId,
    },
}

/// Whose an access key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The event itself shows it.
    Shown(UserName),
    /// The event is second-hand, so IAM is asked before anything is changed; where
    /// the event names a user, IAM must name the same.
    Asked(Option<UserName>),
}

/// Why a step is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// The finding is archived, resolved or suppressed.
    Archived,
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
    /// The finding is a sample.
    Sample,
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
            .flat_map(|(name, mode)| Step::decide(name, mode, activity))
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
    /// One step, or one for each access key that the event names.
    fn decide(name: StepName, mode: Mode, activity: &Activity) -> Vec<Self> {
        let keys = match name {
            StepName::DeactivateKey => KeyOfEvent::all(activity),
            StepName::QuarantineUser | StepName::DeleteRootKey => Vec::new(),
        };
        let key = KeyOfEvent::of(activity);
        if keys.is_empty() {
            return vec![Self::decide_on(name, key, mode, activity)];
        }
        keys.into_iter()
            .map(|key| Self::decide_on(name, Some(key), mode, activity))
            .collect()
    }

    /// Reasons that hold in every mode come before the mode itself, so that
    /// observe mode tells what enforce mode would do.
    fn decide_on(
        name: StepName,
        key: Option<KeyOfEvent<'_>>,
        mode: Mode,
        activity: &Activity,
    ) -> Self {
        let doubtful =
            !activity.conflicts.is_empty() || activity.provenance == Provenance::Stranger;
        // What AWS reports is no attempt that could have failed.
        let succeeded = activity
            .outcome
            .succeeded
            .or(activity.kind.is_report().then_some(true));
        let decision = match (
            succeeded,
            activity.hands_off,
            Effect::of(name, key, activity),
        ) {
            (Some(false), ..) => Err(Withheld::FailedAttempt),
            (None, ..) => Err(Withheld::Evidence),
            (Some(true), ..) if doubtful => Err(Withheld::Evidence),
            // Samples name keys that do not exist.
            (Some(true), Some(HandsOff::Sample), _) => Err(Withheld::Sample),
            (Some(true), _, Err(withheld)) => Err(withheld),
            (Some(true), Some(HandsOff::Archived), Ok(_)) => Err(Withheld::Archived),
            (Some(true), Some(HandsOff::Replay), Ok(_)) => Err(Withheld::Replay),
            (Some(true), None, Ok(_)) if mode == Mode::Observe => Err(Withheld::Observe),
            (Some(true), None, Ok(effect)) => Ok(effect),
        };
        Self {
            name,
            target: match name {
                StepName::DeactivateKey | StepName::DeleteRootKey => key.and_then(|key| key.id),
                StepName::QuarantineUser => key.and_then(|key| key.user),
            }
            .map(str::to_owned),
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
        // Whoever puts a user under quarantine is not the one to be stopped.
        if activity.groups.contains(&Group::ReportExposure) {
            return None;
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

    /// That key, and any further ones that the event names.
    fn all(activity: &'a Activity) -> Vec<Self> {
        let first = Self::of(activity);
        let more = activity.target.more_keys.iter().map(|id| Self {
            account: activity.account.as_deref(),
            user: None,
            id: Some(id.as_str()),
        });
        first.into_iter().chain(more).collect()
    }
}

impl Effect {
    fn of(
        name: StepName,
        key: Option<KeyOfEvent<'_>>,
        activity: &Activity,
    ) -> Result<Self, Withheld> {
        match name {
            StepName::QuarantineUser | StepName::DeleteRootKey => Err(Withheld::NotAllowed),
            StepName::DeactivateKey => {
                let key = key.ok_or(Withheld::NoTarget)?;
                let owner = match (activity.provenance == Provenance::SecondHand, key.user) {
                    (false, user) => Owner::Shown(parsed(user)?),
                    // Root's keys are nobody's that IAM could name.
                    (true, _) if activity.target.is_root == Some(true) => {
                        return Err(Withheld::NoTarget);
                    }
                    (true, None) => Owner::Asked(None),
                    (true, user) => Owner::Asked(Some(parsed(user)?)),
                };
                Ok(Self::DeactivateAccessKey {
                    account: parsed(key.account)?,
                    owner,
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
    /// All steps, in the order in which they are taken.
    pub const ALL: [Self; 3] = [
        Self::DeactivateKey,
        Self::QuarantineUser,
        Self::DeleteRootKey,
    ];

    /// Whether it is taken only where `[allow] steps` lists it: it has no undo.
    #[must_use]
    pub fn needs_permission(self) -> bool {
        !self.is_reversible()
    }

    /// The step's name in annotations and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeactivateKey => "deactivate-key",
            Self::QuarantineUser => "quarantine-user",
            Self::DeleteRootKey => "delete-root-key",
        }
    }

    /// Whether keyrail can undo it.
    #[must_use]
    pub fn is_reversible(self) -> bool {
        match self {
            Self::DeactivateKey | Self::QuarantineUser => true,
            Self::DeleteRootKey => false,
        }
    }
}

impl FromStr for StepName {
    type Err = UnknownWordError;

    fn from_str(word: &str) -> Result<Self, UnknownWordError> {
        Self::ALL
            .into_iter()
            .find(|step| step.as_str() == word)
            .ok_or_else(|| {
                UnknownWordError::new(
                    word,
                    "deactivate-key, quarantine-user, delete-root-key, or `alert` alone",
                )
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
