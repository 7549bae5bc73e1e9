//! What some events tell besides who did what to what: for whoever reads the alert.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::json::Json;
use crate::words::Severity;

/// Particulars of one event. What it does not tell is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Particulars {
    /// When and why it is old news.
    pub(crate) late: Option<Late>,
    /// What a finding is known by, and how bad it says that it is.
    pub(crate) finding: Option<Finding>,
    /// Where a key is published, as Trusted Advisor says.
    pub(crate) published: Option<Published>,
    /// The ARN of a notice of AWS Health.
    pub(crate) notice: Option<String>,
    /// When a credential expires, as the event has it.
    pub(crate) expires: Option<String>,
    /// The policy by which AWS quarantines a user.
    pub(crate) quarantine: Option<String>,
}

/// A record that was delivered long after what it tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Late {
    pub(crate) happened: Option<Timestamp>,
    pub(crate) delivered: Option<Timestamp>,
    /// CloudTrail's word for the reason, such as `SERVICE_OUTAGE`.
    pub(crate) reason: Option<String>,
    /// The record that it amends.
    pub(crate) amends: Option<String>,
}

/// A finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) source: FindingSource,
    pub(crate) id: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) arn: Option<String>,
    pub(crate) severity: Option<Severity>,
    /// What Security Hub says that people have made of it, such as `NEW`.
    pub(crate) workflow: Option<String>,
    /// The custom action by which somebody sent it on.
    pub(crate) sent_by: Option<String>,
}

/// Which service's console shows a finding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FindingSource {
    #[serde(rename = "guardduty")]
    GuardDuty,
    #[default]
    SecurityHub,
}

/// A key that Trusted Advisor has found somewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Published {
    pub(crate) location: Option<String>,
    pub(crate) case: Option<String>,
    /// By when AWS asks that it be dealt with.
    pub(crate) deadline: Option<String>,
}

/// CloudTrail delivers within minutes; what comes later than that is old news.
const ON_TIME: SignedDuration = SignedDuration::from_hours(1);

impl Late {
    /// What a record says in its addendum (CloudTrail User Guide, "CloudTrail record contents",
    /// `addendum`, checked 2026-11-29), or what its time and its delivery show.
    pub(super) fn of(record: &Json, event: &Event, happened: Option<Timestamp>) -> Option<Self> {
        let addendum = |name: &str| record.text(&["addendum", name]);
        let delivered = event.time.as_ref().and_then(|time| time.parse().ok());
        let late = Self {
            happened,
            delivered,
            reason: addendum("reason"),
            amends: addendum("originalEventID"),
        };
        let took = happened.zip(delivered);
        let is_late = took.is_some_and(|(happened, delivered): (Timestamp, Timestamp)| {
            delivered.duration_since(happened) > ON_TIME
        });
        (is_late || late.reason.is_some() || late.amends.is_some()).then_some(late)
    }
}

impl Published {
    pub(super) fn of(check: &Json) -> Option<Self> {
        let item = |column: &str| check.text(&["check-item-detail", column]);
        // In milliseconds since 1970, in the samples of AWS Support's User Guide.
        let time = |text: String| {
            let millis = text.parse::<i64>().ok();
            let time = millis.and_then(|millis| Timestamp::from_millisecond(millis).ok());
            time.map_or(text, crate::phrases::utc)
        };
        let published = Self {
            location: item("Location"),
            case: item("Case ID"),
            deadline: item("Deadline").map(time),
        };
        (published != Self::default()).then_some(published)
    }
}

/// GuardDuty's number as a word (GuardDuty User Guide, "Severity levels of GuardDuty findings",
/// checked 2026-11-29).
pub(super) fn severity_of_number(number: &str) -> Option<Severity> {
    let number: f64 = number.parse().ok()?;
    Some(match number {
        number if number >= 9.0 => Severity::Critical,
        number if number >= 7.0 => Severity::High,
        number if number >= 4.0 => Severity::Medium,
        _ => Severity::Low,
    })
}

/// Security Hub's word, in either format.
pub(super) fn severity_of_word(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "critical" | "fatal" => Some(Severity::Critical),
        "high" => Some(Severity::High),
        "medium" => Some(Severity::Medium),
        "low" => Some(Severity::Low),
        "informational" => Some(Severity::Info),
        _ => None,
    }
}
