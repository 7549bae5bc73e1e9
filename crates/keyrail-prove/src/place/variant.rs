//! In which of its groups an event of an action is.
//!
//! `iam:UpdateAccessKey` is in `reactivate-credential` if it sets a key to Active. Such
//! an action is two sorts of activity, or more: one in the group, and one outside of it,
//! each with what policies see of that.

use std::collections::BTreeSet;

use keyrail_core::taxonomy::{Entry, Group, Kind};

use super::told::Told;

/// A choice of an action's groups, and what is so where an event is in just these.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Variant {
    /// Of the groups that a policy names.
    pub(super) groups: BTreeSet<Group>,
    /// What policies see of that, in Cedar's words.
    pub(super) world: BTreeSet<&'static str>,
    /// Of how many groups it is left out, which a policy names.
    pub(super) without: usize,
}

/// Where a group depends on the event: what policies see if it is in, and if it is out.
struct Switch {
    groups: Vec<Group>,
    is_in: &'static str,
    is_out: &'static str,
}

/// All variants of an action that policies can tell apart.
pub(super) fn variants(entry: &Entry, told: &Told) -> Vec<Variant> {
    let named: BTreeSet<Group> = entry.groups.iter().copied().collect();
    let named: BTreeSet<Group> = named
        .into_iter()
        .filter(|group| told.names(*group))
        .collect();
    let switches = switches(entry, &named);
    let depend: BTreeSet<Group> = switches
        .iter()
        .flat_map(|switch| switch.groups.iter().copied())
        .collect();
    let always = Variant {
        groups: named.difference(&depend).copied().collect(),
        ..Variant::default()
    };
    switches
        .into_iter()
        .fold(vec![always], |variants, switch| {
            let both = |variant: &Variant| [variant.with(&switch), variant.without(&switch)];
            variants.iter().flat_map(both).collect()
        })
        .into_iter()
        .filter(|variant| !is_contradiction(entry, &named, variant))
        .collect()
}

/// The same choices as keyrail makes when it reads an event.
fn switches(entry: &Entry, named: &BTreeSet<Group>) -> Vec<Switch> {
    let is_a_call = entry.kind == Kind::ApiCall;
    let by_parameters = |group: &Group| match group {
        Group::RootCredentials
        | Group::EscalatePrivilege
        | Group::OpenTrust
        | Group::TamperGuardrail
        | Group::UndoContainment => false,
        Group::ReportExposure if is_a_call => false,
        Group::LiftLimit => false,
        Group::ChangeWatch => false,
        _ => entry.when.is_some(),
    };
    let groups: Vec<Group> = named.iter().copied().filter(by_parameters).collect();
    let mut switches = Vec::new();
    if !groups.is_empty() {
        // Where an entry has a state, its condition is that this is Active.
        let (is_in, is_out) = match entry.status.is_empty() {
            true => ("true", "true"),
            false => (
                "if resource has status then resource.status != \"Inactive\" else true",
                "resource has status && resource.status != \"Active\"",
            ),
        };
        switches.push(Switch {
            groups,
            is_in,
            is_out,
        });
    }
    for (group, is_in, is_out) in [
        (
            Group::TamperGuardrail,
            "context.own",
            match (entry.when, entry.groups) {
                // The condition is of this group: a part of its own may be changed for the better.
                (Some(_), [_]) => "true",
                _ => "!context.own",
            },
        ),
        (
            Group::RootCredentials,
            "if resource has root then resource.root else true",
            "resource has root && !resource.root",
        ),
        (
            Group::EscalatePrivilege,
            "if context has administrator then context.administrator else true",
            match entry.when {
                // It may also be that the parameters do not extend anything.
                Some(_) => "true",
                None => "context has administrator && !context.administrator",
            },
        ),
    ] {
        if named.contains(&group) {
            switches.push(Switch {
                groups: vec![group],
                is_in,
                is_out,
            });
        }
    }
    // By what stands in parameters that policies do not see.
    let hidden = [
        (Group::ChangeWatch, true),
        (Group::LiftLimit, entry.when.is_some()),
        (Group::UndoContainment, true),
    ];
    for (group, depends) in hidden {
        if depends && named.contains(&group) {
            switches.push(Switch {
                groups: vec![group],
                is_in: "true",
                is_out: "true",
            });
        }
    }
    if named.contains(&Group::OpenTrust) {
        switches.push(Switch {
            groups: vec![Group::OpenTrust],
            is_in: "true",
            is_out: "!(context has trust)",
        });
    }
    if is_a_call && named.contains(&Group::ReportExposure) {
        switches.push(Switch {
            groups: vec![Group::ReportExposure],
            // AWS's own policy that takes rights away.
            is_in: "context has administrator && !context.administrator",
            is_out: "true",
        });
    }
    switches
}

/// What takes all rights away grants none; and what is stopped of anybody's own is tampered with, too.
fn is_contradiction(entry: &Entry, named: &BTreeSet<Group>, variant: &Variant) -> bool {
    let has = |group| variant.groups.contains(&group);
    let grants = has(Group::ReportExposure) && has(Group::EscalatePrivilege);
    let audits = named.contains(&Group::TamperAudit) && entry.groups.contains(&Group::TamperAudit);
    let watches = has(Group::ChangeWatch) && audits && !has(Group::TamperAudit);
    entry.kind == Kind::ApiCall && (grants || watches)
}

impl Variant {
    fn with(&self, switch: &Switch) -> Self {
        let mut variant = self.seeing(switch.is_in);
        variant.groups.extend(&switch.groups);
        variant
    }

    fn without(&self, switch: &Switch) -> Self {
        let mut variant = self.seeing(switch.is_out);
        variant.without += switch.groups.len();
        variant
    }

    fn seeing(&self, what: &'static str) -> Self {
        let mut variant = self.clone();
        variant.world.extend((what != "true").then_some(what));
        variant
    }
}
