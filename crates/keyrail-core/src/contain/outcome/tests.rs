use std::time::Duration;

use jiff::SignedDuration;

use self::script::{Script, script, start};
use super::*;
use crate::change::{Instead, ObservedState, Principal};
use crate::effects::{EffectErrorKind as Kind, To};
use crate::plan::{Act, Owner, Step, Who};

mod script;

const ACCOUNT: &str = "111122223333";
const KEY: &str = "AKIAI44QH8DHBEXAMPLE";
const OTHER_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// One step against a user, as an event of so many seconds ago asks for it.
fn step(account: &str, user: &str, act: Act, age: i64, script: &Script) -> Step {
    Step {
        name: act.step(),
        target: None,
        decision: Ok(Effect {
            account: account.parse().expect("an account"),
            who: Who::User(Owner::Shown(user.parse().expect("a user"))),
            act,
            evidence: Some(KEY.parse().expect("a key")),
            time: Some(start() - SignedDuration::from_secs(age)),
            user_id: None,
            is_new: true,
            restores: script.restores,
        }),
    }
}

fn deactivation(key: &str) -> Act {
    Act::DeactivateKey(key.parse().expect("a key"))
}

async fn outcomes_of(script: &Script, steps: Vec<Step>) -> Vec<Outcome> {
    let plan = Plan { steps };
    let outcomes = execute(&plan, &Protected::default(), None, &script).await;
    let took = script.now.borrow().duration_since(start());
    assert!(took <= SignedDuration::from_secs(22), "it took {took:?}");
    outcomes
}

/// The deactivation of bob's key, which an event of so many seconds ago was about.
async fn outcome_of(script: &Script, age: i64) -> Outcome {
    let steps = vec![step(ACCOUNT, "bob", deactivation(KEY), age, script)];
    let [outcome] = outcomes_of(script, steps)
        .await
        .try_into()
        .expect("one outcome");
    outcome
}

const FRESH: i64 = 20;
const OLD: i64 = 600;
const ACTIVE: Result<ObservedState, Kind> = Ok(ObservedState::NotMade(Instead::Active));
const INACTIVE: Result<ObservedState, Kind> = Ok(ObservedState::Made);
const KEY_GONE: Result<ObservedState, Kind> = Ok(ObservedState::TargetGone);
const USER_GONE: Result<ObservedState, Kind> = Ok(ObservedState::OwnerGone);

/// What an outcome comes to: its result, whether the change is keyrail's, whether it is looked at
/// again, and whether the event is tried again.
#[derive(Debug, PartialEq, Eq)]
struct Came(OutcomeResult, Ours, Again);

#[derive(Debug, PartialEq, Eq)]
enum Ours {
    Change,
    Nothing,
}

#[derive(Debug, PartialEq, Eq)]
enum Again {
    Nobody,
    Looks,
    LooksAndTries,
    Tries,
}

impl From<&Outcome> for Came {
    fn from(outcome: &Outcome) -> Self {
        Self(
            outcome.result,
            match outcome.changes.len() {
                0 => Ours::Nothing,
                _ => Ours::Change,
            },
            match (outcome.holds.is_some(), outcome.retry) {
                (false, false) => Again::Nobody,
                (true, false) => Again::Looks,
                (true, true) => Again::LooksAndTries,
                (false, true) => Again::Tries,
            },
        )
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn each_ending_is_told_apart() {
    use OutcomeResult::{Accepted, Already, Failed, Verified};
    let denied = Err(Kind::Denied);
    let gone = Err(Kind::Gone);
    let verified = || Came(Verified, Ours::Change, Again::Looks);
    let accepted = || Came(Accepted, Ours::Change, Again::Looks);
    for (changes, reads, age, expected) in [
        (vec![Ok(())], vec![INACTIVE], FRESH, verified()),
        (vec![Ok(())], vec![ACTIVE, INACTIVE], FRESH, verified()),
        // The key was there to be changed, so a list without it lags behind.
        (
            vec![Ok(())],
            vec![KEY_GONE, KEY_GONE, INACTIVE],
            OLD,
            verified(),
        ),
        (vec![Ok(())], vec![ACTIVE], FRESH, accepted()),
        (vec![Ok(())], vec![Err(Kind::Denied)], FRESH, accepted()),
        // A write that was accepted and lost is made again.
        (
            vec![Ok(())],
            vec![ACTIVE, ACTIVE, ACTIVE, INACTIVE],
            FRESH,
            verified(),
        ),
        // Refused for now, throttled, unreachable: what passes is waited out.
        (
            vec![Err(Kind::RefusedForNow), Err(Kind::Throttled), Ok(())],
            vec![INACTIVE],
            FRESH,
            verified(),
        ),
        (
            vec![Err(Kind::Unreachable), Ok(())],
            vec![INACTIVE],
            FRESH,
            verified(),
        ),
        // Nobody knows whether it was made: what is read is keyrail's own doing.
        (vec![Err(Kind::TimedOut)], vec![INACTIVE], FRESH, verified()),
        (
            vec![Err(Kind::Doubtful), denied],
            vec![ACTIVE, INACTIVE],
            FRESH,
            verified(),
        ),
        (
            vec![Err(Kind::TimedOut)],
            vec![ACTIVE],
            FRESH,
            Came(Failed, Ours::Change, Again::LooksAndTries),
        ),
        // Each call was refused: what is read is somebody else's doing.
        (
            vec![denied],
            vec![INACTIVE],
            FRESH,
            Came(Already, Ours::Nothing, Again::Looks),
        ),
        (
            vec![Err(Kind::Throttled)],
            vec![INACTIVE],
            FRESH,
            Came(Already, Ours::Nothing, Again::Looks),
        ),
        (
            vec![Err(Kind::RefusedForNow)],
            vec![ACTIVE],
            FRESH,
            Came(Failed, Ours::Nothing, Again::Tries),
        ),
        (
            vec![denied],
            vec![ACTIVE],
            FRESH,
            Came(Failed, Ours::Nothing, Again::Nobody),
        ),
        (
            vec![Err(Kind::Elsewhere)],
            vec![Err(Kind::Elsewhere)],
            FRESH,
            Came(Failed, Ours::Nothing, Again::Nobody),
        ),
        // Too new to be known.
        (
            vec![gone, gone, gone, Ok(())],
            vec![KEY_GONE, KEY_GONE, KEY_GONE, INACTIVE],
            FRESH,
            verified(),
        ),
        (
            vec![gone],
            vec![KEY_GONE],
            FRESH,
            Came(Accepted, Ours::Nothing, Again::Looks),
        ),
        // The same user's full list is without it twice, and the event is not fresh.
        (
            vec![gone],
            vec![KEY_GONE],
            OLD,
            Came(Already, Ours::Nothing, Again::Looks),
        ),
        // The list shows it, whatever the change is answered.
        (
            vec![gone, gone, gone, Ok(())],
            vec![ACTIVE, ACTIVE, ACTIVE, INACTIVE],
            OLD,
            verified(),
        ),
        (
            vec![gone],
            vec![ACTIVE],
            OLD,
            Came(Failed, Ours::Nothing, Again::Tries),
        ),
    ] {
        let outcome = outcome_of(&script(&changes, &reads), age).await;
        assert_eq!(
            Came::from(&outcome),
            expected,
            "{changes:?} {reads:?}: {outcome:?}"
        );
    }
}

/// A key that was activated again was Inactive before: a read that is behind shows that, and proves
/// nothing until IAM has taken the change.
#[tokio::test]
async fn a_read_that_may_be_behind_is_no_proof() {
    let reactivated = |changes: &[Result<(), Kind>]| Script {
        restores: true,
        ..script(changes, &[INACTIVE])
    };
    for kind in [
        Kind::Denied,
        Kind::Throttled,
        Kind::TimedOut,
        Kind::Doubtful,
    ] {
        let outcome = outcome_of(&reactivated(&[Err(kind)]), FRESH).await;
        assert_eq!(outcome.result, OutcomeResult::Failed, "{kind:?}");
        let taken = outcome_of(&reactivated(&[Err(kind), Ok(())]), FRESH).await;
        let expected = match kind {
            Kind::Denied => OutcomeResult::Failed,
            _ => OutcomeResult::Verified,
        };
        assert_eq!(taken.result, expected, "{kind:?}");
        // Of something old a read is believed.
        let old = outcome_of(&reactivated(&[Err(kind)]), OLD).await;
        assert_ne!(old.result, OutcomeResult::Failed, "{kind:?}");
    }
}

/// One call without an answer does not make of "not found" that the key is active.
#[tokio::test]
async fn a_key_that_is_not_found_after_a_call_without_an_answer_is_pending() {
    for kind in [Kind::TimedOut, Kind::Doubtful] {
        let outcome = outcome_of(&script(&[Err(kind), Err(Kind::Gone)], &[KEY_GONE]), FRESH).await;
        assert_eq!(
            outcome.result,
            OutcomeResult::Accepted,
            "{}",
            outcome.detail
        );
        assert!(!outcome.retry && outcome.holds.is_some());
    }
}

/// What is too new is tried once a second, and what is throttled less and less often.
#[tokio::test]
async fn each_fault_is_waited_out_at_its_own_pace() {
    let seconds = |script: &Script| -> Vec<u64> {
        let waits = script.waits.borrow();
        waits.iter().map(Duration::as_secs).collect()
    };
    let unknown = script(&[Err(Kind::Gone)], &[KEY_GONE]);
    outcome_of(&unknown, FRESH).await;
    assert_eq!(seconds(&unknown)[..21], [1; 21]);
    assert_eq!(unknown.sent.borrow().len(), 23);
    let throttled = script(&[Err(Kind::Throttled)], &[ACTIVE]);
    outcome_of(&throttled, FRESH).await;
    assert_eq!(seconds(&throttled)[..4], [1, 2, 4, 8]);
    // Towards the end there are a few tries, and no burst.
    assert!((6..=10).contains(&throttled.sent.borrow().len()));
    // Of something old two looks are enough.
    let deleted = script(&[Err(Kind::Gone)], &[KEY_GONE]);
    outcome_of(&deleted, OLD).await;
    assert_eq!(seconds(&deleted), [1]);
    assert_eq!(deleted.sent.borrow().len(), 2);
    // What is refused for good is not tried again.
    let denied = script(&[Err(Kind::Denied)], &[ACTIVE]);
    outcome_of(&denied, FRESH).await;
    assert!(denied.waits.borrow().is_empty());
    assert_eq!(denied.sent.borrow().len(), 1);
}

/// A user that was renamed in the meantime takes the key along.
#[tokio::test]
async fn a_key_that_is_not_found_is_sought_under_its_users_new_name() {
    for age in [FRESH, OLD] {
        let renamed = Script {
            owner: Ok("bob2"),
            user: Err(Kind::Gone),
            ..script(&[Err(Kind::Gone)], &[USER_GONE])
        };
        let found = outcome_of(&renamed, age).await;
        assert_eq!(found.result, OutcomeResult::Verified);
        let told = "the user is now called bob2; set to Inactive";
        assert!(found.detail.starts_with(told), "{}", found.detail);
    }
    // IAM says that it is there, so that the list lags.
    let lagging = Script {
        owner: Ok("bob"),
        ..script(&[Err(Kind::Gone)], &[KEY_GONE])
    };
    let lagging = outcome_of(&lagging, OLD).await;
    assert_ne!(lagging.result, OutcomeResult::Already);
}

/// A user that IAM does not have, where it does not say whose the key is, may have been renamed.
#[tokio::test]
async fn a_user_that_is_missing_is_told_once_and_never_as_contained() {
    for age in [FRESH, OLD] {
        let missing = Script {
            user: Err(Kind::Gone),
            ..script(&[Err(Kind::Gone)], &[USER_GONE])
        };
        let outcome = outcome_of(&missing, age).await;
        assert_eq!(outcome.result, OutcomeResult::Failed);
        assert!(!outcome.retry && outcome.holds.is_some() && outcome.is_user_missing);
        let told = "IAM has no user named bob: it was deleted or renamed; find out which";
        assert_eq!(outcome.detail, told);
    }
}

/// The steps against one user of one account share a session, and no others do.
#[tokio::test]
async fn what_is_done_to_one_user_is_done_to_no_other() {
    const OTHER_ACCOUNT: &str = "444455556666";
    let script = Script {
        owner: Ok("alice"),
        ..script(&[Ok(())], &[INACTIVE])
    };
    let steps = vec![
        step(ACCOUNT, "bob", deactivation(KEY), FRESH, &script),
        step(ACCOUNT, "alice", deactivation(OTHER_KEY), FRESH, &script),
        step(
            OTHER_ACCOUNT,
            "bob",
            deactivation(OTHER_KEY),
            FRESH,
            &script,
        ),
        step(ACCOUNT, "bob", Act::QuarantineUser, FRESH, &script),
    ];
    let outcomes = outcomes_of(&script, steps).await;
    let results: Vec<_> = outcomes
        .iter()
        .map(|outcome| (outcome.step, outcome.result))
        .collect();
    let verified = |step| (step, OutcomeResult::Verified);
    assert_eq!(
        results,
        [
            verified(StepName::DeactivateKey),
            verified(StepName::DeactivateKey),
            verified(StepName::DeactivateKey),
            verified(StepName::QuarantineUser),
        ]
    );
    let mut sent: Vec<_> = script
        .sent
        .borrow()
        .iter()
        .map(|(account, change)| match change.principal() {
            Principal::User(user) => (account.to_string(), user.to_string(), change.action()),
            Principal::Role(_) | Principal::Root => panic!("{change} is not against a user"),
        })
        .collect();
    sent.sort_unstable();
    let owned = |account: &str, user: &str, action| (account.to_owned(), user.to_owned(), action);
    assert_eq!(
        sent,
        [
            owned(ACCOUNT, "alice", "iam:UpdateAccessKey"),
            owned(ACCOUNT, "bob", "iam:PutUserPolicy"),
            owned(ACCOUNT, "bob", "iam:UpdateAccessKey"),
            owned(OTHER_ACCOUNT, "bob", "iam:UpdateAccessKey"),
        ]
    );
    for session in script.sessions.borrow().iter() {
        let is_bobs = session.account.as_str() == ACCOUNT
            && matches!(&session.to, Some(To::User(user)) if user.as_str() == "bob");
        assert_eq!(
            session.actions.contains("iam:PutUserPolicy"),
            is_bobs,
            "{session:?}"
        );
    }
}

/// A key that IAM does not let keyrail deactivate leaves the user to be quarantined.
#[tokio::test]
async fn a_step_that_fails_stops_no_other() {
    let script = script(&[Err(Kind::Denied)], &[ACTIVE]);
    let steps = vec![
        step(ACCOUNT, "bob", deactivation(KEY), FRESH, &script),
        step(ACCOUNT, "bob", Act::QuarantineUser, FRESH, &script),
    ];
    let outcomes = outcomes_of(&script, steps).await;
    let results: Vec<_> = outcomes.iter().map(|outcome| outcome.result).collect();
    assert_eq!(results, [OutcomeResult::Failed, OutcomeResult::Verified]);
}
