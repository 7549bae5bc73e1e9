//! What became of the files of a bundle: its policies, and everything that is wrong.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, Policy, PolicyId, PolicySet};
use serde_json::Value;

use super::composed::adjustment_of;
use super::content::Bundle;
use super::default::{self, Catalogue, Entry};
use super::diagnostic::{Diagnostic, Level, LoadBundleError, Source};
use super::exemption::Exemption;
use super::files::Files;
use super::guardrail::Guardrail;
use super::names::{EXEMPTIONS, GUARDRAILS, ORGANIZATION, SETTINGS, STAMP, first_line};
use super::organization::Organization;
use super::policy::{Written, without_conditions};
use super::record::Record;
use super::settings::Settings;
use super::split;
use super::syntax::syntax_errors;

/// What became of files: what could be read of them, and what is wrong.
#[derive(Debug)]
pub struct Checked {
    /// What could be read. It must not be judged with if anything is wrong.
    pub bundle: Bundle,
    /// What is wrong, in no order.
    pub diagnostics: Vec<Diagnostic>,
    /// The ids of policies that are there and could not be read.
    pub broken: BTreeSet<String>,
    pub(super) files: Files,
    /// Each policy that has a name and stands in the right place, by its id.
    pub(super) read: BTreeMap<String, Read>,
}

/// A policy that was read, and where it stands.
#[derive(Debug)]
pub(super) struct Read {
    pub file: String,
    /// Its bytes in the file.
    pub span: (usize, usize),
    pub origin: Origin,
    pub policy: Policy,
    /// Cedar's JSON form of it.
    pub json: Value,
}

/// Where a policy comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// The default bundle; its text, with what the settings have otherwise.
    Default(String),
    /// A file of the bundle.
    Own,
}

impl Files {
    /// Reads what there is, and everything that is wrong with it.
    #[must_use]
    pub fn check(self) -> Checked {
        let record = self.record();
        self.check_on(default::catalogue(), record.as_ref())
    }

    /// The same, as it was on the default bundle of the keyrail that stamped it. Settings may
    /// name guardrails that it did not have yet, which is no mistake.
    #[must_use]
    pub fn check_before(self, record: &Record) -> Checked {
        self.check_on(&record.catalogue(), Some(record))
    }

    /// What the stamp says of the default bundle; nothing, if there is none, or the bundle does
    /// not build on that.
    #[must_use]
    pub fn record(&self) -> Option<Record> {
        self.text(STAMP).and_then(Record::read)
    }

    /// What is lost of a stamp would pass for what the default bundle did not have.
    fn damaged_stamp(&self) -> Option<Diagnostic> {
        let text = self.text(STAMP)?;
        let damaged = Record::damaged(text)?;
        let stamp = Source { name: STAMP, text };
        let message = "this line of the stamp cannot be read";
        let wrong = stamp.error("damaged-stamp", (damaged.start, damaged.end), message);
        Some(wrong.help("take the file as it was committed last; only where there is none, delete it and run `keyrail validate BUNDLE --stamp`"))
    }

    /// The same on any catalogue.
    pub(super) fn check_on(self, catalogue: &Catalogue<'_>, record: Option<&Record>) -> Checked {
        let mut checked = Checked {
            broken: BTreeSet::default(),
            bundle: Bundle::empty(),
            diagnostics: self.faults().to_vec(),
            files: Self::default(),
            read: BTreeMap::new(),
        };
        let settings = Source {
            name: SETTINGS,
            text: self.text(SETTINGS).unwrap_or_default(),
        };
        let (read, found) = Settings::read(settings);
        checked.bundle.settings = read;
        checked.diagnostics.extend(found);
        checked.bundle.version = self.version(&checked.bundle.settings);
        checked.diagnostics.extend(self.damaged_stamp());
        let stamped = self.text(STAMP).and_then(|text| text.lines().next());
        // The bundle that is compiled in is validated by a test, wherever it lies.
        checked.bundle.is_stamped =
            stamped == Some(first_line(&checked.bundle.version).as_str()) || self.are_embedded();
        if let Some(text) = self.text(ORGANIZATION) {
            let (organization, found) = Organization::read(Source {
                name: ORGANIZATION,
                text,
            });
            checked.bundle.organization = organization;
            checked.diagnostics.extend(found);
        }
        checked.bundle.organization.merge(&checked.bundle.settings);
        checked.compose(catalogue, settings, record);
        for folder in [GUARDRAILS, EXEMPTIONS] {
            for source in self.policies(folder) {
                checked.read_policies(source);
            }
        }
        checked.bundle.resolve_aliases();
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

impl Checked {
    fn read_policies(&mut self, source: Source<'_>) {
        if nesting(source.text) > DEEPEST {
            let message = format!("brackets are nested deeper than {DEEPEST}");
            self.diagnostics
                .push(source.error("too-deep", (0, 0), message));
            return;
        }
        for (start, end) in split::policies(source.text) {
            let text = source.text.get(start..end).unwrap_or_default();
            let json = default::compiled(text);
            let json = json.and_then(|json| serde_json::from_str(json).ok());
            self.read_text(source, (start, end), json, &Origin::Own);
        }
    }

    /// Reads one policy: from Cedar's JSON form of it where that is known, since Cedar reads
    /// a text twice as soon as its JSON form is asked for.
    pub(super) fn read_text(
        &mut self,
        source: Source<'_>,
        span: (usize, usize),
        json: Option<Value>,
        origin: &Origin,
    ) {
        let text = source.text.get(span.0..span.1).unwrap_or_default();
        if let Some(json) = json
            && let Ok(policy) = Policy::from_json(None, json.clone())
        {
            self.read_policy(source, span, policy, json, origin);
            return;
        }
        match Policy::parse(None, text) {
            Ok(policy) => match policy.to_json() {
                Ok(json) => self.read_policy(source, span, policy, json, origin),
                Err(error) => {
                    self.diagnostics
                        .push(source.error("syntax", span, error.to_string()));
                }
            },
            Err(errors) => {
                self.broken.extend(id_in(text));
                self.diagnostics
                    .extend(syntax_errors(source, span, &errors));
            }
        }
    }

    fn read_policy(
        &mut self,
        source: Source<'_>,
        span: (usize, usize),
        policy: Policy,
        json: Value,
        origin: &Origin,
    ) {
        let folder = source.name.split('/').next().unwrap_or_default();
        let written = &Written {
            source,
            span,
            policy: &policy,
            json: &json,
        };
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
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !id.chars().all(is_plain) {
            let message = format!("`@id`: `{id}` has more than letters, digits, `-`, `_` and `.`");
            let wrong = written.error_in("id", "annotation-value", message);
            self.diagnostics.push(
                wrong.help("exemptions name guardrails, with spaces between: `access-key-issued`"),
            );
        }
        if let Some(other) = self.read.get(&id) {
            let wrong = match other.origin {
                Origin::Own => {
                    let message = format!("there is another policy `{id}`, in `{}`", other.file);
                    written.error_in("id", "duplicate-id", message)
                }
                Origin::Default(_) => {
                    let message = format!("the default bundle has a guardrail `{id}`, too");
                    written.error_in("id", "duplicate-id", message).help(format!(
                        "to replace it, leave it out in keyrail.toml: `[default]` with `without = [\"{id}\"]`"
                    ))
                }
            };
            self.diagnostics.push(wrong);
            return;
        }
        let name = id.clone();
        let id = PolicyId::new(id);
        let scope = Policy::from_json(Some(id.clone()), without_conditions(&json));
        let named = policy.new_id(id.clone());
        let added = match (is_forbid, scope) {
            (_, Err(error)) => Err(error.to_string()),
            (true, Ok(scope)) => {
                let (guardrail, found) = Guardrail::read(written);
                self.diagnostics.extend(found);
                if guardrail.is_none() {
                    self.broken.insert(id.to_string());
                }
                let bundle = &mut self.bundle;
                guardrail.map_or(Ok(()), |mut guardrail| {
                    guardrail.is_default = *origin != Origin::Own;
                    bundle.guardrails.insert(id, guardrail);
                    add(&mut bundle.policies, named).and_then(|()| add(&mut bundle.scopes, scope))
                })
            }
            (false, Ok(scope)) => {
                let (exemption, found) = Exemption::read(written);
                self.diagnostics.extend(found);
                let bundle = &mut self.bundle;
                exemption.map_or(Ok(()), |exemption| {
                    bundle.exemptions.insert(id.to_string(), exemption);
                    add(&mut bundle.permits, named)
                        .and_then(|()| add(&mut bundle.permit_scopes, scope))
                })
            }
        };
        if let Err(error) = added {
            self.diagnostics.push(written.error("syntax", error));
        }
        let file = source.name.to_owned();
        let read = Read {
            file,
            span,
            origin: origin.clone(),
            policy,
            json,
        };
        self.read.insert(name, read);
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

    /// What `keyrail.stamp` is to hold: that exactly these files are valid, and, of a bundle
    /// that builds on the default one, what that is. What an earlier stamp did not have as
    /// containing stays so until the settings name it.
    ///
    /// # Errors
    ///
    /// None as released: what it holds can be written as JSON.
    pub fn stamp(&self) -> Result<String, serde_json::Error> {
        let line = first_line(&self.bundle.version) + "\n";
        if self.bundle.settings.default.is_none() {
            return Ok(line);
        }
        let before = self.files.record();
        let is_named = |entry: &Entry<'_>| {
            let adjustment = adjustment_of(&self.bundle.settings, entry);
            adjustment.is_some_and(|of| of.mode.is_some() || of.respond.is_some())
        };
        Ok(line + &Record::of_this(before.as_ref(), is_named).lines()?)
    }

    /// A file of the bundle.
    pub(super) fn source<'a>(&'a self, file: &'a str) -> Source<'a> {
        Source {
            name: file,
            text: self.files.text(file).unwrap_or_default(),
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

/// The name that a policy gives itself, read from its text alone.
fn id_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("@id(\"")?;
    rest.split('"').next().map(str::to_owned)
}

fn add(policies: &mut PolicySet, policy: Policy) -> Result<(), String> {
    policies.add(policy).map_err(|error| error.to_string())
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
