//! How a step ended.

use jiff::Timestamp;

use super::result::OutcomeResult;
use crate::change::{Change, ObservedState};
use crate::effects::{EffectError, EffectErrorKind};
use crate::id::{AccessKeyId, UserName};

/// A state, or why it could not be read, and when that was.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) state: Result<ObservedState, EffectError>,
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
    /// IAM says that what was to be changed is gone.
    AlreadyGone {
        what: ObservedState,
        change: Change,
        at: Timestamp,
    },
    /// IAM says whose key it is, which the event did not.
    Found {
        owner: UserName,
        ending: Box<Ending>,
    },
    /// IAM says that the key is another user's than the event does.
    Mismatch { owner: UserName },
    /// The key is a protected user's.
    Protected { owner: UserName },
    Renamed {
        owner: UserName,
        ending: Box<Ending>,
    },
    /// IAM does not show what was to be changed, and the event is so recent that this proves
    /// nothing.
    Unseen {
        change: Change,
        last: Option<Seen>,
        reads: u32,
    },
    /// IAM does not say whose the key is, and nothing else names its user.
    Unattributed {
        key: AccessKeyId,
        error: EffectError,
    },
    /// Nothing shows that the user of that name is the one who held the key.
    Unproven {
        user: UserName,
        /// What the user of that name does not have.
        what: Change,
    },
    /// IAM knows no user of that name, and nothing tells whether it has another.
    Vanished {
        user: UserName,
        change: Option<Change>,
    },
    /// The user of that name is not the event's.
    Younger { user: UserName },
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
        /// Whether a call was not answered, so that it may have been made.
        may_be_made: bool,
    },
}

impl Ending {
    pub(super) fn failed(error: EffectError) -> Self {
        Self::Failed {
            change: None,
            error,
            last: None,
            reads: 0,
            may_be_made: false,
        }
    }

    pub(super) fn failed_at(change: &Change, error: EffectError) -> Self {
        Self::Failed {
            change: Some(change.clone()),
            error,
            last: None,
            reads: 0,
            may_be_made: false,
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
            | Self::Unattributed { .. }
            | Self::Unproven { .. }
            | Self::Unseen { .. }
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

    /// The change that was not made, for people to look at.
    pub(super) fn tried(&self) -> Option<&Change> {
        match self.inmost() {
            Self::Failed { change, .. } => change.as_ref(),
            Self::Found { .. }
            | Self::Renamed { .. }
            | Self::Verified { .. }
            | Self::AlreadyMade { .. }
            | Self::AlreadyGone { .. }
            | Self::Mismatch { .. }
            | Self::Protected { .. }
            | Self::Unattributed { .. }
            | Self::Unproven { .. }
            | Self::Unseen { .. }
            | Self::Vanished { .. }
            | Self::Younger { .. }
            | Self::Accepted { .. } => None,
        }
    }

    /// The change that is to hold from now on, whoever made it. What is gone or not to be
    /// found may come back, and is looked at again like what was done.
    pub(super) fn holds(&self) -> Option<&Change> {
        match self.inmost() {
            Self::Verified { change, .. }
            | Self::AlreadyMade { change, .. }
            | Self::AlreadyGone { change, .. }
            | Self::Unseen { change, .. }
            | Self::Accepted { change, .. } => Some(change),
            Self::Vanished { change, .. } => change.as_ref(),
            Self::Failed {
                change,
                may_be_made: true,
                ..
            } => change.as_ref(),
            Self::Found { .. }
            | Self::Renamed { .. }
            | Self::Mismatch { .. }
            | Self::Protected { .. }
            | Self::Unattributed { .. }
            | Self::Unproven { .. }
            | Self::Younger { .. }
            | Self::Failed { .. } => None,
        }
    }

    /// Whether IAM had no user of that name.
    pub(super) fn is_user_missing(&self) -> bool {
        matches!(self.inmost(), Self::Vanished { .. })
    }

    /// The changes that keyrail made, or may have made.
    pub(super) fn changes(&self) -> Vec<Change> {
        let made = match self.inmost() {
            Self::Verified { change, .. } | Self::Accepted { change, .. } => Some(change),
            Self::Failed {
                change,
                may_be_made: true,
                ..
            } => change.as_ref(),
            Self::AlreadyMade { .. }
            | Self::AlreadyGone { .. }
            | Self::Found { .. }
            | Self::Renamed { .. }
            | Self::Mismatch { .. }
            | Self::Protected { .. }
            | Self::Unattributed { .. }
            | Self::Unproven { .. }
            | Self::Unseen { .. }
            | Self::Vanished { .. }
            | Self::Younger { .. }
            | Self::Failed { .. } => None,
        };
        made.cloned().into_iter().collect()
    }

    pub(super) fn result(&self) -> OutcomeResult {
        match self {
            Self::Verified { .. } => OutcomeResult::Verified,
            Self::AlreadyMade { .. } | Self::AlreadyGone { .. } => OutcomeResult::Already,
            Self::Accepted { .. } | Self::Unseen { .. } => OutcomeResult::Accepted,
            Self::Protected { .. } => OutcomeResult::Withheld,
            Self::Mismatch { .. }
            | Self::Unattributed { .. }
            | Self::Unproven { .. }
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
            | Self::Unseen { reads, .. }
            | Self::Failed { reads, .. } => *reads,
            Self::AlreadyGone { .. } => 2,
            Self::Found { ending, .. } | Self::Renamed { ending, .. } => ending.reads(),
            Self::Mismatch { .. }
            | Self::Protected { .. }
            | Self::Unattributed { .. }
            | Self::Unproven { .. }
            | Self::Vanished { .. }
            | Self::Younger { .. } => 0,
        }
    }

    /// Whether another try of the whole event could help. What IAM does not know, or does
    /// not tell, is looked at again instead.
    pub(super) fn is_worth_a_retry(&self) -> bool {
        match self.inmost() {
            Self::Failed { error, .. } => {
                error.kind.may_pass() || error.kind == EffectErrorKind::Gone
            }
            Self::Verified { .. }
            | Self::AlreadyMade { .. }
            | Self::AlreadyGone { .. }
            | Self::Found { .. }
            | Self::Renamed { .. }
            | Self::Mismatch { .. }
            | Self::Protected { .. }
            | Self::Unattributed { .. }
            | Self::Unproven { .. }
            | Self::Unseen { .. }
            | Self::Vanished { .. }
            | Self::Younger { .. }
            | Self::Accepted { .. } => false,
        }
    }
}
