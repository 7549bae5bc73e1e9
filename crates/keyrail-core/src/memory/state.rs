//! State: what keyrail remembers between events, where it has a table for it.
//!
//! Nothing depends on it: without the table, or when that fails, keyrail contains and
//! alerts all the same, and says what it could not know.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::activity::Beat;
use crate::cause::Cause;
use crate::id::AccountId;
use crate::repeats::{Repetition, Tally, Window};

/// The door to the table.
#[expect(
    async_fn_in_trait,
    reason = "both callers are in this workspace, and neither moves the futures between threads"
)]
pub trait State {
    /// Whether there is a table.
    fn has_table(&self) -> bool;

    /// Claims an event, so that nobody but `by` handles it, and knows for so long that it was
    /// handled. What `by` has claimed before is still its own: an answer that was late or lost
    /// locks nobody out.
    ///
    /// # Errors
    ///
    /// If the table does not answer, in which case the claim may have been made; the same
    /// holds for all that follow.
    async fn claim(
        &self,
        event: &str,
        by: &Claimant,
        lasts: SignedDuration,
    ) -> Result<Claim, StateError>;

    /// Ends the claim that `by` has, or had and the table has lost, and keeps it for so long.
    /// Another's stays as it is.
    async fn complete_claim(
        &self,
        event: &str,
        by: &Claimant,
        end: ClaimEnd,
        lasts: SignedDuration,
    ) -> Result<(), StateError>;

    /// Counts a containment in an account within this hour, once for each event; whether
    /// there were fewer than `most`.
    async fn count(&self, account: &AccountId, event: &str, most: u32) -> Result<bool, StateError>;

    /// Whether a repetition is one of the first `most` that may be part of a storm. Asking twice
    /// for one counts it once.
    async fn is_among_first(
        &self,
        repetition: &Repetition,
        storm: &Repetition,
        most: u32,
    ) -> Result<bool, StateError>;

    /// Opens a window for an event, unless there is one.
    async fn open(&self, repetition: &Repetition, event: &str) -> Result<Window, StateError>;

    /// Says that the follow-up of a window will come.
    async fn promise(&self, repetition: &Repetition) -> Result<(), StateError>;

    /// Counts an event in a window that promises a follow-up, by its id and what it came to;
    /// whether there is such a window. Of [`crate::repeats::MOST_ENTRIES`] each is kept, and
    /// counting it twice counts once; of what comes after those only the number grows.
    async fn tally(&self, repetition: &Repetition, entry: &str) -> Result<bool, StateError>;

    /// What was counted in a window; `None` if nothing is known of it.
    async fn tallied(&self, repetition: &Repetition) -> Result<Option<Tally>, StateError>;

    /// Keeps a beat as the last sign of life of its account, Region and call, unless one of its hour
    /// or a later one is kept already.
    async fn hear(&self, beat: &Beat) -> Result<(), StateError>;

    /// What is remembered about a subject.
    async fn recall(&self, about: &Subject) -> Result<Vec<Memory>, StateError>;

    /// Remembers something about a subject. Remembering it twice is no error.
    async fn remember(&self, memory: &Memory) -> Result<(), StateError>;
}

/// One handling of one event, as the table knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimant {
    /// A random name that nobody else has, and that does not change while a call is sent
    /// again. Not the id of Lambda's request, which retries and duplicates of an event share.
    pub nonce: String,
    /// When the invocation ends at the latest, and with it the claim.
    pub until: Timestamp,
}

/// How a claim ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimEnd {
    /// The event is handled for good.
    Handled,
    /// Whoever comes next may try.
    Open,
}

/// What became of claiming an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Another invocation has handled it.
    Done,
    /// Another invocation is at it, or died and its lease has not run out.
    Elsewhere,
    /// It is this invocation's.
    Mine,
}

/// Why the table did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StateError {
    /// Service, operation, error code and request id, in one line.
    pub message: String,
    /// What the service or the SDK said.
    #[source]
    pub cause: Option<Cause>,
}

/// What is remembered about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// What was done about an event, by the event's id.
    Event(String),
    /// An access key, by its id.
    Key(String),
    /// A user, by the ARN without path.
    User(String),
}

/// Something that happened, and bears on what happens next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// About what.
    pub about: Subject,
    /// When it happened.
    pub time: Timestamp,
    /// The event that tells of it: the same one is remembered once.
    pub event: String,
    /// What it is.
    pub fact: Fact,
}

/// What can be remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Fact {
    /// keyrail deactivated the key.
    Contained,
    /// The user launched instances.
    Launched {
        /// How many.
        instances: u64,
        /// The event itself, to judge it again once more is known.
        body: String,
    },
    /// The user's password was set or changed.
    PasswordChanged,
    /// Somebody released the key, or all that was done about the event, from containment.
    Released {
        /// Who.
        by: String,
        /// Until when.
        until: Timestamp,
    },
    /// The key is that of a centralised root session.
    RootSession,
}

impl Fact {
    /// How long it matters: sessions of root last 15 minutes at most, correlation spans
    /// hours, and somebody may reactivate a key that was stopped a year ago.
    #[must_use]
    pub fn lasts(&self) -> Duration {
        const DAY: u64 = 24 * 60 * 60;
        Duration::from_secs(match self {
            Self::RootSession => DAY,
            Self::Launched { .. } | Self::PasswordChanged => 2 * DAY,
            Self::Contained | Self::Released { .. } => 400 * DAY,
        })
    }
}
