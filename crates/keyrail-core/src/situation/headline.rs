//! What an alert is about in a few words, and what that means for whoever is woken by it.

use jiff::civil::Date;

use super::about::About;
use super::credentials::{Credentials, issues_a_key};
use crate::plan::Withheld;
use crate::report::{Report, State};
use crate::taxonomy::Kind;
use crate::words::Severity;
use crate::words::StepName;

/// What it is about: the first words of every form of an alert.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Headline<'a> {
    Comeback,
    DefaultBundle,
    Exempt {
        guardrail: &'a str,
        until: Date,
        /// How many further exemptions apply.
        more: usize,
    },
    NothingViolated,
    Repeated {
        title: &'a str,
        count: u64,
    },
    Undecided {
        policy: &'a str,
        more: usize,
    },
    Unrecognised,
    /// The worst guardrail's title.
    Violated {
        title: &'a str,
        is_exemption_expired: bool,
        more: usize,
    },
}

impl<'a> Headline<'a> {
    pub(super) fn of(report: &'a Report, about: About<'a>) -> Self {
        match about {
            About::Activity if report.activity.kind == Kind::Unrecognised => Self::Unrecognised,
            About::Activity => Self::of_verdict(report),
            About::Comeback { .. } => Self::Comeback,
            About::Fault { .. } => Self::DefaultBundle,
            About::FollowUp(repeats) => Self::Repeated {
                title: &repeats.follow_up.title,
                count: repeats.count(),
            },
        }
    }

    fn of_verdict(report: &'a Report) -> Self {
        let verdict = &report.verdict;
        let more = |count: usize| count.saturating_sub(1);
        let (violated, undecided) = (verdict.violated.first(), verdict.undecided.first());
        match (violated, undecided, verdict.exempted.first()) {
            (Some(violation), ..) => Self::Violated {
                title: &violation.title,
                is_exemption_expired: !verdict.expired.is_empty(),
                more: more(verdict.violated.len()),
            },
            (None, Some(undecided), _) => Self::Undecided {
                policy: &undecided.policy,
                more: more(verdict.undecided.len()),
            },
            (None, None, Some(exempted)) => Self::Exempt {
                guardrail: &exempted.guardrail,
                until: exempted.expires,
                more: more(verdict.exempted.len()),
            },
            (None, None, None) => Self::NothingViolated,
        }
    }
}

/// What it means for whoever is woken by it: the last words on a telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BottomLine {
    DefaultBundle,
    /// What was contained had come back.
    StoppedAgain,
    /// A part of keyrail was changed, and nothing was stopped.
    KeyrailMayBeBlind,
    /// A step failed.
    NotContained,
    /// AWS has accepted the change, and does not show it yet.
    NotConfirmed,
    KeyIsActive,
    KeyIsActiveByLimit,
    KeyIsActiveByMode,
    KeyStopped,
    /// The key that signed the call works.
    KeyStoppedButNotCallers,
    /// Others know the key: its sessions go on.
    KeyStoppedButExposed,
    /// The call was signed with another key of the same user.
    KeyStoppedButNotOther,
    NothingStopped,
    NothingStoppedButCritical,
    NothingStoppedByLimit,
    NothingStoppedByMode,
    /// The call was refused.
    Refused,
    Repeated,
    SignInFailed,
    Stopped,
    UserStopped,
    UserStoppedButNotInstances,
}

impl BottomLine {
    pub(super) fn of(report: &Report, about: About<'_>, credentials: &Credentials<'_>) -> Self {
        match about {
            About::FollowUp(_) => return Self::Repeated,
            About::Fault { .. } => return Self::DefaultBundle,
            About::Activity | About::Comeback { .. } => {}
        }
        let issues_a_key = issues_a_key(&report.activity);
        match report.state() {
            State::Blocked => Self::of_stopped(report, about, credentials),
            State::Pending => Self::NotConfirmed,
            State::Failed => Self::NotContained,
            State::DryRun if issues_a_key => Self::KeyIsActiveByMode,
            State::DryRun => Self::NothingStoppedByMode,
            State::Exempt => Self::NothingStopped,
            State::Alert => Self::of_alert(report, issues_a_key),
        }
    }

    fn of_stopped(report: &Report, about: About<'_>, credentials: &Credentials<'_>) -> Self {
        use StepName::{DeactivateKey, DeleteKey, DeleteRootKey, QuarantineUser};
        let activity = &report.activity;
        let has = |names: &[StepName]| {
            let mut steps = report.plan.steps.iter();
            steps.any(|step| names.contains(&step.name))
        };
        let is_about_a_key = has(&[DeactivateKey, DeleteKey, DeleteRootKey]);
        let callers_key_works = credentials.callers.is_some();
        if activity.launched > 0 {
            Self::UserStoppedButNotInstances
        } else if matches!(about, About::Comeback { .. }) {
            Self::StoppedAgain
        } else if activity.kind == Kind::Exposure && is_about_a_key {
            Self::KeyStoppedButExposed
        } else if has(&[QuarantineUser]) {
            Self::UserStopped
        } else if !is_about_a_key {
            Self::Stopped
        } else if callers_key_works && activity.is_on_self() {
            Self::KeyStoppedButNotOther
        } else if callers_key_works {
            Self::KeyStoppedButNotCallers
        } else {
            Self::KeyStopped
        }
    }

    fn of_alert(report: &Report, issues_a_key: bool) -> Self {
        let activity = &report.activity;
        let mut steps = report.plan.steps.iter();
        let is_limited = steps.any(|step| step.decision == Err(Withheld::Limit));
        let mut steps = report.plan.steps.iter();
        // It works, and nobody knows which one it is.
        let misses_the_key = steps.any(|step| {
            step.name == StepName::DeactivateKey && step.decision == Err(Withheld::NoTarget)
        });
        let is_critical = report.severity() == Severity::Critical;
        if is_limited && issues_a_key {
            Self::KeyIsActiveByLimit
        } else if is_limited {
            Self::NothingStoppedByLimit
        } else if activity.outcome.succeeded == Some(false) {
            match activity.kind {
                Kind::SignIn => Self::SignInFailed,
                Kind::ApiCall
                | Kind::Exposure
                | Kind::Finding
                | Kind::Other
                | Kind::ServiceEvent
                | Kind::Unrecognised => Self::Refused,
            }
        } else if activity.own {
            Self::KeyrailMayBeBlind
        } else if issues_a_key && (is_critical || misses_the_key) {
            Self::KeyIsActive
        } else if is_critical {
            Self::NothingStoppedButCritical
        } else {
            Self::NothingStopped
        }
    }
}
