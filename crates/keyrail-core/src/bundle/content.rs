//! What a bundle holds, ready to judge with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cedar_policy::{Policy, PolicyId, PolicySet};
use serde_json::Value;

use super::exemption::Exemption;
use super::guardrail::Guardrail;
use super::organization::Organization;
use super::policy;
use super::settings::Settings;
use crate::lookup::Lookup;
use crate::words::StepName;

/// Settings, guardrails and exemptions, ready to judge with.
pub struct Bundle {
    /// What identifies its content in alerts: the beginning of the SHA-256 of its
    /// files, after the word `default` if it is the bundle that is compiled in.
    pub version: String,
    /// What `keyrail.toml` says.
    pub settings: Settings,
    /// The accounts and units that it knows.
    pub organization: Organization,
    /// Its exemptions, by id.
    pub exemptions: BTreeMap<String, Exemption>,
    /// Whether `keyrail validate` found nothing wrong with exactly these files.
    pub is_stamped: bool,
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

    /// The guardrails that have come in the place of one that had this id; none, if there is
    /// still one, or never was.
    #[must_use]
    pub fn replaced_by(&self, id: &str) -> &[String] {
        self.aliases.get(id).map_or(&[], Vec::as_slice)
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
