//! What to do now: commands that are copied and run, and so are made of parsed ids only.

pub(super) use self::keys::{callers_key, issues_a_key};
use self::keys::{sessions, stop_by_hand, unknown_owners, uses};
use crate::activity::ActorKind;
use crate::alert::links::is_slug;
use crate::arn::Arn;
use crate::change::{Change, Denial};
use crate::id::UserName;
use crate::report::{Report, State};
use crate::taxonomy::Kind;

mod keys;

/// The most urgent first.
pub(super) fn to_do(report: &Report) -> Vec<String> {
    let mut items = Vec::new();
    if report.state() == State::Exempt {
        return items;
    }
    if let Some(repeats) = report.about.repeats() {
        let what = match repeats.follow_up.repetition.is_storm() {
            true => {
                "Find out what goes on: many are refused this at once. Those whom the list below shows are some of them; each is in the log."
            }
            false => {
                "Find out what goes on: one actor does this again and again. The first alert says what to do; the commands in it are for the first event only."
            }
        };
        items.push(what.to_owned());
        items.extend(calls_of(&repeats.follow_up.repetition.actor, report));
    }
    items.extend(stop_by_hand(report));
    items.extend(sessions(report));
    items.extend(who_undid(report));
    items.extend(unknown_owners(report));
    // A key in the wrong hands comes before what the guardrail is about; where no key was
    // made, it is the other way round.
    let (first, then) = match issues_a_key(&report.activity) {
        true => (callers_key(report), None),
        false => (None, callers_key(report)),
    };
    items.extend(first);
    for expired in &report.verdict.expired {
        items.push(format!(
            "The exemption {} allowed this until {}. If it was planned: renew that, and then undo (below).",
            expired.exemption, expired.expires
        ));
    }
    items.extend(of_bundle(report));
    items.extend(then);
    items.extend(stop_signed_in(report));
    items.extend(uses(report));
    if report.about.is_fault() {
        items
            .push("Run `keyrail validate DIR` on the bundle, fix it, and deploy again.".to_owned());
    } else if report.activity.kind == Kind::Unrecognised {
        items.push("Find the event by its id, and judge it yourself. If AWS has a new kind of event, update keyrail; if you need none of its kind, take it out of the rule.".to_owned());
    }
    items
}

/// What the bundle says to do, and of what it could not say anything.
fn of_bundle(report: &Report) -> Vec<String> {
    let mut items = Vec::new();
    for violation in &report.verdict.violated {
        items.extend(violation.advice.clone());
        items.extend(
            violation
                .runbook
                .iter()
                .map(|runbook| format!("Runbook: {runbook}")),
        );
    }
    for undecided in &report.verdict.undecided {
        items.push(format!(
            "Judge the event yourself: {} could not be decided, so nothing was done about it. That alone is no sign of an attack. Mend what stands after Undecided: until then it can fail to protect.",
            undecided.policy
        ));
    }
    items
}

/// Where to see what an actor did.
fn calls_of(arn: &str, report: &Report) -> Option<String> {
    let name = Arn::parse(arn)?.name();
    // Names of sessions have the same alphabet.
    let name: UserName = name.parse().ok()?;
    let region = in_region(report);
    Some(format!(
        "See what else the actor did (shown some 15 minutes after a call): aws cloudtrail lookup-events --lookup-attributes AttributeKey=Username,AttributeValue={name}{region}"
    ))
}

/// Where to see who made what had been contained work again.
fn who_undid(report: &Report) -> Option<String> {
    report.about.comeback()?;
    let name = report.activity.target.user.as_deref()?;
    // Roles have names of the same alphabet.
    let name: UserName = name.parse().ok()?;
    let region = in_region(report);
    Some(format!(
        "Find out whether somebody undid it: they have rights in IAM, and can do it again. CloudTrail shows it some 15 minutes after the call: aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue={name}{region}"
    ))
}

/// ` --region us-east-1`, where the event tells.
fn in_region(report: &Report) -> String {
    let region = report.activity.region.as_deref();
    let region = region.filter(|region| is_slug(region));
    region
        .map(|region| format!(" --region {region}"))
        .unwrap_or_default()
}

/// What stops a user who signed in although they should not have.
fn stop_signed_in(report: &Report) -> Option<String> {
    let activity = &report.activity;
    let has_signed_in = activity.kind == Kind::SignIn
        && activity.outcome.succeeded == Some(true)
        && activity.actor.kind == ActorKind::IamUser
        && !report.verdict.violated.is_empty();
    let user: UserName = activity.actor.name.as_deref()?.parse().ok()?;
    let password = Change::DeletePassword { user: user.clone() };
    let everything = Change::DenyUser {
        user: user.clone(),
        denial: Denial::Everything,
    };
    has_signed_in.then(|| {
        format!(
            "If it was not {user}, or without an answer: {password}; and, as the session goes on without a password: {everything}"
        )
    })
}
