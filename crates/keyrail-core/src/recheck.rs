//! Re-check: what keyrail contained, looked at again some time later.
//!
//! IAM takes seconds to make a change felt, and an attacker who is still in uses them. So
//! a delay queue brings each containment back, after half a minute and after five.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::look::all_credentials;
pub(crate) use self::look::{Found, Haste, found};
pub(crate) use self::sentences::CUT_SHORT;
use crate::activity::{Activity, Target};
use crate::bundle::Bundle;
use crate::change::Change;
use crate::circumstances::Circumstances;
use crate::effects::{EffectError, EffectErrorKind, Effects, Hands, Reach, To};
use crate::event::Event;
use crate::id::{AccessKeyId, AccountId};
use crate::patience::Patience;
use crate::plan::{Act, Bounds, Effect, Owner, Plan, Step, Who, Withheld};
use crate::report::{About, Report};
use crate::taxonomy::TargetKind;
use crate::words::Mode;

mod look;
mod sentences;

/// When a containment is looked at again, after it was made.
pub(crate) const DELAYS: [Duration; 2] = [Duration::from_secs(30), Duration::from_mins(5)];

/// How long listing a user's credentials after containment is tried: the alert is out, and what is
/// not listed is known by its age.
const STOCK_TAKING: Duration = Duration::from_secs(3);

/// The most re-checks that lead to one another. Lambda stops a function that has been invoked
/// some 16 times in one chain of its own messages (Lambda Developer Guide, "Use Lambda recursive
/// loop detection to prevent infinite loops", checked 2026-11-29). Whoever activates a key
/// after that brings about an event of its own.
pub const MOST_ROUNDS: u8 = 10;

/// The round of a re-check that no other re-check led to.
pub(crate) const FIRST_ROUND: u8 = 0;

/// How often a re-check may be put off where IAM throttles, counted with all that led to it. After
/// that it waits, however many others do.
const MOST_PUT_OFF: u8 = 4;

/// For how long it is put off at first; each time twice as long.
const PUT_OFF: Duration = Duration::from_mins(1);

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
    /// A key of the user's, by which IAM finds the user under another name.
    pub evidence: Option<AccessKeyId>,
    /// When the user was created, by which another one of the same name is known; `None` if
    /// it could not be read.
    pub created: Option<Timestamp>,
    /// The ids of the user's credentials that worked when keyrail was done; `None` if
    /// they could not be listed.
    pub working: Option<BTreeSet<String>>,
    /// Whether IAM had no such user, which was alerted.
    #[serde(default)]
    pub is_user_missing: bool,
    /// Whether IAM had to name the same user as an event that was old or second-hand: then a user of
    /// another name is not followed.
    #[serde(default)]
    pub is_compared: bool,
    /// How many re-checks led to it, one out of the other.
    #[serde(default)]
    pub round: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[serde(rename = "keyrail.recheck/v1")]
    V1,
}

impl Recheck {
    /// What is to be looked at again of a report: one for each user, role or root. `round` is
    /// how many re-checks led to the report.
    #[must_use]
    pub(crate) fn all_of(report: &Report, round: u8, now: Timestamp) -> Vec<Self> {
        if round >= MOST_ROUNDS {
            return Vec::new();
        }
        let mut rechecks: Vec<Self> = Vec::new();
        for (step, outcome) in report.plan.steps.iter().zip(&report.outcomes) {
            let Some(account) = &outcome.account else {
                continue;
            };
            let Some(change) = &outcome.holds else {
                continue;
            };
            // A call that was not answered may have gone to a name that is another's by now.
            let owner = change.key().and_then(|key| report.owner_of(key));
            let change = match (change, owner) {
                (Change::Key { key, status, .. }, Some(owner)) => Change::Key {
                    user: owner.clone(),
                    key: key.clone(),
                    status: *status,
                },
                (change, _) => change.clone(),
            };
            let known = rechecks.iter_mut().find(|known| {
                known.account == *account
                    && known.changes.first().map(Change::principal) == Some(change.principal())
            });
            match known {
                Some(known) => {
                    known.is_user_missing |= outcome.is_user_missing;
                    known.changes.push(change);
                }
                None => rechecks.push(Self {
                    schema: Schema::V1,
                    event: report.event.id.clone().unwrap_or_default(),
                    region: report.activity.region.clone(),
                    since: report.activity.time.unwrap_or(now),
                    account: account.clone(),
                    changes: vec![change],
                    evidence: outcome.evidence.clone(),
                    created: None,
                    working: None,
                    is_user_missing: outcome.is_user_missing,
                    is_compared: step.decision.as_ref().is_ok_and(Effect::is_compared),
                    round,
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
    pub(crate) async fn take_stock(&mut self, effects: &impl Effects) -> Result<(), EffectError> {
        let to = self.to();
        let Some(user) = to.user() else {
            return Ok(());
        };
        let patience = Patience::for_at_most(STOCK_TAKING, effects);
        let mut patience = patience.leaving_allowance();
        let reach = self.reach();
        let reaching = patience.repeat(effects, async || effects.reach(&reach).await);
        let hands = reaching.await?;
        // One call before the five of the list: where IAM throttles, that is enough to know.
        let asking = patience.repeat(effects, async || hands.user(user).await);
        let record = asking.await;
        self.created = record.as_ref().ok().map(|record| record.created);
        if let Err(error) = record
            && error.kind == EffectErrorKind::Throttled
        {
            return Err(error);
        }
        let held = all_credentials(user, &hands, &patience, effects).await?;
        let working = held.into_iter().filter(|held| held.active);
        self.working = Some(working.map(|held| held.id).collect());
        Ok(())
    }

    /// The same for later, and how much later; `None` if it has been put off often enough.
    pub(crate) fn put_off(&self) -> Option<(Self, Duration)> {
        let later = Self {
            round: self.round + 1,
            ..self.clone()
        };
        let delay = PUT_OFF * 2_u32.pow(self.round.into());
        (self.round < MOST_PUT_OFF).then_some((later, delay))
    }

    /// Whom it is about. The changes are never none.
    pub(crate) fn to(&self) -> To {
        let first = self.changes.first().map(Change::principal);
        first.map_or(To::Root, To::from)
    }

    /// A key of the user's.
    fn key(&self) -> Option<&AccessKeyId> {
        self.keys().next().or(self.evidence.as_ref())
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &AccessKeyId> {
        self.changes.iter().filter_map(Change::key)
    }

    fn reach(&self) -> Reach {
        let reading = self.changes.iter().map(Change::reading_action);
        Reach {
            account: self.account.clone(),
            to: Some(self.to()),
            actions: LISTING.iter().copied().chain(reading).collect(),
            event: Some(self.event.clone()),
        }
    }
}

const LISTING: &[&str] = &[
    "iam:GetAccessKeyLastUsed",
    "iam:GetLoginProfile",
    "iam:GetUser",
    "iam:ListAccessKeys",
    "iam:ListServiceSpecificCredentials",
    "iam:ListSSHPublicKeys",
    "iam:ListSigningCertificates",
];

impl Recheck {
    /// What is told of what was found, and what is to be done about it.
    pub(crate) fn report(
        &self,
        found: Vec<Found>,
        bundle: &Bundle,
        circumstances: &Circumstances,
        now: Timestamp,
    ) -> Report {
        let mut what: Vec<&str> = found.iter().map(|found| found.what.as_str()).collect();
        what.dedup();
        let about = About::Comeback(what.join("; "));
        let event = Event {
            id: Some(self.event.clone()),
            account: Some(self.account.to_string()),
            region: self.region.clone(),
            ..Event::own("Recheck", now)
        };
        let activity = Activity {
            action: Some("keyrail:Recheck".to_owned()),
            target: Target {
                kind: TargetKind::User,
                account: event.account.clone(),
                user: Some(self.to().name().to_owned()),
                ..Target::default()
            },
            ..Activity::noted(&event)
        };
        let verdict = bundle.judge(&activity, circumstances.mode, circumstances.known.now);
        let bounds = Bounds::new(
            &bundle.settings,
            &circumstances.deployment,
            circumstances.known.now,
        );
        let mut steps: Vec<Step> = Vec::new();
        for act in found.into_iter().filter_map(|found| found.act) {
            let step = self.step(act, verdict.mode, bounds);
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        steps.sort_by_key(|step| step.name);
        let mut report = Report {
            about,
            ..Report::new(event, activity, verdict, Plan { steps }, bundle)
        };
        if self.round + 1 >= MOST_ROUNDS {
            report.not_known.push(sentences::last_round(MOST_ROUNDS));
        }
        report
    }

    /// What is to be done again, or why it is not.
    fn step(&self, act: Act, mode: Mode, bounds: Bounds<'_>) -> Step {
        let to = self.to();
        let who = match to.clone() {
            To::Role(role) => Who::Role(role),
            To::Root => Who::Root,
            To::User(user) => Who::User(Owner::Shown(user)),
        };
        let name = act.step();
        let withheld = bounds
            .forbids(name, &self.account, &who)
            .or((mode == Mode::Observe).then_some(Withheld::Observe));
        Step {
            name,
            target: Some(act.id().unwrap_or(to.name()).to_owned()),
            decision: withheld.map_or_else(
                || {
                    Ok(Effect {
                        account: self.account.clone(),
                        who,
                        act,
                        evidence: self.key().cloned(),
                        time: Some(self.since),
                        user_id: None,
                        is_new: true,
                        restores: true,
                    })
                },
                Err,
            ),
        }
    }
}
