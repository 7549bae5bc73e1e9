//! Carrying out a plan: the changes, each read back before it is believed.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use jiff::Timestamp;
use serde::Serialize;

use crate::id::{AccessKeyId, AccountId, UserName};
use crate::plan::{Effect, Plan, Step, StepName, Withheld};

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
            Ok(Effect::DeactivateAccessKey { account, user, key }) => {
                let key = UserKey {
                    account,
                    user,
                    id: key,
                };
                let start = effects.now();
                let (result, detail, attempts, retry) = key.deactivate(effects).await.into_parts();
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
        }
    }
}

/// How often the state is read back, and the pauses between: IAM shows most
/// changes at once, and some after seconds (IAM User Guide, "Changes that I make
/// are not always immediately visible", checked 2026-11-24). The alert does not
/// wait for those.
const READ_BACKS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(250);

struct UserKey<'a> {
    account: &'a AccountId,
    user: &'a UserName,
    id: &'a AccessKeyId,
}

/// How deactivating a key ended; the sentence for it comes last.
enum Ending {
    Verified {
        at: Timestamp,
        reads: u32,
    },
    AlreadyInactive {
        at: Timestamp,
        reads: u32,
    },
    AlreadyGone {
        state: KeyState,
        reads: u32,
    },
    Accepted {
        seen: String,
        reads: u32,
    },
    Failed {
        error: EffectError,
        seen: String,
        reads: u32,
    },
}

impl UserKey<'_> {
    /// The state before and the change are asked for at the same time: nothing
    /// stands before the change, and what is read before its confirmation tells
    /// a key that keyrail stopped from one that had been stopped already.
    async fn deactivate(&self, effects: &impl Effects) -> Ending {
        let read = std::pin::pin!(effects.key_state(self.account, self.user, self.id));
        let change = std::pin::pin!(effects.deactivate_key(self.account, self.user, self.id));
        let (before, changed) = match select(read, change).await {
            Either::Left((before, mut change)) => match change.as_mut().now_or_never() {
                // Both at once: the read may have come after the change, so it
                // is no evidence of what was before.
                Some(Ok(())) => (None, Ok(())),
                Some(changed) => (Some(before), changed),
                None => (Some(before), change.await),
            },
            Either::Right((Ok(()), _)) => (None, Ok(())),
            Either::Right((changed, read)) => (Some(read.await), changed),
        };
        let is_gone = matches!(before, Some(Ok(KeyState::KeyGone | KeyState::UserGone)));
        match (changed, before) {
            (Ok(()), before) => {
                let was_inactive = before == Some(Ok(KeyState::Inactive));
                self.read_back(effects, None, was_inactive).await
            }
            (Err(_), Some(Ok(KeyState::Inactive))) => Ending::AlreadyInactive {
                at: effects.now(),
                reads: 1,
            },
            // The change may have been made although no answer came, and a new
            // key may not be known everywhere yet.
            (Err(error), _) if is_gone || error.kind.leaves_doubt() => {
                self.read_back(effects, Some(error), false).await
            }
            (Err(error), before) => Ending::Failed {
                error,
                seen: seen(before),
                reads: 1,
            },
        }
    }

    /// Only Inactive is believed at once. A key that is not listed may be too new
    /// to be listed everywhere, so that is believed if it stays so.
    async fn read_back(
        &self,
        effects: &impl Effects,
        doubt: Option<EffectError>,
        was_inactive: bool,
    ) -> Ending {
        let mut last = None;
        for reads in 1..=READ_BACKS {
            if reads > 1 {
                effects.pause(PAUSE).await;
            }
            let state = effects.key_state(self.account, self.user, self.id).await;
            match state {
                Ok(KeyState::Inactive) if was_inactive => {
                    return Ending::AlreadyInactive {
                        at: effects.now(),
                        reads,
                    };
                }
                Ok(KeyState::Inactive) => {
                    return Ending::Verified {
                        at: effects.now(),
                        reads,
                    };
                }
                Ok(KeyState::Active | KeyState::KeyGone | KeyState::UserGone) | Err(_) => {
                    last = Some(state);
                }
            }
        }
        match (last, doubt) {
            (Some(Ok(state @ (KeyState::KeyGone | KeyState::UserGone))), _) => {
                Ending::AlreadyGone {
                    state,
                    reads: READ_BACKS,
                }
            }
            (last, Some(error)) => Ending::Failed {
                error,
                seen: seen(last),
                reads: READ_BACKS,
            },
            (last, None) => Ending::Accepted {
                seen: seen(last),
                reads: READ_BACKS,
            },
        }
    }
}

fn seen(state: Option<Result<KeyState, EffectError>>) -> String {
    match state {
        Some(Ok(KeyState::Active)) => "last read Active".to_owned(),
        Some(Ok(KeyState::Inactive)) => "last read Inactive".to_owned(),
        Some(Ok(KeyState::KeyGone)) => "last read as no key of this user".to_owned(),
        Some(Ok(KeyState::UserGone)) => "last read as no user of this account".to_owned(),
        Some(Err(error)) => format!("its state could not be read: {error}"),
        None => "its state was not read".to_owned(),
    }
}

impl Ending {
    fn into_parts(self) -> (OutcomeResult, String, u32, bool) {
        match self {
            Self::Verified { at, reads } => (
                OutcomeResult::Verified,
                format!(
                    "set to Inactive, and read back Inactive at {}",
                    to_second(at)
                ),
                reads,
                false,
            ),
            Self::AlreadyInactive { at, reads } => (
                OutcomeResult::Already,
                format!(
                    "was Inactive before keyrail's change was confirmed, and read Inactive at {}",
                    to_second(at)
                ),
                reads,
                false,
            ),
            Self::AlreadyGone {
                state: KeyState::UserGone,
                reads,
            } => (
                OutcomeResult::Already,
                "the user no longer exists, and so neither does the key".to_owned(),
                reads,
                false,
            ),
            Self::AlreadyGone { reads, .. } => (
                OutcomeResult::Already,
                "the key has been deleted; the user still exists".to_owned(),
                reads,
                false,
            ),
            Self::Accepted { seen, reads } => (
                OutcomeResult::Accepted,
                format!("AWS accepted the change, and it is not yet visible: {seen}"),
                reads,
                false,
            ),
            Self::Failed { error, seen, reads } => (
                OutcomeResult::Failed,
                format!(
                    "{}: {error}; {seen}; take the key to be active",
                    error.kind.sentence()
                ),
                reads,
                error.kind.is_mended_by_retry(),
            ),
        }
    }
}

/// Alerts give times to the second: people read them.
fn to_second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl EffectErrorKind {
    /// Whether the change may have been made in spite of the error.
    fn leaves_doubt(self) -> bool {
        match self {
            Self::Gone | Self::TimedOut | Self::Unreachable => true,
            Self::Denied | Self::Elsewhere | Self::Other | Self::Throttled => false,
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
            Self::Gone => "IAM knows no such key, and yet lists it",
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
            Self::Evidence => "withheld: the event contradicts itself or did not come from AWS",
            Self::FailedAttempt => "withheld: the attempt failed, so there is nothing to take back",
            Self::NoTarget => "withheld: the event does not name the key and its user",
            Self::NotAllowed => {
                "withheld: it cannot be undone, and this deployment does not allow it"
            }
            Self::Observe => "withheld: observe mode",
            Self::Replay => "withheld: the event is a replay from an archive",
        }
    }
}

#[cfg(test)]
mod tests;
