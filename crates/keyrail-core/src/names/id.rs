//! Ids that keyrail acts on: built by parsing, so that a malformed one cannot
//! become the target of a step.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What is wrong with a text that should have been an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {form}")]
pub struct ParseIdError {
    what: &'static str,
    form: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $form:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as AWS writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(ParseIdError { what: $what, form: $form })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;

            fn try_from(text: String) -> Result<Self, ParseIdError> {
                text.parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// An AWS account id: twelve digits.
    AccountId,
    "an account id",
    "twelve digits",
    |text| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
);

id!(
    /// The id of an IAM access key that can be deactivated: 16 to 128 word
    /// characters (IAM API reference, `UpdateAccessKey`, checked 2026-11-24).
    /// Ids that begin with `ASIA` belong to temporary credentials, which IAM
    /// cannot deactivate, so they do not parse.
    AccessKeyId,
    "an access key id",
    "16 to 128 letters, digits or underscores, and not temporary (`ASIA…`)",
    |text| {
        (16..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && KeyKind::of(text) != Some(KeyKind::Temporary)
    }
);

/// How long a credential lives that an access key's id stands for, by the first letters of the id
/// (IAM User Guide, "IAM identifiers", checked 2026-11-29).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// `AKIA…`: a key of a user's or of root's, which works until somebody stops it.
    LongTerm,
    /// `ASIA…`: a key of a session, which ends by itself.
    Temporary,
}

impl KeyKind {
    /// The kind that an id says; `None` for what is not an access key's id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        match id.get(..4)? {
            "AKIA" => Some(Self::LongTerm),
            "ASIA" => Some(Self::Temporary),
            _ => None,
        }
    }
}

id!(
    /// The name of an IAM user: 1 to 128 characters of IAM's alphabet (IAM API
    /// reference, `UpdateAccessKey`, checked 2026-11-24). The placeholder
    /// `AWS ROOT USER` holds spaces and so is none.
    UserName,
    "a user name",
    "1 to 128 letters, digits or `_+=,.@-`",
    |text| {
        (1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
    }
);

id!(
    /// The id of a user's other long-term credential: a service-specific credential,
    /// an SSH key or a signing certificate. 16 to 128 word characters (IAM API
    /// reference, `UpdateServiceSpecificCredential`, `UpdateSSHPublicKey` and
    /// `UpdateSigningCertificate`, checked 2026-11-25, ask for 20 or 24 at least).
    CredentialId,
    "a credential's id",
    "16 to 128 letters, digits or underscores",
    |text| {
        (16..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    }
);

id!(
    /// The name of an IAM role: 1 to 64 characters of IAM's alphabet (IAM API
    /// reference, `PutRolePolicy`, checked 2026-11-25).
    RoleName,
    "a role name",
    "1 to 64 letters, digits or `_+=,.@-`",
    |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_ids_do_not_parse() {
        assert!("11122223333".parse::<AccountId>().is_err());
        assert!("1111222233334".parse::<AccountId>().is_err());
        assert!("AKIA****************".parse::<AccessKeyId>().is_err());
        assert!("ASIAIOSFODNN7EXAMPLE".parse::<AccessKeyId>().is_err());
        assert!("".parse::<AccessKeyId>().is_err());
        assert!("AWS ROOT USER".parse::<UserName>().is_err());
        assert!("bob\n".parse::<UserName>().is_err());
    }

    #[test]
    fn ids_keep_their_text() {
        assert_eq!(
            "111122223333".parse::<AccountId>().map(|id| id.to_string()),
            Ok("111122223333".to_owned())
        );
        assert_eq!(
            "AKIAIOSFODNN7EXAMPLE"
                .parse::<AccessKeyId>()
                .map(|id| id.to_string()),
            Ok("AKIAIOSFODNN7EXAMPLE".to_owned())
        );
        assert_eq!(
            "a+b=c,d.e@f-g_h"
                .parse::<UserName>()
                .map(|id| id.to_string()),
            Ok("a+b=c,d.e@f-g_h".to_owned())
        );
    }
}
