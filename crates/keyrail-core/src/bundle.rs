//! Bundle: settings, guardrails, exemptions and the organization that a deployment
//! or a command works with.
//!
//! Loading tells everything that keeps files from being a bundle; [`Checked::lint`]
//! adds what needs the schema.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cedar_policy::{Policy, PolicyId, PolicySet};
use serde_json::Value;

pub use self::checked::Checked;
pub use self::diagnostic::{Diagnostic, Level, nearest};
pub use self::exemption::Exemption;
pub use self::files::Files;
use self::guardrail::Guardrail;
pub use self::organization::Organization;
pub(crate) use self::policy::reads_fact;
pub use self::settings::{Protected, Settings};
use crate::lookup::Lookup;
use crate::words::StepName;

mod checked;
mod diagnostic;
mod exemption;
mod files;
mod guardrail;
mod lint;
pub mod organization;
mod policy;
pub mod settings;
mod split;

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
    pub(crate) guardrails: BTreeMap<PolicyId, Guardrail>,
    pub(crate) policies: PolicySet,
    /// The same guardrails without their conditions: which of them are about an
    /// activity at all.
    pub(crate) scopes: PolicySet,
    pub(crate) permits: PolicySet,
    pub(crate) permit_scopes: PolicySet,
}

/// Everything that keeps files from being a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadBundleError {
    /// Each with its place, in order.
    pub diagnostics: Vec<Diagnostic>,
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

/// What `keyrail.stamp` holds, for files of this version. A keyrail that knows another
/// schema may refuse what this one takes, so that it does not take this one's stamps.
#[must_use]
pub fn stamp(version: &str) -> String {
    format!("{version} keyrail {} {SCHEMA}\n", env!("CARGO_PKG_VERSION"))
}

/// The digest of the schema, written down because the function makes no schema: a test
/// compares the two.
const SCHEMA: &str = "48f1d6d2eafa6241";

impl Bundle {
    /// The bundle that is compiled in.
    ///
    /// # Errors
    ///
    /// None as released: a test loads it.
    pub fn embedded() -> Result<Self, LoadBundleError> {
        let mut bundle = Self::embedded_files().check().into_bundle()?;
        bundle.version.insert_str(0, "default ");
        Ok(bundle)
    }

    /// The files of the bundle that is compiled in.
    #[must_use]
    pub fn embedded_files() -> Files {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        DEFAULT.iter().map(owned).collect()
    }

    /// The tests of the bundle that is compiled in: each file's path in the bundle
    /// and its text. Judging does not need them.
    pub fn embedded_tests() -> impl Iterator<Item = (&'static str, &'static str)> {
        DEFAULT_TESTS.iter().copied()
    }

    /// The properties of the bundle that is compiled in: the file's path in the bundle and
    /// its text. Judging does not need them.
    pub fn embedded_properties() -> impl Iterator<Item = (&'static str, &'static str)> {
        DEFAULT_PROPERTIES.iter().copied()
    }

    /// Loads a bundle from its files: each file's name and its text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with every file, not just the first.
    pub fn load(files: &[(String, String)]) -> Result<Self, LoadBundleError> {
        files
            .iter()
            .cloned()
            .collect::<Files>()
            .check()
            .into_bundle()
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
    pub fn change_guardrail(&mut self, id: &str, policy: &Value) -> Result<(), String> {
        let id = PolicyId::new(id);
        let guardrail = self.guardrails.get_mut(&id);
        let guardrail = guardrail.ok_or_else(|| format!("there is no guardrail `{id}`"))?;
        guardrail.reads = self::policy::reads(policy);
        for (policies, json) in [
            (&mut self.policies, policy.clone()),
            (&mut self.scopes, checked::without_conditions(policy)),
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

const SETTINGS: &str = "keyrail.toml";
const ORGANIZATION: &str = "organization.json";
const STAMP: &str = "keyrail.stamp";
const GUARDRAILS: &str = "guardrails";
const EXEMPTIONS: &str = "exemptions";

macro_rules! default_bundle {
    ($($name:literal),*) => {
        /// Guardrails of the default bundle, by their paths in it, in order.
        const DEFAULT: &[(&str, &str)] = &[$((
            concat!("guardrails/", $name, ".cedar"),
            include_str!(concat!("../default-bundle/guardrails/", $name, ".cedar")),
        )),*];

        /// Their tests, which `keyrail init` writes out.
        const DEFAULT_TESTS: &[(&str, &str)] = &[$((
            concat!("tests/", $name, ".yaml"),
            include_str!(concat!("../default-bundle/tests/", $name, ".yaml")),
        )),*];
    };
}

const DEFAULT_PROPERTIES: &[(&str, &str)] = &[(
    "properties/always.cedar",
    include_str!("../default-bundle/properties/always.cedar"),
)];

default_bundle!(
    "access-keys",
    "compute",
    "credentials",
    "reports",
    "rights",
    "root",
    "sign-in",
    "tampering"
);

#[cfg(test)]
mod tests;
