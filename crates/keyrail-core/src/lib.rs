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

pub mod activity;
pub mod alert;
pub mod arn;
pub mod bundle;
pub mod change;
pub mod circumstances;
pub mod deployment;
mod digest;
pub mod effects;
pub mod event;
pub mod history;
pub mod id;
mod json;
pub mod judge;
pub mod lookup;
pub mod outcome;
pub mod partition;
mod patience;
mod phrases;
pub mod pipeline;
mod plain;
pub mod plan;
pub mod queue;
pub mod recheck;
pub mod rehearsal;
pub mod repeats;
pub mod report;
pub mod schema;
mod situation;
pub mod state;
pub mod taxonomy;
pub mod words;

pub use self::bundle::Bundle;
pub use self::circumstances::Circumstances;
pub use self::deployment::Deployment;
pub use self::event::Event;
pub use self::pipeline::{examine, respond};
pub use self::words::{Mode, Severity};
