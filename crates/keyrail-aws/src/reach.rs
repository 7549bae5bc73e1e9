//! Reaching into an account: keyrail's own directly, any other in a session that can do
//! no more than one containment needs.

use std::future::Future;
use std::time::Duration;

use aws_sdk_iam::config::Credentials;
use aws_sdk_iam::error::ProvideErrorMetadata;
use jiff::Timestamp;
use keyrail_core::effects::{EffectError, EffectErrorKind, Effects, SessionScope, To};
use keyrail_core::id::AccountId;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use crate::Aws;
use crate::error::without_hint;

/// IAM in one account.
#[derive(Debug, Clone)]
pub struct IamAccountClient {
    pub(crate) iam: aws_sdk_iam::Client,
    deadline: Option<Instant>,
}

/// What a session of `sts:AssumeRoot` is for (STS API reference, `AssumeRoot`, checked
/// 2026-11-25).
const DELETE_ROOT_CREDENTIALS: &str = "policy/root-task/IAMDeleteRootUserCredentials";

impl Effects for Aws {
    type AccountClient = IamAccountClient;

    async fn reach(&self, reach: &SessionScope) -> Result<IamAccountClient, EffectError> {
        let is_own = self.account.as_ref() == Some(&reach.account);
        let iam = match (is_own, &reach.to) {
            (true, Some(To::Root)) => {
                return Err(EffectError {
                    kind: EffectErrorKind::Elsewhere,
                    message: format!(
                        "root's keys of account {} are root's alone to delete: `sts:AssumeRoot` reaches member accounts only. Sign in as root there, and delete the key under Security credentials",
                        reach.account
                    ),
                    cause: None,
                });
            }
            (true, _) => self.iam.clone(),
            (false, Some(To::Root)) => {
                bounded(self.deadline, Box::pin(self.as_root_of(reach))).await?
            }
            (false, _) => bounded(self.deadline, Box::pin(self.as_responder_in(reach))).await?,
        };
        Ok(IamAccountClient {
            iam,
            deadline: self.deadline,
        })
    }

    fn partition(&self) -> &str {
        &self.partition
    }

    async fn pause(&self, duration: Duration) {
        let end = Instant::now() + duration;
        tokio::time::sleep_until(self.deadline.map_or(end, |deadline| end.min(deadline))).await;
    }

    async fn pause_up_to(&self, most: Duration) {
        // Without random numbers the wait is as long as it is on average.
        let share = getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX));
        self.pause(most.mul_f64(share)).await;
    }

    fn deadline(&self) -> Option<Timestamp> {
        let left = self.deadline?.saturating_duration_since(Instant::now());
        Timestamp::now().checked_add(left).ok()
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl Aws {
    async fn as_responder_in(
        &self,
        reach: &SessionScope,
    ) -> Result<aws_sdk_iam::Client, EffectError> {
        const CALL: &str = "sts:AssumeRole";
        let account = &reach.account;
        let Some(role) = &self.places.responder_role else {
            let own = self.account.as_ref().map_or("unknown", |own| own.as_str());
            return Err(EffectError {
                kind: EffectErrorKind::Elsewhere,
                message: format!(
                    "it is in account {account}, and keyrail acts only in its own, {own}: no responder role is configured (parameter `ResponderRole`)"
                ),
                cause: None,
            });
        };
        let arn = format!("arn:{}:iam::{account}:role/{role}", self.partition);
        let call = self
            .sts()
            .assume_role()
            .role_arn(&arn)
            .role_session_name(session_name(reach))
            .policy(session_policy(reach, &self.partition))
            // The shortest that STS grants.
            .duration_seconds(900)
            .set_external_id(self.places.external_id.clone());
        let answer = call.send().await.map_err(|error| {
            let mut sorted = without_hint(CALL, &error);
            if let Some(hint) = hint(error.code(), account, &arn) {
                sorted.message.push_str("; ");
                sorted.message.push_str(&hint);
            }
            sorted
        })?;
        self.iam_with(CALL, answer.credentials)
    }

    async fn as_root_of(&self, reach: &SessionScope) -> Result<aws_sdk_iam::Client, EffectError> {
        const CALL: &str = "sts:AssumeRoot";
        let task = format!("arn:{}:iam::aws:{DELETE_ROOT_CREDENTIALS}", self.partition);
        let call = self
            .sts()
            .assume_root()
            .target_principal(reach.account.as_str())
            .task_policy_arn(
                aws_sdk_sts::types::PolicyDescriptorType::builder()
                    .arn(task)
                    .build(),
            )
            .duration_seconds(900);
        let answer = call.send().await.map_err(|error| {
            let mut sorted = without_hint(CALL, &error);
            if sorted.kind == EffectErrorKind::Denied {
                sorted.message.push_str("; permission missing: sts:AssumeRoot, or centralized root access (root sessions) is not enabled in the organization, or this account is neither its management account nor IAM's delegated administrator");
            }
            sorted
        })?;
        self.iam_with(CALL, answer.credentials)
    }

    /// IAM with the credentials that a call of STS has answered with.
    fn iam_with(
        &self,
        call: &str,
        given: Option<aws_sdk_sts::types::Credentials>,
    ) -> Result<aws_sdk_iam::Client, EffectError> {
        let given = given.ok_or_else(|| EffectError {
            kind: EffectErrorKind::Doubtful,
            message: format!("{call}: an answer without credentials"),
            cause: None,
        })?;
        let token = Some(given.session_token);
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            token,
            None,
            "sts",
        );
        let config = aws_sdk_iam::config::Builder::from(&self.config)
            .credentials_provider(credentials)
            .build();
        Ok(aws_sdk_iam::Client::from_conf(config))
    }
}

/// What to do where the responder role cannot be assumed (STS API reference,
/// `AssumeRole`, checked 2026-11-29); nothing for what passes by itself.
fn hint(code: Option<&str>, account: &AccountId, arn: &str) -> Option<String> {
    // Some services write codes without what they end with elsewhere.
    let code = code?;
    Some(match code.strip_suffix("Exception").unwrap_or(code) {
        // What STS answers for a role that does not exist, too.
        "AccessDenied" | "NotAuthorized" => format!(
            "permission missing: sts:AssumeRole on {arn}; deploy infra/member.yaml in account {account}, or see that the role trusts keyrail's and that `ExternalId` is the same in both"
        ),
        "RegionDisabled" => format!(
            "account {account} has deactivated STS in this Region: activate it there under IAM, Account settings"
        ),
        "PackedPolicyTooLarge" => {
            "the policy that narrows the session is too large for STS, packed: report it as a fault of keyrail".to_owned()
        }
        "MalformedPolicyDocument" => {
            "STS does not take the policy that narrows the session: report it as a fault of keyrail".to_owned()
        }
        "ValidationError" => format!(
            "STS does not take {arn} or the external id: check the parameters `ResponderRole` and `ExternalId`"
        ),
        "InvalidClientTokenId" | "UnrecognizedClient" | "SignatureDoesNotMatch" => {
            "keyrail's own credentials are not valid: see whether its role was deleted or made anew".to_owned()
        }
        _ => return None,
    })
}

impl IamAccountClient {
    /// No call goes on beyond the time that containment has.
    pub(crate) async fn bounded<T>(
        &self,
        call: impl Future<Output = Result<T, EffectError>>,
    ) -> Result<T, EffectError> {
        bounded(self.deadline, call).await
    }
}

async fn bounded<T>(
    deadline: Option<Instant>,
    call: impl Future<Output = Result<T, EffectError>>,
) -> Result<T, EffectError> {
    let Some(deadline) = deadline else {
        return call.await;
    };
    match timeout_at(deadline, call).await {
        Ok(answer) => answer,
        Err(_) => Err(EffectError {
            kind: EffectErrorKind::TimedOut,
            message: "no answer in the time that the invocation has left for containing".to_owned(),
            cause: None,
        }),
    }
}

/// Carries the event's id, so that CloudTrail shows what a session was for: 2 to 64
/// characters of `\w+=,.@-` (STS API reference, `AssumeRole`, checked 2026-11-25).
fn session_name(reach: &SessionScope) -> String {
    let event = reach.event.as_deref().unwrap_or("unknown-event");
    let plain = |c: char| c.is_ascii_alphanumeric() || "_=,.@-".contains(c);
    let event = event.chars().map(|c| if plain(c) { c } else { '-' });
    "keyrail-".chars().chain(event).take(64).collect()
}

/// Narrows a session to one user or role, and to the actions that are planned.
fn session_policy(reach: &SessionScope, partition: &str) -> String {
    const OWNER: &str = "iam:GetAccessKeyLastUsed";
    let at = format!("arn:{partition}:iam::{}", reach.account);
    let resources = match &reach.to {
        Some(To::User(user)) => vec![format!("{at}:user/{user}"), format!("{at}:user/*/{user}")],
        Some(To::Role(role)) => vec![format!("{at}:role/{role}"), format!("{at}:role/*/{role}")],
        Some(To::Root) | None => Vec::new(),
    };
    let actions: Vec<&str> = reach
        .actions
        .iter()
        .copied()
        .filter(|action| *action != OWNER)
        .collect();
    let mut statements = Vec::new();
    if !resources.is_empty() && !actions.is_empty() {
        statements.push(json!({ "Effect": "Allow", "Action": actions, "Resource": resources }));
    }
    if reach.actions.contains(OWNER) {
        // Asks for a key's user, and so cannot be narrowed to one.
        statements.push(json!({ "Effect": "Allow", "Action": OWNER, "Resource": "*" }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(to: Option<To>, event: &str) -> SessionScope {
        SessionScope {
            account: "111122223333".parse().expect("an account"),
            to,
            actions: ["iam:UpdateAccessKey", "iam:ListAccessKeys", OWNER].into(),
            event: Some(event.to_owned()),
        }
    }

    const OWNER: &str = "iam:GetAccessKeyLastUsed";

    #[test]
    fn a_session_can_do_what_is_planned_to_one_user_and_no_more() {
        let user = To::User("bob".parse().expect("a user"));
        let policy: serde_json::Value =
            serde_json::from_str(&session_policy(&reach(Some(user), "e"), "aws-cn"))
                .expect("it is JSON");
        assert_eq!(
            policy["Statement"],
            json!([
                {
                    "Effect": "Allow",
                    "Action": ["iam:ListAccessKeys", "iam:UpdateAccessKey"],
                    "Resource": [
                        "arn:aws-cn:iam::111122223333:user/bob",
                        "arn:aws-cn:iam::111122223333:user/*/bob",
                    ],
                },
                { "Effect": "Allow", "Action": OWNER, "Resource": "*" },
            ])
        );
    }

    #[test]
    fn a_session_without_a_user_can_only_ask_whose_a_key_is() {
        let policy: serde_json::Value =
            serde_json::from_str(&session_policy(&reach(None, "e"), "aws")).expect("it is JSON");
        assert_eq!(
            policy["Statement"],
            json!([{ "Effect": "Allow", "Action": OWNER, "Resource": "*" }])
        );
    }

    #[test]
    fn a_session_is_named_after_its_event() {
        let name = session_name(&reach(None, &format!("a b/{}", "x".repeat(99))));
        assert_eq!(name.len(), 64);
        assert!(name.starts_with("keyrail-a-b-xxx"), "{name}");
    }
}
