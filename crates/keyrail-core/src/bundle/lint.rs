//! What needs more than one policy to see: the schema's view, and names that settings
//! and organization must know.

use cedar_policy::{Schema, ValidationMode, Validator};
use jiff::civil::Date;
use miette::Diagnostic as _;
use serde_json::Value;

use super::diagnostic::{Diagnostic, Source};
use super::policy::{self, Written, literal};
use super::{Checked, EXEMPTIONS, GUARDRAILS};
use crate::schema;

/// An exemption that ends within so many days is worth a warning.
const SOON: i64 = 14;

impl Checked {
    /// Adds what is wrong with policies that load: all that Cedar's strict validator
    /// says against the schema, and what it cannot know. With `today`, also exemptions
    /// that have expired or soon will.
    pub fn lint(&mut self, today: Option<Date>) {
        let files = std::mem::take(&mut self.files);
        for folder in [GUARDRAILS, EXEMPTIONS] {
            for source in files.policies(folder) {
                for (start, end) in super::split::policies(source.text) {
                    let text = source.text.get(start..end).unwrap_or_default();
                    let Ok(policy) = cedar_policy::Policy::parse(None, text) else {
                        continue;
                    };
                    let Ok(json) = policy.to_json() else {
                        continue;
                    };
                    let written = Written {
                        source,
                        span: (start, end),
                        policy,
                        json,
                    };
                    // What stands in the wrong place, or has no name, has been told.
                    let place = (source.name.to_owned(), start);
                    if !self.places.values().any(|known| *known == place) {
                        continue;
                    }
                    self.lint_policy(&written, folder);
                    if folder == EXEMPTIONS {
                        self.lint_exemption(&written, today);
                    }
                }
            }
        }
        self.files = files;
        self.lint_units();
        self.validate();
    }

    /// Units that the settings put accounts or units into, and that nobody has declared.
    fn lint_units(&mut self) {
        let (settings, organization) = (&self.bundle.settings, &self.bundle.organization);
        let of_accounts = settings.accounts.values().map(|account| &account.unit);
        let of_units = settings.units.values().map(|unit| &unit.parent);
        let source = Source {
            name: super::SETTINGS,
            text: self.files.text(super::SETTINGS).unwrap_or_default(),
        };
        let unknown = of_accounts
            .chain(of_units)
            .flatten()
            .filter(|unit| !organization.units.contains_key(*unit));
        let found: Vec<Diagnostic> = unknown
            .map(|unit| {
                let message = format!("neither settings nor organization know the unit `{unit}`");
                let units = organization.units.keys().map(String::as_str);
                source
                    .error(
                        "unknown-unit",
                        super::organization::place(source, unit),
                        message,
                    )
                    .help(format!("declare it: `[units.{unit}]`"))
                    .suggest(unit, units)
            })
            .collect();
        self.diagnostics.extend(found);
    }

    fn push(&mut self, written: &Written<'_>, found: Diagnostic) {
        if !written.is_meant(found.code) {
            self.diagnostics.push(found);
        }
    }

    fn lint_policy(&mut self, written: &Written<'_>, folder: &str) {
        for (kind, id) in policy::entities(&written.json) {
            if let Some(found) = self.unknown_entity(written, &kind, &id) {
                self.push(written, found);
            }
        }
        for attribute in policy::asked_attributes(&written.json) {
            if !schema::has_attribute(&attribute) {
                let wrong = written.error_on(
                    &format!("has {attribute}"),
                    "unknown-attribute",
                    format!("nothing has an attribute `{attribute}`, so that this is never true"),
                );
                self.push(written, wrong.suggest(&attribute, schema::attributes()));
            }
        }
        for step in self.steps_not_allowed(written) {
            let wrong = written
                .error_in("respond", "step-not-allowed", format!("the settings do not allow `{step}`"))
                .help(format!(
                    "allow it, `[allow] steps = [\"{step}\"]`, or say that it is meant to stand in the plan as withheld: `@meant(\"step-not-allowed\")`"
                ));
            self.push(written, wrong);
        }
        if is_about_everything(&written.json) {
            let (code, message) = match folder == GUARDRAILS {
                true => (
                    "matches-everything",
                    "the guardrail is violated by every activity",
                ),
                false => (
                    "exempts-everybody",
                    "the exemption is for everybody and everything",
                ),
            };
            let wrong = written.error(code, message);
            self.push(
                written,
                wrong.help("narrow its scope, or give it a condition"),
            );
        }
    }

    fn steps_not_allowed(&self, written: &Written<'_>) -> Vec<&'static str> {
        let id = written.annotation("id").unwrap_or_default();
        let guardrail = self
            .bundle
            .guardrails
            .iter()
            .find(|(other, _)| other.to_string() == id);
        let steps = guardrail
            .into_iter()
            .flat_map(|(_, guardrail)| &guardrail.respond);
        steps
            .filter(|step| step.needs_permission() && !self.bundle.settings.allow.contains(step))
            .map(|step| step.as_str())
            .collect()
    }

    /// Accounts, units and networks that nobody has declared.
    fn unknown_entity(&self, written: &Written<'_>, kind: &str, id: &str) -> Option<Diagnostic> {
        let organization = &self.bundle.organization;
        let networks = &self.bundle.settings.networks;
        let accounts = || organization.accounts.keys().map(String::as_str);
        let wrong = |code, message: String| written.error_on(&literal(kind, id), code, message);
        match kind {
            "Account" if !organization.accounts.contains_key(id) => Some(
                wrong(
                    "unknown-account",
                    format!("neither settings nor organization know the account `{id}`"),
                )
                .help(format!("declare it: `[accounts.{id}]` in keyrail.toml"))
                .suggest(id, accounts()),
            ),
            "OrgUnit" if !organization.units.contains_key(id) => Some(
                wrong(
                    "unknown-unit",
                    format!("neither settings nor organization know the unit `{id}`"),
                )
                .help(format!("declare it: `[units.{id}]` in keyrail.toml"))
                .suggest(id, organization.units.keys().map(String::as_str)),
            ),
            "Network" if !networks.contains_key(id) => Some(
                wrong(
                    "unknown-network",
                    format!("the settings define no network `{id}`"),
                )
                .help(format!(
                    "define it: `{id} = [\"198.51.100.0/24\"]` under `[networks]` in keyrail.toml"
                ))
                .suggest(id, networks.keys().map(String::as_str)),
            ),
            "User" | "Role" | "RoleSession" | "Root" | "Group" => {
                let account = id.split(':').nth(4).filter(|account| account.len() == 12);
                match account {
                    None => Some(
                        wrong("malformed-arn", format!("`{id}` is no ARN with an account")).help(
                            "ids are ARNs; a user's is without the path: `arn:aws:iam::111122223333:user/bob`; sessions of a role are known by `principal.role`",
                        ),
                    ),
                    Some(account) if !organization.accounts.contains_key(account) => Some(
                        wrong("unknown-account", format!("neither settings nor organization know the account `{account}`"))
                            .help(format!("declare it: `[accounts.{account}]` in keyrail.toml"))
                            .suggest(account, accounts()),
                    ),
                    Some(_) => None,
                }
            }
            _ => None,
        }
    }

    fn lint_exemption(&mut self, written: &Written<'_>, today: Option<Date>) {
        let exempts = written.annotation("exempts").unwrap_or_default();
        for guardrail in exempts.split_whitespace() {
            let known = || self.bundle.guardrails.keys().map(AsRef::as_ref);
            // A guardrail that is broken has been told already.
            let is_broken = self.broken.contains(guardrail);
            if guardrail != "*" && !is_broken && !known().any(|id: &str| id == guardrail) {
                let wrong = written
                    .error_in(
                        "exempts",
                        "unknown-guardrail",
                        format!("there is no guardrail `{guardrail}`"),
                    )
                    .suggest(guardrail, known());
                self.push(written, wrong);
            }
        }
        let expires = written
            .annotation("expires")
            .and_then(|text| text.parse::<Date>().ok());
        let (Some(today), Some(expires)) = (today, expires) else {
            return;
        };
        let days = (expires - today).get_days();
        if expires < today {
            let wrong = written
                .error_in(
                    "expires",
                    "expired-exemption",
                    format!("the exemption expired on {expires}"),
                )
                .help("remove it, or decide anew until when it applies");
            self.push(written, wrong);
        } else if i64::from(days) <= SOON {
            let text = match days {
                0 => "the exemption expires today".to_owned(),
                1 => "the exemption expires tomorrow".to_owned(),
                days => format!("the exemption expires in {days} days, on {expires}"),
            };
            let wrong = written
                .error_in("expires", "expiring-exemption", text)
                .warning();
            self.push(written, wrong);
        }
    }

    /// Cedar's strict validator; each of its warnings is an error: a guardrail that
    /// can never match looks like one that never had to.
    fn validate(&mut self) {
        let networks = &self.bundle.settings.networks;
        let text = schema::cedar(networks.keys().map(String::as_str));
        let schema = match Schema::from_cedarschema_str(&text) {
            Ok((schema, _)) => schema,
            Err(error) => {
                let source = Source {
                    name: super::SETTINGS,
                    text: "",
                };
                let message = format!("the schema cannot be made from the settings: {error}");
                self.diagnostics
                    .push(source.error("schema", (0, 0), message));
                return;
            }
        };
        let validator = Validator::new(schema);
        let mut found = Vec::new();
        for policies in [&self.bundle.policies, &self.bundle.permits] {
            let result = validator.validate(policies, ValidationMode::Strict);
            for error in result.validation_errors() {
                found.extend(self.of_validator("cedar-type", error.policy_id().as_ref(), error));
            }
            for warning in result.validation_warnings() {
                found.extend(self.of_validator(
                    "cedar-warning",
                    warning.policy_id().as_ref(),
                    warning,
                ));
            }
        }
        // What has its own, better words above.
        let said: Vec<_> = self
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.code.starts_with("unknown-"))
            .map(|diagnostic| (diagnostic.file.clone(), diagnostic.line))
            .collect();
        // A policy without an action to apply to is impossible, too.
        let impossible = found.clone();
        found.retain(|diagnostic: &Diagnostic| {
            let same = |other: &&Diagnostic| {
                (&other.file, other.line) == (&diagnostic.file, diagnostic.line)
            };
            !diagnostic.message.starts_with("policy is impossible")
                || impossible.iter().filter(same).count() == 1
        });
        found.retain(|diagnostic: &Diagnostic| {
            !said.contains(&(diagnostic.file.clone(), diagnostic.line))
        });
        self.diagnostics.extend(found);
    }

    fn of_validator(
        &self,
        code: &'static str,
        id: &str,
        error: &(impl miette::Diagnostic + ToString),
    ) -> Option<Diagnostic> {
        let (file, start) = self.places.get(id)?;
        let source = Source {
            name: file,
            text: self.files.text(file)?,
        };
        let span = label(error).map_or((*start, *start + 1), |(from, to)| {
            (start + from, start + to)
        });
        let message = one_line(&error.to_string());
        let message = message
            .strip_prefix(&format!("for policy `{id}`"))
            .map_or(message.as_str(), |rest| {
                rest.trim_start_matches([',', ':', ' '])
            })
            .to_owned();
        let wrong = source.error(code, span, message);
        Some(match error.help() {
            Some(help) => wrong.help(one_line(&help.to_string())),
            None => wrong,
        })
    }
}

/// What Cedar's parser says of one policy, with its places.
pub(super) fn syntax_errors(
    source: Source<'_>,
    (start, end): (usize, usize),
    errors: &cedar_policy::ParseErrors,
) -> Vec<Diagnostic> {
    errors
        .iter()
        .map(|error| {
            let span = label(error).map_or((start, end), |(from, to)| (start + from, start + to));
            let wrong = source.error("syntax", span, one_line(&error.to_string()));
            match error.help() {
                Some(help) => wrong.help(one_line(&help.to_string())),
                None => wrong,
            }
        })
        .collect()
}

fn label(error: &impl miette::Diagnostic) -> Option<(usize, usize)> {
    let label = error.labels()?.next()?;
    Some((label.offset(), label.offset() + label.len()))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a policy has no condition and its scope leaves nothing out.
fn is_about_everything(json: &Value) -> bool {
    let any =
        |part: &str| json.pointer(&format!("/{part}/op")).and_then(Value::as_str) == Some("All");
    let conditions = json.get("conditions").and_then(Value::as_array);
    any("principal") && any("action") && any("resource") && conditions.is_none_or(Vec::is_empty)
}
