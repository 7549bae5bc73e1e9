//! Changes as command lines.

use std::fmt;

use super::Change;
use crate::id::{RoleName, UserName};

/// The command line that makes the change, for people to copy and run.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = |user: &UserName| option("user-name", user.as_str());
        let role = |role: &RoleName| option("role-name", role.as_str());
        f.write_str("aws iam ")?;
        match self {
            Self::Key {
                user: name,
                key,
                status,
            } => write!(
                f,
                "update-access-key {} --access-key-id {key} --status {}",
                user(name),
                status.as_str()
            ),
            Self::ServiceCredential {
                user: name,
                credential,
                status,
            } => write!(
                f,
                "update-service-specific-credential {} --service-specific-credential-id {credential} --status {}",
                user(name),
                status.as_str()
            ),
            Self::SshKey {
                user: name,
                credential,
                status,
            } => write!(
                f,
                "update-ssh-public-key {} --ssh-public-key-id {credential} --status {}",
                user(name),
                status.as_str()
            ),
            Self::SigningCertificate {
                user: name,
                credential,
                status,
            } => write!(
                f,
                "update-signing-certificate {} --certificate-id {credential} --status {}",
                user(name),
                status.as_str()
            ),
            Self::DenyUser { user: name, denial } => write!(
                f,
                "put-user-policy {} --policy-name {} --policy-document '{}'",
                user(name),
                denial.policy_name(),
                denial.document()
            ),
            Self::AllowUser { user: name, denial } => write!(
                f,
                "delete-user-policy {} --policy-name {}",
                user(name),
                denial.policy_name()
            ),
            Self::AttachDenyAll { user: name, arn } => write!(
                f,
                "attach-user-policy {} {}",
                user(name),
                option("policy-arn", arn)
            ),
            Self::DetachDenyAll { user: name, arn } => write!(
                f,
                "detach-user-policy {} {}",
                user(name),
                option("policy-arn", arn)
            ),
            Self::Boundary {
                user: name, arn, ..
            } => write!(
                f,
                "put-user-permissions-boundary {} {}",
                user(name),
                option("permissions-boundary", arn)
            ),
            Self::NoBoundary { user: name, .. } => {
                write!(f, "delete-user-permissions-boundary {}", user(name))
            }
            Self::DenyRole { role: name, denial } => write!(
                f,
                "put-role-policy {} --policy-name {} --policy-document '{}'",
                role(name),
                denial.policy_name(),
                denial.document()
            ),
            Self::AllowRole { role: name, denial } => write!(
                f,
                "delete-role-policy {} --policy-name {}",
                role(name),
                denial.policy_name()
            ),
            Self::DeletePassword { user: name } => write!(f, "delete-login-profile {}", user(name)),
            Self::DeleteKey { user: name, key } => {
                write!(f, "delete-access-key {} --access-key-id {key}", user(name))
            }
            Self::DeleteRootKey { key } => write!(f, "delete-access-key --access-key-id {key}"),
        }
    }
}

impl Change {
    /// The command line that helps where nothing takes the change back, if one does.
    #[must_use]
    pub fn instead(&self) -> Option<String> {
        let Self::DeletePassword { user } = self else {
            return None;
        };
        let user = option("user-name", user.as_str());
        Some(format!(
            "aws iam create-login-profile {user} --password-reset-required"
        ))
    }
}

/// A name may begin with a hyphen, and would be taken for an option.
pub(crate) fn option(name: &str, value: &str) -> String {
    let is = if value.starts_with('-') { "=" } else { " " };
    // ARNs come out of reports, which are files; ids have parsed.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-:/".contains(&byte);
    match value.bytes().all(plain) {
        true => format!("--{name}{is}{value}"),
        false => format!("--{name}{is}'{}'", value.replace('\'', "")),
    }
}
