//! The names of the steps.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bundle::UnknownWordError;

/// The steps that `@respond` may name, in the order in which they are taken: first what
/// stops a credential, then sessions, then the user, and last what cannot be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepName {
    /// Sets a user's access key to Inactive.
    DeactivateKey,
    /// Sets a service-specific credential to Inactive.
    DeactivateServiceCredential,
    /// Sets an SSH key to Inactive.
    DeactivateSshKey,
    /// Sets a signing certificate to Inactive.
    DeactivateSigningCertificate,
    /// Denies a user's sessions that are older than now.
    RevokeSessions,
    /// Denies a role's sessions that are older than now.
    RevokeRoleSessions,
    /// Denies a user everything that its own permissions allow.
    QuarantineUser,
    /// Deletes a user's password.
    DisableConsoleLogin,
    /// Deletes a user's access key, for good.
    DeleteKey,
    /// Deletes root's access key, for good.
    DeleteRootKey,
}

impl StepName {
    /// All steps, in the order in which they are taken.
    pub const ALL: [Self; 10] = [
        Self::DeactivateKey,
        Self::DeactivateServiceCredential,
        Self::DeactivateSshKey,
        Self::DeactivateSigningCertificate,
        Self::RevokeSessions,
        Self::RevokeRoleSessions,
        Self::QuarantineUser,
        Self::DisableConsoleLogin,
        Self::DeleteKey,
        Self::DeleteRootKey,
    ];

    /// Whether it is taken only where `[allow] steps` lists it: it has no undo, or
    /// stops everybody who uses a role.
    #[must_use]
    pub(crate) fn needs_permission(self) -> bool {
        !self.is_reversible() || self == Self::RevokeRoleSessions
    }

    /// The step's name in annotations and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeactivateKey => "deactivate-key",
            Self::DeactivateServiceCredential => "deactivate-service-credential",
            Self::DeactivateSshKey => "deactivate-ssh-key",
            Self::DeactivateSigningCertificate => "deactivate-signing-certificate",
            Self::RevokeSessions => "revoke-sessions",
            Self::RevokeRoleSessions => "revoke-role-sessions",
            Self::QuarantineUser => "quarantine-user",
            Self::DisableConsoleLogin => "disable-console-login",
            Self::DeleteKey => "delete-key",
            Self::DeleteRootKey => "delete-root-key",
        }
    }

    /// Whether it can be undone. A deleted password can be replaced by a new one, and
    /// by that user's access; nothing brings a deleted key back.
    #[must_use]
    pub(crate) fn is_reversible(self) -> bool {
        !matches!(self, Self::DeleteKey | Self::DeleteRootKey)
    }
}

impl FromStr for StepName {
    type Err = UnknownWordError;

    fn from_str(word: &str) -> Result<Self, UnknownWordError> {
        Self::ALL
            .into_iter()
            .find(|step| step.as_str() == word)
            .ok_or_else(|| {
                let steps = Self::ALL.map(Self::as_str).join(", ");
                UnknownWordError::new(word, &format!("{steps}, or `alert` alone"))
            })
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
