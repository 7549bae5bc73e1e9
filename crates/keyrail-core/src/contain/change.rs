//! A change to an account, as data: one call of IAM, what shows that it was made, and
//! what takes it back. What is not in this list, keyrail cannot do.

use serde::{Deserialize, Serialize};

use crate::id::{AccessKeyId, CredentialId, RoleName, UserName};

pub use self::denial::{Denial, deny_all_arn};

mod command;
pub(crate) use self::command::option;
mod denial;
mod inverse;
mod words;

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

/// What was read of a change: whether the state is as it leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObservedState {
    /// The state is as the change leaves it.
    Made,
    /// It is not; how it is instead.
    NotMade(Instead),
    /// The user, or role, exists; what is to be changed does not.
    TargetGone,
    /// There is no such user, or role.
    OwnerGone,
}

/// How something is that is not as a change leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    /// It is not there.
    Absent,
    /// Its status is Active.
    Active,
    /// Something else is in its place, or nothing.
    Another,
    /// Its status is Inactive.
    Inactive,
    /// It is there.
    Present,
    /// It is as it was.
    Unchanged,
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
        self.row().0
    }

    /// The IAM action that permits to see whether it was made.
    #[must_use]
    pub fn reading_action(&self) -> &'static str {
        self.row().1
    }

    /// Whether it is put on a user or role, so that nothing but that must exist.
    #[must_use]
    pub fn is_put(&self) -> bool {
        self.row().2 == Nature::Puts
    }

    /// Whether it takes something away, so that not finding that thing is success.
    #[must_use]
    pub fn removes(&self) -> bool {
        self.row().2 == Nature::Removes
    }

    pub(crate) fn nature(&self) -> Nature {
        self.row().2
    }

    /// The action, the action that reads it back, and what it does to what is there.
    fn row(&self) -> (&'static str, &'static str, Nature) {
        use Nature::{Puts, Removes, Sets};
        match self {
            Self::Key { status, .. } => {
                ("iam:UpdateAccessKey", "iam:ListAccessKeys", Sets(*status))
            }
            Self::ServiceCredential { status, .. } => (
                "iam:UpdateServiceSpecificCredential",
                "iam:ListServiceSpecificCredentials",
                Sets(*status),
            ),
            Self::SshKey { status, .. } => (
                "iam:UpdateSSHPublicKey",
                "iam:ListSSHPublicKeys",
                Sets(*status),
            ),
            Self::SigningCertificate { status, .. } => (
                "iam:UpdateSigningCertificate",
                "iam:ListSigningCertificates",
                Sets(*status),
            ),
            Self::DenyUser { .. } => ("iam:PutUserPolicy", "iam:GetUserPolicy", Puts),
            Self::AllowUser { .. } => ("iam:DeleteUserPolicy", "iam:GetUserPolicy", Removes),
            Self::AttachDenyAll { .. } => {
                ("iam:AttachUserPolicy", "iam:ListAttachedUserPolicies", Puts)
            }
            Self::DetachDenyAll { .. } => (
                "iam:DetachUserPolicy",
                "iam:ListAttachedUserPolicies",
                Removes,
            ),
            Self::Boundary { .. } => ("iam:PutUserPermissionsBoundary", "iam:GetUser", Puts),
            Self::NoBoundary { .. } => {
                ("iam:DeleteUserPermissionsBoundary", "iam:GetUser", Removes)
            }
            Self::DenyRole { .. } => ("iam:PutRolePolicy", "iam:GetRolePolicy", Puts),
            Self::AllowRole { .. } => ("iam:DeleteRolePolicy", "iam:GetRolePolicy", Removes),
            Self::DeletePassword { .. } => {
                ("iam:DeleteLoginProfile", "iam:GetLoginProfile", Removes)
            }
            Self::DeleteKey { .. } | Self::DeleteRootKey { .. } => {
                ("iam:DeleteAccessKey", "iam:ListAccessKeys", Removes)
            }
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
            Self::ServiceCredential { .. }
            | Self::SshKey { .. }
            | Self::SigningCertificate { .. }
            | Self::DenyUser { .. }
            | Self::AllowUser { .. }
            | Self::AttachDenyAll { .. }
            | Self::DetachDenyAll { .. }
            | Self::Boundary { .. }
            | Self::NoBoundary { .. }
            | Self::DenyRole { .. }
            | Self::AllowRole { .. }
            | Self::DeletePassword { .. } => None,
        }
    }
}

/// What a change does to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    /// It puts something on a user or role.
    Puts,
    /// It takes something away.
    Removes,
    /// It sets the status of a credential.
    Sets(Status),
}

impl Status {
    /// AWS's word.
    #[must_use]
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        }
    }
}

#[cfg(test)]
mod tests;
