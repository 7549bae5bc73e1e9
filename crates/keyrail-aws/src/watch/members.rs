//! Looking at accounts, several at a time.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};
use keyrail_core::id::AccountId;
use keyrail_core::watch::{Asked, Region};
use tokio::time::{Instant, timeout_at};

use super::watcher::{Watcher, unread};

/// How many accounts are read at a time, and in each as many Regions as there are. Calls of one Region of
/// one account come one after the other, so that none of its rates is reached.
const AT_ONCE: usize = 16;

impl Watcher {
    /// Reads each Region of these accounts, in this order, as far as the time does. Who is missing in
    /// what is returned was not read.
    pub async fn members(
        &self,
        accounts: &[AccountId],
        until: Instant,
    ) -> BTreeMap<AccountId, Asked<BTreeMap<String, Region>>> {
        let reading = stream::iter(accounts).map(|account| async move {
            let read = timeout_at(until, Box::pin(self.member(account))).await;
            read.ok().map(|read| (account.clone(), read))
        });
        let read: Vec<_> = reading.buffered(AT_ONCE).collect().await;
        read.into_iter().flatten().collect()
    }

    async fn member(&self, account: &AccountId) -> Asked<BTreeMap<String, Region>> {
        let session = self.enter(account).await.map_err(|error| unread(&error))?;
        let session = &session;
        let reading = stream::iter(&self.watched.regions)
            .map(|region| async move { (region.clone(), session.region(region).await) });
        let read = reading.buffered(self.watched.regions.len().max(1));
        Ok(read.collect().await)
    }
}
