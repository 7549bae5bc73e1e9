//! The names of a bundle's files, and the stamp of one that was validated.

pub(super) const SETTINGS: &str = "keyrail.toml";
pub(super) const ORGANIZATION: &str = "organization.json";
pub(super) const STAMP: &str = "keyrail.stamp";
pub(super) const GUARDRAILS: &str = "guardrails";
pub(super) const EXEMPTIONS: &str = "exemptions";

/// How `keyrail.stamp` begins, for files of this version. A keyrail that knows another
/// schema may refuse what this one takes, so that it does not take this one's stamps.
pub(super) fn first_line(version: &str) -> String {
    let digest = version.split(' ').next().unwrap_or_default();
    format!("{digest} keyrail {} {SCHEMA}", env!("CARGO_PKG_VERSION"))
}

/// The digest of the schema, written down because the function makes no schema: a test
/// compares the two.
pub(super) const SCHEMA: &str = "54abd76018483a87";
