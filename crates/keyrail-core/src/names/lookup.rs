//! What IAM knows of a user and no event tells: tags, groups, attached policies.
//!
//! Asking costs a round trip, so that only the policies that read such facts wait for
//! them. Which those are is found in their text.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A sort of fact that must be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lookup {
    /// The groups that a user is in.
    Groups,
    /// The managed policies that are attached to a user.
    Policies,
    /// A user's tags.
    Tags,
}

/// What was looked up of one user. What was not asked for is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFacts {
    /// Which facts these are.
    pub known: BTreeSet<Lookup>,
    /// The names of the user's groups.
    pub groups: BTreeSet<String>,
    /// The ARNs of the managed policies attached to it.
    pub policies: BTreeSet<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Lookup {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Groups, Self::Policies, Self::Tags];

    /// The IAM action that looks it up.
    #[must_use]
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Groups => "iam:ListGroupsForUser",
            Self::Policies => "iam:ListAttachedUserPolicies",
            Self::Tags => "iam:ListUserTags",
        }
    }

    /// The name by which a fact that is not known is told.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::Policies => "policies",
            Self::Tags => "tags",
        }
    }
}

/// What a policy needs to have looked up, from Cedar's JSON form of it.
pub(crate) fn needed_by(policy: &Value) -> BTreeSet<Lookup> {
    fn collect(json: &Value, found: &mut BTreeSet<Lookup>) {
        match json {
            Value::Object(object) => {
                for (name, value) in object {
                    match (name.as_str(), value) {
                        ("hasTag" | "getTag", _) => {
                            found.insert(Lookup::Tags);
                        }
                        ("attr", Value::String(attribute)) if attribute == "policies" => {
                            found.insert(Lookup::Policies);
                        }
                        ("type" | "entity_type", Value::String(kind)) if kind == "Group" => {
                            found.insert(Lookup::Groups);
                        }
                        _ => {}
                    }
                    collect(value, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    collect(policy, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use cedar_policy::Policy;

    use super::*;

    #[test]
    fn a_policy_needs_what_its_text_reads() {
        for (condition, expected) in [
            ("context.succeeded", vec![]),
            (r#"principal.hasTag("team")"#, vec![Lookup::Tags]),
            (
                r#"resource has owner && resource.owner.getTag("team") == "x""#,
                vec![Lookup::Tags],
            ),
            (
                r#"principal in Group::"arn:aws:iam::111122223333:group/a" || principal.policies.contains("p")"#,
                vec![Lookup::Groups, Lookup::Policies],
            ),
        ] {
            let text =
                format!("forbid (principal is User, action, resource) when {{ {condition} }};");
            let policy = Policy::parse(None, &text).expect("it is Cedar");
            let json = policy.to_json().expect("it has a JSON form");
            assert_eq!(
                needed_by(&json),
                expected.into_iter().collect(),
                "{condition}"
            );
        }
    }
}
