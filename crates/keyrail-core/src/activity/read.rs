//! An event → an activity: which reader reads it, and how far it is to be believed.

use super::facts::{Activity, HandsOff, Provenance};
use super::{cloudtrail, guardduty, health, security_hub, trusted_advisor};
use crate::event::{Body, Event};
use crate::taxonomy::Kind;

impl Activity {
    /// What an event itself says happened.
    #[must_use]
    pub fn read(event: &Event) -> Self {
        let mut activity = match &event.body {
            Body::CloudTrail(record) => cloudtrail::read(record, event),
            Body::GuardDuty(finding) => guardduty::read(finding, event),
            Body::Health(notice) => health::read(notice, event),
            Body::Noted(action) => {
                let noted = Self::noted(event);
                let action = action.clone().or(noted.action);
                Self { action, ..noted }
            }
            Body::SecurityHub(detail) => security_hub::read(detail, event),
            Body::SecurityHubV2(detail) => security_hub::ocsf::read(detail, event),
            Body::TrustedAdvisor(check) => trusted_advisor::read(check, event),
            Body::Unrecognised(reason) => Self {
                kind: Kind::Unrecognised,
                unknown: vec![reason.clone()],
                ..Self::noted(event)
            },
        };
        if event.replayed {
            activity.hands_off = Some(HandsOff::Replay);
        }
        let from_aws =
            |source: &String| source.starts_with("aws.") && !source.starts_with("aws.partner");
        activity.provenance = match event.source.as_ref().is_some_and(from_aws) {
            false => Provenance::Stranger,
            true if event.wrapped => Provenance::SecondHand,
            true => activity.provenance,
        };
        activity
    }
}
