//! Words that settings, guardrails, plans and reports share: modes, severities and the names
//! of steps.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The inline policies that keyrail puts on users and roles, by which it and the SCP that
/// protects them know them: the one that denies everything, and the one that denies older sessions.
pub(crate) const OWN_POLICIES: [&str; 2] = ["KeyrailQuarantine", "KeyrailRevokeOlderSessions"];

/// How bad a violation is. Ordered: the last is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// Whether keyrail acts, or says what it would have done. Ordered: the lowest of
/// those that are set applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Alert, and touch nothing.
    Observe,
    /// Contain, and alert.
    Enforce,
}

/// A word that is none of those that are allowed there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of {allowed}")]
pub struct UnknownWordError {
    word: String,
    allowed: String,
}

impl UnknownWordError {
    pub(crate) fn new(word: &str, allowed: &str) -> Self {
        Self {
            word: word.to_owned(),
            allowed: allowed.to_owned(),
        }
    }
}

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

impl Severity {
    /// All of them, from the mildest.
    pub const ALL: [Self; 5] = [
        Self::Info,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// The word for it in annotations, reports and message attributes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl FromStr for Severity {
    type Err = UnknownWordError;

    fn from_str(word: &str) -> Result<Self, UnknownWordError> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str() == word)
            .ok_or_else(|| UnknownWordError::new(word, "critical, high, medium, low, info"))
    }
}

impl Mode {
    /// The word for it in settings and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Enforce => "enforce",
        }
    }
}

impl FromStr for Mode {
    type Err = UnknownWordError;

    fn from_str(word: &str) -> Result<Self, UnknownWordError> {
        [Self::Observe, Self::Enforce]
            .into_iter()
            .find(|mode| mode.as_str() == word)
            .ok_or_else(|| UnknownWordError::new(word, "observe, enforce"))
    }
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
    /// stops everybody who uses a role, or deletes a password, which nobody can restore.
    #[must_use]
    pub(crate) fn needs_permission(self) -> bool {
        !self.is_reversible()
            || matches!(self, Self::RevokeRoleSessions | Self::DisableConsoleLogin)
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
