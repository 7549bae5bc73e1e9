//! The clock of invocations that run at the same time.

use std::collections::BTreeMap;
use std::task::Waker;

use jiff::Timestamp;

/// Who waits until when, with a number of its own for each.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    waiting: BTreeMap<(Timestamp, u64), Waker>,
    number: u64,
}

impl Timers {
    pub(crate) fn wake_at(&mut self, time: Timestamp, waker: &Waker) {
        self.number += 1;
        self.waiting.insert((time, self.number), waker.clone());
    }

    pub(crate) fn next(&self) -> Option<Timestamp> {
        let first = self.waiting.first_key_value();
        first.map(|((time, _), _)| *time)
    }

    /// Wakes whose time has come.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        let later = self.waiting.split_off(&(now, u64::MAX));
        for waker in std::mem::replace(&mut self.waiting, later).into_values() {
            waker.wake();
        }
    }
}
