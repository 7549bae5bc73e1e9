//! A containment that was made, as the message that brings it back.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::effects::{SessionScope, To};
use crate::id::{AccessKeyId, AccountId};
use crate::plan::Effect;
use crate::report::Report;

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
    pub(super) fn key(&self) -> Option<&AccessKeyId> {
        self.keys().next().or(self.evidence.as_ref())
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &AccessKeyId> {
        self.changes.iter().filter_map(Change::key)
    }

    pub(super) fn reach(&self) -> SessionScope {
        let reading = self.changes.iter().map(Change::reading_action);
        SessionScope {
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
