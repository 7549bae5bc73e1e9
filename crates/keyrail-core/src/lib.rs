//! keyrail: retroactive authorization for AWS.
//!
//! Each CloudTrail event is read as an authorization request that has already
//! happened. Cedar policies say whether it should have been; where the answer is
//! no, it is taken back, read back, and told to on-call.
//!
//! ```text
//! bytes ─parse→ Event ─interpret→ Activity ─judge→ Verdict ─plan→ Plan ─carry out→ Outcomes ─compose→ Alert ─send→ SNS
//!       event         activity            judge           plan         outcome             alert
//! ```
//!
//! [`pipeline`] is that line in two functions: [`examine`] up to the plan, which
//! is pure, and [`respond`] to its end. The same bytes therefore take the same
//! path in production and on a laptop. This crate does no I/O, reads no clock and
//! knows no AWS SDK: what it needs from outside comes through four traits,
//! [`effects::Effects`], [`alert::Notifier`], [`state::State`] and [`queue::Queue`].
//!
//! The modules are declared below in the order of that line. What stands in one group uses its
//! own and earlier ones, and no file uses itself by way of others: `tests/structure` holds the
//! code to both.

// What all the others are made of: ids and words that parse, and texts.
mod names;
mod text;

// An event as it arrived.
pub mod event;

// What it says happened.
pub mod activity;
pub mod taxonomy;

// What it is judged by.
pub mod bundle;
pub mod deployment;
pub mod schema;

// What the guardrails say.
pub mod judge;

// What is to be done about it.
pub mod plan;

// Doing it, and reading it back.
mod contain;

// What is remembered, and what of it bears on an event.
pub mod circumstances;
mod memory;

// All of that for one event.
pub mod report;

// Looking at it again later, or trying it out before.
pub mod queue;
pub mod recheck;
pub mod rehearsal;

// What people are told.
pub mod alert;
mod situation;

// From the bytes to the alert.
pub mod pipeline;

// Whether all that is alive.
pub mod watch;

pub use self::bundle::Bundle;
pub use self::circumstances::Circumstances;
use self::contain::patience;
pub use self::contain::{change, effects, outcome};
pub use self::deployment::Deployment;
pub use self::event::Event;
pub use self::memory::{history, repeats, state};
pub use self::names::words::{Mode, Severity};
pub use self::names::{arn, id, lookup, partition, words};
pub use self::pipeline::{examine, respond};
pub use self::text::cause;
use self::text::{digest, json, phrases, plain};
