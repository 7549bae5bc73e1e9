//! What an event says happened, by the shape it has.

use crate::json::Json;

/// What an event says happened, by the shape it has.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// A CloudTrail record.
    CloudTrail(Json),
    /// A GuardDuty finding.
    GuardDuty(Json),
    /// An AWS Health event.
    Health(Json),
    /// What keyrail knows and has no guardrail about; what AWS calls it, where that
    /// does not follow from the envelope.
    Noted(Option<String>),
    /// Findings in Security Hub CSPM's format (ASFF).
    SecurityHub(Json),
    /// Findings of the newer Security Hub, in OCSF.
    SecurityHubV2(Json),
    /// A refreshed check of Trusted Advisor.
    TrustedAdvisor(Json),
    /// Nothing that keyrail knows, and why.
    Unrecognised(String),
}

impl Default for Body {
    fn default() -> Self {
        Self::Noted(None)
    }
}
