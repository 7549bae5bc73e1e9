//! Findings of the newer Security Hub, in the Open Cybersecurity Schema Framework
//! (Security Hub User Guide, "OCSF findings" and "EventBridge event formats",
//! checked 2026-11-25).

use serde_json::Value;

use super::{
    CONTROLS_OF_KEYS, Reading, choose, is_access_key, is_of_account, is_type_about_credentials,
    user_in,
};
use crate::activity::guardduty::{Credential, key_in};
use crate::activity::particulars::{Finding, FindingSource, severity_of_word};
use crate::activity::{Activity, HandsOff, Origin};
use crate::arn::Arn;
use crate::event::Event;
use crate::json::Json;

/// Reads the detail of an event.
pub(in crate::activity) fn read(detail: &Json, event: &Event) -> Activity {
    choose(detail, event, |finding| Reading {
        about_credentials: is_about_credentials(finding),
        control: failed_control(finding),
        name: name(finding),
        account: finding.text(&["cloud", "account", "uid"]),
        region: finding.text(&["cloud", "region"]),
        hands_off: hands_off(finding),
        is_of_account: is_of_account(finding.text(&["metadata", "product", "uid"])),
        credential: credential(finding),
        origin: origin(finding),
        finding: Finding {
            source: FindingSource::SecurityHub,
            id: finding.text(&["finding_info", "uid"]),
            title: finding.text(&["finding_info", "title"]),
            arn: finding
                .text(&["finding_info", "uid"])
                .filter(|uid| Arn::parse(uid).is_some()),
            severity: finding
                .text(&["severity"])
                .and_then(|word| severity_of_word(&word)),
            workflow: finding.text(&["status"]),
            sent_by: None,
        },
    })
}

fn types(finding: &Json) -> impl Iterator<Item = &str> {
    finding
        .items(&["finding_info", "types"])
        .filter_map(Value::as_str)
}

/// As for ASFF: a failed control about keys, GuardDuty's by type, others' by resource.
fn is_about_credentials(finding: &Json) -> bool {
    if types(finding).any(is_type_about_credentials) {
        return true;
    }
    if finding.is_object_at(&["compliance"]) {
        return failed_control(finding).is_some();
    }
    let by_guardduty = finding
        .text(&["metadata", "product", "uid"])
        .is_some_and(|uid| uid.ends_with("/aws/guardduty"));
    !by_guardduty && key_resource(finding).is_some()
}

fn failed_control(finding: &Json) -> Option<String> {
    let control = finding.text(&["compliance", "control"])?;
    let status = finding.text(&["compliance", "status"])?;
    let is_about_keys = CONTROLS_OF_KEYS.contains(&control.as_str())
        && status.to_ascii_lowercase().starts_with("fail")
        && !types(finding).any(is_type_about_credentials);
    is_about_keys.then_some(control)
}

fn key_resource(finding: &Json) -> Option<Json> {
    let resource = finding.items(&["resources"]).find(|resource| {
        resource
            .get("type")
            .and_then(Value::as_str)
            .is_some_and(is_access_key)
    })?;
    Some(Json::new(resource.clone()))
}

fn name(finding: &Json) -> Option<String> {
    let native = types(finding)
        .find(|text| text.contains(':'))
        .map(str::to_owned);
    native
        .or_else(|| finding.text(&["compliance", "control"]))
        .or_else(|| finding.text(&["finding_info", "types", "0"]))
        .or_else(|| finding.text(&["finding_info", "analytic", "name"]))
}

fn hands_off(finding: &Json) -> Option<HandsOff> {
    let word = |path: &[&str]| finding.text(path).unwrap_or_default();
    let closed = word(&["activity_name"]) == "Close"
        || ["Suppressed", "Resolved", "Archived"].contains(&word(&["status"]).as_str());
    let sample = word(&["finding_info", "title"]).starts_with("[SAMPLE]");
    HandsOff::of(sample, closed)
}

fn credential(finding: &Json) -> Credential {
    let Some(resource) = key_resource(finding) else {
        let is_of_root = failed_control(finding).as_deref() == Some("IAM.4");
        return Credential {
            user_type: is_of_root.then(|| "Root".to_owned()),
            ..Credential::default()
        };
    };
    let uid = resource.text(&["uid"]).unwrap_or_default();
    let name = resource.text(&["user", "name"]).or_else(|| user_in(&uid));
    let actor_type = finding
        .text(&["evidences", "0", "actor", "user", "type"])
        .or_else(|| resource.text(&["user", "type"]));
    Credential {
        key: key_in(&uid),
        // A user's name beside a key is that of an IAM user, unless it is said otherwise.
        user_type: actor_type.or_else(|| name.as_ref().map(|_| "IAMUser".to_owned())),
        name,
        more_keys: Vec::new(),
    }
}

fn origin(finding: &Json) -> Origin {
    let ip = finding.text(&["evidences", "0", "src_endpoint", "ip"]);
    Origin::reported(ip)
}
