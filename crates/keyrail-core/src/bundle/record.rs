//! What a stamp says of the default bundle that a bundle builds on, so that a later keyrail can
//! tell what it has otherwise: a line of JSON for each guardrail, each group of actions, and the
//! facts and attributes of the schema.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::default::{Catalogue, Entry, catalogue, named};
use crate::schema;
use crate::taxonomy::{self, Group};

/// The default bundle of the keyrail that stamped a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The version of that keyrail.
    pub keyrail: String,
    /// Its guardrails, by id.
    pub guardrails: BTreeMap<String, Recorded>,
    /// The actions of each group.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// The facts and attributes that policies could read.
    pub attributes: BTreeSet<String>,
    /// Guardrails that it had no more, and with nothing in their place.
    pub gone: BTreeSet<String>,
}

/// A guardrail, as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its id.
    pub id: String,
    /// To which strength it belongs: `keys`, `recommended` or `strict`.
    pub strength: String,
    /// Whether it may contain: it has steps, and they were not held back.
    pub contains: bool,
    /// Its text.
    pub policy: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Guardrail(Recorded),
    Group(RecordedGroup),
    Attributes(BTreeSet<String>),
    Gone(BTreeSet<String>),
}

#[derive(Serialize, Deserialize)]
struct RecordedGroup {
    name: String,
    actions: BTreeSet<String>,
}

impl Record {
    /// What this keyrail has. Of what contains, what an earlier stamp does not have as
    /// containing stays so, unless it is named now.
    pub(super) fn of_this(before: Option<&Self>, is_named: impl Fn(&Entry<'_>) -> bool) -> Self {
        let guardrails = catalogue().values().map(|entry| {
            let may = before.is_none_or(|before| before.contained(entry)) || is_named(entry);
            let recorded = Recorded {
                id: entry.id.to_owned(),
                strength: entry.strength.as_str().to_owned(),
                contains: may && !entry.respond().is_empty(),
                policy: entry.text.to_owned(),
            };
            (entry.id.to_owned(), recorded)
        });
        let groups = Group::ALL.into_iter().map(|group| {
            let in_group = taxonomy::entries().filter(|entry| entry.groups.contains(&group));
            let actions = in_group.map(|entry| entry.action.to_owned());
            (group.as_str().to_owned(), actions.collect())
        });
        Self {
            keyrail: env!("CARGO_PKG_VERSION").to_owned(),
            guardrails: guardrails.collect(),
            groups: groups.collect(),
            attributes: schema::attributes().map(str::to_owned).collect(),
            gone: before.map(Self::gone_by_now).unwrap_or_default(),
        }
    }

    /// Reads a stamp; `None` if it holds no more than that the bundle was valid. What a later
    /// keyrail may have added is passed over.
    #[must_use]
    pub fn read(stamp: &str) -> Option<Self> {
        let mut lines = stamp.lines();
        let mut words = lines.next()?.split(' ').skip(2);
        let mut record = Self {
            keyrail: words.next()?.to_owned(),
            ..Self::default()
        };
        for line in lines.filter_map(|line| serde_json::from_str(line).ok()) {
            match line {
                Line::Guardrail(guardrail) => {
                    record.guardrails.insert(guardrail.id.clone(), guardrail);
                }
                Line::Group(RecordedGroup { name, actions }) => {
                    record.groups.insert(name, actions);
                }
                Line::Attributes(attributes) => record.attributes = attributes,
                Line::Gone(gone) => record.gone = gone,
            }
        }
        (!record.guardrails.is_empty()).then_some(record)
    }

    /// The first line of a stamp that `keyrail` has not written: what it said is lost.
    pub(super) fn damaged(stamp: &str) -> Option<Range<usize>> {
        let mut start = 0;
        for (number, line) in stamp.split_inclusive('\n').enumerate() {
            let text = line.trim_end();
            let is_whole = match number {
                0 => text.split(' ').nth(1) == Some("keyrail"),
                // `read` takes it in; here nothing of it is kept.
                _ => text.starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok(),
            };
            if !is_whole {
                return Some(start..start + text.len());
            }
            start += line.len();
        }
        None
    }

    /// As a stamp has it, after its first line.
    pub(super) fn lines(&self) -> Result<String, serde_json::Error> {
        let guardrails = self.guardrails.values().cloned().map(Line::Guardrail);
        let groups = self.groups.iter().map(|(name, actions)| {
            Line::Group(RecordedGroup {
                name: name.clone(),
                actions: actions.clone(),
            })
        });
        let attributes = [Line::Attributes(self.attributes.clone())];
        let gone = (!self.gone.is_empty()).then(|| Line::Gone(self.gone.clone()));
        let mut text = String::new();
        for line in guardrails.chain(groups).chain(attributes).chain(gone) {
            text.push_str(&serde_json::to_string(&line)?);
            text.push('\n');
        }
        Ok(text)
    }

    /// The guardrails, as if they were those that are compiled in.
    pub(super) fn catalogue(&self) -> Catalogue<'_> {
        let entries = self.guardrails.values().map(|recorded| {
            let mut entry = Entry::of("guardrails/recorded.cedar", &recorded.policy, "");
            entry.strength = recorded.strength.parse().unwrap_or_default();
            (recorded.id.as_str(), entry)
        });
        entries.collect()
    }

    /// Guardrails that this keyrail has no more, and with nothing in their place: whoever still
    /// names one has not misspelt it.
    pub(super) fn gone_by_now(&self) -> BTreeSet<String> {
        let known = self.guardrails.keys().chain(&self.gone);
        let is_gone = |id: &&String| named(catalogue(), id).is_empty();
        known.filter(is_gone).cloned().collect()
    }

    /// Whether a guardrail contained, by its id or by one that it had before.
    pub(super) fn contained(&self, entry: &Entry<'_>) -> bool {
        let mut ids = std::iter::once(&entry.id).chain(&entry.replaces);
        ids.any(|id| self.guardrails.get(*id).is_some_and(|found| found.contains))
    }
}
