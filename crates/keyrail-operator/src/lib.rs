//! What people do in AWS with their own credentials, by the command: read an organization, hand
//! dead letters over again, take containment back.
//!
//! [`caller`] connects: where credentials come from, whose they are, and why there are none.

pub mod caller;
pub mod organizations;
pub mod redrive;
pub mod undo;
