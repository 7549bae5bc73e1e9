use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::change::{Instead, Sight};
use crate::effects::{EffectError, EffectErrorKind as Kind, Hands, Held, UserRecord};
use crate::id::AccessKeyId;
use crate::lookup::{Lookup, UserFacts};
use crate::plan::{Act, Owner, Step, Who};

/// IAM as a script: what the reads answer in turn, and what the change answers.
struct Script {
    reads: RefCell<VecDeque<Result<Sight, EffectError>>>,
    change: Result<(), EffectError>,
    owner: Result<&'static str, Kind>,
    /// Whether the first read is answered before the change.
    change_is_slower: bool,
    pauses: RefCell<u32>,
    seconds: RefCell<i64>,
}

#[derive(Clone)]
struct ScriptHands<'a>(&'a Script);

impl<'a> Effects for &'a Script {
    type Hands = ScriptHands<'a>;

    async fn reach(&self, _: &Reach) -> Result<ScriptHands<'a>, EffectError> {
        Ok(ScriptHands(self))
    }

    fn partition(&self) -> &'static str {
        "aws"
    }

    async fn pause(&self, _: Duration) {
        *self.pauses.borrow_mut() += 1;
    }

    /// A second later at each look.
    fn now(&self) -> Timestamp {
        *self.seconds.borrow_mut() += 1;
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(*self.seconds.borrow())
    }
}

impl Hands for ScriptHands<'_> {
    async fn make(&self, change: &Change) -> Result<(), EffectError> {
        let Change::Key { user, .. } = change else {
            return Err(error(Kind::Other));
        };
        if self.0.owner == Ok(user.as_str()) && user.as_str() != "bob" {
            return Ok(());
        }
        if self.0.change_is_slower {
            tokio::task::yield_now().await;
        }
        self.0.change.clone()
    }

    async fn see(&self, _: &Change) -> Result<Sight, EffectError> {
        self.0
            .reads
            .borrow_mut()
            .pop_front()
            .unwrap_or(ACTIVE.map_err(error))
    }

    async fn owner(&self, _: &AccessKeyId) -> Result<UserName, EffectError> {
        self.0
            .owner
            .map(|name| name.parse().expect("a user"))
            .map_err(error)
    }

    async fn user(&self, _: &UserName) -> Result<UserRecord, EffectError> {
        Err(error(Kind::Denied))
    }

    async fn credentials(&self, _: &UserName) -> Result<Vec<Held>, EffectError> {
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

/// Runs one deactivation; the first read goes out together with the change.
async fn ended(
    change_is_slower: bool,
    change: Result<(), Kind>,
    reads: &[Result<Sight, Kind>],
) -> (OutcomeResult, u32, bool) {
    let outcome = outcome_of(change_is_slower, change, Err(Kind::Gone), reads).await;
    (outcome.result, outcome.attempts, outcome.retry)
}

async fn outcome_of(
    change_is_slower: bool,
    change: Result<(), Kind>,
    owner: Result<&'static str, Kind>,
    reads: &[Result<Sight, Kind>],
) -> Outcome {
    let script = Script {
        reads: RefCell::new(reads.iter().map(|read| read.map_err(error)).collect()),
        change: change.map_err(error),
        owner,
        change_is_slower,
        pauses: RefCell::default(),
        seconds: RefCell::default(),
    };
    let key: AccessKeyId = "AKIAI44QH8DHBEXAMPLE".parse().expect("a key");
    let plan = Plan {
        steps: vec![Step {
            name: StepName::DeactivateKey,
            target: None,
            decision: Ok(Effect {
                account: "111122223333".parse().expect("an account"),
                who: Who::User(Owner::Shown("bob".parse().expect("a user"))),
                act: Act::DeactivateKey(key.clone()),
                evidence: Some(key),
                time: None,
            }),
        }],
    };
    let [outcome] = carry_out(&plan, &Protected::default(), None, &&script)
        .await
        .try_into()
        .expect("one outcome");
    assert!(
        outcome.attempts == 0 || *script.pauses.borrow() < outcome.attempts,
        "it never waits before the first read"
    );
    outcome
}

const ACTIVE: Result<Sight, Kind> = Ok(Sight::NotMade(Instead::Active));
const INACTIVE: Result<Sight, Kind> = Ok(Sight::Made);
const KEY_GONE: Result<Sight, Kind> = Ok(Sight::TargetGone);
const USER_GONE: Result<Sight, Kind> = Ok(Sight::OwnerGone);

#[tokio::test]
async fn each_ending_is_told_apart() {
    use OutcomeResult::{Accepted, Already, Failed, Verified};
    let denied = Err(Kind::Denied);
    for (change, reads, expected) in [
        (Ok(()), vec![ACTIVE, INACTIVE], (Verified, 1, false)),
        (Ok(()), vec![denied, INACTIVE], (Verified, 1, false)),
        (Ok(()), vec![ACTIVE, ACTIVE, INACTIVE], (Verified, 2, false)),
        (Ok(()), vec![ACTIVE, denied, INACTIVE], (Verified, 2, false)),
        (Ok(()), vec![INACTIVE, INACTIVE], (Already, 1, false)),
        // The key was there to be changed, so a list without it lags behind.
        (
            Ok(()),
            vec![ACTIVE, KEY_GONE, KEY_GONE, KEY_GONE],
            (Accepted, 3, false),
        ),
        (
            Ok(()),
            vec![KEY_GONE, KEY_GONE, INACTIVE],
            (Verified, 2, false),
        ),
        (Err(Kind::Denied), vec![KEY_GONE], (Failed, 1, false)),
        (Err(Kind::TimedOut), vec![KEY_GONE; 4], (Failed, 3, true)),
        (Ok(()), vec![ACTIVE; 4], (Accepted, 3, false)),
        (Ok(()), vec![denied; 4], (Accepted, 3, false)),
        (Err(Kind::Gone), vec![KEY_GONE], (Already, 1, false)),
        (Err(Kind::Gone), vec![USER_GONE], (Already, 1, false)),
        (Err(Kind::Throttled), vec![ACTIVE], (Failed, 1, true)),
        (Err(Kind::Throttled), vec![INACTIVE], (Already, 1, false)),
        (Err(Kind::Denied), vec![ACTIVE], (Failed, 1, false)),
        (Err(Kind::Denied), vec![denied], (Failed, 1, false)),
        (
            Err(Kind::Elsewhere),
            vec![Err(Kind::Elsewhere)],
            (Failed, 1, false),
        ),
        (Err(Kind::Other), vec![ACTIVE], (Failed, 1, false)),
        (
            Err(Kind::TimedOut),
            vec![ACTIVE, INACTIVE],
            (Verified, 1, false),
        ),
        (Err(Kind::TimedOut), vec![ACTIVE; 4], (Failed, 3, true)),
        (
            Err(Kind::Unreachable),
            vec![Err(Kind::Unreachable); 4],
            (Failed, 3, true),
        ),
    ] {
        assert_eq!(
            ended(true, change, &reads).await,
            expected,
            "{change:?} {reads:?}"
        );
    }
}

/// A read that is answered after the change may have seen it.
#[tokio::test]
async fn only_what_was_read_before_the_change_shows_that_it_was_done_already() {
    let reads = [INACTIVE, INACTIVE];
    assert_eq!(
        ended(true, Ok(()), &reads).await,
        (OutcomeResult::Already, 1, false)
    );
    assert_eq!(
        ended(false, Ok(()), &reads).await,
        (OutcomeResult::Verified, 1, false)
    );
}

/// A user that was renamed in the meantime takes the key along.
#[tokio::test]
async fn a_key_that_is_not_found_is_sought_under_its_users_new_name() {
    let found = outcome_of(true, Err(Kind::Gone), Ok("bob2"), &[USER_GONE, INACTIVE]).await;
    assert_eq!(found.result, OutcomeResult::Verified);
    assert!(
        found
            .detail
            .starts_with("the user is now called bob2; set to Inactive"),
        "{}",
        found.detail
    );
    let lagging = outcome_of(true, Err(Kind::Gone), Ok("bob"), &[KEY_GONE; 4]).await;
    assert_eq!(
        (lagging.result, lagging.retry),
        (OutcomeResult::Failed, true)
    );
    let denied = outcome_of(true, Err(Kind::Gone), Err(Kind::Denied), &[KEY_GONE; 4]).await;
    assert_eq!(
        (denied.result, denied.retry),
        (OutcomeResult::Failed, false)
    );
}
