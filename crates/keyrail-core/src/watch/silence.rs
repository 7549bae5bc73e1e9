//! Who is silent: accounts and Regions of which two beats in a row did not come.
//!
//! An hour's beat is made between five and fifty minutes past. How long its record takes nobody promises:
//! services deliver to CloudTrail "on a best effort basis" (EventBridge Events Reference, "AWS CloudTrail
//! events", checked 2026-11-29). So it is missed from five past the next hour on, and told after another.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::compare::Memory;
use super::fault::{Fault, Hop, Place};
use super::found::Found;
use super::reading::{Account, LastBeat, Reading, Watched};
use crate::activity::{BeatCall, Slot};
use crate::id::AccountId;

/// How long after its hour began a beat is waited for.
const WAITS: SignedDuration = SignedDuration::from_mins(65);

/// So many in a row are missed before anybody is told: one may get lost.
const MISSED: i64 = 2;

/// A beat that did not come.
struct Silent {
    account: AccountId,
    region: String,
    call: BeatCall,
    /// The hour of the last one; `None` if there was none.
    last: Option<Slot>,
}

pub(super) fn check(reading: &Reading, memory: &Memory, found: &mut Found) {
    let Some(accounts) = found.read(
        &reading.accounts,
        &Place::default(),
        Hop::Accounts,
        "the list of accounts",
    ) else {
        return;
    };
    let mut silent = Vec::new();
    let mut expected = 0_usize;
    for account in accounts {
        let heard = match reading.beats.get(&account.id) {
            Some(asked) => {
                let place = Place::of(&account.id);
                match found.read(asked, &place, Hop::Beat, "what was heard of it") {
                    Some(heard) => heard.as_slice(),
                    None => continue,
                }
            }
            None => &[],
        };
        for (region, call) in expected_of(&reading.watched) {
            expected += 1;
            let last = last(heard, region, call);
            if is_silent(last, account, memory, reading.at) {
                silent.push(Silent {
                    account: account.id.clone(),
                    region: region.clone(),
                    call,
                    last,
                });
            }
        }
    }
    let all = silent.len() == expected && accounts.len() > 1;
    let whole = whole(&silent, reading);
    let told: Vec<Fault> = silent
        .iter()
        .map(|it| told(it, all, &whole, reading, found))
        .collect();
    found.faults.extend(told);
}

/// The beats of an account, by Region and call.
fn expected_of(watched: &Watched) -> impl Iterator<Item = (&String, BeatCall)> {
    watched.regions.iter().flat_map(|region| {
        let at_home = *region == watched.home;
        let calls = BeatCall::ALL.into_iter();
        calls
            .filter(move |call| at_home || *call == BeatCall::Region)
            .map(move |call| (region, call))
    })
}

/// Whether an account is silent anywhere.
pub(super) fn is_any_silent(
    heard: &[LastBeat],
    account: &Account,
    watched: &Watched,
    memory: &Memory,
    now: Timestamp,
) -> bool {
    let mut expected = expected_of(watched);
    expected.any(|(region, call)| is_silent(last(heard, region, call), account, memory, now))
}

fn last(heard: &[LastBeat], region: &str, call: BeatCall) -> Option<Slot> {
    let of_it = heard
        .iter()
        .filter(|beat| beat.region == region && beat.call == call);
    of_it.map(|beat| beat.slot).max()
}

/// Whether the last hours' beats are missing, of which the first could be expected.
fn is_silent(last: Option<Slot>, account: &Account, memory: &Memory, now: Timestamp) -> bool {
    let due = Slot::of(now.checked_sub(WAITS).unwrap_or(now));
    let known_since = account.joined.unwrap_or(memory.first).max(memory.first);
    let since = last.max(Some(Slot::of(known_since)));
    since.is_none_or(|since| since.before(due) >= MISSED)
}

/// The accounts from which nothing comes at all.
fn whole(silent: &[Silent], reading: &Reading) -> BTreeSet<AccountId> {
    let expected = reading.watched.regions.len() + 1;
    let mut counts: BTreeMap<&AccountId, usize> = BTreeMap::new();
    for it in silent {
        *counts.entry(&it.account).or_default() += 1;
    }
    let whole = counts.into_iter().filter(|(_, count)| *count == expected);
    whole.map(|(account, _)| account.clone()).collect()
}

fn told(
    silent: &Silent,
    all: bool,
    whole: &BTreeSet<AccountId>,
    reading: &Reading,
    found: &Found,
) -> Fault {
    let Silent {
        account,
        region,
        call,
        last,
    } = silent;
    let says = match last {
        Some(slot) => format!(
            "no {} beat since the hour of {}",
            call.as_str(),
            slot.said()
        ),
        None => format!("no {} beat was ever heard", call.as_str()),
    };
    let hub = &reading.watched.account;
    let cause = found
        .faults
        .iter()
        .filter(|fault| fault.stops(hub, account, region, *call))
        .min_by_key(|fault| fault.hop);
    let is_whole = whole.contains(account);
    let because = match cause {
        Some(fault) => fault.says.clone(),
        None => unknown_cause(account, is_whole, all, reading).to_owned(),
    };
    let place = Place::at(account, region);
    Fault {
        because: Some(because),
        ..Fault::new(Hop::Beat, place, call.as_str(), says)
    }
}

/// What is likely where nothing that was read says it.
fn unknown_cause(
    account: &AccountId,
    is_whole: bool,
    all: bool,
    reading: &Reading,
) -> &'static str {
    match reading.members.get(account) {
        _ if all => {
            "something that all accounts share: the function fails, or what it writes does not reach the table"
        }
        Some(Err(_)) => {
            "keyrail's stacks are not in this account, or were taken away: it cannot be entered either"
        }
        Some(Ok(_)) if is_whole => {
            "nothing that can be read is wrong: a policy that denies Scheduler the role, or CloudTrail's delivery"
        }
        Some(Ok(_)) => {
            "nothing that can be read is wrong: Scheduler does not call in this Region, or CloudTrail does not deliver"
        }
        None => "not looked at yet, for want of time",
    }
}
