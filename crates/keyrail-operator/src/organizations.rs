//! AWS Organizations: which accounts there are, and in which units.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{Account, AccountState};
use keyrail_core::bundle::organization::{AccountRow, UnitRow};
use keyrail_core::effects::EffectError;
use serde::Serialize;

use crate::caller::Connection;
use keyrail_aws::error::sorted;

/// Accounts and units, as `organization.json` of a bundle has them, sorted by id.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Organization {
    /// The units; the organization's root is one without a parent.
    pub units: Vec<UnitRow>,
    /// The accounts that are open.
    pub accounts: Vec<AccountRow>,
}

impl Organization {
    /// Reads the organization. `seen` is told how much was read so far.
    ///
    /// # Errors
    ///
    /// As Organizations answers, or does not. The caller must be in the management
    /// account, or in one that is a delegated administrator.
    pub async fn read(
        connection: &Connection,
        mut seen: impl FnMut(&Self),
    ) -> Result<Self, EffectError> {
        let client = client(connection);
        let mut organization = Self::default();
        let mut waiting: Vec<String> = Vec::new();
        let mut pages = client.list_roots().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| sorted("organizations:ListRoots", &error))?;
            for root in page.roots.unwrap_or_default() {
                let id = root.id.unwrap_or_default();
                organization.units.push(UnitRow {
                    id: id.clone(),
                    name: root.name,
                    parent: None,
                });
                waiting.push(id);
            }
        }
        while let Some(parent) = waiting.pop() {
            organization
                .read_units(&client, &parent, &mut waiting)
                .await?;
            organization
                .read_accounts(&client, &parent, &mut seen)
                .await?;
        }
        organization.units.sort();
        organization.accounts.sort();
        Ok(organization)
    }

    async fn read_units(
        &mut self,
        client: &Client,
        parent: &str,
        waiting: &mut Vec<String>,
    ) -> Result<(), EffectError> {
        const CALL: &str = "organizations:ListOrganizationalUnitsForParent";
        let call = client
            .list_organizational_units_for_parent()
            .parent_id(parent);
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| sorted(CALL, &error))?;
            for unit in page.organizational_units.unwrap_or_default() {
                let id = unit.id.unwrap_or_default();
                waiting.push(id.clone());
                self.units.push(UnitRow {
                    id,
                    name: unit.name,
                    parent: Some(parent.to_owned()),
                });
            }
        }
        Ok(())
    }

    async fn read_accounts(
        &mut self,
        client: &Client,
        parent: &str,
        seen: &mut impl FnMut(&Self),
    ) -> Result<(), EffectError> {
        const CALL: &str = "organizations:ListAccountsForParent";
        let call = client.list_accounts_for_parent().parent_id(parent);
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| sorted(CALL, &error))?;
            let accounts = page.accounts.unwrap_or_default().into_iter();
            self.accounts
                .extend(accounts.filter(is_open).map(|account| AccountRow {
                    id: account.id.unwrap_or_default(),
                    name: account.name,
                    unit: Some(parent.to_owned()),
                }));
            seen(self);
        }
        Ok(())
    }
}

/// Whether anybody can act in it, now or later. AWS lets nobody into one that is suspended
/// or closed. One whose closure is pending is open until that is done, and one whose sign-up
/// is not finished opens without asking us: both stay in (Organizations User Guide, "Monitor
/// the state of your AWS accounts", checked 2026-11-29).
fn is_open(account: &Account) -> bool {
    !matches!(
        account.state,
        Some(AccountState::Suspended | AccountState::Closed)
    )
}

/// Organizations throttles even simple listing, with `TooManyRequestsException`, for which
/// the SDK waits and tries again, each time up to twice as long (Organizations API reference,
/// `ListAccountsForParent`, checked 2026-11-29).
fn client(connection: &Connection) -> Client {
    const ATTEMPTS: u32 = 12;
    const LONGEST_WAIT: Duration = Duration::from_secs(20);
    const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(Duration::from_secs(1))
        .with_max_backoff(LONGEST_WAIT);
    // An attempt has an end; all of them together, and the waiting between, have the
    // number of attempts.
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(ATTEMPT_TIMEOUT / 2)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    Client::from_conf(
        aws_sdk_organizations::config::Builder::from(&connection.config)
            .retry_config(retries)
            .timeout_config(timeouts)
            .build(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Caller;

    #[test]
    fn organizations_is_asked_again_ten_times_and_more_and_up_to_twenty_seconds_apart() {
        let connection = Connection {
            config: aws_config::SdkConfig::builder()
                .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
                .retry_config(RetryConfig::standard())
                .build(),
            caller: Caller {
                account: "111122223333".parse().expect("an account"),
                arn: "arn:aws:iam::111122223333:user/anaya".to_owned(),
                partition: "aws".to_owned(),
            },
        };
        let client = client(&connection);
        let retries = client.config().retry_config().expect("it retries");
        assert_eq!(
            (
                retries.max_attempts(),
                retries.initial_backoff(),
                retries.max_backoff(),
                // Full jitter: each wait is a random part of the longest one.
                retries.use_static_exponential_base(),
            ),
            (12, Duration::from_secs(1), Duration::from_secs(20), false)
        );
    }
}
