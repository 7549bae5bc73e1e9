//! The process dies before and after every call, and the event comes again; and the same
//! event comes many times at once.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use keyrail_core::pipeline::Handled;

use crate::model::{Model, Weather};
use crate::{ACCOUNT, KEY, bob, enforcing, handle, key_created, one_guardrail, told};

#[tokio::test]
async fn wherever_it_dies_no_alert_is_lost_and_nothing_is_deleted_twice() {
    let bundle = one_guardrail(
        "[allow]\nsteps = [\"delete-key\"]\n",
        "deactivate-key quarantine-user delete-key",
    );
    let event = key_created(ACCOUNT, "bob", KEY);
    let mut deaths = 0;
    for has_table in [true, false] {
        for call in 0..40 {
            for after in [false, true] {
                let weather = Weather {
                    death: Some((call, after)),
                    has_table,
                    ..Weather::default()
                };
                let model = Model::new(7, bob(), weather);
                let died = handle(&model, &bundle, &event, &enforcing())
                    .await
                    .is_none();
                deaths += u32::from(died);
                // Lambda tries again after a minute, when the lease has run out.
                model.0.borrow_mut().weather.death = None;
                model.wait(Duration::from_mins(1));
                handle(&model, &bundle, &event, &enforcing())
                    .await
                    .expect("it ends");

                let inner = model.0.borrow();
                let place = format!("call {call}, after {after}, table {has_table}");
                assert!(!inner.sent.is_empty(), "{place}: nobody was told");
                let user = &inner.iam[&(ACCOUNT.to_owned(), "bob".to_owned())];
                assert!(!user.keys.contains_key(KEY), "{place}: the key is there");
                let deleted: BTreeSet<_> = inner
                    .past
                    .windows(2)
                    .filter(|pair| {
                        let held = |iam: &crate::model::Iam| {
                            iam[&(ACCOUNT.to_owned(), "bob".to_owned())].keys.len()
                        };
                        held(&pair[0].1) > held(&pair[1].1)
                    })
                    .map(|pair| pair[1].0)
                    .collect();
                assert_eq!(deleted.len(), 1, "{place}: deleted more than once");
            }
        }
    }
    assert!(deaths > 20, "{deaths} deaths show nothing");
    told(&format!(
        "{deaths} deaths before and after each call: every event was told, nothing was deleted twice"
    ));
}

#[tokio::test]
async fn of_eight_deliveries_at_once_one_alerts() {
    let bundle = one_guardrail("", "deactivate-key");
    let event = key_created(ACCOUNT, "bob", KEY);
    for has_table in [true, false] {
        let weather = Weather {
            has_table,
            ..Weather::default()
        };
        let model = Model::new(3, bob(), weather);
        let circumstances = enforcing();
        let all = (0..8).map(|_| handle(&model, &bundle, &event, &circumstances));
        let responses: Vec<_> = join_all(all).await.into_iter().flatten().collect();
        let inner = model.0.borrow();
        assert!(!inner.iam[&(ACCOUNT.to_owned(), "bob".to_owned())].keys[KEY].0);
        if has_table {
            assert_eq!(inner.sent.len(), 1);
            let here = responses
                .iter()
                .filter(|response| response.handled == Handled::Here);
            assert_eq!(here.count(), 1);
        } else {
            assert!(!inner.sent.is_empty());
        }
    }
}
