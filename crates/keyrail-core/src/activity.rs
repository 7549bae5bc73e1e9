//! Activity: who did what to what, from where, when, and with what outcome.
//!
//! Read from one event, and then completed by what the deployment and its history tell. What
//! the event does not show is `None`, and where evidence was omitted or malformed,
//! `unknown` names the fact. Each sort of event has its reader: `cloudtrail.rs`,
//! `guardduty.rs`, `health.rs`, `security_hub.rs` and `trusted_advisor.rs`.

pub use self::actor::{Actor, ActorKind};
pub use self::beat::{Beat, BeatCall, PERIOD, Refusal, Slot};
pub use self::facts::{Activity, CallOutcome, HandsOff, Provenance};
pub use self::origin::Origin;
pub use self::past::{PasswordChange, Past, Surge};
pub use self::target::Target;

mod actor;
pub mod beat;
mod beating;
mod cloudtrail;
mod facts;
mod guardduty;
mod health;
mod origin;
mod own_calls;
pub(crate) mod particulars;
mod past;
mod read;
mod security_hub;
mod target;
mod trusted_advisor;

#[cfg(test)]
mod tests;
