//! Beats through the guard: one write, and nothing else; and what is done to or with them.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::organization::HOME;
use crate::support::proxy::Fault;
use crate::watching::{at, now};

/// The record of a beat in an account of its own, as EventBridge delivers it.
fn beat(account: &str, seconds: i64) -> Value {
    json!({
        "version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam",
        "account": account, "time": at(seconds), "region": HOME, "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole", "accountId": account, "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
                "arn": format!("arn:aws:sts::{account}:assumed-role/test-beat-{HOME}/example"),
                "sessionContext": {"sessionIssuer": {
                    "type": "Role", "userName": format!("test-beat-{HOME}"), "accountId": account,
                    "arn": format!("arn:aws:iam::{account}:role/test-beat-{HOME}"),
                }},
                "invokedBy": "scheduler.amazonaws.com",
            },
            "eventTime": at(seconds), "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey",
            "awsRegion": HOME, "sourceIPAddress": "scheduler.amazonaws.com",
            "userAgent": "scheduler.amazonaws.com", "errorCode": "AccessDenied",
            "errorMessage": "with an explicit deny in an identity-based policy",
            "requestParameters": null, "responseElements": null,
            "eventID": format!("b24a5c0e-6f3d-4f6e-8f7a-{seconds:012}"), "readOnly": false,
            "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account,
            "eventCategory": "Management",
        },
    })
}

#[tokio::test]
async fn a_beat_is_one_write_and_no_alert() {
    let world = World::new().await;
    let memory = world.memory().await;
    let mut function = world.enforcing(&memory).await;
    let time = now();
    function
        .invoke(&beat(&world.account, time))
        .await
        .expect("it is heard");
    assert_eq!(world.proxy.actions(), ["UpdateItem"]);
    // One that is older, that comes again, and that is ahead of its time.
    for seconds in [time - 7_200, time, time + 7_200] {
        function
            .invoke(&beat(&world.account, seconds))
            .await
            .expect("it is heard");
    }
    assert_eq!(world.proxy.actions(), ["UpdateItem"; 3]);
    assert_eq!(world.alerts().await.len(), 0);
    let items = world.items().await;
    assert_eq!(items.len(), 1);
    let item = &items[0];
    assert_eq!(item["pk"]["S"], format!("beat#{}", world.account));
    assert_eq!(item["sk"]["S"], "us-east-1#account");
    assert_eq!(item["at"]["N"], time.to_string());
    assert_eq!(item["slot"]["N"], (time / 3600).to_string());
    let log = function.stop().await;
    // Hundreds an hour: neither metrics, which cost by the month, nor what was judged.
    assert!(!log.contains("_aws") && !log.contains("judged"), "{log}");
}

/// Who creates the user whom beats ask a key for, or has the beats' role do anything else.
#[tokio::test]
async fn what_is_done_to_or_with_beats_is_critical() {
    let world = World::new().await;
    let mut function = world.enforcing(&world.memory().await).await;
    let time = now();
    let mut got = beat(&world.account, time);
    got["detail"]["errorCode"] = Value::Null;
    got["detail"]["errorMessage"] = Value::Null;
    got["detail"]["requestParameters"] = json!({"userName": "test-beat"});
    function.invoke(&got).await.expect("it is told");
    let mut made = beat(&world.account, time);
    made["detail"]["userIdentity"] = json!({
        "type": "IAMUser", "accountId": world.account, "userName": "anaya", "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "arn": format!("arn:aws:iam::{}:user/anaya", world.account),
    });
    made["detail"]["eventName"] = "CreateUser".into();
    made["detail"]["eventID"] = "another".into();
    made["detail"]["errorCode"] = Value::Null;
    made["detail"]["errorMessage"] = Value::Null;
    made["detail"]["requestParameters"] = json!({"userName": "Test-Beat"});
    function.invoke(&made).await.expect("it is told");
    let alerts = world.alerts().await;
    let told: Vec<(&str, Vec<&str>)> = alerts
        .iter()
        .map(|alert| {
            let violated = &alert.alert["report"]["verdict"]["violated"];
            let violated = violated.as_array().expect("a list");
            let ids = violated.iter().filter_map(|it| it["id"].as_str());
            (alert.severity(), ids.collect())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("critical", vec!["responder-misused", "access-key-issued"]),
            ("critical", vec!["beat-user-created"]),
        ]
    );
}

/// A table that does not answer: the beat is not tried again, and the metric says so.
#[tokio::test]
async fn a_beat_that_the_table_does_not_take_is_counted_as_a_failure_of_state() {
    let world = World::new().await;
    let mut function = world.enforcing(&world.memory().await).await;
    world.proxy.breaks(
        "UpdateItem",
        &[Fault::Error(400, "ResourceNotFoundException")],
    );
    function
        .invoke(&beat(&world.account, now()))
        .await
        .expect("it is not tried again");
    assert_eq!(world.alerts().await.len(), 0);
    let log = function.stop().await;
    assert!(log.contains("\"StateFailures\":1"), "{log}");
}
