//! What a report repeats: whose deed, in which window.

use jiff::{SignedDuration, Timestamp};

use crate::activity::Activity;
use crate::bundle::Bundle;
use crate::bundle::settings::MOST_REPEAT_MINUTES;
use crate::repeats::{FollowUp, LONGEST_KEY, MANY, MINUTES, Repetition};
use crate::report::{About, Report};
use crate::taxonomy::Kind;
use crate::words::Severity;

/// What a report repeats, if it may be counted instead of told; `None` for one that is to be told in
/// any case.
pub(crate) fn repetition_of(
    report: &Report,
    bundle: &Bundle,
    now: Timestamp,
) -> Option<Repetition> {
    let minutes = bundle.settings.limits.repeat_minutes;
    let minutes = i64::from(minutes.unwrap_or(MINUTES).min(MOST_REPEAT_MINUTES));
    let (activity, verdict) = (&report.activity, &report.verdict);
    let is_plain = activity.kind != Kind::Unrecognised
        && report.about == About::Activity
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
    let repetition = Repetition {
        account: activity.account.clone()?,
        actor: actor(activity)?,
        deed: deed(report)?,
        guardrails,
        until: Timestamp::from_second((window + 1) * seconds).ok()?,
    };
    (is_plain && repetition.key().len() <= LONGEST_KEY).then_some(repetition)
}

/// The storm that a repetition is part of if there are more of its kind; `None` for what must not be
/// lost among others: whatever succeeded, and what there is to contain.
pub(crate) fn storm_around(repetition: &Repetition, report: &Report) -> Option<Repetition> {
    let activity = &report.activity;
    let action = activity.action.as_deref()?;
    let is_refused = activity.outcome.succeeded == Some(false) && report.plan.steps.is_empty();
    is_refused.then(|| Repetition {
        actor: MANY.to_owned(),
        deed: format!("{action} {}", report.verdict.mode.as_str()),
        ..repetition.clone()
    })
}

/// Who does it. A sign-in that fails has no ARN, and no name that AWS would show if it is
/// none of the account's: anybody can try these, so that they are told by their address.
/// Whoever else has no name is not taken for one with another.
fn actor(activity: &Activity) -> Option<String> {
    let actor = &activity.actor;
    let by_name = || {
        let account = activity.account.as_deref()?;
        Some(activity.user_arn(account, actor.user()?))
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

/// The follow-up to a report that was told, and how long to wait for it: until a little
/// after the window.
pub(crate) fn follow_up_to(
    report: &Report,
    repetition: Repetition,
    now: Timestamp,
) -> (FollowUp, SignedDuration) {
    let title = report.verdict.violated.first();
    let delay = repetition.until.duration_since(now) + SignedDuration::from_secs(2);
    let follow_up = FollowUp::new(
        repetition,
        report.event.id.clone().unwrap_or_default(),
        report.activity.region.clone(),
        report.severity(),
        title
            .map(|violation| violation.title.clone())
            .unwrap_or_default(),
    );
    (follow_up, delay)
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
        let sample = include_bytes!("../../../keyrail-cli/src/samples/sign-in-failed.json");
        let from = |ip: &str, name: &str| {
            let mut event: serde_json::Value = serde_json::from_slice(sample).expect("it is JSON");
            event["detail"]["userIdentity"]["userName"] = name.into();
            event["detail"]["sourceIPAddress"] = ip.into();
            let event = Event::parse(event.to_string().as_bytes()).expect("it is an event");
            let report = examine(event, &bundle, &Circumstances::default());
            assert_eq!(report.activity.actor.arn, None);
            repetition_of(&report, &bundle, Timestamp::UNIX_EPOCH).map(|it| it.key())
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
            let own = repetition_of(&report, &bundle, Timestamp::UNIX_EPOCH);
            let own = own.expect("it may repeat");
            assert!(!own.is_storm());
            storm_around(&own, &report)
        };
        let failed = include_str!("../../../keyrail-cli/src/samples/sign-in-failed.json");
        let made = include_str!("../../../keyrail-cli/src/samples/key-created-for-another.json");
        let denied = include_str!("../../../keyrail-cli/src/samples/key-created-denied.json");
        let anaya = storm(failed, "anaya").expect("anybody can do that");
        assert!(anaya.is_storm());
        assert_eq!(Some(&anaya), storm(failed, "bob").as_ref());
        assert_ne!(Some(&anaya), storm(denied, "anaya").as_ref());
        assert!(storm(denied, "anaya").is_some());
        assert_eq!(storm(made, "anaya"), None);
    }
}
