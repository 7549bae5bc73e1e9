//! One file for each command: its arguments and its function together.

pub(crate) mod alert;
pub(crate) mod completions;
pub(crate) mod exemptions;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod init;
#[cfg(feature = "aws")]
pub(crate) mod org;
#[cfg(feature = "prove")]
pub(crate) mod prove;
#[cfg(feature = "aws")]
pub(crate) mod redrive;
pub(crate) mod sample;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod taxonomy;
pub(crate) mod test;
#[cfg(feature = "aws")]
pub(crate) mod undo;
pub(crate) mod upgrade;
pub(crate) mod validate;
