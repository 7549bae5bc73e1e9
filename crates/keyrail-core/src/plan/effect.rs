//! What a step does, and to whom.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{AccessKeyId, AccountId, CredentialId, RoleName, UserName};
use crate::words::StepName;

/// What a step does, and to whom: parsed ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The account that it is done in.
    pub account: AccountId,
    /// Who it is done to.
    pub who: Who,
    /// What is done.
    pub act: Act,
    /// A key of that user's, by which IAM finds the user under another name.
    pub evidence: Option<AccessKeyId>,
    /// When what the event tells of happened.
    pub time: Option<Timestamp>,
    /// The user's unique id, where the event shows it: it does of who acted.
    #[serde(skip)]
    pub user_id: Option<String>,
    /// Whether what the step acts on may be as new as the event, so that IAM may not know it
    /// everywhere yet, or may still show what was before. Not the password of a user whom the event
    /// is not about: most users have none.
    #[serde(skip)]
    pub is_new: bool,
    /// Whether the step restores the state from before the event: a key that was activated again
    /// is deactivated, or what was made is deleted. A read that is behind shows that, too.
    #[serde(skip)]
    pub restores: bool,
}

/// Who a step is taken against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// A role.
    Role(RoleName),
    /// The account's root.
    Root,
    /// A user.
    User(Owner),
}

/// What is done. A closed list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is the step of the same name")]
pub enum Act {
    DeactivateKey(AccessKeyId),
    DeactivateServiceCredential(CredentialId),
    DeactivateSshKey(CredentialId),
    DeactivateSigningCertificate(CredentialId),
    RevokeSessions,
    RevokeRoleSessions,
    QuarantineUser,
    DisableConsoleLogin,
    DeleteKey(AccessKeyId),
    DeleteRootKey(AccessKeyId),
}

/// Which user it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The event itself shows it, and is fresh.
    Shown(UserName),
    /// The event is old or second-hand, so IAM is asked whose the key is before
    /// anything is changed; where the event names a user, IAM must name the same.
    Asked {
        /// The key.
        key: AccessKeyId,
        /// The user, as the event has it.
        expected: Option<UserName>,
    },
    /// The event is old or second-hand, and names no key: IAM must say that the user
    /// existed then, so that it is not another one of the same name.
    Since(UserName, Timestamp),
}

impl Act {
    /// The step that it is.
    #[must_use]
    pub(crate) fn step(&self) -> StepName {
        match self {
            Self::DeactivateKey(_) => StepName::DeactivateKey,
            Self::DeactivateServiceCredential(_) => StepName::DeactivateServiceCredential,
            Self::DeactivateSshKey(_) => StepName::DeactivateSshKey,
            Self::DeactivateSigningCertificate(_) => StepName::DeactivateSigningCertificate,
            Self::RevokeSessions => StepName::RevokeSessions,
            Self::RevokeRoleSessions => StepName::RevokeRoleSessions,
            Self::QuarantineUser => StepName::QuarantineUser,
            Self::DisableConsoleLogin => StepName::DisableConsoleLogin,
            Self::DeleteKey(_) => StepName::DeleteKey,
            Self::DeleteRootKey(_) => StepName::DeleteRootKey,
        }
    }

    /// The key or other credential that it is done to, if it is done to one.
    #[must_use]
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::DeactivateKey(key) | Self::DeleteKey(key) | Self::DeleteRootKey(key) => {
                Some(key.as_str())
            }
            Self::DeactivateServiceCredential(id)
            | Self::DeactivateSshKey(id)
            | Self::DeactivateSigningCertificate(id) => Some(id.as_str()),
            Self::RevokeSessions
            | Self::RevokeRoleSessions
            | Self::QuarantineUser
            | Self::DisableConsoleLogin => None,
        }
    }
}

impl Effect {
    /// Whether IAM must name the same user as the event does, which is old or second-hand.
    pub(crate) fn is_compared(&self) -> bool {
        match &self.who {
            Who::User(Owner::Asked { expected, .. }) => expected.is_some(),
            Who::User(Owner::Since(..)) => true,
            Who::User(Owner::Shown(_)) | Who::Role(_) | Who::Root => false,
        }
    }

    /// The IAM actions that taking the step needs, what reads it back and what finds a
    /// renamed user, or shows whose a key is, included.
    #[must_use]
    pub(crate) fn actions(&self) -> Vec<&'static str> {
        let own: &[&str] = match self.act {
            Act::DeactivateKey(_) => &["iam:UpdateAccessKey", "iam:ListAccessKeys"],
            Act::DeactivateServiceCredential(_) => &[
                "iam:UpdateServiceSpecificCredential",
                "iam:ListServiceSpecificCredentials",
            ],
            Act::DeactivateSshKey(_) => &["iam:UpdateSSHPublicKey", "iam:ListSSHPublicKeys"],
            Act::DeactivateSigningCertificate(_) => &[
                "iam:UpdateSigningCertificate",
                "iam:ListSigningCertificates",
            ],
            Act::RevokeSessions => &["iam:PutUserPolicy", "iam:GetUserPolicy"],
            Act::RevokeRoleSessions => return vec!["iam:PutRolePolicy", "iam:GetRolePolicy"],
            Act::QuarantineUser => &[
                "iam:PutUserPolicy",
                "iam:GetUserPolicy",
                "iam:AttachUserPolicy",
                "iam:ListAttachedUserPolicies",
                "iam:PutUserPermissionsBoundary",
            ],
            Act::DisableConsoleLogin => &["iam:DeleteLoginProfile", "iam:GetLoginProfile"],
            Act::DeleteKey(_) => &["iam:DeleteAccessKey", "iam:ListAccessKeys"],
            Act::DeleteRootKey(_) => return vec!["iam:DeleteAccessKey", "iam:ListAccessKeys"],
        };
        own.iter()
            .copied()
            .chain([
                "iam:GetAccessKeyLastUsed",
                "iam:GetUser",
                "iam:ListAccessKeys",
            ])
            .collect()
    }
}

impl Owner {
    /// The user's name, as far as the event has it.
    #[must_use]
    pub(crate) fn name(&self) -> Option<&UserName> {
        match self {
            Self::Shown(user) | Self::Since(user, _) => Some(user),
            Self::Asked { expected, .. } => expected.as_ref(),
        }
    }
}
