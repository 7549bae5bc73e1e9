//! How a step ended, and the sentence for it.

use jiff::Timestamp;

use super::OutcomeResult;
use crate::change::{Change, Sight};
use crate::effects::EffectError;
use crate::id::UserName;

/// A state, or why it could not be read, and when that was.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) state: Result<Sight, EffectError>,
    pub(super) at: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) enum Ending {
    Verified {
        change: Change,
        at: Timestamp,
        reads: u32,
    },
    AlreadyMade {
        change: Change,
        at: Timestamp,
        reads: u32,
        failed: Option<EffectError>,
    },
    AlreadyGone {
        what: Sight,
        of_key: bool,
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
    /// The key is a protected user's.
    Protected {
        owner: UserName,
    },
    Renamed {
        owner: UserName,
        ending: Box<Ending>,
    },
    /// IAM knows no user of that name, and nothing tells whether it has another.
    Vanished {
        user: UserName,
    },
    /// The user of that name is not the event's.
    Younger {
        user: UserName,
    },
    Accepted {
        change: Change,
        last: Option<Seen>,
        reads: u32,
    },
    Failed {
        change: Option<Change>,
        error: EffectError,
        last: Option<Seen>,
        reads: u32,
    },
}

impl Ending {
    pub(super) fn failed(error: EffectError) -> Self {
        Self::Failed {
            change: None,
            error,
            last: None,
            reads: 0,
        }
    }

    pub(super) fn failed_at(change: &Change, error: EffectError) -> Self {
        Self::Failed {
            change: Some(change.clone()),
            error,
            last: None,
            reads: 0,
        }
    }

    /// Whose key it is as IAM says, if the event did not say the same.
    pub(super) fn owner(&self) -> Option<&UserName> {
        match self {
            Self::Found { owner, ending } => ending.owner().or(Some(owner)),
            Self::Mismatch { owner } | Self::Protected { owner } | Self::Renamed { owner, .. } => {
                Some(owner)
            }
            Self::Verified { .. }
            | Self::AlreadyMade { .. }
            | Self::AlreadyGone { .. }
            | Self::Vanished { .. }
            | Self::Younger { .. }
            | Self::Accepted { .. }
            | Self::Failed { .. } => None,
        }
    }

    fn inmost(&self) -> &Self {
        match self {
            Self::Found { ending, .. } | Self::Renamed { ending, .. } => ending.inmost(),
            other => other,
        }
    }

    /// The change that failed.
    pub(super) fn tried(&self) -> Option<&Change> {
        match self {
            Self::Failed { change, .. } => change.as_ref(),
            Self::Found { ending, .. } | Self::Renamed { ending, .. } => ending.tried(),
            _ => None,
        }
    }

    /// The change that is to hold from now on, whoever made it.
    pub(super) fn holds(&self) -> Option<&Change> {
        match self {
            Self::Verified { change, .. }
            | Self::AlreadyMade { change, .. }
            | Self::Accepted { change, .. } => Some(change),
            Self::Failed { change, error, .. } if error.kind.leaves_doubt() => change.as_ref(),
            Self::Found { ending, .. } | Self::Renamed { ending, .. } => ending.holds(),
            Self::AlreadyGone { .. }
            | Self::Mismatch { .. }
            | Self::Protected { .. }
            | Self::Vanished { .. }
            | Self::Younger { .. }
            | Self::Failed { .. } => None,
        }
    }

    /// The changes that keyrail made, or may have made.
    pub(super) fn changes(&self) -> Vec<Change> {
        let was_so = matches!(self.inmost(), Self::AlreadyMade { .. });
        let made = self.holds().filter(|_| !was_so);
        made.cloned().into_iter().collect()
    }

    /// Result, sentence, how often the state was read, whether another try could help.
    pub(super) fn into_parts(self) -> (OutcomeResult, String, u32, bool) {
        let already = |detail: &str| (OutcomeResult::Already, detail.to_owned(), 1, false);
        match self {
            Self::Verified { change, at, reads } => {
                let (done, shown) = (change.done(), change.shown());
                let detail = format!("{done}, and read back {shown} at {}", to_second(at));
                (OutcomeResult::Verified, detail, reads, false)
            }
            Self::AlreadyMade {
                change,
                at,
                reads,
                failed,
            } => {
                let (shown, at) = (change.shown(), to_second(at));
                let detail = match failed {
                    None => format!(
                        "was {shown} before keyrail's change was confirmed; read {shown} at {at}"
                    ),
                    Some(error) => {
                        format!("was {shown} at {at}; keyrail's own change was not made: {error}")
                    }
                };
                (OutcomeResult::Already, detail, reads, false)
            }
            Self::AlreadyGone { what, of_key } => match (what, of_key) {
                (Sight::OwnerGone, true) => {
                    already("the user no longer exists, and so neither does the key")
                }
                (Sight::OwnerGone, false) => already("IAM says that it no longer exists"),
                (_, true) => already("IAM says that the key has been deleted"),
                (_, false) => already("IAM says that there is none, or none any more"),
            },
            Self::Found { owner, ending } => {
                let (result, detail, reads, retry) = ending.into_parts();
                let detail = format!("IAM says that it is {owner}'s; {detail}");
                (result, detail, reads, retry)
            }
            Self::Mismatch { owner } => {
                let detail = format!(
                    "nothing was touched: IAM says that the key is {owner}'s, and the event names another user; assume that the key is active"
                );
                (OutcomeResult::Failed, detail, 0, false)
            }
            Self::Protected { owner } => {
                let detail =
                    format!("withheld: IAM says that it is {owner}'s, whom the settings protect");
                (OutcomeResult::Withheld, detail, 0, false)
            }
            Self::Renamed { owner, ending } => {
                let (result, detail, reads, retry) = ending.into_parts();
                let detail = format!("the user is now called {owner}; {detail}");
                (result, detail, reads, retry)
            }
            Self::Vanished { user } => {
                let detail = format!(
                    "IAM knows no user {user}: it was deleted, or has another name since; look for it"
                );
                (OutcomeResult::Failed, detail, 0, true)
            }
            Self::Younger { user } => {
                let detail = format!(
                    "nothing was touched: the user {user} that exists now is younger than the event, and so another one"
                );
                (OutcomeResult::Failed, detail, 0, false)
            }
            Self::Accepted { last, reads, .. } => {
                let detail = format!(
                    "AWS accepted the change, and it is not yet visible: {}",
                    last_seen(last)
                );
                (OutcomeResult::Accepted, detail, reads, false)
            }
            Self::Failed {
                change,
                error,
                last,
                reads,
            } => {
                let risk = match change {
                    Some(change) if change.key().is_none() => "take it not to have been done",
                    _ => "assume that the key is active",
                };
                let detail = format!(
                    "{}: {error}; {}; {risk}",
                    error.kind.sentence(),
                    last_seen(last)
                );
                let retry = error.kind.is_mended_by_retry();
                (OutcomeResult::Failed, detail, reads, retry)
            }
        }
    }
}

fn last_seen(seen: Option<Seen>) -> String {
    let Some(Seen { state, at }) = seen else {
        return "its state was not read".to_owned();
    };
    let state = match state {
        Ok(Sight::Made) => "as it should be",
        Ok(Sight::NotMade(state)) => state,
        Ok(Sight::TargetGone) => "nothing such of this user",
        Ok(Sight::OwnerGone) => "no user of this name in this account",
        Err(error) => return format!("its state could not be read: {error}"),
    };
    format!("last read as {state} at {}", to_second(at))
}

/// Alerts give times to the second: people read them.
fn to_second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
