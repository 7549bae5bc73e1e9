//! Deactivating a user's key: the change, and what is read before it is believed.

use std::time::Duration;

use futures_util::future::{Either, select};
use jiff::Timestamp;

use super::{EffectError, EffectErrorKind, Effects, KeyState, OutcomeResult};
use crate::id::{AccessKeyId, AccountId, UserName};
use crate::plan::Owner;

/// How often the state is read back: IAM shows most changes at once, and some
/// after seconds (IAM User Guide, "Changes that I make are not always immediately
/// visible", checked 2026-11-24). The alert does not wait for those.
pub const READ_BACKS: u32 = 3;

/// The pause between two of them.
pub const PAUSE: Duration = Duration::from_millis(250);

/// Deactivates a key. Where the event is second-hand, IAM is asked first whose it is.
pub(super) async fn deactivate(
    account: &AccountId,
    owner: &Owner,
    id: &AccessKeyId,
    effects: &impl Effects,
) -> Ending {
    let expected = match owner {
        Owner::Shown(user) => return UserKey { account, user, id }.deactivate(effects).await,
        Owner::Asked(expected) => expected,
    };
    match effects.owner(account, id).await {
        Ok(owner) if expected.as_ref().is_some_and(|user| *user != owner) => {
            Ending::Mismatch { owner }
        }
        Ok(owner) => {
            let key = UserKey {
                account,
                user: &owner,
                id,
            };
            let ending = Box::new(key.deactivate(effects).await);
            Ending::Found { owner, ending }
        }
        Err(error) if error.kind == EffectErrorKind::Gone => Ending::AlreadyGone {
            state: KeyState::KeyGone,
        },
        Err(error) => Ending::Failed {
            error,
            last: None,
            reads: 0,
        },
    }
}

struct UserKey<'a> {
    account: &'a AccountId,
    user: &'a UserName,
    id: &'a AccessKeyId,
}

/// A state, or why it could not be read, and when that was.
pub(super) struct Seen {
    state: Result<KeyState, EffectError>,
    at: Timestamp,
}

/// How deactivating a key ended; the sentence for it comes last.
pub(super) enum Ending {
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
    /// IAM says whose key it is, which the event did not.
    Found {
        owner: UserName,
        ending: Box<Ending>,
    },
    /// IAM says that the key is another user's than the event does.
    Mismatch {
        owner: UserName,
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
    /// Whose key it is as IAM says, if the event did not say the same.
    pub(super) fn owner(&self) -> Option<&UserName> {
        match self {
            Self::Found { owner, ending } => ending.owner().or(Some(owner)),
            Self::Mismatch { owner } | Self::Renamed { owner, .. } => Some(owner),
            Self::Verified { .. }
            | Self::AlreadyInactive { .. }
            | Self::AlreadyGone { .. }
            | Self::Accepted { .. }
            | Self::Failed { .. } => None,
        }
    }

    pub(super) fn into_parts(self) -> (OutcomeResult, String, u32, bool) {
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
            Self::Found { owner, ending } => {
                let (result, detail, reads, retry) = ending.into_parts();
                (
                    result,
                    format!("IAM says that it is {owner}'s; {detail}"),
                    reads,
                    retry,
                )
            }
            Self::Mismatch { owner } => (
                OutcomeResult::Failed,
                format!(
                    "nothing was touched: IAM says that the key is {owner}'s, and the event names another user; take the key to be active"
                ),
                0,
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
