use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::change::{Instead, ObservedState};
use crate::effects::{
    AccountClient, CredentialKind, EffectError, EffectErrorKind as Kind, HeldCredential, UserRecord,
};
use crate::id::AccessKeyId;
use crate::lookup::{Lookup, UserFacts};
use crate::plan::{Act, Owner, Step, Who};

const KEY: &str = "AKIAI44QH8DHBEXAMPLE";

/// IAM as a script: what changes and reads of each user answer in turn; the last stays.
struct Script {
    changes: RefCell<VecDeque<Result<(), Kind>>>,
    reads: RefCell<VecDeque<Result<ObservedState, Kind>>>,
    /// Whose the key is.
    owner: Result<&'static str, Kind>,
    /// Whether there is a user bob.
    user: Result<(), Kind>,
    /// Whether the step restores what was before the event.
    restores: bool,
    waits: RefCell<Vec<Duration>>,
    sent: RefCell<Vec<String>>,
    now: RefCell<Timestamp>,
}

fn next<T: Copy>(answers: &RefCell<VecDeque<T>>) -> T {
    let mut answers = answers.borrow_mut();
    match answers.len() {
        1 => answers[0],
        _ => answers.pop_front().expect("the script has answers"),
    }
}

#[derive(Clone)]
struct ScriptHands<'a>(&'a Script);

impl<'a> Effects for &'a Script {
    type AccountClient = ScriptHands<'a>;

    async fn reach(&self, _: &SessionScope) -> Result<ScriptHands<'a>, EffectError> {
        Ok(ScriptHands(self))
    }

    fn partition(&self) -> &'static str {
        "aws"
    }

    async fn pause(&self, duration: Duration) {
        self.waits.borrow_mut().push(duration);
        *self.now.borrow_mut() += duration;
    }

    async fn pause_up_to(&self, most: Duration) {
        self.pause(most).await;
    }

    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn deadline(&self) -> Option<Timestamp> {
        Some(start() + SignedDuration::from_secs(22))
    }
}

impl AccountClient for ScriptHands<'_> {
    async fn make(&self, change: &Change) -> Result<(), EffectError> {
        self.0.sent.borrow_mut().push(change.to_string());
        match change {
            Change::Key { user, .. } if user.as_str() == "bob" => {
                next(&self.0.changes).map_err(error)
            }
            Change::Key { user, .. } if self.0.owner == Ok(user.as_str()) => Ok(()),
            _ => Err(error(Kind::Refused)),
        }
    }

    async fn see(&self, change: &Change) -> Result<ObservedState, EffectError> {
        match change {
            Change::Key { user, .. } if user.as_str() != "bob" => Ok(ObservedState::Made),
            _ => next(&self.0.reads).map_err(error),
        }
    }

    async fn owner(&self, key: &AccessKeyId) -> Result<UserName, EffectError> {
        assert_eq!(key.as_str(), KEY);
        self.0
            .owner
            .map(|name| name.parse().expect("a user"))
            .map_err(error)
    }

    async fn user(&self, user: &UserName) -> Result<UserRecord, EffectError> {
        assert_eq!(user.as_str(), "bob");
        self.0.user.map_err(error).map(|()| UserRecord {
            id: "AIDACKCEVSQ6C2EXAMPLE".to_owned(),
            created: Timestamp::UNIX_EPOCH,
            boundary: None,
        })
    }

    async fn credentials(
        &self,
        _: &UserName,
        _: CredentialKind,
    ) -> Result<Vec<HeldCredential>, EffectError> {
        Err(error(Kind::Denied))
    }

    async fn facts(&self, _: &UserName, _: &BTreeSet<Lookup>) -> Result<UserFacts, EffectError> {
        Err(error(Kind::Denied))
    }
}

fn error(kind: Kind) -> EffectError {
    EffectError {
        kind,
        message: "as scripted".to_owned(),
    }
}

fn start() -> Timestamp {
    "2026-11-25T03:00:00Z".parse().expect("a time")
}

/// IAM that does not say whose the key is, and has the user.
fn script(changes: &[Result<(), Kind>], reads: &[Result<ObservedState, Kind>]) -> Script {
    Script {
        changes: RefCell::new(changes.iter().copied().collect()),
        reads: RefCell::new(reads.iter().copied().collect()),
        owner: Err(Kind::Denied),
        user: Ok(()),
        restores: false,
        waits: RefCell::default(),
        sent: RefCell::default(),
        now: RefCell::new(start()),
    }
}

/// The deactivation of bob's key, which an event of so many seconds ago was about.
async fn outcome_of(script: &Script, age: i64) -> Outcome {
    let key: AccessKeyId = KEY.parse().expect("a key");
    let plan = Plan {
        steps: vec![Step {
            name: StepName::DeactivateKey,
            target: None,
            decision: Ok(Effect {
                account: "111122223333".parse().expect("an account"),
                who: Who::User(Owner::Shown("bob".parse().expect("a user"))),
                act: Act::DeactivateKey(key.clone()),
                evidence: Some(key),
                time: Some(start() - SignedDuration::from_secs(age)),
                user_id: None,
                is_new: true,
                restores: script.restores,
            }),
        }],
    };
    let [outcome] = execute(&plan, &Protected::default(), None, &script)
        .await
        .try_into()
        .expect("one outcome");
    let took = script.now.borrow().duration_since(start());
    assert!(took <= SignedDuration::from_secs(22), "it took {took:?}");
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
