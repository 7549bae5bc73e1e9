//! Keys that AWS reports: IAM is asked whose they are before anything is changed.

use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};

use crate::support::World;

pub(crate) fn notice(world: &World, keys: &[&str]) -> Value {
    let entities: Vec<Value> = keys.iter().map(|key| json!({"entityValue": key})).collect();
    json!({
        "version": "0", "id": "7bf73129-1428-4cd3-a780-000000000077", "detail-type": "AWS Health Event",
        "source": "aws.health", "account": world.account, "time": "2026-03-14T09:26:53Z", "region": "us-east-1",
        "resources": [],
        "detail": {
            "service": "RISK", "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED", "statusCode": "open",
            "affectedAccount": world.account, "affectedEntities": entities,
        },
    })
}

pub(crate) fn finding(world: &World, user: &str, key: &str) -> Value {
    json!({
        "version": "0", "id": "7bf73129-1428-4cd3-a780-000000000078", "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty", "account": world.account, "time": "2026-03-14T09:26:53Z", "region": "us-east-1",
        "resources": [],
        "detail": {
            "accountId": world.account, "region": "us-east-1", "type": "UnauthorizedAccess:IAMUser/TorIPCaller",
            "resource": {"resourceType": "AccessKey", "accessKeyDetails": {
                "accessKeyId": key, "userName": user, "userType": "IAMUser",
            }},
            "service": {"archived": false},
        },
    })
}

#[tokio::test]
async fn a_key_without_a_user_is_found_and_stopped() {
    let world = World::new().await;
    let (bobs, carols) = (
        world.user_with_key("bob").await,
        world.user_with_key("carol").await,
    );
    let mut function = world.function(Some("enforce")).await;

    let answered = function.invoke(&notice(&world, &[&bobs, &carols])).await;

    assert_eq!(answered, Ok(()));
    for (user, key) in [("bob", &bobs), ("carol", &carols)] {
        assert_eq!(
            world.status(user, key).await,
            Some(StatusType::Inactive),
            "{user}"
        );
    }
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!((alert.state(), alert.severity()), ("BLOCKED", "critical"));
    let (_, detail) = alert.outcome();
    assert!(
        detail.starts_with("IAM says that it is bob's; set to Inactive"),
        "{detail}"
    );
}

/// The finding names one user, and IAM another: nobody is touched.
#[tokio::test]
async fn a_finding_that_names_another_user_stops_nobody() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    world.user_with_key("carol").await;
    let mut function = world.function(Some("enforce")).await;

    let answered = function.invoke(&finding(&world, "carol", &key)).await;

    assert_eq!(answered, Ok(()));
    assert_eq!(world.status("bob", &key).await, Some(StatusType::Active));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!((alert.state(), alert.severity()), ("FAILED", "critical"));
    let (_, detail) = alert.outcome();
    assert!(detail.starts_with("nothing was touched"), "{detail}");
}

#[tokio::test]
async fn a_finding_about_a_users_key_stops_it() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;

    let answered = function.invoke(&finding(&world, "bob", &key)).await;

    assert_eq!(answered, Ok(()));
    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(alert.state(), "BLOCKED");
}

/// An event in a queue's message may have been written by anybody whom the queue lets in.
#[tokio::test]
async fn an_event_from_a_queue_is_checked_with_iam_first() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;
    let body = world.key_created("carol", &key).to_string();
    let batch = json!({"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": body}]});

    let answered = function.invoke(&batch).await;

    assert_eq!(answered, Ok(()));
    assert_eq!(world.status("bob", &key).await, Some(StatusType::Active));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(alert.state(), "FAILED");
}
