//! The policies that deny.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::arn::Arn;
use crate::words::OWN_POLICIES;

/// What an inline policy of keyrail's denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Denial {
    /// Everything, in sessions of `GetSessionToken` and `GetFederationToken` too: they
    /// can do what their user can at that time.
    Everything,
    /// Everything, in sessions that are older than this. Long-term keys have no time of
    /// issue and are not touched (IAM User Guide, "Revoke IAM role temporary security
    /// credentials", checked 2026-11-25).
    SessionsBefore(Timestamp),
}

/// How much longer than IAM shows it a changed credential may be accepted: some 3 to 4
/// seconds were measured (OFFENSAI, "AWS IAM eventual consistency", 2025). A session that is
/// issued in that time is to be denied as well, and no more of those that come after it than
/// must be.
const STILL_ACCEPTED: SignedDuration = SignedDuration::from_secs(30);

impl Denial {
    /// What denies the sessions that a credential has been used for by now, and those that it
    /// may still be used for until its change has spread.
    pub(crate) fn of_sessions_until(now: Timestamp) -> Self {
        Self::SessionsBefore(now + STILL_ACCEPTED)
    }

    /// The policy's name, by which keyrail and the SCP that protects it know it.
    #[must_use]
    pub fn policy_name(self) -> &'static str {
        let [everything, sessions] = OWN_POLICIES;
        match self {
            Self::Everything => everything,
            Self::SessionsBefore(_) => sessions,
        }
    }

    /// Whether a policy's text denies as much: what denies younger sessions, too, denies
    /// the older ones.
    #[must_use]
    pub fn is_met_by(self, text: &str) -> bool {
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        let Some(found) = read(text) else {
            return false;
        };
        let wanted = match self {
            Self::Everything => self,
            Self::SessionsBefore(time) => {
                let until = found
                    .pointer("/Statement/Condition/DateLessThan/aws:TokenIssueTime")
                    .and_then(|until| until.as_str()?.parse::<Timestamp>().ok())
                    .filter(|until| until.as_second() >= time.as_second());
                match until {
                    Some(until) => Self::SessionsBefore(until),
                    None => return false,
                }
            }
        };
        read(&wanted.document()).is_some_and(|wanted| wanted == found)
    }

    /// The policy's text, short: all inline policies of a user share 2,048 characters
    /// (IAM User Guide, "IAM and AWS STS quotas", checked 2026-11-25).
    #[must_use]
    pub fn document(self) -> String {
        match self {
            Self::Everything => {
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#
                    .to_owned()
            }
            Self::SessionsBefore(time) => format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{"DateLessThan":{{"aws:TokenIssueTime":"{}"}}}}}}}}"#,
                time.strftime("%Y-%m-%dT%H:%M:%SZ")
            ),
        }
    }
}

/// AWS's managed policy that denies everything (AWS Managed Policy Reference,
/// `AWSDenyAll`, checked 2026-11-25).
#[must_use]
pub fn deny_all_arn(partition: &str) -> String {
    Arn::of_iam(partition, "aws", "policy/AWSDenyAll").to_string()
}
