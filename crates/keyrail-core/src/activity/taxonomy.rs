//! The table of actions that keyrail knows, and the groups that carry them.

use serde::Serialize;

use super::TargetKind;

/// A group of actions, as policies name it: `Action::"issue-access-key"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// An access key is created.
    IssueAccessKey,
    /// Somebody signs in to the console.
    SignIn,
}

impl Group {
    /// The group's name in policies.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IssueAccessKey => "issue-access-key",
            Self::SignIn => "sign-in",
        }
    }
}

/// One action of the table.
#[derive(Debug)]
pub struct Entry {
    /// AWS's name: first label of `eventSource`, a colon, `eventName`.
    pub action: &'static str,
    /// The groups that it is in.
    pub groups: &'static [Group],
    /// The kind of thing that it acts on.
    pub target: TargetKind,
}

/// The entry for an action. Names are compared without case, as AWS's own pages
/// are inconsistent about it.
#[must_use]
pub fn find(action: &str) -> Option<&'static Entry> {
    TAXONOMY
        .iter()
        .find(|entry| entry.action.eq_ignore_ascii_case(action))
}

/// All actions that belong to a group.
pub const TAXONOMY: &[Entry] = &[
    Entry {
        action: "iam:CreateAccessKey",
        groups: &[Group::IssueAccessKey],
        target: TargetKind::AccessKey,
    },
    Entry {
        action: "signin:ConsoleLogin",
        groups: &[Group::SignIn],
        target: TargetKind::None,
    },
];
