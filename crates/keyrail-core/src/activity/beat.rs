//! Beats: calls that keyrail's own schedules make each hour, that AWS must refuse, and whose records
//! prove the way from a Region's trail to the function.

use jiff::{SignedDuration, Timestamp};

use crate::id::AccountId;
use crate::partition::Partition;

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

    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Account => "iam:CreateAccessKey",
            Self::Region => "cloudtrail:StopLogging",
        }
    }

    /// Scheduler's name for the call, at the end of a universal target's ARN (EventBridge Scheduler User
    /// Guide, "Using universal targets", checked 2026-11-29).
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Account => "iam:createAccessKey",
            Self::Region => "cloudtrail:stopLogging",
        }
    }

    /// Its only parameter.
    pub(super) fn parameter(self) -> &'static str {
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
    pub(super) fn is_made_in(self, region: &str) -> bool {
        match self {
            Self::Account => {
                Partition::of_region(region).is_some_and(|it| it.home_region == region)
            }
            Self::Region => true,
        }
    }
}

impl Beat {
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

    /// When it began, for people: `2026-03-14 09:00 UTC`.
    #[must_use]
    pub fn said(self) -> String {
        let began = Timestamp::from_second(self.0.saturating_mul(PERIOD.as_secs()));
        let began = began.unwrap_or(Timestamp::UNIX_EPOCH);
        began.strftime("%Y-%m-%d %H:00 UTC").to_string()
    }

    /// How many hours it is before a later one.
    #[must_use]
    pub fn before(self, later: Self) -> i64 {
        later.0 - self.0
    }
}

impl Refusal {
    /// By AWS's error code; `None` of what is neither, which a beat never meets.
    pub(super) fn of(code: &str, call: BeatCall) -> Option<Self> {
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
