//! Findings of Security Hub → an activity: of Security Hub CSPM, in the AWS Security
//! Finding Format (ASFF; Security Hub User Guide, "ASFF syntax" and "EventBridge
//! event formats", checked 2026-11-25); of the newer Security Hub, in [`ocsf`].

use serde_json::Value;

use super::actor::is_shown;
use super::guardduty::{Credential, key_in};
use super::particulars::{Finding, FindingSource, severity_of_word};
use super::{Activity, Actor, HandsOff, Origin, Provenance};
use crate::arn::Arn;
use crate::event::Event;
use crate::json::Json;
use crate::phrases;
use crate::words::Severity;

pub(super) mod ocsf;

/// Reads the detail of an event. AWS sends one finding in each; of several, the
/// first that is about credentials counts, and another one of those is a conflict.
pub(super) fn read(detail: &Json, event: &Event) -> Activity {
    choose(detail, event, |finding| Reading {
        about_credentials: is_about_credentials(finding, detail.at(&["actionName"]).is_some()),
        control: failed_control(finding),
        name: name(finding),
        account: finding.text(&["AwsAccountId"]),
        region: finding.text(&["Region"]),
        hands_off: hands_off(finding),
        is_of_account: is_of_account(finding.text(&["ProductArn"])),
        credential: credential(finding),
        origin: origin(finding),
        finding: Finding {
            source: FindingSource::SecurityHub,
            id: finding.text(&["Id"]),
            title: finding.text(&["Title"]),
            arn: finding.text(&["Id"]).filter(|id| Arn::parse(id).is_some()),
            severity: severity(finding),
            workflow: finding.text(&["Workflow", "Status"]),
            sent_by: detail.text(&["actionName"]),
        },
    })
}

/// `arn:aws:securityhub:eu-north-1:111122223333:product/111122223333/default`: those of AWS
/// and of its partners are in no account.
fn is_of_account(product_arn: Option<String>) -> bool {
    let arn = product_arn.unwrap_or_default();
    Arn::parse(&arn).is_some_and(|arn| !arn.account.is_empty())
}

/// What one finding says, in either format.
struct Reading {
    about_credentials: bool,
    /// The control about keys that failed, if it is a check of the configuration.
    control: Option<String>,
    name: Option<String>,
    account: Option<String>,
    region: Option<String>,
    hands_off: Option<HandsOff>,
    /// Whether it is of a product that somebody made in an account.
    is_of_account: bool,
    credential: Credential,
    origin: Origin,
    finding: Finding,
}

fn choose(detail: &Json, event: &Event, read: impl Fn(&Json) -> Reading) -> Activity {
    // Whoever sends findings to a ticket does not ask keyrail to act.
    let sent_by = detail.text(&["actionName"]);
    if sent_by.is_some_and(|action| !action.to_ascii_lowercase().starts_with("keyrail")) {
        return Activity::noted(event);
    }
    let mut readings: Vec<Reading> = detail
        .items(&["findings"])
        .map(|finding| read(&Json::new(finding.clone())))
        .collect();
    let concerned = readings
        .iter()
        .filter(|reading| reading.about_credentials)
        .count();
    readings.sort_by_key(|reading| !reading.about_credentials);
    let Some(reading) = readings.into_iter().next() else {
        return Activity::noted(event);
    };
    let noted = Activity {
        action: reading.name.map(|name| format!("securityhub:{name}")),
        account: reading.account.or_else(|| event.account.clone()),
        region: reading.region.or_else(|| event.region.clone()),
        hands_off: reading.hands_off,
        ..Activity::noted(event)
    };
    if !reading.about_credentials {
        return noted;
    }
    // Nobody did anything: it says how things stand.
    let reports = reading.control.is_some();
    let mut activity = reading.credential.reported(noted, reading.origin);
    if reports {
        activity.actor = Actor::reporting("securityhub.amazonaws.com");
    }
    activity.control = reading.control;
    activity.particulars.finding = Some(reading.finding);
    // Whoever may import findings there chooses what they say.
    if reading.is_of_account {
        activity.provenance = Provenance::Stranger;
    }
    if concerned > 1 {
        activity.conflicts.push(phrases::many_findings(concerned));
    }
    activity
}

/// A check of the configuration counts if it failed and is about keys; what other
/// products find, if it is about an access key; what GuardDuty finds, by its type,
/// since its findings about other things carry the key of whoever acted. Who sends one on
/// by hand means that key.
fn is_about_credentials(finding: &Json, by_hand: bool) -> bool {
    if is_detection(finding) {
        return true;
    }
    if finding.at(&["Compliance", "Status"]).is_some() {
        return failed_control(finding).is_some();
    }
    let by_guardduty = finding
        .text(&["ProductArn"])
        .is_some_and(|arn| arn.ends_with("/aws/guardduty"));
    let is_key = |resource: &Value| {
        let kind = resource.get("Type").and_then(Value::as_str);
        kind.is_some_and(is_access_key)
    };
    (by_hand || !by_guardduty) && finding.items(&["Resources"]).any(is_key)
}

fn is_detection(finding: &Json) -> bool {
    let mut types = finding.items(&["Types"]).filter_map(Value::as_str);
    types.any(is_type_about_credentials)
}

/// Security Hub rewrites GuardDuty's types: `TTPs/Discovery/Recon:IAMUser-TorIPCaller`.
fn is_type_about_credentials(finding_type: &str) -> bool {
    ["IAMUser-", "IAMUser/", "AttackSequence:IAM"]
        .iter()
        .any(|part| finding_type.contains(part))
}

fn is_access_key(kind: &str) -> bool {
    matches!(kind, "AwsIamAccessKey" | "AWS::IAM::AccessKey")
}

/// Controls about access keys that exist or are not used: they name the user or the
/// account, and never the key (Security Hub User Guide, "IAM controls", checked
/// 2026-11-25).
const CONTROLS_OF_KEYS: [&str; 4] = ["IAM.3", "IAM.4", "IAM.8", "IAM.22"];

fn failed_control(finding: &Json) -> Option<String> {
    if is_detection(finding) || finding.text(&["Compliance", "Status"])? != "FAILED" {
        return None;
    }
    let control = finding
        .text(&["Compliance", "SecurityControlId"])
        .or_else(|| finding.text(&["ProductFields", "ControlId"]))
        .or_else(|| {
            let generator = finding.text(&["GeneratorId"])?;
            generator.rsplit('/').next().map(str::to_owned)
        })
        .unwrap_or_default();
    let title = finding.text(&["Title"]).unwrap_or_default().to_lowercase();
    let is_about_keys =
        CONTROLS_OF_KEYS.contains(&control.as_str()) || title.contains("access key");
    is_about_keys.then_some(control)
}

/// IAM.4 is that root has an access key. The CIS benchmark's numbers for the same differ by its
/// version (1.12, 1.4), and its words do not (Security Hub User Guide, "CIS AWS Foundations
/// Benchmark", checked 2026-11-29).
fn is_about_root(control: &str, finding: &Json) -> bool {
    let title = finding.text(&["Title"]).unwrap_or_default().to_lowercase();
    control == "IAM.4" || title.contains("root") && title.contains("access key")
}

/// By its word, or by its number of 0 to 100 (ASFF syntax, `Severity`).
fn severity(finding: &Json) -> Option<Severity> {
    let by_number = || {
        let number = finding.text(&["Severity", "Normalized"])?;
        Some(match number.parse::<u32>().ok()? {
            0 => Severity::Info,
            1..=39 => Severity::Low,
            40..=69 => Severity::Medium,
            70..=89 => Severity::High,
            _ => Severity::Critical,
        })
    };
    let word = finding.text(&["Severity", "Label"]);
    word.and_then(|word| severity_of_word(&word))
        .or_else(by_number)
}

fn name(finding: &Json) -> Option<String> {
    finding
        .text(&["Compliance", "SecurityControlId"])
        .or_else(|| finding.text(&["Types", "0"]))
        .or_else(|| finding.text(&["GeneratorId"]))
}

fn hands_off(finding: &Json) -> Option<HandsOff> {
    let word = |path: &[&str]| finding.text(path).unwrap_or_default();
    let done = word(&["RecordState"]) == "ARCHIVED"
        || ["RESOLVED", "SUPPRESSED"].contains(&word(&["Workflow", "Status"]).as_str());
    let sample = finding.flag(&["Sample"]) == Some(true)
        || finding.flag(&[
            "ProductFields",
            "aws/guardduty/service/additionalInfo/sample",
        ]) == Some(true)
        || word(&["Title"]).starts_with("[SAMPLE]");
    HandsOff::of(sample, done)
}

fn credential(finding: &Json) -> Credential {
    let resources = || {
        finding
            .items(&["Resources"])
            .map(|resource| Json::new(resource.clone()))
    };
    let kind = |resource: &Json| resource.text(&["Type"]).unwrap_or_default();
    let id = |resource: &Json| resource.text(&["Id"]).unwrap_or_default();
    if let Some(resource) = resources().find(|resource| is_access_key(&kind(resource))) {
        let detail = |name: &str| {
            resource
                .text(&["Details", "AwsIamAccessKey", name])
                .filter(|text| name == "UserName" || name == "PrincipalName" || is_shown(text))
        };
        return Credential {
            key: detail("AccessKeyId").or_else(|| key_in(&id(&resource))),
            user_type: detail("PrincipalType"),
            name: detail("PrincipalName")
                .or_else(|| detail("UserName"))
                .or_else(|| user_in(&id(&resource))),
            more_keys: Vec::new(),
        };
    }
    if failed_control(finding).is_some_and(|control| is_about_root(&control, finding)) {
        return Credential {
            user_type: Some("Root".to_owned()),
            ..Credential::default()
        };
    }
    match resources().find(|resource| kind(resource) == "AwsIamUser") {
        Some(user) => Credential {
            key: None,
            user_type: Some("IAMUser".to_owned()),
            name: user_in(&id(&user)),
            more_keys: Vec::new(),
        },
        None => Credential::default(),
    }
}

/// `arn:aws:iam::111122223333:user/path/NAME` → `NAME`.
pub(super) fn user_in(arn: &str) -> Option<String> {
    Arn::parse(arn)?.user().map(str::to_owned)
}

fn origin(finding: &Json) -> Origin {
    let ip = finding.text(&[
        "Action",
        "AwsApiCallAction",
        "RemoteIpDetails",
        "IpAddressV4",
    ]);
    Origin::reported(ip)
}
