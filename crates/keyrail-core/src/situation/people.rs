//! Who acted, whose something is, and where it happened: as the event has it, and so not yet
//! safe to show.

use crate::activity::{Activity, ActorKind};
use crate::arn::Arn;
use crate::situation::about::About;
use crate::taxonomy::{Kind, TargetKind};

/// The name of who acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActorName<'a> {
    /// AWS itself.
    Aws,
    Named(&'a str),
    NotKnown,
    Root,
    /// A role session that is not called like its role.
    Session {
        session: &'a str,
        role: &'a str,
    },
}

/// Who acted: the kind of identity, and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity<'a> {
    pub kind: ActorKind,
    pub name: ActorName<'a>,
    /// The AWS service that acted for it.
    pub through: Option<&'a str>,
}

/// Whom an alert is about, for a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Concerned<'a> {
    Actor(ActorName<'a>),
    /// A user, a key, or the last part of an ARN.
    Named(&'a str),
    /// A call that root made.
    RootCall {
        action: &'a str,
    },
    /// A user on whom somebody else acted.
    User {
        user: &'a str,
        by: ActorName<'a>,
    },
}

/// Whose a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyOwner<'a> {
    /// Neither the event nor IAM names anybody.
    NotNamed,
    /// What the event calls the owner, where it is not a user.
    Other(&'a str),
    Root,
    User(&'a str),
}

/// For whom a key was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recipient<'a> {
    /// The user who created it.
    Itself(&'a str),
    NotNamed,
    Root,
    User(&'a str),
}

/// The affected account and the Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Location<'a> {
    pub account: Option<&'a str>,
    pub region: Option<&'a str>,
}

impl<'a> ActorName<'a> {
    pub(super) fn of(activity: &'a Activity) -> Self {
        let actor = &activity.actor;
        let name = actor.name.as_deref();
        match (actor.kind, name, actor.session_name.as_deref()) {
            (ActorKind::Root, ..) => Self::Root,
            (_, Some(role), Some(session)) if role != session => Self::Session { session, role },
            (_, Some(name), _) => Self::Named(name),
            (_, None, _) => Self::NotKnown,
        }
    }
}

impl<'a> Identity<'a> {
    pub(super) fn of(activity: &'a Activity) -> Self {
        let actor = &activity.actor;
        let through = actor.on_behalf_of_service.as_deref();
        Self {
            kind: actor.kind,
            name: ActorName::of(activity),
            through: through.filter(|_| actor.kind != ActorKind::AwsService),
        }
    }
}

impl<'a> Identity<'a> {
    /// The same, but AWS for what it does itself: in the name of the user whom it puts under
    /// quarantine.
    pub(super) fn of_deed(activity: &'a Activity) -> Self {
        let service = activity.actor.on_behalf_of_service.as_deref();
        let by_aws = activity.particulars.quarantine.is_some()
            && service.is_some_and(|service| service.starts_with("AWS Internal"));
        match by_aws {
            true => Self {
                kind: ActorKind::AwsService,
                name: ActorName::Aws,
                through: None,
            },
            false => Self::of(activity),
        }
    }
}

impl<'a> Concerned<'a> {
    /// `None` where nobody is named, or nobody can read the event.
    pub(super) fn of(about: About<'a>, activity: &'a Activity) -> Option<Self> {
        let actor = ActorName::of(activity);
        let target = &activity.target;
        let named_or_actor =
            |name: Option<&'a String>| name.map_or(Self::Actor(actor), |name| Self::Named(name));
        match about {
            About::Activity => {}
            About::Comeback { .. } => return Some(named_or_actor(target.user.as_ref())),
            About::Fault { .. } => return None,
            About::FollowUp(repeats) => {
                // `user/anaya`, `assumed-role/deploy/anaya`
                let actor = &repeats.follow_up.repetition.actor;
                let in_arn = Arn::parse(actor).map(|arn| arn.resource);
                return Some(Self::Named(in_arn.unwrap_or(actor)));
            }
        }
        if activity.kind.is_report() {
            // The service that reports it did nothing.
            return Some(named_or_actor(
                target.user.as_ref().or(target.access_key_id.as_ref()),
            ));
        }
        if let (ActorKind::Root, Kind::ApiCall, Some(action)) =
            (activity.actor.kind, activity.kind, &activity.action)
        {
            return Some(Self::RootCall { action });
        }
        match (activity.kind, target.kind, &target.user) {
            (Kind::Unrecognised, ..) => None,
            (_, kind, Some(user))
                if (kind.is_credential() || kind == TargetKind::User)
                    && activity.actor.name.as_ref() != Some(user) =>
            {
                Some(Self::User { user, by: actor })
            }
            _ => Some(Self::Actor(actor)),
        }
    }
}

impl<'a> KeyOwner<'a> {
    /// As the event says.
    pub(super) fn of(activity: &'a Activity) -> Self {
        let target = &activity.target;
        match (&target.user, target.is_root, &target.name) {
            (_, Some(true), _) => Self::Root,
            (Some(user), ..) => Self::User(user),
            (None, _, Some(name)) => Self::Other(name),
            (None, _, None) => Self::NotNamed,
        }
    }
}

impl<'a> Recipient<'a> {
    pub(super) fn of(activity: &'a Activity) -> Self {
        let target = &activity.target;
        match (&target.user, target.is_root) {
            (_, Some(true)) => Self::Root,
            (Some(user), _) if activity.is_on_self() => Self::Itself(user),
            (Some(user), _) => Self::User(user),
            (None, _) => Self::NotNamed,
        }
    }
}

impl<'a> Location<'a> {
    pub(super) fn of(activity: &'a Activity) -> Self {
        Self {
            account: activity.account.as_deref(),
            region: activity.region.as_deref(),
        }
    }
}
