//! What keyrail remembers: the table, what it holds of earlier events, and what was counted.

pub mod history;
pub mod repeats;
pub mod state;
