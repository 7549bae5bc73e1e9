//! Connecting with the credentials that people have, in the Region that a queue is in.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

/// How long a call that waits for nothing else may take, its retries included.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// What the AWS command line would use.
pub(super) async fn config(profile: Option<&str>, region: Option<&str>) -> SdkConfig {
    let mut defaults = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(timeouts(CALL_TIMEOUT / 2, CALL_TIMEOUT));
    if let Some(profile) = profile {
        // By itself: keys in the environment would come before a profile.
        let credentials = ProfileFileCredentialsProvider::builder().profile_name(profile);
        defaults = defaults
            .profile_name(profile)
            .credentials_provider(credentials.build());
    }
    let config = in_region(defaults.load().await, region);
    match config.region() {
        Some(_) => config,
        None => in_region(config, Some("us-east-1")),
    }
}

pub(super) fn in_region(config: SdkConfig, region: Option<&str>) -> SdkConfig {
    match region {
        Some(region) => {
            let region = Region::new(region.to_owned());
            config.into_builder().region(region).build()
        }
        None => config,
    }
}

pub(super) fn timeouts(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}

/// `https://sqs.us-east-1.amazonaws.com/111122223333/name` → `us-east-1`: the label that
/// ends in a number and has two hyphens at least. Addresses of other places have none.
pub(super) fn region_of(url: &str) -> Option<&str> {
    let host = url.split("://").nth(1)?.split(['/', ':']).next()?;
    host.split('.').find(|label| {
        let mut parts = label.rsplit('-');
        let number = parts.next().unwrap_or_default();
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number && parts.count() >= 2
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queues_url_names_its_region_if_it_is_one_of_awss() {
        for (url, region) in [
            (
                "https://sqs.us-east-1.amazonaws.com/111122223333/q",
                Some("us-east-1"),
            ),
            (
                "https://sqs.us-gov-west-1.amazonaws.com/111122223333/q",
                Some("us-gov-west-1"),
            ),
            (
                "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q",
                Some("cn-north-1"),
            ),
            (
                "https://sqs-fips.eusc-de-east-1.amazonaws.eu/1/q",
                Some("eusc-de-east-1"),
            ),
            (
                "https://eu-west-1.queue.amazonaws.com/111122223333/q",
                Some("eu-west-1"),
            ),
            ("https://queue.amazonaws.com/111122223333/q", None),
            (
                "http://127.0.0.1:4566/111122223333/keyrail-DeadLetterQueue-1",
                None,
            ),
            ("keyrail-1-1", None),
        ] {
            assert_eq!(region_of(url), region, "{url}");
        }
    }
}
