//! Plan: what should be done about a verdict, as data, computed without I/O.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::effect::{Act, Effect, Owner, Who};
use self::evidence::Evidence;
use crate::activity::{Activity, HandsOff, Provenance};
use crate::bundle::Settings;
use crate::deployment::Deployment;
use crate::id::AccountId;
use crate::judge::Verdict;
use crate::words::{Mode, StepName};

mod effect;
mod evidence;

/// The steps that violated guardrails name, each once, in the order in which
/// they must be taken. Steps that are withheld are in it, with the reason.
#[derive(Debug, Serialize, Deserialize)]
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

/// Why a step is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// The finding is archived, resolved or suppressed.
    Archived,
    /// The event's own evidence contradicts itself, or is not AWS's.
    Evidence,
    /// The attempt failed: there is nothing to take back.
    FailedAttempt,
    /// More was contained in this account within the hour than the settings allow.
    Limit,
    /// The event does not name the target well enough to act on it.
    NoTarget,
    /// The step cannot be undone, or is taken on a role, and the settings do not allow it.
    NotAllowed,
    /// The mode is observe.
    Observe,
    /// The settings protect who it would be taken against; or it is a role that is
    /// keyrail's own, or AWS's.
    Protected,
    /// Somebody has released the key from containment, for a time.
    Released,
    /// An archive replays the event: it may be long past.
    Replay,
    /// The finding is a sample.
    Sample,
    /// The event is older than the settings allow for a step that cannot be undone, or
    /// whose target cannot be compared with the event's.
    TooOld,
}

/// What a plan needs to know beside the activity and the verdict.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds<'a> {
    /// What may be done, and to whom not.
    settings: &'a Settings,
    /// Whose roles are keyrail's own.
    deployment: &'a Deployment,
    /// The time, where it is known.
    now: Option<Timestamp>,
}

impl<'a> Bounds<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        deployment: &'a Deployment,
        now: Option<Timestamp>,
    ) -> Self {
        Self {
            settings,
            deployment,
            now,
        }
    }

    /// Why a step is not taken on somebody, if the settings or who it is forbid it.
    pub(crate) fn forbids(
        &self,
        name: StepName,
        account: &AccountId,
        who: &Who,
    ) -> Option<Withheld> {
        if !self.allow(name) {
            return Some(Withheld::NotAllowed);
        }
        let protect = &self.settings.protect;
        let is_protected = match who {
            Who::Role(role) => {
                protect.has_role(account, role) || self.deployment.is_own_name(role.as_str())
            }
            Who::Root => false,
            Who::User(owner) => owner
                .name()
                .is_some_and(|user| protect.has_user(account, user)),
        };
        is_protected.then_some(Withheld::Protected)
    }

    fn allow(&self, name: StepName) -> bool {
        !name.needs_permission() || self.settings.allow.contains(&name)
    }
}

impl Plan {
    /// Draws the plan for a verdict. Pure: the same arguments give the same plan.
    #[must_use]
    pub(crate) fn draw(activity: &Activity, verdict: &Verdict, bounds: Bounds<'_>) -> Self {
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
            .flat_map(|(name, mode)| Step::decide(name, mode, activity, bounds))
            .collect();
        Self { steps }
    }

    /// The changes that the plan makes, with their steps.
    pub(crate) fn effects(&self) -> impl Iterator<Item = (&Step, &Effect)> {
        self.steps
            .iter()
            .filter_map(|step| Some((step, step.decision.as_ref().ok()?)))
    }

    /// Takes no step, for this reason.
    pub(crate) fn withhold(&mut self, because: Withheld) {
        for step in &mut self.steps {
            if step.decision.is_ok() {
                step.decision = Err(because);
            }
        }
    }
}

impl Step {
    /// One step, or one for each access key that the event names.
    fn decide(name: StepName, mode: Mode, activity: &Activity, bounds: Bounds<'_>) -> Vec<Self> {
        let evidence = Evidence::of(activity, name);
        let all = match name {
            StepName::DeactivateKey | StepName::DeleteKey => evidence.with_more_keys(activity),
            _ => vec![evidence],
        };
        all.into_iter()
            .map(|evidence| Self::decide_on(name, evidence, mode, activity, bounds))
            .collect()
    }

    /// Reasons that hold in every mode come before the mode itself, so that
    /// observe mode tells what enforce mode would do.
    fn decide_on(
        name: StepName,
        evidence: Evidence<'_>,
        mode: Mode,
        activity: &Activity,
        bounds: Bounds<'_>,
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
            evidence.effect(name, activity, bounds),
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
            target: evidence.target(name).map(str::to_owned),
            decision,
        }
    }
}

/// A step as reports have it.
#[derive(Serialize, Deserialize)]
struct Planned<'a> {
    step: StepName,
    target: Option<Cow<'a, str>>,
    reversible: bool,
    /// Why it is not taken, if it is not.
    withheld: Option<Withheld>,
    /// What is done and to whom, if it is.
    effect: Option<Cow<'a, Effect>>,
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let planned = Planned {
            step: self.name,
            target: self.target.as_deref().map(Cow::Borrowed),
            reversible: self.name.is_reversible(),
            withheld: self.decision.as_ref().err().copied(),
            effect: self.decision.as_ref().ok().map(Cow::Borrowed),
        };
        planned.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let planned = Planned::deserialize(deserializer)?;
        let decision = match (planned.withheld, planned.effect) {
            (None, Some(effect)) => Ok(effect.into_owned()),
            (Some(withheld), None) => Err(withheld),
            _ => return Err(D::Error::custom("a step has either `withheld` or `effect`")),
        };
        Ok(Self {
            name: planned.step,
            target: planned.target.map(Cow::into_owned),
            decision,
        })
    }
}

#[cfg(test)]
mod tests;
