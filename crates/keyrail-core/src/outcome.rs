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

    /// Finds the user that a key belongs to now: users can be renamed.
    ///
    /// # Errors
    ///
    /// [`EffectErrorKind::Gone`] if IAM says that there is no such key.
    async fn owner(&self, account: &AccountId, key: &AccessKeyId) -> Result<UserName, EffectError>;

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
    },
    Renamed {
        owner: UserName,
        ending: Box<Ending>,
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
            (Err(error), _, state) if error.kind == EffectErrorKind::Gone => {
                self.find(effects, error, state).await
            }
            // The change may have been made although no answer came: then an
            // Inactive of any time is as good as its confirmation.
            (Err(error), _, _) if error.kind.leaves_doubt() => {
                self.read_back(effects, Some(error), None).await
            }
            (Err(error), Some(before), Some(KeyState::Inactive)) => Ending::AlreadyInactive {
                at: before.at,
                reads: 1,
                failed: Some(error),
            },
            (Err(error), before, _) => Ending::Failed {
                error,
                reads: u32::from(before.is_some()),
                last: before,
            },
        }
    }

    /// IAM knows no such key of this user: has it been deleted, or does the user
    /// have another name by now? Only IAM's word that the key is gone is believed,
    /// as a renamed user's key works on.
    async fn find(
        &self,
        effects: &impl Effects,
        error: EffectError,
        listed: Option<KeyState>,
    ) -> Ending {
        match effects.owner(self.account, self.id).await {
            Ok(owner) if owner != *self.user => {
                let key = UserKey {
                    user: &owner,
                    ..*self
                };
                let change = effects.deactivate_key(key.account, key.user, key.id).await;
                let ending = key.read_back(effects, change.err(), None).await;
                Ending::Renamed {
                    owner: owner.clone(),
                    ending: Box::new(ending),
                }
            }
            Ok(_) => self.read_back(effects, Some(error), None).await,
            Err(error) if error.kind == EffectErrorKind::Gone => {
                let state = listed.filter(|state| *state == KeyState::UserGone);
                Ending::AlreadyGone {
                    state: state.unwrap_or(KeyState::KeyGone),
                }
            }
            Err(error) => Ending::Failed {
                error,
                last: None,
                reads: 0,
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

    /// Reads until the key is Inactive. `doubt` is why the change may not have been
    /// made, and `before` the state that was read before it was.
    async fn read_back(
        &self,
        effects: &impl Effects,
        doubt: Option<EffectError>,
        before: Option<KeyState>,
    ) -> Ending {
        let mut last = None;
        for reads in 1..=READ_BACKS {
            if reads > 1 {
                effects.pause(PAUSE).await;
            }
            let seen = self.look(effects).await;
            match (&seen.state, before) {
                (Ok(KeyState::Inactive), Some(KeyState::Inactive)) => {
                    return Ending::AlreadyInactive {
                        at: seen.at,
                        reads,
                        failed: doubt,
                    };
                }
                (Ok(KeyState::Inactive), _) => return Ending::Verified { at: seen.at, reads },
                // A list without the key lags behind a change that found it.
                (Ok(KeyState::Active | KeyState::KeyGone | KeyState::UserGone) | Err(_), _) => {
                    last = Some(seen);
                }
            }
        }
        match doubt {
            Some(error) => Ending::Failed {
                error,
                last,
                reads: READ_BACKS,
            },
            None => Ending::Accepted {
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
            } => (
                OutcomeResult::Already,
                "the user no longer exists, and so neither does the key".to_owned(),
                1,
                false,
            ),
            Self::AlreadyGone { .. } => (
                OutcomeResult::Already,
                "IAM says that the key has been deleted".to_owned(),
                1,
                false,
            ),
            Self::Renamed { owner, ending } => {
                let (result, detail, reads, retry) = ending.into_parts();
                (
                    result,
                    format!("the user is now called {owner}; {detail}"),
                    reads,
                    retry,
                )
            }
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
