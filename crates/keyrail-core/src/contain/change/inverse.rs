//! What takes a change back.

use super::{Change, Status};

impl Change {
    /// What takes it back; `None` if nothing can.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        Some(match self.clone() {
            Self::DenyUser { user, denial } => Self::AllowUser { user, denial },
            Self::AttachDenyAll { user, arn } => Self::DetachDenyAll { user, arn },
            Self::Boundary {
                user,
                arn,
                previous: Some(previous),
            } => Self::Boundary {
                user,
                arn: previous,
                previous: Some(arn),
            },
            Self::Boundary {
                user,
                arn,
                previous: None,
            } => Self::NoBoundary {
                user,
                previous: arn,
            },
            Self::DenyRole { role, denial } => Self::AllowRole { role, denial },
            // An undone change is not done again; a password is nobody's to know.
            Self::AllowUser { .. }
            | Self::DetachDenyAll { .. }
            | Self::NoBoundary { .. }
            | Self::AllowRole { .. }
            | Self::DeletePassword { .. }
            | Self::DeleteKey { .. }
            | Self::DeleteRootKey { .. } => return None,
            Self::Key { user, key, status } => Self::Key {
                user,
                key,
                status: status.other(),
            },
            Self::ServiceCredential {
                user,
                credential,
                status,
            } => Self::ServiceCredential {
                user,
                credential,
                status: status.other(),
            },
            Self::SshKey {
                user,
                credential,
                status,
            } => Self::SshKey {
                user,
                credential,
                status: status.other(),
            },
            Self::SigningCertificate {
                user,
                credential,
                status,
            } => Self::SigningCertificate {
                user,
                credential,
                status: status.other(),
            },
        })
    }
}

impl Status {
    fn other(self) -> Self {
        match self {
            Self::Active => Self::Inactive,
            Self::Inactive => Self::Active,
        }
    }
}
