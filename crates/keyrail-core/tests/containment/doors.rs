//! Every door: what a quarantine leaves open.

use std::collections::BTreeSet;

use keyrail_core::change::{Denial, deny_all_arn};

use crate::model::{Model, User, Weather};
use crate::{ACCOUNT, KEY, bob, enforcing, handle, key_created, one_guardrail};

/// Whether nothing that the user's own permissions allow is allowed any more: then the
/// second key, sessions of `GetSessionToken` and `GetFederationToken`, the console and
/// service-specific credentials can do nothing either, since all of them can do what
/// their user can at that time.
fn is_denied(user: &User) -> bool {
    let arn = deny_all_arn("aws");
    user.denials
        .values()
        .any(|denial| *denial == Denial::Everything)
        || user.attached.contains(&arn)
        || user.boundary.as_ref() == Some(&arn)
}

#[tokio::test]
async fn after_a_quarantine_six_of_six_doors_are_shut() {
    for full in [
        vec![],
        vec!["iam:PutUserPolicy"],
        vec!["iam:PutUserPolicy", "iam:AttachUserPolicy"],
    ] {
        let mut iam = bob();
        for user in iam.values_mut() {
            user.boundary = Some("arn:aws:iam::111122223333:policy/before".to_owned());
        }
        let weather = Weather {
            full: full.iter().copied().collect::<BTreeSet<_>>(),
            ..Weather::default()
        };
        let model = Model::new(1, iam, weather);
        let bundle = one_guardrail("", "deactivate-key quarantine-user");

        let event = key_created(ACCOUNT, "bob", KEY);
        let response = handle(&model, &bundle, &event, &enforcing())
            .await
            .expect("it ends");

        let inner = model.0.borrow();
        let user = &inner.iam[&(ACCOUNT.to_owned(), "bob".to_owned())];
        let denied = is_denied(user);
        let doors = [
            ("the key", !user.keys[KEY].0),
            (
                "the second key",
                denied || !user.keys["AKIAIOSFODNN7OLDER00"].0,
            ),
            ("sessions of GetSessionToken", denied),
            ("sessions of GetFederationToken", denied),
            ("the password", denied || user.password.is_none()),
            (
                "the service-specific credential",
                denied || !user.services["ACCAI44QH8DHBEXAMPLE"],
            ),
        ];
        assert_eq!(
            doors.iter().filter(|(_, shut)| *shut).count(),
            6,
            "{full:?}: {doors:?}"
        );
        assert_eq!(inner.sent[0].state, "BLOCKED", "{full:?}");
        if full.len() == 2 {
            let undo = response.report.outcomes[1].changes[0]
                .inverse()
                .expect("it has one");
            assert!(undo.to_string().contains("policy/before"), "{undo}");
        }
    }
}
