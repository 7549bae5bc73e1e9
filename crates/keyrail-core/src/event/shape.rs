//! What an event is, by the detail type of its envelope.

use super::body::Body;
use crate::json::{Json, first_label};

/// What an envelope's detail type says the detail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    CloudTrail,
    GuardDuty,
    Health,
    Insight,
    Noted,
    SecurityHub,
    SecurityHubV2,
    TrustedAdvisor,
}

impl Shape {
    /// AWS spells the sign-in type both `Sign In` and `Signin`, and the pages for
    /// China print `Amazon` for `AWS` (EventBridge User Guide, "AWS service events
    /// delivered via AWS CloudTrail", checked 2026-11-24), so case, spaces and that
    /// first word are not compared.
    pub(super) fn of(detail_type: &str) -> Option<Self> {
        let folded: String = detail_type
            .chars()
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_lowercase)
            .collect();
        let kind = folded
            .strip_prefix("aws")
            .or_else(|| folded.strip_prefix("amazon"))
            .unwrap_or(&folded);
        Some(match kind {
            "apicallviacloudtrail"
            | "consoleactionviacloudtrail"
            | "consolesigninviacloudtrail"
            | "networkactivityeventviacloudtrail"
            | "serviceeventviacloudtrail" => Self::CloudTrail,
            "insightviacloudtrail" => Self::Insight,
            "guarddutyfinding" => Self::GuardDuty,
            "healthevent" | "healthabuseevent" => Self::Health,
            // The second is what somebody sends on by hand.
            "securityhubfindings-imported" | "securityhubfindings-customaction" => {
                Self::SecurityHub
            }
            "findingsimportedv2" => Self::SecurityHubV2,
            // Sums of findings that came before.
            "securityhubinsightresults" => Self::Noted,
            "sign-inanomalyalert" => Self::Noted,
            "trustedadvisorcheckitemrefreshnotification" => Self::TrustedAdvisor,
            _ => return None,
        })
    }

    /// The name of what happened, or in what the detail contradicts its type.
    pub(super) fn name(self, detail: &Json) -> Result<Option<String>, &'static str> {
        if !detail.is_object() && self != Self::Noted {
            return Err(match self {
                Self::CloudTrail => "`detail` is not a CloudTrail record",
                _ => "`detail` is not a JSON object",
            });
        }
        match self {
            Self::CloudTrail => match detail.word(&["eventName"]) {
                Some(name) if detail.word(&["eventSource"]).is_some() => Ok(Some(name)),
                _ => Err("the record names no event or no source"),
            },
            Self::GuardDuty => named(detail.word(&["type"]), "the finding has no type"),
            Self::Health => named(
                detail.word(&["eventTypeCode"]),
                "the Health event has no `eventTypeCode`",
            ),
            Self::Insight => Ok(detail
                .text(&["insightDetails", "eventName"])
                .or_else(|| detail.text(&["eventName"]))),
            Self::Noted => Ok(None),
            Self::SecurityHub | Self::SecurityHubV2 => {
                let types: &[&str] = match self {
                    Self::SecurityHub => &["findings", "0", "Types", "0"],
                    _ => &["findings", "0", "finding_info", "types", "0"],
                };
                if detail.is_object_at(&["findings", "0"]) {
                    Ok(detail.text(types))
                } else {
                    Err("there is no finding in `findings`")
                }
            }
            Self::TrustedAdvisor => named(
                detail.word(&["check-name"]),
                "the notification has no `check-name`",
            ),
        }
    }

    pub(super) fn body(self, detail: Json) -> Body {
        match self {
            Self::CloudTrail => Body::CloudTrail(detail),
            Self::GuardDuty => Body::GuardDuty(detail),
            Self::Health => Body::Health(detail),
            Self::Insight => Body::Noted(insight(&detail)),
            Self::Noted => Body::Noted(None),
            Self::SecurityHub => Body::SecurityHub(detail),
            Self::SecurityHubV2 => Body::SecurityHubV2(detail),
            Self::TrustedAdvisor => Body::TrustedAdvisor(detail),
        }
    }
}

fn named(name: Option<String>, otherwise: &'static str) -> Result<Option<String>, &'static str> {
    match name {
        Some(name) => Ok(Some(name)),
        None => Err(otherwise),
    }
}

/// The action that an insight is about: a rate of calls that is out of the ordinary.
pub(super) fn insight(record: &Json) -> Option<String> {
    let source = record.word(&["insightDetails", "eventSource"])?;
    let name = record.word(&["insightDetails", "eventName"])?;
    Some(format!("{}:{name}", first_label(&source)))
}
