use std::sync::LazyLock;

use serde_json::{Value, json};

use super::*;
use crate::bundle::Bundle;
use crate::change::{Change, Status};
use crate::circumstances::Circumstances;
use crate::event::Event;
use crate::outcome::{Outcome, OutcomeResult};
use crate::pipeline::examine;
use crate::rehearsal::{Answers, rehearse};
use crate::words::Mode;
use crate::words::StepName;

pub(super) fn report(event: &Value, outcomes: Vec<Outcome>) -> Report {
    static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| Bundle::embedded().expect("it loads"));
    let event = Event::parse(event.to_string().as_bytes()).expect("it is JSON");
    let mut report = examine(event, &BUNDLE, &Circumstances::in_mode(Mode::Enforce));
    report.outcomes = outcomes;
    report.bundle = "default 0123456789abcdef".to_owned();
    report
}

pub(super) fn key_created() -> Value {
    json!({
        "id": "7bf73129-1428-4cd3-a780-000000000001",
        "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "account": "111122223333", "region": "us-east-1",
        "detail": {
            "eventID": "e0f1a2b3-1111-4c5d-9e8f-000000000001", "eventTime": "2026-03-14T09:26:53Z",
            "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey",
            "userIdentity": {
                "type": "IAMUser", "userName": "anaya", "accountId": "111122223333",
                "arn": "arn:aws:iam::111122223333:user/anaya", "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            },
            "sourceIPAddress": "198.51.100.17", "userAgent": "aws-cli/2.31.0",
            "requestParameters": {"userName": "bob"},
            "responseElements": {"accessKey": {"accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userName": "bob"}},
        },
    })
}

fn outcome(result: OutcomeResult, detail: &str) -> Outcome {
    Outcome {
        step: StepName::DeactivateKey,
        result,
        detail: detail.to_owned(),
        attempts: 1,
        millis: 42,
        account: None,
        changes: match result {
            OutcomeResult::Verified | OutcomeResult::Accepted => vec![Change::Key {
                user: "bob".parse().expect("a user"),
                key: "AKIAI44QH8DHBEXAMPLE".parse().expect("a key"),
                status: Status::Inactive,
            }],
            _ => Vec::new(),
        },
        retry: false,
        is_user_missing: false,
        holds: None,
        tried: None,
        at: Some("2026-03-14T09:26:55Z".parse().expect("a time")),
        evidence: None,
        owner: None,
    }
}

#[test]
fn a_contained_key_reads_well_at_three_in_the_morning() {
    let detail = "set to Inactive, and read back Inactive at 2026-03-14T09:26:55Z";
    let report = report(
        &key_created(),
        vec![outcome(OutcomeResult::Verified, detail)],
    );
    insta::assert_snapshot!(Alert::compose(&report).text);
}

#[test]
fn what_would_have_prevented_a_key_is_named_and_there() {
    let text = Alert::compose(&report(&key_created(), Vec::new())).text;
    let file = "infra/preventive/deny-access-keys.json";
    assert!(
        text.contains(&format!("service control policy {file}\n")),
        "{text}"
    );
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    assert!(root.join(file).is_file());
}

#[test]
fn a_key_that_may_be_active_comes_with_the_command_that_stops_it() {
    let detail = "access denied: iam:UpdateAccessKey: AccessDenied; last read Active; assume that the key is active";
    let report = report(&key_created(), vec![outcome(OutcomeResult::Failed, detail)]);
    let alert = Alert::compose(&report);
    assert_eq!(
        (alert.state, alert.severity),
        (State::Failed, Severity::Critical)
    );
    let command = "aws iam update-access-key --user-name bob --access-key-id AKIAI44QH8DHBEXAMPLE --status Inactive";
    assert!(
        alert.text.contains(&format!(
            "1. The key may be ACTIVE. Deactivate it: {command}"
        )),
        "{}",
        alert.text
    );
}

/// Each key has a line and a command of its own, with the owner that IAM names for it.
#[test]
fn of_several_keys_each_is_told_with_its_own_owner() {
    let entities = [
        "AKIAI44QH8DHBEXAMPLE",
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAIOSFODNN7EXAMPL2",
    ];
    let event = json!({
        "detail-type": "AWS Health Event", "source": "aws.health", "account": "111122223333", "region": "us-east-1",
        "detail": {
            "service": "RISK", "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
            "affectedEntities": entities.map(|id| json!({"entityValue": id})),
        },
    });
    let owned = |result, detail: &str, owner: Option<&str>| Outcome {
        owner: owner.map(|name| name.parse().expect("a user")),
        ..outcome(result, detail)
    };
    let report = report(
        &event,
        vec![
            owned(OutcomeResult::Failed, "its owner is not known", None),
            Outcome {
                changes: vec![Change::Key {
                    user: "bob".parse().expect("a user"),
                    key: "AKIAIOSFODNN7EXAMPLE".parse().expect("a key"),
                    status: Status::Inactive,
                }],
                ..owned(OutcomeResult::Verified, "Inactive", Some("bob"))
            },
            owned(OutcomeResult::Failed, "refused", Some("anaya")),
        ],
    );
    let text = Alert::compose(&report).text;
    let lines =
        |word: &str| -> Vec<&str> { text.lines().filter(|line| line.contains(word)).collect() };
    assert_eq!(
        lines("deactivate-key AKIA"),
        [
            "  deactivate-key AKIAI44QH8DHBEXAMPLE: FAILED - its owner is not known (42 ms)",
            "  deactivate-key AKIAIOSFODNN7EXAMPLE: verified - Inactive (42 ms)",
            "  deactivate-key AKIAIOSFODNN7EXAMPL2: FAILED - refused (42 ms)",
        ]
    );
    assert_eq!(
        lines("--status Inactive"),
        [
            "  1. The key may be ACTIVE. Deactivate it: aws iam update-access-key --user-name anaya --access-key-id AKIAIOSFODNN7EXAMPL2 --status Inactive"
        ]
    );
    assert_eq!(
        lines("Find out whose"),
        [
            "  3. Find out whose key it is: aws iam get-access-key-last-used --access-key-id AKIAI44QH8DHBEXAMPLE"
        ]
    );
    assert_eq!(
        lines("Undo"),
        ["Undo    The key is exposed: do not activate it. Its user needs another credential."]
    );
}

/// A key that works on is no dry run, whatever kept keyrail from it.
#[test]
fn a_leaked_key_of_a_protected_user_is_told_with_the_command_that_stops_it() {
    let guardrail = r#"@id("exposed") @title("Exposed") @severity("critical") @respond("deactivate-key")
forbid (principal, action in Action::"report-exposure", resource);"#;
    let protect = "[protect]\nprincipals = [\"arn:aws:iam::111122223333:user/key-owner\"]\n";
    let bundle = Bundle::load(&[
        ("guardrails/a.cedar".to_owned(), guardrail.to_owned()),
        ("keyrail.toml".to_owned(), protect.to_owned()),
    ]);
    let bundle = bundle.expect("it loads");
    let event = json!({
        "detail-type": "AWS Health Event", "source": "aws.health", "account": "111122223333", "region": "us-east-1",
        "detail": {
            "service": "RISK", "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
            "affectedEntities": [{"entityValue": "AKIAI44QH8DHBEXAMPLE"}],
        },
    });
    let event = Event::parse(event.to_string().as_bytes()).expect("it is JSON");
    let mut report = examine(event, &bundle, &Circumstances::in_mode(Mode::Enforce));
    let now = "2026-03-14T09:26:55Z".parse().expect("a time");
    report.outcomes = rehearse(&report, &bundle, Answers::Done, now).expect("it ends");
    let alert = Alert::compose(&report);
    assert_eq!(
        (alert.state, alert.severity),
        (State::Alert, Severity::Critical)
    );
    let stop = "deactivate it: aws iam update-access-key --user-name key-owner --access-key-id AKIAI44QH8DHBEXAMPLE --status Inactive";
    assert!(alert.text.contains(stop), "{}", alert.text);
    assert!(
        alert.sms.ends_with("Nothing was stopped: act now."),
        "{}",
        alert.sms
    );
}

#[test]
fn an_event_that_is_not_recognised_reads_well() {
    let report = report(
        &json!({"id": "e-1", "detail-type": "Something New", "source": "aws.new"}),
        vec![],
    );
    insta::assert_snapshot!(Alert::compose(&report).text);
}

/// SNS wants fewer than 100 printable characters and at most 256 KB, and programs
/// want JSON in `default` (SNS API reference, `Publish`).
#[test]
fn no_event_breaks_the_limits_of_sns() {
    let mut event = key_created();
    let hostile = "\u{0}\"\\\n\u{202e}é<b>https://evil.example".repeat(4_000);
    for pointer in [
        "/detail/userIdentity/userName",
        "/detail/userIdentity/arn",
        "/detail/userIdentity/accountId",
        "/detail/userIdentity/accessKeyId",
        "/detail/sourceIPAddress",
        "/detail/userAgent",
        "/detail/eventID",
        "/detail/responseElements/accessKey/userName",
        "/detail/responseElements/accessKey/accessKeyId",
        "/account",
        "/region",
    ] {
        *event.pointer_mut(pointer).expect("the field is there") = hostile.as_str().into();
    }
    let report = report(&event, vec![]);
    let alert = Alert::compose(&report);
    assert!(
        alert.subject.len() <= LONGEST_SUBJECT
            && alert
                .subject
                .bytes()
                .all(|byte| (b' '..=b'~').contains(&byte))
    );
    let message = alert.message().expect("it serialises");
    assert!(message.len() < 256 * 1024, "{}", message.len());
    let message: Value = serde_json::from_str(&message).expect("it is JSON");
    let program: Value = serde_json::from_str(message["default"].as_str().unwrap_or_default())
        .expect("programs get JSON");
    assert_eq!(
        (&program["schema"], &program["subject"]),
        (&json!("keyrail.alert/v1"), &json!(alert.subject))
    );
    assert!(message["sms"].as_str().is_some_and(|sms| sms.len() <= 140));
    assert!(!alert.text.contains("https://evil"), "{}", alert.text);
    assert!(!alert.subject.contains("://"), "{}", alert.subject);
    assert!(
        alert
            .attributes()
            .all(|(_, value)| !value.is_empty() && value.len() <= 256)
    );
}

#[test]
fn subjects_begin_with_the_state_and_name_who_and_where() {
    let report = report(&key_created(), vec![outcome(OutcomeResult::Accepted, "x")]);
    assert_eq!(
        Alert::compose(&report).subject,
        "PENDING: Access key created for an IAM user - bob, by anaya - 111122223333 us-east-1"
    );
}

#[test]
fn a_link_for_a_name_is_none_in_the_subject_either() {
    let mut event = key_created();
    event["detail"]["userIdentity"]["userName"] = "https://evil.example".into();
    let report = report(&event, vec![]);
    assert!(
        Alert::compose(&report)
            .subject
            .contains("by https[:]//evil.example")
    );
}

#[test]
fn what_the_event_does_not_say_is_not_asserted() {
    let mut event = key_created();
    event["detail"]["eventSource"] = "signin.amazonaws.com".into();
    event["detail"]["eventName"] = "ConsoleLogin".into();
    event["detail"]["eventType"] = "AwsConsoleSignIn".into();
    let report = report(&event, vec![]);
    let text = Alert::compose(&report).text;
    assert!(text.contains("IAM user anaya tried to sign in to the console of account 111122223333 (us-east-1); the event does not say whether it succeeded."), "{text}");
}

#[test]
fn a_bundle_that_fills_a_message_is_cut_and_still_told() {
    let condition = format!("when {{ context.name != \"{}\" }}", "x".repeat(2_000));
    let guardrails: String = (0..200)
        .map(|number| format!("@id(\"g{number}\") @title(\"T\") @severity(\"low\") @respond(\"alert\") forbid (principal, action, resource) {condition};"))
        .collect();
    let bundle = Bundle::load(&[("guardrails/a.cedar".to_owned(), guardrails)]).expect("it loads");
    let event = Event::parse(key_created().to_string().as_bytes()).expect("it is JSON");
    let report = examine(event, &bundle, &Circumstances::default());
    let message = Alert::compose(&report).message().expect("it serialises");
    assert!(message.len() <= LONGEST_MESSAGE, "{}", message.len());
    let message: Value = serde_json::from_str(&message).expect("it is JSON");
    let program: Value = serde_json::from_str(message["default"].as_str().unwrap_or_default())
        .expect("programs get JSON");
    assert_eq!(
        program["report"]["verdict"]["violated"]
            .as_array()
            .map(Vec::len),
        Some(200)
    );
    assert!(
        message["email"]
            .as_str()
            .is_some_and(|text| text.ends_with("[cut: the alert would have been too long]\n"))
    );
}

#[test]
fn a_guardrail_on_one_line_is_shown_without_its_annotations() {
    let text = r#"@id("a") @title("forbid \" this") @severity("low") @respond("alert") forbid (principal, action, resource);"#;
    let bundle =
        Bundle::load(&[("guardrails/a.cedar".to_owned(), text.to_owned())]).expect("it loads");
    let event = Event::parse(key_created().to_string().as_bytes()).expect("it is JSON");
    let report = examine(event, &bundle, &Circumstances::default());
    let text = Alert::compose(&report).text;
    assert!(
        text.contains("observe mode)\n        forbid (principal, action, resource);\n"),
        "{text}"
    );
}

/// Links and commands lead to where the event is: each partition has a console of its own
/// and one Region that records IAM's calls.
#[test]
fn links_and_commands_are_of_the_partition_that_the_event_is_in() {
    for (region, console, home) in [
        ("us-east-1", "console.aws.amazon.com", "us-east-1"),
        (
            "us-gov-west-1",
            "console.amazonaws-us-gov.com",
            "us-gov-west-1",
        ),
        ("cn-north-1", "console.amazonaws.cn", "cn-north-1"),
        (
            "eusc-de-east-1",
            "console.amazonaws-eusc.eu",
            "eusc-de-east-1",
        ),
    ] {
        let text = told_in(region, "aws-any");
        for expected in [
            format!("https://{console}/iam/home#/users/details/bob?section=security_credentials"),
            format!(
                "https://{region}.{console}/cloudtrailv2/home?region={region}#/events/e0f1a2b3-1111-4c5d-9e8f-000000000001"
            ),
            format!(
                "one Region per command; IAM events are in {home}): aws cloudtrail lookup-events"
            ),
            format!("AttributeValue=AKIAI44QH8DHBEXAMPLE --region {region}"),
        ] {
            assert!(text.contains(&expected), "{expected}\n{text}");
        }
        assert_eq!(text.matches("https://").count(), 2, "{text}");
    }
}

/// There is nobody at an address that was guessed.
#[test]
fn in_a_partition_that_is_not_known_there_is_no_link_and_no_home_region() {
    let text = told_in("us-iso-east-1", "aws-iso");
    assert_eq!(text.matches("https://").count(), 0, "{text}");
    assert!(
        text.contains("one Region per command): aws cloudtrail lookup-events"),
        "{text}"
    );
}

fn told_in(region: &str, partition: &str) -> String {
    let mut event = key_created();
    event["region"] = json!(region);
    event["detail"]["awsRegion"] = json!(region);
    let arn = format!("arn:{partition}:iam::111122223333:user/anaya");
    event["detail"]["userIdentity"]["arn"] = json!(arn);
    let inactive = outcome(OutcomeResult::Verified, "Inactive");
    Alert::compose(&report(&event, vec![inactive])).text
}
