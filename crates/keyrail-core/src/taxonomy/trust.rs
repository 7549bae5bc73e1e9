//! Whom a role's trust policy lets in.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::{conditions, document, glob, list, statements};
use super::parameters::{home, text_is};
use crate::arn::{Arn, account_in};
use crate::json::Json;

/// Whom a trust policy lets in beside the role's own account and AWS services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Trust {
    /// Whether it lets in everybody.
    pub(crate) anybody: bool,
    /// Other accounts.
    pub(crate) accounts: BTreeSet<String>,
    /// Other accounts that must show an external id, as vendors' do (IAM User Guide, "Access to AWS
    /// accounts owned by third parties", checked 2026-11-29).
    pub(crate) vendors: BTreeSet<String>,
    /// Whether it lets in everybody of an organization.
    pub(crate) organization: bool,
    /// OIDC issuers of which it lets in whomever they name (IAM User Guide, "Create a role for
    /// `OpenID` Connect federation", checked 2026-11-29).
    pub(crate) issuers: BTreeSet<String>,
}

impl Trust {
    /// What the policy at a path says; `None` if it is not shown, or cannot be read.
    pub(crate) fn read(record: &Json, path: &str) -> Option<Self> {
        let document = document(record, path)?;
        let home = home(record).unwrap_or_default();
        let mut trust = Self::default();
        for statement in statements(&document) {
            if text_is(&statement, "Effect", "Allow") && lets_assume(&statement) {
                trust.add(&statement, &home);
            }
        }
        // Whoever gets in without an external id needs none.
        let (vendors, accounts) = (&mut trust.vendors, &trust.accounts);
        vendors.retain(|account| !accounts.contains(account));
        Some(trust)
    }

    /// Whether it lets in anybody at all.
    pub(crate) fn is_open(&self) -> bool {
        *self != Self::default()
    }

    fn add(&mut self, statement: &Json, home: &str) {
        let asked = Asked::by(statement);
        if statement.at(&["NotPrincipal"]).is_some() {
            self.anybody = true;
        }
        let principals = match statement.at(&["Principal"]) {
            Some(Value::String(_)) => statement.at(&["Principal"]),
            _ => statement.at(&["Principal", "AWS"]),
        };
        for principal in list(principals).filter_map(Value::as_str) {
            let account = account_in(principal);
            match principal {
                "*" if !asked.accounts.is_empty() => {
                    for account in &asked.accounts {
                        self.add_account(account, home, &asked);
                    }
                }
                "*" if asked.organization => self.organization = true,
                "*" => self.anybody = true,
                // One account of an organization is not more than all of them.
                _ if asked.organization && is_account(account) && account != home => {
                    self.organization = true;
                }
                _ => self.add_account(account, home, &asked),
            }
        }
        for provider in list(statement.at(&["Principal", "Federated"])).filter_map(Value::as_str) {
            if let Some(issuer) = issuer(provider)
                && !asked.subjects.iter().any(|of| of == &issuer)
            {
                self.issuers.insert(issuer);
            }
        }
    }

    fn add_account(&mut self, account: &str, home: &str, asked: &Asked) {
        if !is_account(account) || account == home {
            return;
        }
        let accounts = match asked.external_id {
            true => &mut self.vendors,
            false => &mut self.accounts,
        };
        accounts.insert(account.to_owned());
    }
}

/// What the conditions of a statement ask of whoever comes.
#[derive(Default)]
struct Asked {
    external_id: bool,
    organization: bool,
    accounts: BTreeSet<String>,
    /// The issuers whose subject is asked for.
    subjects: Vec<String>,
}

impl Asked {
    fn by(statement: &Json) -> Self {
        let mut asked = Self::default();
        for (operator, key, values) in conditions(statement) {
            let operator = operator.to_ascii_lowercase();
            // It is true of whoever shows nothing, too.
            if operator.starts_with("forallvalues:") {
                continue;
            }
            let operator = operator.rsplit(':').next().unwrap_or_default();
            // With `IfExists` whoever shows nothing is let in, too.
            let compares = [
                "stringequals",
                "stringequalsignorecase",
                "stringlike",
                "arnequals",
                "arnlike",
            ];
            let values: Vec<&str> = list(Some(values)).filter_map(Value::as_str).collect();
            let is_narrow = |value: &&str| !value.starts_with('*');
            if !compares.contains(&operator) || !values.iter().all(is_narrow) || values.is_empty() {
                continue;
            }
            let key = key.to_ascii_lowercase();
            match key.as_str() {
                "sts:externalid" => asked.external_id = true,
                "aws:principalorgid" | "aws:principalorgpaths" => asked.organization = true,
                "aws:principalaccount" | "aws:principalarn" | "aws:sourceaccount" => {
                    let accounts = values.iter().map(|value| account_in(value));
                    // An ARN of whatever account names none.
                    if accounts.clone().all(is_account) {
                        asked.accounts.extend(accounts.map(str::to_owned));
                    }
                }
                key => asked.subjects.extend(subject_of(key, &values)),
            }
        }
        asked
    }
}

/// The issuer of which a condition asks for the subject. A pool of Cognito's has its identities
/// told apart by the audience, and the consumer providers by the application's id.
fn subject_of(key: &str, values: &[&str]) -> Option<String> {
    let (issuer, claim) = key.rsplit_once(':')?;
    let names_subject = match (issuer, claim) {
        (issuer, "aud") if is_cognito(issuer) => true,
        ("accounts.google.com", "aud" | "oaud") => true,
        ("www.amazon.com" | "graph.facebook.com", "app_id" | "user_id" | "id") => true,
        (_, "sub") => values.iter().all(|value| names_somebody(value)),
        _ => false,
    };
    names_subject.then(|| issuer.to_owned())
}

/// Whether a pattern of subjects lets in some and not all. Public issuers begin them with a fixed word:
/// GitHub's is `repo:OWNER/NAME:…`, GitLab's `project_path:GROUP/NAME:…`, Terraform's and
/// Buildkite's `organization:NAME:…` (their pages on `OpenID` Connect with AWS, checked 2026-11-29).
fn names_somebody(pattern: &str) -> bool {
    let Some(wildcard) = pattern.find(['*', '?']) else {
        return true;
    };
    let literal = pattern.get(..wildcard).unwrap_or_default();
    match literal.split_once(':') {
        // `repo:acme*` lets in everybody whose name begins so.
        Some(("repo" | "project_path", owner)) => owner.contains('/'),
        Some((_, rest)) => !rest.is_empty(),
        None => false,
    }
}

/// Whether an issuer is Cognito, which has another name in other partitions (AWS `GovCloud` (US) User
/// Guide, "Amazon Cognito", checked 2026-11-29).
fn is_cognito(issuer: &str) -> bool {
    let is_amazons = issuer.ends_with(".amazonaws.com") || issuer.ends_with(".amazonaws.com.cn");
    is_amazons && issuer.starts_with("cognito-identity")
}

/// `arn:aws:iam::111122223333:oidc-provider/ISSUER` → `ISSUER`; what has no ARN is one of the
/// providers that IAM knows by itself.
fn issuer(provider: &str) -> Option<String> {
    let issuer = match Arn::parse(provider) {
        Some(arn) => arn.resource.strip_prefix("oidc-provider/")?,
        None => provider,
    };
    Some(issuer.to_ascii_lowercase())
}

fn lets_assume(statement: &Json) -> bool {
    let texts = |name: &str| -> Vec<String> {
        list(statement.at(&[name]))
            .filter_map(Value::as_str)
            .map(str::to_ascii_lowercase)
            .collect()
    };
    let calls = [
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
    ];
    let meets = |patterns: &[String], call: &str| patterns.iter().any(|text| glob(text, call));
    let (actions, others) = (texts("Action"), texts("NotAction"));
    calls.iter().any(|call| {
        meets(&actions, call) || statement.at(&["NotAction"]).is_some() && !meets(&others, call)
    })
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trust(statement: &serde_json::Value) -> Trust {
        let record = json!({
            "userIdentity": {"accountId": "111122223333"},
            "requestParameters": {"policyDocument": json!({"Statement": statement}).to_string()},
        });
        Trust::read(&Json::new(record), "requestParameters.policyDocument").expect("it is shown")
    }

    /// What CloudTrail wrote before it wrote the recipient: the caller's account is the role's.
    #[test]
    fn the_roles_own_account_is_nobody_new_in_old_records_either() {
        let of = |account: &str| {
            trust(&json!({
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
            }))
        };
        assert!(!of("111122223333").is_open());
        assert!(of("444455556666").is_open());
    }

    #[test]
    fn only_a_condition_that_names_somebody_makes_it_narrower() {
        let asked = |condition: serde_json::Value| {
            trust(&json!({
                "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"},
                "Condition": condition,
            }))
        };
        for open in [
            json!({}),
            json!({"StringLike": {"aws:PrincipalArn": "*"}}),
            json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}),
            json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
            json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
            json!({"Bool": {"aws:SecureTransport": "true"}}),
        ] {
            assert!(asked(open.clone()).anybody, "{open}");
        }
        let organization = json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}});
        let organization = asked(organization);
        assert!(!organization.anybody && organization.organization);
        let account = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/x"}});
        let account = asked(account);
        assert!(!account.anybody && account.accounts.contains("444455556666"));
    }

    #[test]
    fn a_pattern_of_subjects_names_somebody_or_lets_everybody_in() {
        for (subject, is_open) in [
            ("*", true),
            ("?*", true),
            ("r*", true),
            ("?epo:*", true),
            ("repo:*", true),
            ("repo:?*", true),
            ("repo:acme*", true),
            ("repo:acme/*", false),
            ("repo:acme/app:ref:refs/heads/main", false),
            ("project_path:*", true),
            ("project_path:acme/*", false),
            ("organization:*:pipeline:*", true),
            ("organization:acme:*", false),
            ("system:serviceaccount:default:app", false),
        ] {
            let of = |operator: &str| {
                trust(&json!({
                    "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                    "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example.com"},
                    "Condition": {operator: {"issuer.example.com:sub": subject}},
                }))
            };
            assert_eq!(of("StringLike").is_open(), is_open, "{subject}");
            assert!(of("ForAllValues:StringLike").is_open(), "{subject}");
        }
        for issuer in [
            "cognito-identity.amazonaws.com",
            "cognito-identity-us-gov.amazonaws.com",
        ] {
            let pool = trust(&json!({
                "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": issuer},
                "Condition": {"StringEquals": {format!("{issuer}:aud"): "us-gov-west-1:pool"}},
            }));
            assert!(!pool.is_open(), "{issuer}");
        }
    }

    #[test]
    fn an_external_id_counts_if_it_is_asked_of_everybody() {
        let with = json!({
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "444455556666"},
            "Condition": {"StringEquals": {"sts:ExternalId": "x"}},
        });
        let without = json!({
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "444455556666"},
        });
        assert_eq!(trust(&json!([with])).vendors.len(), 1);
        let both = trust(&json!([with, without]));
        assert!(both.vendors.is_empty() && both.accounts.len() == 1);
    }
}
