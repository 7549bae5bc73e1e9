//! Findings of Security Hub, which come again with each update.

use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::bundles::bundle;

/// A finding of the fixtures, about this world's account.
fn fixture(world: &World, name: &str) -> Value {
    let path = format!(
        "{}/../../tests/fixtures/events/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).expect("it is there");
    let text = text.replace("111122223333", &world.account);
    serde_json::from_str(&text).expect("it is JSON")
}

/// The event of an update of it: the same finding, seen again on a day.
fn updated(event: &Value, day: &str) -> Value {
    let mut event = event.clone();
    let at = json!(format!("{day}T09:26:53.000Z"));
    event["id"] = format!("update-of-{day}").into();
    for field in ["UpdatedAt", "LastObservedAt", "ProcessedAt"] {
        event["detail"]["findings"][0][field] = at.clone();
    }
    event
}

/// A partner of AWS finds a key, and finds it again each day for months.
#[tokio::test]
async fn a_finding_that_is_updated_every_day_is_told_once() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.enforcing(&world.memory().await).await;
    let mut first = fixture(&world, "security-hub-other-product");
    let finding = &mut first["detail"]["findings"][0];
    finding["ProductArn"] = "arn:aws:securityhub:eu-north-1::product/example/scanner".into();
    finding["Resources"][0]["Id"] = format!("AWS::IAM::AccessKey:{key}").into();

    function.invoke(&first).await.expect("it is contained");
    for day in ["2026-03-15", "2026-03-16", "2026-03-17", "2026-05-30"] {
        let update = updated(&first, day);
        function.invoke(&update).await.expect("it was handled");
    }

    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(alert.state(), "BLOCKED");
    // Longer than Security Hub takes between two updates, and than it keeps the finding.
    assert!(claims_last_hours(&world, "finding ").await >= 89 * 24);
}

/// The claim on any other event is not needed for so long.
#[tokio::test]
async fn the_claim_on_an_event_is_kept_for_two_days() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.enforcing(&world.memory().await).await;
    let event = world.key_created("bob", &key);

    function.invoke(&event).await.expect("it is contained");

    let hours = claims_last_hours(&world, "").await;
    assert!((47..=48).contains(&hours), "{hours}");
}

/// How many hours the one claim is kept whose name begins so.
async fn claims_last_hours(world: &World, name: &str) -> u64 {
    let begins = format!("event#{name}");
    let items = world.items().await;
    let mut claims = items.iter().filter(|item| {
        let is_claim = item["sk"]["S"] == "claim";
        let place = item["pk"]["S"].as_str().unwrap_or_default();
        is_claim && place.starts_with(&begins)
    });
    let claim = claims.next().expect("there is a claim");
    assert_eq!(claims.next(), None, "there is one");
    let expires = claim["expires"]["N"].as_str().expect("it expires");
    let expires: u64 = expires.parse().expect("it is a number");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    (expires - now.expect("it is later than 1970").as_secs()) / 3_600
}

#[tokio::test]
async fn a_control_that_failed_is_no_alert() {
    let world = World::new().await;
    let mut function = world.enforcing(&world.memory().await).await;
    for name in [
        "security-hub-control-failed-of-user",
        "security-hub-control-failed-of-root",
        "security-hub-v2-control-failed",
    ] {
        let event = fixture(&world, name);
        function.invoke(&event).await.expect("it is recorded");
    }
    assert_eq!(world.alerts().await.len(), 0);
    let log = function.stop().await;
    assert!(log.contains("securityhub:IAM.3"), "{log}");
}

/// With a guardrail of one's own: once for all standards and Regions, and again when it fails
/// again.
#[tokio::test]
async fn a_bundle_can_tell_of_controls_and_each_failure_is_told_once() {
    let world = World::new().await;
    let mut more = world.memory().await;
    more.push(("KEYRAIL_BUNDLE", bundle("controls")));
    let mut function = world.enforcing(&more).await;
    let first = fixture(&world, "security-hub-control-failed-of-user");
    let mut standard = updated(&first, "2026-03-15");
    let finding = &mut standard["detail"]["findings"][0];
    let id = "subscription/cis-aws-foundations-benchmark/v/1.4.0/1.14/finding/a";
    finding["Id"] = format!("arn:aws:securityhub:us-west-2:{}:{id}", world.account).into();
    finding["Region"] = "us-west-2".into();
    let mut again = updated(&first, "2026-04-20");
    again["detail"]["findings"][0]["FirstObservedAt"] = "2026-04-20T07:00:00.000Z".into();

    for (event, alerts) in [
        (&first, 1),
        (&standard, 0),
        (&updated(&first, "2026-03-16"), 0),
        (&again, 1),
        (&updated(&again, "2026-04-21"), 0),
    ] {
        function.invoke(event).await.expect("it is handled");
        assert_eq!(world.alerts().await.len(), alerts, "{}", event["id"]);
    }
}
