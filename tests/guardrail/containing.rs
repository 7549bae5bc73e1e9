//! A key is created, found, deactivated, verified and alerted.

use std::time::Duration;

use aws_sdk_iam::types::StatusType;
use serde_json::Value;

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
        "If keyrail is no longer running:\n        aws iam update-access-key --user-name bob --access-key-id {key} --status Active"
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

/// Contains a key.
async fn contained_in_order(world: &World, more: &[(&'static str, String)]) {
    let key = world.user_with_key("bob").await;
    let mut function = world.enforcing(more).await;

    function
        .invoke(&world.key_created("bob", &key))
        .await
        .expect("it is contained");

    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
}

/// Deactivate, read back, publish; nothing besides.
#[tokio::test]
async fn a_contained_key_takes_three_round_trips() {
    let world = World::new().await;
    contained_in_order(&world, &[]).await;

    assert_eq!(
        world.proxy.actions(),
        ["UpdateAccessKey", "ListAccessKeys", "Publish"]
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
        // The follow-up is promised meanwhile, which nothing of IAM waits for.
        .filter(|action| !["SendMessage", "UpdateItem"].contains(action))
        .collect();
    assert_eq!(
        between,
        ["UpdateAccessKey", "ListAccessKeys"],
        "the change, and what is read back: {actions:?}"
    );
}

/// The same event, of half an hour ago: IAM knows by now what it says.
pub(crate) fn of_earlier(mut event: Value) -> Value {
    let time = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(30);
    let time = Value::from(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    event["time"] = time.clone();
    event["detail"]["eventTime"] = time;
    event
}

/// A key that is Inactive already is set to that once more: nothing is read before, so that nobody
/// waits, and what was read beside the change could be its own result.
#[tokio::test]
async fn what_keyrail_changed_is_never_told_as_somebody_elses_doing() {
    for _ in 0..20 {
        let world = World::new().await;
        let key = world.user_with_key("bob").await;
        let mut function = world.function(Some("enforce")).await;

        let answered = function.invoke(&world.key_created("bob", &key)).await;

        assert_eq!(answered, Ok(()));
        let [alert] = world.alerts().await.try_into().expect("one alert");
        assert_eq!((alert.state(), alert.outcome().0), ("BLOCKED", "verified"));
        let changes = &alert.alert["report"]["outcomes"][0]["changes"];
        assert_eq!(changes.as_array().map(Vec::len), Some(1), "{changes}");
    }
}

/// Where the event is somebody else's word IAM is asked first, and shows that somebody has done it.
#[tokio::test]
async fn a_reported_key_that_is_inactive_already_is_told_as_that() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    world.set_status("bob", &key, StatusType::Inactive).await;
    let mut function = world.function(Some("enforce")).await;

    let mut event = of_earlier(world.key_created("bob", &key));
    let time = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(3);
    event["detail"]["eventTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
    let answered = function.invoke(&event).await;

    assert_eq!(answered, Ok(()));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let (result, detail) = alert.outcome();
    assert_eq!((alert.state(), result), ("BLOCKED", "already"), "{detail}");
    assert!(
        detail.contains("was Inactive before keyrail's change was confirmed; read Inactive at "),
        "{detail}"
    );
}

/// What IAM has on a user who is older than any event here.
fn long_known() -> Fault {
    Fault::Body(
        "<GetUserResponse><GetUserResult><User><Path>/</Path><UserName>bob</UserName>\
         <UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Arn>arn:aws:iam::111122223333:user/bob</Arn>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate></User></GetUserResult></GetUserResponse>"
            .to_owned(),
    )
}

/// AWS answers `AccessDenied` for a key that it cannot attribute; the emulator invents a 404.
const NOT_TOLD: Fault = Fault::Error(403, "AccessDenied");

#[tokio::test]
async fn a_deleted_key_is_reported_as_that() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    world.delete_key("bob", &key).await;
    world.proxy.breaks("GetAccessKeyLastUsed", &[NOT_TOLD]);
    world.proxy.breaks("GetUser", &[long_known()]);
    let mut function = world.enforcing(&world.memory().await).await;

    let event = of_earlier(world.key_created("bob", &key));
    let answered = function.invoke(&event).await;

    assert_eq!(answered, Ok(()));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let (result, detail) = alert.outcome();
    assert_eq!((alert.state(), result), ("BLOCKED", "already"), "{detail}");
    assert!(
        detail.starts_with("IAM says that the key has been deleted; read at "),
        "{detail}"
    );
    // It is looked at again, in vain, and that neither fails nor is told.
    let rechecks = world.rechecks();
    assert_eq!(rechecks.len(), 2);
    for recheck in rechecks {
        assert_eq!(function.invoke(&recheck).await, Ok(()));
    }
    assert_eq!(world.alerts().await.len(), 0);
}

/// Of a key that is so new, not to be found is no proof.
#[tokio::test]
async fn a_new_key_that_is_not_found_is_pending_and_looked_at_again() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    world.delete_key("bob", &key).await;
    world.proxy.breaks("GetAccessKeyLastUsed", &[NOT_TOLD]);
    let mut function = world.enforcing(&world.memory().await).await;
    function.ends_after(Duration::from_secs(11));

    let answered = function.invoke(&world.key_created("bob", &key)).await;

    assert_eq!(answered, Ok(()));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let (result, detail) = alert.outcome();
    assert_eq!((alert.state(), result), ("PENDING", "accepted"), "{detail}");
    assert!(
        detail.starts_with(&format!(
            "IAM does not show key {key}: it was deleted, or is so new "
        )),
        "{detail}"
    );
    assert_eq!(world.rechecks().len(), 2);
}

#[tokio::test]
async fn a_deleted_user_may_have_been_renamed_and_is_told_once() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    world.delete_key("bob", &key).await;
    world.delete_user("bob").await;
    // AWS answers so for a user that does not exist (IAM API reference,
    // `ListAccessKeys`); the emulator lists nothing instead.
    world
        .proxy
        .breaks("ListAccessKeys", &[Fault::Error(404, "NoSuchEntity")]);
    world.proxy.breaks("GetAccessKeyLastUsed", &[NOT_TOLD]);
    let mut function = world.enforcing(&world.memory().await).await;

    let event = of_earlier(world.key_created("bob", &key));
    let answered = function.invoke(&event).await;

    assert_eq!(answered, Ok(()));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let told = "IAM has no user named bob: it was deleted or renamed; find out which";
    assert_eq!(
        (alert.state(), alert.outcome()),
        ("FAILED", ("failed", told))
    );
    let rechecks = world.rechecks();
    assert_eq!(rechecks.len(), 2);
    for recheck in rechecks {
        assert_eq!(function.invoke(&recheck).await, Ok(()));
    }
    assert_eq!(world.alerts().await.len(), 0);
}

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
        "If keyrail is no longer running:\n        aws iam update-access-key --user-name bob2 --access-key-id {key} --status Active"
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
    assert_eq!(results, ["verified", "verified"]);
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

/// Without a responder role keyrail acts in its own account only, and the alert says so.
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
