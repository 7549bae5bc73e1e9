//! The keys that an alert is about: what stops them, whose they are, and what they did.

use jiff::Timestamp;

use super::in_region;
use crate::activity::{Activity, ActorKind};
use crate::change::{Change, Denial, Status, option};
use crate::english::who::actor_name;
use crate::id::{AccessKeyId, KeyKind, UserName};
use crate::outcome::{Outcome, OutcomeResult};
use crate::plain::Plain;
use crate::report::{Report, State};
use crate::taxonomy::{Group, Kind, TargetKind};
use crate::words::StepName;

/// What is to be stopped or looked at because keyrail did not, or could not.
pub(super) fn stop_by_hand(report: &Report) -> Vec<String> {
    let mut items = Vec::new();
    for key in keys(report) {
        let Some(stop) = key.stop() else {
            continue;
        };
        match report.state() {
            State::Failed if !key.is_stopped() => {
                items.push(format!("The key may be ACTIVE. Stop it by hand: {stop}"));
            }
            State::Pending if key.result == Some(OutcomeResult::Accepted) => {
                let user = key.user.as_ref().map_or("", UserName::as_str);
                let user = option("user-name", user);
                items.push(format!(
                    "Check that the key is inactive: aws iam list-access-keys {user}"
                ));
                items.push(format!("If it is still Active: {stop}"));
            }
            // Whatever kept keyrail from it, the key that was created works.
            State::DryRun | State::Alert if was_left(report) && !key.is_stopped() => {
                let left = match issues_a_key(&report.activity) {
                    true => "keyrail left the key ACTIVE. To stop it:",
                    false => "keyrail left the key as it was. If it is active, stop it:",
                };
                items.push(format!("{left} {stop}"));
            }
            _ => {}
        }
    }
    let tried = report
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.tried.as_ref());
    let of_keys: Vec<AccessKeyId> = keys(report).into_iter().map(|key| key.id).collect();
    let is_told = |change: &Change| change.key().is_some_and(|key| of_keys.contains(key));
    let failed = tried.filter(|change| !is_told(change));
    items.extend(failed.map(|change| format!("Do by hand what keyrail could not: {change}")));
    items
}

/// The keys that it is about; none if it is not about keys.
fn keys_in_it(report: &Report) -> Vec<Key> {
    match report.activity.target.kind {
        TargetKind::AccessKey => keys(report),
        _ => Vec::new(),
    }
}

pub(super) fn unknown_owners(report: &Report) -> Vec<String> {
    let is_root = report.activity.target.is_root == Some(true);
    let unknown = keys_in_it(report).into_iter();
    let unknown = unknown.filter(|key| key.user.is_none() && !is_root);
    let lines = unknown.map(|Key { id, .. }| {
        format!("Find out whose key it is: aws iam get-access-key-last-used --access-key-id {id}")
    });
    lines.collect()
}

/// The key that signed the call works on: whoever makes keys with a stolen one makes more.
pub(in crate::english) fn callers_key(report: &Report) -> Option<String> {
    let actor = &report.activity.actor;
    let is_call = report.activity.kind == Kind::ApiCall;
    let id: AccessKeyId = actor.access_key_id.as_deref()?.parse().ok()?;
    let user: UserName = actor.name.as_deref()?.parse().ok()?;
    let is_own =
        actor.kind == ActorKind::IamUser && KeyKind::of(id.as_str()) == Some(KeyKind::LongTerm);
    // The key itself, or the user and so all of its keys.
    let stops = [id.as_str(), user.as_str()];
    let mut planned = report.plan.steps.iter();
    let is_planned =
        planned.any(|step| step.target.as_deref().is_some_and(|it| stops.contains(&it)));
    let stop = Change::Key {
        user,
        key: id,
        status: Status::Inactive,
    };
    let name = actor_name(&report.activity);
    // What was refused, or could not be judged, is no reason to stop what may be in use.
    let has_happened = report.activity.outcome.succeeded != Some(false);
    let is_violation = has_happened && !report.verdict.violated.is_empty();
    let without_answer = if is_violation {
        ", or without an answer"
    } else {
        ""
    };
    (is_call && is_own && !is_planned).then(|| {
        format!(
            "Ask {}: was it you? If not{without_answer}, stop the key that signed the call, which keyrail did not touch (what uses it will fail): {stop}",
            Plain(&name)
        )
    })
}

/// Where to see what the keys were used for: CloudTrail shows management events of one
/// Region, some 15 minutes late (CloudTrail User Guide, "Viewing events with event
/// history", checked 2026-11-25).
pub(super) fn uses(report: &Report) -> Vec<String> {
    let region = in_region(report);
    // Whoever makes a key with a stolen one has done other things with that.
    let of_caller = callers_key(report).and(report.activity.actor.access_key_id.as_deref());
    let of_caller = of_caller.and_then(|id| id.parse().ok());
    let ids = keys_in_it(report).into_iter().map(|key| key.id);
    // IAM's calls are recorded there alone.
    let home = report.activity.partition();
    let home = home
        .map(|partition| format!(", IAM's are in {}", partition.home_region))
        .unwrap_or_default();
    let lines = ids.chain(of_caller).enumerate().map(|(number, id): (usize, AccessKeyId)| {
        let what = match number {
            0 => format!(
                "See what key {id} did (management calls, some 15 minutes after each; one Region at a time{home}):"
            ),
            _ => format!("And what key {id} did:"),
        };
        format!(
            "{what} aws cloudtrail lookup-events --lookup-attributes AttributeKey=AccessKeyId,AttributeValue={id}{region}"
        )
    });
    lines.collect()
}

/// Whether a key was left as it was: by the mode, for want of evidence, or
/// because a guardrail could not be decided. Where a step is only explained, nobody
/// has left anything yet.
fn was_left(report: &Report) -> bool {
    let mut steps = report.plan.steps.iter();
    let explained = report.outcomes.is_empty() && steps.any(|step| step.decision.is_ok());
    report.activity.target.kind == TargetKind::AccessKey
        && report.activity.outcome.succeeded != Some(false)
        && !explained
}

/// What ends the sessions of an exposed key that outlive it, where no step has.
pub(super) fn sessions(report: &Report) -> Option<String> {
    use StepName::{QuarantineUser, RevokeSessions};
    let has_ended = |outcome: &Outcome| matches!(outcome.step, QuarantineUser | RevokeSessions);
    if report.activity.kind != Kind::Exposure || report.outcomes.iter().any(has_ended) {
        return None;
    }
    let stopped = keys(report).into_iter().find(Key::is_stopped)?;
    let cut = Change::DenyUser {
        user: stopped.user?,
        denial: Denial::of_sessions_until(stopped.at?),
    };
    Some(format!(
        "End the sessions that were made with it, whoever uses them: {cut}"
    ))
}

/// Whether an access key was given to somebody, or given back.
pub(in crate::english) fn issues_a_key(activity: &Activity) -> bool {
    activity.target.kind == TargetKind::AccessKey
        && (activity.groups.contains(&Group::IssueAccessKey)
            || activity.groups.contains(&Group::ReactivateCredential))
}

/// A key that the activity is about, as far as it may stand in a command.
struct Key {
    id: AccessKeyId,
    /// Its owner, as IAM says or else the event.
    user: Option<UserName>,
    /// What became of stopping it, if that was planned.
    result: Option<OutcomeResult>,
    /// When.
    at: Option<Timestamp>,
}

fn keys(report: &Report) -> Vec<Key> {
    let target = &report.activity.target;
    let first = target
        .access_key_id
        .as_ref()
        .map(|id| (id, target.user.as_ref()));
    let more = target.more_keys.iter().map(|id| (id, None));
    first
        .into_iter()
        .chain(more)
        .filter_map(|(id, user)| {
            let mut outcomes = report.plan.steps.iter().zip(&report.outcomes);
            let outcome = outcomes.find(|(step, _)| step.target.as_deref() == Some(id.as_str()));
            let outcome = outcome.map(|(_, outcome)| outcome);
            let id: AccessKeyId = id.parse().ok()?;
            let of_step = outcome.and_then(|outcome| outcome.owner.as_ref());
            let as_iam_says = report.owner_of(&id).or(of_step).cloned();
            Some(Key {
                id,
                user: as_iam_says.or_else(|| user?.parse().ok()),
                result: outcome.map(|outcome| outcome.result),
                at: outcome.and_then(|outcome| outcome.at),
            })
        })
        .collect()
}

impl Key {
    fn is_stopped(&self) -> bool {
        matches!(
            self.result,
            Some(OutcomeResult::Accepted | OutcomeResult::Already | OutcomeResult::Verified)
        )
    }

    /// The command that stops it, if its owner is known.
    fn stop(&self) -> Option<Change> {
        Some(Change::Key {
            user: self.user.clone()?,
            key: self.id.clone(),
            status: Status::Inactive,
        })
    }
}
