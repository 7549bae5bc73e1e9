//! IAM as a script.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::KEY;
use crate::change::{Change, ObservedState, Principal};
use crate::effects::{
    AccountClient, CredentialKind, EffectError, EffectErrorKind as Kind, Effects, HeldCredential,
    SessionScope, To, UserRecord,
};
use crate::id::{AccessKeyId, AccountId, UserName};
use crate::lookup::{Lookup, UserFacts};

/// IAM as a script: what changes and reads of bob's keys answer in turn; the last stays. What is
/// put on a user is taken. A call outside its session fails the test.
pub(super) struct Script {
    pub(super) changes: RefCell<VecDeque<Result<(), Kind>>>,
    pub(super) reads: RefCell<VecDeque<Result<ObservedState, Kind>>>,
    /// Whose the key is.
    pub(super) owner: Result<&'static str, Kind>,
    /// Whether there is a user bob.
    pub(super) user: Result<(), Kind>,
    /// Whether the step restores what was before the event.
    pub(super) restores: bool,
    pub(super) waits: RefCell<Vec<Duration>>,
    pub(super) sent: RefCell<Vec<(AccountId, Change)>>,
    pub(super) sessions: RefCell<Vec<SessionScope>>,
    pub(super) now: RefCell<Timestamp>,
}

fn next<T: Copy>(answers: &RefCell<VecDeque<T>>) -> T {
    let mut answers = answers.borrow_mut();
    match answers.len() {
        1 => answers[0],
        _ => answers.pop_front().expect("the script has answers"),
    }
}

#[derive(Clone)]
pub(super) struct ScriptClient<'a> {
    script: &'a Script,
    scope: SessionScope,
}

impl ScriptClient<'_> {
    /// What AWS would refuse: another action than the session's, or another user.
    fn check(&self, action: &str, user: Option<&UserName>) {
        let is_its = match &self.scope.to {
            Some(To::User(of)) => user.is_none_or(|user| user == of),
            Some(To::Role(_) | To::Root) => false,
            None => user.is_none(),
        };
        assert!(
            is_its && self.scope.actions.contains(action),
            "{action} on {user:?} is outside {:?}",
            self.scope
        );
    }

    fn check_change(&self, action: &str, change: &Change) {
        let Principal::User(user) = change.principal() else {
            panic!("the script has no {change}");
        };
        self.check(action, Some(user));
    }
}

impl<'a> Effects for &'a Script {
    type AccountClient = ScriptClient<'a>;

    async fn reach(&self, scope: &SessionScope) -> Result<ScriptClient<'a>, EffectError> {
        self.sessions.borrow_mut().push(scope.clone());
        Ok(ScriptClient {
            script: self,
            scope: scope.clone(),
        })
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

impl AccountClient for ScriptClient<'_> {
    async fn make(&self, change: &Change) -> Result<(), EffectError> {
        self.check_change(change.action(), change);
        let sent = (self.scope.account.clone(), change.clone());
        self.script.sent.borrow_mut().push(sent);
        match change {
            Change::DenyUser { .. } => Ok(()),
            Change::Key { user, .. } if user.as_str() == "bob" => {
                next(&self.script.changes).map_err(error)
            }
            Change::Key { user, .. } if self.script.owner == Ok(user.as_str()) => Ok(()),
            other => panic!("the script has no {other}"),
        }
    }

    async fn see(&self, change: &Change) -> Result<ObservedState, EffectError> {
        self.check_change(change.reading_action(), change);
        match change {
            Change::DenyUser { .. } => Ok(ObservedState::Made),
            Change::Key { user, .. } if user.as_str() != "bob" => Ok(ObservedState::Made),
            Change::Key { .. } => next(&self.script.reads).map_err(error),
            other => panic!("the script has no {other}"),
        }
    }

    async fn owner(&self, key: &AccessKeyId) -> Result<UserName, EffectError> {
        self.check("iam:GetAccessKeyLastUsed", None);
        assert_eq!(key.as_str(), KEY);
        self.script
            .owner
            .map(|name| name.parse().expect("a user"))
            .map_err(error)
    }

    async fn user(&self, user: &UserName) -> Result<UserRecord, EffectError> {
        self.check("iam:GetUser", Some(user));
        assert_eq!(user.as_str(), "bob");
        self.script.user.map_err(error).map(|()| UserRecord {
            id: "AIDACKCEVSQ6C2EXAMPLE".to_owned(),
            created: Timestamp::UNIX_EPOCH,
            boundary: None,
        })
    }

    async fn credentials(
        &self,
        user: &UserName,
        kind: CredentialKind,
    ) -> Result<Vec<HeldCredential>, EffectError> {
        panic!("containing {user} lists no credentials of kind {kind:?}");
    }

    async fn facts(
        &self,
        user: &UserName,
        lookups: &BTreeSet<Lookup>,
    ) -> Result<UserFacts, EffectError> {
        panic!("containing {user} looks nothing up, not even {lookups:?}");
    }
}

pub(super) fn error(kind: Kind) -> EffectError {
    EffectError {
        kind,
        message: "as scripted".to_owned(),
        cause: None,
    }
}

pub(super) fn start() -> Timestamp {
    "2026-11-25T03:00:00Z".parse().expect("a time")
}

/// IAM that does not say whose the key is, and has the user.
pub(super) fn script(
    changes: &[Result<(), Kind>],
    reads: &[Result<ObservedState, Kind>],
) -> Script {
    Script {
        changes: RefCell::new(changes.iter().copied().collect()),
        reads: RefCell::new(reads.iter().copied().collect()),
        owner: Err(Kind::Denied),
        user: Ok(()),
        restores: false,
        waits: RefCell::default(),
        sent: RefCell::default(),
        sessions: RefCell::default(),
        now: RefCell::new(start()),
    }
}
