//! One row of the taxonomy: an event that keyrail knows by name.

use std::fmt;

use serde::Serialize;

use super::group::Group;
use super::kind::{Kind, TargetKind};
use crate::json::Json;

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
    /// Where the record has a role's trust policy.
    pub trust: Option<&'static str>,
    /// In which Regions it is delivered.
    pub place: Place,
    /// Whether AWS counts it as reading, so that it is delivered only to rules that
    /// ask for all management events.
    pub read_only: bool,
    /// Whether its name is known from pages alone: no model of the service's API has it.
    pub unmodelled: bool,
}

/// Paths within a record, the first that holds something counts.
pub type Paths = &'static [&'static str];

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
            (
                Kind::ApiCall
                | Kind::Other
                | Kind::ServiceEvent
                | Kind::SignIn
                | Kind::Unrecognised,
                _,
            ) => "AWS API Call via CloudTrail",
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.says)
    }
}
