//! Which rights a call grants: what the policies in its record say.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Grant;
use super::conditions::text_is;
use crate::event::Json;

impl Grant {
    /// A path, and the JSON that stands there where administrator rights are granted.
    pub(super) fn example(self) -> (&'static str, &'static str) {
        match self {
            Self::Group(path) => (path, r#""admins""#),
            Self::ManagedPolicy(path) => (path, r#""arn:aws:iam::aws:policy/AdministratorAccess""#),
            Self::PolicyDocument(path) => (
                path,
                r#""{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}""#,
            ),
            Self::Unseen => ("requestParameters.versionId", r#""v2""#),
        }
    }

    /// The same where no such rights are granted.
    pub(super) fn harmless(self) -> (&'static str, &'static str) {
        match self {
            Self::Group(path) => (path, r#""readers""#),
            Self::ManagedPolicy(path) => (path, r#""arn:aws:iam::aws:policy/ReadOnlyAccess""#),
            Self::PolicyDocument(path) => (path, r#""{\"Statement\":[]}""#),
            Self::Unseen => self.example(),
        }
    }

    /// Whether administrator rights are granted; `None` if the record does not show, or
    /// nobody can tell from it.
    pub(in crate::activity) fn administrator(self, record: &Json) -> Option<bool> {
        match self {
            Self::ManagedPolicy(path) => {
                let arn = record.text_at(path)?;
                let by_aws = arn.contains(":iam::aws:policy/");
                match policy_name(&arn) {
                    "AdministratorAccess" | "IAMFullAccess" if by_aws => Some(true),
                    _ if by_aws => Some(false),
                    _ => None,
                }
            }
            Self::PolicyDocument(path) => {
                let document = document(record, path)?;
                Some(statements(&document).any(|statement| allows_everything(&statement)))
            }
            Self::Group(path) => {
                let name = record.text_at(path)?.to_ascii_lowercase();
                Some(name.split(|c: char| !c.is_ascii_alphabetic()).any(|word| {
                    matches!(
                        word,
                        "admin" | "admins" | "administrator" | "administrators"
                    )
                }))
            }
            Self::Unseen => None,
        }
    }

    /// Whether the rights that are granted should stand in the record and do not.
    pub(in crate::activity) fn is_hidden(self, record: &Json) -> bool {
        match self {
            Self::PolicyDocument(path) => document(record, path).is_none(),
            Self::ManagedPolicy(path) | Self::Group(path) => record.text_at(path).is_none(),
            Self::Unseen => false,
        }
    }
}

/// `arn:aws:iam::aws:policy/job-function/X` → `X`.
pub(super) fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// A policy stands in a record as a text of JSON, which some clients percent-encode;
/// now and then as an object. One that was cut is not read.
fn document(record: &Json, path: &str) -> Option<Json> {
    match record.at_path(path)? {
        Value::String(text) => {
            let decoded = percent_decode_str(text).decode_utf8();
            let plain = serde_json::from_str(text).ok();
            plain
                .or_else(|| serde_json::from_str(&decoded.ok()?).ok())
                .map(Json::new)
        }
        Value::Object(object) => Some(Json::new(Value::Object(object.clone()))),
        _ => None,
    }
}

/// A policy's statements, of which there may be one without a list around it.
fn statements(document: &Json) -> impl Iterator<Item = Json> {
    list(document.at(&["Statement"]))
        .cloned()
        .map(Json::new)
        .collect::<Vec<_>>()
        .into_iter()
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (items, one) = match value {
        Some(Value::Array(items)) => (Some(items), None),
        other => (None, other),
    };
    items.into_iter().flatten().chain(one)
}

/// `Allow` of every action, or of all of IAM, on every resource: whoever may do all
/// of IAM can give themselves the rest.
fn allows_everything(statement: &Json) -> bool {
    let texts = |name: &str| -> Vec<String> {
        list(statement.at(&[name]))
            .filter_map(Value::as_str)
            .map(plain_pattern)
            .collect()
    };
    let all_of_iam = |pattern: &String| matches!(pattern.as_str(), "*" | "*:*" | "iam:*");
    text_is(statement, "Effect", "Allow")
        && (texts("Resource").iter().any(|text| is_every_resource(text))
            || statement.at(&["NotResource"]).is_some())
        && (texts("Action").iter().any(all_of_iam)
            || statement.at(&["NotAction"]).is_some() && !texts("NotAction").iter().any(all_of_iam))
}

/// A pattern of IAM's in one spelling: `iam:**` is `iam:*`.
fn plain_pattern(text: &str) -> String {
    let mut plain = text.to_ascii_lowercase();
    while plain.contains("**") {
        plain = plain.replace("**", "*");
    }
    plain
}

/// `*`, `arn:aws:*:*:*:*`, `arn:aws:iam::*:*`: every resource, or every one of IAM's.
fn is_every_resource(pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let wide = |(place, part): (usize, &&str)| {
        *part == "*"
            || match place {
                0 => *part == "arn",
                1 => part.starts_with("aws"),
                2 => *part == "iam",
                3 => part.is_empty(),
                4 => part.bytes().all(|byte| byte.is_ascii_digit()),
                _ => false,
            }
    };
    parts.last() == Some(&"*") && parts.iter().enumerate().all(wide)
}

/// Whether each statement of a policy is for one service of AWS, by its principal.
pub(super) fn lets_in_only(record: &Json, path: &str, service: &str) -> bool {
    let Some(document) = document(record, path) else {
        return false;
    };
    let mut statements = statements(&document).peekable();
    statements.peek().is_some()
        && statements.all(|statement| {
            let principals = statement.at(&["Principal"]).and_then(Value::as_object);
            text_is(&statement, "Effect", "Allow")
                && principals.is_some_and(|kinds| kinds.keys().all(|kind| kind == "Service"))
                && list(statement.at(&["Principal", "Service"]))
                    .all(|principal| principal.as_str() == Some(service))
        })
}

/// Whether a trust policy lets in anybody, or an account other than the role's.
pub(super) fn opens_trust(record: &Json) -> Option<bool> {
    let document = document(record, "requestParameters.policyDocument")?;
    let home = record.text(&["recipientAccountId"]);
    let foreign = |principal: &str| {
        let account = principal.split(':').nth(4).unwrap_or(principal).to_owned();
        principal == "*"
            || (account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && home.as_ref().is_some_and(|home| *home != account))
    };
    Some(statements(&document).any(|statement| {
        let principals = match statement.at(&["Principal"]) {
            Some(Value::String(_)) => statement.at(&["Principal"]),
            _ => statement.at(&["Principal", "AWS"]),
        };
        text_is(&statement, "Effect", "Allow")
            && list(principals).filter_map(Value::as_str).any(foreign)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_may_be_written_in_many_ways() {
        for every in [
            "*",
            "arn:*",
            "arn:aws:*",
            "arn:aws:*:*:*:*",
            "arn:*:iam::*:*",
            "arn:aws-cn:iam::111122223333:*",
        ] {
            assert!(is_every_resource(every), "{every}");
        }
        for some in [
            "",
            "arn:aws:s3:::*",
            "arn:aws:iam::111122223333:user/*",
            "arn:aws:aws-marketplace:*:*:*",
            "arn:aws:*:eu-west-1:*:*",
        ] {
            assert!(!is_every_resource(some), "{some}");
        }
    }
}
