//! The organization: which accounts there are, and in which units. From
//! `organization.json`, which `keyrail org pull` writes, and from the settings, which
//! have the last word.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::diagnostic::{Diagnostic, Source};
use super::settings::{Account, Settings, Unit};
use crate::id::AccountId;

/// Accounts and units by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organization {
    /// Accounts by id.
    pub accounts: BTreeMap<String, Account>,
    /// Units by id.
    pub units: BTreeMap<String, Unit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "$schema", default)]
    _schema: Option<String>,
    #[serde(default)]
    accounts: Vec<AccountRow>,
    #[serde(default)]
    units: Vec<UnitRow>,
}

/// An account, as `organization.json` has it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRow {
    /// Twelve digits.
    pub id: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The unit that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A unit, as `organization.json` has it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitRow {
    /// Such as `ou-abcd-11112222`.
    pub id: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The unit above it; the organization's root has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

impl Organization {
    /// Reads `organization.json`, and everything that is wrong with it.
    pub(super) fn read(source: Source<'_>) -> (Self, Vec<Diagnostic>) {
        let file = match serde_json::from_str::<Map<String, Value>>(source.text) {
            Ok(_) => serde_json::from_str::<File>(source.text),
            Err(error) => Err(error),
        };
        let file = match file {
            Ok(file) => file,
            Err(error) => {
                let lines: usize = source
                    .text
                    .split_inclusive('\n')
                    .take(error.line().saturating_sub(1))
                    .map(str::len)
                    .sum();
                let at = lines + error.column().saturating_sub(1);
                let message = error.to_string();
                let message = message.split(" at line").next().unwrap_or_default();
                let wrong = source.error("organization-syntax", (at, at + 1), message);
                return (Self::default(), vec![wrong]);
            }
        };
        let mut found = Vec::new();
        let mut organization = Self::default();
        let twice = |id: &str| {
            let message = format!("`{id}` stands twice");
            source.error("organization-value", last_place(source, id), message)
        };
        for row in file.units {
            let unit = Unit {
                name: row.name,
                parent: row.parent,
                mode: None,
            };
            if organization.units.insert(row.id.clone(), unit).is_some() {
                found.push(twice(&row.id));
            }
        }
        for parent in organization
            .units
            .values()
            .filter_map(|unit| unit.parent.as_ref())
        {
            found.extend(organization.unknown_unit(source, parent));
        }
        for row in file.accounts {
            if row.id.parse::<AccountId>().is_err() {
                let message = format!("`{}` is not an account: twelve digits", row.id);
                found.push(source.error("organization-value", place(source, &row.id), message));
            }
            if let Some(unit) = &row.unit {
                found.extend(organization.unknown_unit(source, unit));
            }
            let account = Account {
                name: row.name,
                unit: row.unit,
                mode: None,
            };
            if organization
                .accounts
                .insert(row.id.clone(), account)
                .is_some()
            {
                found.push(twice(&row.id));
            }
        }
        (organization, found)
    }

    fn unknown_unit(&self, source: Source<'_>, unit: &str) -> Option<Diagnostic> {
        if self.units.contains_key(unit) {
            return None;
        }
        let message = format!("there is no unit `{unit}` in `units`");
        let wrong = source.error("unknown-unit", place(source, unit), message);
        Some(wrong.suggest(unit, self.units.keys().map(String::as_str)))
    }

    /// Adds what the settings say of accounts and units.
    pub(super) fn merge(&mut self, settings: &Settings) {
        for (id, unit) in &settings.units {
            let known = self.units.entry(id.clone()).or_default();
            known.name = unit.name.clone().or(known.name.take());
            known.parent = unit.parent.clone().or(known.parent.take());
            known.mode = unit.mode;
        }
        for (id, account) in &settings.accounts {
            let known = self.accounts.entry(id.clone()).or_default();
            known.name = account.name.clone().or(known.name.take());
            known.unit = account.unit.clone().or(known.unit.take());
            known.mode = account.mode;
        }
    }

    /// The units that an account is in, the nearest first. Units in a circle are
    /// each named once.
    #[must_use]
    pub fn units_of(&self, account: &str) -> Vec<&str> {
        let account = self.accounts.get(account);
        self.chain(account.and_then(|account| account.unit.as_deref()))
    }

    /// The first of the units that are above themselves, and those from it up to it.
    pub(super) fn circle(&self) -> Option<Vec<&str>> {
        self.units.iter().find_map(|(id, unit)| {
            let chain = self.chain(unit.parent.as_deref());
            let length = chain.iter().position(|above| above == id)?;
            let above = chain.into_iter().take(length + 1);
            Some(std::iter::once(id.as_str()).chain(above).collect())
        })
    }

    /// A unit and those above it.
    fn chain<'o>(&'o self, unit: Option<&'o str>) -> Vec<&'o str> {
        let mut chain: Vec<&str> = Vec::new();
        let mut next = unit;
        while let Some(unit) = next.filter(|unit| !chain.contains(unit)) {
            chain.push(unit);
            next = self.units.get(unit).and_then(|unit| unit.parent.as_deref());
        }
        chain
    }
}

/// Where a text first stands in quotes.
pub(super) fn place(source: Source<'_>, text: &str) -> (usize, usize) {
    let at = source.text.find(&format!("\"{text}\"")).unwrap_or_default();
    (at, at + text.len() + 2)
}

/// Where a text last stands in quotes.
fn last_place(source: Source<'_>, text: &str) -> (usize, usize) {
    let at = source
        .text
        .rfind(&format!("\"{text}\""))
        .unwrap_or_default();
    (at, at + text.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_in_its_unit_and_those_above_it() {
        let text = r#"{
  "units": [{"id": "r-root"}, {"id": "ou-a", "parent": "r-root"}, {"id": "ou-b", "parent": "ou-a"}],
  "accounts": [{"id": "111122223333", "name": "payments", "unit": "ou-b"}]
}"#;
        let source = Source {
            name: "organization.json",
            text,
        };
        let (mut organization, found) = Organization::read(source);
        assert_eq!(found, []);
        assert_eq!(
            organization.units_of("111122223333"),
            ["ou-b", "ou-a", "r-root"]
        );
        assert_eq!(organization.units_of("444455556666"), [""; 0]);
        let mut settings = Settings::default();
        let circle = Unit {
            parent: Some("ou-b".to_owned()),
            ..Unit::default()
        };
        settings.units.insert("ou-a".to_owned(), circle);
        assert_eq!(organization.circle(), None);
        organization.merge(&settings);
        assert_eq!(organization.circle(), Some(vec!["ou-a", "ou-b", "ou-a"]));
        assert_eq!(organization.units_of("111122223333"), ["ou-b", "ou-a"]);
    }

    #[test]
    fn mistakes_are_told_with_their_places() {
        for (text, expected) in [
            (
                "{\n  \"acounts\": []\n}",
                "organization.json:2:11: unknown field `acounts`, expected one of `$schema`, `accounts`, `units`",
            ),
            (
                "{\"accounts\": [{\"id\": \"12\"}]}",
                "organization.json:1:22: `12` is not an account: twelve digits",
            ),
            (
                "{\"accounts\": [{\"id\": \"111122223333\", \"unit\": \"ou-x\"}]}",
                "organization.json:1:46: there is no unit `ou-x` in `units`",
            ),
            (
                "{\"units\": [{\"id\": \"ou-a\", \"parent\": \"r-b\"}]}",
                "organization.json:1:37: there is no unit `r-b` in `units`",
            ),
            (
                "{\"accounts\": [{\"id\": \"111122223333\"},\n{\"id\": \"111122223333\"}]}",
                "organization.json:2:8: `111122223333` stands twice",
            ),
            (
                "{\"units\": [{\"id\": \"ou-a\"},\n{\"id\": \"ou-a\"}]}",
                "organization.json:2:8: `ou-a` stands twice",
            ),
        ] {
            let source = Source {
                name: "organization.json",
                text,
            };
            let found: Vec<String> = Organization::read(source)
                .1
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(found, [expected]);
        }
    }
}
