//! How people connect: with the credentials of the AWS command line, and with more
//! patience than a function has.
//!
//! Credentials are loaded once, before the first call and outside its timeouts: a browser,
//! an MFA device or a slow program may be behind them. [`Source`] says where they come
//! from, [`Fault`] why there are none.

use std::time::{Duration, SystemTime};

use aws_config::default_provider::region::DefaultRegionChain;
use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use keyrail_core::id::AccountId;
use keyrail_core::partition::Partition;
use tokio::time::timeout;

mod fault;
mod finding;
mod source;

pub use self::fault::Fault;
pub use self::source::{Profile, Source, Way};

/// How long loading credentials may take.
const LOADING_TIMEOUT: Duration = Duration::from_mins(2);

const CALL_TIMEOUT: Duration = Duration::from_mins(1);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A configuration with credentials that work, and whose they are.
#[derive(Debug, Clone)]
pub struct Connection {
    /// For clients of any service: credentials, timeouts, retries, and the Region that
    /// was chosen.
    pub config: SdkConfig,
    /// Whose credentials they are.
    pub caller: Caller,
}

/// Which Region calls are made in, STS's among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionChoice<'a> {
    /// This one, whatever the settings name.
    Named(&'a str),
    /// The one that the environment or the profile names.
    Settings {
        /// For settings that name none; without it, the home Region of `aws`.
        otherwise: Option<&'a str>,
    },
}

/// Whose credentials they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account that the calls are made in.
    pub account: AccountId,
    /// Who makes them.
    pub arn: String,
    /// The id of the partition that both are in.
    pub partition: String,
}

impl Source {
    /// Loads the credentials, and asks STS whose they are.
    ///
    /// # Errors
    ///
    /// If there are no credentials, or AWS does not take them.
    pub async fn connect(&self, region: RegionChoice<'_>) -> Result<Connection, Fault> {
        let region = self.region(region).await;
        let config = self.config(region.clone()).await;
        let Some(provider) = config.credentials_provider() else {
            return Err(Fault::None(self.clone()));
        };
        let loading = timeout(LOADING_TIMEOUT, provider.provide_credentials()).await;
        let credentials = loading
            .map_err(|_| Fault::Slow(self.clone(), LOADING_TIMEOUT))?
            .map_err(|error| Fault::of_loading(self, &error))?;
        let loaded = Loaded {
            credentials,
            provider,
        };
        let cache = IdentityCache::lazy().load_timeout(LOADING_TIMEOUT).build();
        let config = config
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(loaded))
            .identity_cache(cache)
            .build();
        let asked = aws_sdk_sts::Client::new(&config)
            .get_caller_identity()
            .send()
            .await;
        let identity = asked.map_err(|error| Fault::of_asking(self, region.as_ref(), &error))?;
        let account = identity.account.and_then(|account| account.parse().ok());
        let partition = identity.arn.as_deref().and_then(Partition::id_in);
        let partition = partition.map(str::to_owned);
        let ((account, arn), partition) = account
            .zip(identity.arn)
            .zip(partition)
            .ok_or(Fault::Unreadable)?;
        let caller = Caller {
            account,
            arn,
            partition,
        };
        Ok(Connection { config, caller })
    }

    async fn region(&self, choice: RegionChoice<'_>) -> Region {
        let otherwise = match choice {
            RegionChoice::Named(name) => return Region::new(name.to_owned()),
            RegionChoice::Settings { otherwise } => otherwise,
        };
        let mut chain = DefaultRegionChain::builder();
        if let Some(name) = self.named() {
            chain = chain.profile_name(name);
        }
        let otherwise = otherwise.unwrap_or(Partition::usual().home_region);
        let set = chain.build().region().await;
        set.unwrap_or_else(|| Region::new(otherwise.to_owned()))
    }

    async fn config(&self, region: Region) -> SdkConfig {
        let mut defaults = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(region.clone())
            .retry_config(retries())
            .timeout_config(timeouts(ATTEMPT_TIMEOUT, CALL_TIMEOUT));
        if let Some(name) = self.named() {
            // By itself: keys in the environment would come before a profile.
            let surroundings = ProviderConfig::default()
                .with_region(Some(region))
                .with_retry_config(retries())
                .with_timeout_config(timeouts(ATTEMPT_TIMEOUT, CALL_TIMEOUT));
            let provider = ProfileFileCredentialsProvider::builder()
                .configure(&surroundings)
                .profile_name(name);
            defaults = defaults
                .profile_name(name)
                .credentials_provider(provider.build());
        }
        defaults.load().await
    }
}

/// Credentials that serve until they expire. What they came from may ask somebody for a
/// code each time, and so it is not asked before.
#[derive(Debug)]
struct Loaded {
    credentials: Credentials,
    provider: SharedCredentialsProvider,
}

impl ProvideCredentials for Loaded {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let end = self.credentials.expiry();
        match end.is_some_and(|end| end <= SystemTime::now()) {
            true => self.provider.provide_credentials(),
            false => future::ProvideCredentials::ready(Ok(self.credentials.clone())),
        }
    }
}

/// Somebody waits: the SDK's exponential backoff with full jitter, for some seconds.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(5)
        .with_initial_backoff(Duration::from_millis(500))
        .with_max_backoff(Duration::from_secs(8))
}

pub(crate) fn timeouts(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}
