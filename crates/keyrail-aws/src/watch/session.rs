//! Entering an account: keyrail's own directly, any other in a session that can do no more than read
//! what the watch reads.

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use keyrail_core::effects::{EffectError, EffectErrorKind};
use keyrail_core::id::AccountId;
use serde_json::json;

use super::asking::Asker;
use super::watcher::Watcher;
use crate::error::sorted;

/// One account, entered.
#[derive(Debug)]
pub(super) struct Session<'a> {
    pub(super) watcher: &'a Watcher,
    pub(super) account: AccountId,
    pub(super) credentials: Credentials,
}

/// All that is read in a member account. `infra/member.yaml` grants the same; a test compares them.
const READS: [&str; 10] = [
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetTrailStatus",
    "cloudwatch:DescribeAlarms",
    "events:ListRules",
    "events:ListTargetsByRule",
    "iam:GetRole",
    "scheduler:GetSchedule",
    "sqs:GetQueueAttributes",
    "sqs:ListQueues",
];

impl Watcher {
    /// keyrail's own account, which needs no session.
    pub(super) async fn own(&self) -> Result<Session<'_>, EffectError> {
        let provider = self.config.credentials_provider();
        let provider = provider.ok_or_else(|| without_credentials("there are none"))?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| without_credentials(&error.to_string()))?;
        Ok(Session {
            watcher: self,
            account: self.watched.account.clone(),
            credentials,
        })
    }

    /// Enters an account.
    pub(super) async fn enter(&self, account: &AccountId) -> Result<Session<'_>, EffectError> {
        const CALL: &str = "sts:AssumeRole";
        if *account == self.watched.account {
            return self.own().await;
        }
        let Some(role) = &self.places.watcher_role else {
            return Err(EffectError {
                kind: EffectErrorKind::Elsewhere,
                message: "no role is configured by which keyrail could look at it".to_owned(),
                cause: None,
            });
        };
        let arn = format!("arn:{}:iam::{account}:role/{role}", self.watched.partition);
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": READS, "Resource": "*"},
        ]});
        let entering = aws_sdk_sts::Client::new(&self.config)
            .assume_role()
            .role_arn(arn)
            .role_session_name("keyrail-watch")
            .policy(policy.to_string())
            .duration_seconds(900)
            .set_external_id(self.places.external_id.clone());
        let answer = entering
            .send()
            .await
            .map_err(|error| sorted(CALL, &error))?;
        let given = answer.credentials.ok_or_else(|| EffectError {
            kind: EffectErrorKind::Doubtful,
            message: format!("{CALL}: an answer without credentials"),
            cause: None,
        })?;
        Ok(Session {
            watcher: self,
            account: account.clone(),
            credentials: Credentials::new(
                given.access_key_id,
                given.secret_access_key,
                Some(given.session_token),
                None,
                "sts",
            ),
        })
    }
}

fn without_credentials(why: &str) -> EffectError {
    EffectError {
        kind: EffectErrorKind::Refused,
        message: format!("keyrail's own credentials: {why}"),
        cause: None,
    }
}

impl Session<'_> {
    /// Asks in a Region of this account.
    pub(super) fn asker(&self, region: &str) -> Asker {
        Asker {
            config: self.watcher.config.clone(),
            credentials: self.credentials.clone(),
            region: region.to_owned(),
        }
    }

    /// IAM of this account.
    pub(super) fn iam(&self) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(&self.watcher.config)
            .credentials_provider(self.credentials.clone())
            .build();
        aws_sdk_iam::Client::from_conf(config)
    }

    /// SQS in a Region of this account.
    pub(super) fn sqs(&self, region: &str) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::config::Builder::from(&self.watcher.config)
            .credentials_provider(self.credentials.clone())
            .region(aws_sdk_sqs::config::Region::new(region.to_owned()))
            .build();
        aws_sdk_sqs::Client::from_conf(config)
    }

    /// How names of keyrail's parts begin: those of its stacks, and of stacks of its `StackSets`.
    pub(super) fn prefixes(&self) -> [String; 2] {
        let name = &self.watcher.watched.name;
        [format!("{name}-"), format!("StackSet-{name}-")]
    }
}
