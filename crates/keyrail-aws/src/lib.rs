//! The only crate that knows the AWS SDK: it turns the core's two traits,
//! [`Effects`](keyrail_core::outcome::Effects) and
//! [`Notifier`](keyrail_core::alert::Notifier), into calls.
//!
//! It decides nothing. What may be called, and what an answer means for the report,
//! is the core's. The feature `command` adds what only the command calls.

mod error;
mod iam;
#[cfg(feature = "command")]
pub mod organizations;
mod sns;

use std::time::Duration;

use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use keyrail_core::id::AccountId;

/// Clients for the services that keyrail calls.
#[derive(Debug, Clone)]
pub struct Aws {
    iam: aws_sdk_iam::Client,
    sns: aws_sdk_sns::Client,
    topic_arn: String,
    account: Option<AccountId>,
}

/// How long one call of IAM may take, its retries included. Six of them and
/// [`PUBLISH_TIMEOUT`] must fit into the function's timeout: at worst the key is not
/// found, its user has been renamed, and the change under the new name is read back
/// three times; and then the alert still has its time.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// How long publishing an alert may take, its retries included.
pub const PUBLISH_TIMEOUT: Duration = Duration::from_secs(8);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

impl Aws {
    /// Connects as a Lambda function does: Region and credentials come from the
    /// environment, and nowhere else is asked for them. `topic_arn` is where
    /// alerts go.
    pub async fn connect(topic_arn: String) -> Self {
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(EnvironmentVariableRegionProvider::new())
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(4)
                    .with_initial_backoff(Duration::from_millis(100))
                    .with_max_backoff(Duration::from_secs(1)),
            )
            .timeout_config(timeouts(CALL_TIMEOUT))
            .load()
            .await;
        Self::new(&config, topic_arn)
    }

    fn new(config: &SdkConfig, topic_arn: String) -> Self {
        let sns = aws_sdk_sns::config::Builder::from(config)
            .timeout_config(timeouts(PUBLISH_TIMEOUT))
            .build();
        Self {
            iam: aws_sdk_iam::Client::new(config),
            sns: aws_sdk_sns::Client::from_conf(sns),
            topic_arn,
            account: None,
        }
    }

    /// The same clients, which act in `account` and refuse any other. Until this
    /// is said they refuse all.
    #[must_use]
    pub fn acting_in(&self, account: AccountId) -> Self {
        Self {
            account: Some(account),
            ..self.clone()
        }
    }
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
