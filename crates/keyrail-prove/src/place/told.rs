//! What policies can tell activities apart by.

use std::collections::BTreeSet;

use keyrail_core::schema::PRINCIPALS;
use keyrail_core::taxonomy::Group;
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

/// Whether a name matches a pattern of Cedar's `like`. The last wildcard takes more as long
/// as the rest does not match; those before it need not.
fn is_like(name: &str, pattern: &[Value]) -> bool {
    let literal = |at: usize| pattern.get(at)?.get("Literal")?.as_str();
    let (mut rest, mut at) = (name, 0);
    let mut wildcard: Option<(usize, &str)> = None;
    loop {
        if at == pattern.len() && rest.is_empty() {
            return true;
        }
        if let Some(after) = literal(at).and_then(|literal| rest.strip_prefix(literal)) {
            (rest, at) = (after, at + 1);
        } else if at < pattern.len() && literal(at).is_none() {
            at += 1;
            wildcard = Some((at, rest));
        } else if let Some((after, from)) = wildcard {
            let mut longer = from.chars();
            if longer.next().is_none() {
                return false;
            }
            (rest, at) = (longer.as_str(), after);
            wildcard = Some((after, rest));
        } else {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_like;

    #[test]
    fn a_name_is_like_a_pattern_as_in_cedar() {
        let any = json!("Wildcard");
        let is = |text: &str| json!({ "Literal": text });
        for (name, pattern, expected) in [
            ("", vec![], true),
            ("a", vec![], false),
            ("iam:CreateUser", vec![is("iam:"), any.clone()], true),
            ("iam:CreateUser", vec![any.clone(), is("Role")], false),
            ("aXbXc", vec![any.clone(), is("X"), is("c")], true),
            ("abab", vec![any.clone(), is("ab")], true),
            ("abab", vec![is("ab"), any.clone(), is("abab")], false),
            ("é", vec![any.clone(), is("é")], true),
        ] {
            assert_eq!(is_like(name, &pattern), expected, "{name} {pattern:?}");
        }
        // Many wildcards in a row are one.
        let many = [vec![any; 40], vec![is("z")]].concat();
        assert!(!is_like(&"a".repeat(200), &many));
    }
}
