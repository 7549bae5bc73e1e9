//! Re-check: what keyrail contained, looked at again some time later.
//!
//! IAM takes seconds to make a change felt, and an attacker who is still in uses them. So
//! a delay queue brings each containment back, after half a minute and after five.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::activity::Activity;
use crate::alert::{Alert, Notifier};
use crate::bundle::{Bundle, Mode};
use crate::change::{Change, Denial, Principal, Sight};
use crate::circumstances::Circumstances;
use crate::effects::{EffectError, EffectErrorKind, Effects, Hands, Held, HeldKind, Reach, To};
use crate::event::Event;
use crate::id::{AccessKeyId, AccountId, RoleName, UserName};
use crate::outcome::carry_out;
use crate::pipeline::{Response, afterwards};
use crate::plan::{Act, Effect, Owner, Plan, Protected, Step, StepName, Who, Withheld};
use crate::report::Report;
use crate::state::{Fact, State, Subject};

/// When a containment is looked at again, after it was made.
pub const DELAYS: [Duration; 2] = [Duration::from_secs(30), Duration::from_mins(5)];

/// The door to the delay queue.
#[expect(
    async_fn_in_trait,
    reason = "both callers are in this workspace, and neither moves the futures between threads"
)]
pub trait Queue {
    /// Whether there is one.
    fn is_there(&self) -> bool;

    /// Sends a containment to be looked at again after a while.
    ///
    /// # Errors
    ///
    /// Why it could not be sent, in one line.
    async fn send_later(&self, recheck: &Recheck, delay: Duration) -> Result<(), String>;
}

/// One containment that was made: `keyrail.recheck/v1`, the body of a message in
/// keyrail's own queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recheck {
    schema: Schema,
    /// The event that was acted on.
    pub event: String,
    /// Its Region.
    pub region: Option<String>,
    /// When what it tells of happened: what is younger is new.
    pub since: Timestamp,
    /// The account.
    pub account: AccountId,
    /// The changes, all of them to one user, role or root.
    pub changes: Vec<Change>,
    /// The ids of the user's credentials that worked when keyrail was done; `None` if
    /// they could not be listed.
    pub working: Option<BTreeSet<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[serde(rename = "keyrail.recheck/v1")]
    V1,
}

impl Recheck {
    /// What is to be looked at again of a report: one for each user, role or root.
    #[must_use]
    pub fn all_of(report: &Report, now: Timestamp) -> Vec<Self> {
        let mut rechecks: Vec<Self> = Vec::new();
        for outcome in &report.outcomes {
            let Some(account) = &outcome.account else {
                continue;
            };
            let Some(change) = &outcome.holds else {
                continue;
            };
            let known = rechecks.iter_mut().find(|known| {
                known.account == *account
                    && known.changes.first().map(Change::principal) == Some(change.principal())
            });
            match known {
                Some(known) => known.changes.push(change.clone()),
                None => rechecks.push(Self {
                    schema: Schema::V1,
                    event: report.event.id.clone().unwrap_or_default(),
                    region: report.activity.region.clone(),
                    since: report.activity.time.unwrap_or(now),
                    account: account.clone(),
                    changes: vec![change.clone()],
                    working: None,
                }),
            }
        }
        rechecks
    }

    /// Adds which of the user's credentials work by now.
    ///
    /// # Errors
    ///
    /// If IAM does not tell; what is younger than the event is found all the same.
    pub async fn take_stock(&mut self, effects: &impl Effects) -> Result<(), EffectError> {
        let Some(user) = self.user().cloned() else {
            return Ok(());
        };
        let hands = effects.reach(&self.reach(LISTING)).await?;
        let held = hands.credentials(&user).await?;
        let working = held.into_iter().filter(|held| held.active);
        self.working = Some(working.map(|held| held.id).collect());
        Ok(())
    }

    fn user(&self) -> Option<&UserName> {
        match self.changes.first()?.principal() {
            Principal::User(user) => Some(user),
            Principal::Role(_) | Principal::Root => None,
        }
    }

    fn role(&self) -> Option<&RoleName> {
        match self.changes.first()?.principal() {
            Principal::Role(role) => Some(role),
            Principal::User(_) | Principal::Root => None,
        }
    }

    fn keys(&self) -> impl Iterator<Item = &AccessKeyId> {
        self.changes.iter().filter_map(Change::key)
    }

    fn reach(&self, actions: &[&'static str]) -> Reach {
        let reading = self.changes.iter().map(Change::reading_action);
        Reach {
            account: self.account.clone(),
            to: Some(match (self.user(), self.role()) {
                (Some(user), _) => To::User(user.clone()),
                (None, Some(role)) => To::Role(role.clone()),
                (None, None) => To::Root,
            }),
            actions: actions.iter().copied().chain(reading).collect(),
            event: Some(self.event.clone()),
        }
    }
}

const LISTING: &[&str] = &[
    "iam:GetAccessKeyLastUsed",
    "iam:GetLoginProfile",
    "iam:ListAccessKeys",
    "iam:ListServiceSpecificCredentials",
    "iam:ListSSHPublicKeys",
    "iam:ListSigningCertificates",
];

/// Looks at a containment again; `tried_before` if an earlier look at it did not come to its
/// end. Where it does not hold, or the user has got new
/// credentials, contains again and alerts. `None` if all is as it was left.
///
/// # Errors
///
/// If IAM does not tell how things are: the message must then be tried again.
pub async fn recheck(
    recheck: &Recheck,
    tried_before: bool,
    bundle: &Bundle,
    circumstances: &Circumstances,
    aws: &(impl Effects + Notifier + State + Queue),
) -> Result<Option<Response>, EffectError> {
    let is_released = async |about: Subject| -> bool {
        let memories = match aws.is_kept() {
            true => aws.recall(&about).await.unwrap_or_default(),
            // Containing once more can be undone; a key that works in the wrong hands
            // cannot.
            false => Vec::new(),
        };
        let now = aws.now();
        memories
            .iter()
            .any(|memory| matches!(memory.fact, Fact::Released { until, .. } if until >= now))
    };
    if is_released(Subject::Event(recheck.event.clone())).await {
        return Ok(None);
    }
    let mut released = BTreeSet::new();
    for key in recheck.keys() {
        if is_released(Subject::Key(key.to_string())).await {
            released.insert(key.to_string());
        }
    }
    let mut found = found(recheck, &released, aws).await?;
    if found.is_empty() && tried_before {
        // It may have stopped what had come back, and died before anybody was told.
        found.push(Found {
            what: "an earlier look at it was cut short, and may have stopped something that had come back; now it holds".to_owned(),
            act: None,
        });
    }
    if found.is_empty() {
        return Ok(None);
    }
    let what: Vec<&str> = found.iter().map(|found| found.what.as_str()).collect();
    let event = Event::comeback(recheck, what.join("; "));
    let activity = Activity::interpret(&event, circumstances);
    let verdict = bundle.judge(&activity, circumstances);
    let mut steps: Vec<Step> = Vec::new();
    for act in found.into_iter().filter_map(|found| found.act) {
        let step = step(act, recheck, verdict.mode, bundle);
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps.sort_by_key(|step| step.name);
    let plan = Plan {
        steps,
        protected: Protected::of(&bundle.settings),
    };
    let mut report = Report::new(event, activity, verdict, plan, bundle.version.clone());
    report.outcomes = carry_out(&report.plan, Some(&recheck.event), aws).await;
    let sent = Some(aws.send(&Alert::compose(&report)).await);
    let mut response = Response::new(report, sent);
    // What had to be contained again is looked at again.
    afterwards(&mut response, None, aws).await;
    Ok(Some(response))
}

/// Something that is not as keyrail left it, and what to do about it.
struct Found {
    what: String,
    act: Option<(StepName, Act)>,
}

async fn found(
    recheck: &Recheck,
    released: &BTreeSet<String>,
    effects: &impl Effects,
) -> Result<Vec<Found>, EffectError> {
    let hands = effects.reach(&recheck.reach(LISTING)).await?;
    let changes: Vec<&Change> = recheck
        .changes
        .iter()
        .filter(|change| {
            !change
                .key()
                .is_some_and(|key| released.contains(key.as_str()))
        })
        .collect();
    let looking = changes.iter().map(|change| hands.see(change));
    let listing = async {
        match recheck.user() {
            Some(user) => hands.credentials(user).await,
            None => Ok(Vec::new()),
        }
    };
    let (sights, held) =
        futures_util::future::join(futures_util::future::join_all(looking), listing).await;
    let mut found = Vec::new();
    for (change, sight) in changes.iter().zip(sights) {
        let what = match (sight?, change.key()) {
            (Sight::Made, _) => continue,
            (Sight::TargetGone, _) if !change.is_put() => continue,
            (Sight::OwnerGone, Some(key)) => match hands.owner(key).await {
                Ok(owner) => format!("the user of key {key} is called {owner} by now"),
                Err(error) if error.kind == EffectErrorKind::Gone => continue,
                Err(error) => return Err(error),
            },
            // A renamed user takes what was put on it along.
            (Sight::OwnerGone, None) => continue,
            (Sight::NotMade(state), Some(key)) => format!("key {key} is {state}"),
            (Sight::NotMade(_) | Sight::TargetGone, _) => format!(
                "what keyrail had {} is {} no longer",
                change.done(),
                change.shown()
            ),
        };
        found.push(Found {
            what,
            act: Some(act_of(change)),
        });
    }
    let held = match held {
        Ok(held) => held,
        Err(error) if error.kind == EffectErrorKind::Gone => Vec::new(),
        Err(error) => return Err(error),
    };
    let known: BTreeSet<&str> = recheck.changes.iter().filter_map(id_of).collect();
    for held in held
        .iter()
        .filter(|held| recheck.is_new(held, &known, released))
    {
        found.push(Found {
            what: format!("the user has a new {}", held.describe()),
            act: act_on(held),
        });
    }
    Ok(found)
}

impl Recheck {
    /// Whether a credential works that did not when keyrail was done, or was made after
    /// the event.
    fn is_new(&self, held: &Held, known: &BTreeSet<&str>, released: &BTreeSet<String>) -> bool {
        let deleted_password = held.kind == HeldKind::Password
            && self
                .changes
                .iter()
                .any(|change| matches!(change, Change::DeletePassword { .. }));
        let is_younger = held.created.is_some_and(|created| created > self.since);
        let works_again = self
            .working
            .as_ref()
            .is_some_and(|working| !working.contains(&held.id));
        held.active
            && !deleted_password
            && !known.contains(held.id.as_str())
            && !released.contains(&held.id)
            && (is_younger || works_again)
    }
}

impl Held {
    fn describe(&self) -> String {
        let kind = match self.kind {
            HeldKind::AccessKey => "access key",
            HeldKind::Password => return "password".to_owned(),
            HeldKind::ServiceCredential => "service-specific credential",
            HeldKind::SigningCertificate => "signing certificate",
            HeldKind::SshKey => "SSH key",
        };
        format!("{kind} {}", self.id)
    }
}

fn id_of(change: &Change) -> Option<&str> {
    match change {
        Change::Key { key, .. } | Change::DeleteKey { key, .. } => Some(key.as_str()),
        Change::ServiceCredential { credential, .. }
        | Change::SshKey { credential, .. }
        | Change::SigningCertificate { credential, .. } => Some(credential.as_str()),
        _ => None,
    }
}

/// The step that a change belongs to.
fn act_of(change: &Change) -> (StepName, Act) {
    match change {
        Change::Key { key, .. } => (StepName::DeactivateKey, Act::DeactivateKey(key.clone())),
        Change::ServiceCredential { credential, .. } => (
            StepName::DeactivateServiceCredential,
            Act::DeactivateServiceCredential(credential.clone()),
        ),
        Change::SshKey { credential, .. } => (
            StepName::DeactivateSshKey,
            Act::DeactivateSshKey(credential.clone()),
        ),
        Change::SigningCertificate { credential, .. } => (
            StepName::DeactivateSigningCertificate,
            Act::DeactivateSigningCertificate(credential.clone()),
        ),
        Change::DenyUser {
            denial: Denial::SessionsBefore(_),
            ..
        }
        | Change::AllowUser {
            denial: Denial::SessionsBefore(_),
            ..
        } => (StepName::RevokeSessions, Act::RevokeSessions),
        Change::DenyUser { .. }
        | Change::AllowUser { .. }
        | Change::AttachDenyAll { .. }
        | Change::DetachDenyAll { .. }
        | Change::Boundary { .. }
        | Change::NoBoundary { .. } => (StepName::QuarantineUser, Act::QuarantineUser),
        Change::DenyRole { .. } | Change::AllowRole { .. } => {
            (StepName::RevokeRoleSessions, Act::RevokeRoleSessions)
        }
        Change::DeletePassword { .. } => (StepName::DisableConsoleLogin, Act::DisableConsoleLogin),
        Change::DeleteKey { key, .. } => (StepName::DeleteKey, Act::DeleteKey(key.clone())),
        Change::DeleteRootKey { key } => (StepName::DeleteRootKey, Act::DeleteRootKey(key.clone())),
    }
}

/// What stops a new credential. A password is only told: the quarantine denies what it
/// could do, and without one nobody asked for the user to be stopped.
fn act_on(held: &Held) -> Option<(StepName, Act)> {
    let id = || held.id.parse().ok();
    Some(match held.kind {
        HeldKind::AccessKey => (
            StepName::DeactivateKey,
            Act::DeactivateKey(held.id.parse().ok()?),
        ),
        HeldKind::ServiceCredential => (
            StepName::DeactivateServiceCredential,
            Act::DeactivateServiceCredential(id()?),
        ),
        HeldKind::SshKey => (StepName::DeactivateSshKey, Act::DeactivateSshKey(id()?)),
        HeldKind::SigningCertificate => (
            StepName::DeactivateSigningCertificate,
            Act::DeactivateSigningCertificate(id()?),
        ),
        HeldKind::Password => return None,
    })
}

fn step((name, act): (StepName, Act), recheck: &Recheck, mode: Mode, bundle: &Bundle) -> Step {
    let protected = Protected::of(&bundle.settings);
    let who = match (recheck.user(), recheck.role()) {
        (Some(user), _) => Who::User(Owner::Shown(user.clone())),
        (None, Some(role)) => Who::Role(role.clone()),
        (None, None) => Who::Root,
    };
    let is_protected = match &who {
        Who::User(owner) => owner
            .name()
            .is_some_and(|user| protected.has_user(&recheck.account, user)),
        Who::Role(role) => protected.has_role(&recheck.account, role),
        Who::Root => false,
    };
    let target = match &act {
        Act::DeactivateKey(key) | Act::DeleteKey(key) | Act::DeleteRootKey(key) => {
            Some(key.to_string())
        }
        Act::DeactivateServiceCredential(id)
        | Act::DeactivateSshKey(id)
        | Act::DeactivateSigningCertificate(id) => Some(id.to_string()),
        Act::RevokeSessions | Act::QuarantineUser | Act::DisableConsoleLogin => {
            recheck.user().map(ToString::to_string)
        }
        Act::RevokeRoleSessions => recheck.role().map(ToString::to_string),
    };
    let decision = if name.needs_permission() && !bundle.settings.allow.contains(&name) {
        Err(Withheld::NotAllowed)
    } else if is_protected {
        Err(Withheld::Protected)
    } else if mode == Mode::Observe {
        Err(Withheld::Observe)
    } else {
        Ok(Effect {
            account: recheck.account.clone(),
            who,
            evidence: recheck.keys().next().cloned(),
            act,
        })
    };
    Step {
        name,
        target,
        decision,
    }
}
