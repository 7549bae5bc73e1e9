//! One actor who does the same again and again is told of once, and counted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_iam::types::StatusType;
use serde_json::Value;

use crate::support::World;
use crate::support::delivered::Delivered;
use crate::support::function::Function;
use crate::support::proxy::Fault;

/// Windows are of ten minutes by the clock: what belongs together must not meet the end
/// of one.
pub(crate) async fn early_in_a_window() {
    const WINDOW: u64 = 600;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let left = WINDOW - now.expect("it is later than 1970").as_secs() % WINDOW;
    if left < 30 {
        tokio::time::sleep(Duration::from_secs(left + 1)).await;
    }
}

async fn remembering(world: &World) -> Function {
    early_in_a_window().await;
    world.enforcing(&world.memory().await).await
}

/// The event of a key of a user, with an id of its own.
fn key_created(world: &World, user: &str, key: &str) -> Value {
    let mut event = world.key_created(user, key);
    event["detail"]["eventID"] = format!("event-about-{user}").into();
    event
}

/// Key after key for one user after another, by the same actor.
async fn creates_keys(world: &World, function: &mut Function, users: &[&str]) {
    for user in users {
        let key = world.user_with_key(user).await;
        let event = key_created(world, user, &key);
        function.invoke(&event).await.expect("it is contained");
        assert_eq!(world.status(user, &key).await, Some(StatusType::Inactive));
    }
}

#[tokio::test]
async fn each_is_contained_one_is_told_and_the_others_are_counted() {
    let world = World::new().await;
    let mut function = remembering(&world).await;
    creates_keys(&world, &mut function, &["bob", "carla", "dora", "emil"]).await;

    let first = world.alerts().await;
    assert_eq!(first.len(), 1);
    assert!(first[0].subject.contains("bob, by anaya"));
    let follow_ups = world.follow_ups();
    assert_eq!(follow_ups.len(), 1);
    function.invoke(&follow_ups[0]).await.expect("it is told");

    let [alert] = world.alerts().await.try_into().expect("one follow-up");
    assert_eq!((alert.state(), alert.severity()), ("ALERT", "high"));
    let text = alert.alert["text"].as_str().unwrap_or_default();
    assert!(alert.subject.contains("3 more"), "{}", alert.subject);
    for user in ["carla", "dora", "emil"] {
        let line = "  BLOCKED: IAM user anaya created access key ";
        let told = text.lines().filter(|told| told.starts_with(line));
        let of_user = format!(" for IAM user {user} in account ");
        assert_eq!(
            told.filter(|told| told.contains(&of_user)).count(),
            1,
            "{text}"
        );
    }
    let log = function.stop().await;
    let counted = log
        .lines()
        .filter(|line| line.contains("\"AlertsCounted\":1"));
    assert_eq!(counted.count(), 3, "{log}");
}

#[tokio::test]
async fn what_did_not_happen_again_is_not_followed_up() {
    let world = World::new().await;
    let mut function = remembering(&world).await;
    creates_keys(&world, &mut function, &["bob"]).await;
    assert_eq!(world.alerts().await.len(), 1);

    for follow_up in world.follow_ups() {
        function.invoke(&follow_up).await.expect("it is silent");
    }

    assert_eq!(world.alerts().await.len(), 0);
}

fn by(event: &Value, actor: &str) -> Value {
    let text = event.to_string().replace("anaya", actor);
    serde_json::from_str(&text).expect("it is JSON")
}

#[tokio::test]
async fn a_second_actor_is_told_of_by_itself() {
    let world = World::new().await;
    let mut function = remembering(&world).await;
    creates_keys(&world, &mut function, &["bob", "carla"]).await;
    let key = world.user_with_key("dora").await;
    let event = by(&key_created(&world, "dora", &key), "mateo");

    function.invoke(&event).await.expect("it is contained");

    let subjects: Vec<String> = world
        .alerts()
        .await
        .iter()
        .map(|alert| alert.subject.clone())
        .collect();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert!(subjects[1].contains("by mateo"), "{subjects:?}");
}

/// What on-call must know at once is never counted instead.
#[tokio::test]
async fn what_failed_is_told_each_time() {
    let world = World::new().await;
    let mut function = remembering(&world).await;
    creates_keys(&world, &mut function, &["bob"]).await;
    world
        .proxy
        .breaks("UpdateAccessKey", &[Fault::Error(403, "AccessDenied")]);

    for user in ["carla", "dora"] {
        let key = world.user_with_key(user).await;
        let event = key_created(&world, user, &key);
        function.invoke(&event).await.expect("trying again is vain");
    }

    let alerts = world.alerts().await;
    let states: Vec<&str> = alerts.iter().map(Delivered::state).collect();
    assert_eq!(states, ["BLOCKED", "FAILED", "FAILED"]);
}

/// Where nobody could tell later, each is told now.
#[tokio::test]
async fn without_a_follow_up_nothing_is_counted() {
    for fault in ["SendMessage", "PutItem"] {
        let world = World::new().await;
        let mut function = remembering(&world).await;
        world
            .proxy
            .breaks(fault, &[Fault::Error(400, "InternalError")]);
        for user in ["bob", "carla", "dora"] {
            let key = world.user_with_key(user).await;
            let event = key_created(&world, user, &key);
            // A re-check that cannot be scheduled fails the invocation, after the alert.
            let answered = function.invoke(&event).await;
            assert_eq!(answered.is_err(), fault == "SendMessage", "{answered:?}");
        }
        assert_eq!(world.alerts().await.len(), 3, "{fault}");
    }
}

/// More than an item of the table could hold, if each were kept in it.
#[tokio::test]
async fn a_flood_is_counted_in_an_item_that_does_not_grow() {
    const FLOOD: usize = 130;
    const MOST: usize = keyrail_core::repeats::MOST_ENTRIES;
    let world = World::new().await;
    let mut function = remembering(&world).await;
    let sample = include_str!("../../crates/keyrail-cli/src/samples/sign-in-failed.json");
    let sample = sample.replace("111122223333", &world.account);
    let mut event: Value = serde_json::from_str(&sample).expect("it is JSON");
    for number in 0..FLOOD {
        event["detail"]["eventID"] = format!("{number:036}").into();
        function.invoke(&event).await.expect("it is handled");
    }

    assert_eq!(world.alerts().await.len(), 1);
    let items = world.items().await;
    let is_window = |item: &&Value| {
        item["pk"]["S"]
            .as_str()
            .is_some_and(|pk| pk.starts_with("repeat#"))
    };
    let window = items.iter().find(is_window).expect("there is a window");
    let kept = window["entries"]["SS"].as_array().expect("a set");
    assert_eq!(kept.len(), MOST);
    assert_eq!(window["more"]["N"], (FLOOD - 1 - MOST).to_string());
    // DynamoDB takes 400 KB, and bills each write by the size.
    assert!(window.to_string().len() < 100_000, "{window}");
    let [follow_up] = world.follow_ups().try_into().expect("one follow-up");
    function.invoke(&follow_up).await.expect("it is told");
    let [alert] = world.alerts().await.try_into().expect("one follow-up");
    let text = alert.alert["text"].as_str().unwrap_or_default();
    assert!(alert.subject.contains("129 more"), "{}", alert.subject);
    assert!(text.contains("and 109 more: each is in"), "{text}");
}

/// Anybody can fail to sign in: of as many addresses ten are told by themselves, the others at once.
#[tokio::test]
async fn a_storm_of_refused_sign_ins_is_told_once() {
    const SAMPLE: &str = include_str!("../../crates/keyrail-cli/src/samples/sign-in-failed.json");
    let world = World::new().await;
    let mut function = remembering(&world).await;
    for number in 0..14 {
        let mut event: Value = serde_json::from_str(SAMPLE).expect("it is JSON");
        event["detail"]["userIdentity"]["userName"] = "HIDDEN_DUE_TO_SECURITY_REASONS".into();
        event["detail"]["sourceIPAddress"] = format!("198.51.100.{number}").into();
        event["detail"]["eventID"] = format!("sign-in-number-{number}").into();
        function.invoke(&event).await.expect("it is handled");
    }

    let alerts = world.alerts().await;
    assert_eq!(alerts.len(), 11);
    let text = |place: usize| alerts[place].alert["text"].as_str().unwrap_or_default();
    let storm = "this was refused to more than 10 actors";
    assert!(!text(9).contains(storm), "{}", text(9));
    assert!(text(10).contains(storm), "{}", text(10));

    let follow_ups = world.follow_ups();
    assert_eq!(follow_ups.len(), 11);
    for follow_up in &follow_ups {
        function.invoke(follow_up).await.expect("it is handled");
    }
    let [alert] = world.alerts().await.try_into().expect("one follow-up");
    assert!(alert.subject.contains("3 more"), "{}", alert.subject);
    let text = alert.alert["text"].as_str().unwrap_or_default();
    assert!(
        text.contains("many actors violated console-sign-in-failed again"),
        "{text}"
    );
}
