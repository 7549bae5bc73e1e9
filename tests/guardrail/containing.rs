//! A key is created, found, deactivated, verified and alerted.

use aws_sdk_iam::types::StatusType;

use crate::support::World;
use crate::support::proxy::Fault;

#[tokio::test]
async fn a_new_key_is_inactive_and_told_of() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;

    let answered = function.invoke(&world.key_created("bob", &key)).await;

    assert_eq!(answered, Ok(()));
    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(
        alert.subject,
        format!(
            "BLOCKED: Access key created for an IAM user - bob, by anaya - {} us-east-1",
            world.account
        )
    );
    assert_eq!(
        alert.attributes,
        [
            ("account", world.account.as_str()),
            ("action", "iam:CreateAccessKey"),
            ("guardrail", "access-key-issued"),
            ("region", "us-east-1"),
            ("severity", "high"),
            ("state", "BLOCKED"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    let (result, detail) = alert.outcome();
    assert_eq!(result, "verified");
    assert!(
        detail.starts_with("set to Inactive, and read back Inactive at "),
        "{detail}"
    );
    assert!(alert.alert["text"].as_str().is_some_and(|text| {
        text.contains(&format!(
        "by hand:\n        aws iam update-access-key --user-name bob --access-key-id {key} --status Active"
    ))
    }));
}

#[tokio::test]
async fn observe_is_the_default_and_touches_nothing() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(None).await;

    let answered = function.invoke(&world.key_created("bob", &key)).await;

    assert_eq!(answered, Ok(()));
    assert_eq!(world.status("bob", &key).await, Some(StatusType::Active));
    assert_eq!(world.proxy.actions(), ["Publish"]);
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(
        (alert.state(), alert.outcome()),
        ("DRY-RUN", ("withheld", "withheld: observe mode"))
    );
}

/// Contains a key. What is read beside the change is held back until the change is made,
/// so that waiting for it would fail.
async fn contained_in_order(world: &World, more: &[(&'static str, String)]) {
    let key = world.user_with_key("bob").await;
    let mut function = world.enforcing(more).await;
    world.proxy.breaks(
        "ListAccessKeys",
        &[Fault::After("UpdateAccessKey"), Fault::None],
    );

    function
        .invoke(&world.key_created("bob", &key))
        .await
        .expect("it is contained");

    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
}

/// Deactivate, read back, publish.
#[tokio::test]
async fn a_contained_key_takes_three_round_trips() {
    let world = World::new().await;
    contained_in_order(&world, &[]).await;

    let calls = world.proxy.calls();
    let beside = calls
        .iter()
        .position(|call| call.action == "ListAccessKeys")
        .expect("the state before is asked for");
    let sequence: Vec<&str> = calls
        .iter()
        .enumerate()
        .filter(|(number, _)| *number != beside)
        .map(|(_, call)| call.action.as_str())
        .collect();
    assert_eq!(
        sequence,
        ["UpdateAccessKey", "ListAccessKeys", "Publish"],
        "{calls:?}"
    );
}

/// With a table, the claim comes first: three round trips until the key is read back.
#[tokio::test]
async fn a_claimed_key_is_read_back_after_three_round_trips() {
    let world = World::new().await;
    contained_in_order(&world, &world.memory().await).await;

    let actions = world.proxy.actions();
    let at = |wanted: &str| actions.iter().position(|action| action == wanted);
    let (changed, told) = (at("UpdateAccessKey"), at("Publish"));
    let before: Vec<&str> = actions
        .iter()
        .take(changed.expect("the key is changed"))
        .map(String::as_str)
        .collect();
    assert!(
        !before.is_empty()
            && before
                .iter()
                .all(|action| *action == "UpdateItem" || *action == "PutItem"),
        "one round trip of claims: {actions:?}"
    );
    let between: Vec<&str> = actions
        .iter()
        .take(told.expect("it is told"))
        .skip(before.len())
        .map(String::as_str)
        .collect();
    assert_eq!(
        between,
        ["UpdateAccessKey", "ListAccessKeys", "ListAccessKeys"],
        "the change, what is read beside it, and what is read back: {actions:?}"
    );
}

#[tokio::test]
async fn a_key_that_is_inactive_already_is_reported_as_that() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    world.set_status("bob", &key, StatusType::Inactive).await;
    // As on AWS, where a change takes longer than a read.
    world
        .proxy
        .breaks("UpdateAccessKey", &[Fault::After("ListAccessKeys")]);
    let mut function = world.function(Some("enforce")).await;

    let answered = function.invoke(&world.key_created("bob", &key)).await;

    assert_eq!(answered, Ok(()));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let (result, detail) = alert.outcome();
    assert_eq!((alert.state(), result), ("BLOCKED", "already"));
    assert!(
        detail.starts_with("was Inactive before keyrail's change was confirmed; read Inactive at "),
        "{detail}"
    );
}

#[tokio::test]
async fn a_deleted_key_is_reported_as_that() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    world.delete_key("bob", &key).await;
    let mut function = world.function(Some("enforce")).await;

    let answered = function.invoke(&world.key_created("bob", &key)).await;

    assert_eq!(answered, Ok(()));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(
        (alert.state(), alert.outcome()),
        (
            "BLOCKED",
            ("already", "IAM says that the key has been deleted")
        )
    );
}

#[tokio::test]
async fn a_deleted_user_is_reported_as_that() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    world.delete_key("bob", &key).await;
    world.delete_user("bob").await;
    // AWS answers so for a user that does not exist (IAM API reference,
    // `ListAccessKeys`); the emulator lists nothing instead.
    world
        .proxy
        .breaks("ListAccessKeys", &[Fault::Error(404, "NoSuchEntity")]);
    let mut function = world.function(Some("enforce")).await;

    let answered = function.invoke(&world.key_created("bob", &key)).await;

    assert_eq!(answered, Ok(()));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(
        (alert.state(), alert.outcome()),
        (
            "BLOCKED",
            (
                "already",
                "the user no longer exists, and so neither does the key"
            )
        )
    );
}

/// A renamed user takes the key along, and it works on.
#[tokio::test]
async fn a_renamed_users_key_is_found_and_stopped() {
    let world = World::new().await;
    // The emulator cannot rename, so the user has the new name from the start.
    let key = world.user_with_key("bob2").await;
    let mut function = world.function(Some("enforce")).await;

    let answered = function.invoke(&world.key_created("bob", &key)).await;

    assert_eq!(answered, Ok(()));
    assert_eq!(world.status("bob2", &key).await, Some(StatusType::Inactive));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let (result, detail) = alert.outcome();
    assert_eq!((alert.state(), result), ("BLOCKED", "verified"));
    assert!(
        detail.starts_with("the user is now called bob2; set to Inactive"),
        "{detail}"
    );
    let undo = format!(
        "by hand:\n        aws iam update-access-key --user-name bob2 --access-key-id {key} --status Active"
    );
    assert!(
        alert.alert["text"]
            .as_str()
            .is_some_and(|text| text.contains(&undo))
    );
}

/// `null` is a name that IAM allows.
#[tokio::test]
async fn a_user_called_null_is_a_user() {
    let world = World::new().await;
    let key = world.user_with_key("null").await;
    let mut function = world.function(Some("enforce")).await;

    function
        .invoke(&world.key_created("null", &key))
        .await
        .expect("it is contained");

    assert_eq!(world.status("null", &key).await, Some(StatusType::Inactive));
}

#[tokio::test]
async fn only_the_key_of_the_event_is_touched() {
    let world = World::new().await;
    let other = world.user_with_key("carol").await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;

    function
        .invoke(&world.key_created("bob", &key))
        .await
        .expect("it is contained");

    assert_eq!(
        world.status("carol", &other).await,
        Some(StatusType::Active)
    );
}

#[tokio::test]
async fn the_same_event_twice_gives_the_same_state() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;
    let event = world.key_created("bob", &key);

    function.invoke(&event).await.expect("it is contained");
    world
        .proxy
        .breaks("UpdateAccessKey", &[Fault::After("ListAccessKeys")]);
    function
        .invoke(&event)
        .await
        .expect("it is contained already");

    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    let results: Vec<_> = world
        .alerts()
        .await
        .iter()
        .map(|alert| alert.outcome().0.to_owned())
        .collect();
    assert_eq!(results, ["verified", "already"]);
}

/// Evidence that contradicts itself, that is not AWS's, or that is replayed:
/// nothing is touched, and that is told.
#[tokio::test]
async fn doubtful_evidence_is_never_acted_on() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;
    let event = world.key_created("bob", &key);
    let mut another_user = event.clone();
    another_user["detail"]["requestParameters"]["userName"] = "carol".into();
    let mut another_account = event.clone();
    another_account["account"] = "999999999999".into();
    let mut not_from_aws = event.clone();
    not_from_aws["source"] = "custom.iam".into();
    let mut replayed = event.clone();
    replayed["replay-name"] = "last-month".into();
    let mut temporary = event.clone();
    temporary["detail"]["responseElements"]["accessKey"]["accessKeyId"] =
        "ASIAIOSFODNN7EXAMPLE".into();

    for event in [
        another_user,
        another_account,
        not_from_aws,
        replayed,
        temporary,
    ] {
        function
            .invoke(&event)
            .await
            .expect("there is nothing to try again");
    }

    assert_eq!(world.status("bob", &key).await, Some(StatusType::Active));
    assert_eq!(world.proxy.actions(), ["Publish"; 5]);
    let withheld: Vec<_> = world
        .alerts()
        .await
        .iter()
        .map(|alert| {
            alert.alert["report"]["plan"][0]["withheld"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(
        withheld,
        ["evidence", "evidence", "evidence", "replay", "no-target"]
    );
}

/// Containment in member accounts is not there yet, and that must be plain.
#[tokio::test]
async fn a_key_in_another_account_is_a_failure_not_a_mistake() {
    let world = World::new().await;
    let mut function = world.function(Some("enforce")).await;
    let event = world
        .key_created("bob", "AKIAI44QH8DHBEXAMPLE")
        .to_string()
        .replace(&world.account, "999999999999");

    let answered = function.invoke_bytes(event).await;

    assert_eq!(answered, Ok(()), "trying again would not help");
    assert_eq!(world.proxy.actions(), ["Publish"]);
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(
        (alert.state(), alert.severity(), alert.outcome().0),
        ("FAILED", "critical", "failed")
    );
    assert!(
        alert.outcome().1.contains("it is in account 999999999999"),
        "{}",
        alert.outcome().1
    );
}
