//! The reasons not to act.

use serde::{Deserialize, Serialize};

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
