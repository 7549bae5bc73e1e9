//! The watch: whether each hop between a call and who is on call is alive, by what was read of it
//! and by the beats that came through.
//!
//! It is pure: [`check`] finds faults in what was read, [`compare`] tells which of them are news,
//! [`messages`] puts those into words. What could not be read is part of what was read, with the reason.

pub use self::compare::{Change, Compared, Memory, Standing, compare};
pub use self::fault::{Fault, Hears, Hop, Place, Scope};
pub use self::message::{Message, messages};
pub use self::reading::{
    Account, Alarm, AlarmState, Asked, Bus, Function, Hub, LastBeat, Lasting, Queue, Reading,
    Region, RoleOfTarget, Rule, Schedule, Subscription, Target, Topic, Trail, Unread, Watched,
};
pub use self::selectors::{Advanced, Basic, Field, Selectors};
pub use self::shipped::ShippedRules;

mod compare;
mod fault;
mod health;
mod hub;
mod message;
mod pattern;
mod reading;
mod rules;
mod schedules;
mod selectors;
mod shipped;
mod silence;
mod trails;

/// What was found, and of what it cannot be said.
#[derive(Debug, Default)]
pub struct Found {
    /// The faults, in the order of the way of an event.
    pub faults: Vec<Fault>,
    /// What was not read: a fault there that was known before may stand or be over.
    pub unread: Vec<Scope>,
}

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

impl Found {
    /// Takes an answer; what was not answered is a fault, and what it would have told stays open.
    fn read<'a, T>(
        &mut self,
        asked: &'a Asked<T>,
        place: &Place,
        hop: Hop,
        what: &str,
    ) -> Option<&'a T> {
        match asked {
            Ok(answer) => Some(answer),
            Err(unread) => {
                self.cannot_read(place.clone(), Some(hop), what, unread);
                None
            }
        }
    }

    fn cannot_read(&mut self, place: Place, hop: Option<Hop>, what: &str, unread: &Unread) {
        let says = format!("{what} cannot be read: {}", unread.why);
        let name = hop.map_or("all", Hop::as_str);
        let mut fault = Fault::new(Hop::Reading, place.clone(), name, says);
        fault.lasting = unread.lasting;
        fault.hears = Hears::Operator;
        self.faults.push(fault);
        self.unread.push(Scope { place, hop });
    }
}

#[cfg(test)]
mod tests;
