//! Beats that somebody imitates, delays or floods: they neither hide a silence nor make another's.

use keyrail_core::activity::Activity;
use keyrail_core::activity::{Beat, BeatCall, Slot};
use keyrail_core::circumstances::Known;
use keyrail_core::watch::Hears;
use keyrail_core::{Deployment, Event};
use serde_json::{Value, json};

use crate::organization::{HOME, Organization, account};

/// A beat of an account, as EventBridge delivers CloudTrail's record of it.
fn beat(call: BeatCall, region: &str) -> Value {
    let (source, name, code) = match call {
        BeatCall::Account => ("iam", "CreateAccessKey", "AccessDenied"),
        BeatCall::Region => ("cloudtrail", "StopLogging", "AccessDenied"),
    };
    let role = format!("keyrail-beat-{region}");
    json!({
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "AWS API Call via CloudTrail",
        "source": format!("aws.{source}"),
        "account": "444455556004",
        "time": "2026-03-14T09:26:53Z",
        "region": region,
        "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole",
                "principalId": "AROAIOSFODNN7EXAMPLE:example",
                "arn": format!("arn:aws:sts::444455556004:assumed-role/{role}/example"),
                "accountId": "444455556004",
                "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
                "sessionContext": {"sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROAIOSFODNN7EXAMPLE",
                    "arn": format!("arn:aws:iam::444455556004:role/security/{role}"),
                    "accountId": "444455556004",
                    "userName": role,
                }},
                "invokedBy": "scheduler.amazonaws.com",
            },
            "eventTime": "2026-03-14T09:26:53Z",
            "eventSource": format!("{source}.amazonaws.com"),
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": "scheduler.amazonaws.com",
            "userAgent": "scheduler.amazonaws.com",
            "errorCode": code,
            "errorMessage": "User is not authorized, with an explicit deny in an identity-based policy",
            "requestParameters": null,
            "responseElements": null,
            "eventID": "b24a5c0e-6f3d-4f6e-8f7a-2d3c4b5a6978",
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": "444455556004",
            "eventCategory": "Management",
        },
    })
}

fn activity(event: &Value) -> Activity {
    let event = Event::parse(event.to_string().as_bytes()).expect("it is one event");
    Activity::interpret(&event, &Deployment::default(), &Known::default())
}

fn heard(event: &Value) -> Option<Beat> {
    activity(event).beat
}

fn with(mut event: Value, changes: &[(&str, Value)]) -> Value {
    for (place, value) in changes {
        let (parent, field) = place.rsplit_once('/').expect("it is a path");
        let parent = event.pointer_mut(parent).expect("it is there");
        parent[field] = value.clone();
    }
    event
}

#[test]
fn a_call_of_the_beats_role_that_failed_as_it_has_to_is_a_beat() {
    for (call, region) in [
        (BeatCall::Account, HOME),
        (BeatCall::Region, "eu-north-1"),
        (BeatCall::Region, HOME),
    ] {
        let parameter = match call {
            BeatCall::Account => json!({"userName": "keyrail-beat"}),
            BeatCall::Region => json!({"name": "keyrail-beat"}),
        };
        let absent = match call {
            BeatCall::Account => "NoSuchEntityException",
            BeatCall::Region => "TrailNotFoundException",
        };
        for changes in [
            vec![],
            vec![("/detail/requestParameters", parameter)],
            vec![("/detail/errorCode", json!(absent))],
            vec![("/detail/errorCode", json!("AccessDeniedException"))],
            vec![(
                "/detail/errorMessage",
                json!("with an explicit deny in a service control policy"),
            )],
        ] {
            let event = with(beat(call, region), &changes);
            let heard = heard(&event).unwrap_or_else(|| panic!("{event}"));
            assert_eq!(
                (heard.account.as_str(), heard.region.as_str(), heard.call),
                ("444455556004", region, call)
            );
            assert_eq!(
                heard.slot(),
                Slot::of("2026-03-14T09:00:00Z".parse().expect("a time"))
            );
            assert!(heard.counts("2026-03-14T09:30:00Z".parse().expect("a time")));
            assert!(!activity(&event).misused);
        }
    }
}

/// What is nearly a beat is none, and what the role does besides is misuse.
#[test]
fn an_imitated_beat_is_no_beat() {
    let account = || beat(BeatCall::Account, HOME);
    let region = || beat(BeatCall::Region, "eu-north-1");
    for (event, misused) in [
        // It succeeded.
        (
            with(
                account(),
                &[
                    ("/detail/errorCode", Value::Null),
                    ("/detail/errorMessage", Value::Null),
                ],
            ),
            true,
        ),
        // For a user that exists, or of a trail that does.
        (
            with(
                account(),
                &[("/detail/requestParameters", json!({"userName": "anaya"}))],
            ),
            true,
        ),
        (
            with(
                region(),
                &[("/detail/requestParameters", json!({"name": "organization"}))],
            ),
            true,
        ),
        (
            with(
                account(),
                &[(
                    "/detail/requestParameters",
                    json!({"userName": "keyrail-beat", "status": "x"}),
                )],
            ),
            true,
        ),
        // Another call, another failure.
        (
            with(account(), &[("/detail/eventName", json!("CreateUser"))]),
            true,
        ),
        (
            with(region(), &[("/detail/eventName", json!("DeleteTrail"))]),
            true,
        ),
        (
            with(
                account(),
                &[("/detail/errorCode", json!("LimitExceededException"))],
            ),
            true,
        ),
        // Another role: of another Region, of another name, of another account.
        (
            with(
                account(),
                &[
                    ("/detail/awsRegion", json!("eu-north-1")),
                    ("/region", json!("eu-north-1")),
                ],
            ),
            true,
        ),
        (
            with(
                account(),
                &[(
                    "/detail/userIdentity/sessionContext/sessionIssuer/userName",
                    json!("keyrail-beats-us-east-1"),
                )],
            ),
            false,
        ),
        (
            with(
                account(),
                &[("/detail/userIdentity/accountId", json!("444455556009"))],
            ),
            true,
        ),
        (
            with(
                account(),
                &[("/detail/userIdentity/type", json!("IAMUser"))],
            ),
            false,
        ),
        // An account that delivers what another one received.
        (
            with(account(), &[("/account", json!("444455556009"))]),
            true,
        ),
        // From an archive, from a source of somebody's own, from an endpoint's record.
        (with(account(), &[("/replay-name", json!("example"))]), true),
        (with(account(), &[("/source", json!("example.iam"))]), true),
        // By way of a queue, whoever filled it.
        (
            json!({"Records": [{"eventSource": "aws:sqs", "body": account().to_string()}]}),
            true,
        ),
    ] {
        assert_eq!(heard(&event), None, "{event}");
        assert_eq!(activity(&event).misused, misused, "{event}");
    }
}

/// AWS throttles a beat: nobody is told, and it is no sign of life.
#[test]
fn a_beat_that_aws_could_not_judge_counts_for_nothing() {
    let event = with(
        beat(BeatCall::Account, HOME),
        &[("/detail/errorCode", json!("ThrottlingException"))],
    );
    let heard = heard(&event).expect("it is one");
    assert!(!heard.counts(heard.time));
    assert!(!activity(&event).misused);
}

#[test]
fn a_beat_from_the_future_is_not_believed() {
    let heard = heard(&beat(BeatCall::Account, HOME)).expect("it is one");
    for (now, counts) in [
        ("2026-03-14T09:22:00Z", true),
        ("2026-03-14T09:21:00Z", false),
        ("2026-03-14T08:26:53Z", false),
        // Late is late, and counts for its own hour.
        ("2026-03-20T08:26:53Z", true),
    ] {
        assert_eq!(heard.counts(now.parse().expect("a time")), counts, "{now}");
    }
}

/// Beats of earlier hours that come late, again and again, keep nobody alive.
#[test]
fn delayed_beats_do_not_hide_a_silence() {
    let mut organization = Organization::of(8);
    organization.hours(3);
    let silent = account(4);
    let old = Slot::of(organization.now);
    organization.lost.insert((silent.clone(), HOME.to_owned()));
    let since = organization.now;
    for _ in 0..4 {
        organization.heard(&silent, HOME, BeatCall::Account, old);
        organization.heard(&silent, HOME, BeatCall::Region, old);
        organization.hour();
    }
    let words = [silent.as_str(), "is silent in us-east-1"];
    assert!(
        organization
            .first_told(since, Hears::Everybody, &words)
            .is_some()
    );
    // And one that is late does not make it look as if it had fallen silent before it did.
    let mut late = Organization::of(8);
    late.hours(3);
    for _ in 0..6 {
        let before = Slot::of(late.now - jiff::SignedDuration::from_hours(30));
        late.heard(&silent, HOME, BeatCall::Account, before);
        late.hour();
    }
    assert_eq!(late.told, []);
}

/// As many beats of one account as it likes: another one's silence is told as ever.
#[test]
fn a_flood_of_beats_speaks_for_nobody_else() {
    let mut organization = Organization::of(8);
    organization.hours(3);
    let (loud, silent) = (account(2), account(4));
    organization.lost.insert((silent.clone(), HOME.to_owned()));
    let since = organization.now;
    for _ in 0..4 {
        for _ in 0..5_000 {
            let slot = Slot::of(organization.now);
            organization.heard(&loud, HOME, BeatCall::Account, slot);
            organization.heard(&loud, "eu-west-3", BeatCall::Region, slot);
        }
        organization.hour();
    }
    let words = [silent.as_str(), "is silent in us-east-1"];
    assert!(
        organization
            .first_told(since, Hears::Everybody, &words)
            .is_some()
    );
    let of_loud = organization
        .told
        .iter()
        .filter(|(_, message)| message.text.contains(loud.as_str()));
    assert_eq!(of_loud.count(), 0);
}
