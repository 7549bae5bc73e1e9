//! Groups of actions, as policies name them.

use serde::{Deserialize, Serialize};

/// A group of actions, as policies name it: `Action::"issue-access-key"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// A password is set or changed.
    ChangePassword,
    /// Rights are extended towards those of an administrator.
    EscalatePrivilege,
    /// An access key is created.
    IssueAccessKey,
    /// A long-term credential other than an access key is created.
    IssueLongTermCredential,
    /// A session is begun with a long-term credential, or one that outlives it.
    IssueSession,
    /// Compute is launched.
    LaunchCompute,
    /// A credential that was inactive is made active.
    ReactivateCredential,
    /// AWS says that a credential is known to others.
    ReportExposure,
    /// A service has found something about IAM credentials.
    ReportFinding,
    /// Root's password, e-mail address or MFA are changed, or its password recovered.
    RootCredentials,
    /// Somebody signs in to the console.
    SignIn,
    /// What records and watches is stopped, deleted or narrowed.
    TamperAudit,
    /// A part of this keyrail is changed.
    TamperGuardrail,
    /// A second factor is taken away.
    WeakenMfa,
}

impl Group {
    /// All groups, in the order of their names.
    pub const ALL: [Self; 14] = [
        Self::ChangePassword,
        Self::EscalatePrivilege,
        Self::IssueAccessKey,
        Self::IssueLongTermCredential,
        Self::IssueSession,
        Self::LaunchCompute,
        Self::ReactivateCredential,
        Self::ReportExposure,
        Self::ReportFinding,
        Self::RootCredentials,
        Self::SignIn,
        Self::TamperAudit,
        Self::TamperGuardrail,
        Self::WeakenMfa,
    ];

    /// The group's name in policies.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ChangePassword => "change-password",
            Self::EscalatePrivilege => "escalate-privilege",
            Self::IssueAccessKey => "issue-access-key",
            Self::IssueLongTermCredential => "issue-long-term-credential",
            Self::IssueSession => "issue-session",
            Self::LaunchCompute => "launch-compute",
            Self::ReactivateCredential => "reactivate-credential",
            Self::ReportExposure => "report-exposure",
            Self::ReportFinding => "report-finding",
            Self::RootCredentials => "root-credentials",
            Self::SignIn => "sign-in",
            Self::TamperAudit => "tamper-audit",
            Self::TamperGuardrail => "tamper-guardrail",
            Self::WeakenMfa => "weaken-mfa",
        }
    }
}
