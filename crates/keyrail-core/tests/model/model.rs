//! The model: IAM with a clock of its own, whose writes take a while to be seen, and the
//! door to it. Table, queue and topic are in `around.rs`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use keyrail_core::change::{Change, Principal, Sight};
use keyrail_core::effects::{
    EffectError, EffectErrorKind, Effects, Hands, Held, Reach, UserRecord,
};
use keyrail_core::id::{AccessKeyId, UserName};
use keyrail_core::lookup::{Lookup, UserFacts};
use keyrail_core::recheck::Recheck;
use keyrail_core::repeats::FollowUp;
use keyrail_core::state::Memory;

use crate::around::Sent;
use crate::weather::{Dice, Side, Weather, fault};
use crate::world::{Iam, Strike, Write, apply, error, sight};

pub(crate) const START: &str = "2026-11-25T03:00:00Z";

/// A changing call of keyrail's, as it was made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub at: Timestamp,
    pub account: String,
    pub change: Change,
    /// The user that it took effect on: none if IAM refused it, or lost it.
    pub uid: Option<u64>,
    pub is_lost: bool,
}

/// A write that took effect.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub at: Timestamp,
    /// From when on each read shows it.
    pub settled: Timestamp,
    pub write: Write,
}

/// A read of a change's state, when it was answered.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub at: Timestamp,
    pub account: String,
    pub change: Change,
    pub sight: Sight,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub now: Timestamp,
    /// What was in the beginning, and what is.
    pub base: Iam,
    pub iam: Iam,
    pub log: Vec<Written>,
    pub dice: Dice,
    pub weather: Weather,
    pub calls: usize,
    pub is_dead: bool,
    pub made: Vec<Made>,
    pub seen: Vec<Seen>,
    pub sent: Vec<Sent>,
    pub rechecks: Vec<(Timestamp, Recheck)>,
    pub follow_ups: Vec<(Timestamp, FollowUp)>,
    pub windows: BTreeMap<(String, Timestamp), Counted>,
    pub claims: BTreeMap<String, (bool, Timestamp)>,
    pub memories: BTreeMap<String, Memory>,
    pub counts: BTreeMap<String, BTreeSet<String>>,
    /// What others will do, and to whom.
    pub agenda: Vec<(Timestamp, String, String, Strike)>,
}

/// A window of repetitions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counted {
    pub first: String,
    pub is_promised: bool,
    pub entries: BTreeSet<String>,
    pub more: u64,
}

impl Counted {
    /// How large its item is, but for what does not grow.
    pub(crate) fn size(&self) -> usize {
        self.entries.iter().map(String::len).sum()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Model(pub Rc<RefCell<Inner>>);

#[derive(Debug, Clone)]
pub(crate) struct ModelHands {
    model: Model,
    account: String,
}

impl Inner {
    pub(crate) fn pass(&mut self, time: SignedDuration) {
        let until = self.now + time;
        self.agenda.sort_by_key(|(at, ..)| *at);
        while self.agenda.first().is_some_and(|(at, ..)| *at <= until) {
            let (at, account, user, strike) = self.agenda.remove(0);
            self.now = self.now.max(at);
            let write = Write::Strike {
                account,
                user,
                strike,
            };
            self.write(write).expect("strikes do not fail");
        }
        self.now = until;
    }

    pub(crate) fn write(&mut self, write: Write) -> Result<(), EffectError> {
        let now = self.now;
        apply(&mut self.iam, &write, now)?;
        let lag = self.dice.roll(self.weather.lag + 1);
        self.log.push(Written {
            at: now,
            settled: now + SignedDuration::from_millis(i64::try_from(lag).expect("small")),
            write,
        });
        Ok(())
    }

    /// Whether each read shows the same by now.
    pub(crate) fn is_settled(&self) -> bool {
        self.log.iter().all(|written| written.settled <= self.now)
    }

    /// The state as it really was at a time.
    pub(crate) fn at(&self, time: Timestamp) -> Iam {
        let mut iam = self.base.clone();
        for written in self.log.iter().filter(|written| written.at <= time) {
            apply(&mut iam, &written.write, written.at).unwrap_or_default();
        }
        iam
    }

    /// What one read shows now: of what has not settled, all or nothing.
    fn read<T>(&mut self, look: impl FnOnce(&Iam) -> T) -> T {
        if self.is_settled() || self.dice.one_in(2) {
            return look(&self.iam);
        }
        let mut iam = self.base.clone();
        for written in self
            .log
            .iter()
            .filter(|written| written.settled <= self.now)
        {
            // A write to what is not there yet shows nothing.
            apply(&mut iam, &written.write, written.at).unwrap_or_default();
        }
        look(&iam)
    }
}

impl Model {
    pub(crate) fn new(seed: u64, iam: Iam, weather: Weather) -> Self {
        Self(Rc::new(RefCell::new(Inner {
            now: START.parse().expect("a time"),
            base: iam.clone(),
            iam,
            log: Vec::new(),
            dice: Dice::new(seed),
            weather,
            calls: 0,
            is_dead: false,
            made: Vec::new(),
            seen: Vec::new(),
            sent: Vec::new(),
            rechecks: Vec::new(),
            follow_ups: Vec::new(),
            windows: BTreeMap::new(),
            claims: BTreeMap::new(),
            memories: BTreeMap::new(),
            counts: BTreeMap::new(),
            agenda: Vec::new(),
        })))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.borrow().now
    }

    pub(crate) fn wait(&self, seconds: i64) {
        let mut inner = self.0.borrow_mut();
        inner.pass(SignedDuration::from_secs(seconds));
    }

    pub(crate) fn roll(&self, sides: u64) -> u64 {
        self.0.borrow_mut().dice.roll(sides)
    }

    /// One call over the network: it lets others go first, takes a while, may fail before
    /// its effect or after it, and the process may die on either side of it.
    pub(crate) async fn call<T>(
        &self,
        effect: impl FnOnce(&mut Inner) -> Result<T, EffectError>,
    ) -> Result<T, EffectError> {
        self.let_others_go().await;
        let (number, failing) = {
            let mut inner = self.0.borrow_mut();
            let number = inner.calls;
            inner.calls += 1;
            (number, inner.weather.failing)
        };
        self.die_at((number, Side::Before)).await;
        let (result, fault) = {
            let mut inner = self.0.borrow_mut();
            let millis = 5 + i64::try_from(inner.dice.roll(40)).expect("small");
            inner.pass(SignedDuration::from_millis(millis));
            let fault = fault(&mut inner.dice, failing);
            if let Some((Side::Before, kind)) = fault {
                return Err(error(kind));
            }
            (effect(&mut inner), fault)
        };
        self.die_at((number, Side::After)).await;
        self.let_others_go().await;
        match fault {
            Some((_, kind)) => Err(error(kind)),
            None => result,
        }
    }

    pub(crate) async fn let_others_go(&self) {
        let times = {
            let mut inner = self.0.borrow_mut();
            let yields = inner.weather.yields;
            1 + inner.dice.roll(yields + 1)
        };
        for _ in 0..times {
            let mut has_gone = false;
            future::poll_fn(|context| {
                if std::mem::replace(&mut has_gone, true) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
        // The dead do nothing more.
        if self.0.borrow().is_dead {
            future::pending::<()>().await;
        }
    }

    async fn die_at(&self, place: (usize, Side)) {
        let dies = {
            let mut inner = self.0.borrow_mut();
            let dies = inner.weather.death == Some(place);
            inner.is_dead |= dies;
            dies
        };
        if dies {
            future::pending::<()>().await;
        }
    }
}

impl Effects for Model {
    type Hands = ModelHands;

    async fn reach(&self, reach: &Reach) -> Result<ModelHands, EffectError> {
        Ok(ModelHands {
            model: self.clone(),
            account: reach.account.to_string(),
        })
    }

    fn partition(&self) -> &'static str {
        "aws"
    }

    async fn pause(&self, duration: Duration) {
        self.0
            .borrow_mut()
            .pass(SignedDuration::try_from(duration).expect("short"));
        self.let_others_go().await;
    }

    fn now(&self) -> Timestamp {
        Model::now(self)
    }
}

impl Hands for ModelHands {
    async fn make(&self, change: &Change) -> Result<(), EffectError> {
        let account = self.account.clone();
        let making = self.model.call(|inner| {
            let refused = inner.weather.refused.iter();
            let refusal = refused
                .filter(|(action, _)| *action == change.action())
                .map(|(_, kind)| *kind)
                .next();
            let sides = inner.weather.lost;
            let is_lost = refusal.is_none() && sides > 0 && inner.dice.one_in(sides);
            let write = Write::Change {
                account: account.clone(),
                change: change.clone(),
            };
            let result = match (refusal, is_lost) {
                (Some(kind), _) => Err(error(kind)),
                // IAM accepts no more than it would otherwise.
                (None, true) => apply(&mut inner.iam.clone(), &write, inner.now),
                (None, false) => inner.write(write),
            };
            let Principal::User(user) = change.principal() else {
                panic!("the model has no {change}");
            };
            let uid = inner.iam.get(&(account.clone(), user.to_string()));
            let uid = uid
                .map(|user| user.uid)
                .filter(|_| result.is_ok() && !is_lost);
            inner.made.push(Made {
                at: inner.now,
                account,
                change: change.clone(),
                uid,
                is_lost,
            });
            result
        });
        making.await
    }

    async fn see(&self, change: &Change) -> Result<Sight, EffectError> {
        let reading = self.model.call(|inner| {
            let sight = inner.read(|iam| sight(iam, &self.account, change));
            Ok(sight)
        });
        let sight = reading.await?;
        let mut inner = self.model.0.borrow_mut();
        let seen = Seen {
            at: inner.now,
            account: self.account.clone(),
            change: change.clone(),
            sight,
        };
        inner.seen.push(seen);
        Ok(sight)
    }

    async fn owner(&self, key: &AccessKeyId) -> Result<UserName, EffectError> {
        let find = |iam: &Iam| {
            let found = iam.iter().find(|((account, _), user)| {
                *account == self.account && user.keys.contains_key(key.as_str())
            });
            found.map(|((_, name), _)| name.parse().expect("a user"))
        };
        let asking = self
            .model
            .call(|inner| inner.read(find).ok_or_else(|| error(EffectErrorKind::Gone)));
        asking.await
    }

    async fn user(&self, user: &UserName) -> Result<UserRecord, EffectError> {
        let find = |iam: &Iam| {
            let found = iam.get(&(self.account.clone(), user.to_string()));
            found.map(|found| UserRecord {
                created: found.created,
                boundary: found.boundary.clone(),
            })
        };
        let asking = self
            .model
            .call(|inner| inner.read(find).ok_or_else(|| error(EffectErrorKind::Gone)));
        asking.await
    }

    async fn credentials(&self, user: &UserName) -> Result<Vec<Held>, EffectError> {
        let find = |iam: &Iam| {
            let found = iam.get(&(self.account.clone(), user.to_string()));
            found.map(crate::world::User::held)
        };
        let asking = self
            .model
            .call(|inner| inner.read(find).ok_or_else(|| error(EffectErrorKind::Gone)));
        asking.await
    }

    async fn facts(&self, _: &UserName, _: &BTreeSet<Lookup>) -> Result<UserFacts, EffectError> {
        Err(error(EffectErrorKind::Denied))
    }
}
