//! Carrying out a plan: the changes, each read back before it is believed.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use self::deactivate::deactivate;
pub use self::deactivate::{PAUSE, READ_BACKS};
use crate::id::{AccessKeyId, AccountId, UserName};
use crate::lookup::{Lookup, UserFacts};
use crate::plan::{Effect, Plan, Step, StepName, Withheld};

mod deactivate;

/// The door to AWS: what carrying out a plan needs from outside. Each call has a
/// timeout and bounded retries of its own.
#[expect(
    async_fn_in_trait,
    reason = "both callers are in this workspace, and neither moves the futures between threads"
)]
pub trait Effects {
    /// Sets a user's key to Inactive. Setting it twice is no error.
    ///
    /// # Errors
    ///
    /// As IAM answers, or does not.
    async fn deactivate_key(
        &self,
        account: &AccountId,
        user: &UserName,
        key: &AccessKeyId,
    ) -> Result<(), EffectError>;

    /// Reads what state a user's key is in.
    ///
    /// # Errors
    ///
    /// As IAM answers, or does not. A user or key that is gone is a state, not
    /// an error.
    async fn key_state(
        &self,
        account: &AccountId,
        user: &UserName,
        key: &AccessKeyId,
    ) -> Result<KeyState, EffectError>;

    /// Finds the user that a key belongs to now: users can be renamed.
    ///
    /// # Errors
    ///
    /// [`EffectErrorKind::Gone`] if IAM says that there is no such key.
    async fn owner(&self, account: &AccountId, key: &AccessKeyId) -> Result<UserName, EffectError>;

    /// Looks up facts about a user.
    ///
    /// # Errors
    ///
    /// As IAM answers, or does not; the facts are then not known.
    async fn user_facts(
        &self,
        account: &AccountId,
        user: &UserName,
        lookups: &BTreeSet<Lookup>,
    ) -> Result<UserFacts, EffectError>;

    /// Waits.
    async fn pause(&self, duration: Duration);

    /// The time, which the core never asks for by itself.
    fn now(&self) -> Timestamp;
}

/// The state of an access key, as IAM reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It works.
    Active,
    /// It does not work, and can be activated again.
    Inactive,
    /// The user exists, and has no such key.
    KeyGone,
    /// There is no such user.
    UserGone,
}

/// Why a call to AWS did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EffectError {
    /// What sort of failure, which decides what happens next.
    pub kind: EffectErrorKind,
    /// Service, operation, error code and request id, in one line.
    pub message: String,
}

/// What sort of failure a call to AWS ended in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectErrorKind {
    /// keyrail may not do it.
    Denied,
    /// The account is not one that this deployment can act in.
    Elsewhere,
    /// There is no such user or key.
    Gone,
    /// Something else, which trying again will not mend.
    Other,
    /// AWS limits the rate of calls.
    Throttled,
    /// No answer in time: the change may have been made or not.
    TimedOut,
    /// No connection, or a failure inside the service: it may have been made or not.
    Unreachable,
}

/// What became of one step.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Which step.
    pub step: StepName,
    /// How it ended.
    pub result: OutcomeResult,
    /// The same in one sentence, with what was read back and when.
    pub detail: String,
    /// How often the state was read back.
    pub attempts: u32,
    /// From the first call to the last answer, in milliseconds.
    pub millis: u64,
    /// Whether trying the whole event again could mend it.
    #[serde(skip)]
    pub retry: bool,
    /// The key's user as IAM says, where the event names none or an earlier name.
    #[serde(skip)]
    pub owner: Option<UserName>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeResult {
    /// AWS accepted the change, and the state read back does not show it yet.
    Accepted,
    /// There was nothing left to do: inactive already, deleted, or the user gone.
    Already,
    /// The change was not made, or nobody can tell: take the key to be active.
    Failed,
    /// The change was made, and the state read back shows it.
    Verified,
    /// The plan withheld the step.
    Withheld,
}

/// Carries out a plan, step by step. A failure of one step stops no other.
pub async fn carry_out(plan: &Plan, effects: &impl Effects) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        outcomes.push(match &step.decision {
            Ok(Effect::DeactivateAccessKey {
                account,
                owner,
                key,
            }) => {
                let start = effects.now();
                let ending = deactivate(account, owner, key, effects).await;
                let owner = ending.owner().cloned();
                let (result, detail, attempts, retry) = ending.into_parts();
                let millis = effects
                    .now()
                    .duration_since(start)
                    .as_millis()
                    .try_into()
                    .unwrap_or_default();
                Outcome {
                    step: step.name,
                    result,
                    detail,
                    attempts,
                    millis,
                    retry,
                    owner,
                }
            }
            Err(withheld) => Outcome::withheld(step, *withheld),
        });
    }
    outcomes
}

impl Outcome {
    fn withheld(step: &Step, withheld: Withheld) -> Self {
        Self {
            step: step.name,
            result: OutcomeResult::Withheld,
            detail: withheld.sentence().to_owned(),
            attempts: 0,
            millis: 0,
            retry: false,
            owner: None,
        }
    }
}

impl EffectErrorKind {
    /// Whether the change may have been made in spite of the error.
    fn leaves_doubt(self) -> bool {
        match self {
            Self::TimedOut | Self::Unreachable => true,
            Self::Denied | Self::Elsewhere | Self::Gone | Self::Other | Self::Throttled => false,
        }
    }

    /// Whether Lambda should try the event again.
    fn is_mended_by_retry(self) -> bool {
        match self {
            Self::Gone | Self::Throttled | Self::TimedOut | Self::Unreachable => true,
            Self::Denied | Self::Elsewhere | Self::Other => false,
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Denied => "access denied",
            Self::Elsewhere => "not in this deployment's reach",
            Self::Gone => "IAM did not know the key, and yet knows its user",
            Self::Other => "AWS refused",
            Self::Throttled => "throttled",
            Self::TimedOut => "timed out",
            Self::Unreachable => "AWS could not be reached",
        }
    }
}

impl Withheld {
    /// Why nothing is done, for people.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Archived => "withheld: the finding is archived, resolved or suppressed",
            Self::Evidence => "withheld: the event contradicts itself or did not come from AWS",
            Self::FailedAttempt => "withheld: the attempt failed, so there is nothing to take back",
            Self::NoTarget => "withheld: the event names no long-term key of an IAM user",
            Self::NotAllowed => "withheld: this deployment does not allow it",
            Self::Observe => "withheld: observe mode",
            Self::Replay => "withheld: the event is a replay from an archive",
            Self::Sample => "withheld: the finding is a sample",
        }
    }
}

#[cfg(test)]
mod tests;
