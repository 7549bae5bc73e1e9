//! What the watch reads of AWS, and what it tells and keeps.
//!
//! The core decides what any of it means. Six services are asked by the parts that the SDK is made of,
//! for a few reads each: `asking.rs`. Their own clients would take longer to build than all else of the
//! function, which never needs them as the guard.

pub use self::table::Kept;
pub use self::watcher::{WatchPlaces, Watcher};

mod accounts;
mod alarms;
mod answer;
mod asking;
mod hub;
mod members;
mod pace;
mod queues;
mod region;
mod rules;
mod schedules;
mod session;
mod table;
mod telling;
mod trails;
mod watcher;
