//! The access keys that a report is about: whose each is, and what became of it.

use jiff::Timestamp;

use super::people::ActorName;
use crate::activity::{Activity, ActorKind};
use crate::change::{Change, Status};
use crate::id::{AccessKeyId, KeyKind, UserName};
use crate::outcome::OutcomeResult;
use crate::plan::Withheld;
use crate::report::Report;
use crate::taxonomy::{Group, Kind, TargetKind};

/// The access keys that a report is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Credentials<'a> {
    /// The first, as the event has it; it may be of a session.
    pub named: Option<&'a str>,
    /// All of those that can be deactivated.
    pub keys: Vec<Key<'a>>,
    /// The long-term key that signed the call, where keyrail does not stop that or its user.
    pub callers: Option<CallersKey<'a>>,
}

/// A long-term key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    pub id: AccessKeyId,
    pub owner: Option<Owner<'a>>,
    pub fate: Fate,
}

/// Whose a key is, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner<'a> {
    EventSays(UserName),
    IamSays(&'a UserName),
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// keyrail left it as it was.
    Left(Left),
    /// IAM says that it is deactivated or gone, or has taken the change.
    Stopped { shown: Shown, at: Option<Timestamp> },
    /// A step failed: it may work.
    Unknown,
}

/// Why a key was left as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing was executed; in a response the step would be taken.
    Explained,
    /// No guardrail asks for a step against it.
    NoStep,
    /// IAM names an owner whom the settings protect.
    OwnerProtected,
    /// The plan withholds the step.
    Withheld(Withheld),
}

/// What IAM shows of a key that was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// It was so already, or the key is gone.
    Already,
    /// The change is accepted and not visible yet.
    NotYet,
    Verified,
}

/// The long-term key that signed a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CallersKey<'a> {
    pub id: AccessKeyId,
    pub user: UserName,
    /// The name by which the caller is asked.
    pub name: ActorName<'a>,
    /// Whether the call succeeded and violates a guardrail. What was refused, or could not be
    /// judged, is no reason to stop a key that may be in use.
    pub is_of_violation: bool,
}

impl<'a> Credentials<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let target = &report.activity.target;
        let named = target.access_key_id.as_deref();
        let first = named.map(|id| (id, target.user.as_deref()));
        let more = target.more_keys.iter().map(|id| (id.as_str(), None));
        let all = first.into_iter().chain(more);
        Self {
            named,
            keys: all
                .filter_map(|(id, user)| Key::of(id, user, report))
                .collect(),
            callers: CallersKey::of(report),
        }
    }
}

impl<'a> Key<'a> {
    fn of(id: &str, user_in_event: Option<&str>, report: &'a Report) -> Option<Self> {
        let steps = report.plan.steps.iter().enumerate();
        let step = steps
            .filter(|(_, step)| step.target.as_deref() == Some(id))
            .map(|(place, step)| (step, report.outcomes.get(place)))
            .next();
        let outcome = step.and_then(|(_, outcome)| outcome);
        let fate = match (step, outcome) {
            (_, Some(outcome)) => {
                let stopped = |shown| Fate::Stopped {
                    shown,
                    at: outcome.at,
                };
                match (outcome.result, step.map(|(step, _)| &step.decision)) {
                    (OutcomeResult::Accepted, _) => stopped(Shown::NotYet),
                    (OutcomeResult::Already, _) => stopped(Shown::Already),
                    (OutcomeResult::Verified, _) => stopped(Shown::Verified),
                    (OutcomeResult::Failed, _) => Fate::Unknown,
                    (OutcomeResult::Withheld, Some(Err(why))) => Fate::Left(Left::Withheld(*why)),
                    (OutcomeResult::Withheld, _) => Fate::Left(Left::OwnerProtected),
                }
            }
            (None, None) => Fate::Left(Left::NoStep),
            (Some((step, _)), None) => Fate::Left(match step.decision {
                Ok(_) => Left::Explained,
                Err(why) => Left::Withheld(why),
            }),
        };
        let id: AccessKeyId = id.parse().ok()?;
        let of_step = outcome.and_then(|outcome| outcome.owner.as_ref());
        let in_iam = report.owner_of(&id).or(of_step);
        let in_event = || user_in_event?.parse().ok().map(Owner::EventSays);
        Some(Self {
            id,
            owner: in_iam.map(Owner::IamSays).or_else(in_event),
            fate,
        })
    }

    pub(super) fn user(&self) -> Option<&UserName> {
        self.owner.as_ref().map(|owner| match owner {
            Owner::EventSays(user) => user,
            Owner::IamSays(user) => *user,
        })
    }

    pub(super) fn is_stopped(&self) -> bool {
        matches!(self.fate, Fate::Stopped { .. })
    }

    /// What deactivates it, if its owner is known.
    pub(super) fn deactivation(&self) -> Option<Change> {
        Some(Change::Key {
            user: self.user()?.clone(),
            key: self.id.clone(),
            status: Status::Inactive,
        })
    }
}

impl<'a> CallersKey<'a> {
    fn of(report: &'a Report) -> Option<Self> {
        let activity = &report.activity;
        let actor = &activity.actor;
        let id: AccessKeyId = actor.access_key_id.as_deref()?.parse().ok()?;
        let user: UserName = actor.name.as_deref()?.parse().ok()?;
        let is_own =
            actor.kind == ActorKind::IamUser && KeyKind::of(id.as_str()) == Some(KeyKind::LongTerm);
        // The key itself, or the user and so all of its keys.
        let stops = [id.as_str(), user.as_str()];
        let mut planned = report.plan.steps.iter();
        let is_planned =
            planned.any(|step| step.target.as_deref().is_some_and(|it| stops.contains(&it)));
        let is_call = activity.kind == Kind::ApiCall;
        (is_call && is_own && !is_planned).then(|| Self {
            id,
            user,
            name: ActorName::of(activity),
            is_of_violation: activity.outcome.succeeded != Some(false)
                && !report.verdict.violated.is_empty(),
        })
    }

    pub(super) fn deactivation(&self) -> Change {
        Change::Key {
            user: self.user.clone(),
            key: self.id.clone(),
            status: Status::Inactive,
        }
    }
}

/// Whether an access key was given to somebody, or given back.
pub(super) fn issues_a_key(activity: &Activity) -> bool {
    activity.target.kind == TargetKind::AccessKey
        && (activity.groups.contains(&Group::IssueAccessKey)
            || activity.groups.contains(&Group::ReactivateCredential))
}
