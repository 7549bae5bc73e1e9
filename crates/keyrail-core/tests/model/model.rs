//! The model: IAM with a clock of its own, whose writes take a while to be seen, and the
//! door to it. Table, queue and topic are in `around.rs`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use keyrail_core::activity::Beat;
use keyrail_core::change::{Change, ObservedState};
use keyrail_core::effects::{EffectError, EffectErrorKind, Effects, SessionScope};
use keyrail_core::recheck::Recheck;
use keyrail_core::repeats::FollowUp;
use keyrail_core::state::{Claimant, Memory};

use crate::account_client::ModelClient;
use crate::around::Sent;
use crate::faults::{Dice, Faults, Side, fault};
use crate::start;
use crate::timers::Timers;
use crate::world::{Attack, Iam, Write, apply, error};

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
    pub observed: ObservedState,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub now: Timestamp,
    /// What was in the beginning, and what is.
    pub base: Iam,
    pub iam: Iam,
    pub log: Vec<Written>,
    pub dice: Dice,
    pub faults: Faults,
    pub calls: usize,
    pub is_dead: bool,
    pub made: Vec<Made>,
    pub seen: Vec<Seen>,
    pub sent: Vec<Sent>,
    pub rechecks: Vec<(Timestamp, Recheck)>,
    pub follow_ups: Vec<(Timestamp, FollowUp)>,
    pub windows: BTreeMap<(String, Timestamp), Counted>,
    pub claims: BTreeMap<String, Claimed>,
    pub heard: Vec<Beat>,
    /// How many nonces were given out.
    pub nonces: u64,
    /// What is left of IAM's allowance, in thousandths of a call, and when that was.
    pub allowance: (u64, Timestamp),
    /// The calls of IAM, throttled ones included.
    pub iam_calls: u64,
    /// Those of them in sessions that list all credentials of a user: what follows a
    /// containment, and stops nothing.
    pub listing_calls: u64,
    pub throttled_calls: u64,
    /// Where invocations run at the same time: who waits, and until when.
    pub timers: Option<Timers>,
    pub memories: BTreeMap<String, Memory>,
    pub counts: BTreeMap<String, BTreeSet<String>>,
    /// What others will do, and to whom.
    pub agenda: Vec<(Timestamp, String, String, Attack)>,
}

/// A claim in the table.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub is_done: bool,
    pub by: Claimant,
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

/// The model, and when the invocation that uses it must be done with containing.
#[derive(Debug, Clone)]
pub(crate) struct Model(pub Rc<RefCell<Inner>>, pub Option<Timestamp>);

impl Inner {
    pub(crate) fn pass(&mut self, time: SignedDuration) {
        let until = self.now + time;
        self.agenda.sort_by_key(|(at, ..)| *at);
        while self.agenda.first().is_some_and(|(at, ..)| *at <= until) {
            let (at, account, user, attack) = self.agenda.remove(0);
            self.now = self.now.max(at);
            let write = Write::Attack {
                account,
                user,
                attack,
            };
            self.write(write).expect("attacks do not fail");
        }
        self.now = until;
    }

    pub(crate) fn write(&mut self, write: Write) -> Result<(), EffectError> {
        let now = self.now;
        apply(&mut self.iam, &write, now)?;
        let lag = self.dice.roll(self.faults.lag + 1);
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

    /// What one call knows of what was just made.
    pub(crate) fn known(&mut self, mut iam: Iam) -> Iam {
        let since = self.now.duration_since(start());
        for (id, millis) in self.faults.unknown_at_first.clone() {
            let millis = i64::try_from(millis).expect("small");
            if since >= SignedDuration::from_millis(millis) || self.dice.one_in(4) {
                continue;
            }
            iam.retain(|(_, name), _| *name != id);
            for user in iam.values_mut() {
                user.keys.remove(&id);
                user.services.remove(&id);
                user.ssh_keys.remove(&id);
                user.certificates.remove(&id);
                if id == PASSWORD {
                    user.password = None;
                }
            }
        }
        iam
    }

    /// What one read shows now: of what has not settled, all or nothing.
    pub(crate) fn read<T>(&mut self, look: impl FnOnce(&Iam) -> T) -> T {
        if self.is_settled() || self.dice.one_in(2) {
            if self.faults.unknown_at_first.is_empty() {
                return look(&self.iam);
            }
            let iam = self.iam.clone();
            return look(&self.known(iam));
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
        look(&self.known(iam))
    }

    /// Whether IAM takes another call now: what is left refills all the time.
    fn takes_a_call(&mut self) -> bool {
        self.iam_calls += 1;
        let most = self.faults.allowance * 1_000;
        if most == 0 {
            return true;
        }
        let (left, at) = self.allowance;
        let passed = u64::try_from(self.now.duration_since(at).as_millis()).unwrap_or_default();
        let left = most.min(left + passed * self.faults.allowance);
        let takes = left >= 1_000;
        self.throttled_calls += u64::from(!takes);
        self.allowance = (if takes { left - 1_000 } else { left }, self.now);
        takes
    }

    /// Why IAM refuses an action whatever it is about, if it does.
    pub(crate) fn refusal(&mut self, action: &str) -> Option<EffectErrorKind> {
        if !self.takes_a_call() {
            return Some(EffectErrorKind::Throttled);
        }
        let since = self.now.duration_since(start());
        let at_first = self
            .faults
            .refused_at_first
            .iter()
            .filter(|(_, _, millis)| {
                since < SignedDuration::from_millis(i64::try_from(*millis).expect("small"))
            });
        let at_first = at_first.map(|(action, kind, _)| (*action, *kind));
        let always = self.faults.refused.iter().copied();
        let mut all = at_first.chain(always);
        let found = all.find(|(refused, _)| *refused == action || *refused == "*");
        found.map(|(_, kind)| kind)
    }
}

/// Stands for a password where an id stands for other credentials.
pub(crate) const PASSWORD: &str = "password";

impl Model {
    pub(crate) fn new(seed: u64, iam: Iam, faults: Faults) -> Self {
        let allowance = (faults.allowance * 1_000, start());
        let inner = Rc::new(RefCell::new(Inner {
            now: START.parse().expect("a time"),
            base: iam.clone(),
            iam,
            log: Vec::new(),
            dice: Dice::new(seed),
            faults,
            calls: 0,
            is_dead: false,
            made: Vec::new(),
            seen: Vec::new(),
            sent: Vec::new(),
            rechecks: Vec::new(),
            follow_ups: Vec::new(),
            windows: BTreeMap::new(),
            heard: Vec::new(),
            claims: BTreeMap::new(),
            memories: BTreeMap::new(),
            counts: BTreeMap::new(),
            agenda: Vec::new(),
            nonces: 0,
            allowance,
            iam_calls: 0,
            listing_calls: 0,
            throttled_calls: 0,
            timers: None,
        }));
        Self(inner, None)
    }

    /// The same for an invocation that begins now: 30 seconds, of which the alert keeps 8.
    pub(crate) fn invoked(&self) -> (Self, Claimant) {
        let now = self.now();
        let mut inner = self.0.borrow_mut();
        inner.nonces += 1;
        let by = Claimant {
            nonce: inner.nonces.to_string(),
            until: now + SignedDuration::from_secs(30),
        };
        let deadline = now + SignedDuration::from_secs(22);
        (Self(Rc::clone(&self.0), Some(deadline)), by)
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

    /// Time passes: at once where one invocation runs at a time; else for as long as it takes,
    /// while others go on.
    async fn spend(&self, time: SignedDuration) {
        let until = self.now() + time;
        if self.0.borrow().timers.is_none() {
            self.0.borrow_mut().pass(time);
            return;
        }
        future::poll_fn(|context| {
            let mut inner = self.0.borrow_mut();
            if inner.now >= until {
                return Poll::Ready(());
            }
            if let Some(timers) = &mut inner.timers {
                timers.wake_at(until, context.waker());
            }
            Poll::Pending
        })
        .await;
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
            (number, inner.faults.failing)
        };
        self.die_at((number, Side::Before)).await;
        let millis = 5 + i64::try_from(self.roll(40)).expect("small");
        self.spend(SignedDuration::from_millis(millis)).await;
        let (result, fault) = {
            let mut inner = self.0.borrow_mut();
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
            let yields = inner.faults.yields;
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
            let dies = inner.faults.death == Some(place);
            inner.is_dead |= dies;
            dies
        };
        if dies {
            future::pending::<()>().await;
        }
    }
}

impl Effects for Model {
    type AccountClient = ModelClient;

    async fn reach(&self, reach: &SessionScope) -> Result<ModelClient, EffectError> {
        Ok(ModelClient {
            model: self.clone(),
            account: reach.account.to_string(),
            scope: reach.clone(),
        })
    }

    fn partition(&self) -> &'static str {
        "aws"
    }

    async fn pause(&self, duration: Duration) {
        let time = SignedDuration::try_from(duration).expect("short");
        self.spend(time).await;
        self.let_others_go().await;
    }

    async fn pause_up_to(&self, most: Duration) {
        let millis = u64::try_from(most.as_millis()).expect("short");
        let millis = self.0.borrow_mut().dice.roll(millis + 1);
        self.pause(Duration::from_millis(millis)).await;
    }

    fn now(&self) -> Timestamp {
        Model::now(self)
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.1
    }
}
