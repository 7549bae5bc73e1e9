//! What the function says of itself: logs, metrics, and what it does with a bad
//! deployment.

use std::time::Duration;

use keyrail_aws::{CALL_TIMEOUT, PUBLISH_TIMEOUT};
use serde_json::Value;

use crate::support::function::{Function, REQUEST_ID};
use crate::support::{SECRET, World};

fn lines(log: &str) -> Vec<Value> {
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[tokio::test]
async fn every_log_line_is_json_with_time_level_request_and_event() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;
    let event = world.key_created("bob", &key);

    function.invoke(&event).await.expect("it is contained");
    let log = function.stop().await;

    let lines = lines(&log);
    let said: Vec<_> = lines
        .iter()
        .filter(|line| line.get("_aws").is_none())
        .collect();
    assert!(!said.is_empty());
    for line in said {
        let time = line["timestamp"].as_str().unwrap_or_default();
        assert!(
            time.ends_with('Z') && time.len() >= 20 && time.as_bytes()[10] == b'T',
            "{line}"
        );
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["span"]["request_id"], REQUEST_ID);
        assert_eq!(line["span"]["event_id"], event["detail"]["eventID"]);
    }
    for forbidden in [
        SECRET,
        "aws-cli/2.31.0",
        "198.51.100.17",
        "requestParameters",
    ] {
        assert!(
            !log.contains(forbidden),
            "{forbidden} is in the log:\n{log}"
        );
    }
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;

    function
        .invoke(&world.key_created("bob", &key))
        .await
        .expect("it is contained");
    let log = function.stop().await;

    let lines = lines(&log);
    let [metrics] = lines
        .iter()
        .filter(|line| line.get("_aws").is_some())
        .collect::<Vec<_>>()
        .try_into()
        .expect("one line");
    // Whatever the function's log level is set to, Lambda drops no metric.
    assert_eq!(metrics["level"], "FATAL");
    let counts = [
        "Events",
        "Violations",
        "Contained",
        "ContainmentFailures",
        "Alerts",
        "AlertsCounted",
        "ChatFailures",
        "Unrecognised",
        "Undecided",
        "StateFailures",
    ];
    assert_eq!(
        counts.map(|name| metrics[name].as_u64()),
        [1, 1, 1, 0, 1, 0, 0, 0, 0, 0].map(Some)
    );
    assert_eq!(metrics["Deployment"], "test");
    let named = metrics["_aws"]["CloudWatchMetrics"][0]["Metrics"]
        .as_array()
        .expect("a list");
    assert_eq!(named.len(), counts.len());
    for name in counts {
        let declared = serde_json::json!({"Name": name, "Unit": "Count"});
        assert!(named.contains(&declared), "{name}");
    }
}

#[tokio::test]
async fn without_a_topic_it_does_not_start() {
    let function =
        Function::start("444455556666", vec![("AWS_REGION", "us-east-1".to_owned())]).await;

    assert!(!function.ended().await);
}

/// Containing ends in time for the alert, within the template's timeout.
#[test]
fn the_alert_has_its_time_whatever_happens_before() {
    let template = include_str!("../../template.yaml");
    let (_, guardrail) = template
        .split_once("\n  GuardrailFunction:\n")
        .expect("it is there");
    let timeout = guardrail
        .lines()
        .find_map(|line| line.trim().strip_prefix("Timeout: "))
        .expect("it has one");
    let timeout = Duration::from_secs(timeout.parse().expect("seconds"));
    // Containing ends when the alert's time begins. Until then a call that is never answered leaves
    // time for several more.
    let containing = timeout.saturating_sub(PUBLISH_TIMEOUT);
    assert!(
        containing >= CALL_TIMEOUT * 6,
        "{containing:?} of {timeout:?}"
    );
}

/// A bad deployment must not mean that there is no guardrail.
#[tokio::test]
async fn a_bundle_that_is_not_valid_leaves_the_default_one_and_says_so() {
    let world = World::new().await;
    let mut function = world.function_with("KEYRAIL_BUNDLE", "/nonexistent").await;

    for _ in 0..2 {
        function
            .invoke(&world.sample("root-sign-in"))
            .await
            .expect("it is told");
    }

    // Once that the bundle is not valid, and each event by the default one.
    let [alert, fault, again] = world.alerts().await.try_into().expect("three alerts");
    assert_eq!((fault.state(), fault.severity()), ("ALERT", "critical"));
    assert!(
        fault
            .subject
            .starts_with("ALERT: keyrail is using its default bundle"),
        "{}",
        fault.subject
    );
    assert_eq!(again.subject, alert.subject);
    let text = alert.alert["text"].as_str().unwrap_or_default();
    assert!(
        text.contains("because the deployed bundle is not valid"),
        "{text}"
    );
    let log = function.stop().await;
    assert!(
        log.contains(r#""level":"ERROR""#) && log.contains("/nonexistent"),
        "{log}"
    );
}

#[tokio::test]
async fn a_bundle_folder_replaces_the_default_one() {
    let world = World::new().await;
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/bundles/sign-in-only"
    );
    let mut function = world.function_with("KEYRAIL_BUNDLE", folder).await;

    function
        .invoke(&world.sample("root-sign-in"))
        .await
        .expect("it is told");
    function
        .invoke(&world.sample("key-created-denied"))
        .await
        .expect("it is judged");

    let ids: Vec<_> = world
        .alerts()
        .await
        .iter()
        .map(|alert| {
            alert.alert["report"]["verdict"]["violated"][0]["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(ids, ["anybody-signs-in"]);
}

#[tokio::test]
async fn a_mistyped_mode_observes() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enfroce")).await;

    function
        .invoke(&world.key_created("bob", &key))
        .await
        .expect("it is told");

    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(alert.state(), "DRY-RUN");
    assert!(
        function
            .stop()
            .await
            .contains("`enfroce` is not one of observe, enforce")
    );
}
