//! The organization: which accounts there are, and in which units. From
//! `organization.json`, which `keyrail org pull` writes, and from the settings, which
//! have the last word.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
        let file: File = match serde_json::from_str(source.text) {
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
        for row in file.units {
            let unit = Unit {
                name: row.name,
                parent: row.parent,
                mode: None,
            };
            organization.units.insert(row.id, unit);
        }
        for row in file.accounts {
            if row.id.parse::<AccountId>().is_err() {
                let message = format!("`{}` is no account: twelve digits", row.id);
                found.push(source.error("organization-value", place(source, &row.id), message));
            }
            if let Some(unit) = row
                .unit
                .as_ref()
                .filter(|unit| !organization.units.contains_key(*unit))
            {
                let message = format!("there is no unit `{unit}` in `units`");
                let wrong = source.error("unknown-unit", place(source, unit), message);
                found.push(wrong.suggest(unit, organization.units.keys().map(String::as_str)));
            }
            let account = Account {
                name: row.name,
                unit: row.unit,
                mode: None,
            };
            organization.accounts.insert(row.id, account);
        }
        (organization, found)
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
        let mut chain: Vec<&str> = Vec::new();
        let mut next = self
            .accounts
            .get(account)
            .and_then(|account| account.unit.as_deref());
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
        organization.merge(&settings);
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
                "organization.json:1:22: `12` is no account: twelve digits",
            ),
            (
                "{\"accounts\": [{\"id\": \"111122223333\", \"unit\": \"ou-x\"}]}",
                "organization.json:1:46: there is no unit `ou-x` in `units`",
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
