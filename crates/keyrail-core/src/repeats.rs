//! Repetition: who violates the same guardrails again and again is told of once, and at
//! the end of a window once more, with a count.
//!
//! Each time is judged and contained as ever; only the alerts are counted. A second actor
//! or account has a window of its own, and what is critical, or was to be stopped and is
//! not, is always told at once.
//!
//! What was refused anybody can do, some of it without any rights: failing to sign in, from as many
//! addresses and by as many names as they like. Of that some windows are told of by themselves,
//! and all others together: a storm.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::activity::{Activity, ActorKind};
use crate::bundle::Bundle;
use crate::report::Report;
use crate::taxonomy::Kind;
use crate::words::Severity;

/// How long a window is in minutes, unless the settings say another.
pub(crate) const MINUTES: u32 = 10;

/// The longest: SQS delays a message by 15 minutes (SQS API reference, `SendMessage`,
/// checked 2026-11-25), and the follow-up comes after the window.
pub(crate) const MOST_MINUTES: u32 = 14;

/// So many of what is counted in one window are kept in full, and all others are a number: an
/// item of the table takes 400 KB (`DynamoDB` Developer Guide, "Constraints", checked
/// 2026-11-29), and each write to it costs as much as the whole is long.
pub const MOST_ENTRIES: usize = 100;

/// The longest that is kept of one, in bytes: full windows stay far below what an item takes.
pub(crate) const LONGEST_ENTRY: usize = 1_000;

/// So many windows of what was refused are told of by themselves in one account, for one set of
/// guardrails; all others in that time are one storm.
pub const MOST_ALONE: u32 = 10;

/// Stands for the actor where many are told of together. No ARN and no address is like it.
const MANY: &str = "many actors";

/// Longer keys no table takes (`DynamoDB` Developer Guide, "Constraints", checked 2026-11-25).
const LONGEST_KEY: usize = 1_024;

/// Whose violations of what are told together, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repetition {
    /// The affected account.
    pub account: String,
    /// The actor's ARN; of a failed sign-in by nobody whom AWS names, the address; of a storm,
    /// that it is many.
    pub actor: String,
    /// What the actor did, and in which mode; and to what, if nothing is contained: then
    /// each is news.
    pub deed: String,
    /// The guardrails that are violated, in order.
    pub guardrails: Vec<String>,
    /// When the window ends.
    pub until: Timestamp,
}

/// What somebody is told at the end of a window: `keyrail.follow-up/v1`, the body of a
/// message in keyrail's own queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    schema: Schema,
    /// Whose violations of what.
    pub repetition: Repetition,
    /// The event that was told of.
    pub event: String,
    /// Its Region.
    pub region: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The first guardrail's title.
    pub title: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[serde(rename = "keyrail.follow-up/v1")]
    V1,
}

/// A follow-up, and what it tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// Whose violations of what.
    pub follow_up: FollowUp,
    /// Each event's id, and what it came to: at most [`MOST_ENTRIES`].
    pub tallied: Vec<String>,
    /// How many there are besides. An event that is handled again after its invocation failed
    /// may be among them twice.
    #[serde(default)]
    pub more: u64,
}

/// What was counted in a window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Each event's id, and what it came to: at most [`MOST_ENTRIES`].
    pub entries: Vec<String>,
    /// How many there are besides.
    pub more: u64,
}

/// What a window says of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// It is to be told, and nobody has seen to it yet that a follow-up comes.
    New,
    /// Another event has opened it, and is seeing to it that a follow-up comes.
    Opening,
    /// It is to be told, and the follow-up will come: it opened the window.
    Own,
    /// Another event was told of, and the follow-up will come: it is enough to count it.
    Promised,
}

impl Repetition {
    /// That of a report which may be counted instead of told; `None` for one that is to be
    /// told in any case.
    #[must_use]
    pub(crate) fn of(report: &Report, bundle: &Bundle, now: Timestamp) -> Option<Self> {
        let minutes = bundle.settings.limits.repeat_minutes;
        let minutes = i64::from(minutes.unwrap_or(MINUTES).min(MOST_MINUTES));
        let (activity, verdict) = (&report.activity, &report.verdict);
        let is_plain = activity.kind != Kind::Unrecognised
            && activity.comeback.is_none()
            && !verdict.violated.is_empty()
            && verdict.undecided.is_empty()
            && report.severity() != Severity::Critical;
        let guardrails: Vec<String> = verdict
            .violated
            .iter()
            .map(|violation| violation.id.clone())
            .collect();
        let seconds = minutes * 60;
        let window = now.as_second().checked_div(seconds)?;
        let repetition = Self {
            account: activity.account.clone()?,
            actor: actor(activity)?,
            deed: deed(report)?,
            guardrails,
            until: Timestamp::from_second((window + 1) * seconds).ok()?,
        };
        (is_plain && repetition.key().len() <= LONGEST_KEY).then_some(repetition)
    }

    /// The storm that this is part of if there are more of its kind; `None` for what must not be
    /// lost among others: whatever succeeded, and what there is to contain.
    #[must_use]
    pub(crate) fn in_a_storm(&self, report: &Report) -> Option<Self> {
        let activity = &report.activity;
        let action = activity.action.as_deref()?;
        let is_refused = activity.outcome.succeeded == Some(false) && report.plan.steps.is_empty();
        is_refused.then(|| Self {
            actor: MANY.to_owned(),
            deed: format!("{action} {}", report.verdict.mode.as_str()),
            ..self.clone()
        })
    }

    /// Whether it is many who are told of together.
    #[must_use]
    pub(crate) fn is_storm(&self) -> bool {
        self.actor == MANY
    }

    /// What tells it from all others, but for the window.
    #[must_use]
    pub fn key(&self) -> String {
        let guardrails = self.guardrails.join(" ");
        format!("{}#{guardrails}#{}#{}", self.account, self.deed, self.actor)
    }
}

/// Who does it. A sign-in that fails has no ARN, and no name that AWS would show if it is
/// none of the account's: anybody can try these, so that they are told by their address.
/// Whoever else has no name is not taken for one with another.
fn actor(activity: &Activity) -> Option<String> {
    let actor = &activity.actor;
    let by_name = || {
        let (account, name) = (activity.account.as_deref()?, actor.name.as_deref()?);
        (actor.kind == ActorKind::IamUser).then(|| activity.user_arn(account, name))
    };
    let by_address = || {
        let failed = activity.outcome.succeeded == Some(false);
        let ip = activity
            .origin
            .ip
            .filter(|_| failed && activity.kind == Kind::SignIn)?;
        Some(format!("somebody at {ip}"))
    };
    actor.arn.clone().or_else(by_name).or_else(by_address)
}

fn deed(report: &Report) -> Option<String> {
    let (action, target) = (report.activity.action.as_deref()?, &report.activity.target);
    // What is only told so far is news once it is stopped, and the other way round.
    let action = format!("{action} {}", report.verdict.mode.as_str());
    Some(match report.plan.steps.is_empty() {
        true => {
            let about = [&target.name, &target.user, &target.credential_id];
            let about = about.into_iter().flatten().cloned();
            let words: Vec<String> = [action].into_iter().chain(about).collect();
            words.join(" ")
        }
        false => action,
    })
}

impl Repeats {
    /// How often it happened again.
    #[must_use]
    pub(crate) fn count(&self) -> u64 {
        self.more.saturating_add(self.tallied.len() as u64)
    }
}

impl FollowUp {
    /// The follow-up to a report that was told, and how long to wait for it: until a little
    /// after the window.
    pub(crate) fn to(
        report: &Report,
        repetition: Repetition,
        now: Timestamp,
    ) -> (Self, SignedDuration) {
        let title = report.verdict.violated.first();
        let delay = repetition.until.duration_since(now) + SignedDuration::from_secs(2);
        let follow_up = Self {
            schema: Schema::V1,
            repetition,
            event: report.event.id.clone().unwrap_or_default(),
            region: report.activity.region.clone(),
            severity: report.severity(),
            title: title
                .map(|violation| violation.title.clone())
                .unwrap_or_default(),
        };
        (follow_up, delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circumstances::Circumstances;
    use crate::event::Event;
    use crate::pipeline::examine;

    /// Whoever knows a name can fail to sign in as often as they like, and AWS shows no ARN.
    #[test]
    fn sign_ins_that_fail_are_counted_by_name() {
        let bundle = Bundle::embedded().expect("it loads");
        let sample = include_bytes!("../../keyrail-cli/src/samples/sign-in-failed.json");
        let from = |ip: &str, name: &str| {
            let mut event: serde_json::Value = serde_json::from_slice(sample).expect("it is JSON");
            event["detail"]["userIdentity"]["userName"] = name.into();
            event["detail"]["sourceIPAddress"] = ip.into();
            let event = Event::parse(event.to_string().as_bytes()).expect("it is an event");
            let report = examine(event, &bundle, &Circumstances::default());
            assert_eq!(report.activity.actor.arn, None);
            Repetition::of(&report, &bundle, Timestamp::UNIX_EPOCH).map(|it| it.key())
        };
        let of = |name: &str| from("198.51.100.7", name);
        assert_eq!(of("anaya"), of("anaya"));
        assert!(of("anaya").is_some());
        assert_ne!(of("anaya"), of("bob"));
        let nobody = "HIDDEN_DUE_TO_SECURITY_REASONS";
        assert!(of(nobody).is_some());
        assert_eq!(of(nobody), of(nobody));
        assert_ne!(of(nobody), from("2001:db8::7", nobody));
        assert_eq!(from("signin.amazonaws.com", nobody), None);
    }

    /// Who succeeds, or does what is contained, is not lost among those whom AWS refuses.
    #[test]
    fn a_storm_is_of_what_was_refused() {
        let bundle = Bundle::embedded().expect("it loads");
        let storm = |sample: &str, actor: &str| {
            let sample = sample.replace("anaya", actor);
            let event = Event::parse(sample.as_bytes()).expect("it is an event");
            let report = examine(event, &bundle, &Circumstances::default());
            let own = Repetition::of(&report, &bundle, Timestamp::UNIX_EPOCH);
            let own = own.expect("it may repeat");
            assert!(!own.is_storm());
            own.in_a_storm(&report)
        };
        let failed = include_str!("../../keyrail-cli/src/samples/sign-in-failed.json");
        let made = include_str!("../../keyrail-cli/src/samples/key-created-for-another.json");
        let denied = include_str!("../../keyrail-cli/src/samples/key-created-denied.json");
        let anaya = storm(failed, "anaya").expect("anybody can do that");
        assert!(anaya.is_storm());
        assert_eq!(Some(&anaya), storm(failed, "bob").as_ref());
        assert_ne!(Some(&anaya), storm(denied, "anaya").as_ref());
        assert!(storm(denied, "anaya").is_some());
        assert_eq!(storm(made, "anaya"), None);
    }
}
