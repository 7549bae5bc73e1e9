//! What keyrail did, what may still work in spite of that, and how it is taken back.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::about::About;
use crate::change::Change;
use crate::outcome::{Outcome, OutcomeResult};
use crate::plan::{Step, Withheld};
use crate::repeats::Repeats;
use crate::report::{Report, State};
use crate::taxonomy::Kind;
use crate::words::StepName;

/// Something that keyrail did, or did not do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Done<'a> {
    /// An event that was counted instead of alerted.
    Counted {
        event: &'a str,
        came_to: &'a str,
    },
    /// So many further events were counted.
    CountedMore(u64),
    NothingAsExempt {
        exemption: &'a str,
        until: Date,
    },
    /// No step is named against what did not hold.
    NothingAgain,
    /// The guardrail only alerts.
    NothingAsked,
    NothingUndecided,
    /// The event is not recognised.
    NothingUnread,
    /// A step that is only explained.
    Planned {
        step: StepName,
        target: Option<&'a str>,
        withheld: Option<Withheld>,
    },
    /// A step, and what became of it.
    Step {
        step: StepName,
        target: Option<&'a str>,
        result: OutcomeResult,
        /// A sentence of the report.
        detail: &'a str,
        /// `None` if it took no time, or was not taken.
        millis: Option<u64>,
    },
    /// keyrail goes on with its default bundle.
    UsesDefaultBundle,
}

impl<'a> Done<'a> {
    pub(super) fn all_of(report: &'a Report, about: About<'a>) -> Vec<Self> {
        if let About::FollowUp(repeats) = about {
            return Self::counted(repeats);
        }
        let steps = &report.plan.steps;
        // One of several has to say which it is.
        let target = |step: &'a Step| step.target.as_deref().filter(|_| steps.len() > 1);
        if !report.outcomes.is_empty() {
            let outcomes = report.outcomes.iter().enumerate();
            let taken = outcomes.map(|(place, outcome)| Self::Step {
                step: outcome.step,
                target: steps.get(place).and_then(target),
                result: outcome.result,
                detail: &outcome.detail,
                millis: (outcome.millis > 0).then_some(outcome.millis),
            });
            return taken.collect();
        }
        if steps.is_empty() {
            return Self::nothing(report, about);
        }
        let planned = steps.iter().map(|step| Self::Planned {
            step: step.name,
            target: target(step),
            withheld: step.decision.as_ref().err().copied(),
        });
        planned.collect()
    }

    /// Why there is no step.
    fn nothing(report: &'a Report, about: About<'a>) -> Vec<Self> {
        if !report.verdict.undecided.is_empty() {
            return vec![Self::NothingUndecided];
        }
        if report.state() == State::Exempt {
            let exempted = report.verdict.exempted.iter();
            let exempted = exempted.map(|exempted| Self::NothingAsExempt {
                exemption: &exempted.exemption,
                until: exempted.expires,
            });
            return exempted.collect();
        }
        let is_read = report.activity.kind != Kind::Unrecognised;
        vec![match about {
            About::Fault { .. } => Self::UsesDefaultBundle,
            About::Comeback { .. } => Self::NothingAgain,
            About::Activity | About::FollowUp(_) if is_read => Self::NothingAsked,
            About::Activity | About::FollowUp(_) => Self::NothingUnread,
        }]
    }

    /// The latest are as good as the first: some are named, and all are counted.
    fn counted(repeats: &'a Repeats) -> Vec<Self> {
        const SHOWN: usize = 20;
        let shown = repeats.tallied.iter().take(SHOWN).map(|entry| {
            let (event, came_to) = entry.split_once(' ').unwrap_or((entry, ""));
            Self::Counted { event, came_to }
        });
        let more = repeats.count().saturating_sub(SHOWN as u64);
        let more = (more > 0).then_some(Self::CountedMore(more));
        shown.chain(more).collect()
    }
}

/// Something that may still work in spite of what was done, and until when.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StillPossible {
    /// Console sessions that are open.
    ConsoleSessions(Until),
    /// The instances that were launched, with their roles.
    Instances { count: u64 },
    /// The key, until IAM shows the change; and sessions made with it.
    Key { hours: i64 },
    /// Sessions made with the key.
    KeySessions(Until),
    /// New sessions, calls with keys that work, and sessions of roles.
    NewSessions(Until),
    /// Sessions of roles that the user has assumed.
    RoleSessions(Until),
}

/// The latest end of a session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Until {
    At(Timestamp),
    /// The step's time is not known.
    HoursLater(i64),
}

/// Sessions of a user live 36 hours at most, those of a role 12 (STS API reference,
/// `GetSessionToken`, `GetFederationToken` and `AssumeRole`, checked 2026-11-25).
const USER_SESSION_HOURS: i64 = 36;
/// See [`USER_SESSION_HOURS`].
pub(crate) const ROLE_SESSION_HOURS: i64 = 12;

impl StillPossible {
    pub(super) fn all_of(report: &Report) -> Vec<Self> {
        let done = |name: StepName| {
            let mut outcomes = report.outcomes.iter();
            outcomes.find(|outcome| outcome.step == name && is_done(outcome))
        };
        let count = report.activity.launched;
        let instances = (count > 0).then_some(Self::Instances { count });
        let role_sessions = |outcome: &Outcome| Until::after(outcome, ROLE_SESSION_HOURS);
        let sessions = if let Some(quarantined) = done(StepName::QuarantineUser) {
            vec![Self::RoleSessions(role_sessions(quarantined))]
        } else if let Some(revoked) = done(StepName::RevokeSessions) {
            vec![Self::NewSessions(role_sessions(revoked))]
        } else {
            let key = done(StepName::DeactivateKey).or(done(StepName::DeleteKey));
            let key = key.map(|key| match key.result {
                OutcomeResult::Accepted => Self::Key {
                    hours: USER_SESSION_HOURS,
                },
                OutcomeResult::Already
                | OutcomeResult::Failed
                | OutcomeResult::Verified
                | OutcomeResult::Withheld => {
                    Self::KeySessions(Until::after(key, USER_SESSION_HOURS))
                }
            });
            let password = done(StepName::DisableConsoleLogin);
            let password = password.map(|password| Self::ConsoleSessions(role_sessions(password)));
            key.into_iter().chain(password).collect()
        };
        instances.into_iter().chain(sessions).collect()
    }
}

/// Whether what a step stops has stopped, as far as IAM tells.
fn is_done(outcome: &Outcome) -> bool {
    use OutcomeResult::{Accepted, Already, Failed, Verified, Withheld};
    match outcome.result {
        Accepted | Already | Verified => true,
        Failed | Withheld => false,
    }
}

impl Until {
    fn after(outcome: &Outcome, hours: i64) -> Self {
        let end = outcome.at.and_then(|at| {
            let end = at.checked_add(SignedDuration::from_hours(hours));
            end.ok()
        });
        end.map_or(Self::HoursLater(hours), Self::At)
    }
}

/// How something is taken back, the last change first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Undo {
    /// Make this call.
    Call(Change),
    /// The key is exposed: its user needs another credential.
    KeyIsExposed,
    /// A deleted key cannot be restored.
    KeyIsGone,
    /// `keyrail undo`, once it is known that it was legitimate; by hand only where keyrail
    /// does not run any more.
    OnlyIfLegitimate,
    /// The password is gone: make a new one.
    NewPassword { command: String },
}

impl Undo {
    pub(super) fn all_of(report: &Report) -> Vec<Self> {
        let changes = report.outcomes.iter().flat_map(|outcome| &outcome.changes);
        let changes: Vec<&Change> = changes.collect();
        let is_about_a_key = changes.iter().any(|change| change.key().is_some());
        let is_exposed = report.activity.kind == Kind::Exposure && is_about_a_key;
        let first = match (is_about_a_key, is_exposed) {
            (false, _) => None,
            (true, true) => Some(Self::KeyIsExposed),
            (true, false) => Some(Self::OnlyIfLegitimate),
        };
        let back = changes
            .into_iter()
            .rev()
            .filter(|change| !is_exposed || change.key().is_none())
            .map(|change| match (change.inverse(), change.instead()) {
                (Some(inverse), _) => Self::Call(inverse),
                (None, Some(command)) => Self::NewPassword { command },
                (None, None) => Self::KeyIsGone,
            });
        first.into_iter().chain(back).collect()
    }
}
