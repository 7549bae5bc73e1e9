//! The accounts of the organization.

use jiff::Timestamp;
use keyrail_core::watch::{Account, Asked};
use serde_json::{Value, json};

use super::answer::{items, text};
use super::asking::{ORGANIZATIONS, Question};
use super::watcher::{Watcher, unread};
use keyrail_core::effects::EffectError;

impl Watcher {
    /// The accounts that are open; without an organization, keyrail's own. The caller must be in the
    /// management account or in one that is a delegated administrator of some service (Organizations API
    /// reference, `ListAccounts`, checked 2026-11-29).
    ///
    /// # Errors
    ///
    /// As Organizations answers, or does not.
    pub async fn accounts(&self) -> Asked<Vec<Account>> {
        if self.watched.organization.is_none() {
            return Ok(vec![Account {
                id: self.watched.account.clone(),
                name: None,
                joined: None,
            }]);
        }
        self.list_accounts().await.map_err(|error| unread(&error))
    }

    async fn list_accounts(&self) -> Result<Vec<Account>, EffectError> {
        const CALL: &str = "organizations:ListAccounts";
        let asker = self.own().await?.asker(&self.watched.home);
        let mut accounts = Vec::new();
        // At most 20 on a page, and it may have fewer, or none, although there are more (the same page).
        let mut input = json!({"MaxResults": 20});
        loop {
            let page = asker.ask(Question::of(&ORGANIZATIONS, CALL, input)).await?;
            let listed = items(&page, "Accounts");
            accounts.extend(listed.filter(|account| is_open(account)).filter_map(read));
            match text(&page, "NextToken") {
                token if token.is_empty() => return Ok(accounts),
                token => input = json!({"MaxResults": 20, "NextToken": token}),
            }
        }
    }
}

/// `State` says more than `Status`, which it replaces, and answers of before may lack it: Organizations
/// User Guide, "Monitor the state of your AWS accounts" (checked 2026-11-29). In an account that is
/// suspended, closed, or not activated yet nothing happens.
fn is_open(account: &Value) -> bool {
    let state = text(account, "State");
    let status = text(account, "Status");
    match state.as_str() {
        "" => status == "ACTIVE",
        state => state == "ACTIVE",
    }
}

fn read(account: &Value) -> Option<Account> {
    let joined = account.get("JoinedTimestamp").and_then(Value::as_f64);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "seconds since 1970 fit, and others are cut to what fits"
    )]
    let joined = joined.and_then(|seconds| Timestamp::from_second(seconds as i64).ok());
    Some(Account {
        id: text(account, "Id").parse().ok()?,
        name: Some(text(account, "Name")).filter(|name| !name.is_empty()),
        joined,
    })
}
