//! Lambda around keyrail: the queue of events, the queue of keyrail's own messages, and as many
//! invocations at the same time as the function may have. Time is virtual, and passes while
//! invocations wait.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use jiff::{SignedDuration, Timestamp};
use keyrail_core::Bundle;
use keyrail_core::pipeline::Handled;
use keyrail_core::queue::{Delivery, Later};
use serde_json::Value;

use crate::invocation::{Ended, about_event, about_message};
use crate::model::Model;
use crate::seconds;

/// How the template sets up function and queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Invocations at the same time, of whatever kind.
    pub concurrency: usize,
    /// Those of them that may be about keyrail's own messages (`MaximumConcurrency`).
    pub on_own_messages: usize,
    pub order: Order,
    /// If sign-ins come through a queue of their own: how many invocations may be about them.
    pub on_sign_ins: Option<usize>,
}

/// Which of the waiting events is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Arrival,
    /// An event that finds no room goes back into the queue, and is tried again after a second,
    /// two, four, up to five minutes (Lambda Developer Guide, "How Lambda handles errors and
    /// retries with asynchronous invocation", checked 2026-11-29).
    Backoff,
}

/// How often an event and a message are tried, and how long a message is hidden meanwhile, as in
/// the template.
const TRIES: u32 = 3;
const RECEIVES: u32 = 5;
const HIDDEN: u64 = 180;

/// When Lambda ends an invocation.
const TIMEOUT: u64 = 30;

/// What an invocation is about.
#[derive(Debug, Clone)]
enum Work {
    Event {
        number: usize,
        tries: u32,
        throttled: u32,
    },
    /// The same, from a queue that keeps it until there is room.
    Queued {
        number: usize,
        tries: u32,
    },
    Own {
        message: Later,
        receives: u32,
    },
}

/// What became of it all.
#[derive(Debug, Default)]
pub(crate) struct Handling {
    /// By whom each event was handled at last.
    pub events: BTreeMap<usize, Handled>,
    /// Which were counted instead of told.
    pub counted: BTreeSet<usize>,
    /// Invocations about messages, and how many of them will come again.
    pub messages: usize,
    pub failed_messages: usize,
    /// Events and messages that nobody tries any more.
    pub dead_letters: Vec<String>,
    pub retries: usize,
    /// The most invocations that ran at the same time.
    pub most: usize,
    pub longest: SignedDuration,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Invocation<'a> {
    work: Work,
    began: Timestamp,
    flag: Arc<Flag>,
    running: Pin<Box<dyn Future<Output = Ended> + 'a>>,
}

pub(crate) struct Lambda<'a> {
    model: &'a Model,
    bundle: &'a Bundle,
    events: &'a [Value],
    settings: Settings,
    /// What waits, by when it may begin, in the order in which it came.
    waiting: BTreeMap<(Timestamp, usize), Work>,
    sign_ins: BTreeMap<(Timestamp, usize), Work>,
    own: BTreeMap<(Timestamp, usize), Work>,
    came: usize,
    running: Vec<Invocation<'a>>,
    handling: Handling,
}

impl<'a> Lambda<'a> {
    /// Invokes the function with each event at its time, and with what keyrail sends itself, until
    /// nothing is left.
    pub(crate) fn run(
        model: &'a Model,
        bundle: &'a Bundle,
        (events, arrivals): (&'a [Value], &[Timestamp]),
        settings: Settings,
    ) -> Handling {
        model.0.borrow_mut().timers = Some(crate::timers::Timers::default());
        let mut lambda = Self {
            model,
            bundle,
            events,
            settings,
            waiting: BTreeMap::new(),
            sign_ins: BTreeMap::new(),
            own: BTreeMap::new(),
            came: 0,
            running: Vec::new(),
            handling: Handling::default(),
        };
        for (number, arrived) in arrivals.iter().enumerate() {
            let is_sign_in = events[number]["source"] == "aws.signin";
            let work = match settings.on_sign_ins {
                Some(_) if is_sign_in => Work::Queued { number, tries: 0 },
                Some(_) | None => Work::Event {
                    number,
                    tries: 0,
                    throttled: 0,
                },
            };
            lambda.wait(*arrived, work);
        }
        loop {
            lambda.take_messages();
            lambda.begin();
            if lambda.go_on() {
                continue;
            }
            let Some(next) = lambda.next() else {
                return lambda.handling;
            };
            let mut inner = model.0.borrow_mut();
            let passing = next.duration_since(inner.now).max(SignedDuration::ZERO);
            inner.pass(passing);
            let now = inner.now;
            if let Some(timers) = &mut inner.timers {
                timers.wake(now);
            }
        }
    }

    fn wait(&mut self, until: Timestamp, work: Work) {
        self.came += 1;
        let queue = match &work {
            Work::Event { .. } => &mut self.waiting,
            Work::Queued { .. } => &mut self.sign_ins,
            Work::Own { .. } => &mut self.own,
        };
        queue.insert((until, self.came), work);
    }

    /// What keyrail has sent to itself.
    fn take_messages(&mut self) {
        let (rechecks, follow_ups) = {
            let mut inner = self.model.0.borrow_mut();
            let rechecks = std::mem::take(&mut inner.rechecks);
            (rechecks, std::mem::take(&mut inner.follow_ups))
        };
        let rechecks = rechecks
            .into_iter()
            .map(|(due, it)| (due, Later::Recheck(it)));
        let follow_ups = follow_ups
            .into_iter()
            .map(|(due, it)| (due, Later::FollowUp(it)));
        for (due, message) in rechecks.chain(follow_ups) {
            let work = Work::Own {
                message,
                receives: 0,
            };
            self.wait(due, work);
        }
    }

    /// Begins what is due, as far as there is room. Messages are first: an event that waits for
    /// them waits longer.
    fn begin(&mut self) {
        let now = self.model.now();
        while let Some(((due, _), _)) = self.own.first_key_value()
            && *due <= now
            && self.has_room_for_messages()
        {
            let (_, work) = self.own.pop_first().expect("there is one");
            self.invoke(work);
        }
        while let Some(((due, _), _)) = self.sign_ins.first_key_value()
            && *due <= now
            && self.has_room_for_sign_ins()
        {
            let (_, work) = self.sign_ins.pop_first().expect("there is one");
            self.invoke(work);
        }
        while let Some(((due, _), _)) = self.waiting.first_key_value()
            && *due <= now
        {
            if self.has_room() {
                let (_, work) = self.waiting.pop_first().expect("there is one");
                self.invoke(work);
            } else if self.settings.order == Order::Backoff {
                let (_, work) = self.waiting.pop_first().expect("there is one");
                self.throttle(&work);
            } else {
                break;
            }
        }
    }

    fn has_room(&self) -> bool {
        self.running.len() < self.settings.concurrency
    }

    fn has_room_for_messages(&self) -> bool {
        let running = self.running.iter();
        let own = running.filter(|running| matches!(running.work, Work::Own { .. }));
        self.has_room() && own.count() < self.settings.on_own_messages
    }

    fn has_room_for_sign_ins(&self) -> bool {
        let running = self.running.iter();
        let sign_ins = running.filter(|running| matches!(running.work, Work::Queued { .. }));
        let most = self.settings.on_sign_ins.unwrap_or_default();
        self.has_room() && sign_ins.count() < most
    }

    fn throttle(&mut self, work: &Work) {
        let Work::Event {
            number,
            tries,
            throttled,
        } = work
        else {
            panic!("messages wait in their queue");
        };
        let pause = 300.min(1 << (*throttled).min(10));
        let work = Work::Event {
            number: *number,
            tries: *tries,
            throttled: throttled + 1,
        };
        self.wait(self.model.now() + seconds(pause), work);
    }

    fn invoke(&mut self, work: Work) {
        let (model, bundle, events) = (self.model, self.bundle, self.events);
        let running: Pin<Box<dyn Future<Output = Ended> + 'a>> = match work.clone() {
            Work::Event { number, .. } | Work::Queued { number, .. } => {
                Box::pin(async move { about_event(model, bundle, &events[number]).await })
            }
            Work::Own { message, receives } => {
                let delivery = match receives {
                    0 => Delivery::First,
                    _ => Delivery::Again,
                };
                Box::pin(async move { about_message(model, bundle, &message, delivery).await })
            }
        };
        self.running.push(Invocation {
            work,
            began: model.now(),
            flag: Arc::new(Flag(AtomicBool::new(true))),
            running,
        });
        self.handling.most = self.handling.most.max(self.running.len());
    }

    /// Lets each invocation go on that waits no more; whether there was one.
    fn go_on(&mut self) -> bool {
        let mut has_gone_on = false;
        let mut place = 0;
        while place < self.running.len() {
            let invocation = &mut self.running[place];
            if !invocation.flag.0.swap(false, Ordering::Relaxed) {
                place += 1;
                continue;
            }
            has_gone_on = true;
            let waker = Waker::from(Arc::clone(&invocation.flag));
            let polled = invocation
                .running
                .as_mut()
                .poll(&mut Context::from_waker(&waker));
            match polled {
                Poll::Pending => place += 1,
                Poll::Ready(ended) => {
                    let invocation = self.running.remove(place);
                    self.end(invocation.work, invocation.began, &ended);
                }
            }
        }
        has_gone_on
    }

    fn end(&mut self, work: Work, began: Timestamp, ended: &Ended) {
        let now = self.model.now();
        let took = now.duration_since(began);
        assert!(took < seconds(TIMEOUT), "it is ended after {took:?}");
        self.handling.longest = self.handling.longest.max(took);
        match work {
            Work::Event { number, tries, .. } | Work::Queued { number, tries } if ended.is_done => {
                self.handling
                    .counted
                    .extend(ended.counted.then_some(number));
                let handled = ended.handled.expect("an event is handled");
                self.handling.events.insert(number, handled);
                self.handling.retries += usize::from(tries > 0);
            }
            Work::Event { number, tries, .. } if tries + 1 == TRIES => {
                self.handling.dead_letters.push(format!("event {number}"));
            }
            Work::Queued { number, tries } if tries + 1 == RECEIVES => {
                self.handling.dead_letters.push(format!("event {number}"));
            }
            Work::Queued { number, tries } => {
                let work = Work::Queued {
                    number,
                    tries: tries + 1,
                };
                self.wait(began + seconds(HIDDEN), work);
            }
            Work::Event { number, tries, .. } => {
                let work = Work::Event {
                    number,
                    tries: tries + 1,
                    throttled: 0,
                };
                let pause = if tries == 0 { 60 } else { 120 };
                self.wait(now + seconds(pause), work);
            }
            Work::Own { .. } if ended.is_done => self.handling.messages += 1,
            Work::Own { message, receives } if receives + 1 == RECEIVES => {
                self.handling.dead_letters.push(format!("{message:?}"));
            }
            Work::Own { message, receives } => {
                self.handling.messages += 1;
                self.handling.failed_messages += 1;
                let work = Work::Own {
                    message,
                    receives: receives + 1,
                };
                self.wait(began + seconds(HIDDEN), work);
            }
        }
    }

    /// When something happens next; never if nothing is left.
    fn next(&self) -> Option<Timestamp> {
        let first = |queue: &BTreeMap<(Timestamp, usize), Work>| {
            queue.first_key_value().map(|((due, _), _)| *due)
        };
        let inner = self.model.0.borrow();
        let timer = inner.timers.as_ref().and_then(crate::timers::Timers::next);
        let waits = self.has_room() || self.settings.order == Order::Backoff;
        let event = first(&self.waiting).filter(|_| waits);
        let message = first(&self.own).filter(|_| self.has_room_for_messages());
        let sign_in = first(&self.sign_ins).filter(|_| self.has_room_for_sign_ins());
        [timer, event, message, sign_in].into_iter().flatten().min()
    }
}
