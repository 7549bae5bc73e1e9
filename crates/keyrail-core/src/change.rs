//! A change to an account, as data: one call of IAM, what shows that it was made, and
//! what takes it back. What is not in this list, keyrail cannot do.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{AccessKeyId, CredentialId, RoleName, UserName};

mod command;

/// One changing call, with nothing but parsed ids in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Sets a key's status: always with the user's name, since without one IAM takes
    /// the caller's own keys.
    #[serde(rename = "iam:UpdateAccessKey")]
    Key {
        /// The key's user.
        user: UserName,
        /// The key.
        key: AccessKeyId,
        /// What it is set to.
        status: Status,
    },
    /// The same for a service-specific credential.
    #[serde(rename = "iam:UpdateServiceSpecificCredential")]
    ServiceCredential {
        /// Its user.
        user: UserName,
        /// Its id.
        credential: CredentialId,
        /// What it is set to.
        status: Status,
    },
    /// The same for an SSH key.
    #[serde(rename = "iam:UpdateSSHPublicKey")]
    SshKey {
        /// Its user.
        user: UserName,
        /// Its id.
        credential: CredentialId,
        /// What it is set to.
        status: Status,
    },
    /// The same for a signing certificate.
    #[serde(rename = "iam:UpdateSigningCertificate")]
    SigningCertificate {
        /// Its user.
        user: UserName,
        /// Its id.
        credential: CredentialId,
        /// What it is set to.
        status: Status,
    },
    /// Puts an inline policy of keyrail's on a user.
    #[serde(rename = "iam:PutUserPolicy")]
    DenyUser {
        /// The user.
        user: UserName,
        /// What is denied.
        denial: Denial,
    },
    /// Takes it off.
    #[serde(rename = "iam:DeleteUserPolicy")]
    AllowUser {
        /// The user.
        user: UserName,
        /// What was denied.
        denial: Denial,
    },
    /// Attaches AWS's own policy that denies everything.
    #[serde(rename = "iam:AttachUserPolicy")]
    AttachDenyAll {
        /// The user.
        user: UserName,
        /// [`deny_all_arn`] of the account's partition.
        arn: String,
    },
    /// Detaches it.
    #[serde(rename = "iam:DetachUserPolicy")]
    DetachDenyAll {
        /// The user.
        user: UserName,
        /// The policy.
        arn: String,
    },
    /// Sets a user's permissions boundary.
    #[serde(rename = "iam:PutUserPermissionsBoundary")]
    Boundary {
        /// The user.
        user: UserName,
        /// The policy that bounds from now on.
        arn: String,
        /// The one that did before.
        previous: Option<String>,
    },
    /// Removes it.
    #[serde(rename = "iam:DeleteUserPermissionsBoundary")]
    NoBoundary {
        /// The user.
        user: UserName,
        /// The policy that bounded.
        previous: String,
    },
    /// Puts an inline policy of keyrail's on a role.
    #[serde(rename = "iam:PutRolePolicy")]
    DenyRole {
        /// The role.
        role: RoleName,
        /// What is denied.
        denial: Denial,
    },
    /// Takes it off.
    #[serde(rename = "iam:DeleteRolePolicy")]
    AllowRole {
        /// The role.
        role: RoleName,
        /// What was denied.
        denial: Denial,
    },
    /// Deletes a user's password.
    #[serde(rename = "iam:DeleteLoginProfile")]
    DeletePassword {
        /// The user.
        user: UserName,
    },
    /// Deletes a user's key, for good.
    #[serde(rename = "iam:DeleteAccessKey")]
    DeleteKey {
        /// The key's user.
        user: UserName,
        /// The key.
        key: AccessKeyId,
    },
    /// Deletes a key of a member account's root, for good; in a session of
    /// `sts:AssumeRoot`, where the call names no user.
    #[serde(rename = "iam:DeleteAccessKey (root)")]
    DeleteRootKey {
        /// The key.
        key: AccessKeyId,
    },
}

/// The status of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "AWS's own words")]
pub enum Status {
    Active,
    Inactive,
}

/// What an inline policy of keyrail's denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Denial {
    /// Everything, in sessions of `GetSessionToken` and `GetFederationToken` too: they
    /// can do what their user can at that time.
    Everything,
    /// Everything, in sessions that are older than this. Long-term keys have no time of
    /// issue and are not touched (IAM User Guide, "Revoke IAM role temporary security
    /// credentials", checked 2026-11-25).
    SessionsBefore(Timestamp),
}

/// What was read of a change: whether the state is as it leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// The state is as the change leaves it.
    Made,
    /// It is not; how it is instead, in a word or two.
    NotMade(&'static str),
    /// The user, or role, exists; what is to be changed does not.
    TargetGone,
    /// There is no such user, or role.
    OwnerGone,
}

/// Who a change is made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal<'a> {
    /// A role.
    Role(&'a RoleName),
    /// Root.
    Root,
    /// A user.
    User(&'a UserName),
}

impl Change {
    /// The IAM action that permits it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::Key { .. } => "iam:UpdateAccessKey",
            Self::ServiceCredential { .. } => "iam:UpdateServiceSpecificCredential",
            Self::SshKey { .. } => "iam:UpdateSSHPublicKey",
            Self::SigningCertificate { .. } => "iam:UpdateSigningCertificate",
            Self::DenyUser { .. } => "iam:PutUserPolicy",
            Self::AllowUser { .. } => "iam:DeleteUserPolicy",
            Self::AttachDenyAll { .. } => "iam:AttachUserPolicy",
            Self::DetachDenyAll { .. } => "iam:DetachUserPolicy",
            Self::Boundary { .. } => "iam:PutUserPermissionsBoundary",
            Self::NoBoundary { .. } => "iam:DeleteUserPermissionsBoundary",
            Self::DenyRole { .. } => "iam:PutRolePolicy",
            Self::AllowRole { .. } => "iam:DeleteRolePolicy",
            Self::DeletePassword { .. } => "iam:DeleteLoginProfile",
            Self::DeleteKey { .. } | Self::DeleteRootKey { .. } => "iam:DeleteAccessKey",
        }
    }

    /// The IAM action that permits to see whether it was made.
    #[must_use]
    pub fn reading_action(&self) -> &'static str {
        match self {
            Self::Key { .. } | Self::DeleteKey { .. } | Self::DeleteRootKey { .. } => {
                "iam:ListAccessKeys"
            }
            Self::ServiceCredential { .. } => "iam:ListServiceSpecificCredentials",
            Self::SshKey { .. } => "iam:ListSSHPublicKeys",
            Self::SigningCertificate { .. } => "iam:ListSigningCertificates",
            Self::DenyUser { .. } | Self::AllowUser { .. } => "iam:GetUserPolicy",
            Self::AttachDenyAll { .. } | Self::DetachDenyAll { .. } => {
                "iam:ListAttachedUserPolicies"
            }
            Self::Boundary { .. } | Self::NoBoundary { .. } => "iam:GetUser",
            Self::DenyRole { .. } | Self::AllowRole { .. } => "iam:GetRolePolicy",
            Self::DeletePassword { .. } => "iam:GetLoginProfile",
        }
    }

    /// Who it is made to.
    #[must_use]
    pub fn principal(&self) -> Principal<'_> {
        match self {
            Self::Key { user, .. }
            | Self::ServiceCredential { user, .. }
            | Self::SshKey { user, .. }
            | Self::SigningCertificate { user, .. }
            | Self::DenyUser { user, .. }
            | Self::AllowUser { user, .. }
            | Self::AttachDenyAll { user, .. }
            | Self::DetachDenyAll { user, .. }
            | Self::Boundary { user, .. }
            | Self::NoBoundary { user, .. }
            | Self::DeletePassword { user }
            | Self::DeleteKey { user, .. } => Principal::User(user),
            Self::DenyRole { role, .. } | Self::AllowRole { role, .. } => Principal::Role(role),
            Self::DeleteRootKey { .. } => Principal::Root,
        }
    }

    /// The access key that it is about, if it is about one.
    #[must_use]
    pub fn key(&self) -> Option<&AccessKeyId> {
        match self {
            Self::Key { key, .. } | Self::DeleteKey { key, .. } | Self::DeleteRootKey { key } => {
                Some(key)
            }
            _ => None,
        }
    }

    /// What takes it back; `None` if nothing can.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        let mut inverse = self.clone();
        match &mut inverse {
            Self::Key { status, .. }
            | Self::ServiceCredential { status, .. }
            | Self::SshKey { status, .. }
            | Self::SigningCertificate { status, .. } => *status = status.other(),
            Self::DenyUser { user, denial } => {
                let (user, denial) = (user.clone(), *denial);
                return Some(Self::AllowUser { user, denial });
            }
            Self::AttachDenyAll { user, arn } => {
                let (user, arn) = (user.clone(), arn.clone());
                return Some(Self::DetachDenyAll { user, arn });
            }
            Self::Boundary {
                user,
                arn,
                previous,
            } => {
                let (user, arn) = (user.clone(), arn.clone());
                return Some(match previous.clone() {
                    Some(previous) => Self::Boundary {
                        user,
                        arn: previous,
                        previous: Some(arn),
                    },
                    None => Self::NoBoundary {
                        user,
                        previous: arn,
                    },
                });
            }
            Self::DenyRole { role, denial } => {
                let (role, denial) = (role.clone(), *denial);
                return Some(Self::AllowRole { role, denial });
            }
            // An undone change is not done again; a password is nobody's to know.
            Self::AllowUser { .. }
            | Self::DetachDenyAll { .. }
            | Self::NoBoundary { .. }
            | Self::AllowRole { .. }
            | Self::DeletePassword { .. }
            | Self::DeleteKey { .. }
            | Self::DeleteRootKey { .. } => return None,
        }
        Some(inverse)
    }

    /// What was done, once it was: the words that follow "keyrail has".
    #[must_use]
    pub fn done(&self) -> &'static str {
        match self {
            Self::Key { status, .. }
            | Self::ServiceCredential { status, .. }
            | Self::SshKey { status, .. }
            | Self::SigningCertificate { status, .. } => match status {
                Status::Active => "set to Active",
                Status::Inactive => "set to Inactive",
            },
            Self::DenyUser { denial, .. } | Self::DenyRole { denial, .. } => match denial {
                Denial::Everything => "denied everything by an inline policy",
                Denial::SessionsBefore(_) => "older sessions denied by an inline policy",
            },
            Self::AllowUser { .. } | Self::AllowRole { .. } => "keyrail's inline policy deleted",
            Self::AttachDenyAll { .. } => "denied everything by a managed policy",
            Self::DetachDenyAll { .. } => "the managed policy that denies detached",
            Self::Boundary { .. } => {
                "bounded by a policy that denies everything, but for what policies of resources grant the user by name"
            }
            Self::NoBoundary { .. } => "permissions boundary removed",
            Self::DeletePassword { .. } => "password deleted",
            Self::DeleteKey { .. } | Self::DeleteRootKey { .. } => "deleted for good",
        }
    }

    /// The state that shows that it was made, in a word or two.
    #[must_use]
    pub fn shown(&self) -> &'static str {
        match self {
            Self::Key { status, .. }
            | Self::ServiceCredential { status, .. }
            | Self::SshKey { status, .. }
            | Self::SigningCertificate { status, .. } => status.as_str(),
            Self::DenyUser { .. }
            | Self::AttachDenyAll { .. }
            | Self::Boundary { .. }
            | Self::DenyRole { .. } => "in place",
            Self::AllowUser { .. }
            | Self::DetachDenyAll { .. }
            | Self::NoBoundary { .. }
            | Self::AllowRole { .. }
            | Self::DeletePassword { .. }
            | Self::DeleteKey { .. }
            | Self::DeleteRootKey { .. } => "gone",
        }
    }

    /// Whether it is put on a user or role, so that nothing but that must exist.
    #[must_use]
    pub fn is_put(&self) -> bool {
        matches!(
            self,
            Self::DenyUser { .. }
                | Self::AttachDenyAll { .. }
                | Self::Boundary { .. }
                | Self::DenyRole { .. }
        )
    }

    /// Whether it takes something away, so that not finding that thing is success.
    #[must_use]
    pub fn removes(&self) -> bool {
        match self {
            Self::AllowUser { .. }
            | Self::DetachDenyAll { .. }
            | Self::NoBoundary { .. }
            | Self::AllowRole { .. }
            | Self::DeletePassword { .. }
            | Self::DeleteKey { .. }
            | Self::DeleteRootKey { .. } => true,
            Self::Key { .. }
            | Self::ServiceCredential { .. }
            | Self::SshKey { .. }
            | Self::SigningCertificate { .. }
            | Self::DenyUser { .. }
            | Self::AttachDenyAll { .. }
            | Self::Boundary { .. }
            | Self::DenyRole { .. } => false,
        }
    }
}

impl Status {
    /// AWS's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Active => Self::Inactive,
            Self::Inactive => Self::Active,
        }
    }
}

impl Denial {
    /// The policy's name, by which keyrail and the SCP that protects it know it.
    #[must_use]
    pub fn policy_name(self) -> &'static str {
        match self {
            Self::Everything => "KeyrailQuarantine",
            Self::SessionsBefore(_) => "KeyrailRevokeOlderSessions",
        }
    }

    /// Whether a policy's text denies as much: what denies younger sessions, too, denies
    /// the older ones.
    #[must_use]
    pub fn is_met_by(self, text: &str) -> bool {
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        let Some(found) = read(text) else {
            return false;
        };
        let wanted = match self {
            Self::Everything => self,
            Self::SessionsBefore(time) => {
                let until = found
                    .pointer("/Statement/Condition/DateLessThan/aws:TokenIssueTime")
                    .and_then(|until| until.as_str()?.parse::<Timestamp>().ok())
                    .filter(|until| until.as_second() >= time.as_second());
                match until {
                    Some(until) => Self::SessionsBefore(until),
                    None => return false,
                }
            }
        };
        read(&wanted.document()).is_some_and(|wanted| wanted == found)
    }

    /// The policy's text, short: all inline policies of a user share 2,048 characters
    /// (IAM User Guide, "IAM and AWS STS quotas", checked 2026-11-25).
    #[must_use]
    pub fn document(self) -> String {
        match self {
            Self::Everything => {
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#
                    .to_owned()
            }
            Self::SessionsBefore(time) => format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{"DateLessThan":{{"aws:TokenIssueTime":"{}"}}}}}}}}"#,
                time.strftime("%Y-%m-%dT%H:%M:%SZ")
            ),
        }
    }
}

/// AWS's managed policy that denies everything (AWS Managed Policy Reference,
/// `AWSDenyAll`, checked 2026-11-25).
#[must_use]
pub fn deny_all_arn(partition: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/AWSDenyAll")
}
