#![expect(
    clippy::needless_pass_by_value,
    reason = "`json!` makes values, and the tests read better without references"
)]

use serde_json::{Value, json};

use super::*;
use crate::circumstances::Known;
use crate::deployment::Deployment;
use crate::event::Event;
use crate::taxonomy::{Group, Kind};

fn activity(detail: Value) -> Activity {
    let envelope = json!({
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.iam",
        "account": "111122223333",
        "region": "us-east-1",
        "detail": detail,
    });
    let event = Event::parse(envelope.to_string().as_bytes()).expect("it is JSON");
    Activity::interpret(&event, &Deployment::default(), &Known::default())
}

fn created(identity: Value, request: Value, response: Value) -> Activity {
    activity(json!({
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateAccessKey",
        "eventTime": "2026-03-14T09:26:53Z",
        "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333",
        "userIdentity": identity,
        "requestParameters": request,
        "responseElements": response,
    }))
}

fn anaya() -> Value {
    json!({"type": "IAMUser", "accountId": "111122223333", "userName": "anaya", "arn": "arn:aws:iam::111122223333:user/team/anaya", "accessKeyId": "AKIAIOSFODNN7EXAMPLE"})
}

fn root() -> Value {
    json!({"type": "Root", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:root", "userName": "the-alias"})
}

fn role() -> Value {
    json!({"type": "AssumedRole", "accountId": "111122223333", "arn": "arn:aws:sts::111122223333:assumed-role/deploy/ci-7",
           "sessionContext": {"sessionIssuer": {"userName": "deploy", "arn": "arn:aws:iam::111122223333:role/x/deploy"}}})
}

fn key(user: Option<&str>) -> Value {
    json!({"accessKey": {"accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userName": user}})
}

fn owner(activity: &Activity) -> (Option<&str>, Option<bool>) {
    (activity.target.user.as_deref(), activity.target.is_root)
}

#[test]
fn the_owner_of_a_new_key_is_found_wherever_the_event_names_it() {
    let bob = json!({"userName": "bob"});
    for (identity, request, response, expected) in [
        (
            anaya(),
            bob.clone(),
            key(Some("bob")),
            (Some("bob"), Some(false)),
        ),
        (
            anaya(),
            Value::Null,
            key(Some("anaya")),
            (Some("anaya"), Some(false)),
        ),
        (
            anaya(),
            Value::Null,
            key(None),
            (Some("anaya"), Some(false)),
        ),
        (role(), bob.clone(), key(None), (Some("bob"), Some(false))),
        (role(), Value::Null, key(None), (None, Some(false))),
        (root(), Value::Null, key(None), (None, Some(true))),
        // A name that only the response has would be the account's alias.
        (
            root(),
            Value::Null,
            key(Some("the-alias")),
            (None, Some(true)),
        ),
        (
            anaya(),
            json!({"userName": "null"}),
            key(Some("null")),
            (Some("null"), Some(false)),
        ),
        (root(), bob, key(Some("bob")), (Some("bob"), Some(false))),
        (
            root(),
            json!({"userName": "AWS ROOT USER"}),
            key(None),
            (None, Some(true)),
        ),
    ] {
        let activity = created(identity, request, response);
        assert_eq!(owner(&activity), expected, "{activity:?}");
    }
}

#[test]
fn the_alias_of_the_account_is_not_roots_name() {
    let activity = created(root(), Value::Null, key(None));
    assert_eq!(
        (activity.actor.kind, activity.actor.name.as_deref()),
        (ActorKind::Root, None)
    );
    assert!(activity.is_on_self());
}

#[test]
fn a_denied_call_names_its_target_only_in_the_message() {
    let activity = activity(json!({
        "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "userIdentity": anaya(),
        "errorCode": "AccessDenied", "requestParameters": null, "responseElements": null,
        "errorMessage": "User: x is not authorized to perform: iam:CreateAccessKey on resource: user bob because no policy allows it",
    }));
    assert_eq!(activity.outcome.succeeded, Some(false));
    assert_eq!(owner(&activity), (Some("bob"), Some(false)));
}

#[test]
fn a_success_without_its_key_is_a_missing_fact() {
    let activity = created(role(), Value::Null, Value::Null);
    assert_eq!(activity.unknown, ["target"]);
}

#[test]
fn two_names_for_one_thing_are_a_conflict() {
    let other_user = created(anaya(), json!({"userName": "carol"}), key(Some("bob")));
    assert_eq!(
        other_user.conflicts,
        ["the user in the request is `carol`, the user in the response is `bob`"]
    );
    let mut stranger = anaya();
    stranger["accountId"] = "999999999999".into();
    stranger["arn"] = Value::Null;
    let other_account = created(stranger, json!({"userName": "bob"}), key(Some("bob")));
    assert_eq!(
        other_account.conflicts,
        ["the caller's account is `999999999999`, the affected account is `111122223333`"]
    );
}

#[test]
fn each_identity_type_is_a_kind_of_actor() {
    for (name, expected) in [
        ("Root", ActorKind::Root),
        ("IAMUser", ActorKind::IamUser),
        ("AssumedRole", ActorKind::AssumedRole),
        ("Role", ActorKind::AssumedRole),
        ("FederatedUser", ActorKind::FederatedUser),
        ("AWSAccount", ActorKind::AwsAccount),
        ("AWSService", ActorKind::AwsService),
        ("IdentityCenterUser", ActorKind::IdentityCenterUser),
        ("SAMLUser", ActorKind::SamlUser),
        ("WebIdentityUser", ActorKind::WebIdentityUser),
        ("SomethingNew", ActorKind::Unknown),
    ] {
        let activity = created(json!({"type": name}), Value::Null, Value::Null);
        assert_eq!(activity.actor.kind, expected, "{name}");
    }
}

#[test]
fn a_role_session_has_the_names_of_role_and_session() {
    let actor = created(role(), Value::Null, key(None)).actor;
    assert_eq!(
        (actor.name.as_deref(), actor.session_name.as_deref()),
        (Some("deploy"), Some("ci-7"))
    );
}

#[test]
fn the_console_is_a_person_and_a_service_is_none() {
    let by = |service: &str| {
        let mut identity = root();
        identity["invokedBy"] = service.into();
        created(identity, Value::Null, Value::Null)
            .actor
            .on_behalf_of_service
    };
    assert_eq!(by("signin.amazonaws.com"), None);
    assert_eq!(by("billingconsole.amazonaws.com"), None);
    assert_eq!(by("AWS Internal").as_deref(), Some("AWS Internal"));
    assert_eq!(
        by("autoscaling.amazonaws.com").as_deref(),
        Some("autoscaling.amazonaws.com")
    );
}

#[test]
fn a_call_that_names_nobody_is_about_the_caller() {
    let activity = created(anaya(), Value::Null, key(Some("bob")));
    assert_eq!(
        activity.conflicts,
        ["the caller's name is `anaya`, the user in the response is `bob`"]
    );
}

/// IAM tells names apart regardless of case.
#[test]
fn a_name_in_another_case_is_the_same_name() {
    let activity = created(anaya(), json!({"userName": "BOB"}), key(Some("bob")));
    assert_eq!(
        (owner(&activity), activity.conflicts.len()),
        ((Some("bob"), Some(false)), 0)
    );
}

#[test]
fn what_is_known_by_name_is_what_it_is_whatever_type_it_comes_as() {
    let created = activity(
        json!({"eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "eventType": "AwsCloudTrailInsight"}),
    );
    let check = activity(json!({"eventSource": "ec2.amazonaws.com", "eventName": "CheckMfa"}));
    assert_eq!([created.kind, check.kind], [Kind::ApiCall; 2]);
}

#[test]
fn an_arn_of_somebody_else_is_a_conflict() {
    let mut mallory = anaya();
    mallory["arn"] = "arn:aws:iam::999999999999:user/mallory".into();
    let activity = created(mallory, json!({"userName": "bob"}), key(Some("bob")));
    assert_eq!(
        activity.conflicts,
        [
            "the caller's account is `111122223333`, the account in the caller's ARN is `999999999999`",
            "the caller's name is `anaya`, the name in the caller's ARN is `mallory`",
        ]
    );
}

#[test]
fn a_call_failed_only_if_it_has_an_error_code() {
    let activity = activity(json!({
        "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "userIdentity": anaya(),
        "errorMessage": "a remark", "responseElements": key(Some("bob")),
    }));
    assert_eq!(activity.outcome.succeeded, Some(true));
}

#[test]
fn aws_internal_beside_an_address_is_a_person() {
    let by = |address: &str| {
        let mut identity = root();
        identity["invokedBy"] = "AWS Internal".into();
        let call = json!({"eventSource": "s3.amazonaws.com", "eventName": "X", "sourceIPAddress": address, "userIdentity": identity});
        activity(call).actor.on_behalf_of_service
    };
    assert_eq!(by("198.51.100.17"), None);
    assert_eq!(by("AWS Internal").as_deref(), Some("AWS Internal"));
}

fn sign_in(identity: Value, mfa: Value, verdict: Value) -> Activity {
    activity(json!({
        "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "eventType": "AwsConsoleSignIn",
        "userIdentity": identity, "additionalEventData": {"MFAUsed": mfa}, "responseElements": verdict,
    }))
}

#[test]
fn mfa_is_yes_no_or_unknown_with_a_reason() {
    let success = json!({"ConsoleLogin": "Success"});
    let mfa = |identity, used| {
        let activity = sign_in(identity, used, success.clone());
        (
            activity.actor.mfa,
            activity.actor.mfa_unknown_because.is_some(),
            activity.unknown.contains(&"mfa".to_owned()),
        )
    };
    assert_eq!(mfa(anaya(), json!("YES")), (Some(true), false, false));
    assert_eq!(mfa(anaya(), json!("No")), (Some(false), false, false));
    assert_eq!(mfa(anaya(), Value::Null), (None, true, true));
    assert_eq!(
        mfa(role(), json!("No")),
        (None, true, false),
        "the identity provider asks for it"
    );
}

#[test]
fn a_sign_in_succeeded_failed_or_does_not_say() {
    let succeeded = |verdict| sign_in(anaya(), json!("No"), verdict).outcome.succeeded;
    assert_eq!(succeeded(json!({"ConsoleLogin": "Success"})), Some(true));
    assert_eq!(succeeded(json!({"ConsoleLogin": "Failure"})), Some(false));
    assert_eq!(succeeded(Value::Null), None);
}

#[test]
fn an_address_is_an_address_a_service_or_hidden() {
    let origin = |address: &str| {
        let activity = activity(
            json!({"eventSource": "s3.amazonaws.com", "eventName": "X", "sourceIPAddress": address}),
        );
        let origin = activity.origin;
        (
            origin.ip.map(|ip| ip.to_string()),
            origin.service,
            origin.hidden,
        )
    };
    assert_eq!(
        origin("2001:db8::1"),
        (Some("2001:db8::1".to_owned()), None, false)
    );
    assert_eq!(
        origin("cloudformation.amazonaws.com"),
        (None, Some("cloudformation.amazonaws.com".to_owned()), false)
    );
    assert_eq!(origin("AWS Internal"), (None, None, true));
    assert_eq!(origin(""), (None, None, true));
}

#[test]
fn root_is_a_person_unless_the_event_shows_a_root_session() {
    let session = |marker: Value, key: &str| {
        let mut identity = root();
        identity["accessKeyId"] = key.into();
        identity["sessionContext"] = json!({"assumedRoot": marker});
        created(identity, Value::Null, Value::Null)
            .actor
            .root_session
    };
    assert_eq!(session(json!("true"), "ASIAIOSFODNN7EXAMPLE"), Some(true));
    assert_eq!(session(Value::Null, "ASIAIOSFODNN7EXAMPLE"), None);
    assert_eq!(session(Value::Null, "AKIAIOSFODNN7EXAMPLE"), Some(false));
}

#[test]
fn names_are_found_in_the_taxonomy_without_regard_to_case() {
    let activity =
        activity(json!({"eventSource": "iam.amazonaws.com", "eventName": "createaccesskey"}));
    assert_eq!(activity.action.as_deref(), Some("iam:CreateAccessKey"));
    assert_eq!(activity.groups, [crate::taxonomy::Group::IssueAccessKey]);
}

#[test]
fn the_step_before_a_sign_in_is_no_sign_in() {
    let activity = activity(
        json!({"eventSource": "signin.amazonaws.com", "eventName": "CheckMfa", "eventType": "AwsConsoleSignIn"}),
    );
    assert_eq!(activity.kind, Kind::Other);
}

#[test]
fn who_began_a_chain_of_roles_is_kept() {
    let mut identity = role();
    identity["sessionContext"]["sourceIdentity"] = "anaya@example.com".into();
    let activity = created(identity, json!({"userName": "bob"}), key(Some("bob")));
    assert_eq!(
        activity.actor.source_identity.as_deref(),
        Some("anaya@example.com")
    );
}

/// A finding of an attack in several steps may name several users' keys; one about a
/// bucket carries the key of whoever changed it, which is not what it is about.
#[test]
fn a_finding_is_about_the_keys_that_it_names_as_its_matter() {
    let finding = |detail: serde_json::Value| {
        let event = json!({
            "detail-type": "GuardDuty Finding", "source": "aws.guardduty",
            "account": "111122223333", "region": "us-east-1", "detail": detail,
        });
        let event = Event::parse(event.to_string().as_bytes()).expect("it is JSON");
        Activity::interpret(&event, &Deployment::default(), &Known::default())
    };
    let key = |id: &str| json!({"resourceType": "ACCESS_KEY", "uid": id, "data": {"accessKey": {"userType": "IAMUser", "userName": "bob"}}});
    let resources = [
        key("AKIAI44QH8DHBEXAMPLE"),
        key("ASIAIOSFODNN7EXAMPLE"),
        key("AKIAIOSFODNN7EXAMPLE"),
        key("AKIAI44QH8DHBEXAMPLE"),
    ];
    let sequence = finding(json!({
        "type": "AttackSequence:IAM/CompromisedCredentials", "accountId": "111122223333",
        "service": {"detection": {"sequence": {"resources": resources}}},
    }));
    let target = &sequence.target;
    assert_eq!(
        (target.access_key_id.as_deref(), target.more_keys.as_slice()),
        (
            Some("AKIAI44QH8DHBEXAMPLE"),
            ["AKIAIOSFODNN7EXAMPLE".to_owned()].as_slice()
        )
    );
    let bucket = finding(json!({
        "type": "Policy:S3/BucketBlockPublicAccessDisabled", "accountId": "111122223333",
        "resource": {"resourceType": "AccessKey", "accessKeyDetails": {"accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userType": "IAMUser", "userName": "bob"}},
    }));
    assert_eq!(bucket.groups, []);
}

/// Whoever makes a role or a policy chooses its path, and a colon may stand in that.
#[test]
fn a_path_that_imitates_an_arn_of_awss_is_none() {
    let session = |arn: &str| Actor {
        kind: ActorKind::AssumedRole,
        issuer_arn: Some(arn.to_owned()),
        ..Actor::default()
    };
    for (arn, expected) in [
        (
            "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/X",
            true,
        ),
        (
            "arn:aws-cn:iam::111122223333:role/aws-service-role/config.amazonaws.com/X",
            true,
        ),
        (
            "arn:aws:iam::111122223333:role/x:role/aws-service-role/evil",
            false,
        ),
        (
            "arn:aws:iam::111122223333:role/x/aws-service-role/evil",
            false,
        ),
    ] {
        assert_eq!(session(arn).is_service_linked(), expected, "{arn}");
    }
    let attach = |arn: &str| {
        let entry = crate::taxonomy::find("iam:AttachUserPolicy").expect("it is known");
        let mut event = entry.example(Some(Group::ReportExposure));
        event["detail"]["requestParameters"]["policyArn"] = arn.into();
        let event = Event::parse(event.to_string().as_bytes()).expect("it is an event");
        Activity::interpret(&event, &Deployment::default(), &Known::default()).groups
    };
    let quarantine = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3";
    assert!(attach(quarantine).contains(&Group::ReportExposure));
    let imitated =
        "arn:aws:iam::111122223333:policy/x:iam::aws:policy/AWSCompromisedKeyQuarantineV3";
    assert!(!attach(imitated).contains(&Group::ReportExposure));
}

/// A user of the same name in another account is somebody else.
#[test]
fn nobody_acts_on_themselves_across_accounts() {
    let entry = crate::taxonomy::find("iam:CreateAccessKey").expect("it is known");
    for (account, expected) in [("111122223333", true), ("444455556666", false)] {
        let mut event = entry.example(None);
        event["detail"]["userIdentity"]["accountId"] = account.into();
        let event = Event::parse(event.to_string().as_bytes()).expect("it is an event");
        let activity = Activity::interpret(&event, &Deployment::default(), &Known::default());
        assert_eq!(activity.is_on_self(), expected, "{account}");
    }
}
