//! What an activity was done to.

use serde::{Deserialize, Serialize};

use crate::id::KeyKind;
use crate::taxonomy::TargetKind;

/// The thing that was acted on, as far as the event shows it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Target {
    /// What sort of thing.
    pub kind: TargetKind,
    /// Its ARN, if the event shows one.
    pub arn: Option<String>,
    /// The account that it is in.
    pub account: Option<String>,
    /// The IAM user that it is, or belongs to.
    pub user: Option<String>,
    /// Whether it belongs to root; `None` if the event does not tell.
    pub is_root: Option<bool>,
    /// The access key.
    pub access_key_id: Option<String>,
    /// The credential, where it is not an access key.
    pub credential_id: Option<String>,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// The state that a credential was set to, such as `Active`.
    pub status: Option<String>,
    /// Further access keys that the event names.
    pub more_keys: Vec<String>,
    /// The names of further things of its kind that the same call was for.
    pub more_names: Vec<String>,
    /// The inline policy of a user or role that is put or deleted.
    #[serde(skip)]
    pub inline_policy: Option<String>,
    /// The role that a function is given.
    #[serde(skip)]
    pub given_role: Option<String>,
}

/// What CloudTrail writes for root where a user's name is due: no user's name.
pub(super) const ROOT_PLACEHOLDERS: [&str; 3] = ["AWS ROOT USER", "<root_account>", "Root"];

/// AWS Health sends longer lists in pages. What is beyond this is a fact not known.
pub(super) const MOST_KEYS: usize = 100;

/// A key id that may stand in an access key's place: not a mask, and none of the
/// placeholders in sample findings.
pub(super) fn is_key_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (16..=128).contains(&text.len()) && text.bytes().all(plain) && KeyKind::of(text).is_some()
}
