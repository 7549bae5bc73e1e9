//! Beats: calls that keyrail's own schedules make each hour, that AWS must refuse, and whose records
//! prove the way from a Region's trail to the function.
//!
//! A beat's role is denied everything, so that nothing can come of a beat. CloudTrail records a call
//! that is refused like any other, with its error code; the parameters are null where it was denied
//! (CloudTrail User Guide, "CloudTrail record contents for management, data, and network activity
//! events", `errorCode` and `requestParameters`, checked 2026-11-29). Scheduler calls in a session of
//! the role that a schedule names (EventBridge Scheduler User Guide, "Setting up Amazon EventBridge
//! Scheduler", on the execution role, checked 2026-11-29), so that the session's issuer names the role.

use jiff::{SignedDuration, Timestamp};

use super::{Activity, ActorKind, Provenance};
use crate::event::{Body, Event};
use crate::id::AccountId;
use crate::json::Json;
use crate::partition::Partition;
use crate::taxonomy::Kind;

/// How often a beat comes.
pub const PERIOD: SignedDuration = SignedDuration::from_hours(1);

/// A beat whose time is this much ahead of the clock is not believed: it would speak for hours that
/// have not come.
const MOST_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// A call of keyrail's own schedules that failed, as it has to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// The account that it was made in.
    pub account: AccountId,
    /// The Region that recorded it.
    pub region: String,
    /// Which of the two it is.
    pub call: BeatCall,
    /// When AWS refused it.
    pub time: Timestamp,
    /// What became of it.
    pub refusal: Refusal,
}

/// Which call a beat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BeatCall {
    /// `iam:CreateAccessKey` for a user that does not exist, recorded in the home Region: it goes the
    /// way of a key that is created.
    Account,
    /// `cloudtrail:StopLogging` of a trail that does not exist, in each Region: it goes the way of
    /// what is recorded where it happens.
    Region,
}

/// How a beat was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// By a policy, or because there is no such user or trail: what a beat is for.
    Proper,
    /// By a fault of AWS, or because it throttles: nothing to tell, and no sign of life either.
    Passing,
}

impl BeatCall {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Account, Self::Region];

    /// Its name in the table, and in the name of its schedule.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Region => "region",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Account => "iam:CreateAccessKey",
            Self::Region => "cloudtrail:StopLogging",
        }
    }

    /// Its only parameter.
    fn parameter(self) -> &'static str {
        match self {
            Self::Account => "userName",
            Self::Region => "name",
        }
    }

    /// What AWS answers where there is no such user or trail.
    fn absent(self) -> &'static str {
        match self {
            Self::Account => "NoSuchEntity",
            Self::Region => "TrailNotFound",
        }
    }

    /// IAM's calls are recorded in one Region only.
    fn is_made_in(self, region: &str) -> bool {
        match self {
            Self::Account => {
                Partition::of_region(region).is_some_and(|it| it.home_region == region)
            }
            Self::Region => true,
        }
    }
}

impl Beat {
    /// The beat that an event tells of, if it does: of the deployment of that name.
    pub(crate) fn of(event: &Event, activity: &Activity, name: &str) -> Option<Self> {
        let Body::CloudTrail(record) = &event.body else {
            return None;
        };
        let (actor, region) = (&activity.actor, activity.region.as_deref()?);
        let account = activity.account.as_deref()?;
        let is_own_role = actor.kind == ActorKind::AssumedRole
            && activity.kind == Kind::ApiCall
            && actor.name.as_deref() == Some(role(name, region).as_str())
            && actor.account.as_deref() == Some(account);
        // Not what an archive replays, what a queue or topic brings, or what contradicts itself.
        let is_believed = activity.provenance == Provenance::FirstHand
            && activity.hands_off.is_none()
            && activity.conflicts.is_empty();
        let action = activity.action.as_deref()?;
        let call = BeatCall::ALL.into_iter().find(|it| it.action() == action)?;
        let is_call = call.is_made_in(region) && has_parameters_of(call, record, name);
        if !(is_own_role && is_believed && is_call && activity.outcome.succeeded == Some(false)) {
            return None;
        }
        Some(Self {
            account: account.parse().ok()?,
            region: region.to_owned(),
            call,
            time: activity.time?,
            refusal: Refusal::of(activity.outcome.error_code.as_deref()?, call)?,
        })
    }

    /// The hour that it speaks for, and no other: from its time, whenever it arrives.
    #[must_use]
    pub fn slot(&self) -> Slot {
        Slot::of(self.time)
    }

    /// Whether it counts as a sign of life, by the clock of who heard it.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        self.refusal == Refusal::Proper && self.time.duration_since(now) <= MOST_AHEAD
    }
}

/// An hour, by its number since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(i64);

impl Slot {
    /// The one that a time is in.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        Self(time.as_second().div_euclid(PERIOD.as_secs()))
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }

    /// Those between: how many hours this one is before a later one.
    #[must_use]
    pub fn before(self, later: Self) -> i64 {
        later.0 - self.0
    }
}

impl Refusal {
    /// By AWS's error code; `None` of what is neither, which a beat never meets.
    fn of(code: &str, call: BeatCall) -> Option<Self> {
        let code = code.strip_suffix("Exception").unwrap_or(code);
        match code {
            "AccessDenied" => Some(Self::Proper),
            _ if code == call.absent() => Some(Self::Proper),
            "Throttling" | "InternalFailure" | "InternalError" | "ServiceFailure"
            | "ServiceUnavailable" => Some(Self::Passing),
            _ => None,
        }
    }
}

/// The role that beats of a Region are made in. Role names are unique in an account, whatever the path.
#[must_use]
pub fn role(name: &str, region: &str) -> String {
    format!("{name}-beat-{region}")
}

/// The user and the trail that beats name, which do not exist; the group that their schedules are in.
#[must_use]
pub fn named(name: &str) -> String {
    format!("{name}-beat")
}

/// A beat's own parameters, or none: CloudTrail leaves out those of a call that was denied.
fn has_parameters_of(call: BeatCall, record: &Json, name: &str) -> bool {
    let given = record.below(&["requestParameters"]);
    let Some(fields) = given.value().as_object() else {
        return given.value().is_null();
    };
    fields.len() == 1 && given.name(&[call.parameter()]) == Some(named(name))
}
