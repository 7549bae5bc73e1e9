//! The words for who, whose and where.

use crate::activity::ActorKind;
use crate::plain::Plain;
use crate::situation::{ActorName, Concerned, Identity, KeyOwner, Location, Recipient};

/// Whom an alert is about, in a few words: `bob, by anaya`.
pub(in crate::alert) fn concerned(concerned: &Concerned<'_>) -> String {
    let all = match *concerned {
        Concerned::Actor(actor) => actor_name(actor),
        Concerned::Named(name) => name.to_owned(),
        Concerned::RootCall { action } => format!("root, {action}"),
        Concerned::User { user, by } => format!("{user}, by {}", actor_name(by)),
    };
    Plain(&all).to_string()
}

/// The actor, in a word: not yet safe to show.
pub(super) fn actor_name(actor: ActorName<'_>) -> String {
    match actor {
        ActorName::Aws => "AWS".to_owned(),
        ActorName::Named(name) => name.to_owned(),
        ActorName::NotKnown => "somebody unknown".to_owned(),
        ActorName::Root => "root".to_owned(),
        ActorName::Session { session, role } => format!("{session} ({role})"),
    }
}

/// Who acted, by what sort of identity and name.
pub(super) fn identity(identity: &Identity<'_>) -> String {
    let name = match (identity.name, identity.kind) {
        (ActorName::Aws, _) => return actor_name(identity.name),
        (ActorName::NotKnown, ActorKind::Root | ActorKind::Unknown) => actor_name(identity.name),
        (ActorName::NotKnown, _) => "whose name is not shown".to_owned(),
        (name, _) => actor_name(name),
    };
    let name = Plain(&name);
    let kind = match identity.kind {
        ActorKind::AssumedRole => "role session ",
        ActorKind::AwsAccount => "another account ",
        ActorKind::AwsService => "AWS service ",
        ActorKind::FederatedUser => "federated user ",
        ActorKind::IamUser => "IAM user ",
        ActorKind::IdentityCenterUser => "Identity Center user ",
        ActorKind::Root | ActorKind::Unknown => "",
        ActorKind::SamlUser => "SAML user ",
        ActorKind::WebIdentityUser => "web identity ",
    };
    match identity.through {
        Some(service) => format!("{kind}{name}, through {}", Plain(service)),
        None => format!("{kind}{name}"),
    }
}

/// `access key AKIA… of IAM user bob`
pub(super) fn key_of(key: Option<&str>, owner: &KeyOwner<'_>) -> String {
    format!("{} {}", access_key(key), of_owner(owner))
}

pub(super) fn access_key(key: Option<&str>) -> String {
    match key {
        Some(key) => format!("access key {}", Plain(key)),
        None => "an access key".to_owned(),
    }
}

pub(super) fn of_owner(owner: &KeyOwner<'_>) -> String {
    match *owner {
        KeyOwner::NotNamed => "of an owner that the event does not name".to_owned(),
        KeyOwner::Other(name) => format!("of {}", Plain(name)),
        KeyOwner::Root => "of root".to_owned(),
        KeyOwner::User(user) => format!("of IAM user {}", Plain(user)),
    }
}

pub(super) fn recipient(recipient: &Recipient<'_>) -> String {
    match *recipient {
        Recipient::Itself(user) => format!("itself ({})", Plain(user)),
        Recipient::NotNamed => "a user that the event does not name".to_owned(),
        Recipient::Root => "root".to_owned(),
        Recipient::User(user) => format!("IAM user {}", Plain(user)),
    }
}

/// The affected account, and the Region.
pub(super) fn location(location: &Location<'_>) -> String {
    let account = known(location.account);
    match location.region {
        Some(region) => format!("account {account} ({})", Plain(region)),
        None => format!("account {account}"),
    }
}

/// A text of the event, or that it is not known.
pub(super) fn known(text: Option<&str>) -> String {
    text.map_or_else(|| "not known".to_owned(), |text| Plain(text).to_string())
}
