//! What a check finds, as it goes along.

use super::fault::{Fault, Hears, Hop, Place, Scope};
use super::reading::{Asked, Unread};

/// What was found, and of what it cannot be said.
#[derive(Debug, Default)]
pub struct Found {
    /// The faults, in the order of the way of an event.
    pub faults: Vec<Fault>,
    /// What was not read: a fault there that was known before may stand or be over.
    pub unread: Vec<Scope>,
}

impl Found {
    /// Takes an answer; what was not answered is a fault, and what it would have told stays open.
    pub(super) fn read<'a, T>(
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

    pub(super) fn cannot_read(
        &mut self,
        place: Place,
        hop: Option<Hop>,
        what: &str,
        unread: &Unread,
    ) {
        let says = format!("{what} cannot be read: {}", unread.why);
        let name = hop.map_or("all", Hop::as_str);
        let mut fault = Fault::new(Hop::Reading, place.clone(), name, says);
        fault.lasting = unread.lasting;
        fault.hears = Hears::Operator;
        self.faults.push(fault);
        self.unread.push(Scope { place, hop });
    }
}
