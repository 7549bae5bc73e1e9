//! What sort of thing happened, and what sort of thing it happened to.

use serde::{Deserialize, Serialize};

use super::group::Group;

/// What sort of thing happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A call of an AWS API, succeeded or not.
    ApiCall,
    /// AWS says that a credential is known to others.
    Exposure,
    /// A finding about IAM credentials.
    Finding,
    /// Understood, and nothing that keyrail has a guardrail about.
    #[default]
    Other,
    /// Something that an AWS service did by itself.
    ServiceEvent,
    /// A step of signing in.
    SignIn,
    /// Not understood; alerted so that it is not lost.
    Unrecognised,
}

/// What sort of thing was acted on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is AWS's own name for it")]
pub enum TargetKind {
    AccessKey,
    Account,
    Activation,
    BucketKey,
    Detector,
    Directory,
    EventBus,
    EventRule,
    Function,
    Group,
    IdentityPool,
    IdentityProvider,
    Instance,
    LoginProfile,
    MfaDevice,
    /// Nothing that keyrail looks at.
    #[default]
    None,
    Other,
    Policy,
    Profile,
    Queue,
    Recorder,
    Region,
    Role,
    RoleAlias,
    ServiceCredential,
    SigningCertificate,
    SshKey,
    Table,
    Topic,
    Trail,
    TrustAnchor,
    User,
}

impl Kind {
    /// Whether guardrails are asked about it at all.
    #[must_use]
    pub fn is_judged(self) -> bool {
        !matches!(self, Self::Other | Self::Unrecognised)
    }

    /// Whether AWS reports something, in place of somebody doing it.
    #[must_use]
    pub fn is_report(self) -> bool {
        matches!(self, Self::Exposure | Self::Finding)
    }

    /// The action by which policies know whatever of this kind has no name in the
    /// table; those that have are in it as well.
    #[must_use]
    pub fn fallback(self) -> &'static str {
        match self {
            Self::Exposure => "exposure-notice",
            Self::Finding => "finding",
            Self::ServiceEvent => "service-event",
            Self::SignIn => "sign-in-event",
            Self::ApiCall | Self::Other | Self::Unrecognised => "api-call",
        }
    }

    /// The groups of whatever is of this kind, named in the table or not.
    #[must_use]
    pub fn groups(self) -> &'static [Group] {
        match self {
            Self::Exposure => &[Group::ReportExposure],
            Self::Finding => &[Group::ReportFinding],
            Self::ApiCall
            | Self::Other
            | Self::ServiceEvent
            | Self::SignIn
            | Self::Unrecognised => &[],
        }
    }
}

impl TargetKind {
    /// The word for it in policies and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessKey => "access-key",
            Self::Account => "account",
            Self::Activation => "activation",
            Self::BucketKey => "bucket-key",
            Self::Detector => "detector",
            Self::Directory => "directory",
            Self::EventBus => "event-bus",
            Self::EventRule => "event-rule",
            Self::Function => "function",
            Self::Group => "group",
            Self::IdentityPool => "identity-pool",
            Self::IdentityProvider => "identity-provider",
            Self::Instance => "instance",
            Self::LoginProfile => "login-profile",
            Self::MfaDevice => "mfa-device",
            Self::None => "none",
            Self::Other => "other",
            Self::Policy => "policy",
            Self::Profile => "profile",
            Self::Queue => "queue",
            Self::Recorder => "recorder",
            Self::Region => "region",
            Self::Role => "role",
            Self::RoleAlias => "role-alias",
            Self::ServiceCredential => "service-credential",
            Self::SigningCertificate => "signing-certificate",
            Self::SshKey => "ssh-key",
            Self::Table => "table",
            Self::Topic => "topic",
            Self::Trail => "trail",
            Self::TrustAnchor => "trust-anchor",
            Self::User => "user",
        }
    }

    /// Whether it is a credential that belongs to a user or to root.
    #[must_use]
    pub(crate) fn is_credential(self) -> bool {
        matches!(
            self,
            Self::AccessKey
                | Self::LoginProfile
                | Self::MfaDevice
                | Self::ServiceCredential
                | Self::SigningCertificate
                | Self::SshKey
        )
    }
}
