//! Repetition: who violates the same guardrails again and again is told of once, and at
//! the end of a window once more, with a count.
//!
//! Each time is judged and contained as ever; only the alerts are counted. A second actor
//! or account has a window of its own, and what is critical, or was to be stopped and is
//! not, is always told at once.
//!
//! What was refused anybody can do, some of it without any rights: failing to sign in, from as many
//! addresses and by as many names as they like. Of that some windows are told of by themselves,
//! and all others together: a storm.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::words::Severity;

/// How long a window is in minutes, unless the settings say another.
pub(crate) const MINUTES: u32 = 10;

/// So many of what is counted in one window are kept in full, and all others are a number: an
/// item of the table takes 400 KB (`DynamoDB` Developer Guide, "Constraints", checked
/// 2026-11-29), and each write to it costs as much as the whole is long.
pub const MOST_ENTRIES: usize = 100;

/// The longest that is kept of one, in bytes: full windows stay far below what an item takes.
pub(crate) const LONGEST_ENTRY: usize = 1_000;

/// So many windows of what was refused are told of by themselves in one account, for one set of
/// guardrails; all others in that time are one storm.
pub const MOST_ALONE: u32 = 10;

/// Stands for the actor where many are told of together. No ARN and no address is like it.
pub(crate) const MANY: &str = "many actors";

/// Longer keys no table takes (`DynamoDB` Developer Guide, "Constraints", checked 2026-11-25).
pub(crate) const LONGEST_KEY: usize = 1_024;

/// Whose violations of what are told together, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repetition {
    /// The affected account.
    pub account: String,
    /// The actor's ARN; of a failed sign-in by nobody whom AWS names, the address; of a storm,
    /// that it is many.
    pub actor: String,
    /// What the actor did, and in which mode; and to what, if nothing is contained: then
    /// each is news.
    pub deed: String,
    /// The guardrails that are violated, in order.
    pub guardrails: Vec<String>,
    /// When the window ends.
    pub until: Timestamp,
}

/// What somebody is told at the end of a window: `keyrail.follow-up/v1`, the body of a
/// message in keyrail's own queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    schema: Schema,
    /// Whose violations of what.
    pub repetition: Repetition,
    /// The event that was told of.
    pub event: String,
    /// Its Region.
    pub region: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The first guardrail's title.
    pub title: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[serde(rename = "keyrail.follow-up/v1")]
    V1,
}

/// A follow-up, and what it tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// Whose violations of what.
    pub follow_up: FollowUp,
    /// Each event's id, and what it came to: at most [`MOST_ENTRIES`].
    pub tallied: Vec<String>,
    /// How many there are besides. An event that is handled again after its invocation failed
    /// may be among them twice.
    #[serde(default)]
    pub more: u64,
}

/// What was counted in a window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Each event's id, and what it came to: at most [`MOST_ENTRIES`].
    pub entries: Vec<String>,
    /// How many there are besides.
    pub more: u64,
}

/// What a window says of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// It is to be told, and nobody has seen to it yet that a follow-up comes.
    New,
    /// Another event has opened it, and is seeing to it that a follow-up comes.
    Opening,
    /// It is to be told, and the follow-up will come: it opened the window.
    Own,
    /// Another event was told of, and the follow-up will come: it is enough to count it.
    Promised,
}

impl Repetition {
    /// Whether it is many who are told of together.
    #[must_use]
    pub(crate) fn is_storm(&self) -> bool {
        self.actor == MANY
    }

    /// What tells it from all others, but for the window.
    #[must_use]
    pub fn key(&self) -> String {
        let guardrails = self.guardrails.join(" ");
        format!("{}#{guardrails}#{}#{}", self.account, self.deed, self.actor)
    }
}

impl Repeats {
    /// How often it happened again.
    #[must_use]
    pub(crate) fn count(&self) -> u64 {
        self.more.saturating_add(self.tallied.len() as u64)
    }
}

impl FollowUp {
    /// The follow-up to an event of that Region, severity and title.
    pub(crate) fn new(
        repetition: Repetition,
        event: String,
        region: Option<String>,
        severity: Severity,
        title: String,
    ) -> Self {
        Self {
            schema: Schema::V1,
            repetition,
            event,
            region,
            severity,
            title,
        }
    }
}
