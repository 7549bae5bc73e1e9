//! What a bundle holds, ready to judge with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cedar_policy::{Policy, PolicyId, PolicySet};
use serde_json::Value;

use super::exemption::Exemption;
use super::guardrail::{Guardrail, ModeOf};
use super::organization::Organization;
use super::policy;
use super::settings::Settings;
use crate::lookup::Lookup;
use crate::words::{Mode, Severity, StepName};

/// Settings, guardrails and exemptions, ready to judge with.
pub struct Bundle {
    /// What identifies its content in alerts: the beginning of the SHA-256 of its
    /// files, after the word `default` if it is the bundle that is compiled in, and before the
    /// version of keyrail if it builds on that.
    pub version: String,
    /// What `keyrail.toml` says.
    pub settings: Settings,
    /// The accounts and units that it knows.
    pub organization: Organization,
    /// Its exemptions, by id.
    pub exemptions: BTreeMap<String, Exemption>,
    /// Whether `keyrail validate` found nothing wrong with exactly these files.
    pub is_stamped: bool,
    /// Guardrails of the default bundle that contain, and did not when it was stamped: they
    /// observe until the settings name them.
    pub held_back: BTreeSet<String>,
    /// Guardrails that the default bundle had, and has no more.
    pub(crate) gone: BTreeSet<String>,
    /// Ids that guardrails had before, each with those that have come in its place.
    pub(crate) aliases: BTreeMap<String, Vec<String>>,
    pub(crate) guardrails: BTreeMap<PolicyId, Guardrail>,
    pub(crate) policies: PolicySet,
    /// The same guardrails without their conditions: which of them are about an
    /// activity at all.
    pub(crate) scopes: PolicySet,
    pub(crate) permits: PolicySet,
    pub(crate) permit_scopes: PolicySet,
}

/// A guardrail, as whoever compares bundles or prints one sees it.
#[derive(Debug, Clone, Copy)]
pub struct Told<'b> {
    /// Its id.
    pub id: &'b str,
    /// Its title.
    pub title: &'b str,
    /// Its severity.
    pub severity: Severity,
    /// Its steps.
    pub respond: &'b [StepName],
    /// Its mode, where one is set for it.
    pub mode: Option<Mode>,
    /// Whether it is one of the default bundle's, on which the bundle builds.
    pub is_default: bool,
    /// Ids that it had before, or shares in what they were.
    pub replaces: &'b [String],
    /// Its text, with what the settings have otherwise.
    pub text: &'b str,
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle")
            .field("version", &self.version)
            .field("guardrails", &self.guardrails.keys().collect::<Vec<_>>())
            .field("exemptions", &self.exemptions.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Bundle {
    pub(super) fn empty() -> Self {
        Self {
            version: String::new(),
            settings: Settings::default(),
            organization: Organization::default(),
            exemptions: BTreeMap::new(),
            is_stamped: false,
            held_back: BTreeSet::new(),
            gone: BTreeSet::new(),
            aliases: BTreeMap::new(),
            guardrails: BTreeMap::new(),
            policies: PolicySet::new(),
            scopes: PolicySet::new(),
            permits: PolicySet::new(),
            permit_scopes: PolicySet::new(),
        }
    }

    /// Lets exemptions by an id that guardrails had before cover those guardrails.
    pub(super) fn resolve_aliases(&mut self) {
        for (id, guardrail) in &self.guardrails {
            for old in &guardrail.replaces {
                // Whoever has a guardrail of that id means that one.
                if !self.guardrails.contains_key(&PolicyId::new(old)) {
                    let now = self.aliases.entry(old.clone()).or_default();
                    now.push(id.to_string());
                }
            }
        }
        for exemption in self.exemptions.values_mut() {
            let named = exemption.exempts.iter();
            let now = named.filter_map(|id| self.aliases.get(id)).flatten();
            exemption.covers_also = now.cloned().collect();
        }
    }

    pub(super) fn set_mode_of(&mut self, id: &str, mode_of: ModeOf) {
        if let Some(guardrail) = self.guardrails.get_mut(&PolicyId::new(id)) {
            guardrail.mode_of = mode_of;
        }
    }

    /// The guardrails that have come in the place of one that had this id; none, if there is
    /// still one, or never was.
    #[must_use]
    pub fn replaced_by(&self, id: &str) -> &[String] {
        self.aliases.get(id).map_or(&[], Vec::as_slice)
    }

    /// Whether the default bundle had a guardrail of this id, and neither it nor the bundle has
    /// one now, nor one in its place.
    #[must_use]
    pub fn is_gone(&self, id: &str) -> bool {
        self.gone.contains(id) && !self.guardrails.contains_key(&PolicyId::new(id))
    }

    /// Whether a guardrail is one of the default bundle's, on which this one builds.
    #[must_use]
    pub fn is_default(&self, guardrail: &str) -> bool {
        let found = self.guardrails.get(&PolicyId::new(guardrail));
        found.is_some_and(|guardrail| guardrail.is_default)
    }

    /// The policies that wait for facts to be looked up, with those facts.
    pub fn lookups(&self) -> impl Iterator<Item = (&str, &BTreeSet<Lookup>)> {
        let guardrails = self
            .guardrails
            .iter()
            .map(|(id, guardrail)| (id.as_ref(), &guardrail.lookups));
        let exemptions = self
            .exemptions
            .iter()
            .map(|(id, exemption)| (id.as_str(), &exemption.lookups));
        guardrails
            .chain(exemptions)
            .filter(|(_, lookups)| !lookups.is_empty())
    }

    /// Its guardrails as Cedar's policies, in the order of their ids.
    pub fn guardrails(&self) -> impl Iterator<Item = &Policy> {
        let ids = self.guardrails.keys();
        ids.filter_map(|id| self.policies.policy(id))
    }

    /// Its exemptions as Cedar's policies, in the order of their ids.
    pub fn permits(&self) -> impl Iterator<Item = &Policy> {
        let ids = self.exemptions.keys();
        ids.filter_map(|id| self.permits.policy(&PolicyId::new(id)))
    }

    /// Its guardrails, in the order of their ids.
    pub fn told(&self) -> impl Iterator<Item = Told<'_>> {
        self.guardrails.iter().map(|(id, guardrail)| Told {
            id: id.as_ref(),
            title: &guardrail.title,
            severity: guardrail.severity,
            respond: &guardrail.respond,
            mode: guardrail.mode,
            is_default: guardrail.is_default,
            replaces: &guardrail.replaces,
            text: &guardrail.text,
        })
    }

    /// The steps that a guardrail names.
    #[must_use]
    pub fn steps_of(&self, guardrail: &str) -> &[StepName] {
        let found = self.guardrails.get(&PolicyId::new(guardrail));
        found.map_or(&[], |guardrail| &guardrail.respond)
    }

    /// Puts another policy in a guardrail's place, to see what notices.
    ///
    /// # Errors
    ///
    /// If there is no such guardrail, or Cedar refuses the policy.
    pub fn change_guardrail(&mut self, id: &str, changed: &Value) -> Result<(), String> {
        let id = PolicyId::new(id);
        let guardrail = self.guardrails.get_mut(&id);
        let guardrail = guardrail.ok_or_else(|| format!("there is no guardrail `{id}`"))?;
        guardrail.reads = policy::reads(changed);
        for (policies, json) in [
            (&mut self.policies, changed.clone()),
            (&mut self.scopes, policy::without_conditions(changed)),
        ] {
            let policy = Policy::from_json(Some(id.clone()), json);
            let policy = policy.map_err(|error| error.to_string())?;
            let removed = policies.remove_static(id.clone());
            removed.map_err(|error| error.to_string())?;
            policies.add(policy).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// The ids of its guardrails.
    pub fn guardrail_ids(&self) -> impl Iterator<Item = &str> {
        self.guardrails.keys().map(AsRef::as_ref)
    }
}
