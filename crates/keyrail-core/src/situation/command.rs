//! Commands that people copy and run: made of parsed ids only, and the same in each language.

use std::fmt;

use crate::change::option;
use crate::id::{AccessKeyId, UserName};

/// A command that reads. What changes something is a [`crate::change::Change`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// Deletes a key of a bucket of Lightsail's.
    DeleteBucketKey {
        bucket: Slug,
        key: AccessKeyId,
        region: Option<Slug>,
    },
    /// Disables a profile of Roles Anywhere.
    DisableProfile { id: Slug, region: Option<Slug> },
    /// Disables a trust anchor of Roles Anywhere.
    DisableTrustAnchor { id: Slug, region: Option<Slug> },
    /// Shows the status of a user's keys.
    ListKeys(UserName),
    /// Shows whose a key is.
    KeyLastUsed(AccessKeyId),
    /// Shows events of CloudTrail.
    LookUp {
        by: LookUp,
        /// The Region, where the event tells it.
        region: Option<Slug>,
    },
}

/// An attribute that CloudTrail looks events up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LookUp {
    /// The key that signed.
    AccessKeyId(AccessKeyId),
    /// What was acted on: a user or a role, whose names have the same alphabet.
    ResourceName(UserName),
    /// Who acted.
    Username(UserName),
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let within = |region: &Option<Slug>| match region {
            Some(region) => format!(" --region {}", region.as_str()),
            None => String::new(),
        };
        match self {
            Self::DeleteBucketKey {
                bucket,
                key,
                region,
            } => write!(
                f,
                "aws lightsail delete-bucket-access-key --bucket-name {} --access-key-id {key}{}",
                bucket.as_str(),
                within(region)
            ),
            Self::DisableProfile { id, region } => write!(
                f,
                "aws rolesanywhere disable-profile --profile-id {}{}",
                id.as_str(),
                within(region)
            ),
            Self::DisableTrustAnchor { id, region } => write!(
                f,
                "aws rolesanywhere disable-trust-anchor --trust-anchor-id {}{}",
                id.as_str(),
                within(region)
            ),
            Self::ListKeys(user) => {
                let user = option("user-name", user.as_str());
                write!(f, "aws iam list-access-keys {user}")
            }
            Self::KeyLastUsed(key) => {
                write!(f, "aws iam get-access-key-last-used --access-key-id {key}")
            }
            Self::LookUp { by, region } => {
                let (attribute, value) = match by {
                    LookUp::AccessKeyId(key) => ("AccessKeyId", key.as_str()),
                    LookUp::ResourceName(name) => ("ResourceName", name.as_str()),
                    LookUp::Username(name) => ("Username", name.as_str()),
                };
                write!(
                    f,
                    "aws cloudtrail lookup-events --lookup-attributes AttributeKey={attribute},AttributeValue={value}"
                )?;
                match region {
                    Some(region) => write!(f, " --region {}", region.as_str()),
                    None => Ok(()),
                }
            }
        }
    }
}

/// A text that has nothing but letters, digits and hyphens: a Region, or the id of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slug(String);

impl Slug {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_slug = text.len() <= 64 && text.bytes().all(is_plain);
        is_slug.then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}
