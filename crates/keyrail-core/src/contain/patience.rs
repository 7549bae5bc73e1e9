//! Patience: how long, and how often, what may pass is waited out within an invocation.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::effects::{EffectError, EffectErrorKind, Effects};

/// The longest that containment waits where nothing ends the invocation: what the function's
/// timeout of 30 seconds leaves when the alert's 8 are set aside.
const LONGEST: Duration = Duration::from_secs(22);

/// Time that is kept for the last try.
const LAST_TRY: Duration = Duration::from_millis(400);

/// The most waits, whatever the clock says: it bounds the calls for one key.
const MOST: u32 = 40;

/// IAM's and STS's allowance of calls refills every second, so that a call that was throttled
/// is worth the first try within a second. Then the pauses double, up to this.
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);

/// The shortest pause towards the end of the time.
const SHORTEST_BACKOFF: Duration = Duration::from_millis(500);

/// How long after an event IAM may not know yet what the event says was made. IAM gives no
/// bound for its eventual consistency; what manages IAM for others waits two minutes for it.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitFor {
    /// A broken connection, or a failure inside the service: most are over at once.
    Answer,
    /// IAM's allowance of calls.
    Allowance,
    /// Something new to be known, or another change to be over.
    Change,
    /// An accepted change to be seen.
    ObservedState,
}

impl WaitFor {
    /// What an error is waited out for; `None` if it will not pass.
    pub(crate) fn of(kind: EffectErrorKind) -> Option<Self> {
        match kind {
            EffectErrorKind::Doubtful
            | EffectErrorKind::TimedOut
            | EffectErrorKind::Unreachable => Some(Self::Answer),
            EffectErrorKind::RefusedForNow => Some(Self::Change),
            EffectErrorKind::Throttled => Some(Self::Allowance),
            EffectErrorKind::Denied
            | EffectErrorKind::Elsewhere
            | EffectErrorKind::Full
            | EffectErrorKind::Gone
            | EffectErrorKind::Refused => None,
        }
    }
}

/// The waiting for one thing, until containment must be over.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    end: Timestamp,
    waits: u32,
    /// How often in a row it was throttled, and how often it got no answer.
    throttled: u32,
    unanswered: u32,
    /// How often an accepted change was not seen.
    unseen: u32,
    /// Whether IAM's allowance is left to others where it is short.
    leaves_allowance: bool,
}

impl Patience {
    /// Until the deadline of the invocation.
    pub(crate) fn until_deadline(effects: &impl Effects) -> Self {
        Self::for_at_most(LONGEST, effects)
    }

    /// For some time, and not beyond the deadline of the invocation.
    pub(crate) fn for_at_most(time: Duration, effects: &impl Effects) -> Self {
        let latest = effects.now() + time;
        Self {
            end: effects.deadline().map_or(latest, |end| end.min(latest)),
            waits: 0,
            throttled: 0,
            unanswered: 0,
            unseen: 0,
            leaves_allowance: false,
        }
    }

    /// The same for what can be done without: where IAM throttles, it ends, and what is left of
    /// the allowance is for whoever has something to stop.
    pub(crate) fn leaving_allowance(self) -> Self {
        Self {
            leaves_allowance: true,
            ..self
        }
    }

    /// Waits before the next try; `false` if there is no time for one.
    pub(crate) async fn wait(&mut self, what: WaitFor, effects: &impl Effects) -> bool {
        let left = self.end.duration_since(effects.now());
        let left = Duration::try_from(left).unwrap_or_default();
        let Some(left) = left.checked_sub(LAST_TRY).filter(|left| !left.is_zero()) else {
            return false;
        };
        if self.waits == MOST {
            return false;
        }
        self.waits += 1;
        match what {
            WaitFor::Allowance => {
                let most = Duration::from_secs(1) * 2_u32.pow(self.throttled.min(3));
                self.throttled += 1;
                let most = most.min(LONGEST_BACKOFF);
                // Towards the end a few tries, and not a burst of them.
                if most > left {
                    let half = (left / 2).max(SHORTEST_BACKOFF).min(left);
                    effects.pause(half).await;
                } else {
                    effects.pause_up_to(most).await;
                }
            }
            WaitFor::Answer => {
                let pause = Duration::from_millis(250) * 2_u32.pow(self.unanswered.min(2));
                self.unanswered += 1;
                effects.pause(pause.min(left)).await;
            }
            WaitFor::ObservedState => {
                let pause = Duration::from_secs(1) * 2_u32.pow(self.unseen.min(2));
                self.unseen += 1;
                effects.pause(pause.min(left)).await;
            }
            WaitFor::Change => effects.pause(Duration::from_secs(1).min(left)).await,
        }
        true
    }

    /// Repeats a call as long as its error may pass.
    ///
    /// # Errors
    ///
    /// The last one.
    pub(crate) async fn repeat<T>(
        &mut self,
        effects: &impl Effects,
        mut call: impl AsyncFnMut() -> Result<T, EffectError>,
    ) -> Result<T, EffectError> {
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match WaitFor::of(error.kind) {
                Some(WaitFor::Allowance) if self.leaves_allowance => return Err(error),
                Some(what) if self.wait(what, effects).await => {}
                Some(_) | None => return Err(error),
            }
        }
    }
}

/// Whether what happened then may not be known everywhere yet. What has no time may be new.
pub(crate) fn is_fresh(time: Option<Timestamp>, effects: &impl Effects) -> bool {
    time.is_none_or(|time| effects.now().duration_since(time) < FRESH)
}
