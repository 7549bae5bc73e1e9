//! Carrying out a plan: the changes, each read back before it is believed.

use futures_util::future::{join, join_all};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::attempt::{Attempt, already_put};
use self::ending::Ending;
pub use self::result::OutcomeResult;
use self::target::Target;
use crate::bundle::Protected;
use crate::change::Change;
use crate::effects::{Effects, SessionScope};
use crate::id::{AccessKeyId, AccountId, UserName};
use crate::plan::{Effect, Plan, Withheld};
use crate::words::StepName;

mod attempt;
mod changes;
mod ending;
mod pursuit;
mod result;
mod search;
mod send;
pub(crate) mod sentences;
mod settling;
mod target;

/// What became of one step.
#[derive(Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// Which step.
    pub step: StepName,
    /// How it ended.
    pub result: OutcomeResult,
    /// The same in one sentence, with what was read back and when.
    pub detail: String,
    /// How often the state was read back.
    pub attempts: u32,
    /// From the first call to the last answer, in milliseconds.
    pub millis: u64,
    /// The account that it was taken in; `None` if it was withheld.
    pub account: Option<AccountId>,
    /// The changes that keyrail made, and that `keyrail undo` takes back: none if there
    /// was nothing left to do, or nothing could be done.
    pub changes: Vec<Change>,
    /// Whether trying the whole event again could mend it.
    #[serde(skip)]
    pub retry: bool,
    /// What is to hold from now on, whoever did it: the re-check looks whether it does.
    #[serde(skip)]
    pub holds: Option<Change>,
    /// Whether IAM had no user of that name, so that only what it finds later is news.
    #[serde(skip)]
    pub is_user_missing: bool,
    /// What could not be done, for people to do by hand.
    pub tried: Option<Change>,
    /// When it ended; `None` if it was withheld.
    pub at: Option<Timestamp>,
    /// A key of that user's, as the event has it.
    pub evidence: Option<AccessKeyId>,
    /// The key's user as IAM says, where the event names none or an earlier name.
    pub owner: Option<UserName>,
}

/// Carries out a plan. The steps against one user, role or root are one containment, and
/// share nothing with another; containments run at the same time. A failure of one step
/// stops no other. `protected` are those whom IAM may name later; `event` names the
/// sessions in which it is done.
pub(crate) async fn execute(
    plan: &Plan,
    protected: &Protected,
    event: Option<&str>,
    effects: &impl Effects,
) -> Vec<Outcome> {
    let mut containments: Vec<Vec<Planned<'_>>> = Vec::new();
    for (place, step) in plan.steps.iter().enumerate() {
        let Ok(effect) = &step.decision else { continue };
        let planned = Planned { place, effect };
        let known = containments
            .iter_mut()
            .find(|known| known.first().is_some_and(|first| first.goes_with(effect)));
        match known {
            Some(known) => known.push(planned),
            None => containments.push(vec![planned]),
        }
    }
    let run = containments
        .iter()
        .map(|steps| contain(steps, protected, event, effects));
    let mut ended: Vec<(usize, Outcome)> = join_all(run).await.into_iter().flatten().collect();
    for (place, step) in plan.steps.iter().enumerate() {
        if let Err(withheld) = step.decision {
            ended.push((place, Outcome::withheld(step.name, withheld)));
        }
    }
    ended.sort_unstable_by_key(|(place, _)| *place);
    ended.into_iter().map(|(_, outcome)| outcome).collect()
}

/// A step that is taken, with its place in the plan.
#[derive(Clone, Copy)]
struct Planned<'a> {
    place: usize,
    effect: &'a Effect,
}

impl Planned<'_> {
    /// Whether both are against the same user, role or root.
    fn goes_with(&self, effect: &Effect) -> bool {
        self.effect.account == effect.account && self.effect.who == effect.who
    }
}

/// Takes the steps against one user, role or root.
async fn contain(
    steps: &[Planned<'_>],
    protected: &Protected,
    event: Option<&str>,
    effects: &impl Effects,
) -> Vec<(usize, Outcome)> {
    let Some(first) = steps.first() else {
        return Vec::new();
    };
    let started = effects.now();
    let reach = SessionScope {
        account: first.effect.account.clone(),
        to: None,
        actions: steps
            .iter()
            .flat_map(|step| step.effect.actions())
            .collect(),
        event: event.map(str::to_owned),
    };
    let endings = match Target::find(first.effect, reach, protected, effects).await {
        Ok(target) => run_in_phases(target, steps, effects).await,
        Err(ending) => steps.iter().map(|step| (*step, ending.clone())).collect(),
    };
    let took = Took {
        started,
        ended: effects.now(),
    };
    endings
        .into_iter()
        .map(|(step, ending)| (step.place, Outcome::of(step.effect, &ending, took)))
        .collect()
}

/// What stops a credential comes before what stops sessions, and that before what stops
/// the user; what cannot be undone is last. A phase begins once the changes of the one
/// before were sent, and does not wait until they are taken and read back.
///
/// A step on a credential shows whose it is. Until one has, nothing is done to whoever has
/// the user's name by now.
async fn run_in_phases<'a, E: Effects>(
    target: Target<'_, E::AccountClient>,
    steps: &[Planned<'a>],
    effects: &E,
) -> Vec<(Planned<'a>, Ending)> {
    let phase_of = |step: &Planned<'_>| phase(step.effect.act.step());
    let Some(first) = steps.first() else {
        return Vec::new();
    };
    let target = match phase_of(first) {
        Phase::Credentials => target,
        Phase::Sessions | Phase::User | Phase::Deletion => {
            match target.clone().known(first.effect, effects).await {
                Ok(known) => known,
                Err(ending) => return untouched(&target, steps, &ending, effects).await,
            }
        }
    };
    let same_phase = |step: &Planned<'_>| phase_of(step) <= phase_of(first);
    let (now, later) = steps.split_at(steps.partition_point(same_phase));
    let starting = now
        .iter()
        .map(|step| async { (*step, Attempt::start(&target, step.effect, effects).await) });
    let started = join_all(starting).await;
    let mut from_here_on = target.clone();
    from_here_on.is_known |= started.iter().any(|(_, it)| it.shows_owner());
    let confirming = started
        .into_iter()
        .map(|(step, attempt)| async move { (step, attempt.confirm(effects).await) });
    let rest = Box::pin(run_in_phases(from_here_on, later, effects));
    let (mut endings, rest) = join(join_all(confirming), rest).await;
    endings.extend(rest);
    endings
}

/// How steps end whose user is not known for sure. What is done to a credential names it and its
/// user, and IAM takes no call in which these do not belong together; and what was to be put on the
/// user of that name may be there, from an earlier try.
async fn untouched<'a, E: Effects>(
    target: &Target<'_, E::AccountClient>,
    steps: &[Planned<'a>],
    why: &Ending,
    effects: &E,
) -> Vec<(Planned<'a>, Ending)> {
    let looking = steps.iter().map(|step| async {
        let is_unproven = matches!(why, Ending::Unproven { .. });
        let ending = match step.effect.act.id() {
            _ if !is_unproven => None,
            Some(_) => {
                let attempt = Attempt::start(target, step.effect, effects).await;
                Some(attempt.confirm(effects).await)
            }
            None => already_put(target, step.effect, effects).await,
        };
        (*step, ending.unwrap_or_else(|| why.clone()))
    });
    join_all(looking).await
}

/// When a step is taken, in that order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Credentials,
    Sessions,
    User,
    Deletion,
}

fn phase(name: StepName) -> Phase {
    match name {
        StepName::DeactivateKey
        | StepName::DeactivateServiceCredential
        | StepName::DeactivateSshKey
        | StepName::DeactivateSigningCertificate => Phase::Credentials,
        StepName::RevokeSessions | StepName::RevokeRoleSessions => Phase::Sessions,
        StepName::QuarantineUser | StepName::DisableConsoleLogin => Phase::User,
        StepName::DeleteKey | StepName::DeleteRootKey => Phase::Deletion,
    }
}

/// How long a containment took: all of its steps end together.
#[derive(Clone, Copy)]
struct Took {
    started: Timestamp,
    ended: Timestamp,
}

impl Took {
    fn millis(self) -> u64 {
        let took = self.ended.duration_since(self.started);
        u64::try_from(took.as_millis()).unwrap_or_default()
    }
}

impl Outcome {
    fn of(effect: &Effect, ending: &Ending, took: Took) -> Self {
        Self {
            step: effect.act.step(),
            result: ending.result(),
            detail: sentences::ending(ending),
            attempts: ending.reads(),
            millis: took.millis(),
            account: Some(effect.account.clone()),
            changes: ending.changes(),
            retry: ending.is_worth_a_retry(),
            holds: ending.holds().cloned(),
            is_user_missing: ending.is_user_missing(),
            tried: ending.tried().cloned(),
            at: Some(took.ended),
            evidence: effect.evidence.clone(),
            owner: ending.owner().cloned(),
        }
    }

    fn withheld(step: StepName, withheld: Withheld) -> Self {
        Self {
            step,
            result: OutcomeResult::Withheld,
            detail: sentences::withheld(withheld).to_owned(),
            attempts: 0,
            millis: 0,
            account: None,
            changes: Vec::new(),
            retry: false,
            holds: None,
            is_user_missing: false,
            tried: None,
            at: None,
            evidence: None,
            owner: None,
        }
    }
}

#[cfg(test)]
mod tests;
