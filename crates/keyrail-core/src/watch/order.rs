//! In which order accounts are looked at, where the time may not do for all of them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::compare::Memory;
use super::reading::{Account, Asked, LastBeat, Watched};
use super::silence::is_any_silent;
use crate::id::AccountId;

/// Who is silent first; all others in turn, after the one that was looked at last.
#[must_use]
pub fn in_order(
    accounts: &[Account],
    beats: &BTreeMap<AccountId, Asked<Vec<LastBeat>>>,
    watched: &Watched,
    memory: &Memory,
    at: Timestamp,
) -> Vec<AccountId> {
    let is_silent = |account: &Account| {
        let heard = beats.get(&account.id).and_then(|asked| asked.as_ref().ok());
        heard.is_some_and(|heard| is_any_silent(heard, account, watched, memory, at))
    };
    let mut ids: Vec<(bool, &AccountId)> = accounts
        .iter()
        .map(|account| (!is_silent(account), &account.id))
        .collect();
    // Those after the last one come first, and each lot in the order of the ids.
    ids.sort_by_key(|(is_heard, id)| {
        let is_done = memory.last.as_ref().is_some_and(|last| *id <= last);
        (*is_heard, *is_heard && is_done, (*id).clone())
    });
    ids.into_iter().map(|(_, id)| id.clone()).collect()
}

/// Whom the next check begins after: nobody, if all were looked at.
#[must_use]
pub fn looked_at_last(
    order: &[AccountId],
    is_read: impl Fn(&AccountId) -> bool,
) -> Option<AccountId> {
    let all = order.iter().all(&is_read);
    let last = order.iter().rfind(|id| is_read(id));
    last.filter(|_| !all).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> AccountId {
        format!("{number:012}").parse().expect("it is an account")
    }

    /// Nobody is looked at twice before all others were.
    #[test]
    fn where_the_time_does_not_do_each_account_has_its_turn() {
        let accounts: Vec<Account> = (0..10)
            .map(|number| Account {
                id: id(number),
                name: None,
                joined: None,
            })
            .collect();
        let watched = Watched {
            name: "keyrail".to_owned(),
            partition: "aws".to_owned(),
            account: id(0),
            home: "us-east-1".to_owned(),
            regions: ["us-east-1".to_owned()].into(),
            organization: None,
            function: "keyrail".to_owned(),
            responder: None,
            alert_topic: String::new(),
            operator_topic: None,
            queues: Vec::new(),
        };
        let at: Timestamp = "2026-03-14T09:26:53Z".parse().expect("it is a time");
        let mut memory = Memory {
            first: at,
            runs: None,
            last: None,
        };
        let mut seen = Vec::new();
        for _ in 0..3 {
            let order = in_order(&accounts, &BTreeMap::new(), &watched, &memory, at);
            let read: Vec<AccountId> = order.iter().take(4).cloned().collect();
            memory.last = looked_at_last(&order, |id| read.contains(id));
            seen.extend(read);
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 10);
        // Who fell silent comes first.
        memory.first = at - jiff::SignedDuration::from_hours(9);
        let beats = BTreeMap::from([(id(7), Ok(Vec::new()))]);
        let order = in_order(&accounts, &beats, &watched, &memory, at);
        assert_eq!(order.first(), Some(&id(7)));
        assert_eq!(looked_at_last(&order, |_| true), None);
    }
}
