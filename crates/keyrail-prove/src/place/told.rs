//! What policies can tell activities apart by.

use std::collections::BTreeSet;

use keyrail_core::activity::taxonomy::Group;
use keyrail_core::schema::PRINCIPALS;
use serde_json::Value;

use crate::expression::parts;

/// What policies can tell actions apart by: their texts, and patterns.
pub(super) struct Told {
    pub(super) texts: BTreeSet<String>,
    patterns: Vec<Vec<Value>>,
}

impl Told {
    pub(super) fn by<'a>(policies: impl Iterator<Item = &'a Value>) -> Self {
        let mut told = Self {
            texts: BTreeSet::new(),
            patterns: Vec::new(),
        };
        for policy in policies {
            for part in parts(policy) {
                if let Some(text) = part.as_str() {
                    told.texts.insert(text.to_owned());
                }
                if let Some(pattern) = part.pointer("/like/pattern").and_then(Value::as_array) {
                    told.patterns.push(pattern.clone());
                }
            }
        }
        told
    }

    /// Whether a policy names a group.
    pub(super) fn names(&self, group: Group) -> bool {
        self.texts.contains(group.as_str())
    }

    /// The types of who acts, of those that no policy names one.
    pub(super) fn principals(&self) -> Vec<&'static str> {
        // Of these the world says more than of others. People know them best, and what is
        // shown is of the first that has one.
        let known = ["User", "RoleSession", "Root", "AwsService"];
        let rest = PRINCIPALS.into_iter().filter(|kind| !known.contains(kind));
        let (named, others): (Vec<&str>, Vec<&str>) =
            rest.partition(|kind| self.texts.contains(*kind));
        // It is in no account, as the others are.
        let (outside, inside): (Vec<&str>, Vec<&str>) = others
            .into_iter()
            .partition(|kind| *kind == "ForeignAccount");
        let one = inside.into_iter().take(1);
        let all = known.into_iter().chain(named).chain(one);
        all.chain(outside).collect()
    }

    /// What distinguishes an action by its name.
    pub(super) fn marks(&self, name: &str) -> (Option<String>, Vec<usize>) {
        let matched = self.patterns.iter().enumerate();
        let matched = matched.filter(|(_, pattern)| is_like(name, pattern));
        (
            self.texts.get(name).cloned(),
            matched.map(|(place, _)| place).collect(),
        )
    }
}

/// Whether a name matches a pattern of Cedar's `like`.
fn is_like(name: &str, pattern: &[Value]) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return name.is_empty();
    };
    match first.get("Literal").and_then(Value::as_str) {
        Some(literal) => name
            .strip_prefix(literal)
            .is_some_and(|name| is_like(name, rest)),
        None => name
            .char_indices()
            .map(|(at, _)| at)
            .chain([name.len()])
            .filter_map(|at| name.get(at..))
            .any(|name| is_like(name, rest)),
    }
}
