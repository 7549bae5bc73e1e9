//! A test that was run.

use std::time::Duration;

use super::compare::Difference;
use crate::suite::Run;

/// A test that was run.
pub(super) struct Ran {
    pub(super) run: Run,
    pub(super) differences: Vec<Difference>,
    /// What of the event contradicts itself.
    pub(super) conflicts: Vec<String>,
    pub(super) took: Duration,
}

impl Ran {
    pub(super) fn has_passed(&self) -> bool {
        self.differences.is_empty()
    }

    /// All differences on one line.
    pub(super) fn summary(&self) -> String {
        let lines: Vec<String> = self.differences.iter().map(ToString::to_string).collect();
        lines.join("; ")
    }
}
