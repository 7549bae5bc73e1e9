//! The rules as the templates ship them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// All rules of the templates, as `rules.json` beside this has them; `tests/template` makes it of the
/// templates.
#[derive(Debug, Deserialize)]
pub struct ShippedRules {
    #[serde(rename = "template.yaml")]
    pub(super) hub: BTreeMap<String, ShippedRule>,
    #[serde(rename = "infra/region.yaml")]
    pub(super) region: BTreeMap<String, ShippedRule>,
}

/// A rule of a template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShippedRule {
    pub(super) pattern: Value,
    /// The pattern with the parameter `SecurityHubControls` on, which is as shipped, too.
    #[serde(default)]
    pub(super) with_controls: Option<Value>,
    pub(super) state: String,
    pub(super) regions: Regions,
    pub(super) bus: OnBus,
    pub(super) targets: Vec<To>,
}

/// In which Regions a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Regions {
    Each,
    Home,
}

/// Which bus a rule is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OnBus {
    Default,
    Members,
}

/// What a rule delivers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum To {
    GuardrailFunction,
    OperatorTopic,
    SignInQueue,
    #[serde(rename = "home")]
    Home,
}

impl ShippedRules {
    /// Those of this version.
    ///
    /// # Errors
    ///
    /// None that a user can cause: a test reads them.
    pub fn of_this_version() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("rules.json"))
    }
}
