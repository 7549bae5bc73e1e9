//! Carrying out a plan: the changes, each read back before it is believed.

use std::time::Duration;

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

/// How often the state is read back: IAM shows most changes at once, and some
/// after seconds (IAM User Guide, "Changes that I make are not always immediately
/// visible", checked 2026-11-24). The alert does not wait for those.
pub const READ_BACKS: u32 = 3;

/// The pause between two of them.
pub const PAUSE: Duration = Duration::from_millis(250);

struct UserKey<'a> {
    account: &'a AccountId,
    user: &'a UserName,
    id: &'a AccessKeyId,
}

/// A state, or why it could not be read, and when that was.
struct Seen {
    state: Result<KeyState, EffectError>,
    at: Timestamp,
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
        failed: Option<EffectError>,
    },
    AlreadyGone {
        state: KeyState,
        reads: u32,
    },
    Accepted {
        last: Option<Seen>,
        reads: u32,
    },
    Failed {
        error: EffectError,
        last: Option<Seen>,
        reads: u32,
    },
}

impl UserKey<'_> {
    /// The change goes out first, and what the state is beside it: nothing waits
    /// for that, and if it is answered before the change is confirmed, it tells a
    /// key that had been stopped already from one that keyrail stops.
    async fn deactivate(&self, effects: &impl Effects) -> Ending {
        let change = std::pin::pin!(effects.deactivate_key(self.account, self.user, self.id));
        let read = std::pin::pin!(self.look(effects));
        let (changed, before) = match select(change, read).await {
            Either::Left((Ok(()), _)) => (Ok(()), None),
            Either::Left((changed, read)) => (changed, Some(read.await)),
            Either::Right((before, change)) => (change.await, Some(before)),
        };
        let state = before
            .as_ref()
            .and_then(|before| before.state.as_ref().ok())
            .copied();
        match (changed, before, state) {
            (Ok(()), _, state) => self.read_back(effects, None, state).await,
            // The change may have been made although no answer came: then an
            // Inactive of any time is as good as its confirmation.
            (Err(error), _, _) if error.kind.leaves_doubt() => {
                let before = state.filter(|state| *state != KeyState::Inactive);
                self.read_back(effects, Some(error), before).await
            }
            (Err(error), Some(before), Some(KeyState::Inactive)) => Ending::AlreadyInactive {
                at: before.at,
                reads: 1,
                failed: Some(error),
            },
            // A key that is not listed may be too new to be listed everywhere.
            (Err(error), _, Some(KeyState::KeyGone | KeyState::UserGone)) => {
                self.read_back(effects, Some(error), state).await
            }
            (Err(error), before, _) => Ending::Failed {
                error,
                reads: u32::from(before.is_some()),
                last: before,
            },
        }
    }

    async fn look(&self, effects: &impl Effects) -> Seen {
        let state = effects.key_state(self.account, self.user, self.id).await;
        Seen {
            state,
            at: effects.now(),
        }
    }

    /// Only Inactive is believed at once. That a key is gone is believed if the
    /// change found it so (`doubt`) and it was never seen otherwise.
    async fn read_back(
        &self,
        effects: &impl Effects,
        doubt: Option<EffectError>,
        before: Option<KeyState>,
    ) -> Ending {
        let mut always_gone = before != Some(KeyState::Active);
        let mut last = None;
        for reads in 1..=READ_BACKS {
            if reads > 1 {
                effects.pause(PAUSE).await;
            }
            let seen = self.look(effects).await;
            match seen.state {
                Ok(KeyState::Inactive) if before == Some(KeyState::Inactive) => {
                    return Ending::AlreadyInactive {
                        at: seen.at,
                        reads,
                        failed: doubt,
                    };
                }
                Ok(KeyState::Inactive) => return Ending::Verified { at: seen.at, reads },
                Ok(KeyState::KeyGone | KeyState::UserGone) => {}
                Ok(KeyState::Active) | Err(_) => always_gone = false,
            }
            last = Some(seen);
        }
        match (doubt, last) {
            (
                Some(error),
                Some(Seen {
                    state: Ok(state), ..
                }),
            ) if always_gone && error.kind.says_gone() => Ending::AlreadyGone {
                state,
                reads: READ_BACKS,
            },
            (Some(error), last) => Ending::Failed {
                error,
                last,
                reads: READ_BACKS,
            },
            (None, last) => Ending::Accepted {
                last,
                reads: READ_BACKS,
            },
        }
    }
}

fn last_seen(seen: Option<Seen>) -> String {
    let Some(Seen { state, at }) = seen else {
        return "its state was not read".to_owned();
    };
    let state = match state {
        Ok(KeyState::Active) => "Active",
        Ok(KeyState::Inactive) => "Inactive",
        Ok(KeyState::KeyGone) => "no key of this user",
        Ok(KeyState::UserGone) => "a key of no user of this account",
        Err(error) => return format!("its state could not be read: {error}"),
    };
    format!("last read as {state} at {}", to_second(at))
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
            Self::AlreadyInactive {
                at,
                reads,
                failed: None,
            } => (
                OutcomeResult::Already,
                format!(
                    "was Inactive before keyrail's change was confirmed; read Inactive at {}",
                    to_second(at)
                ),
                reads,
                false,
            ),
            Self::AlreadyInactive {
                at,
                reads,
                failed: Some(error),
            } => (
                OutcomeResult::Already,
                format!(
                    "was Inactive at {}; keyrail's own change was not made: {error}",
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
            Self::Accepted { last, reads } => (
                OutcomeResult::Accepted,
                format!(
                    "AWS accepted the change, and it is not yet visible: {}",
                    last_seen(last)
                ),
                reads,
                false,
            ),
            Self::Failed { error, last, reads } => (
                OutcomeResult::Failed,
                format!(
                    "{}: {error}; {}; take the key to be active",
                    error.kind.sentence(),
                    last_seen(last)
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

    /// Whether AWS said that there is no such key: its word on a change counts more
    /// than a list, as the change goes to where the key was made. Where keyrail may
    /// not make the change, the lists have to do.
    fn says_gone(self) -> bool {
        matches!(self, Self::Denied | Self::Gone)
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
            Self::Gone => "IAM knows no such key, and yet it may exist",
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
