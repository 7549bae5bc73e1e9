//! Never the wrong key: whatever the event says and IAM has, no changing call names
//! another account, user or key than the event's.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use keyrail_core::Bundle;
use keyrail_core::change::Principal;
use serde_json::{Value, json};

use crate::events::{key_created, key_set, keys_exposed};
use crate::faults::{Dice, Faults, Table};
use crate::model::{Inner, Model};
use crate::world::{Attack, Iam, User};
use crate::{handle, look, next_due, one_guardrail, runs, start, told};

const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
const NAMES: [&str; 7] = [
    "bob",
    "Bob",
    "-bob",
    "--user-name",
    "bob@example.com",
    "b+o=b,.",
    "a.very-long_name@with.everything+in=it,",
];

/// What an event is about.
#[derive(Debug, Clone)]
struct About {
    account: &'static str,
    user: Option<&'static str>,
    keys: BTreeSet<String>,
    time: Timestamp,
    /// IAM is asked first whose the key is.
    is_asked: bool,
}

/// Three accounts, in which users of the same names hold up to two keys. Some have been
/// renamed, and others have their names now.
fn iam(dice: &mut Dice) -> Iam {
    let mut iam = Iam::new();
    let (mut number, mut uid) = (0, 0);
    let mut user = |dice: &mut Dice, created: Timestamp| {
        uid += 1;
        let keys = (0..dice.roll(3)).map(|_| {
            number += 1;
            (format!("AKIA{number:016}"), (dice.roll(4) > 0, created))
        });
        User {
            uid,
            created,
            keys: keys.collect(),
            password: dice.one_in(3).then_some(created),
            ..User::default()
        }
    };
    let long_ago = start() - SignedDuration::from_hours(24 * 90);
    for account in ACCOUNTS {
        for name in NAMES {
            if dice.one_in(4) {
                continue;
            }
            let old = user(dice, long_ago);
            if !dice.one_in(5) {
                iam.insert((account.to_owned(), name.to_owned()), old);
                continue;
            }
            iam.insert((account.to_owned(), format!("{name}-renamed")), old);
            if dice.one_in(2) {
                let lately = start() - SignedDuration::from_secs(1);
                let new = user(dice, lately);
                iam.insert((account.to_owned(), name.to_owned()), new);
            }
        }
    }
    iam
}

/// An event, most often about a key that is there, and what it is about.
fn event(dice: &mut Dice, iam: &Iam) -> (Value, About) {
    let account = *dice.pick(&ACCOUNTS);
    let mut user = *dice.pick(&NAMES);
    let mut key = format!("AKIA{:016}", dice.roll(40));
    if !dice.one_in(4) {
        // As it was before anybody was renamed.
        let all: Vec<_> = iam
            .iter()
            .filter(|((of, _), user)| of == account && !user.keys.is_empty())
            .collect();
        if !all.is_empty() {
            let ((_, name), held) = dice.pick(&all);
            let name = name.trim_end_matches("-renamed");
            user = NAMES
                .into_iter()
                .find(|known| *known == name)
                .expect("known");
            let keys: Vec<_> = held.keys.keys().collect();
            (*dice.pick(&keys)).clone_into(&mut key);
        }
    }
    let is_old = dice.one_in(4);
    let time = match is_old {
        true => {
            start()
                - SignedDuration::from_mins(65 + i64::try_from(dice.roll(3_000)).expect("small"))
        }
        false => {
            start() - SignedDuration::from_secs(2 + i64::try_from(dice.roll(600)).expect("small"))
        }
    };
    let mut about = About {
        account,
        user: Some(user),
        keys: [key.clone()].into(),
        time,
        is_asked: is_old,
    };
    if dice.one_in(6) {
        about.user = None;
        about.is_asked = true;
        for _ in 0..dice.roll(3) {
            about.keys.insert(format!("AKIA{:016}", dice.roll(40)));
        }
        let keys: Vec<String> = about.keys.iter().cloned().collect();
        return (keys_exposed(account, &keys, time), about);
    }
    let is_set = dice.one_in(3);
    let mut event = match is_set {
        true => key_set(account, user, &key, "Active", time),
        false => key_created(account, user, &key, time),
    };
    let elsewhere: Value = (*dice.pick(&ACCOUNTS)).into();
    let path = format!("arn:aws:iam::{account}:user/division/team/anaya");
    match dice.roll(12) {
        0 => event["account"] = elsewhere,
        1 => event["detail"]["recipientAccountId"] = elsewhere,
        2 => {
            let named = *dice.pick(&NAMES);
            event["detail"]["requestParameters"]["userName"] = named.into();
            // Only the answer to CreateAccessKey names the user, too.
            about.user = Some(if is_set { named } else { user });
        }
        3 => event["detail"]["userIdentity"]["arn"] = path.into(),
        4 => event["detail"]["userIdentity"]["accountId"] = elsewhere,
        5 => event["detail"]["recipientAccountId"] = Value::Null,
        6 => event["source"] = "my.program".into(),
        7 => event = event["detail"].clone(),
        8 => event = json!({"Records": [{"body": event.to_string(), "eventSource": "aws:sqs"}]}),
        _ => {}
    }
    (event, about)
}

/// What each changing call names, and whom it took effect on.
/// The `first` of them were made before anything was looked at again.
fn check(inner: &Inner, about: &About, first: usize, seed: u64) {
    // Whose the keys are in the account of the event.
    let holders: Vec<(&str, &User)> = inner
        .base
        .iter()
        .filter(|((of, _), _)| of == about.account)
        .filter(|(_, user)| about.keys.iter().any(|key| user.keys.contains_key(key)))
        .map(|((_, name), user)| (name.as_str(), user))
        .collect();
    for (number, made) in inner.made.iter().enumerate() {
        assert_eq!(
            made.account, about.account,
            "seed {seed}: {made:?}, {about:?}"
        );
        let Principal::User(named) = made.change.principal() else {
            panic!("seed {seed}: {made:?}");
        };
        let holds = holders.iter().any(|(name, _)| *name == named.as_str());
        let is_named = about.user == Some(named.as_str());
        let is_right = match (about.is_asked, about.user) {
            // The event shows the user, who may have another name by now.
            (false, _) => is_named || holds,
            // It is old: IAM must say the same as it does.
            (true, Some(_)) => is_named && holds,
            (true, None) => holds,
        };
        assert!(is_right, "seed {seed}: {made:?}, {about:?}, {holders:?}");
        // A look again stops what is new, too.
        if let (Some(key), true) = (made.change.key(), number < first) {
            assert!(
                about.keys.contains(key.as_str()),
                "seed {seed}: {made:?}, {about:?}"
            );
        }
        // If the key exists, whoever holds it is the only one that is touched.
        if let Some(uid) = made.uid
            && !holders.is_empty()
        {
            let is_holder = holders.iter().any(|(_, user)| user.uid == uid);
            assert!(is_holder, "seed {seed}: {made:?}, {about:?}, {holders:?}");
        }
        assert!(made.at >= about.time);
    }
}

#[test]
fn no_call_names_another_account_user_or_key() {
    let pairs = runs(4_000, 1_000_000);
    let steps = "deactivate-key quarantine-user disable-console-login";
    let ours = one_guardrail("", steps);
    let deleting = one_guardrail(
        "[allow]\nsteps = [\"delete-key\"]\n",
        &format!("{steps} delete-key"),
    );
    let user_only = one_guardrail("", "quarantine-user disable-console-login");
    let embedded = Bundle::embedded().expect("it loads");
    let (mut calls, mut effective, mut silent, mut looks) = (0_u64, 0_u64, 0_u64, 0_u64);
    for seed in 0..pairs {
        let mut dice = Dice::new(seed);
        let state = iam(&mut dice);
        let (event, about) = event(&mut dice, &state);
        let faults = Faults {
            lost: if dice.one_in(8) { 3 } else { 0 },
            failing: if dice.one_in(4) { 8 } else { 0 },
            lag: if dice.one_in(8) { 20_000 } else { 0 },
            table: *dice.pick(&[Table::Off, Table::On, Table::Failing]),
            ..Faults::default()
        };
        // AWS Health is the default bundle's: no other has a guardrail for it here.
        let bundle = match (about.user, dice.roll(8)) {
            (None, _) | (_, 0) => &embedded,
            (_, 1..4) => &deleting,
            (_, 4) => &user_only,
            _ => &ours,
        };
        let model = Model::new(seed, state, faults);
        handle(&model, bundle, &event).expect("it ends");
        let first = model.0.borrow().made.len();
        if dice.one_in(8) {
            // Somebody activates the keys again before they are looked at.
            let at = model.now() + SignedDuration::from_secs(1);
            for key in &about.keys {
                let holder = {
                    let inner = model.0.borrow();
                    let found = inner
                        .iam
                        .iter()
                        .find(|((of, _), user)| of == about.account && user.keys.contains_key(key));
                    found.map(|((_, name), _)| name.clone())
                };
                let attack = Attack::Activate(key.clone());
                let attack = holder.map(|name| (at, about.account.to_owned(), name, attack));
                model.0.borrow_mut().agenda.extend(attack);
            }
            for _ in 0..4 {
                if let Some(message) = next_due(&model) {
                    looks += 1;
                    look(&model, bundle, &message, false);
                }
            }
        }
        let inner = model.0.borrow();
        check(&inner, &about, first, seed);
        calls += inner.made.len() as u64;
        effective += inner.made.iter().filter(|made| made.uid.is_some()).count() as u64;
        silent += u64::from(inner.made.is_empty());
    }
    assert!(
        effective > pairs / 2,
        "{effective} changing calls show nothing"
    );
    assert!(silent < pairs && looks > 0 && effective > 0);
    told(&format!(
        "{pairs} pairs of event and IAM ({silent} with no changing call, {looks} looks again): {calls} changing calls, {effective} of them with effect, none names another account, user or key"
    ));
}
