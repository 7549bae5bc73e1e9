//! What is told, and what is not.

use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn each_sample_is_told_as_it_should_be() {
    let world = World::new().await;
    let mut function = world.function(None).await;
    let expected = [
        (
            "key-created-for-another",
            vec!["DRY-RUN high access-key-issued"],
        ),
        (
            "key-created-for-self",
            vec!["DRY-RUN high access-key-issued"],
        ),
        (
            "key-created-denied",
            vec!["ALERT medium access-key-issue-denied"],
        ),
        (
            "root-key-created",
            vec!["ALERT critical root-access-key-issued"],
        ),
        ("root-sign-in", vec!["ALERT critical root-console-sign-in"]),
        (
            "root-sign-in-failed",
            vec!["ALERT high root-sign-in-failed"],
        ),
        ("root-api-call", vec!["ALERT high root-activity"]),
        ("sign-in-with-mfa", vec![]),
        (
            "sign-in-without-mfa",
            vec!["ALERT high console-sign-in-without-mfa"],
        ),
        ("sign-in-federated", vec![]),
        ("sign-in-failed", vec!["ALERT low console-sign-in-failed"]),
        ("unrelated-call", vec![]),
    ];

    for (name, expected) in expected {
        assert_eq!(function.invoke(&world.sample(name)).await, Ok(()), "{name}");
        let told: Vec<String> = world
            .alerts()
            .await
            .iter()
            .map(|alert| {
                let guardrail = alert.alert["report"]["verdict"]["violated"][0]["id"]
                    .as_str()
                    .unwrap_or_default();
                format!("{} {} {guardrail}", alert.state(), alert.severity())
            })
            .collect();
        assert_eq!(told, expected, "{name}");
    }
}

/// A body that is not an event keyrail knows is told once and acknowledged: trying it
/// again would change nothing.
#[tokio::test]
async fn what_is_not_recognised_is_told_once_with_its_evidence() {
    let world = World::new().await;
    let mut function = world.function(None).await;
    let unknown = json!({"id": "e-1", "detail-type": "Something New", "source": "aws.new", "detail": {"a": 1}});

    assert_eq!(function.invoke(&unknown).await, Ok(()));

    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(alert.state(), "ALERT");
    let report = &alert.alert["report"];
    assert_eq!(report["activity"]["kind"], "unrecognised");
    assert_eq!(report["event"]["id"], "e-1");
    assert_eq!(report["event"]["detail_type"], "Something New");
    let because = report["activity"]["unknown"][0]
        .as_str()
        .unwrap_or_default();
    assert!(
        because.starts_with("detail type `Something New` is not one that keyrail knows (78 bytes"),
        "{because}"
    );
}

#[tokio::test]
async fn no_body_at_all_crashes_or_loops_it() {
    let world = World::new().await;
    let mut function = world.function(None).await;
    let bodies: [(&[u8], &str); 9] = [
        (
            b"",
            "there is nothing in it (0 bytes, SHA-256 begins e3b0c44298fc1c14)",
        ),
        (b"{", "not JSON: EOF while parsing an object"),
        (b"null", "the body is not a JSON object (4 bytes"),
        (b"[]", "the body is not a JSON object (2 bytes"),
        (b"\"text\"", "the body is not a JSON object (6 bytes"),
        (
            b"\xff\xfe",
            "not JSON: expected value at line 1 column 1 (2 bytes, SHA-256 begins b3d510ef04275ca8)",
        ),
        (
            br#"{"Records":[]}"#,
            "the body is neither an EventBridge event nor a CloudTrail record",
        ),
        (
            br#"{"detail-type":7,"detail":[]}"#,
            "detail type `7` is not one that keyrail knows",
        ),
        (
            br#"{"detail-type":"AWS API Call via CloudTrail","detail":null}"#,
            "`detail` is not a CloudTrail record",
        ),
    ];

    for (body, expected) in bodies {
        let answered = function.invoke_bytes(body.to_vec()).await;
        assert_eq!(answered, Ok(()), "{expected}");
        let [alert] = world.alerts().await.try_into().expect("one alert");
        let activity = &alert.alert["report"]["activity"];
        let because = activity["unknown"][0].as_str().unwrap_or_default();
        assert_eq!(activity["kind"], "unrecognised", "{expected}");
        assert!(because.starts_with(expected), "{because}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(function.invoke_bytes(deep).await, Ok(()));
    assert_eq!(world.alerts().await.len(), 1);
}

#[tokio::test]
async fn a_sign_in_that_hides_its_mfa_is_undecided_and_told() {
    let world = World::new().await;
    let mut function = world.function(None).await;
    let mut event = world.sample("sign-in-with-mfa");
    event["detail"]["additionalEventData"] = serde_json::Value::Null;

    assert_eq!(function.invoke(&event).await, Ok(()));

    let [alert] = world.alerts().await.try_into().expect("one alert");
    let undecided = &alert.alert["report"]["verdict"]["undecided"];
    assert_eq!(undecided[0]["policy"], "console-sign-in-without-mfa");
    assert_eq!(
        undecided[0]["error"],
        "reads `mfa`, which the event does not show"
    );
    assert_eq!((alert.state(), alert.severity()), ("ALERT", "high"));
}

#[tokio::test]
async fn a_huge_hostile_event_still_fits_into_an_alert() {
    let world = World::new().await;
    let mut function = world.function(None).await;
    let mut event = world.sample("key-created-denied");
    let hostile = "\u{0}\"\\\n\u{202e}<b>".repeat(8_000);
    for field in [
        "userAgent",
        "errorCode",
        "errorMessage",
        "awsRegion",
        "eventID",
        "sourceIPAddress",
    ] {
        event["detail"][field] = hostile.as_str().into();
    }
    for field in ["arn", "userName", "accessKeyId", "accountId"] {
        event["detail"]["userIdentity"][field] = hostile.as_str().into();
    }

    assert_eq!(function.invoke(&event).await, Ok(()));

    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert!(alert.subject.len() <= 99, "{}", alert.subject);
    assert!(
        alert
            .subject
            .bytes()
            .all(|byte| (b' '..=b'~').contains(&byte)),
        "{}",
        alert.subject
    );
    let text = alert.alert["text"].as_str().unwrap_or_default();
    assert!(!text.contains('\u{202e}') && !text.contains('\u{0}'));
}

/// As a telephone's subscription would: whoever wants to be woken for the worst only.
#[tokio::test]
async fn a_filter_policy_lets_only_critical_ones_through() {
    let world = World::new().await;
    let queue = world
        .listen(
            "critical",
            world.on_call(),
            Some(r#"{"severity":["critical"]}"#),
        )
        .await;
    let mut function = world.function(None).await;

    for name in ["key-created-for-another", "root-sign-in", "sign-in-failed"] {
        function
            .invoke(&world.sample(name))
            .await
            .expect("it is told");
    }

    assert_eq!(world.alerts().await.len(), 3);
    let bodies = world.bodies_in(&queue).await;
    let [body] = bodies.try_into().expect("one of them is critical");
    let envelope: Value = serde_json::from_str(&body).expect("SNS delivers JSON");
    assert_eq!(
        envelope["MessageAttributes"]["severity"]["Value"],
        "critical"
    );
    assert_eq!(envelope["MessageAttributes"]["severity"]["Type"], "String");
    let message = envelope["Message"].as_str().unwrap_or_default();
    let alert: Value = serde_json::from_str(message).expect("programs get JSON");
    assert_eq!(
        alert["report"]["verdict"]["violated"][0]["id"],
        "root-console-sign-in"
    );
}

#[tokio::test]
async fn chat_gets_its_own_form_at_the_same_time() {
    let world = World::new().await;
    let topic = world.new_topic("chat").await;
    let queue = world.listen("chat", &topic, None).await;
    let mut function = world.function_with("KEYRAIL_CHAT_TOPIC_ARN", &topic).await;

    function
        .invoke(&world.sample("key-created-for-another"))
        .await
        .expect("it is told");

    assert_eq!(world.alerts().await.len(), 1);
    let bodies = world.bodies_in(&queue).await;
    let [body] = bodies.try_into().expect("one notification");
    let envelope: Value = serde_json::from_str(&body).expect("SNS delivers JSON");
    let message = envelope["Message"].as_str().unwrap_or_default();
    let chat: Value = serde_json::from_str(message).expect("it is JSON");
    assert_eq!(
        (&chat["version"], &chat["source"]),
        (&json!("1.0"), &json!("custom"))
    );
    assert_eq!(chat["metadata"]["threadId"], chat["id"]);
}

/// The other topic has told on-call, so trying again would tell it twice.
#[tokio::test]
async fn a_chat_that_cannot_be_reached_stops_no_alert() {
    let world = World::new().await;
    let topic = format!("arn:aws:sns:us-east-1:{}:no-such-topic", world.account);
    let mut function = world.function_with("KEYRAIL_CHAT_TOPIC_ARN", &topic).await;

    let answered = function.invoke(&world.sample("root-sign-in")).await;

    assert_eq!(answered, Ok(()));
    assert_eq!(world.alerts().await.len(), 1);
    let log = function.stop().await;
    assert!(log.contains("chat channels were not told"), "{log}");
    assert!(log.contains("\"ChatFailures\":1"), "{log}");
}
