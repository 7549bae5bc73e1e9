//! The watch: whether each hop between a call and who is on call is alive, by what was read of it
//! and by the beats that came through.
//!
//! It is pure: [`check`] finds faults in what was read, [`compare`] tells which of them are news,
//! [`messages`] puts those into words. What could not be read is part of what was read, with the reason.

pub use self::check::check;
pub use self::compare::{Change, Compared, Memory, Standing, compare};
pub use self::fault::{Fault, Hears, Hop, Place, Scope};
pub use self::found::Found;
pub use self::message::{Message, messages};
pub use self::order::{in_order, looked_at_last};
pub use self::reading::{
    Account, Alarm, AlarmState, Asked, Bus, Function, Hub, LastBeat, Lasting, Queue, Reading,
    Region, RoleOfTarget, Rule, Schedule, Subscription, Target, Topic, Trail, Unread, Watched,
};
pub use self::selectors::{Advanced, Basic, Field, Selectors};
pub use self::shipped::ShippedRules;

mod check;
mod compare;
mod fault;
mod found;
mod health;
mod hub;
mod message;
mod order;
mod pattern;
mod reading;
mod rules;
mod schedules;
mod selectors;
mod shipped;
mod silence;
mod trails;
