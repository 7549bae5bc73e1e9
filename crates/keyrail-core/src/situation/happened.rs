//! What happened.

use jiff::Timestamp;

use super::about::About;
use super::credentials::{Credentials, Owner};
use super::people::{Identity, KeyOwner, Location, Recipient};
use crate::activity::{Activity, PasswordChange};
use crate::report::{Report, State};
use crate::taxonomy::{Kind, TargetKind};

/// What happened: one sentence of an alert.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Happened<'a> {
    /// Somebody did something, or tried to.
    Act {
        actor: Identity<'a>,
        act: Act<'a>,
        ended: Ended<'a>,
        location: Location<'a>,
    },
    /// A containment does not hold.
    Comeback {
        user: Option<&'a str>,
        /// In sentences.
        found: &'a str,
        is_stopped_again: bool,
        location: Location<'a>,
    },
    /// The deployed bundle is not valid.
    DefaultBundle {
        error: &'a str,
    },
    /// AWS says that credentials are known to others.
    Exposed {
        by: Identity<'a>,
        credentials: Reported<'a>,
        location: Location<'a>,
    },
    Finding {
        credentials: Reported<'a>,
        location: Location<'a>,
    },
    Repeated {
        /// The event of the first alert.
        event: &'a str,
        actor: &'a str,
        guardrails: &'a [String],
        count: u64,
        until: Timestamp,
        location: Location<'a>,
    },
    Unrecognised {
        reason: &'a str,
    },
}

/// The credentials that AWS reports, and its name for what it reports.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reported<'a> {
    pub key: Option<&'a str>,
    pub owner: KeyOwner<'a>,
    pub more_keys: &'a [String],
    pub finding: Option<&'a str>,
}

/// What somebody did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Act<'a> {
    Called {
        action: Option<&'a str>,
        on: Option<Object<'a>>,
    },
    CreatedKey {
        key: Option<&'a str>,
        recipient: Recipient<'a>,
    },
    /// A session for the command line, as by `aws login`.
    GotCommandLineSession,
    GotOAuthToken {
        action: &'a str,
    },
    /// The policy by which AWS quarantines a user was attached.
    Quarantined {
        policy: &'a str,
        user: Option<&'a str>,
    },
    Launched {
        count: u64,
        action: &'a str,
        after: Option<AfterChange>,
    },
    SetKeyStatus {
        key: Option<&'a str>,
        owner: KeyOwner<'a>,
        status: Option<&'a str>,
    },
    SignedIn {
        is_without_mfa: bool,
    },
}

/// Instances launched after a password change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AfterChange {
    /// All of them by this call.
    AtOnce { minutes: i64 },
    /// By several calls.
    InAll { launched: u64, minutes: i64 },
}

/// What a call was for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object<'a> {
    /// `None` for a user, and for what has no name of its own.
    pub kind: Option<TargetKind>,
    pub name: Option<&'a str>,
    pub owner: Option<ObjectOwner<'a>>,
}

/// Whose the object of a call is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ObjectOwner<'a> {
    Root,
    User(&'a str),
}

/// How an act ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended<'a> {
    Failed {
        error: Option<&'a str>,
    },
    NotShown,
    /// Who it was is just what a failed sign-in does not show.
    SignInFailed {
        error: Option<&'a str>,
        /// Whether the password was right, and the second factor was not.
        is_mfa_refused: bool,
    },
    Succeeded,
}

impl<'a> Happened<'a> {
    pub(super) fn of(report: &'a Report, about: About<'a>, credentials: &Credentials<'a>) -> Self {
        let activity = &report.activity;
        let location = Location::of(activity);
        match about {
            About::Activity => Self::in_aws(activity, credentials),
            About::Comeback { found } => Self::Comeback {
                user: activity.target.user.as_deref(),
                found,
                is_stopped_again: report.state() == State::Blocked,
                location,
            },
            About::Fault { error } => Self::DefaultBundle { error },
            About::FollowUp(repeats) => {
                let follow_up = &repeats.follow_up;
                Self::Repeated {
                    event: &follow_up.event,
                    actor: &follow_up.repetition.actor,
                    guardrails: &follow_up.repetition.guardrails,
                    count: repeats.count(),
                    until: follow_up.repetition.until,
                    location,
                }
            }
        }
    }

    fn in_aws(activity: &'a Activity, credentials: &Credentials<'a>) -> Self {
        let location = Location::of(activity);
        match activity.kind {
            Kind::Unrecognised => Self::Unrecognised {
                reason: activity.unknown.first().map_or("", String::as_str),
            },
            Kind::Exposure if activity.outcome.succeeded.is_none() => Self::Exposed {
                by: Identity::of(activity),
                credentials: Reported::of(activity, credentials),
                location,
            },
            Kind::Finding => Self::Finding {
                credentials: Reported::of(activity, credentials),
                location,
            },
            Kind::ApiCall | Kind::Exposure | Kind::Other | Kind::ServiceEvent | Kind::SignIn => {
                Self::Act {
                    actor: Identity::of_deed(activity),
                    act: Act::of(activity),
                    ended: Ended::of(activity),
                    location,
                }
            }
        }
    }
}

impl<'a> Reported<'a> {
    fn of(activity: &'a Activity, credentials: &Credentials<'a>) -> Self {
        let first = credentials.keys.first();
        let is_named = |id: &str| Some(id) == credentials.named;
        let in_iam = first
            .filter(|key| is_named(key.id.as_str()))
            .and_then(|key| match key.owner {
                Some(Owner::IamSays(user)) => Some(KeyOwner::User(user.as_str())),
                Some(Owner::EventSays(_)) | None => None,
            });
        Self {
            key: credentials.named,
            owner: in_iam.unwrap_or_else(|| KeyOwner::of(activity)),
            more_keys: &activity.target.more_keys,
            finding: activity.action.as_deref(),
        }
    }
}

impl<'a> Act<'a> {
    fn of(activity: &'a Activity) -> Self {
        let target = &activity.target;
        let key = target.access_key_id.as_deref();
        match activity.action.as_deref() {
            Some("iam:CreateAccessKey") => Self::CreatedKey {
                key,
                recipient: Recipient::of(activity),
            },
            Some("iam:UpdateAccessKey") => Self::SetKeyStatus {
                key,
                owner: KeyOwner::of(activity),
                status: target.status.as_deref(),
            },
            Some("signin:ConsoleLogin") => Self::SignedIn {
                is_without_mfa: activity.actor.mfa == Some(false),
            },
            Some("signin:CreateOAuth2Token") => Self::GotCommandLineSession,
            Some(action) if action.starts_with("signin:CreateOAuth2Token") => {
                Self::GotOAuthToken { action }
            }
            Some("iam:AttachUserPolicy")
                if let Some(policy) = activity.particulars.quarantine.as_deref() =>
            {
                Self::Quarantined {
                    policy,
                    user: target.user.as_deref(),
                }
            }
            Some(action) if activity.launched > 0 => {
                let past = activity.past.as_ref();
                let changed = past.and_then(|past| past.password_change);
                Self::Launched {
                    count: activity.launched,
                    action,
                    after: changed.map(|changed| AfterChange::of(changed, activity.launched)),
                }
            }
            action => Self::Called {
                action,
                on: Object::of(activity),
            },
        }
    }
}

impl AfterChange {
    fn of(changed: PasswordChange, now: u64) -> Self {
        let minutes = changed.minutes_before;
        match changed.launched_since {
            launched if launched == now => Self::AtOnce { minutes },
            launched => Self::InAll { launched, minutes },
        }
    }
}

impl<'a> Object<'a> {
    /// `None` where there is nothing to name.
    fn of(activity: &'a Activity) -> Option<Self> {
        let target = &activity.target;
        let kind = match target.kind {
            TargetKind::None => return None,
            TargetKind::Other | TargetKind::User => None,
            kind => Some(kind),
        };
        let name = target.name.as_deref();
        let name = name.or(target.credential_id.as_deref());
        let owner = match (target.user.as_deref(), target.is_root) {
            (_, Some(true)) => Some(ObjectOwner::Root),
            (user, _) => user.map(ObjectOwner::User),
        };
        (name.is_some() || owner.is_some()).then_some(Self { kind, name, owner })
    }
}

impl<'a> Ended<'a> {
    fn of(activity: &'a Activity) -> Self {
        let outcome = &activity.outcome;
        let error = outcome.error_code.as_deref();
        let error = error.or(outcome.error_message.as_deref());
        match outcome.succeeded {
            Some(true) => Self::Succeeded,
            Some(false) if activity.kind == Kind::SignIn => Self::SignInFailed {
                error,
                is_mfa_refused: activity.actor.mfa == Some(true),
            },
            Some(false) => Self::Failed { error },
            None => Self::NotShown,
        }
    }
}
