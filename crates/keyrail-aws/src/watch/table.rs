//! The state table, as the watch reads and writes it.
//!
//! | what | pk | sk | besides |
//! | --- | --- | --- | --- |
//! | what one check hands on | `watch#NAME` | `!memory` | `memory`: JSON |
//! | a fault that stands | `watch#NAME` | `fault#KEY` | `standing`: JSON |
//! | one that is over | the same | the same | no `standing` |

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use keyrail_core::activity::{BeatCall, Slot};
use keyrail_core::effects::EffectError;
use keyrail_core::id::AccountId;
use keyrail_core::watch::{Asked, Change, LastBeat, Memory, Standing};

use super::watcher::{Watcher, unread};
use crate::error::sorted;

type Item = HashMap<String, AttributeValue>;

/// How many reads and writes are under way at the same time.
const AT_ONCE: usize = 16;

/// Longer than anything stands unnoticed.
const LASTS: SignedDuration = SignedDuration::from_hours(400 * 24);
const OVER_LASTS: SignedDuration = SignedDuration::from_hours(24);

const MEMORY: &str = "!memory";

/// What the table has of earlier checks.
#[derive(Debug, Default)]
pub struct Kept {
    /// What the last one handed on; `None` before the first.
    pub memory: Option<Memory>,
    /// What stood.
    pub standing: Vec<Standing>,
}

impl Watcher {
    /// What was kept of earlier checks.
    ///
    /// # Errors
    ///
    /// As `DynamoDB` answers, or does not.
    pub async fn kept(&self) -> Result<Kept, EffectError> {
        let mut kept = Kept::default();
        for item in self.query(&self.partition_key()).await? {
            let json = |name: &str| item.get(name)?.as_s().ok();
            let memory = json("memory").and_then(|json| serde_json::from_str(json).ok());
            kept.memory = kept.memory.or(memory);
            // One that this version cannot read is seen anew.
            let standing = json("standing").and_then(|json| serde_json::from_str(json).ok());
            kept.standing.extend(standing);
        }
        Ok(kept)
    }

    /// The last beats of each account.
    pub async fn beats(&self, accounts: &[AccountId]) -> BTreeMap<AccountId, Asked<Vec<LastBeat>>> {
        let asking = stream::iter(accounts).map(|account| async move {
            let items = self.query(&format!("beat#{account}")).await;
            let beats = items.map(|items| items.iter().filter_map(last_beat).collect());
            (account.clone(), beats.map_err(|error| unread(&error)))
        });
        asking.buffered(AT_ONCE).collect().await
    }

    /// Keeps what is to be kept for the next check.
    ///
    /// # Errors
    ///
    /// The first of `DynamoDB`'s, once all writes were tried.
    pub async fn keep(&self, changes: &[Change], memory: &Memory) -> Result<(), EffectError> {
        let now = Timestamp::now();
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let client = &client;
        let items = changes.iter().map(|change| match change {
            Change::Keep(standing) => self.item(
                &format!("fault#{}", standing.fault.key),
                serde_json::to_string(standing)
                    .ok()
                    .map(|json| ("standing", json)),
                now + LASTS,
            ),
            Change::Over(standing) => self.item(
                &format!("fault#{}", standing.fault.key),
                None,
                now + OVER_LASTS,
            ),
        });
        let json = serde_json::to_string(memory).ok();
        let memory = self.item(MEMORY, json.map(|json| ("memory", json)), now + LASTS);
        let writing = stream::iter(items.chain([memory]))
            .map(|item| async move { self.put(client, item).await });
        let written: Vec<Result<(), EffectError>> = writing.buffered(AT_ONCE).collect().await;
        written.into_iter().collect()
    }

    fn partition_key(&self) -> String {
        format!("watch#{}", self.watched.name)
    }

    fn item(&self, sk: &str, json: Option<(&str, String)>, expires: Timestamp) -> Item {
        let mut item = HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.partition_key())),
            ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
            (
                "expires".to_owned(),
                AttributeValue::N(expires.as_second().to_string()),
            ),
        ]);
        if let Some((name, json)) = json {
            item.insert(name.to_owned(), AttributeValue::S(json));
        }
        item
    }

    async fn put(&self, client: &Client, item: Item) -> Result<(), EffectError> {
        let put = client.put_item().table_name(&self.places.table);
        let put = put.set_item(Some(item)).send().await;
        put.map(drop)
            .map_err(|error| sorted("dynamodb:PutItem", &error))
    }

    async fn query(&self, pk: &str) -> Result<Vec<Item>, EffectError> {
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let query = client
            .query()
            .table_name(&self.places.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
        let mut pages = query.into_paginator().send();
        let mut items = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| sorted("dynamodb:Query", &error))?;
            items.extend(page.items.unwrap_or_default());
        }
        Ok(items)
    }
}

/// As the guard writes it.
fn last_beat(item: &Item) -> Option<LastBeat> {
    let (region, call) = item.get("sk")?.as_s().ok()?.split_once('#')?;
    let call = BeatCall::ALL.into_iter().find(|it| it.as_str() == call)?;
    let at: i64 = item.get("at")?.as_n().ok()?.parse().ok()?;
    Some(LastBeat {
        region: region.to_owned(),
        call,
        slot: Slot::of(Timestamp::from_second(at).ok()?),
    })
}
