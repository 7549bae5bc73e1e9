//! Whether a trail records what happens, in each Region of each account: without one that logs
//! EventBridge gets no event "via CloudTrail" (EventBridge User Guide, "AWS service events delivered
//! via AWS CloudTrail", checked 2026-11-29).

use std::collections::{BTreeMap, BTreeSet};

use super::fault::{Fault, Hop, Place, Stops};
use super::found::Found;
use super::reading::{Asked, Reading, Trail};
use super::selectors::{Recorded, Selectors};
use crate::arn::Arn;
use crate::id::AccountId;

type Places = BTreeSet<(AccountId, String)>;

/// What is wrong with a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    LeavesOutReading,
    Narrowed,
    Stopped,
}

pub(super) fn check(reading: &Reading, found: &mut Found) {
    let selectors = selectors(reading, found);
    let mut wrong: BTreeMap<(&str, Wrong), Places> = BTreeMap::new();
    for (account, regions) in &reading.members {
        for (region, read) in regions.iter().flatten() {
            let place = Place::at(account, region);
            let what = "which trails record here";
            let Some(trails) = found.read(&read.trails, &place, Hop::Trail, what) else {
                continue;
            };
            for trail in trails {
                let what = format!("whether the trail {} logs here", trail.arn);
                found.read(&trail.logging, &place, Hop::Trail, &what);
            }
            match best(trails, &selectors) {
                Best::All => {}
                Best::None => {
                    let says =
                        "no trail records here, so that EventBridge gets no event".to_owned();
                    let stops = place.beats(None);
                    let fault = Fault::new(Hop::Trail, place, "none", says);
                    found.faults.push(fault.stopping(stops));
                }
                Best::Wrong(arn, what) => {
                    let places = wrong.entry((arn, what)).or_default();
                    places.insert((account.clone(), region.clone()));
                }
            }
        }
    }
    found.faults.extend(wrong.into_iter().map(told));
}

/// By the ARN of each trail, what it records, which its own account and Region say.
fn selectors<'a>(reading: &'a Reading, found: &mut Found) -> BTreeMap<&'a str, &'a Selectors> {
    let mut known = BTreeMap::new();
    for (account, regions) in &reading.members {
        for (region, read) in regions.iter().flatten() {
            for trail in read.trails.iter().flatten() {
                let Some(asked) = &trail.selectors else {
                    continue;
                };
                let place = Place::at(account, region);
                let what = format!("what the trail {} records", trail.arn);
                if let Some(answer) = found.read(asked, &place, Hop::Selectors, &what) {
                    known.insert(trail.arn.as_str(), answer);
                }
            }
        }
    }
    known
}

/// What the best of a Region's trails does.
enum Best<'a> {
    All,
    None,
    Wrong(&'a str, Wrong),
}

/// What is not known of a trail is not held against it.
fn best<'a>(trails: &'a [Trail], selectors: &BTreeMap<&str, &Selectors>) -> Best<'a> {
    let of = |trail: &'a Trail| {
        let recorded = selectors.get(trail.arn.as_str()).map(|it| it.record());
        let wrong = match (is_stopped(&trail.logging), recorded) {
            (true, _) => Some(Wrong::Stopped),
            (false, Some(Recorded::Less)) => Some(Wrong::Narrowed),
            (false, Some(Recorded::Changes)) => Some(Wrong::LeavesOutReading),
            (false, Some(Recorded::All) | None) => None,
        };
        (wrong, trail.arn.as_str())
    };
    match trails.iter().map(of).min() {
        None => Best::None,
        Some((None, _)) => Best::All,
        Some((Some(wrong), arn)) => Best::Wrong(arn, wrong),
    }
}

fn is_stopped(logging: &Asked<bool>) -> bool {
    matches!(logging, Ok(false))
}

/// One fault for a trail, wherever it should have recorded.
fn told(((trail, wrong), places): ((&str, Wrong), Places)) -> Fault {
    let arn = Arn::parse(trail);
    let place = Place {
        account: arn.and_then(|arn| arn.account.parse().ok()),
        region: arn.map(|arn| arn.region.to_owned()),
    };
    let of = extent(&places);
    let (hop, says) = match wrong {
        Wrong::Stopped => (Hop::Trail, format!("the trail {trail} does not log; {of}")),
        Wrong::Narrowed => (
            Hop::Selectors,
            format!(
                "the trail {trail} does not record all management events that change something: its event selectors leave some out; {of}"
            ),
        ),
        Wrong::LeavesOutReading => (
            Hop::Selectors,
            format!(
                "the trail {trail} does not record management events that CloudTrail counts as reading, sign-ins by `aws login` and sessions of root among them; {of}"
            ),
        ),
    };
    let name = match wrong {
        Wrong::LeavesOutReading => format!("{trail} reading"),
        Wrong::Narrowed | Wrong::Stopped => trail.to_owned(),
    };
    let fault = Fault::new(hop, place, &name, says);
    match wrong {
        Wrong::LeavesOutReading => fault.for_the_operator(),
        Wrong::Narrowed | Wrong::Stopped => fault.stopping(Stops::Places(places, None)),
    }
}

fn extent(places: &Places) -> String {
    let accounts: BTreeSet<&AccountId> = places.iter().map(|(account, _)| account).collect();
    let regions: BTreeSet<&str> = places.iter().map(|(_, region)| region.as_str()).collect();
    let regions: Vec<&str> = regions.into_iter().collect();
    match (accounts.len(), accounts.first()) {
        (1, Some(account)) => format!(
            "nothing else records account {account} in {}",
            regions.join(", ")
        ),
        (count, _) => format!(
            "nothing else records {count} accounts in {}",
            regions.join(", ")
        ),
    }
}
