//! How a step ended.

use jiff::Timestamp;

use super::OutcomeResult;
use crate::change::{Change, Sight};
use crate::effects::EffectError;
use crate::id::UserName;

/// A state, or why it could not be read, and when that was.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) state: Result<Sight, EffectError>,
    pub(crate) at: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) enum Ending {
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

    pub(super) fn result(&self) -> OutcomeResult {
        match self {
            Self::Verified { .. } => OutcomeResult::Verified,
            Self::AlreadyMade { .. } | Self::AlreadyGone { .. } => OutcomeResult::Already,
            Self::Accepted { .. } => OutcomeResult::Accepted,
            Self::Protected { .. } => OutcomeResult::Withheld,
            Self::Mismatch { .. }
            | Self::Vanished { .. }
            | Self::Younger { .. }
            | Self::Failed { .. } => OutcomeResult::Failed,
            Self::Found { ending, .. } | Self::Renamed { ending, .. } => ending.result(),
        }
    }

    /// How often the state was read back.
    pub(super) fn reads(&self) -> u32 {
        match self {
            Self::Verified { reads, .. }
            | Self::AlreadyMade { reads, .. }
            | Self::Accepted { reads, .. }
            | Self::Failed { reads, .. } => *reads,
            Self::AlreadyGone { .. } => 1,
            Self::Found { ending, .. } | Self::Renamed { ending, .. } => ending.reads(),
            Self::Mismatch { .. }
            | Self::Protected { .. }
            | Self::Vanished { .. }
            | Self::Younger { .. } => 0,
        }
    }

    /// Whether another try of the whole event could help.
    pub(super) fn is_worth_a_retry(&self) -> bool {
        match self.inmost() {
            Self::Vanished { .. } => true,
            Self::Failed { error, .. } => error.kind.is_mended_by_retry(),
            _ => false,
        }
    }
}
