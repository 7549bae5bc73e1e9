//! The taxonomy: which events keyrail knows by name, what they mean, and where
//! they say what they were done to. The table itself is in `table.rs`.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{Kind, TargetKind};
use crate::json::Json;

pub(super) mod conditions;
mod example;
mod grant;
mod table;

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

/// One kind of event of the table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// AWS's name: first label of `eventSource`, a colon, `eventName`.
    pub action: &'static str,
    /// Whether longer names that begin with it are known by it too: AWS adds calls that do the
    /// same in another way.
    pub begins: bool,
    /// What sort of thing happens.
    pub kind: Kind,
    /// The groups that it is in, so far as `when` and the event allow.
    pub groups: &'static [Group],
    /// The kind of thing that it acts on.
    pub target: TargetKind,
    /// Where the record may name the user that the target is, or belongs to.
    pub user: Paths,
    /// Where the record may show the id of a key or other credential.
    pub id: Paths,
    /// Where the record may name the target itself, or show its ARN.
    pub name: Paths,
    /// Where the record shows the state that a credential is set to.
    pub status: Paths,
    /// What must be so for the action to be in its groups.
    pub when: Option<&'static Condition>,
    /// Where the record shows which rights are granted.
    pub grant: Option<Grant>,
    /// In which Regions it is delivered.
    pub place: Place,
    /// Whether AWS counts it as reading, so that it is delivered only to rules that
    /// ask for all management events.
    pub read_only: bool,
}

/// Paths within a record, the first that holds something counts.
pub(crate) type Paths = &'static [&'static str];

/// A question about a record's parameters.
pub struct Condition {
    /// The condition in words, for the documentation.
    pub says: &'static str,
    /// A path, and the JSON that stands there in a record that meets it.
    pub example: (&'static str, &'static str),
    /// Whether the record meets it; `None` if the record does not show.
    pub(crate) holds: fn(&Json) -> Option<bool>,
}

/// Which rights a call grants, by where its record shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Membership of the group that is named there.
    Group(&'static str),
    /// The managed policy whose ARN is there.
    ManagedPolicy(&'static str),
    /// The policy document that is there, as a text of JSON.
    PolicyDocument(&'static str),
    /// Other rights: those of another version of a policy, or a role's trust.
    Unseen,
}

/// In which Regions an event is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Where AWS records calls of its global services: the home Region of the
    /// [`Partition`](crate::partition::Partition).
    Home,
    /// The Region that the call or finding concerns.
    Region,
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

impl Kind {
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

impl Entry {
    /// AWS's name for an action that is known by this entry, whatever case a record has it in.
    #[must_use]
    pub(crate) fn name_of(&self, action: &str) -> String {
        let rest = action.get(self.action.len()..).unwrap_or_default();
        format!("{}{rest}", self.action)
    }

    /// The service's name in EventBridge, such as `aws.iam`.
    #[must_use]
    pub fn source(&self) -> String {
        let label = self.action.split(':').next().unwrap_or_default();
        format!("aws.{label}")
    }

    /// The detail type under which EventBridge delivers it.
    #[must_use]
    pub fn detail_type(&self) -> &'static str {
        match (self.kind, self.source().as_str()) {
            (Kind::Exposure, "aws.health") => "AWS Health Event",
            (Kind::Exposure, _) => "Trusted Advisor Check Item Refresh Notification",
            (Kind::Finding, _) => "GuardDuty Finding",
            (Kind::SignIn, "aws.signin") if !self.read_only => "AWS Console Sign In via CloudTrail",
            _ => "AWS API Call via CloudTrail",
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.says)
    }
}

/// The entry for an action. Names are compared without case, as AWS's own pages
/// are inconsistent about it. One that has no entry of its own may begin with the name of
/// one that knows such names too.
#[must_use]
pub fn find(action: &str) -> Option<&'static Entry> {
    static BY_NAME: LazyLock<HashMap<String, &'static Entry>> = LazyLock::new(|| {
        entries()
            .map(|entry| (entry.action.to_ascii_lowercase(), entry))
            .collect()
    });
    let action = action.to_ascii_lowercase();
    let begins_so =
        |entry: &&Entry| entry.begins && action.starts_with(&entry.action.to_ascii_lowercase());
    let exact = BY_NAME.get(&action).copied();
    exact.or_else(|| entries().find(begins_so))
}

/// All entries, in the order of the documentation.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    table::TABLES.iter().copied().flatten()
}

#[cfg(test)]
mod tests;
