//! What a report is about: the one place that tells keyrail's own messages from what happened
//! in AWS.

use crate::repeats::Repeats;
use crate::report::{self, Report};

/// What a report is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About<'a> {
    /// Something that happened in AWS, or an event that is not recognised.
    Activity,
    /// A containment that does not hold.
    Comeback {
        /// What a re-check found, in sentences.
        found: &'a str,
    },
    /// A bundle that is not valid, so that the default one is used.
    Fault {
        /// The first error.
        error: &'a str,
    },
    /// Repetitions that were counted.
    FollowUp(&'a Repeats),
}

impl<'a> About<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        match &report.about {
            report::About::Activity => Self::Activity,
            report::About::Comeback(found) => Self::Comeback { found },
            report::About::Fault => Self::Fault {
                error: report.activity.unknown.first().map_or("", String::as_str),
            },
            report::About::FollowUp(repeats) => Self::FollowUp(repeats),
        }
    }
}
