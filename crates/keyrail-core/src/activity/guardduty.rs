//! A GuardDuty finding → an activity (GuardDuty User Guide, "IAM finding types" and
//! "Attack sequence finding types", and its API reference, checked 2026-11-25).

use serde_json::Value;

use super::actor::is_shown;
use super::particulars::{Finding, FindingSource, Particulars, severity_of_number};
use super::target::{MOST_KEYS, is_key_id};
use super::{Activity, Actor, ActorKind, HandsOff, Origin, Provenance, Target};
use crate::event::Event;
use crate::id::KeyKind;
use crate::json::Json;
use crate::phrases::mfa;
use crate::taxonomy::{Kind, TargetKind};

/// Reads a finding. One that is not about IAM credentials is noted: that it carries
/// the key of whoever acted does not make the key the matter.
pub(super) fn read(finding: &Json, event: &Event) -> Activity {
    let finding_type = finding.text(&["type"]).unwrap_or_default();
    let credential = Credential::of(finding, &finding_type);
    let account = finding
        .text(&["accountId"])
        .or_else(|| event.account.clone());
    let noted = Activity {
        action: Some(format!("guardduty:{finding_type}")),
        account: account.clone(),
        region: finding.text(&["region"]).or_else(|| event.region.clone()),
        ..Activity::noted(event)
    };
    let is_sequence = finding_type.starts_with("AttackSequence:");
    let resource = finding.text(&["resource", "resourceType"]);
    let about_credentials = finding_type.contains(":IAMUser/")
        || finding_type.starts_with("AttackSequence:IAM/")
        // Findings about a bucket's settings carry the key that changed them.
        || (resource.as_deref() == Some("AccessKey") && !finding_type.contains(":S3/"))
        || (is_sequence && credential.key.is_some());
    if !about_credentials {
        return noted;
    }
    Activity {
        hands_off: HandsOff::of(
            is_sample(finding),
            finding.flag(&["service", "archived"]) == Some(true),
        ),
        particulars: Particulars {
            finding: Some(Finding {
                source: FindingSource::GuardDuty,
                id: finding.text(&["id"]),
                title: finding.text(&["title"]),
                arn: finding.text(&["arn"]),
                severity: finding
                    .text(&["severity"])
                    .and_then(|number| severity_of_number(&number)),
                ..Finding::default()
            }),
            ..Particulars::default()
        },
        ..credential.reported(noted, origin(finding))
    }
}

/// The credential that a finding is about, and whose it is.
#[derive(Debug, Default)]
pub(super) struct Credential {
    pub key: Option<String>,
    /// `IAMUser`, `Root`, `AssumedRole` and so on.
    pub user_type: Option<String>,
    /// The user's name, or the role's.
    pub name: Option<String>,
    /// Further long-term keys that the finding names.
    pub more_keys: Vec<String>,
}

impl Credential {
    fn of(finding: &Json, finding_type: &str) -> Self {
        // In a sample they stand for nobody; otherwise a user may well be named like that.
        let is_name = |name: &str| name == "userName" && !is_sample(finding);
        let detail = |name: &str| {
            finding
                .text(&["resource", "accessKeyDetails", name])
                .filter(|text| is_name(name) || is_shown(text))
        };
        if finding_type.starts_with("AttackSequence:") {
            return Self::of_sequence(finding);
        }
        Self {
            key: detail("accessKeyId"),
            user_type: detail("userType"),
            name: detail("userName"),
            more_keys: Vec::new(),
        }
    }

    /// An attack sequence names its actors' credentials, and the access keys among
    /// its resources; the id of those is in `uid` or `name`.
    fn of_sequence(finding: &Json) -> Self {
        let sequence = finding.below(&["service", "detection", "sequence"]);
        let text = |value: &Value, path: &[&str]| {
            let text = Json::new(value.clone()).word(path)?;
            is_shown(&text).then_some(text)
        };
        let key = |value: &Value, path: &[&str]| text(value, path).and_then(|text| key_in(&text));
        let of_resource = |resource: &Value| Self {
            key: key(resource, &["uid"]).or_else(|| key(resource, &["name"])),
            user_type: text(resource, &["data", "accessKey", "userType"]),
            name: text(resource, &["data", "accessKey", "userName"]),
            more_keys: Vec::new(),
        };
        let of_actor = |actor: &Value| Self {
            key: key(actor, &["user", "credentialUid"]),
            user_type: text(actor, &["user", "type"]),
            name: text(actor, &["user", "name"]),
            more_keys: Vec::new(),
        };
        let is_key = |resource: &&Value| {
            resource.pointer("/resourceType").and_then(Value::as_str) == Some("ACCESS_KEY")
        };
        let resources = sequence
            .items(&["resources"])
            .filter(is_key)
            .map(of_resource);
        let actors = sequence.items(&["actors"]).map(of_actor);
        let mut all: Vec<Self> = resources.chain(actors).collect();
        // A long-term key can be stopped; a session's runs out by itself.
        all.sort_by_key(|credential| match credential.key.as_deref() {
            Some(key) if is_long_term(key) => 0,
            Some(_) => 1,
            None => 2,
        });
        let mut all = all.into_iter();
        let mut credential = all.next().unwrap_or_default();
        for key in all.filter_map(|more| more.key) {
            let known =
                credential.key.as_ref() == Some(&key) || credential.more_keys.contains(&key);
            if is_long_term(&key) && !known && credential.more_keys.len() + 1 < MOST_KEYS {
                credential.more_keys.push(key);
            }
        }
        credential
    }

    /// The activity of somebody using this credential, as a finding reports it.
    pub(super) fn reported(self, noted: Activity, origin: Origin) -> Activity {
        let kind = match self.user_type.as_deref() {
            Some("IAMUser") => ActorKind::IamUser,
            Some("Root") => ActorKind::Root,
            Some("AssumedRole" | "Role") => ActorKind::AssumedRole,
            Some("FederatedUser") => ActorKind::FederatedUser,
            Some("AWSAccount") => ActorKind::AwsAccount,
            Some("AWSService") => ActorKind::AwsService,
            _ => ActorKind::Unknown,
        };
        let is_root = self.user_type.as_ref().map(|_| kind == ActorKind::Root);
        let name = self.name.filter(|_| kind != ActorKind::Root);
        let account = noted.account.clone();
        Activity {
            kind: Kind::Finding,
            groups: Kind::Finding.groups().to_vec(),
            actor: Actor {
                kind,
                account: account.clone(),
                name: name.clone(),
                access_key_id: self.key.clone(),
                mfa_unknown_because: Some(mfa::NOT_IN_FINDING.into()),
                root_session: (kind != ActorKind::Root).then_some(false),
                ..Actor::default()
            },
            target: Target {
                kind: TargetKind::AccessKey,
                account,
                user: name.clone().filter(|_| kind == ActorKind::IamUser),
                name: name.filter(|_| kind != ActorKind::IamUser),
                is_root,
                access_key_id: self.key,
                more_keys: self.more_keys,
                ..Target::default()
            },
            origin,
            provenance: Provenance::SecondHand,
            ..noted
        }
    }
}

fn is_long_term(key: &str) -> bool {
    KeyKind::of(key) == Some(KeyKind::LongTerm)
}

/// The id of an access key within a text, such as `AWS::IAM::AccessKey:AKIA…`.
pub(super) fn key_in(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .find(|part| is_key_id(part))
        .map(str::to_owned)
}

fn origin(finding: &Json) -> Origin {
    let call = finding.below(&["service", "action", "awsApiCallAction"]);
    let sequence = finding.below(&["service", "detection", "sequence", "endpoints", "0"]);
    let ip = call
        .text(&["remoteIpDetails", "ipAddressV4"])
        .or_else(|| call.text(&["remoteIpDetails", "ipAddressV6"]))
        .or_else(|| sequence.text(&["ip"]));
    Origin {
        user_agent: call.text(&["userAgent"]),
        ..Origin::reported(ip)
    }
}

/// Samples are made to try things out. `additionalInfo` is an object in some of
/// them, and in others a text of JSON.
fn is_sample(finding: &Json) -> bool {
    let info = finding.below(&["service", "additionalInfo"]);
    let in_text = || {
        let text = info.at(&["value"])?.as_str()?;
        let value = serde_json::from_str(text).ok()?;
        Json::new(value).flag(&["sample"])
    };
    // Not by the user's name, which anybody may choose.
    let key = finding.text(&["resource", "accessKeyDetails", "accessKeyId"]);
    info.flag(&["sample"]).or_else(in_text) == Some(true)
        || key.is_some_and(|key| key.starts_with("GeneratedFinding"))
        || finding
            .text(&["title"])
            .is_some_and(|title| title.starts_with("[SAMPLE]"))
}
