//! Which rights a call grants: what the policies in its record say.

use serde_json::Value;

use super::document::{conditions, document, glob, list, statements};
use super::entry::Grant;
use super::parameters::text_is;
use crate::arn::{Arn, account_in};
use crate::json::Json;

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
    pub(crate) fn administrator(self, record: &Json) -> Option<bool> {
        match self {
            Self::ManagedPolicy(path) => {
                let arn = record.text_at(path)?;
                let by_aws = is_by_aws(&arn);
                match policy_name(&arn) {
                    "AdministratorAccess" | "IAMFullAccess" if by_aws => Some(true),
                    _ if by_aws => Some(false),
                    _ => None,
                }
            }
            Self::PolicyDocument(path) => {
                let document = document(record, path)?;
                Some(allows_everything(&document))
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
    pub(crate) fn is_hidden(self, record: &Json) -> bool {
        match self {
            Self::PolicyDocument(path) => document(record, path).is_none(),
            Self::ManagedPolicy(path) | Self::Group(path) => record.text_at(path).is_none(),
            Self::Unseen => false,
        }
    }
}

/// Whether a managed policy is AWS's own.
pub(super) fn is_by_aws(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.account == "aws" && arn.kind() == Some("policy"))
}

/// `arn:aws:iam::aws:policy/job-function/X` → `X`.
pub(crate) fn policy_name(arn: &str) -> &str {
    Arn::parse(arn).map_or(arn, |arn| arn.name())
}

/// Calls by which whoever may make them, on anybody, can give themselves the rest.
const DECISIVE: [(&str, &str); 3] = [
    ("iam:attachuserpolicy", "user/somebody"),
    ("iam:createpolicyversion", "policy/something"),
    ("iam:putuserpolicy", "user/somebody"),
];

/// Whether a policy that stands at a path allows everything; `None` if it cannot be read.
pub(super) fn is_unlimited(record: &Json, path: &str) -> Option<bool> {
    Some(allows_everything(&document(record, path)?))
}

/// Whether statements of a policy allow everything, or all of IAM that matters, however
/// they spell it.
fn allows_everything(document: &Json) -> bool {
    let allowing: Vec<Json> = statements(document)
        .filter(|statement| text_is(statement, "Effect", "Allow"))
        .collect();
    DECISIVE.iter().all(|(action, resource)| {
        let allows = |statement: &Json| allows(statement, action, resource);
        allowing.iter().any(allows)
    })
}

fn allows(statement: &Json, action: &str, resource: &str) -> bool {
    let texts = |name: &str| -> Vec<String> {
        list(statement.at(&[name]))
            .filter_map(Value::as_str)
            .map(str::to_ascii_lowercase)
            .collect()
    };
    let is_of = |pattern: &String| is_every_resource(pattern) || is_arn_of(pattern, resource);
    let is_action = |pattern: &String| glob(pattern, action);
    (texts("Resource").iter().any(is_of) || statement.at(&["NotResource"]).is_some())
        && (texts("Action").iter().any(is_action)
            || statement.at(&["NotAction"]).is_some() && !texts("NotAction").iter().any(is_action))
}

/// Whether a pattern is met by something of IAM's in some account.
fn is_arn_of(pattern: &str, resource: &str) -> bool {
    let Some(arn) = Arn::parse(pattern) else {
        let arn = Arn::of_iam("aws", "111122223333", resource);
        return glob(pattern, &arn.to_string());
    };
    (glob(arn.partition, "aws") || arn.partition.starts_with("aws-"))
        && glob(arn.service, "iam")
        && arn.region.bytes().all(|byte| byte == b'*')
        && arn
            .account
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"*?".contains(&byte))
        && glob(arn.resource, resource)
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

/// Whether a bucket's policy lets `CloudTrail` write for this account, and lets in nobody
/// else. Denying what comes without TLS is no harm (CloudTrail User Guide, "Amazon S3
/// bucket policy for CloudTrail", checked 2026-11-26).
pub(super) fn lets_in_just_cloudtrail(record: &Json, path: &str) -> bool {
    let Some(document) = document(record, path) else {
        return false;
    };
    let home = record.text(&["recipientAccountId"]);
    let statements: Vec<Json> = statements(&document).collect();
    let writes = |statement: &Json| {
        text_is(statement, "Effect", "Allow")
            && list(statement.at(&["Action"])).any(|action| action == "s3:PutObject")
            && conditions(statement).all(|(operator, key, values)| {
                let mut values = list(Some(values)).filter_map(Value::as_str);
                let is_equal = ["ArnEquals", "ArnLike", "StringEquals", "StringLike"];
                match key.to_ascii_lowercase().as_str() {
                    _ if !is_equal.contains(&operator) => false,
                    "s3:x-amz-acl" => values.all(|acl| acl == "bucket-owner-full-control"),
                    "aws:sourcearn" | "aws:sourceaccount" => values
                        .all(|from| home.as_deref().is_none_or(|home| home == account_in(from))),
                    _ => false,
                }
            })
    };
    let is_cloudtrails = |statement: &Json| {
        let principals = statement.at(&["Principal"]).and_then(Value::as_object);
        principals.is_some_and(|kinds| kinds.keys().all(|kind| kind == "Service"))
            && list(statement.at(&["Principal", "Service"]))
                .all(|principal| principal == "cloudtrail.amazonaws.com")
    };
    let is_harmless = |statement: &Json| match text_is(statement, "Effect", "Deny") {
        true => {
            let mut asked = conditions(statement).peekable();
            asked.peek().is_some()
                && asked.all(|(operator, key, value)| {
                    operator == "Bool"
                        && key.eq_ignore_ascii_case("aws:SecureTransport")
                        && (value == "false" || value == &Value::Bool(false))
                })
        }
        false => is_cloudtrails(statement),
    };
    statements.iter().all(is_harmless) && statements.iter().any(writes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_iam_may_be_written_in_many_ways() {
        let is = |statements: &str| {
            let text = format!(r#"{{"Statement": {statements}}}"#);
            allows_everything(&Json::new(serde_json::from_str(&text).expect("it is JSON")))
        };
        for everything in [
            r#"{"Effect": "Allow", "Action": "iam:?*", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "iam:**", "Resource": "?*"}"#,
            r#"{"Effect": "Allow", "Action": "*", "Resource": ["arn:aws:iam::11112222333?:*"]}"#,
            r#"{"Effect": "Allow", "Action": "iam:*", "Resource": ["arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:policy/*"]}"#,
            r#"[{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, {"Effect": "Allow", "Action": ["iam:A*", "iam:C*", "iam:P*"], "Resource": "*"}]"#,
            r#"{"Effect": "Allow", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::x"}"#,
        ] {
            assert!(is(everything), "{everything}");
        }
        for some in [
            r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::111122223333:user/${aws:username}"}"#,
            r#"{"Effect": "Allow", "Action": ["iam:Get*", "iam:List*", "iam:PutUserPolicy"], "Resource": "*"}"#,
            r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::x/*"}"#,
        ] {
            assert!(!is(some), "{some}");
        }
    }

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
