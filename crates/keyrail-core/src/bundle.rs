//! Bundle: the guardrails that a deployment or a command works with.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use cedar_policy::{Effect, Policy, PolicyId, PolicySet};
use serde::Serialize;
use serde_json::Value;

use self::guardrail::Guardrail;
use crate::digest;

mod guardrail;

/// Guardrails, ready to judge with.
pub struct Bundle {
    /// What identifies its content in alerts: the beginning of the SHA-256 of its
    /// files, after the word `default` if it is the bundle that is compiled in.
    pub version: String,
    pub(crate) guardrails: BTreeMap<PolicyId, Guardrail>,
    pub(crate) policies: PolicySet,
    /// The same guardrails without their conditions: which of them are about an
    /// activity at all.
    pub(crate) scopes: PolicySet,
}

/// How bad a violation is. Ordered: the last is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// Whether keyrail acts, or says what it would have done. Ordered: the lowest of
/// those that are set applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Alert, and touch nothing.
    Observe,
    /// Contain, and alert.
    Enforce,
}

/// A word that is none of those that are allowed there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of {allowed}")]
pub struct UnknownWordError {
    word: String,
    allowed: &'static str,
}

impl UnknownWordError {
    pub(crate) fn new(word: &str, allowed: &'static str) -> Self {
        Self {
            word: word.to_owned(),
            allowed,
        }
    }
}

/// Everything that keeps files from being a bundle, a line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .faults.join("\n"))]
pub struct LoadBundleError {
    /// Each names the file and what is wrong in it.
    pub faults: Vec<String>,
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle")
            .field("version", &self.version)
            .field("guardrails", &self.guardrails.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Bundle {
    /// The bundle that is compiled in.
    ///
    /// # Errors
    ///
    /// None as released: a test loads it.
    pub fn embedded() -> Result<Self, LoadBundleError> {
        let mut bundle = Self::of(DEFAULT)?;
        bundle.version.insert_str(0, "default ");
        Ok(bundle)
    }

    /// Loads the bundle in a folder. `list` gives the names in a subfolder, or in the
    /// folder itself for `""`; `read` gives the text of a file.
    ///
    /// # Errors
    ///
    /// What cannot be read, whatever a bundle must not or cannot yet hold, and every
    /// fault of its files. Settings and exemptions are refused rather than passed
    /// over: somebody counts on them.
    pub fn gather(
        list: impl Fn(&str) -> io::Result<Vec<String>>,
        read: impl Fn(&str) -> io::Result<String>,
    ) -> Result<Self, LoadBundleError> {
        let cannot = |what: &str, error: &io::Error| LoadBundleError {
            faults: vec![format!("cannot read `{what}`: {error}")],
        };
        let mut faults = Vec::new();
        let top = list("").map_err(|error| cannot(".", &error))?;
        for name in top.iter().filter(|name| NOT_YET.contains(&name.as_str())) {
            faults.push(format!(
                "`{name}` has no effect in this version of keyrail: remove it"
            ));
        }
        let mut files = Vec::new();
        for name in list("guardrails").map_err(|error| cannot("guardrails", &error))? {
            let file = format!("guardrails/{name}");
            if Path::new(&name)
                .extension()
                .is_none_or(|extension| extension != "cedar")
            {
                faults.push(format!("`{file}` is not a `.cedar` file"));
                continue;
            }
            match read(&file) {
                Ok(text) => files.push((file, text)),
                Err(error) => faults.push(format!("cannot read `{file}`: {error}")),
            }
        }
        match (Self::load(&files), faults.is_empty()) {
            (loaded, true) => loaded,
            (Ok(_), false) => Err(LoadBundleError { faults }),
            (Err(mut error), false) => {
                error.faults.splice(0..0, faults);
                Err(error)
            }
        }
    }

    /// Loads a bundle from its guardrail files: each file's name and its text.
    ///
    /// # Errors
    ///
    /// Every fault of every file, not just the first.
    pub fn load(files: &[(String, String)]) -> Result<Self, LoadBundleError> {
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        Self::of(&files)
    }

    fn of(files: &[(&str, &str)]) -> Result<Self, LoadBundleError> {
        let mut files = files.to_vec();
        files.sort_unstable();
        let mut bundle = Self {
            version: fingerprint(&files),
            guardrails: BTreeMap::new(),
            policies: PolicySet::new(),
            scopes: PolicySet::new(),
        };
        let mut faults = Vec::new();
        for (file, text) in files {
            if nesting(text) > DEEPEST {
                faults.push(format!("{file}: brackets are nested deeper than {DEEPEST}"));
                continue;
            }
            match PolicySet::from_str(text) {
                Ok(policies) => {
                    if policies.num_of_templates() > 0 {
                        faults.push(format!("{file}: a guardrail cannot be a template"));
                    }
                    for policy in policies.policies() {
                        if let Err(fault) = bundle.add(policy) {
                            faults.push(format!("{file}: {fault}"));
                        }
                    }
                }
                Err(errors) => faults.extend(errors.iter().map(|error| format!("{file}: {error}"))),
            }
        }
        if bundle.guardrails.is_empty() && faults.is_empty() {
            faults.push("there is no guardrail in the bundle".to_owned());
        }
        if faults.is_empty() {
            Ok(bundle)
        } else {
            Err(LoadBundleError { faults })
        }
    }

    fn add(&mut self, policy: &Policy) -> Result<(), String> {
        let id = policy
            .annotation("id")
            .filter(|id| !id.is_empty())
            .ok_or("a guardrail has no `@id`")?;
        let explain = |error: &dyn fmt::Display| format!("guardrail `{id}`: {error}");
        if policy.effect() != Effect::Forbid {
            return Err(explain(&"a guardrail is a `forbid`"));
        }
        let json = policy.to_json().map_err(|error| explain(&error))?;
        let guardrail = Guardrail::from_policy(policy, &json).map_err(|error| explain(&error))?;
        let id = PolicyId::new(id);
        let scope = Policy::from_json(Some(id.clone()), without_conditions(json))
            .map_err(|error| explain(&error))?;
        self.policies
            .add(policy.new_id(id.clone()))
            .map_err(|error| explain(&error))?;
        self.scopes.add(scope).map_err(|error| explain(&error))?;
        self.guardrails.insert(id, guardrail);
        Ok(())
    }
}

impl Severity {
    /// The word for it in annotations, reports and message attributes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl FromStr for Severity {
    type Err = UnknownWordError;

    fn from_str(word: &str) -> Result<Self, UnknownWordError> {
        [
            Self::Info,
            Self::Low,
            Self::Medium,
            Self::High,
            Self::Critical,
        ]
        .into_iter()
        .find(|severity| severity.as_str() == word)
        .ok_or_else(|| UnknownWordError::new(word, "critical, high, medium, low, info"))
    }
}

impl Mode {
    /// The word for it in settings and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Enforce => "enforce",
        }
    }
}

impl FromStr for Mode {
    type Err = UnknownWordError;

    fn from_str(word: &str) -> Result<Self, UnknownWordError> {
        [Self::Observe, Self::Enforce]
            .into_iter()
            .find(|mode| mode.as_str() == word)
            .ok_or_else(|| UnknownWordError::new(word, "observe, enforce"))
    }
}

/// Cedar's parser calls itself for each bracket within another, so that a file of
/// nothing but brackets would end the process.
fn nesting(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

const DEEPEST: usize = 64;

fn without_conditions(mut policy: Value) -> Value {
    if let Some(object) = policy.as_object_mut() {
        object.insert("conditions".to_owned(), Value::Array(Vec::new()));
    }
    policy
}

/// Lengths go in with the texts, so that no two sets of files give the same bytes.
fn fingerprint(files: &[(&str, &str)]) -> String {
    let mut bytes = Vec::new();
    for text in files.iter().flat_map(|(name, text)| [name, text]) {
        bytes.extend(text.len().to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    digest::short(&bytes)
}

/// Parts of a bundle that this version does not read.
const NOT_YET: [&str; 3] = ["exemptions", "keyrail.toml", "organization.json"];

macro_rules! guardrails {
    ($($name:literal),*) => {
        /// The guardrail files of the default bundle.
        const DEFAULT: &[(&str, &str)] = &[$((
            concat!("guardrails/", $name, ".cedar"),
            include_str!(concat!("../default-bundle/guardrails/", $name, ".cedar")),
        )),*];
    };
}

guardrails![
    "access-keys",
    "compute",
    "credentials",
    "reports",
    "rights",
    "root",
    "sign-in",
    "tampering"
];

#[cfg(test)]
mod tests;
