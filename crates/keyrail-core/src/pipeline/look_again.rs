//! Looking again at what was contained.

use std::collections::BTreeSet;

use super::Response;
use super::not_known::{Unknown, not_known};
use super::remember::remember;
use super::tell::tell;
use crate::alert::Notifier;
use crate::circumstances::Setup;
use crate::effects::{EffectError, EffectErrorKind, Effects};
use crate::outcome::execute;
use crate::queue::{Delivery, Later, Queue};
use crate::recheck::{CUT_SHORT, Found, Haste, Recheck, found};
use crate::state::{Fact, State, Subject};

/// What became of a look at a containment.
#[derive(Debug)]
pub enum Looked {
    /// All is as it was left, or was released.
    Contained,
    /// IAM throttles, and nothing was read: the look comes again.
    PutOff,
    /// Something was not as it was left, and on-call was told.
    Told(Box<Response>),
}

/// Looks at a containment again. Where it does not hold, or the user has got new credentials, contains again
/// and alerts. If IAM throttles the look is put off: it can wait,
/// and what is to be stopped cannot.
///
/// # Errors
///
/// If IAM does not tell how things are: the message must then be tried again.
pub async fn recheck(
    recheck: &Recheck,
    delivery: Delivery,
    setup: Setup<'_>,
    aws: &(impl Effects + Notifier + State + Queue),
) -> Result<Looked, EffectError> {
    let mut asked = Releases::default();
    if asked
        .cover(Subject::Event(recheck.event.clone()), aws)
        .await
    {
        return Ok(Looked::Contained);
    }
    let mut released = BTreeSet::new();
    for key in recheck.keys() {
        if asked.cover(Subject::Key(key.to_string()), aws).await {
            released.insert(key.to_string());
        }
    }
    // A message that comes again may have stopped something: that must be told, and stays with it.
    let later = recheck.put_off().filter(|_| delivery == Delivery::First);
    let haste = match later {
        Some(_) => Haste::MayWait,
        None => Haste::Now,
    };
    let mut found = match (found(recheck, &released, haste, aws).await, later) {
        (Err(error), Some((later, delay))) if error.kind == EffectErrorKind::Throttled => {
            let sent = aws.send_later(&Later::Recheck(later), delay).await;
            return match sent {
                Ok(()) => Ok(Looked::PutOff),
                Err(unsent) => Err(EffectError {
                    message: format!("{error}; and it could not be put off: {unsent}"),
                    ..error
                }),
            };
        }
        (found, _) => found?,
    };
    if found.is_empty() && delivery == Delivery::Again {
        // It may have stopped what had come back, and died before anybody was told.
        found.push(Found {
            what: CUT_SHORT.to_owned(),
            act: None,
        });
    }
    if found.is_empty() {
        return Ok(Looked::Contained);
    }
    let mut report = recheck.report(found, setup, aws.now());
    report.not_known.extend(asked.not_known);
    let protected = &setup.bundle.settings.protect;
    report.outcomes = execute(&report.plan, protected, Some(&recheck.event), aws).await;
    let told = tell(report, aws).await;
    // What had to be contained again is looked at again.
    let response = remember(told, None, recheck.round + 1, aws).await;
    Ok(Looked::Told(Box::new(response)))
}

/// What the table says of releases, and why it could not.
#[derive(Default)]
struct Releases {
    not_known: Vec<String>,
}

impl Releases {
    /// Whether somebody has released this. If the table does not tell, nobody has:
    /// containing once more can be undone, a key that works in the wrong hands cannot.
    async fn cover(&mut self, about: Subject, aws: &(impl State + Effects)) -> bool {
        if !aws.has_table() {
            return false;
        }
        let memories = aws.recall(&about).await.unwrap_or_else(|error| {
            let not_known = not_known(Unknown::Released, &error);
            self.not_known.push(not_known);
            Vec::new()
        });
        let now = aws.now();
        memories
            .iter()
            .any(|memory| matches!(memory.fact, Fact::Released { until, .. } if until >= now))
    }
}
