//! Every door: what a quarantine leaves open.

use keyrail_core::change::deny_all_arn;
use keyrail_core::effects::EffectErrorKind::{Denied, Full};
use keyrail_core::{Bundle, Severity};

use crate::events::{key_created, key_set};
use crate::faults::{Faults, Table};
use crate::model::Model;
use crate::world::{Attack, User};
use crate::{ACCOUNT, KEY, OLDER, bob, bob_in, handle, one_guardrail, seconds, start, told};

const INLINE: &str = "iam:PutUserPolicy";
const MANAGED: &str = "iam:AttachUserPolicy";
const BOUNDARY: &str = "iam:PutUserPermissionsBoundary";
const BEFORE: &str = "arn:aws:iam::111122223333:policy/before";

/// What can be used: the key of the event, the other key, sessions of `GetSessionToken`
/// and of `GetFederationToken`, the password, a service-specific credential.
fn open_doors(user: &User) -> Vec<&'static str> {
    let denied = user.is_denied();
    let service = user.services.values().any(|(active, _)| *active);
    let works = |key: &str| user.keys.get(key).is_some_and(|(active, _)| *active);
    let doors = [
        ("the key", works(KEY)),
        ("the second key", works(OLDER) && !denied),
        ("GetSessionToken", !denied),
        ("GetFederationToken", !denied),
        ("the password", user.password.is_some() && !denied),
        ("the service-specific credential", service && !denied),
    ];
    let open = doors.iter().filter(|(_, open)| *open);
    open.map(|(door, _)| *door).collect()
}

#[test]
fn six_of_six_doors_are_shut_whatever_quota_is_full() {
    let bundle = one_guardrail("", "deactivate-key quarantine-user");
    let mut ran = 0;
    for full in [vec![], vec![INLINE], vec![INLINE, MANAGED]] {
        let deny_all = deny_all_arn("aws");
        for previous in [None, Some(BEFORE), Some(deny_all.as_str())] {
            for table in [Table::Off, Table::On, Table::Failing] {
                ran += 1;
                let mut iam = bob();
                for user in iam.values_mut() {
                    user.boundary = previous.map(str::to_owned);
                }
                let faults = Faults {
                    refused: full.iter().map(|action| (*action, Full)).collect(),
                    table,
                    ..Faults::default()
                };
                let model = Model::new(1, iam, faults);
                let event = key_created(ACCOUNT, "bob", KEY, start() - seconds(10));
                let responses = handle(&model, &bundle, &event).expect("it ends");

                let inner = model.0.borrow();
                let user = bob_in(&inner.iam);
                let place = format!("{full:?}, {previous:?}, {table:?}");
                assert!(
                    open_doors(user).is_empty(),
                    "{place}: {:?}",
                    open_doors(user)
                );
                assert_eq!(inner.sent[0].state, "BLOCKED", "{place}");
                let quarantine = &responses[0].report.outcomes[1];
                if full.len() == 2 && previous == Some(BEFORE) {
                    let undo = quarantine.changes[0].inverse().expect("it has one");
                    assert!(undo.to_string().contains(BEFORE), "{place}: {undo}");
                    assert!(inner.sent[0].text.contains(BEFORE), "{place}");
                }
            }
        }
    }
    assert!(ran > 0);
    told(&format!(
        "{ran} quarantines: six of six doors shut after each"
    ));
}

/// Nothing is claimed of doors that stay open.
#[test]
fn a_quarantine_that_fails_is_told_as_failed_and_critical() {
    let bundle = one_guardrail("", "deactivate-key quarantine-user");
    for refused in [
        vec![(INLINE, Full), (MANAGED, Full), (BOUNDARY, Denied)],
        vec![(INLINE, Denied)],
        vec![(INLINE, Full), (MANAGED, Denied)],
    ] {
        let faults = Faults {
            refused,
            ..Faults::default()
        };
        let model = Model::new(1, bob(), faults);
        let event = key_created(ACCOUNT, "bob", KEY, start() - seconds(10));
        handle(&model, &bundle, &event).expect("it ends");
        let inner = model.0.borrow();
        // The key is stopped all the same.
        assert!(!open_doors(bob_in(&inner.iam)).contains(&"the key"));
        assert_eq!(inner.sent[0].state, "FAILED");
        assert_eq!(inner.sent[0].severity, Severity::Critical);
    }
}

/// The default bundle: whoever activates a key that keyrail had stopped loses all of them.
#[test]
fn a_key_that_is_activated_again_after_containment_shuts_every_door() {
    let bundle = Bundle::embedded().expect("it loads");
    let faults = Faults {
        table: Table::On,
        ..Faults::default()
    };
    let model = Model::new(1, bob(), faults);
    let created = key_created(ACCOUNT, "bob", KEY, start() - seconds(10));
    handle(&model, &bundle, &created).expect("it ends");
    assert_eq!(open_doors(bob_in(&model.0.borrow().iam)).len(), 5);

    let activate = Attack::Activate(KEY.to_owned());
    let at = model.now() + seconds(60);
    let attack = (at, ACCOUNT.to_owned(), "bob".to_owned(), activate);
    model.0.borrow_mut().agenda.push(attack);
    model.wait(90);
    assert!(open_doors(bob_in(&model.0.borrow().iam)).contains(&"the key"));
    let activated = key_set(ACCOUNT, "bob", KEY, "Active", at);
    handle(&model, &bundle, &activated).expect("it ends");

    let inner = model.0.borrow();
    assert!(open_doors(bob_in(&inner.iam)).is_empty());
    let last = inner.sent.last().expect("it is told");
    let expected = "access-key-reactivated-after-containment";
    assert!(last.guardrails.iter().any(|id| id == expected));
    assert_eq!(
        (last.state.as_str(), last.severity),
        ("BLOCKED", Severity::Critical)
    );
}
