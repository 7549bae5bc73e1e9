//! With a state table and a queue for re-checks: one alert for one event, limits,
//! releases, what belongs together, and looking again.

use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::bundles::bundle;
use crate::support::delivered::Delivered;
use crate::support::function::Function;
use crate::support::proxy::Fault;

/// A world with a user and its key, and a function that remembers.
async fn remembering() -> (World, String, Function) {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let function = world.enforcing(&world.memory().await).await;
    (world, key, function)
}

/// The same, when the key has been contained and told.
async fn contained() -> (World, String, Function) {
    let (world, key, mut function) = remembering().await;
    function
        .invoke(&world.key_created("bob", &key))
        .await
        .expect("it is contained");
    world.alerts().await;
    (world, key, function)
}

#[tokio::test]
async fn an_event_that_comes_twice_is_told_once() {
    let (world, key, mut function) = remembering().await;
    let event = world.key_created("bob", &key);

    function.invoke(&event).await.expect("it is contained");
    function.invoke(&event).await.expect("it was handled");

    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    assert_eq!(world.alerts().await.len(), 1);
}

/// Eight functions, each of which gets the same event at the same time.
#[tokio::test]
async fn of_eight_at_once_one_handles_it_and_the_others_try_again() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let memory = world.memory().await;
    let event = world.key_created("bob", &key);
    let mut functions = Vec::new();
    for _ in 0..8 {
        functions.push(world.enforcing(&memory).await);
    }

    let answers = futures_util::future::join_all(
        functions.iter_mut().map(|function| function.invoke(&event)),
    )
    .await;

    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    assert_eq!(world.alerts().await.len(), 1);
    for answer in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(answer["errorType"], "ClaimedElsewhere", "{answer}");
    }
    assert!(answers.iter().any(Result::is_ok));
    // When Lambda tries again, the work is seen to be done.
    for function in &mut functions {
        function.invoke(&event).await.expect("it was handled");
    }
    assert_eq!(world.alerts().await.len(), 0);
}

/// A retry finds the claim of the failed try ended, however soon it comes.
#[tokio::test]
async fn what_failed_can_be_tried_again_at_once() {
    let (world, key, mut function) = remembering().await;
    world.proxy.breaks(
        "UpdateAccessKey",
        &[Fault::Error(503, "ServiceUnavailable")],
    );
    let event = world.key_created("bob", &key);

    let failed = function.invoke(&event).await;
    world.proxy.mend();
    function.invoke(&event).await.expect("it is contained");

    assert_eq!(failed.expect_err("it failed")["errorType"], "NotContained");
    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    let states: Vec<_> = world.alerts().await;
    let states: Vec<_> = states.iter().map(Delivered::state).collect();
    assert_eq!(states, ["FAILED", "BLOCKED"]);
}

/// Each failure of the table.
#[tokio::test]
async fn without_an_answer_of_the_table_it_contains_and_says_what_it_does_not_know() {
    for fault in [
        Fault::Error(400, "ResourceNotFoundException"),
        Fault::Hang,
        Fault::Close,
    ] {
        let world = World::new().await;
        let key = world.user_with_key("bob").await;
        let mut function = world.enforcing(&world.memory().await).await;
        for action in ["PutItem", "UpdateItem", "GetItem", "Query"] {
            world.proxy.breaks(action, std::slice::from_ref(&fault));
        }

        let answered = function.invoke(&world.key_created("bob", &key)).await;

        assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
        let [alert] = world.alerts().await.try_into().expect("one alert");
        assert_eq!(alert.state(), "BLOCKED", "{fault:?}");
        let text = alert.alert["text"].as_str().unwrap_or_default();
        assert!(
            text.contains("Not known  whether you get this alert twice"),
            "{fault:?}: {text}"
        );
        // Another try could only alert a second time.
        answered.expect("it is handled");
        let log = function.stop().await;
        let told = "not known, or not done";
        assert!(log.contains(told), "{fault:?}: {log}");
        assert!(
            log.contains("what was contained, for later events"),
            "{fault:?}: {log}"
        );
    }
}

#[tokio::test]
async fn a_containment_is_looked_at_again_and_is_silent_if_it_holds() {
    let (world, _, mut function) = contained().await;
    let rechecks = world.rechecks();
    assert_eq!(rechecks.len(), 2);
    assert_eq!(world.delays(), [30, 300]);

    for recheck in &rechecks {
        function.invoke(recheck).await.expect("it holds");
    }

    assert_eq!(world.alerts().await.len(), 0);
    let log = function.stop().await;
    let held = log
        .lines()
        .filter(|line| line.contains("\"RechecksHeld\":1"));
    assert_eq!(held.count(), 2, "{log}");
}

#[tokio::test]
async fn what_has_come_back_is_contained_again_and_told_as_critical() {
    let (world, key, mut function) = contained().await;
    world.set_status("bob", &key, StatusType::Active).await;
    // A second later, so that it is younger than the event.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let second = world.new_key("bob").await;

    function
        .invoke(&world.rechecks()[0])
        .await
        .expect("it is contained again");

    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    assert_eq!(
        world.status("bob", &second).await,
        Some(StatusType::Inactive)
    );
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(
        (alert.state(), alert.severity()),
        ("BLOCKED", "critical"),
        "{}",
        alert.alert["text"]
    );
    assert!(
        alert
            .subject
            .starts_with("BLOCKED: Containment did not hold - bob"),
        "{}",
        alert.subject
    );
    let text = alert.alert["text"].as_str().unwrap_or_default();
    for what in [
        format!("key {key} is Active"),
        format!("the user has a new access key {second}"),
    ] {
        assert!(text.contains(&what), "{text}");
    }
}

#[tokio::test]
async fn a_recheck_that_iam_does_not_answer_is_tried_again() {
    let (world, _, mut function) = contained().await;
    world
        .proxy
        .breaks("ListAccessKeys", &[Fault::Error(403, "AccessDenied")]);

    let answered = function.invoke(&world.rechecks()[0]).await;

    assert_eq!(
        answered.expect_err("it is tried again")["errorType"],
        "NotRechecked"
    );
}

/// Where IAM throttles it is put off; if that fails as well, both are told.
#[tokio::test]
async fn a_recheck_that_cannot_be_put_off_says_why() {
    let (world, _, mut function) = contained().await;
    let recheck = world.rechecks()[0].clone();
    world
        .proxy
        .breaks("GetAccessKeyLastUsed", &[Fault::Error(400, "Throttling")]);
    world
        .proxy
        .breaks("SendMessage", &[Fault::Error(400, "InternalError")]);

    let answered = function.invoke(&recheck).await;

    let answered = answered.expect_err("it is tried again");
    assert_eq!(answered["errorType"], "NotRechecked");
    let message = answered["errorMessage"].as_str().unwrap_or_default();
    for cause in ["Throttling", "it could not be put off: sqs:SendMessage"] {
        assert!(message.contains(cause), "{message}");
    }
}

/// Somebody undoes what keyrail did: that is another guardrail, and the whole user stops.
#[tokio::test]
async fn a_key_that_is_activated_again_brings_its_user_under_quarantine() {
    let (world, key, mut function) = contained().await;
    world.set_status("bob", &key, StatusType::Active).await;

    function
        .invoke(&world.key_activated("bob", &key))
        .await
        .expect("it is contained");

    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let ids: Vec<&str> = alert.alert["report"]["verdict"]["violated"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|violation| violation["id"].as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "access-key-reactivated-after-containment",
            "access-key-reactivated"
        ]
    );
    let policy = world
        .iam(&[
            ("Action", "GetUserPolicy"),
            ("UserName", "bob"),
            ("PolicyName", "KeyrailQuarantine"),
        ])
        .await;
    assert!(policy.contains("Deny"), "{policy}");
    let results: Vec<_> = alert.alert["report"]["outcomes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|outcome| (outcome["step"].clone(), outcome["result"].clone()))
        .collect();
    assert_eq!(
        results,
        [
            (json!("deactivate-key"), json!("verified")),
            (json!("quarantine-user"), json!("verified")),
        ]
    );
}

#[tokio::test]
async fn beyond_the_limit_of_an_hour_it_only_alerts() {
    let world = World::new().await;
    let mut more = world.memory().await;
    more.push(("KEYRAIL_BUNDLE", bundle("limited")));
    let mut function = world.enforcing(&more).await;

    let mut states = Vec::new();
    for number in 0..3 {
        let user = format!("bob{number}");
        let key = world.user_with_key(&user).await;
        let mut event = world.key_created(&user, &key);
        event["detail"]["eventID"] = format!("event-{number}").into();
        function.invoke(&event).await.expect("it is told");
        let [alert] = world.alerts().await.try_into().expect("one alert");
        states.push((
            alert.alert["report"]["plan"][0]["withheld"].clone(),
            world.status(&user, &key).await,
        ));
    }

    let inactive = Some(StatusType::Inactive);
    assert_eq!(
        states,
        [
            (Value::Null, inactive.clone()),
            (Value::Null, inactive),
            (json!("limit"), Some(StatusType::Active)),
        ]
    );

    // What is contained only because of what came before counts as well.
    let key = world.user_with_key("carla").await;
    for event in [
        world.password_changed("carla", 0),
        world.launched("carla", &key, 5, 60),
    ] {
        function.invoke(&event).await.expect("it is told");
    }
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let plan = &alert.alert["report"]["plan"];
    assert_eq!(plan[0]["withheld"], "limit", "{plan}");
    assert_eq!(world.status("carla", &key).await, Some(StatusType::Active));
}

/// In every order: the launch is judged again when the password change comes later.
#[tokio::test]
async fn a_surge_after_a_password_change_is_found_in_either_order() {
    for late in [false, true] {
        let world = World::new().await;
        let key = world.user_with_key("bob").await;
        let mut function = world.enforcing(&world.memory().await).await;
        let password = world.password_changed("bob", 0);
        let launch = world.launched("bob", &key, 5, 60);
        let events = match late {
            false => [password, launch],
            true => [launch, password],
        };

        for event in &events {
            function.invoke(event).await.expect("it is told");
        }

        let alerts = world.alerts().await;
        let surges: Vec<_> = alerts
            .iter()
            .filter(|alert| {
                alert
                    .attributes
                    .iter()
                    .any(|(_, value)| value == "compute-surge-after-password-change")
            })
            .collect();
        assert_eq!(surges.len(), 1, "late: {late}");
        assert_eq!(surges[0].state(), "BLOCKED", "{}", surges[0].alert["text"]);
        assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    }
}
