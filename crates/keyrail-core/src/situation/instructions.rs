//! What to do now: with commands that are copied and run, and so are made of parsed ids only.

use super::about::About;
use super::command::{Command, LookUp, Slug};
use super::credentials::{CallersKey, Credentials, Fate, Key, Shown, issues_a_key};
use super::instruction::{Deactivate, Instruction, region};
use crate::arn::Arn;
use crate::change::{Change, Denial};
use crate::id::UserName;
use crate::outcome::Outcome;
use crate::repeats::Repetition;
use crate::report::{Report, State};
use crate::taxonomy::{Kind, TargetKind};
use crate::words::StepName;

impl<'a> Instruction<'a> {
    /// The most urgent first.
    pub(super) fn all_of(
        report: &'a Report,
        about: About<'a>,
        credentials: &Credentials<'a>,
    ) -> Vec<Self> {
        if report.state() == State::Exempt {
            return Vec::new();
        }
        // A key in the wrong hands comes before what the guardrail is about; where no key was
        // made, it is the other way round.
        let ask = credentials.callers.as_ref().map(Self::ask);
        let (first, then) = match issues_a_key(&report.activity) {
            true => (ask, None),
            false => (None, ask),
        };
        let expired = report.verdict.expired.iter();
        let renew = expired.map(|expired| Self::RenewExemption {
            exemption: &expired.exemption,
            until: expired.expires,
        });
        let mut all = match about {
            About::FollowUp(repeats) => {
                Self::investigate(&repeats.follow_up.repetition, region(report))
            }
            About::Activity | About::Comeback { .. } | About::Fault { .. } => Vec::new(),
        };
        all.extend(Self::deactivate(report, &credentials.keys));
        let has_root_key =
            report.activity.control.is_some() && report.activity.target.is_root == Some(true);
        all.extend(has_root_key.then_some(Self::DeleteRootsKey));
        all.extend(Self::list_keys(report));
        all.extend(Self::take_back(report));
        all.extend(Self::changes_by_hand(report, &credentials.keys));
        all.extend(Self::end_sessions(report, &credentials.keys));
        all.extend(Self::find_who_undid(report, about));
        all.extend(Self::find_owners(report, &credentials.keys));
        all.extend(first);
        all.extend(renew);
        all.extend(Self::of_bundle(report));
        all.extend(then);
        all.extend(Self::ask_session(report));
        all.extend(Self::stop_signed_in(report));
        all.extend(Self::look_up_keys(report, credentials));
        all.extend(match about {
            About::Fault { .. } => Some(Self::FixBundle),
            About::Activity if report.activity.kind == Kind::Unrecognised => Some(Self::FindEvent),
            About::Activity | About::Comeback { .. } | About::FollowUp(_) => None,
        });
        all
    }

    fn ask(key: &CallersKey<'a>) -> Self {
        Self::AskCaller {
            name: key.name,
            goes_without_answer: key.is_of_violation,
            deactivation: key.deactivation(),
        }
    }

    fn investigate(repetition: &Repetition, region: Option<Slug>) -> Vec<Self> {
        let what = match repetition.is_storm() {
            true => Self::InvestigateStorm,
            false => Self::InvestigateRepetition,
        };
        // Names of sessions have the alphabet of users' names.
        let arn = Arn::parse(&repetition.actor);
        let name = arn.and_then(|arn| arn.name().parse().ok());
        let look_up = name.map(|name| {
            Self::LookUpActor(Command::LookUp {
                by: LookUp::Username(name),
                region,
            })
        });
        [what].into_iter().chain(look_up).collect()
    }

    /// The keys that keyrail did not stop, or of which it is not known.
    fn deactivate(report: &Report, keys: &[Key<'_>]) -> Vec<Self> {
        let state = report.state();
        let left = match issues_a_key(&report.activity) {
            true => Deactivate::IsActive,
            false => Deactivate::WasLeft,
        };
        let is_left = are_keys_left(report);
        let mut all = Vec::new();
        for key in keys {
            let (Some(user), Some(change)) = (key.user(), key.deactivation()) else {
                continue;
            };
            let why = match (state, key.fate) {
                (
                    State::Pending,
                    Fate::Stopped {
                        shown: Shown::NotYet,
                        ..
                    },
                ) => {
                    all.push(Self::CheckKey(Command::ListKeys(user.clone())));
                    Deactivate::IfStillActive
                }
                (State::Failed, Fate::Unknown | Fate::Left(_)) => Deactivate::MayBeActive,
                // Whatever kept keyrail from it, the key that was created works.
                (State::DryRun | State::Alert, Fate::Unknown | Fate::Left(_)) if is_left => left,
                (_, Fate::Left(_) | Fate::Stopped { .. } | Fate::Unknown) => continue,
            };
            all.push(Self::DeactivateKey { why, change });
        }
        all
    }

    /// What keyrail tried in vain on anything but these keys.
    fn changes_by_hand(report: &Report, keys: &[Key<'_>]) -> Vec<Self> {
        let tried = report.outcomes.iter();
        let tried = tried.filter_map(|outcome| outcome.tried.as_ref());
        let is_told = |change: &Change| {
            change
                .key()
                .is_some_and(|id| keys.iter().any(|key| key.id == *id))
        };
        tried
            .filter(|change| !is_told(change))
            .map(|change| Self::ChangeByHand(change.clone()))
            .collect()
    }

    /// What ends the sessions of an exposed key that outlive it, where no step has.
    fn end_sessions(report: &Report, keys: &[Key<'_>]) -> Option<Self> {
        use StepName::{QuarantineUser, RevokeSessions};
        let ends = |outcome: &Outcome| matches!(outcome.step, QuarantineUser | RevokeSessions);
        if report.activity.kind != Kind::Exposure || report.outcomes.iter().any(ends) {
            return None;
        }
        let stopped = keys.iter().find(|key| key.is_stopped())?;
        let Fate::Stopped { at: Some(at), .. } = stopped.fate else {
            return None;
        };
        Some(Self::EndSessions(Change::DenyUser {
            user: stopped.user()?.clone(),
            denial: Denial::of_sessions_until(at),
        }))
    }

    /// Where to see who made what had been contained work again.
    fn find_who_undid(report: &Report, about: About<'_>) -> Option<Self> {
        let About::Comeback { .. } = about else {
            return None;
        };
        // Roles have names of the same alphabet.
        let name: UserName = report.activity.target.user.as_deref()?.parse().ok()?;
        Some(Self::FindWhoUndid(Command::LookUp {
            by: LookUp::ResourceName(name),
            region: region(report),
        }))
    }

    fn find_owners(report: &Report, keys: &[Key<'_>]) -> Vec<Self> {
        let target = &report.activity.target;
        let asks = target.kind == TargetKind::AccessKey && target.is_root != Some(true);
        let unknown = keys.iter().filter(|key| asks && key.owner.is_none());
        unknown
            .map(|key| Self::FindKeyOwner(Command::KeyLastUsed(key.id.clone())))
            .collect()
    }

    /// What the bundle says to do, and of what it could not say anything.
    fn of_bundle(report: &'a Report) -> impl Iterator<Item = Self> {
        let violated = report.verdict.violated.iter().flat_map(|violation| {
            let advice = violation.advice.as_deref().map(Self::Advice);
            let runbook = violation.runbook.as_deref().map(Self::Runbook);
            advice.into_iter().chain(runbook)
        });
        let undecided = report.verdict.undecided.iter();
        violated.chain(undecided.map(|undecided| Self::JudgeUndecided {
            policy: &undecided.policy,
        }))
    }

    /// What stops a user who signed in although they should not have.
    fn stop_signed_in(report: &Report) -> Option<Self> {
        let activity = &report.activity;
        let has_signed_in = activity.kind == Kind::SignIn
            && activity.outcome.succeeded == Some(true)
            && !report.verdict.violated.is_empty();
        let user: UserName = activity.actor.user()?.parse().ok()?;
        has_signed_in.then(|| Self::StopSignedIn {
            password: Change::DeletePassword { user: user.clone() },
            everything: Change::DenyUser {
                user: user.clone(),
                denial: Denial::Everything,
            },
            user,
        })
    }

    /// Where to see what the keys were used for: CloudTrail shows management events of one
    /// Region, some 15 minutes late (CloudTrail User Guide, "Viewing events with event
    /// history", checked 2026-11-25).
    fn look_up_keys(report: &Report, credentials: &Credentials<'_>) -> Vec<Self> {
        let region = region(report);
        // IAM's calls are recorded there alone.
        let home_region = report.activity.partition();
        let home_region = home_region.map(|partition| partition.home_region);
        let is_about_keys = report.activity.target.kind == TargetKind::AccessKey;
        let own = credentials.keys.iter().filter(|_| is_about_keys);
        // Whoever makes a key with a stolen one has done other things with that.
        let ids = own
            .map(|key| &key.id)
            .chain(credentials.callers.iter().map(|key| &key.id));
        ids.enumerate()
            .map(|(number, id)| Self::LookUpKey {
                key: id.clone(),
                is_further: number > 0,
                home_region,
                command: Command::LookUp {
                    by: LookUp::AccessKeyId(id.clone()),
                    region: region.clone(),
                },
            })
            .collect()
    }
}

/// Whether a key was left as it was: by the mode, for want of evidence, or
/// because a guardrail could not be decided. Where a step is only explained, nobody
/// has left anything yet.
fn are_keys_left(report: &Report) -> bool {
    let mut steps = report.plan.steps.iter();
    let explained = report.outcomes.is_empty() && steps.any(|step| step.decision.is_ok());
    report.activity.target.kind == TargetKind::AccessKey
        && report.activity.outcome.succeeded != Some(false)
        && !explained
}
