//! Rehearsal: a plan carried out against an IAM that answers as one wants, for looking at
//! an alert before there is one. Nothing is called.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jiff::Timestamp;

use crate::bundle::Bundle;
use crate::change::{Change, Instead, ObservedState};
use crate::effects::{
    AccountClient, CredentialKind, EffectError, EffectErrorKind, Effects, HeldCredential,
    SessionScope, UserRecord,
};
use crate::id::{AccessKeyId, UserName};
use crate::lookup::{Lookup, UserFacts};
use crate::outcome::{Outcome, execute};
use crate::report::Report;

/// How IAM answers in a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// It makes each change, and shows it.
    Done,
    /// It denies each change.
    Denied,
    /// It accepts each change, and does not show it yet.
    Lagging,
}

/// What would become of a report's plan if IAM answered like this, at a time; `None` if it
/// came to no end, which would be a bug.
#[must_use]
pub fn rehearse(
    report: &Report,
    bundle: &Bundle,
    answers: Answers,
    now: Timestamp,
) -> Option<Vec<Outcome>> {
    // Whom the event names; where it names nobody, a user of this name.
    let named = report.activity.target.user.as_deref();
    let named = named.and_then(|user| user.parse().ok());
    let stage = Stage {
        answers,
        now,
        owner: named.or_else(|| SOMEBODY.parse().ok()),
        made: Rc::default(),
    };
    let protected = &bundle.settings.protect;
    let mut playing = pin!(execute(&report.plan, protected, None, &stage));
    let mut context = Context::from_waker(Waker::noop());
    // Everything answers at once, so that it ends in a few turns.
    for _ in 0..TURNS {
        if let Poll::Ready(outcomes) = playing.as_mut().poll(&mut context) {
            return Some(outcomes);
        }
    }
    None
}

const TURNS: u32 = 10_000;

const SOMEBODY: &str = "key-owner";

#[derive(Clone)]
struct Stage {
    answers: Answers,
    now: Timestamp,
    /// Whose each key is.
    owner: Option<UserName>,
    /// What was made, and is shown from then on.
    made: Rc<RefCell<Vec<Change>>>,
}

impl Effects for Stage {
    type AccountClient = Self;

    async fn reach(&self, _: &SessionScope) -> Result<Self, EffectError> {
        Ok(self.clone())
    }

    fn partition(&self) -> &'static str {
        "aws"
    }

    async fn pause(&self, _: Duration) {}

    async fn pause_up_to(&self, _: Duration) {}

    fn deadline(&self) -> Option<Timestamp> {
        None
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}

impl AccountClient for Stage {
    async fn make(&self, change: &Change) -> Result<(), EffectError> {
        match self.answers {
            Answers::Done => {
                self.made.borrow_mut().push(change.clone());
                Ok(())
            }
            Answers::Lagging => Ok(()),
            Answers::Denied => Err(EffectError {
                kind: EffectErrorKind::Denied,
                message: format!("{}: AccessDenied", change.action()),
                cause: None,
            }),
        }
    }

    async fn see(&self, change: &Change) -> Result<ObservedState, EffectError> {
        let is_made = self.made.borrow().contains(change);
        Ok(match (is_made, change.key()) {
            (true, _) => ObservedState::Made,
            (false, Some(_)) => ObservedState::NotMade(Instead::Active),
            (false, None) => ObservedState::NotMade(Instead::Unchanged),
        })
    }

    async fn owner(&self, _: &AccessKeyId) -> Result<UserName, EffectError> {
        self.owner.clone().ok_or_else(not_played)
    }

    async fn user(&self, _: &UserName) -> Result<UserRecord, EffectError> {
        Ok(UserRecord {
            id: "AIDAIOSFODNN7EXAMPLE".to_owned(),
            created: Timestamp::UNIX_EPOCH,
            boundary: None,
        })
    }

    async fn credentials(
        &self,
        _: &UserName,
        _: CredentialKind,
    ) -> Result<Vec<HeldCredential>, EffectError> {
        Err(not_played())
    }

    async fn facts(&self, _: &UserName, _: &BTreeSet<Lookup>) -> Result<UserFacts, EffectError> {
        Err(not_played())
    }
}

fn not_played() -> EffectError {
    EffectError {
        kind: EffectErrorKind::Gone,
        message: "nobody is asked in a rehearsal".to_owned(),
        cause: None,
    }
}
