//! The taxonomy: which events keyrail knows by name, what they mean, and where
//! they say what they were done to. The table itself is in `table.rs`.

use std::collections::HashMap;
use std::sync::LazyLock;

pub use self::entry::{Condition, Entry, Grant, Paths, Place};
pub use self::group::Group;
pub use self::kind::{Kind, TargetKind};

pub(crate) mod conditions;
mod document;
mod entry;
mod example;
pub(crate) mod grant;
mod group;
mod kind;
pub(crate) mod parameters;
mod table;
pub(crate) mod trust;

/// The entry for an action. Names are compared without case, as AWS's own pages
/// are inconsistent about it. One that has no entry of its own may begin with the name of
/// one that knows such names too.
#[must_use]
pub fn find(action: &str) -> Option<&'static Entry> {
    static BY_NAME: LazyLock<HashMap<String, &'static Entry>> = LazyLock::new(|| {
        entries()
            .map(|entry| (entry.action.to_ascii_lowercase(), entry))
            .collect()
    });
    let action = action.to_ascii_lowercase();
    let begins_so =
        |entry: &&Entry| entry.begins && action.starts_with(&entry.action.to_ascii_lowercase());
    let exact = BY_NAME.get(&action).copied();
    exact.or_else(|| entries().find(begins_so))
}

/// All entries, in the order of the documentation.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    table::TABLES.iter().copied().flatten()
}

#[cfg(test)]
mod tests;
