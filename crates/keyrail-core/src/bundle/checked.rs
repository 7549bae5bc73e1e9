//! What became of the files of a bundle: its policies, and everything that is wrong.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, Policy, PolicyId, PolicySet};
use serde_json::Value;

use super::content::Bundle;
use super::diagnostic::{Diagnostic, Level, LoadBundleError, Source};
use super::exemption::Exemption;
use super::files::Files;
use super::guardrail::Guardrail;
use super::names::{EXEMPTIONS, GUARDRAILS, ORGANIZATION, SETTINGS, STAMP, stamp};
use super::organization::Organization;
use super::policy::{Written, without_conditions};
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
    pub policy: Policy,
    /// Cedar's JSON form of it.
    pub json: Value,
}

impl Files {
    /// Reads what there is, and everything that is wrong with it.
    #[must_use]
    pub fn check(self) -> Checked {
        let version = self.fingerprint();
        // The bundle that is compiled in is validated by a test, wherever it lies.
        let is_stamped =
            self.text(STAMP).map(str::trim) == Some(stamp(&version).trim()) || self.are_embedded();
        let mut checked = Checked {
            broken: BTreeSet::default(),
            bundle: Bundle {
                version,
                settings: Settings::default(),
                organization: Organization::default(),
                exemptions: BTreeMap::new(),
                is_stamped,
                aliases: BTreeMap::new(),
                guardrails: BTreeMap::new(),
                policies: PolicySet::new(),
                scopes: PolicySet::new(),
                permits: PolicySet::new(),
                permit_scopes: PolicySet::new(),
            },
            diagnostics: self.faults().to_vec(),
            files: Self::default(),
            read: BTreeMap::new(),
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
                    Ok(json) => self.read_policy(source, span, policy, json, folder),
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
    }

    fn read_policy(
        &mut self,
        source: Source<'_>,
        span: (usize, usize),
        policy: Policy,
        json: Value,
        folder: &str,
    ) {
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
            let message = format!("there is another policy `{id}`, in `{}`", other.file);
            self.diagnostics
                .push(written.error_in("id", "duplicate-id", message));
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
                guardrail.map_or(Ok(()), |guardrail| {
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
