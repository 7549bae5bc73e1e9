//! The table of events, by theme. `docs/events.md` is generated from it.

use super::entry::Entry;

mod credentials;
mod doors;
mod own;
mod reports;
mod row;
mod tampering;

/// All tables.
pub(super) const TABLES: [&[Entry]; 5] = [
    credentials::TABLE,
    doors::TABLE,
    reports::TABLE,
    tampering::TABLE,
    own::TABLE,
];
