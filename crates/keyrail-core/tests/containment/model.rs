//! A model of IAM and of what is around it, with a clock of its own: changes take a while
//! to be seen, some are lost, reads are stale, calls fail, and the process may die before
//! or after any of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future;
use std::rc::Rc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use keyrail_core::alert::{Alert, Notifier, NotifyError};
use keyrail_core::change::{Change, Denial, Principal, Sight, Status};
use keyrail_core::effects::{
    EffectError, EffectErrorKind, Effects, Hands, Held, HeldKind, Reach, UserRecord,
};
use keyrail_core::id::{AccessKeyId, AccountId, UserName};
use keyrail_core::lookup::{Lookup, UserFacts};
use keyrail_core::recheck::{Queue, Recheck};
use keyrail_core::state::{Claim, Memory, State, StateError, Subject};

/// A small generator of numbers: the same seed gives the same run.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    pub(crate) fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

/// A user as IAM has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub created: Timestamp,
    /// Keys by id: whether active, and when created.
    pub keys: BTreeMap<String, (bool, Timestamp)>,
    pub password: Option<Timestamp>,
    /// Service-specific credentials by id: whether active.
    pub services: BTreeMap<String, bool>,
    /// Inline policies of keyrail's: what they deny.
    pub denials: BTreeMap<&'static str, Denial>,
    pub attached: BTreeSet<String>,
    pub boundary: Option<String>,
}

/// Users by account and name.
pub(crate) type Iam = BTreeMap<(String, String), User>;

/// How the world misbehaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    /// A change is seen after this long.
    pub lag: Duration,
    /// One change in so many is accepted and never made; 0 is none.
    pub lost: u64,
    /// One call in so many fails; 0 is none.
    pub failing: u64,
    /// Quotas that are full, by the action that meets them.
    pub full: BTreeSet<&'static str>,
    /// The call before or after which the process dies, counted from 0.
    pub death: Option<(usize, bool)>,
    /// Whether there is a table.
    pub has_table: bool,
}

/// A changing call, as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    pub account: String,
    pub change: Change,
}

/// An alert, as it went out.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub state: String,
    pub subject: String,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub now: Timestamp,
    /// What is, and what was at which time.
    pub iam: Iam,
    pub past: Vec<(Timestamp, Iam)>,
    pub dice: Dice,
    pub weather: Weather,
    pub calls: usize,
    pub made: Vec<Made>,
    pub lost: Vec<Change>,
    pub sent: Vec<Sent>,
    pub rechecks: Vec<(Timestamp, Recheck)>,
    claims: BTreeMap<String, (bool, Timestamp)>,
    memories: Vec<Memory>,
    counts: BTreeMap<String, BTreeSet<String>>,
    /// What was read last of each change, by the function.
    pub seen: Vec<(Change, Sight)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Model(pub Rc<RefCell<Inner>>);

#[derive(Debug, Clone)]
pub(crate) struct ModelHands {
    model: Model,
    account: String,
}

pub(crate) const START: &str = "2026-11-25T03:00:00Z";

impl Model {
    pub(crate) fn new(seed: u64, iam: Iam, weather: Weather) -> Self {
        let now: Timestamp = START.parse().expect("a time");
        Self(Rc::new(RefCell::new(Inner {
            now,
            past: vec![(now - SignedDuration::from_hours(1), iam.clone())],
            iam,
            dice: Dice::new(seed),
            weather,
            calls: 0,
            made: Vec::new(),
            lost: Vec::new(),
            sent: Vec::new(),
            rechecks: Vec::new(),
            claims: BTreeMap::new(),
            memories: Vec::new(),
            counts: BTreeMap::new(),
            seen: Vec::new(),
        })))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.borrow().now
    }

    pub(crate) fn wait(&self, time: Duration) {
        let mut inner = self.0.borrow_mut();
        inner.now += SignedDuration::try_from(time).expect("it is short");
    }

    /// Somebody changes IAM, who is not keyrail.
    pub(crate) fn meddle(&self, change: impl FnOnce(&mut Iam)) {
        let mut inner = self.0.borrow_mut();
        change(&mut inner.iam);
        let (now, iam) = (inner.now, inner.iam.clone());
        inner.past.push((now, iam));
    }

    /// What a read shows now: the state as it was the lag ago, at the earliest.
    fn visible(&self) -> Iam {
        let mut inner = self.0.borrow_mut();
        let most = u64::try_from(inner.weather.lag.as_millis()).expect("it is short") + 1;
        let behind = Duration::from_millis(inner.dice.roll(most));
        let then = inner.now - SignedDuration::try_from(behind).expect("it is short");
        let found = inner.past.iter().rev().find(|(time, _)| *time <= then);
        found.map(|(_, iam)| iam.clone()).unwrap_or_default()
    }

    /// Counts a call; dies before it, or has it fail, if the weather says so.
    async fn call(&self) -> Result<(), EffectError> {
        // Others have their turn, as over a network.
        tokio::task::yield_now().await;
        let (dies, fails) = {
            let mut inner = self.0.borrow_mut();
            let number = inner.calls;
            inner.calls += 1;
            inner.now += SignedDuration::from_millis(20);
            let sides = inner.weather.failing;
            let fails = sides > 0 && inner.dice.one_in(sides);
            (inner.weather.death == Some((number, false)), fails)
        };
        if dies {
            future::pending::<()>().await;
        }
        match fails {
            true => Err(error(EffectErrorKind::Throttled)),
            false => Ok(()),
        }
    }

    /// Dies after the call that was counted last.
    async fn after(&self) {
        let dies = {
            let inner = self.0.borrow();
            inner
                .weather
                .death
                .is_some_and(|(number, after)| after && number + 1 == inner.calls)
        };
        if dies {
            future::pending::<()>().await;
        }
    }
}

pub(crate) fn error(kind: EffectErrorKind) -> EffectError {
    EffectError {
        kind,
        message: "as the model has it".to_owned(),
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
        self.wait(duration);
        tokio::task::yield_now().await;
    }

    fn now(&self) -> Timestamp {
        Model::now(self)
    }
}

impl Hands for ModelHands {
    async fn make(&self, change: &Change) -> Result<(), EffectError> {
        self.model.call().await?;
        let result = {
            let mut inner = self.model.0.borrow_mut();
            if inner.weather.full.contains(change.action()) {
                return Err(error(EffectErrorKind::Full));
            }
            inner.made.push(Made {
                account: self.account.clone(),
                change: change.clone(),
            });
            let sides = inner.weather.lost;
            if sides > 0 && inner.dice.one_in(sides) {
                inner.lost.push(change.clone());
                Ok(())
            } else {
                let result = apply(&mut inner.iam, &self.account, change);
                let (now, iam) = (inner.now, inner.iam.clone());
                inner.past.push((now, iam));
                result
            }
        };
        self.model.after().await;
        result
    }

    async fn see(&self, change: &Change) -> Result<Sight, EffectError> {
        self.model.call().await?;
        let sight = sight(&self.model.visible(), &self.account, change);
        self.model.0.borrow_mut().seen.push((change.clone(), sight));
        self.model.after().await;
        Ok(sight)
    }

    async fn owner(&self, key: &AccessKeyId) -> Result<UserName, EffectError> {
        self.model.call().await?;
        // IAM knows a key's user by the key, and is not behind with that here.
        let inner = self.model.0.borrow();
        let found = inner
            .iam
            .iter()
            .find(|((account, _), user)| {
                *account == self.account && user.keys.contains_key(key.as_str())
            })
            .map(|((_, name), _)| name.parse().expect("a user"));
        found.ok_or_else(|| error(EffectErrorKind::Gone))
    }

    async fn user(&self, user: &UserName) -> Result<UserRecord, EffectError> {
        self.model.call().await?;
        let inner = self.model.0.borrow();
        let found = inner.iam.get(&(self.account.clone(), user.to_string()));
        let found = found.ok_or_else(|| error(EffectErrorKind::Gone))?;
        Ok(UserRecord {
            created: found.created,
            boundary: found.boundary.clone(),
        })
    }

    async fn credentials(&self, user: &UserName) -> Result<Vec<Held>, EffectError> {
        self.model.call().await?;
        let iam = self.model.visible();
        let found = iam.get(&(self.account.clone(), user.to_string()));
        let found = found.ok_or_else(|| error(EffectErrorKind::Gone))?;
        let keys = found.keys.iter().map(|(id, (active, created))| Held {
            kind: HeldKind::AccessKey,
            id: id.clone(),
            active: *active,
            created: Some(*created),
        });
        let password = found.password.map(|created| Held {
            kind: HeldKind::Password,
            id: String::new(),
            active: true,
            created: Some(created),
        });
        let services = found.services.iter().map(|(id, active)| Held {
            kind: HeldKind::ServiceCredential,
            id: id.clone(),
            active: *active,
            created: None,
        });
        Ok(keys.chain(password).chain(services).collect())
    }

    async fn facts(&self, _: &UserName, _: &BTreeSet<Lookup>) -> Result<UserFacts, EffectError> {
        Err(error(EffectErrorKind::Denied))
    }
}

/// Makes a change, as IAM does.
fn apply(iam: &mut Iam, account: &str, change: &Change) -> Result<(), EffectError> {
    let gone = || error(EffectErrorKind::Gone);
    let Principal::User(name) = change.principal() else {
        panic!("the simulation plans no {change}");
    };
    let user = iam
        .get_mut(&(account.to_owned(), name.to_string()))
        .ok_or_else(gone)?;
    match change {
        Change::Key { key, status, .. } => {
            let known = user.keys.get_mut(key.as_str()).ok_or_else(gone)?;
            known.0 = *status == Status::Active;
        }
        Change::DenyUser { denial, .. } => {
            user.denials.insert(denial.policy_name(), *denial);
        }
        Change::AttachDenyAll { arn, .. } => {
            user.attached.insert(arn.clone());
        }
        Change::Boundary { arn, .. } => user.boundary = Some(arn.clone()),
        Change::DeletePassword { .. } => {
            user.password.take().ok_or_else(gone)?;
        }
        Change::DeleteKey { key, .. } => {
            user.keys.remove(key.as_str()).ok_or_else(gone)?;
        }
        Change::ServiceCredential {
            credential, status, ..
        } => {
            let known = user.services.get_mut(credential.as_str());
            *known.ok_or_else(gone)? = *status == Status::Active;
        }
        other => panic!("the simulation plans no {other}"),
    }
    Ok(())
}

/// What a read of a state shows of a change.
pub(crate) fn sight(iam: &Iam, account: &str, change: &Change) -> Sight {
    let made = |is: bool| match is {
        true => Sight::Made,
        false => Sight::NotMade("otherwise"),
    };
    let of = |name: &UserName| iam.get(&(account.to_owned(), name.to_string()));
    match change {
        Change::Key {
            user, key, status, ..
        } => match of(user) {
            None => Sight::OwnerGone,
            Some(user) => match user.keys.get(key.as_str()) {
                None => Sight::TargetGone,
                Some((active, _)) if *active == (*status == Status::Active) => Sight::Made,
                Some((true, _)) => Sight::NotMade("Active"),
                Some((false, _)) => Sight::NotMade("Inactive"),
            },
        },
        Change::DenyUser { user, denial } => match of(user) {
            None => Sight::NotMade("absent"),
            Some(user) => made(user.denials.get(denial.policy_name()) == Some(denial)),
        },
        Change::AttachDenyAll { user, arn } => match of(user) {
            None => Sight::OwnerGone,
            Some(user) => made(user.attached.contains(arn)),
        },
        Change::Boundary { user, arn, .. } => match of(user) {
            None => Sight::OwnerGone,
            Some(user) => made(user.boundary.as_ref() == Some(arn)),
        },
        Change::DeletePassword { user } => {
            made(of(user).is_none_or(|user| user.password.is_none()))
        }
        Change::DeleteKey { user, key } => {
            made(of(user).is_none_or(|user| !user.keys.contains_key(key.as_str())))
        }
        Change::ServiceCredential {
            user,
            credential,
            status,
        } => match of(user).and_then(|user| user.services.get(credential.as_str())) {
            None => Sight::TargetGone,
            Some(active) => made(*active == (*status == Status::Active)),
        },
        other => panic!("the simulation plans no {other}"),
    }
}

impl Notifier for Model {
    async fn send(&self, alert: &Alert<'_>) -> Result<(), NotifyError> {
        self.call().await.map_err(|error| NotifyError {
            message: error.message,
        })?;
        let sent = Sent {
            state: alert.state.as_str().to_owned(),
            subject: alert.subject.clone(),
        };
        self.0.borrow_mut().sent.push(sent);
        self.after().await;
        Ok(())
    }
}

impl State for Model {
    fn is_kept(&self) -> bool {
        self.0.borrow().weather.has_table
    }

    async fn claim(&self, event: &str, until: Timestamp) -> Result<Claim, StateError> {
        self.call().await.map_err(state_error)?;
        let claim = {
            let mut inner = self.0.borrow_mut();
            let now = inner.now;
            match inner.claims.get(event) {
                Some((true, _)) => Claim::Done,
                Some((false, lease)) if *lease >= now => Claim::Elsewhere,
                _ => {
                    inner.claims.insert(event.to_owned(), (false, until));
                    Claim::Mine
                }
            }
        };
        self.after().await;
        Ok(claim)
    }

    async fn settle(&self, event: &str, is_handled: bool) -> Result<(), StateError> {
        self.call().await.map_err(state_error)?;
        if let Some(claim) = self.0.borrow_mut().claims.get_mut(event) {
            *claim = (is_handled, Timestamp::UNIX_EPOCH);
        }
        self.after().await;
        Ok(())
    }

    async fn count(&self, account: &AccountId, event: &str, most: u32) -> Result<bool, StateError> {
        self.call().await.map_err(state_error)?;
        let mut inner = self.0.borrow_mut();
        let events = inner.counts.entry(account.to_string()).or_default();
        let is_within = events.contains(event) || events.len() < most as usize;
        if is_within {
            events.insert(event.to_owned());
        }
        Ok(is_within)
    }

    async fn recall(&self, about: &Subject) -> Result<Vec<Memory>, StateError> {
        self.call().await.map_err(state_error)?;
        let inner = self.0.borrow();
        let found = inner
            .memories
            .iter()
            .filter(|memory| memory.about == *about);
        Ok(found.cloned().collect())
    }

    async fn remember(&self, memory: &Memory) -> Result<(), StateError> {
        self.call().await.map_err(state_error)?;
        self.0.borrow_mut().memories.push(memory.clone());
        self.after().await;
        Ok(())
    }
}

fn state_error(error: EffectError) -> StateError {
    StateError {
        message: error.message,
    }
}

impl Queue for Model {
    fn is_there(&self) -> bool {
        true
    }

    async fn send_later(&self, recheck: &Recheck, delay: Duration) -> Result<(), String> {
        self.call().await.map_err(|error| error.message)?;
        let mut inner = self.0.borrow_mut();
        let due = inner.now + SignedDuration::try_from(delay).expect("it is short");
        inner.rechecks.push((due, recheck.clone()));
        Ok(())
    }
}
