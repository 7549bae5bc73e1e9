//! Bundle: settings, guardrails, exemptions and the organization that a deployment
//! or a command works with.
//!
//! Loading tells everything that keeps files from being a bundle; [`Checked::lint`]
//! adds what needs the schema.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use cedar_policy::{Effect, Policy, PolicyId, PolicySet};
use serde::Serialize;
use serde_json::Value;

use self::diagnostic::Source;
pub use self::diagnostic::{Diagnostic, Level, nearest};
pub use self::exemption::Exemption;
use self::guardrail::Guardrail;
pub use self::organization::Organization;
use self::policy::Written;
pub(crate) use self::policy::reads_fact;
pub use self::settings::Settings;
use crate::digest;
use crate::judge::Verdict;
use crate::lookup::Lookup;

mod diagnostic;
mod exemption;
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

/// Everything that keeps files from being a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadBundleError {
    /// Each with its place, in order.
    pub diagnostics: Vec<Diagnostic>,
}

/// The files of a bundle: path within the bundle, and text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    texts: BTreeMap<String, String>,
    faults: Vec<Diagnostic>,
}

/// What became of files: what could be read of them, and what is wrong.
#[derive(Debug)]
pub struct Checked {
    /// What could be read. It must not be judged with if anything is wrong.
    pub bundle: Bundle,
    /// What is wrong, in no order.
    pub diagnostics: Vec<Diagnostic>,
    files: Files,
    /// Where each policy begins, by its id.
    places: BTreeMap<String, (String, usize)>,
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

impl Files {
    /// Reads the files of the bundle in a folder. `list` gives the names in a
    /// subfolder, or in the folder itself for `""`; `read` gives the text of a file.
    /// What cannot be read, and what nobody would look for there, is a mistake.
    pub fn gather(
        list: impl Fn(&str) -> io::Result<Vec<String>>,
        read: impl Fn(&str) -> io::Result<String>,
    ) -> Self {
        let mut files = Self::default();
        let top = match list("") {
            Ok(top) => top,
            Err(error) => {
                files.fault(
                    ".",
                    "unreadable",
                    format!("the folder cannot be read: {error}"),
                );
                return files;
            }
        };
        for name in top {
            match name.as_str() {
                SETTINGS | ORGANIZATION | STAMP => files.read(&name, &read),
                GUARDRAILS | EXEMPTIONS => files.gather_policies(&name, &list, &read),
                other => {
                    let known = [
                        SETTINGS,
                        ORGANIZATION,
                        GUARDRAILS,
                        EXEMPTIONS,
                        "tests",
                        "properties",
                    ];
                    if let (Some(near), false) = (nearest(other, known), known.contains(&other)) {
                        let message = format!("`{other}` is no part of a bundle");
                        let fault = Source {
                            name: other,
                            text: "",
                        }
                        .error("unknown-file", (0, 0), message);
                        files
                            .faults
                            .push(fault.help(format!("did you mean `{near}`?")));
                    }
                }
            }
        }
        files
    }

    fn gather_policies(
        &mut self,
        folder: &str,
        list: &impl Fn(&str) -> io::Result<Vec<String>>,
        read: &impl Fn(&str) -> io::Result<String>,
    ) {
        let names = match list(folder) {
            Ok(names) => names,
            Err(error) => {
                self.fault(
                    folder,
                    "unreadable",
                    format!("the folder cannot be read: {error}"),
                );
                return;
            }
        };
        for name in names {
            let file = format!("{folder}/{name}");
            let extension = Path::new(&name).extension();
            if extension.is_some_and(|extension| extension == "cedar") {
                self.read(&file, read);
            } else {
                self.fault(
                    &file,
                    "unknown-file",
                    "it is not a `.cedar` file".to_owned(),
                );
            }
        }
    }

    fn read(&mut self, file: &str, read: &impl Fn(&str) -> io::Result<String>) {
        match read(file) {
            Ok(text) => {
                self.texts.insert(file.to_owned(), text);
            }
            Err(error) => self.fault(file, "unreadable", format!("it cannot be read: {error}")),
        }
    }

    fn fault(&mut self, file: &str, code: &'static str, message: String) {
        let source = Source {
            name: file,
            text: "",
        };
        self.faults.push(source.error(code, (0, 0), message));
    }

    /// The text of a file, by its path within the bundle.
    #[must_use]
    pub fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(file).map(String::as_str)
    }

    /// Each file's path within the bundle and its text, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pair = |(file, text)| (String::as_str(file), String::as_str(text));
        self.texts.iter().map(pair)
    }

    /// The files of policies in a folder, with their texts.
    fn policies<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = Source<'a>> {
        self.texts
            .iter()
            .filter(move |(name, _)| {
                name.strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
            .map(|(name, text)| Source { name, text })
    }

    /// Lengths go in with the texts, so that no two sets of files give the same bytes.
    fn fingerprint(&self) -> String {
        let mut bytes = Vec::new();
        let content = self.texts.iter().filter(|(name, _)| *name != STAMP);
        for text in content.flat_map(|(name, text)| [name, text]) {
            bytes.extend(text.len().to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        digest::short(&bytes)
    }

    /// Reads what there is, and everything that is wrong with it.
    #[must_use]
    pub fn check(self) -> Checked {
        let version = self.fingerprint();
        let is_stamped = self.text(STAMP).map(str::trim) == Some(stamp(&version).trim());
        let mut checked = Checked {
            bundle: Bundle {
                version,
                settings: Settings::default(),
                organization: Organization::default(),
                exemptions: BTreeMap::new(),
                is_stamped,
                guardrails: BTreeMap::new(),
                policies: PolicySet::new(),
                scopes: PolicySet::new(),
                permits: PolicySet::new(),
                permit_scopes: PolicySet::new(),
            },
            diagnostics: self.faults.clone(),
            files: Self::default(),
            places: BTreeMap::new(),
        };
        if let Some(text) = self.text(SETTINGS) {
            let (settings, found) = Settings::read(Source {
                name: SETTINGS,
                text,
            });
            checked.bundle.settings = settings;
            checked.diagnostics.extend(found);
        }
        if let Some(text) = self.text(ORGANIZATION) {
            let (organization, found) = Organization::read(Source {
                name: ORGANIZATION,
                text,
            });
            checked.bundle.organization = organization;
            checked.diagnostics.extend(found);
        }
        checked.bundle.organization.merge(&checked.bundle.settings);
        for folder in [GUARDRAILS, EXEMPTIONS] {
            for source in self.policies(folder) {
                checked.read_policies(source, folder);
            }
        }
        if checked.bundle.guardrails.is_empty() && checked.diagnostics.is_empty() {
            let nothing = Source {
                name: GUARDRAILS,
                text: "",
            };
            checked.diagnostics.push(nothing.error(
                "no-guardrail",
                (0, 0),
                "there is no guardrail in the bundle",
            ));
        }
        checked.files = self;
        checked
    }
}

impl FromIterator<(String, String)> for Files {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(files: T) -> Self {
        Self {
            texts: files.into_iter().collect(),
            faults: Vec::new(),
        }
    }
}

/// What `keyrail.stamp` holds, for files of this version. Another keyrail may know
/// another schema, so that its stamps are not taken.
#[must_use]
pub fn stamp(version: &str) -> String {
    format!("{version} keyrail {}\n", env!("CARGO_PKG_VERSION"))
}

impl Checked {
    fn read_policies(&mut self, source: Source<'_>, folder: &str) {
        if nesting(source.text) > DEEPEST {
            let message = format!("brackets are nested deeper than {DEEPEST}");
            self.diagnostics
                .push(source.error("too-deep", (0, 0), message));
            return;
        }
        for span in split::policies(source.text) {
            let text = source.text.get(span.0..span.1).unwrap_or_default();
            match Policy::parse(None, text) {
                Ok(policy) => match policy.to_json() {
                    Ok(json) => self.read_policy(
                        &Written {
                            source,
                            span,
                            policy,
                            json,
                        },
                        folder,
                    ),
                    Err(error) => {
                        self.diagnostics
                            .push(source.error("syntax", span, error.to_string()));
                    }
                },
                Err(errors) => self
                    .diagnostics
                    .extend(lint::syntax_errors(source, span, &errors)),
            }
        }
    }

    fn read_policy(&mut self, written: &Written<'_>, folder: &str) {
        let is_forbid = written.policy.effect() == Effect::Forbid;
        if is_forbid != (folder == GUARDRAILS) {
            let (kind, place) = match is_forbid {
                true => ("a `forbid` is a guardrail", GUARDRAILS),
                false => ("a `permit` is an exemption", EXEMPTIONS),
            };
            self.diagnostics.push(
                written
                    .error("wrong-folder", format!("{kind}, and this is `{folder}/`"))
                    .help(format!("move it to `{place}/`")),
            );
            return;
        }
        let Some(id) = written.annotation("id") else {
            self.diagnostics.push(
                written
                    .error("missing-id", "the policy has no `@id`")
                    .help("name it: `@id(\"…\")`; alerts and exemptions use the name"),
            );
            return;
        };
        if let Some((file, _)) = self.places.get(&id) {
            let message = format!("there is another policy `{id}`, in `{file}`");
            self.diagnostics
                .push(written.error_in("id", "duplicate-id", message));
            return;
        }
        let place = (written.source.name.to_owned(), written.span.0);
        self.places.insert(id.clone(), place);
        let id = PolicyId::new(id);
        let scope = Policy::from_json(Some(id.clone()), without_conditions(&written.json));
        let policy = written.policy.new_id(id.clone());
        let added = match (is_forbid, scope) {
            (_, Err(error)) => Err(error.to_string()),
            (true, Ok(scope)) => {
                let (guardrail, found) = Guardrail::read(written);
                self.diagnostics.extend(found);
                let bundle = &mut self.bundle;
                guardrail.map_or(Ok(()), |guardrail| {
                    bundle.guardrails.insert(id, guardrail);
                    add(&mut bundle.policies, policy).and_then(|()| add(&mut bundle.scopes, scope))
                })
            }
            (false, Ok(scope)) => {
                let (exemption, found) = Exemption::read(written);
                self.diagnostics.extend(found);
                let bundle = &mut self.bundle;
                exemption.map_or(Ok(()), |exemption| {
                    bundle.exemptions.insert(id.to_string(), exemption);
                    add(&mut bundle.permits, policy)
                        .and_then(|()| add(&mut bundle.permit_scopes, scope))
                })
            }
        };
        if let Err(error) = added {
            self.diagnostics.push(written.error("syntax", error));
        }
    }

    /// The bundle, if nothing is wrong with it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in order; warnings alone are no error.
    pub fn into_bundle(mut self) -> Result<Bundle, LoadBundleError> {
        self.sort();
        let is_wrong = |diagnostic: &Diagnostic| diagnostic.severity == Level::Error;
        match self.diagnostics.iter().any(is_wrong) {
            false => Ok(self.bundle),
            true => Err(LoadBundleError {
                diagnostics: self.diagnostics,
            }),
        }
    }

    /// Sorts what is wrong by its place.
    pub fn sort(&mut self) {
        self.diagnostics.sort_by(|a, b| {
            (&a.file, a.line, a.column, a.code).cmp(&(&b.file, b.line, b.column, b.code))
        });
        self.diagnostics.dedup();
    }
}

fn add(policies: &mut PolicySet, policy: Policy) -> Result<(), String> {
    policies.add(policy).map_err(|error| error.to_string())
}

impl Bundle {
    /// The bundle that is compiled in.
    ///
    /// # Errors
    ///
    /// None as released: a test loads it.
    pub fn embedded() -> Result<Self, LoadBundleError> {
        let mut bundle = Self::embedded_files().check().into_bundle()?;
        bundle.version.insert_str(0, "default ");
        // A test validates it.
        bundle.is_stamped = true;
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

    /// What must be looked up before a verdict is the last word: for the policies that
    /// it left undecided for want of such facts.
    #[must_use]
    pub fn lookups_for(&self, verdict: &Verdict) -> BTreeSet<Lookup> {
        let of = |id: &str| {
            let guardrail = self.guardrails.get(&PolicyId::new(id));
            let exemption = self.exemptions.get(id);
            guardrail
                .map(|guardrail| &guardrail.lookups)
                .or(exemption.map(|exemption| &exemption.lookups))
        };
        let undecided = verdict.undecided.iter();
        undecided
            .filter_map(|undecided| of(&undecided.policy))
            .flatten()
            .copied()
            .collect()
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

    /// The ids of its guardrails.
    pub fn guardrail_ids(&self) -> impl Iterator<Item = &str> {
        self.guardrails.keys().map(AsRef::as_ref)
    }
}

impl Severity {
    /// All of them, from the mildest.
    pub const ALL: [Self; 5] = [
        Self::Info,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

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
        Self::ALL
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

fn without_conditions(policy: &Value) -> Value {
    let mut policy = policy.clone();
    if let Some(object) = policy.as_object_mut() {
        object.insert("conditions".to_owned(), Value::Array(Vec::new()));
    }
    policy
}

const SETTINGS: &str = "keyrail.toml";
const ORGANIZATION: &str = "organization.json";
const STAMP: &str = "keyrail.stamp";
const GUARDRAILS: &str = "guardrails";
const EXEMPTIONS: &str = "exemptions";

macro_rules! files {
    ($list:ident: $folder:literal, $extension:literal, [$($name:literal),*]) => {
        /// Files of the default bundle, by their paths in it.
        const $list: &[(&str, &str)] = &[$((
            concat!($folder, "/", $name, $extension),
            include_str!(concat!("../default-bundle/", $folder, "/", $name, $extension)),
        )),*];
    };
}

files!(DEFAULT: "guardrails", ".cedar", [
    "access-keys",
    "compute",
    "credentials",
    "reports",
    "rights",
    "root",
    "sign-in",
    "tampering"
]);

// `keyrail init` writes them out.
files!(DEFAULT_TESTS: "tests", ".yaml", [
    "access-keys",
    "compute",
    "credentials",
    "reports",
    "rights",
    "root",
    "sign-in",
    "tampering"
]);

#[cfg(test)]
mod tests;
