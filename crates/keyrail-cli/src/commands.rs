//! One file for each command: its arguments and its function together.

pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod sample;
pub(crate) mod taxonomy;
