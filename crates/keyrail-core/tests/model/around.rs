//! What is around IAM: keyrail's table, its queue, and the topic of alerts.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use keyrail_core::Severity;
use keyrail_core::activity::Beat;
use keyrail_core::alert::{Alert, Notifier, NotifyError};
use keyrail_core::change::Change;
use keyrail_core::effects::{EffectError, EffectErrorKind};
use keyrail_core::id::AccountId;
use keyrail_core::outcome::OutcomeResult;
use keyrail_core::queue::{Later, Queue, QueueError};
use keyrail_core::repeats::{MOST_ENTRIES, Repetition, Tally, Window};
use keyrail_core::state::{Claim, ClaimEnd, Claimant, Memory, State, StateError, Subject};

use crate::faults::Table;
use crate::model::{Claimed, Counted, Inner, Model};
use crate::world::error;

/// What one item of `DynamoDB` takes, in bytes (Developer Guide, "Constraints", checked
/// 2026-11-29).
pub(crate) const LARGEST_ITEM: usize = 400 * 1_024;

/// What the topic of chat channels answers.
pub(crate) const NO_CHAT: &str = "sns:Publish: NotFound";

/// An alert, as it went out.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub at: Timestamp,
    pub state: String,
    pub severity: Severity,
    pub subject: String,
    pub text: String,
    pub guardrails: Vec<String>,
    /// How each step ended, the sentence for it, and what is to hold.
    pub outcomes: Vec<(OutcomeResult, String, Option<Change>)>,
}

impl Sent {
    /// Whether it tells that a containment did not hold.
    pub(crate) fn is_comeback(&self) -> bool {
        self.subject.contains("Containment did not hold")
    }
}

impl Sent {
    /// What the alarm of the dead-letter queue says.
    pub(crate) fn dead_letter(at: Timestamp, event: &str) -> Self {
        Self {
            at,
            state: "dead letter".to_owned(),
            severity: Severity::Critical,
            subject: String::new(),
            text: event.to_owned(),
            guardrails: Vec::new(),
            outcomes: Vec::new(),
        }
    }
}

impl Notifier for Model {
    /// No chat channel is ever reached: nothing depends on that.
    async fn send_to_chat(&self, _: &Alert<'_>) -> Result<(), NotifyError> {
        Err(NotifyError {
            message: NO_CHAT.to_owned(),
            cause: None,
        })
    }

    /// Nor is the operator.
    async fn send_to_operator(&self, alert: &Alert<'_>) -> Result<(), NotifyError> {
        self.send_to_chat(alert).await
    }

    async fn send(&self, alert: &Alert<'_>) -> Result<(), NotifyError> {
        let report = alert.report;
        let violated = report.verdict.violated.iter();
        let outcomes = report.outcomes.iter();
        let sent = Sent {
            at: self.now(),
            state: alert.state.as_str().to_owned(),
            severity: alert.severity,
            subject: alert.subject.clone(),
            text: alert.text.clone(),
            guardrails: violated.map(|violation| violation.id.clone()).collect(),
            outcomes: outcomes
                .map(|outcome| {
                    (
                        outcome.result,
                        outcome.detail.clone(),
                        outcome.holds.clone(),
                    )
                })
                .collect(),
        };
        let sending = self.call(|inner| {
            let at = inner.now;
            inner.sent.push(Sent { at, ..sent });
            Ok(())
        });
        sending.await.map_err(|error| NotifyError {
            message: error.message,
            cause: error.cause,
        })
    }
}

impl Model {
    /// A call of the table, which is sent again if its answer is lost.
    async fn table<T>(&self, mut effect: impl FnMut(&mut Inner) -> T) -> Result<T, StateError> {
        let mut answered = self.table_once(&mut effect).await;
        let sides = self.0.borrow().faults.table_answers_lost;
        for _ in 0..2 {
            if sides == 0 || !self.0.borrow_mut().dice.one_in(sides) {
                break;
            }
            answered = self.table_once(&mut effect).await;
        }
        if sides > 0 && self.0.borrow_mut().dice.one_in(sides * 2) {
            answered = Err(error(EffectErrorKind::TimedOut));
        }
        answered.map_err(|error: EffectError| StateError {
            message: error.message,
            cause: error.cause,
        })
    }

    async fn table_once<T>(
        &self,
        effect: &mut impl FnMut(&mut Inner) -> T,
    ) -> Result<T, EffectError> {
        let asking = self.call(|inner| match inner.faults.table {
            Table::Failing => Err(error(EffectErrorKind::Doubtful)),
            Table::Off | Table::On => Ok(effect(inner)),
        });
        asking.await
    }
}

impl State for Model {
    fn has_table(&self) -> bool {
        self.0.borrow().faults.table != Table::Off
    }

    async fn claim(
        &self,
        event: &str,
        by: &Claimant,
        _: SignedDuration,
    ) -> Result<Claim, StateError> {
        let claiming = self.table(|inner| match inner.claims.get(event) {
            Some(claimed) if claimed.is_done => Claim::Done,
            Some(claimed) if claimed.by.until >= inner.now && claimed.by.nonce != by.nonce => {
                Claim::Elsewhere
            }
            Some(_) | None => {
                let claimed = Claimed {
                    is_done: false,
                    by: by.clone(),
                };
                inner.claims.insert(event.to_owned(), claimed);
                Claim::Mine
            }
        });
        claiming.await
    }

    async fn complete_claim(
        &self,
        event: &str,
        by: &Claimant,
        end: ClaimEnd,
        _: SignedDuration,
    ) -> Result<(), StateError> {
        let settling = self.table(|inner| {
            let claimed = inner.claims.get(event);
            if claimed.is_some_and(|claimed| claimed.by.nonce != by.nonce) {
                return;
            }
            let claimed = Claimed {
                is_done: end == ClaimEnd::Handled,
                by: Claimant {
                    until: Timestamp::UNIX_EPOCH,
                    ..by.clone()
                },
            };
            inner.claims.insert(event.to_owned(), claimed);
        });
        settling.await
    }

    async fn hear(&self, beat: &Beat) -> Result<(), StateError> {
        self.table(|inner| inner.heard.push(beat.clone())).await
    }

    async fn count(&self, account: &AccountId, event: &str, most: u32) -> Result<bool, StateError> {
        let counting = self.table(|inner| {
            let events = inner.counts.entry(account.to_string()).or_default();
            let is_within = events.contains(event) || events.len() < most as usize;
            if is_within {
                events.insert(event.to_owned());
            }
            is_within
        });
        counting.await
    }

    async fn is_among_first(
        &self,
        repetition: &Repetition,
        storm: &Repetition,
        most: u32,
    ) -> Result<bool, StateError> {
        let asking = self.table(|inner| {
            let place = format!("{} {}", storm.key(), storm.until);
            let first = inner.counts.entry(place).or_default();
            let is_first = first.contains(&repetition.key()) || first.len() < most as usize;
            if is_first {
                first.insert(repetition.key());
            }
            is_first
        });
        asking.await
    }

    async fn open(&self, repetition: &Repetition, event: &str) -> Result<Window, StateError> {
        let opening = self.table(|inner| {
            let place = (repetition.key(), repetition.until);
            let window = inner.windows.entry(place).or_insert_with(|| Counted {
                first: event.to_owned(),
                ..Counted::default()
            });
            match (window.is_promised, window.first == event) {
                (false, true) => Window::New,
                (false, false) => Window::Opening,
                (true, true) => Window::Own,
                (true, false) => Window::Promised,
            }
        });
        opening.await
    }

    async fn promise(&self, repetition: &Repetition) -> Result<(), StateError> {
        let promising = self.table(|inner| {
            let place = (repetition.key(), repetition.until);
            inner.windows.entry(place).or_default().is_promised = true;
        });
        promising.await
    }

    async fn tally(&self, repetition: &Repetition, entry: &str) -> Result<bool, StateError> {
        let tallying = self.table(|inner| {
            let is_over = inner.now >= repetition.until;
            let place = (repetition.key(), repetition.until);
            let window = inner.windows.entry(place).or_default();
            let counts = window.is_promised && !is_over;
            if counts {
                let is_kept = window.entries.contains(entry);
                match is_kept || window.entries.len() < MOST_ENTRIES {
                    true => {
                        window.entries.insert(entry.to_owned());
                    }
                    false => window.more += 1,
                }
            }
            match window.size() > LARGEST_ITEM {
                true => Err(StateError {
                    message: "Item size to update has exceeded the maximum allowed size".to_owned(),
                    cause: None,
                }),
                false => Ok(counts),
            }
        });
        tallying.await?
    }

    async fn tallied(&self, repetition: &Repetition) -> Result<Option<Tally>, StateError> {
        let place = (repetition.key(), repetition.until);
        let reading = self.table(|inner| {
            let window = inner.windows.get(&place);
            window.map(|window| Tally {
                entries: window.entries.iter().cloned().collect(),
                more: window.more,
            })
        });
        reading.await
    }

    async fn recall(&self, about: &Subject) -> Result<Vec<Memory>, StateError> {
        let recalling = self.table(|inner| {
            let all = inner.memories.values();
            let found = all.filter(|memory| memory.about == *about);
            found.cloned().collect()
        });
        recalling.await
    }

    async fn remember(&self, memory: &Memory) -> Result<(), StateError> {
        let remembering = self.table(|inner| {
            // One item for each subject, time, event and kind of fact, as in DynamoDB.
            let fact = std::mem::discriminant(&memory.fact);
            let place = format!(
                "{:?}#{}#{}#{fact:?}",
                memory.about, memory.time, memory.event
            );
            inner.memories.insert(place, memory.clone());
        });
        remembering.await
    }
}

impl Queue for Model {
    fn has_queue(&self) -> bool {
        true
    }

    async fn send_later(&self, message: &Later, delay: Duration) -> Result<(), QueueError> {
        let sending = self.call(|inner| {
            let due = inner.now + SignedDuration::try_from(delay).expect("short");
            match message {
                Later::Recheck(recheck) => inner.rechecks.push((due, recheck.clone())),
                Later::FollowUp(follow_up) => inner.follow_ups.push((due, follow_up.clone())),
            }
            Ok(())
        });
        sending.await.map_err(|error| QueueError {
            message: error.message,
            cause: error.cause,
        })
    }
}
