//! Groups of actions, as policies name them.

use serde::{Deserialize, Serialize};

/// A group of actions, as policies name it: `Action::"issue-access-key"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Somebody who has not signed in gets a role.
    AdmitGuest,
    /// A machine or device is let in, or gets another role.
    AdmitMachine,
    /// Somebody takes on a role.
    AssumeRole,
    /// IAM Identity Center trusts another source of identities, or lets one write.
    ChangeIdentityCenter,
    /// A password is set or changed.
    ChangePassword,
    /// Something of anybody's own that reacts or records is stopped or deleted.
    ChangeWatch,
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
    /// What limited a credential is taken away.
    LiftLimit,
    /// The account joins an organization, and leaves the rules of the one before.
    MoveAccount,
    /// A role's trust policy is set that may let others in.
    OpenTrust,
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
    /// The account trusts an identity provider, or trusts one more widely.
    TrustProvider,
    /// Something that may contain a user is taken away.
    UndoContainment,
    /// A second factor is taken away.
    WeakenMfa,
}

impl Group {
    /// All groups, in the order of their names.
    pub const ALL: [Self; 24] = [
        Self::AdmitGuest,
        Self::AdmitMachine,
        Self::AssumeRole,
        Self::ChangeIdentityCenter,
        Self::ChangePassword,
        Self::ChangeWatch,
        Self::EscalatePrivilege,
        Self::IssueAccessKey,
        Self::IssueLongTermCredential,
        Self::IssueSession,
        Self::LaunchCompute,
        Self::LiftLimit,
        Self::MoveAccount,
        Self::OpenTrust,
        Self::ReactivateCredential,
        Self::ReportExposure,
        Self::ReportFinding,
        Self::RootCredentials,
        Self::SignIn,
        Self::TamperAudit,
        Self::TamperGuardrail,
        Self::TrustProvider,
        Self::UndoContainment,
        Self::WeakenMfa,
    ];

    /// The group's name in policies.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AdmitGuest => "admit-guest",
            Self::AdmitMachine => "admit-machine",
            Self::AssumeRole => "assume-role",
            Self::ChangeIdentityCenter => "change-identity-center",
            Self::ChangePassword => "change-password",
            Self::ChangeWatch => "change-watch",
            Self::EscalatePrivilege => "escalate-privilege",
            Self::IssueAccessKey => "issue-access-key",
            Self::IssueLongTermCredential => "issue-long-term-credential",
            Self::IssueSession => "issue-session",
            Self::LaunchCompute => "launch-compute",
            Self::LiftLimit => "lift-limit",
            Self::MoveAccount => "move-account",
            Self::OpenTrust => "open-trust",
            Self::ReactivateCredential => "reactivate-credential",
            Self::ReportExposure => "report-exposure",
            Self::ReportFinding => "report-finding",
            Self::RootCredentials => "root-credentials",
            Self::SignIn => "sign-in",
            Self::TamperAudit => "tamper-audit",
            Self::TamperGuardrail => "tamper-guardrail",
            Self::TrustProvider => "trust-provider",
            Self::UndoContainment => "undo-containment",
            Self::WeakenMfa => "weaken-mfa",
        }
    }
}
