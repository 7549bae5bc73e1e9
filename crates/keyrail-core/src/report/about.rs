//! What a report is about: an activity, or something of keyrail's own.

use crate::repeats::Repeats;

/// What a report is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum About {
    /// An activity that an event tells of.
    #[default]
    Activity,
    /// A containment that did not hold, and what was found instead.
    Comeback(String),
    /// A fault of the deployment.
    Fault,
    /// What was counted in a window instead of being alerted.
    FollowUp(Repeats),
}

impl About {
    /// What was found of a containment that did not hold.
    #[must_use]
    pub fn comeback(&self) -> Option<&str> {
        match self {
            Self::Comeback(found) => Some(found),
            Self::Activity | Self::Fault | Self::FollowUp(_) => None,
        }
    }

    /// What was counted, where it is a follow-up.
    #[must_use]
    pub fn repeats(&self) -> Option<&Repeats> {
        match self {
            Self::FollowUp(repeats) => Some(repeats),
            Self::Activity | Self::Comeback(_) | Self::Fault => None,
        }
    }

    /// Whether it is a fault of the deployment.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        *self == Self::Fault
    }
}
