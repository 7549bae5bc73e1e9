//! Properties of one's own: `properties/*.cedar`.
//!
//! A property is a `permit` that says which activities it is about, and `@expect` says
//! what must be so for each of them, whatever exemptions there are.

use std::str::FromStr;

use cedar_policy::{Policy, PolicySet, Schema, ValidationMode, Validator};
use keyrail_core::words::StepName;
use keyrail_core::{Bundle, schema};
use serde_json::Value;

use crate::error::ProveError;

/// What must be so for the activities of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Some guardrail is violated, and not exempt.
    Alert,
    /// None is.
    NoAlert,
    /// No exemption covers any.
    NoExemption,
    /// Some guardrail that names this step is violated, and not exempt.
    Step(StepName),
}

/// One property.
#[derive(Debug, Clone)]
pub struct Property {
    /// Its `@id`.
    pub id: String,
    /// Its `@title`: what it claims, in words for people.
    pub title: String,
    /// The file that it is in, by its path within the bundle.
    pub file: String,
    /// What must be so.
    pub expect: Expect,
    pub(crate) policy: Value,
}

const EXPECTED: &str = "alert, no-alert, no-exemption, or a step such as deactivate-key";

impl FromStr for Expect {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "alert" => Ok(Self::Alert),
            "no-alert" => Ok(Self::NoAlert),
            "no-exemption" => Ok(Self::NoExemption),
            step => step
                .parse()
                .map(Self::Step)
                .map_err(|_| format!("`@expect`: `{word}` is not one of {EXPECTED}")),
        }
    }
}

/// Where Cedar sees a mistake, in bytes.
fn place_of(error: &impl miette::Diagnostic) -> usize {
    let first = error.labels().and_then(|mut labels| labels.next());
    first.map_or(0, |label| label.offset())
}

fn wrong_at(file: &str, text: &str, at: usize, message: String) -> ProveError {
    let before = text.get(..at).unwrap_or_default();
    let (lines, last) = match before.rsplit_once('\n') {
        Some((lines, last)) => (lines.matches('\n').count() + 1, last),
        None => (0, before),
    };
    ProveError::Property {
        file: file.to_owned(),
        line: lines + 1,
        column: last.chars().count() + 1,
        message,
    }
}

impl Property {
    /// The properties in the files of a bundle.
    ///
    /// # Errors
    ///
    /// If a file is not Cedar, or a policy in it is not a property.
    pub fn read<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        bundle: &Bundle,
    ) -> Result<Vec<Self>, ProveError> {
        let networks = bundle.settings.networks.keys().map(String::as_str);
        let (schema, _) = Schema::from_cedarschema_str(&schema::cedar(networks))
            .map_err(|error| ProveError::Bug(format!("the schema: {error}")))?;
        let validator = Validator::new(schema);
        let mut properties = Vec::new();
        for (file, text) in files {
            let wrong = |at: usize, message: String| wrong_at(file, text, at, message);
            let policies = PolicySet::from_str(text)
                .map_err(|error| wrong(place_of(&error), error.to_string()))?;
            if policies.templates().next().is_some() {
                let at = text.find('?').unwrap_or_default();
                return Err(wrong(
                    at,
                    "a property has no slots such as `?principal`".to_owned(),
                ));
            }
            let checked = validator.validate(&policies, ValidationMode::Strict);
            if let Some(error) = checked.validation_errors().next() {
                return Err(wrong(place_of(error), error.to_string()));
            }
            for policy in policies.policies() {
                let id = policy.annotation("id").unwrap_or_default();
                let at = text.find(&format!("@id({id:?})")).unwrap_or_default();
                properties.push(Self::of(file, policy).map_err(|message| wrong(at, message))?);
            }
        }
        properties.sort_by(|a: &Self, b| a.id.cmp(&b.id));
        if let Some([first, second]) = properties
            .array_windows()
            .find(|[first, second]| first.id == second.id)
        {
            return Err(ProveError::Property {
                file: second.file.clone(),
                line: 1,
                column: 1,
                message: format!(
                    "there is another property `{}`, in `{}`",
                    first.id, first.file
                ),
            });
        }
        Ok(properties)
    }

    fn of(file: &str, policy: &Policy) -> Result<Self, String> {
        let id = policy.annotation("id").ok_or("a property has no `@id`")?;
        let needs = |name: &str, help: &str| {
            let text = policy.annotation(name);
            text.ok_or_else(|| format!("property `{id}` has no `@{name}`: {help}"))
        };
        let title = needs("title", "say what it claims")?;
        let expect = needs("expect", &format!("one of {EXPECTED}"))?;
        let expect = expect
            .parse()
            .map_err(|error| format!("property `{id}`: {error}"))?;
        if policy.effect() != cedar_policy::Effect::Permit {
            return Err(format!(
                "property `{id}` is a `forbid`: write `permit`, for the activities that it is about"
            ));
        }
        Ok(Self {
            id: id.to_owned(),
            title: title.to_owned(),
            file: file.to_owned(),
            expect,
            policy: policy.to_json().map_err(|error| error.to_string())?,
        })
    }
}
