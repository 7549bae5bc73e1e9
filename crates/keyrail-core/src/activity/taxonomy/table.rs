//! The table of events, by theme. `docs/events.md` is generated from it.

use super::{Condition, Entry, Grant, Group, Paths, Place};
use crate::activity::{Kind, TargetKind};

mod credentials;
mod own;
mod reports;
mod tampering;

/// All tables.
pub(super) const TABLES: [&[Entry]; 4] = [
    credentials::TABLE,
    reports::TABLE,
    tampering::TABLE,
    own::TABLE,
];

/// An API call that is recorded where AWS keeps its global services.
const fn call(action: &'static str, groups: &'static [Group], target: TargetKind) -> Entry {
    Entry {
        action,
        begins: false,
        kind: Kind::ApiCall,
        groups,
        target,
        user: &[],
        id: &[],
        name: &[],
        status: &[],
        when: None,
        grant: None,
        place: Place::Home,
        read_only: false,
    }
}

/// A step of signing in, in whatever Region's endpoint.
const fn sign_in(action: &'static str, groups: &'static [Group], target: TargetKind) -> Entry {
    let mut entry = call(action, groups, target).in_any_region();
    entry.kind = Kind::SignIn;
    entry
}

impl Entry {
    const fn and_what_begins_so(mut self) -> Self {
        self.begins = true;
        self
    }

    const fn in_any_region(mut self) -> Self {
        self.place = Place::Region;
        self
    }

    const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    const fn user(mut self, paths: Paths) -> Self {
        self.user = paths;
        self
    }

    const fn id(mut self, paths: Paths) -> Self {
        self.id = paths;
        self
    }

    const fn name(mut self, paths: Paths) -> Self {
        self.name = paths;
        self
    }

    const fn status(mut self, paths: Paths) -> Self {
        self.status = paths;
        self
    }

    const fn when(mut self, condition: &'static Condition) -> Self {
        self.when = Some(condition);
        self
    }

    const fn grant(mut self, grant: Grant) -> Self {
        self.grant = Some(grant);
        self
    }
}

/// Where IAM's calls name the user that they are about.
const USER: Paths = &["requestParameters.userName"];
