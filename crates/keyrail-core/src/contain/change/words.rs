//! The words for a change, and for what was read instead of it.

use super::{Change, Denial, Instead, Nature, Status};

impl Change {
    /// What a change does, once it was made: the words that follow "keyrail has".
    #[must_use]
    pub fn done(&self) -> &'static str {
        match self {
            Self::Key { status, .. }
            | Self::ServiceCredential { status, .. }
            | Self::SshKey { status, .. }
            | Self::SigningCertificate { status, .. } => match status {
                Status::Active => "set to Active",
                Status::Inactive => "set to Inactive",
            },
            Self::DenyUser { denial, .. } | Self::DenyRole { denial, .. } => match denial {
                Denial::Everything => "denied everything by an inline policy",
                Denial::SessionsBefore(_) => "older sessions denied by an inline policy",
            },
            Self::AllowUser { .. } | Self::AllowRole { .. } => "keyrail's inline policy deleted",
            Self::AttachDenyAll { .. } => "denied everything by a managed policy",
            Self::DetachDenyAll { .. } => "the managed policy that denies detached",
            // A deny in a boundary overrides what any policy allows (IAM User Guide, "How AWS
            // enforcement code logic evaluates requests to allow or deny access", checked 2026-11-29).
            Self::Boundary { .. } => "bounded by a policy that denies everything",
            Self::NoBoundary { .. } => "permissions boundary removed",
            Self::DeletePassword { .. } => "password deleted",
            Self::DeleteKey { .. } | Self::DeleteRootKey { .. } => "deleted for good",
        }
    }

    /// The state that shows that a change was made.
    pub(crate) fn shown(&self) -> &'static str {
        match self.nature() {
            Nature::Puts => "in place",
            Nature::Removes => "gone",
            Nature::Sets(status) => status.as_str(),
        }
    }
}

impl Instead {
    /// How it is instead.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Active => "Active",
            Self::Another => "something else, or nothing",
            Self::Inactive => "Inactive",
            Self::Present => "still there",
            Self::Unchanged => "as it was",
        }
    }
}
