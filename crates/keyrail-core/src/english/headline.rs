//! What it is about in a few words, for a subject and for a telephone.

use super::to_do;
use crate::plan::{Step, Withheld};
use crate::report::{Report, State};
use crate::taxonomy::Kind;
use crate::words::{Severity, StepName};

/// What it is about, in a few words: the worst guardrail's title.
pub(super) fn headline(report: &Report) -> String {
    let verdict = &report.verdict;
    let more = |count: usize| match count {
        0 | 1 => String::new(),
        _ => format!(" (+{} more)", count - 1),
    };
    if report.about.is_fault() {
        return "keyrail runs on its default rules".to_owned();
    }
    if report.about.comeback().is_some() {
        return "Containment did not hold".to_owned();
    }
    if let Some(repeats) = report.about.repeats() {
        return format!("{} - {} more", repeats.follow_up.title, repeats.count());
    }
    if report.activity.kind == Kind::Unrecognised {
        return "Event not recognised".to_owned();
    }
    match (verdict.violated.first(), verdict.undecided.first()) {
        (Some(violation), _) => {
            let expired = if verdict.expired.is_empty() {
                ""
            } else {
                " (exemption expired)"
            };
            let more = more(verdict.violated.len());
            format!("{}{expired}{more}", violation.title)
        }
        (None, Some(undecided)) => {
            format!(
                "Guardrail {} could not be decided{}",
                undecided.policy,
                more(verdict.undecided.len())
            )
        }
        (None, None) => match verdict.exempted.first() {
            Some(exempted) => format!(
                "Exempt from {} until {}{}",
                exempted.guardrail,
                exempted.expires,
                more(verdict.exempted.len())
            ),
            None => "Nothing violated".to_owned(),
        },
    }
}

/// What a telephone shows at the end.
pub(super) fn in_short(report: &Report) -> &'static str {
    if report.about.repeats().is_some() {
        return "Read what became of each.";
    }
    let activity = &report.activity;
    if report.about.is_fault() {
        return "Your own rules are OFF: act now.";
    }
    let is_critical = report.severity() == Severity::Critical;
    let quarantines = |step: &Step| step.name == StepName::QuarantineUser;
    let stops_a_key = |step: &Step| {
        use StepName::{DeactivateKey, DeleteKey, DeleteRootKey};
        matches!(step.name, DeactivateKey | DeleteKey | DeleteRootKey)
    };
    let is_about_a_key = report.plan.steps.iter().any(stops_a_key);
    let has_limit = |step: &Step| step.decision == Err(Withheld::Limit);
    match report.state() {
        State::Blocked if activity.launched > 0 => "User stopped; instances STILL RUNNING.",
        State::Blocked if report.about.comeback().is_some() => "Stopped AGAIN: find out why.",
        State::Blocked if activity.kind == Kind::Exposure && is_about_a_key => {
            "Key stopped; others had it: end its sessions."
        }
        State::Blocked if report.plan.steps.iter().any(quarantines) => "User stopped (verified).",
        State::Blocked if !is_about_a_key => "Stopped (verified).",
        State::Blocked if to_do::callers_key(report).is_some() && activity.is_on_self() => {
            "Key stopped; the user's other key is ACTIVE."
        }
        State::Blocked if to_do::callers_key(report).is_some() => {
            "Key stopped; caller's own key NOT touched."
        }
        State::Blocked => "Key stopped (verified).",
        State::Pending => "Not confirmed: check that it is stopped.",
        State::Failed => "NOT CONTAINED: act now.",
        State::DryRun if to_do::issues_a_key(activity) => "Observe mode: the key is ACTIVE.",
        State::DryRun => "Observe mode: nothing was stopped.",
        State::Exempt => "Nothing was stopped.",
        State::Alert if report.plan.steps.iter().any(has_limit) => {
            match to_do::issues_a_key(activity) {
                true => "Limit reached: the key is ACTIVE.",
                false => "NOT CONTAINED: limit reached.",
            }
        }
        State::Alert if activity.outcome.succeeded == Some(false) => match activity.kind {
            Kind::SignIn => "The sign-in failed.",
            _ => "It was refused: nothing to stop.",
        },
        State::Alert if activity.own => "keyrail may be BLIND: act now.",
        State::Alert if is_critical && to_do::issues_a_key(activity) => {
            "The key is ACTIVE: act now."
        }
        State::Alert if is_critical => "Nothing was stopped: act now.",
        State::Alert => "Nothing was stopped.",
    }
}
