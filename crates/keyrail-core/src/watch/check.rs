//! A check: each part of what was read, in the order of the way of an event.

use super::compare::Memory;
use super::fault::{Place, Scope};
use super::found::Found;
use super::reading::Reading;
use super::shipped::ShippedRules;
use super::{health, hub, rules, schedules, silence, trails};

/// Finds the faults in what was read. `counting_since` is the first check of all: who was never heard
/// is missed from then on, or from when the account joined.
#[must_use]
pub fn check(reading: &Reading, shipped: &ShippedRules, memory: &Memory) -> Found {
    let mut found = Found::default();
    trails::check(reading, &mut found);
    for (account, regions) in &reading.members {
        let regions = match regions {
            Ok(regions) => regions,
            Err(unread) => {
                found.cannot_read(Place::of(account), None, "the account", unread);
                continue;
            }
        };
        for (region, read) in regions {
            let place = Place::at(account, region);
            schedules::check(&place, read, &reading.watched, &mut found);
            rules::check(&place, read, &reading.watched, shipped, &mut found);
            health::check(&place, &read.queues, &read.alarms, &mut found);
        }
    }
    // Nobody knows whom to look at.
    if reading.accounts.is_err() {
        found.unread.push(Scope {
            place: Place::default(),
            hop: None,
        });
    }
    // There was no time to look at them.
    let accounts = reading.accounts.iter().flatten();
    let left = accounts.filter(|account| !reading.members.contains_key(&account.id));
    found.unread.extend(left.map(|account| Scope {
        place: Place::of(&account.id),
        hop: None,
    }));
    hub::check(reading, shipped, memory, &mut found);
    silence::check(reading, memory, &mut found);
    found
}
