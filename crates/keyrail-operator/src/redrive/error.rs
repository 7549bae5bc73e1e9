//! Why a dead-letter queue cannot be emptied.

use std::fmt;

/// Why nothing more can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedriveError {
    /// There is no function of that name in that Region.
    NoFunction(String),
    /// AWS did not do what it was asked.
    Outside(String),
    /// The function has no concurrency left.
    Throttled(String),
    /// The queue or the function is another one than is meant.
    Wrong(String),
}

impl fmt::Display for RedriveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::NoFunction(message)
        | Self::Outside(message)
        | Self::Throttled(message)
        | Self::Wrong(message)) = self;
        f.write_str(message)
    }
}

impl std::error::Error for RedriveError {}
