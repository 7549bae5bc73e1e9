//! What an activity was done to.

use serde::Serialize;

use super::taxonomy::Entry;
use super::{Actor, ActorKind, CallOutcome};
use crate::event::Json;

/// The thing that was acted on, as far as the event shows it.
#[derive(Debug, Default, Serialize)]
pub struct Target {
    /// What sort of thing.
    pub kind: TargetKind,
    /// Its ARN, if the event shows one.
    pub arn: Option<String>,
    /// The account that it is in.
    pub account: Option<String>,
    /// The IAM user that it belongs to.
    pub user: Option<String>,
    /// Whether it belongs to root; `None` if the event does not tell.
    pub is_root: Option<bool>,
    /// The access key.
    pub access_key_id: Option<String>,
    /// The credential, where it is no access key.
    pub credential_id: Option<String>,
    /// Its name, where it has one.
    pub name: Option<String>,
}

/// What sort of thing was acted on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// An IAM access key.
    AccessKey,
    /// Nothing that keyrail looks at.
    #[default]
    None,
}

impl Target {
    pub(super) fn of(
        record: &Json,
        entry: Option<&Entry>,
        actor: &Actor,
        outcome: &CallOutcome,
    ) -> Self {
        match entry.map(|entry| entry.target) {
            Some(TargetKind::AccessKey) => Self::new_access_key(record, actor, outcome),
            Some(TargetKind::None) | None => Self::default(),
        }
    }

    /// The key stands only in the response; its owner there and, if the caller
    /// named one, in the request. A call that names nobody is about the caller.
    /// A denied call shows neither, and names the user only in its message.
    fn new_access_key(record: &Json, actor: &Actor, outcome: &CallOutcome) -> Self {
        let request = record.name(&["requestParameters", "userName"]);
        let response = record.name(&["responseElements", "accessKey", "userName"]);
        let succeeded = outcome.succeeded == Some(true);
        // Root's own call names nobody; a name in the response would be the
        // account's alias.
        let named = match actor.kind {
            ActorKind::Root => request,
            _ => response.or(request),
        };
        let (user, is_root) = match (named, actor.kind) {
            (Some(name), _) if name == ROOT_PLACEHOLDER => (None, Some(true)),
            (Some(name), _) => (Some(name), Some(false)),
            (None, ActorKind::Root) if succeeded => (None, Some(true)),
            (None, ActorKind::IamUser) if succeeded => (actor.name.clone(), Some(false)),
            (None, _) => match outcome.error_message.as_deref().and_then(user_in_message) {
                Some(name) => (Some(name), Some(false)),
                None => (None, None),
            },
        };
        Self {
            kind: TargetKind::AccessKey,
            arn: None,
            account: record
                .text(&["recipientAccountId"])
                .or_else(|| actor.account.clone()),
            user,
            is_root,
            access_key_id: record.text(&["responseElements", "accessKey", "accessKeyId"]),
            credential_id: None,
            name: None,
        }
    }

    /// Whether a successful call must have shown a target that the event lacks.
    pub(super) fn is_missing(&self, outcome: &CallOutcome) -> bool {
        self.kind == TargetKind::AccessKey
            && outcome.succeeded != Some(false)
            && (self.access_key_id.is_none() || self.is_root.is_none())
    }
}

/// What CloudTrail writes for root where a user's name is due: no user's name.
const ROOT_PLACEHOLDER: &str = "AWS ROOT USER";

/// `… on resource: user NAME because …` → `NAME`.
fn user_in_message(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("on resource: user ")?;
    rest.split_whitespace().next().map(str::to_owned)
}
