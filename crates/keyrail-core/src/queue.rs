//! Queue: what keyrail sends to itself, to be delivered after a while.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::recheck::Recheck;
use crate::repeats::FollowUp;

/// The door to the delay queue.
#[expect(
    async_fn_in_trait,
    reason = "both callers are in this workspace, and neither moves the futures between threads"
)]
pub trait Queue {
    /// Whether there is one.
    fn has_queue(&self) -> bool;

    /// Sends a message to keyrail itself, to be delivered after a while.
    ///
    /// # Errors
    ///
    /// If the queue does not take it, or does not answer.
    async fn send_later(&self, message: &Later, delay: Duration) -> Result<(), QueueError>;
}

/// Why the queue did not take a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueueError {
    /// Service, operation, error code and request id, in one line.
    pub message: String,
    /// What the service or the SDK said.
    #[source]
    pub cause: Option<Cause>,
}

/// A message of keyrail's to itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Later {
    /// A containment to look at again.
    Recheck(Recheck),
    /// What is to be told at the end of a window.
    FollowUp(FollowUp),
}

impl Later {
    /// The id of the event that it is about.
    #[must_use]
    pub fn event(&self) -> &str {
        match self {
            Self::Recheck(recheck) => &recheck.event,
            Self::FollowUp(follow_up) => &follow_up.event,
        }
    }
}

/// How a message comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// For the first time.
    First,
    /// Once more: an earlier invocation did not come to its end.
    Again,
}
