//! Taking containment back, with the credentials that people have.

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::{BehaviorVersion, Region};
use keyrail_core::effects::{EffectError, EffectErrorKind};
use keyrail_core::id::AccountId;

use crate::error::sorted;
use crate::{Aws, CALL_TIMEOUT, Places, timeouts};

/// Whose credentials they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account that the calls are made in.
    pub account: AccountId,
    /// Who makes them.
    pub arn: String,
}

/// Connects with the caller's own credentials and settings: those of the AWS command
/// line, or of a `profile` of its configuration. `region` is used where these name none.
/// The clients act in the caller's account, and in no other.
///
/// # Errors
///
/// If STS does not say who the caller is.
pub async fn connect(
    table: Option<String>,
    region: Option<String>,
    profile: Option<&str>,
) -> Result<(Aws, Caller), EffectError> {
    const CALL: &str = "sts:GetCallerIdentity";
    let mut defaults =
        aws_config::defaults(BehaviorVersion::v2026_01_12()).timeout_config(timeouts(CALL_TIMEOUT));
    if let Some(profile) = profile {
        // By itself: keys in the environment would come before a profile.
        let credentials = ProfileFileCredentialsProvider::builder().profile_name(profile);
        defaults = defaults
            .profile_name(profile)
            .credentials_provider(credentials.build());
    }
    let config = defaults.load().await;
    let config = match (config.region(), region) {
        (None, region) => {
            let region = region.unwrap_or_else(|| "us-east-1".to_owned());
            config.into_builder().region(Region::new(region)).build()
        }
        (Some(_), _) => config,
    };
    let places = Places {
        table,
        ..Places::default()
    };
    let aws = Aws::new(config, places);
    let asked = aws.sts().get_caller_identity().send().await;
    let identity = asked.map_err(|error| sorted(CALL, &error))?;
    let unreadable = || EffectError {
        kind: EffectErrorKind::Refused,
        message: format!("{CALL}: an answer without account and ARN"),
    };
    let account: AccountId = identity
        .account()
        .and_then(|account| account.parse().ok())
        .ok_or_else(unreadable)?;
    let arn = identity.arn().ok_or_else(unreadable)?.to_owned();
    let partition = arn.split(':').nth(1).ok_or_else(unreadable)?;
    let aws = aws.acting_in(account.clone(), partition);
    Ok((aws, Caller { account, arn }))
}
