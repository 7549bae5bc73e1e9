//! The table of events, by theme. `docs/events.md` is generated from it.

use super::entry::Entry;

mod credentials;
mod own;
mod reports;
mod row;
mod tampering;

/// All tables.
pub(super) const TABLES: [&[Entry]; 4] = [
    credentials::TABLE,
    reports::TABLE,
    tampering::TABLE,
    own::TABLE,
];
