//! What is done to keyrail itself is told to its operator, too.

use serde_json::{Value, json};

use crate::support::World;

/// A call of somebody's on parts of the deployment that is called `test`.
fn on_own_part(world: &World, action: &str, parameters: Value) -> Value {
    let mut event = world.example(action);
    event["detail"]["requestParameters"] = parameters;
    event
}

#[tokio::test]
async fn what_is_done_to_keyrail_itself_goes_to_both_topics() {
    let world = World::new().await;
    let topic = world.new_topic("operator").await;
    let queue = world.listen("operator", &topic, None).await;
    let mut function = world
        .function_with("KEYRAIL_OPERATOR_TOPIC_ARN", &topic)
        .await;
    let rule = json!({"name": "test-RootRule-1A2B"});
    let taken_in = json!({
        "stackName": "web",
        "changeSetName": "import",
        "changeSetType": "IMPORT",
        "resourcesToImport": [{
            "resourceType": "AWS::SQS::Queue",
            "resourceIdentifier": {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/test-DeadLetterQueue-1"},
        }],
    });
    let identifier = json!({"typeName": "AWS::Lambda::Function", "identifier": "test"});

    for (action, parameters) in [
        ("events:DisableRule", rule),
        ("cloudformation:CreateChangeSet", taken_in),
        ("cloudcontrolapi:DeleteResource", identifier),
    ] {
        let event = on_own_part(&world, action, parameters);
        assert_eq!(function.invoke(&event).await, Ok(()), "{action}");
        let [alert] = world.alerts().await.try_into().expect("one alert");
        assert_eq!(
            alert.alert["report"]["verdict"]["violated"][0]["id"],
            "guardrail-tampered"
        );
        let [body] = world
            .bodies_in(&queue)
            .await
            .try_into()
            .expect("the operator is told");
        let envelope: Value = serde_json::from_str(&body).expect("SNS delivers JSON");
        let message = envelope["Message"].as_str().unwrap_or_default();
        let told: Value = serde_json::from_str(message).expect("programs get JSON");
        assert_eq!(told["report"], alert.alert["report"], "{action}");
    }
}

#[tokio::test]
async fn anything_else_is_none_of_the_operators_business() {
    let world = World::new().await;
    let topic = world.new_topic("operator").await;
    let queue = world.listen("operator", &topic, None).await;
    let mut function = world
        .function_with("KEYRAIL_OPERATOR_TOPIC_ARN", &topic)
        .await;
    let mut attempt = on_own_part(
        &world,
        "events:DeleteRule",
        json!({"name": "test-RootRule-1A2B"}),
    );
    attempt["detail"]["errorCode"] = "AccessDenied".into();

    for event in [world.sample("root-sign-in"), attempt] {
        assert_eq!(function.invoke(&event).await, Ok(()));
        assert_eq!(world.alerts().await.len(), 1);
    }

    assert_eq!(world.bodies_in(&queue).await, Vec::<String>::new());
}

/// Whoever is on call has heard of it, so trying again would tell it twice.
#[tokio::test]
async fn an_operator_who_cannot_be_reached_stops_no_alert() {
    let world = World::new().await;
    let topic = format!("arn:aws:sns:us-east-1:{}:no-such-topic", world.account);
    let mut function = world
        .function_with("KEYRAIL_OPERATOR_TOPIC_ARN", &topic)
        .await;
    let event = on_own_part(
        &world,
        "events:DisableRule",
        json!({"name": "test-RootRule-1A2B"}),
    );

    assert_eq!(function.invoke(&event).await, Ok(()));

    assert_eq!(world.alerts().await.len(), 1);
    let log = function.stop().await;
    assert!(log.contains("the operator was not told"), "{log}");
}
