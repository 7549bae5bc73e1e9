//! An upgrade, as it is told.

use serde::Serialize;

use super::caught::Lost;
use super::changes::{Attributes, ExemptionChange, GroupChange, GuardrailChange};
use super::proved::Proved;
use super::tests::TestChange;

/// The format of the JSON.
pub(super) const SCHEMA: &str = "keyrail.upgrade/v1";

/// What becomes of a bundle with this keyrail.
#[derive(Debug, Serialize)]
pub(super) struct Upgrade {
    pub schema: &'static str,
    /// The keyrail that stamped the bundle, where a stamp says it.
    pub from: Option<String>,
    /// This one.
    pub to: &'static str,
    /// What this keyrail's default bundle is held against.
    pub against: Against,
    pub guardrails: Vec<GuardrailChange>,
    pub groups: Vec<GroupChange>,
    pub attributes: Attributes,
    pub tests: Vec<TestChange>,
    pub exemptions: Vec<ExemptionChange>,
    pub lost: Vec<Lost>,
    pub proof: Proved,
}

/// What this keyrail's default bundle is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Against {
    /// The bundle's own guardrails: it does not build on the default bundle.
    Copy,
    /// What the stamp says that the default bundle was.
    Stamp,
}
