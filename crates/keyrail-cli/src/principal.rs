//! A user or role that people name by its ARN.

use std::str::FromStr;

use keyrail_core::arn::Arn;
use keyrail_core::id::AccountId;
use keyrail_core::partition::Partition;
use serde_json::{Value, json};

/// A user or role of IAM, by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    pub partition: &'static Partition,
    pub account: AccountId,
    pub kind: Kind,
    /// With the path before it.
    pub path: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Role,
    User,
}

impl FromStr for Principal {
    type Err = String;

    fn from_str(arn: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{arn}` is no ARN of a user or role, such as `arn:aws:iam::111122223333:user/break-glass`"
            )
        };
        let parsed = Arn::parse(arn).filter(|arn| (arn.service, arn.region) == ("iam", ""));
        let Some(parsed) = parsed else {
            return Err(wrong());
        };
        let (kind, path) = match parsed.resource.split_once('/') {
            Some(("role", path)) => (Kind::Role, path),
            Some(("user", path)) => (Kind::User, path),
            _ => return Err(wrong()),
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/+=,.@_-".contains(c);
        let is_name = path.split('/').all(|part| !part.is_empty()) && path.chars().all(is_plain);
        match (Partition::by_id(parsed.partition), parsed.account.parse()) {
            (Some(partition), Ok(account)) if is_name => Ok(Self {
                partition,
                account,
                kind,
                path: path.to_owned(),
            }),
            _ => Err(wrong()),
        }
    }
}

impl Principal {
    pub(crate) fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(self.path.as_str(), |(_, name)| name)
    }

    /// The id by which policies and settings know it: a user's is without the path.
    pub(crate) fn arn(&self) -> String {
        let (word, path) = match self.kind {
            Kind::Role => ("role", self.path.as_str()),
            Kind::User => ("user", self.name()),
        };
        let resource = format!("{word}/{path}");
        Arn::of_iam(self.partition.id, self.account.as_str(), &resource).to_string()
    }

    /// As CloudTrail writes it.
    pub(crate) fn identity(&self) -> Value {
        self.identity_as(self.name())
    }

    /// The same with another name; a user's is without the path.
    pub(crate) fn identity_as(&self, name: &str) -> Value {
        let Self {
            partition, account, ..
        } = self;
        let partition = partition.id;
        let account = account.as_str();
        match self.kind {
            Kind::User => json!({
                "type": "IAMUser",
                "principalId": "AIDACKCEVSQ6C2EXAMPLE",
                "arn": format!("arn:{partition}:iam::{account}:user/{name}"),
                "accountId": account,
                "userName": name,
            }),
            Kind::Role => {
                let path = self.path.as_str();
                let path = path.rsplit_once('/').map(|(path, _)| format!("{path}/"));
                let path = path.unwrap_or_default();
                json!({
                    "type": "AssumedRole",
                    "principalId": "AROACKCEVSQ6C2EXAMPLE:anaya",
                    "arn": format!("arn:{partition}:sts::{account}:assumed-role/{name}/anaya"),
                    "accountId": account,
                    "sessionContext": {
                        "sessionIssuer": {
                            "type": "Role",
                            "principalId": "AROACKCEVSQ6C2EXAMPLE",
                            "arn": format!("arn:{partition}:iam::{account}:role/{path}{name}"),
                            "accountId": account,
                            "userName": name,
                        },
                    },
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_without_its_path_and_a_role_with_it() {
        for (arn, known) in [
            ("user/ops/help", "user/help"),
            ("user/help", "user/help"),
            ("role/ops/help", "role/ops/help"),
        ] {
            for partition in ["aws", "aws-us-gov", "aws-cn", "aws-eusc"] {
                let principal: Principal = format!("arn:{partition}:iam::111122223333:{arn}")
                    .parse()
                    .expect("a principal");
                let expected = format!("arn:{partition}:iam::111122223333:{known}");
                assert_eq!(principal.arn(), expected);
            }
        }
        for arn in [
            "arn:aws:sts::111122223333:assumed-role/help/me",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::111122223333:user/a\"b",
            "arn:aws:iam::11112222333:user/help",
            "arn:aws-eu:iam::111122223333:user/help",
            "arn:aws:iam::111122223333:group/help",
            "help",
        ] {
            assert!(arn.parse::<Principal>().is_err(), "{arn}");
        }
    }
}
