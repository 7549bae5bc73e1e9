//! Rows of the table, as its themes write them.

use crate::taxonomy::entry::{Condition, Entry, Grant, Paths, Place};
use crate::taxonomy::group::Group;
use crate::taxonomy::kind::{Kind, TargetKind};

/// An API call that is recorded where AWS keeps its global services.
pub(super) const fn call(
    action: &'static str,
    groups: &'static [Group],
    target: TargetKind,
) -> Entry {
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
        trust: None,
        place: Place::Home,
        read_only: false,
        unmodelled: false,
    }
}

/// A step of signing in, in whatever Region's endpoint.
pub(super) const fn sign_in(
    action: &'static str,
    groups: &'static [Group],
    target: TargetKind,
) -> Entry {
    let mut entry = call(action, groups, target).in_any_region();
    entry.kind = Kind::SignIn;
    entry
}

impl Entry {
    pub(super) const fn and_what_begins_so(mut self) -> Self {
        self.begins = true;
        self
    }

    pub(super) const fn in_any_region(mut self) -> Self {
        self.place = Place::Region;
        self
    }

    pub(super) const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    pub(super) const fn user(mut self, paths: Paths) -> Self {
        self.user = paths;
        self
    }

    pub(super) const fn id(mut self, paths: Paths) -> Self {
        self.id = paths;
        self
    }

    pub(super) const fn name(mut self, paths: Paths) -> Self {
        self.name = paths;
        self
    }

    pub(super) const fn status(mut self, paths: Paths) -> Self {
        self.status = paths;
        self
    }

    pub(super) const fn when(mut self, condition: &'static Condition) -> Self {
        self.when = Some(condition);
        self
    }

    pub(super) const fn trust(mut self, path: &'static str) -> Self {
        self.trust = Some(path);
        self
    }

    pub(super) const fn unmodelled(mut self) -> Self {
        self.unmodelled = true;
        self
    }

    pub(super) const fn grant(mut self, grant: Grant) -> Self {
        self.grant = Some(grant);
        self
    }
}

/// Where IAM's calls name the user that they are about.
pub(super) const USER: Paths = &["requestParameters.userName"];
