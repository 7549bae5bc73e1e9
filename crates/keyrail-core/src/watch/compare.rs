//! Which faults are news: those that stand are kept from check to check.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Hop, Stops};
use super::found::Found;
use super::reading::Lasting;
use crate::id::AccountId;

/// What stands is told again after so long.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// What one check hands on to the next, besides the faults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// When the first check was made.
    pub first: Timestamp,
    /// What the guard ran at the last check.
    pub runs: Option<String>,
    /// The account that was looked at last, where the time did not do for all.
    pub last: Option<AccountId>,
}

/// A fault that was seen before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The fault.
    pub fault: Fault,
    /// Since when it was seen.
    pub since: Timestamp,
    /// When it was told last; `None` if it was not, because it may pass.
    pub told: Option<Timestamp>,
}

/// What is to be changed of what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It stands.
    Keep(Standing),
    /// It is over.
    Over(Standing),
}

/// What of the faults is news.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Told for the first time.
    pub new: Vec<Standing>,
    /// Told before, standing still, and told again today.
    pub again: Vec<Standing>,
    /// Told before, and over.
    pub over: Vec<Standing>,
    /// All that were told and stand, those above among them.
    pub standing: Vec<Fault>,
    /// What is to be kept of that, once it is told.
    pub changes: Vec<Change>,
}

/// Compares what was found with what stood before.
#[must_use]
pub fn compare(found: Found, before: Vec<Standing>, now: Timestamp) -> Compared {
    let Found { faults, unread } = found;
    let mut before: BTreeMap<String, Standing> = (before.into_iter())
        .map(|standing| (standing.fault.key.clone(), standing))
        .collect();
    let mut compared = Compared::default();
    // Two ways may lead to one fault.
    let mut faults: Vec<Fault> = faults;
    faults.sort_by(|one, other| one.key.cmp(&other.key));
    faults.dedup_by(|one, other| one.key == other.key);
    for fault in faults {
        let known = before.remove(&fault.key);
        compared.add(fault, known.as_ref(), now);
    }
    for standing in before.into_values() {
        if unread.iter().any(|scope| scope.holds(&standing.fault)) {
            if standing.told.is_some() {
                compared.standing.push(standing.fault);
            }
            continue;
        }
        if standing.told.is_some() {
            compared.over.push(standing.clone());
        }
        compared.changes.push(Change::Over(standing));
    }
    compared
}

impl Compared {
    fn add(&mut self, fault: Fault, known: Option<&Standing>, now: Timestamp) {
        // What it stops is not kept: it is found anew each time.
        let fault = fault.stopping(Stops::None);
        let is_told_at_once = fault.lasting == Lasting::Standing;
        let is_kept = fault.hop != Hop::Deployment;
        let (since, told_before) = match known {
            Some(known) => (known.since, known.told),
            None => (now, None),
        };
        let is_new = told_before.is_none() && (known.is_some() || is_told_at_once);
        let is_again = told_before.is_some_and(|told| now.duration_since(told) >= AGAIN_AFTER);
        let standing = Standing {
            fault,
            since,
            told: if is_new || is_again {
                Some(now)
            } else {
                told_before
            },
        };
        if is_new {
            self.new.push(standing.clone());
        }
        if is_again {
            self.again.push(standing.clone());
        }
        if standing.told.is_some() && is_kept {
            self.standing.push(standing.fault.clone());
        }
        if known != Some(&standing) && is_kept {
            self.changes.push(Change::Keep(standing));
        }
    }

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.new.is_empty() && self.again.is_empty() && self.over.is_empty()
    }
}
