//! Texts: JSON that AWS leaves untyped, short digests of what must not be shown, what is safe to
//! show of an event, the phrases about one that stand in reports, and the causes of errors.

pub mod cause;
pub(crate) mod digest;
pub(crate) mod json;
pub(crate) mod phrases;
pub(crate) mod plain;
