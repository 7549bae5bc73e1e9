//! AWS Organizations: which accounts there are, and in which units.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::AccountState;
use keyrail_core::bundle::organization::{AccountRow, UnitRow};
use keyrail_core::effects::EffectError;
use serde::Serialize;

use crate::error::sorted;

/// Accounts and units, as `organization.json` of a bundle has them, sorted by id.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Organization {
    /// The units; the organization's root is one without a parent.
    pub units: Vec<UnitRow>,
    /// The accounts that are open.
    pub accounts: Vec<AccountRow>,
}

impl Organization {
    /// Reads the organization with the caller's own credentials and settings: those
    /// of the AWS command line. `seen` is told how many accounts were read so far.
    ///
    /// # Errors
    ///
    /// As Organizations answers, or does not. The caller must be in the management
    /// account, or in one that is a delegated administrator.
    pub async fn read(mut seen: impl FnMut(usize)) -> Result<Self, EffectError> {
        let config = aws_config::load_defaults(aws_config::BehaviorVersion::v2026_01_12()).await;
        // Organizations answers in one Region; a profile need not name any.
        let region = config.region().cloned();
        let region = region.unwrap_or(aws_config::Region::new("us-east-1"));
        let client = Client::from_conf(
            aws_sdk_organizations::config::Builder::from(&config)
                .region(region)
                .build(),
        );
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
            organization.read_accounts(&client, &parent).await?;
            seen(organization.accounts.len());
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

    async fn read_accounts(&mut self, client: &Client, parent: &str) -> Result<(), EffectError> {
        const CALL: &str = "organizations:ListAccountsForParent";
        let call = client.list_accounts_for_parent().parent_id(parent);
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| sorted(CALL, &error))?;
            // A suspended account is closed, and lets nobody in.
            let open = |account: &aws_sdk_organizations::types::Account| {
                account.state != Some(AccountState::Suspended)
            };
            let accounts = page.accounts.unwrap_or_default().into_iter().filter(open);
            self.accounts.extend(accounts.map(|account| AccountRow {
                id: account.id.unwrap_or_default(),
                name: account.name,
                unit: Some(parent.to_owned()),
            }));
        }
        Ok(())
    }
}
