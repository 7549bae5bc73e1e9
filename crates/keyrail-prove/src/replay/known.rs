//! What is known of an event that is to be made, and how it is to look otherwise.

use jiff::civil::Date;
use keyrail_core::Bundle;
use keyrail_core::arn::Arn;
use keyrail_core::taxonomy::Group;
use serde_json::{Value, json};

use super::facts::{Facts, id_of};
use crate::place::Place;

/// How an event is to look where nothing is known.
#[derive(Clone, Copy)]
pub(in crate::replay) struct Look {
    /// In which of the action's groups it shows itself to be.
    pub(in crate::replay) group: Option<Group>,
    /// In which account, if it says nothing of that.
    pub(in crate::replay) account: &'static str,
    /// Whether what is absent is taken out of it, and not just left as in the example.
    pub(in crate::replay) is_bare: bool,
}

/// Of what is known, what an event shows.
pub(in crate::replay) struct Known<'a> {
    pub(in crate::replay) place: &'a Place,
    pub(in crate::replay) facts: &'a Facts,
    pub(in crate::replay) look: Look,
    pub(in crate::replay) bundle: &'a Bundle,
    /// The day on which it happens, if it says nothing of that.
    pub(in crate::replay) today: Date,
}

impl Known<'_> {
    pub(in crate::replay) fn fact(&self, name: &str) -> Option<&Value> {
        self.facts.get(name)
    }

    pub(in crate::replay) fn text(&self, name: &str) -> Option<&str> {
        self.fact(name)?.as_str()
    }

    pub(in crate::replay) fn flag(&self, name: &str) -> Option<bool> {
        self.fact(name)?.as_bool()
    }

    pub(in crate::replay) fn this_morning(&self) -> String {
        format!("{}T09:26:53Z", self.today)
    }

    /// The account that somebody is in: as it says, or one of the unit that it is in.
    pub(in crate::replay) fn account(&self, variable: &str) -> Option<String> {
        let within = self.fact(&format!("{variable} in"))?.as_array()?;
        let within: Vec<&str> = within.iter().filter_map(Value::as_str).collect();
        let is_account = |id: &String| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
        let of = |kind: &str| -> Vec<String> {
            let ids = within.iter().map(|text| Value::from(*text));
            ids.filter_map(|text| id_of(Some(&text), kind)).collect()
        };
        let named = of("Account").into_iter().find(is_account);
        named.or_else(|| {
            let units = of("OrgUnit");
            let accounts = self.bundle.organization.accounts.keys();
            let mut accounts = accounts.filter(|account| {
                let above = self.bundle.organization.units_of(account);
                above.iter().any(|unit| units.iter().any(|of| of == unit))
            });
            accounts.next().cloned()
        })
    }

    /// A name that AWS would take; else one to stand for it.
    pub(in crate::replay) fn name(&self, arn: Option<&str>, fact: &str, instead: &str) -> String {
        let is_name = |name: &&str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
        };
        let in_arn = arn.and_then(Arn::parse).filter(|arn| arn.path().is_some());
        let in_arn = in_arn.map(|arn| arn.name());
        let named = in_arn
            .filter(is_name)
            .or_else(|| self.text(fact).filter(is_name));
        named.unwrap_or(instead).to_owned()
    }
}

/// Sets what is at a path of objects.
pub(in crate::replay) fn put(place: &mut Value, path: &str, value: Value) {
    if !place.is_object() {
        *place = json!({});
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some(object) = place.as_object_mut() else {
        return;
    };
    let inner = object.entry(first).or_insert(Value::Null);
    match rest {
        "" => *inner = value,
        rest => put(inner, rest, value),
    }
}
