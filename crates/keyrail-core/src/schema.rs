//! The Cedar schema: what policies can say, and about which events.
//!
//! Entities are written by hand; actions come from the taxonomy, so that the two
//! cannot differ. Judging needs no schema: it serves validation, proofs and editors.

use std::collections::BTreeSet;

use crate::taxonomy::{self, Entry, Group, Kind, TargetKind};

/// The actions by which policies know events without a name in the taxonomy.
pub(crate) const FALLBACKS: [&str; 5] = [
    "api-call",
    "exposure-notice",
    "finding",
    "service-event",
    "sign-in-event",
];

/// The kinds of event that policies judge.
pub const KINDS: [Kind; 5] = [
    Kind::ApiCall,
    Kind::Exposure,
    Kind::Finding,
    Kind::ServiceEvent,
    Kind::SignIn,
];

/// The types of who acts.
pub const PRINCIPALS: [&str; 10] = [
    "AwsService",
    "FederatedUser",
    "ForeignAccount",
    "IdentityCenterUser",
    "RoleSession",
    "Root",
    "SamlUser",
    "Unknown",
    "User",
    "WebIdentityUser",
];

/// The facts of the context, in order: name, type and meaning.
const FACTS: [(&str, &str, &str); 27] = [
    (
        "name",
        "String",
        "AWS's name of the action, such as \"iam:CreateAccessKey\".",
    ),
    (
        "succeeded",
        "Bool",
        "Absent from notices and findings, which report and do not try.",
    ),
    (
        "errorCode?",
        "String",
        "AWS's code for why it failed, such as \"AccessDenied\".",
    ),
    ("time", "datetime", "When it happened."),
    ("region", "String", "The Region of the call."),
    (
        "mfa?",
        "Bool",
        "Whether AWS checked a second factor. Absent for federated sign-in.",
    ),
    ("ip?", "ipaddr", "The caller's address, where AWS shows it."),
    (
        "networks?",
        "Set<Network>",
        "The named networks that the address is in. Absent without an address, or if no network is named.",
    ),
    (
        "service?",
        "String",
        "The AWS service that acted for the principal.",
    ),
    ("console?", "Bool", "Whether it came through the console."),
    (
        "userAgent?",
        "String",
        "The caller's program, as it calls itself.",
    ),
    (
        "tlsVersion?",
        "String",
        "The version of TLS, such as \"TLSv1.3\". Absent if an AWS service called.",
    ),
    (
        "sourceIdentity?",
        "String",
        "Who began the chain of role sessions, where that was set.",
    ),
    ("accessKeyId?", "String", "The key that signed the call."),
    (
        "temporary?",
        "Bool",
        "Whether that key belongs to a session.",
    ),
    (
        "self",
        "Bool",
        "Whether actor and target's user are the same.",
    ),
    (
        "own",
        "Bool",
        "Whether the target is a part of this keyrail.",
    ),
    (
        "misused",
        "Bool",
        "Whether a role of keyrail's function did what that function never does.",
    ),
    (
        "rootSession",
        "Bool",
        "A centralised root session (sts:AssumeRoot), shown by evidence.",
    ),
    (
        "administrator?",
        "Bool",
        "Whether administrator rights are granted, or belong to the user that a credential is for.",
    ),
    (
        "trust?",
        "String",
        "Whom a role's trust policy lets in, the widest: \"anybody\", \"issuer\" (an OIDC issuer without a condition on its subject), \"account\", \"organization\", \"vendor\" (an account with an external id). Absent where it lets in nobody but the role's own account, AWS services and accounts that the organization knows.",
    ),
    (
        "control?",
        "String",
        "The control about credentials that failed, such as \"IAM.3\": a standing state. Absent from all else.",
    ),
    (
        "findingSeverity?",
        "String",
        "How bad a finding says that it is: \"info\", \"low\", \"medium\", \"high\", \"critical\".",
    ),
    (
        "workflow?",
        "String",
        "What Security Hub says that people have made of a finding, such as \"NEW\".",
    ),
    (
        "sentBy?",
        "String",
        "The custom action of Security Hub by which somebody sent a finding on.",
    ),
    (
        "history?",
        "Past",
        "What came before, where a history is kept.",
    ),
    (
        "unknown",
        "Set<String>",
        "Facts whose evidence was omitted, truncated or malformed.",
    ),
];

/// The attributes of entities and of the history.
const ATTRIBUTES: [&str; 15] = [
    "contained",
    "kind",
    "launchedSincePasswordChange",
    "minutesSincePasswordChange",
    "name",
    "owner",
    "path",
    "policies",
    "role",
    "root",
    "session",
    "status",
    "surgeInstances",
    "surgeMinutes",
    "user",
];

/// The names of the facts that policies read as `context`.
pub fn facts() -> impl Iterator<Item = &'static str> {
    FACTS.iter().map(|(name, ..)| name.trim_end_matches('?'))
}

/// All facts and attributes that anything has.
pub fn attributes() -> impl Iterator<Item = &'static str> {
    facts().chain(ATTRIBUTES)
}

/// Whether anything has an attribute of this name.
pub(crate) fn has_attribute(name: &str) -> bool {
    attributes().any(|attribute| attribute == name)
}

/// The schema in Cedar's own syntax, for a bundle with these named networks.
#[must_use]
pub fn cedar<'n>(networks: impl IntoIterator<Item = &'n str>) -> String {
    cedar_of(networks, |entry| {
        Some(entry.groups.iter().copied().collect())
    })
}

/// The same with only some of the taxonomy's actions, in these groups.
#[must_use]
pub fn cedar_of<'n>(
    networks: impl IntoIterator<Item = &'n str>,
    groups_of: impl Fn(&Entry) -> Option<BTreeSet<Group>>,
) -> String {
    let mut schema = include_str!("schema.cedarschema").to_owned();
    let networks: Vec<String> = networks
        .into_iter()
        .map(|name| format!("{name:?}"))
        .collect();
    schema.push_str("\n// The networks that the settings name.\n");
    schema.push_str(&match networks.as_slice() {
        [] => "entity Network;\n".to_owned(),
        names => format!("entity Network enum [{}];\n", names.join(", ")),
    });
    schema.push_str("\n// What is known of a call or sign-in.\n");
    schema.push_str(&fact_type("Facts", |_| true));
    schema.push_str("\n// What is known of something that AWS reports.\n");
    schema.push_str(&fact_type("Notice", |name| name != "succeeded"));
    schema.push_str("\n// Groups.\n");
    for group in Group::ALL {
        schema.push_str(&format!("action \"{}\";\n", group.as_str()));
    }
    schema.push_str("\n// Whatever has no name of its own below.\n");
    for kind in KINDS {
        let resources = resource_of(kind);
        schema.push_str(&action(
            kind.fallback(),
            kind.groups(),
            None,
            resources,
            kind,
        ));
    }
    schema.push_str("\n// The taxonomy.\n");
    for entry in taxonomy::entries() {
        let Some(groups) = groups_of(entry) else {
            continue;
        };
        let fallback = Some(entry.kind.fallback());
        let groups: Vec<Group> = groups.into_iter().collect();
        schema.push_str(&action(
            entry.action,
            &groups,
            fallback,
            resource(entry),
            entry.kind,
        ));
    }
    schema
}

fn fact_type(name: &str, has: impl Fn(&str) -> bool) -> String {
    let lines = FACTS
        .iter()
        .filter(|(fact, ..)| has(fact))
        .map(|(fact, kind, meaning)| format!("  // {meaning}\n  {fact}: {kind},\n"));
    format!("type {name} = {{\n{}}};\n", lines.collect::<String>())
}

fn action(
    name: &str,
    groups: &[Group],
    fallback: Option<&str>,
    resources: &str,
    kind: Kind,
) -> String {
    let context = match kind {
        Kind::Exposure | Kind::Finding => "Notice",
        Kind::ApiCall | Kind::Other | Kind::ServiceEvent | Kind::SignIn | Kind::Unrecognised => {
            "Facts"
        }
    };
    let parents: Vec<String> = groups
        .iter()
        .map(|group| group.as_str())
        .chain(fallback)
        .map(|parent| format!("\"{parent}\""))
        .collect();
    let parents = match parents.as_slice() {
        [] => String::new(),
        parents => format!(" in [{}]", parents.join(", ")),
    };
    let principals = PRINCIPALS.join(", ");
    format!(
        "action \"{name}\"{parents} appliesTo {{\n  principal: [{principals}],\n  resource: [{resources}],\n  context: {context},\n}};\n"
    )
}

/// The type of what an action is done to.
#[must_use]
pub fn resource(entry: &Entry) -> &'static str {
    match entry.target {
        TargetKind::AccessKey => "AccessKey",
        target if target.is_credential() => "Credential",
        _ => "Resource",
    }
}

/// The same for what has no name in the taxonomy.
#[must_use]
pub fn resource_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Exposure | Kind::Finding => "AccessKey",
        Kind::ApiCall | Kind::Other | Kind::ServiceEvent | Kind::SignIn | Kind::Unrecognised => {
            "Resource"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_that_is_judged_has_its_fallback() {
        assert_eq!(KINDS.map(Kind::fallback), FALLBACKS);
    }

    #[test]
    fn the_schema_is_cedars() {
        let parsed = cedar_policy::Schema::from_cedarschema_str(&cedar(["office"]));
        assert!(parsed.is_ok(), "{:?}", parsed.err());
    }
}
