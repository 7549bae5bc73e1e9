//! What needs more than one policy to see: the schema's view, and names that settings
//! and organization must know.

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use jiff::civil::Date;
use serde_json::Value;

use super::checked::{Checked, Origin};
use super::diagnostic::Diagnostic;
use super::names::{ORGANIZATION, SETTINGS};
use super::policy::{self, Written, literal};
use super::retired::{GONE, RETIRED, gone, retired};
use super::syntax::{label, one_line};
use crate::arn::Arn;
use crate::schema;

mod composition;

/// An exemption that ends within so many days is worth a warning.
const SOON: i64 = 14;

impl Checked {
    /// Adds what is wrong with policies that load: all that Cedar's strict validator
    /// says against the schema, and what it cannot know. With `today`, also exemptions
    /// that have expired or soon will.
    pub fn lint(&mut self, today: Option<Date>) {
        let mut found = self.undeclared_units();
        found.extend(self.circular_unit());
        found.extend(self.of_composition());
        for read in self.read.values() {
            // Nothing is wrong with the default bundle; what the settings have otherwise is
            // told where they say it.
            if read.origin != Origin::Own {
                continue;
            }
            let written = Written {
                source: self.source(&read.file),
                span: read.span,
                policy: &read.policy,
                json: &read.json,
            };
            let mut of_policy = self.of_policy(&written);
            if read.policy.effect() == Effect::Permit {
                of_policy.extend(self.of_exemption(&written, today));
            }
            of_policy.retain(|wrong| !written.is_meant(wrong.code));
            found.extend(of_policy);
        }
        self.diagnostics.extend(found);
        let found = self.of_cedar();
        self.diagnostics.extend(found);
    }

    /// Units that the settings put accounts or units into, and that nobody has declared.
    fn undeclared_units(&self) -> Vec<Diagnostic> {
        let (settings, organization) = (&self.bundle.settings, &self.bundle.organization);
        let of_accounts = settings.accounts.values().map(|account| &account.unit);
        let of_units = settings.units.values().map(|unit| &unit.parent);
        let source = self.source(SETTINGS);
        let unknown = of_accounts
            .chain(of_units)
            .flatten()
            .filter(|unit| !organization.units.contains_key(*unit));
        unknown
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
            .collect()
    }

    /// A unit that is above itself.
    fn circular_unit(&self) -> Option<Diagnostic> {
        let circle = self.bundle.organization.circle()?;
        let [unit, above, ..] = circle.as_slice() else {
            return None;
        };
        let by_settings = self.bundle.settings.units.contains_key(*unit);
        let source = self.source(match by_settings {
            true => SETTINGS,
            false => ORGANIZATION,
        });
        let message = format!("the unit `{unit}` is above itself: {}", circle.join(" in "));
        let place = super::organization::place(source, above);
        Some(source.error("circular-unit", place, message))
    }

    fn of_policy(&self, written: &Written<'_>) -> Vec<Diagnostic> {
        let entities = policy::entities(written.json);
        let unknown = |(kind, id): &(String, String)| self.unknown_entity(written, kind, id);
        let mut found: Vec<Diagnostic> = entities.iter().filter_map(unknown).collect();
        for attribute in policy::asked_attributes(written.json) {
            if !schema::has_attribute(&attribute) {
                let wrong = written.error_on(
                    &format!("has {attribute}"),
                    "unknown-attribute",
                    format!("nothing has an attribute `{attribute}`, so that this is never true"),
                );
                found.push(wrong.suggest(&attribute, schema::attributes()));
            }
        }
        for (kind, id) in policy::read_by_name(written.json) {
            let message = format!(
                "nobody knows the attributes of `{kind}::{id:?}` while an event is judged, but for its own actor and target"
            );
            let wrong = written.error_on(&id, "attribute-by-name", message);
            found.push(wrong.help("ask `principal`, `resource` or `resource.owner` for them"));
        }
        for step in self.steps_not_allowed(written) {
            let wrong = written
                .error_in("respond", "step-not-allowed", format!("the settings do not allow `{step}`"))
                .help(format!(
                    "allow it, `[allow] steps = [\"{step}\"]`, or say that it is meant to stand in the plan as withheld: `@meant(\"step-not-allowed\")`"
                ));
            found.push(wrong);
        }
        if is_about_everything(written.json) {
            let (code, message) = match written.policy.effect() {
                Effect::Forbid => (
                    "matches-everything",
                    "the guardrail is violated by every activity",
                ),
                Effect::Permit => (
                    "exempts-everybody",
                    "the exemption is for everybody and everything",
                ),
            };
            let wrong = written.error(code, message);
            found.push(wrong.help("narrow its scope, or give it a condition"));
        }
        found
    }

    fn steps_not_allowed(&self, written: &Written<'_>) -> Vec<&'static str> {
        let id = written.annotation("id").unwrap_or_default();
        let guardrail = self.bundle.guardrails.get(&PolicyId::new(id));
        let steps = guardrail
            .into_iter()
            .flat_map(|guardrail| &guardrail.respond);
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
                let arn = Arn::parse(id);
                let account = arn.map(|arn| arn.account).filter(|id| id.len() == 12);
                let resource = arn.map(|arn| arn.resource).unwrap_or_default();
                let wants = match kind {
                    "User" => resource.strip_prefix("user/").is_some_and(is_bare),
                    "Role" => resource.starts_with("role/") && !resource.contains(['*', '?']),
                    "RoleSession" => resource
                        .strip_prefix("assumed-role/")
                        .and_then(|rest| rest.split_once('/'))
                        .is_some_and(|(role, session)| !role.is_empty() && is_bare(session)),
                    _ => true,
                };
                match account {
                    Some(_) if !wants => Some(
                        wrong("malformed-arn", format!("`{id}` is not how events name a {}", kind.to_lowercase())).help(
                            match kind {
                                "User" => "write `arn:aws:iam::ACCOUNT:user/NAME`, without the path and without wildcards",
                                "RoleSession" => "one session is `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`; for all of a role's, ask `principal has role && principal.role == \"ROLE\"`",
                                _ => "write `arn:aws:iam::ACCOUNT:role/PATH/NAME`, without wildcards",
                            },
                        ),
                    ),
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

    fn of_exemption(&self, written: &Written<'_>, today: Option<Date>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let exempts = written.annotation("exempts").unwrap_or_default();
        for guardrail in exempts.split_whitespace() {
            let known = || self.bundle.guardrails.keys().map(AsRef::as_ref);
            // A guardrail that is broken has been told already.
            let is_broken = self.broken.contains(guardrail);
            let now = self.bundle.replaced_by(guardrail);
            if !now.is_empty() {
                let wrong =
                    written.error_in("exempts", "retired-guardrail", retired(guardrail, now));
                found.push(wrong.help(RETIRED).warning());
            } else if self.bundle.is_gone(guardrail) {
                let wrong = written.error_in("exempts", "retired-guardrail", gone(guardrail));
                found.push(wrong.help(GONE).warning());
            } else if guardrail != "*" && !is_broken && !known().any(|id: &str| id == guardrail) {
                let wrong = written
                    .error_in(
                        "exempts",
                        "unknown-guardrail",
                        format!("there is no guardrail `{guardrail}`"),
                    )
                    .suggest(guardrail, known());
                found.push(wrong);
            }
        }
        let expires = written
            .annotation("expires")
            .and_then(|text| text.parse::<Date>().ok());
        let (Some(today), Some(expires)) = (today, expires) else {
            return found;
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
            found.push(wrong);
        } else if i64::from(days) <= SOON {
            let text = match days {
                0 => "the exemption expires today".to_owned(),
                1 => "the exemption expires tomorrow".to_owned(),
                days => format!("the exemption expires in {days} days, on {expires}"),
            };
            let wrong = written
                .error_in("expires", "expiring-exemption", text)
                .warning();
            found.push(wrong);
        }
        found
    }

    /// Cedar's strict validator; each of its warnings is an error: a guardrail that
    /// can never match looks like one that never had to.
    fn of_cedar(&self) -> Vec<Diagnostic> {
        let networks = &self.bundle.settings.networks;
        let text = schema::cedar(networks.keys().map(String::as_str));
        let schema = match Schema::from_cedarschema_str(&text) {
            Ok((schema, _)) => schema,
            Err(error) => {
                let message = format!("the schema cannot be made from the settings: {error}");
                return vec![self.source(SETTINGS).error("schema", (0, 0), message)];
            }
        };
        let validator = Validator::new(schema);
        let mut found = Vec::new();
        for policies in [&self.bundle.policies, &self.bundle.permits] {
            // Those of the default bundle are valid whatever networks there are, and to
            // validate them takes half a second.
            let is_own = |policy: &&Policy| {
                let read = self.read.get(policy.id().as_ref() as &str);
                read.is_none_or(|read| read.origin == Origin::Own)
            };
            let own = PolicySet::from_policies(policies.policies().filter(is_own).cloned());
            let own = match own {
                Ok(own) => own,
                Err(error) => {
                    let message = format!("the policies are no set: {error}");
                    return vec![self.source(SETTINGS).error("schema", (0, 0), message)];
                }
            };
            let result = validator.validate(&own, ValidationMode::Strict);
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
        found
    }

    fn of_validator(
        &self,
        code: &'static str,
        id: &str,
        error: &(impl miette::Diagnostic + ToString),
    ) -> Option<Diagnostic> {
        let read = self.read.get(id)?;
        let source = self.source(&read.file);
        let start = read.span.0;
        let span = label(error).map_or((start, start + 1), |(from, to)| (start + from, start + to));
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

/// Whether a user's name stands alone, as in policies: a path would match nobody.
fn is_bare(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '*', '?'])
}

/// Whether a policy has no condition and its scope leaves nothing out.
fn is_about_everything(json: &Value) -> bool {
    let any =
        |part: &str| json.pointer(&format!("/{part}/op")).and_then(Value::as_str) == Some("All");
    let conditions = json.get("conditions").and_then(Value::as_array);
    any("principal") && any("action") && any("resource") && conditions.is_none_or(Vec::is_empty)
}
