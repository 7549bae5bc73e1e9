//! How a step ended, in a word.

use serde::{Deserialize, Serialize};

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeResult {
    /// AWS accepted the change, and the state read back does not show it yet.
    Accepted,
    /// There was nothing left to do: it was so already, or what it was about is gone.
    Already,
    /// The change was not made, or nobody can tell: take what was to be stopped to work.
    Failed,
    /// The change was made, and the state read back shows it.
    Verified,
    /// The plan withheld the step.
    Withheld,
}
