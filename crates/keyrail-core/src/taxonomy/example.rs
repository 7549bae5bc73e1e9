//! An example of each event of the table, made from what the table says.
//!
//! Where a row says that a target stands, the example has it there. That shows a
//! reader what the row means, gives each row a test, and lets the rules in the
//! templates be held against every event that a guardrail needs.

use serde_json::{Map, Value, json};

use super::conditions::{self, doors};
use super::entry::{Entry, Grant, Place};
use super::group::Group;
use super::kind::{Kind, TargetKind};

impl Entry {
    /// An EventBridge event of this kind that succeeded, and is in the group that is
    /// asked for, which must be one of the row's. Ids are those of AWS's
    /// documentation.
    #[must_use]
    pub fn example(&self, group: Option<Group>) -> Value {
        self.event(group, false)
    }

    /// The same in just this group of the row's, so far as that depends on the event, or
    /// in none.
    #[must_use]
    pub fn example_in_just(&self, group: Option<Group>) -> Value {
        self.event(group, true)
    }

    fn event(&self, group: Option<Group>, just: bool) -> Value {
        let region = match self.place {
            Place::Home => "us-east-1",
            Place::Region => "eu-north-1",
        };
        json!({
            "version": "0",
            "id": "7bf73129-1428-4cd3-a780-95db273d1602",
            "detail-type": self.detail_type(),
            "source": self.source(),
            "account": "111122223333",
            "time": "2026-03-14T09:26:53Z",
            "region": region,
            "resources": [],
            "detail": match self.kind {
                Kind::Exposure if self.source() == "aws.health" => self.health(),
                Kind::Exposure => trusted_advisor(),
                Kind::Finding => self.finding(),
                Kind::ApiCall | Kind::Other | Kind::ServiceEvent | Kind::SignIn | Kind::Unrecognised => self.record(region, group, just),
            },
        })
    }

    fn record(&self, region: &str, group: Option<Group>, just: bool) -> Value {
        use Group::{RootCredentials, TamperGuardrail};
        let by_parameters = |group| !matches!(group, RootCredentials | TamperGuardrail);
        let meets = !just || group.is_some_and(by_parameters);
        let is_own = !just || group == Some(TamperGuardrail);
        let name = match is_own {
            true => self.example_name(group),
            false => "example".to_owned(),
        };
        let (label, call) = self.action.split_once(':').unwrap_or_default();
        let is_sign_in = self.detail_type() == "AWS Console Sign In via CloudTrail";
        let is_roots = group == Some(RootCredentials);
        let mut record = json!({
            "eventVersion": "1.11",
            "userIdentity": match (is_roots, self.action) {
                (true, _) => root(),
                (_, "signin:SwitchRole") => session(),
                _ => anaya(),
            },
            "eventTime": "2026-03-14T09:26:53Z",
            "eventSource": format!("{label}.amazonaws.com"),
            "eventName": call,
            "awsRegion": region,
            "sourceIPAddress": "198.51.100.7",
            "userAgent": "aws-cli/2.31.0 md/command#example",
            "requestParameters": null,
            "responseElements": null,
            "requestID": "4f6e1f0c-2f0e-4b3c-9d9f-1c9f6a7b8c9d",
            "eventID": "b24a5c0e-6f3d-4f6e-8f7a-2d3c4b5a6978",
            "readOnly": self.read_only,
            "eventType": if is_sign_in { "AwsConsoleSignIn" } else { "AwsApiCall" },
            "managementEvent": true,
            "recipientAccountId": "111122223333",
            "eventCategory": "Management",
        });
        if is_sign_in {
            put(&mut record, &["responseElements", call], "Success".into());
            put(
                &mut record,
                &["additionalEventData", "MFAUsed"],
                "Yes".into(),
            );
        }
        for (paths, value) in [
            (self.user, if is_roots { "" } else { "anaya" }),
            (self.id, self.example_id()),
            (self.name, &name),
            (self.status, if meets { "Active" } else { "Inactive" }),
        ] {
            if let (Some(path), false) = (paths.first(), value.is_empty()) {
                put_at(&mut record, path, value.into());
            }
        }
        let exposed = group == Some(Group::ReportExposure);
        let (grant, condition) = if meets {
            (Grant::example as fn(Grant) -> _, self.when)
        } else {
            // Parameters that are not there would hide something.
            put(&mut record, &["requestParameters", "example"], true.into());
            (Grant::harmless as fn(Grant) -> _, None)
        };
        let grant = self.grant.map(grant);
        let condition = condition.map(|condition| condition.example);
        let quarantine = exposed.then_some(conditions::IS_QUARANTINE.example);
        let undone = self.target == TargetKind::Policy && group == Some(Group::UndoContainment);
        let undone = undone.then_some(doors::LIFTS_DENIAL.example);
        let lifted = self.when.is_some() && group == Some(Group::LiftLimit);
        let lifted = lifted.then_some(doors::DROPS_SESSION_POLICY.example);
        let opens = !just || group == Some(Group::OpenTrust);
        let trust = self.trust.map(|path| match opens {
            true => (path, OPEN),
            false => (path, SHUT),
        });
        let changes = [grant, condition, quarantine, undone, lifted, trust];
        for (path, value) in changes.into_iter().flatten() {
            let value = serde_json::from_str(value).unwrap_or_default();
            put_at(&mut record, path, value);
        }
        if self.groups.contains(&Group::ChangeWatch)
            && group == Some(Group::TamperAudit)
            && let Some(path) = self.name.first()
        {
            put_at(&mut record, path, "guardduty-findings".into());
        }
        // The condition is about what records and watches, and may name something of that.
        if let (Some(TamperGuardrail), Some(path)) = (group, self.name.first()) {
            put_at(&mut record, path, name.into());
        }
        if group == Some(TamperGuardrail) && self.target == TargetKind::User && self.name.is_empty()
        {
            let path = ["requestParameters", "policyName"];
            put(&mut record, &path, "KeyrailQuarantine".into());
        }
        record
    }

    fn example_id(&self) -> &'static str {
        match (self.target, self.groups.contains(&Group::IssueSession)) {
            (TargetKind::AccessKey, _) => "AKIAI44QH8DHBEXAMPLE",
            (_, true) => "ASIAI44QH8DHBEXAMPLE",
            (TargetKind::ServiceCredential, _) => "ACCAI44QH8DHBEXAMPLE",
            (TargetKind::SshKey, _) => "APKAI44QH8DHBEXAMPLE",
            (TargetKind::SigningCertificate, _) => "TA7SMP42TDN5Z26OBPJE7EXAMPLE",
            _ => "0e7b6f3c-8d2a-4c1b-9e5f-6a7b8c9d0e1f",
        }
    }

    fn example_name(&self, group: Option<Group>) -> String {
        let arn =
            |service: &str, name: &str| format!("arn:aws:{service}:us-east-1:111122223333:{name}");
        match (self.target, group) {
            (TargetKind::MfaDevice, Some(Group::RootCredentials)) => {
                "arn:aws:iam::111122223333:mfa/root-account-mfa-device".to_owned()
            }
            (TargetKind::MfaDevice, _) => "arn:aws:iam::111122223333:mfa/anaya".to_owned(),
            (TargetKind::Account, _) => "444455556666".to_owned(),
            (TargetKind::Function, _) => "keyrail".to_owned(),
            (TargetKind::Topic, _) => arn("sns", "keyrail-AlertTopic-1EXAMPLE"),
            (TargetKind::Queue, _) => {
                "https://sqs.us-east-1.amazonaws.com/111122223333/keyrail-DeadLetterQueue-1EXAMPLE"
                    .to_owned()
            }
            (TargetKind::User, Some(Group::TamperGuardrail)) => "keyrail-beat".to_owned(),
            (_, Some(Group::TamperGuardrail)) => "keyrail-1EXAMPLE".to_owned(),
            (TargetKind::Role, Some(Group::AssumeRole)) => {
                "arn:aws:iam::111122223333:role/example".to_owned()
            }
            (TargetKind::Policy, _) => "arn:aws:iam::111122223333:policy/example".to_owned(),
            _ => "example".to_owned(),
        }
    }

    fn health(&self) -> Value {
        json!({
            "eventArn": "arn:aws:health:us-east-1::event/RISK/EXAMPLE/EXAMPLE_1",
            "service": "RISK",
            "eventTypeCode": self.action.trim_start_matches("health:"),
            "eventTypeCategory": "issue",
            "eventScopeCode": "ACCOUNT_SPECIFIC",
            "communicationId": "example-1",
            "startTime": "Sat, 14 Mar 2026 09:20:00 GMT",
            "statusCode": "open",
            "eventRegion": "us-east-1",
            "affectedAccount": "111122223333",
            "affectedEntities": [{"entityValue": "AKIAI44QH8DHBEXAMPLE", "status": "IMPAIRED"}],
            "page": "1",
            "totalPages": "1",
        })
    }

    fn finding(&self) -> Value {
        let finding_type = self.action.trim_start_matches("guardduty:");
        let key = json!({
            "accessKeyId": "AKIAI44QH8DHBEXAMPLE", "principalId": "AIDACKCEVSQ6C2EXAMPLE",
            "userType": "IAMUser", "userName": "anaya",
        });
        let mut finding = json!({
            "schemaVersion": "2.0",
            "accountId": "111122223333",
            "region": "eu-north-1",
            "partition": "aws",
            "id": "example",
            "type": finding_type,
            "severity": 5,
            "createdAt": "2026-03-14T09:20:00.000Z",
            "updatedAt": "2026-03-14T09:20:00.000Z",
            "title": "An example",
            "resource": {"resourceType": "AccessKey", "accessKeyDetails": key},
            "service": {
                "serviceName": "guardduty", "detectorId": "example", "archived": false, "count": 1,
                "action": {"actionType": "AWS_API_CALL", "awsApiCallAction": {
                    "api": "ListBuckets", "serviceName": "s3.amazonaws.com",
                    "remoteIpDetails": {"ipAddressV4": "198.51.100.7"},
                }},
            },
        });
        if finding_type.starts_with("AttackSequence:") {
            put(
                &mut finding,
                &["resource"],
                json!({"resourceType": "AttackSequence"}),
            );
            let sequence = json!({
                "uid": "example",
                "resources": [{
                    "uid": "AKIAI44QH8DHBEXAMPLE", "name": "AKIAI44QH8DHBEXAMPLE", "resourceType": "ACCESS_KEY",
                    "data": {"accessKey": {"userName": "anaya", "userType": "IAMUser"}},
                }],
            });
            put(
                &mut finding,
                &["service", "detection", "sequence"],
                sequence,
            );
        }
        finding
    }
}

fn trusted_advisor() -> Value {
    json!({
        "check-name": "Exposed Access Keys",
        "check-item-detail": {
            "Access Key ID": "AKIAI44QH8DHBEXAMPLE",
            "User Name (IAM or Root)": "anaya",
            "Fraud Type": "Exposed",
            "Case ID": "12345678-1234-1234-abcd-1234567890ab",
            "Time Updated": "1773480000000",
            "Location": "www.example.com",
            "Deadline": "1773900000000",
            "Usage (USD per Day)": "0",
        },
        "status": "ERROR",
        "resource_id": "",
        "uuid": "aa12345f-55c7-498e-b7ac-123456789012",
    })
}

fn root() -> Value {
    json!({
        "type": "Root", "principalId": "111122223333",
        "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333", "accessKeyId": "",
    })
}

fn anaya() -> Value {
    json!({
        "type": "IAMUser", "principalId": "AIDACKCEVSQ6C2EXAMPLE",
        "arn": "arn:aws:iam::111122223333:user/anaya", "accountId": "111122223333",
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "anaya",
    })
}

fn session() -> Value {
    json!({
        "type": "AssumedRole", "principalId": "AROACKCEVSQ6C2EXAMPLE:anaya",
        "arn": "arn:aws:sts::111122223333:assumed-role/example/anaya", "accountId": "111122223333",
    })
}

/// Trust policies that let in another account, and only a service.
const OPEN: &str = r#""{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::888899990000:root\"}, \"Action\": \"sts:AssumeRole\"}}""#;
const SHUT: &str = r#""{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"ec2.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}}""#;

fn put_at(record: &mut Value, path: &str, value: Value) {
    put(record, &path.split('.').collect::<Vec<_>>(), value);
}

/// Sets what is at a path, making the objects on the way; `0` is a list of one.
fn put(place: &mut Value, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *place = value;
        return;
    };
    if *first == "0" {
        let mut item = place.get(0).cloned().unwrap_or_default();
        put(&mut item, rest, value);
        *place = json!([item]);
        return;
    }
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    if let Some(object) = place.as_object_mut() {
        put(object.entry(*first).or_insert(Value::Null), rest, value);
    }
}
