//! Containment: the changes as data, what makes them, how long it is tried, and what came of each
//! step.

pub mod change;
pub mod effects;
pub mod outcome;
pub(crate) mod patience;
