//! Never the wrong key: whatever the event says and IAM has, no changing call names
//! another account, user or key than the event's.

use jiff::SignedDuration;
use keyrail_core::change::{Change, Principal};
use keyrail_core::outcome::carry_out;
use keyrail_core::{Event, examine};
use serde_json::{Value, json};

use crate::model::{Dice, Iam, Model, START, User, Weather};
use crate::{enforcing, key_created, one_guardrail, runs, to_its_end, told};

const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
const NAMES: [&str; 8] = [
    "bob",
    "Bob",
    "bob@example.com",
    "-bob",
    "b+o=b,.",
    "bob_",
    "a.very-long_name@with.everything+in=it,",
    "null",
];

fn key(number: u64) -> String {
    format!("AKIA{number:016}")
}

/// Three accounts, in which users of the same names hold keys, at times renamed.
fn iam(dice: &mut Dice) -> Iam {
    let mut iam = Iam::new();
    let mut number = 0;
    for account in ACCOUNTS {
        for name in NAMES {
            if dice.one_in(4) {
                continue;
            }
            let mut user = User {
                created: START.parse().expect("a time"),
                ..User::default()
            };
            user.created -= SignedDuration::from_hours(24);
            for _ in 0..dice.roll(3) {
                user.keys.insert(key(number), (true, user.created));
                number += 1;
            }
            let name = match dice.one_in(6) {
                true => format!("{name}-renamed"),
                false => name.to_owned(),
            };
            iam.insert((account.to_owned(), name), user);
        }
    }
    iam
}

fn event(dice: &mut Dice) -> (Value, &'static str, &'static str, String) {
    let account = ACCOUNTS[usize::try_from(dice.roll(3)).expect("small")];
    let user = NAMES[usize::try_from(dice.roll(8)).expect("small")];
    let key = key(dice.roll(40));
    let mut event = key_created(account, user, &key);
    match dice.roll(8) {
        // The envelope, or the record, is of another account.
        0 => event["account"] = ACCOUNTS[usize::try_from(dice.roll(3)).expect("small")].into(),
        1 => {
            event["detail"]["recipientAccountId"] =
                ACCOUNTS[usize::try_from(dice.roll(3)).expect("small")].into();
        }
        2 => event["detail"]["requestParameters"]["userName"] = NAMES[0].into(),
        // Old: IAM is asked first.
        3 => {
            event["time"] = "2026-11-24T00:00:00Z".into();
            event["detail"]["eventTime"] = "2026-11-24T00:00:00Z".into();
        }
        // It does not name the user twice.
        4 => event["detail"]["requestParameters"] = Value::Null,
        // A notice of Health's names keys only.
        5 => {
            event = json!({
                "detail-type": "AWS Health Event", "source": "aws.health", "account": account,
                "region": "us-east-1", "time": "2026-11-25T02:59:50Z", "id": "h-1",
                "detail": {
                    "service": "RISK", "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
                    "affectedEntities": [{"entityValue": key}],
                },
            });
        }
        _ => {}
    }
    (event, account, user, key)
}

#[tokio::test]
async fn no_call_names_another_account_user_or_key() {
    let pairs = runs(4_000, 1_000_000);
    let bundle = one_guardrail(
        "[allow]\nsteps = [\"delete-key\"]\n",
        "deactivate-key quarantine-user disable-console-login delete-key",
    );
    let health = keyrail_core::Bundle::embedded().expect("it loads");
    let mut changed: u64 = 0;
    for seed in 0..pairs {
        let mut dice = Dice::new(seed);
        let state = iam(&mut dice);
        let (event, account, user, key) = event(&mut dice);
        let is_notice = event["source"] == "aws.health";
        let model = Model::new(seed, state.clone(), Weather::default());
        let parsed = Event::parse(event.to_string().as_bytes()).expect("it is an event");
        let mut circumstances = enforcing();
        circumstances.now = Some(model.now());
        let bundle = if is_notice { &health } else { &bundle };
        let report = examine(parsed, bundle, &circumstances);
        to_its_end(carry_out(&report.plan, Some("e"), &model))
            .await
            .expect("it ends");
        // Whose the key is in the account of the event, as IAM has it.
        let owner = state
            .iter()
            .find(|((of, _), held)| of == account && held.keys.contains_key(&key))
            .map(|((_, name), _)| name.as_str());
        for made in &model.0.borrow().made {
            changed += 1;
            assert_eq!(made.account, account, "seed {seed}: {made:?}");
            let Principal::User(named) = made.change.principal() else {
                panic!("seed {seed}: {made:?}");
            };
            let is_events = !is_notice && named.as_str() == user;
            assert!(
                is_events || Some(named.as_str()) == owner,
                "seed {seed}: {made:?}, and the event is about {user} and {owner:?}"
            );
            if let Change::Key { key: named, .. } | Change::DeleteKey { key: named, .. } =
                &made.change
            {
                assert_eq!(named.as_str(), key, "seed {seed}");
            }
        }
    }
    assert!(changed > pairs / 2, "{changed} changing calls show nothing");
    told(&format!(
        "{pairs} pairs of event and IAM, {changed} changing calls: none names another account, user or key"
    ));
}
