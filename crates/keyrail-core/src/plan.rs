//! Plan: what should be done about a verdict, as data, computed without I/O.

use std::borrow::Cow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use self::bounds::Bounds;
pub use self::effect::{Act, Effect, Owner, Who};
use self::evidence::Evidence;
pub use self::withheld::Withheld;
use crate::activity::{Activity, HandsOff, Provenance};
use crate::judge::Verdict;
use crate::words::{Mode, StepName};

mod bounds;
mod effect;
mod evidence;
mod withheld;

/// The steps that violated guardrails name, each once, in the order in which
/// they must be taken. Steps that are withheld are in it, with the reason.
#[derive(Debug, Default, Serialize, Deserialize)]
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
            StepName::DeactivateServiceCredential
            | StepName::DeactivateSshKey
            | StepName::DeactivateSigningCertificate
            | StepName::RevokeSessions
            | StepName::RevokeRoleSessions
            | StepName::QuarantineUser
            | StepName::DisableConsoleLogin
            | StepName::DeleteRootKey => vec![evidence],
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
