//! The only crate that knows the AWS SDK: it turns the core's four traits into calls:
//! [`Effects`](keyrail_core::effects::Effects) of IAM and STS,
//! [`Notifier`](keyrail_core::alert::Notifier) of SNS,
//! [`State`](keyrail_core::state::State) of `DynamoDB`, and
//! [`Queue`](keyrail_core::queue::Queue) of SQS.
//!
//! It decides nothing. What may be called, and what an answer means for the report,
//! is the core's.

mod dynamodb;
pub mod error;
mod iam;
mod reach;
mod sns;
mod sqs;
pub mod watch;

use std::time::Duration;

use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use keyrail_core::id::AccountId;
use tokio::time::Instant;

pub use self::reach::IamAccountClient;

/// Clients for the services that keyrail calls.
#[derive(Debug, Clone)]
pub struct Aws {
    config: SdkConfig,
    iam: aws_sdk_iam::Client,
    sns: aws_sdk_sns::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    places: Places,
    account: Option<AccountId>,
    partition: String,
    /// When containment must be over, so that the alert still has its time.
    deadline: Option<Instant>,
}

/// Where a deployment keeps what.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The topic that alerts go to.
    pub topic_arn: String,
    /// The topic whose subscribers are chat channels, if there is one.
    pub chat_topic_arn: Option<String>,
    /// The topic of whoever runs keyrail, if it is told of what is done to keyrail itself.
    pub operator_topic_arn: Option<String>,
    /// The table that keeps state, if there is one.
    pub table: Option<String>,
    /// The queue that brings containments back to be looked at again, if there is one.
    pub recheck_queue_url: Option<String>,
    /// The role to assume in member accounts, with its path if it has one.
    pub responder_role: Option<String>,
    /// What that role's trust policy asks for, if anything.
    pub external_id: Option<String>,
}

/// How long one call of IAM or STS may take.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// How long publishing an alert may take, its retries included. It is kept free at the
/// end of an invocation.
pub const PUBLISH_TIMEOUT: Duration = Duration::from_secs(8);

/// How long one call of `DynamoDB` or SQS may take: an event does not wait longer for what
/// keyrail can do without.
const STATE_TIMEOUT: Duration = Duration::from_secs(1);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

impl Aws {
    /// Connects as a Lambda function does: Region and credentials come from the
    /// environment, and nowhere else is asked for them.
    pub async fn connect(places: Places) -> Self {
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(EnvironmentVariableRegionProvider::new())
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            // IAM and STS are called again by the core, which knows what may pass.
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(CALL_TIMEOUT))
            .load()
            .await;
        Self::new(config, places)
    }

    /// Clients of a configuration, which has its own credentials, retries and timeouts of IAM
    /// and STS.
    #[must_use]
    pub fn new(config: SdkConfig, places: Places) -> Self {
        let sns = aws_sdk_sns::config::Builder::from(&config)
            .retry_config(resending())
            .timeout_config(timeouts(PUBLISH_TIMEOUT))
            .build();
        let dynamodb = aws_sdk_dynamodb::config::Builder::from(&config)
            .retry_config(resending())
            .timeout_config(timeouts(STATE_TIMEOUT))
            .build();
        let sqs = aws_sdk_sqs::config::Builder::from(&config)
            .retry_config(resending())
            .timeout_config(timeouts(STATE_TIMEOUT))
            .build();
        Self {
            iam: aws_sdk_iam::Client::new(&config),
            sns: aws_sdk_sns::Client::from_conf(sns),
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb),
            sqs: aws_sdk_sqs::Client::from_conf(sqs),
            config,
            places,
            account: None,
            partition: "aws".to_owned(),
            deadline: None,
        }
    }

    /// The same clients with this table, which is reached with a configuration of its own:
    /// its Region, and its retries and timeouts.
    #[must_use]
    pub fn with_table(&self, name: String, config: &SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            places: Places {
                table: Some(name),
                ..self.places.clone()
            },
            ..self.clone()
        }
    }

    /// STS, which most events do not need: made for the one that does.
    fn sts(&self) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.config)
    }

    /// The same clients, of a function in `account` of `partition`. Until this is said
    /// they refuse to act in any account.
    #[must_use]
    pub fn acting_in(&self, account: AccountId, partition: &str) -> Self {
        Self {
            account: Some(account),
            partition: partition.to_owned(),
            ..self.clone()
        }
    }

    /// The same clients, which give up containing early enough to publish an alert in
    /// what is `left` of an invocation.
    #[must_use]
    pub fn within(&self, left: Duration) -> Self {
        let containing = left.saturating_sub(PUBLISH_TIMEOUT).max(left / 4);
        Self {
            deadline: Some(Instant::now() + containing),
            ..self.clone()
        }
    }
}

/// What needs no more than another try is tried four times by the SDK.
fn resending() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(4)
        .with_initial_backoff(Duration::from_millis(100))
        .with_max_backoff(Duration::from_secs(1))
}

fn timeouts(operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        // Half, so that one attempt that hangs leaves time for another, and one
        // that is slow is not repeated at once: an alert published twice is two mails.
        .operation_attempt_timeout(operation / 2)
        .operation_timeout(operation)
        .build()
}
