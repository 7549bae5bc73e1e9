//! Items that the version before has left in the state table.

use aws_sdk_iam::types::StatusType;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::fixture::{self, later};
use super::scene::Scene;

/// How the test about an item begins: with a deployment whose table holds it, written now.
struct Left {
    scene: Scene,
}

impl Left {
    async fn of(name: &str, bundle: Option<&str>) -> Self {
        let scene = Scene::of_key(bundle).await;
        let item = scene.ids.of_world(&fixture::read(&format!("items/{name}")));
        let item = of_now(&item);
        scene.world.put_item(&item).await;
        Self { scene }
    }

    /// What it says of an event: the alerts' states and guardrails.
    async fn told_of(&mut self, event: &Value) -> Vec<(String, String)> {
        let answered = self.scene.function.invoke(event).await;
        assert_eq!(answered, Ok(()));
        let alerts = self.scene.world.alerts().await;
        alerts
            .iter()
            .map(|alert| {
                let guardrail = alert.attributes.iter();
                let mut guardrail = guardrail.filter(|(name, _)| name == "guardrail");
                let guardrail = guardrail.next().map(|(_, id)| id.clone());
                (alert.state().to_owned(), guardrail.unwrap_or_default())
            })
            .collect()
    }
}

/// The same item with its times in this moment: what `expires` is some days from now, what lasts
/// as long as an invocation ends soon, and windows are those that are open.
fn of_now(item: &Value) -> Value {
    let memory = item["memory"]["S"].as_str();
    let memory: Option<Value> = memory.map(|memory| serde_json::from_str(memory).expect("JSON"));
    let time = memory.as_ref().and_then(|memory| memory["time"].as_str());
    let time: Option<Timestamp> = time.map(|time| time.parse().expect("a time"));
    let by = time.map_or(SignedDuration::ZERO, |time| {
        Timestamp::now().duration_since(time)
    });
    let mut item = later(item, by);
    let now = Timestamp::now();
    item["expires"]["N"] = (now.as_second() + 24 * 60 * 60).to_string().into();
    if item["until"]["N"]
        .as_str()
        .is_some_and(|until| until != "0")
    {
        item["until"]["N"] = (now.as_millisecond() + 60_000).to_string().into();
    }
    let sk = item["sk"]["S"].as_str().unwrap_or_default().to_owned();
    let end = Timestamp::from_second((now.as_second() / 600 + 1) * 600).expect("a time");
    for (kind, is) in [
        ("window", end.to_string()),
        ("alone", end.to_string()),
        ("hour", now.strftime("%Y-%m-%dT%H").to_string()),
    ] {
        if sk.starts_with(&format!("{kind}#")) {
            item["sk"]["S"] = format!("{kind}#{is}").into();
        }
    }
    item
}

#[tokio::test]
async fn a_claim_says_who_has_handled_the_event() {
    let mut handled = Left::of("claim-handled", None).await;
    let event = handled.scene.event.clone();
    assert_eq!(handled.told_of(&event).await, []);
    let key = handled.scene.key();
    let status = handled.scene.world.status("bob", &key).await;
    assert_eq!(status, Some(StatusType::Active), "it was handled");

    let mut begun = Left::of("claim-begun", None).await;
    let event = begun.scene.event.clone();
    let answered = begun.scene.function.invoke(&event).await;
    let answered = answered.expect_err("another invocation is at it");
    assert_eq!(answered["errorType"], "ClaimedElsewhere");

    let mut open = Left::of("claim-open", None).await;
    let event = open.scene.event.clone();
    let told = open.told_of(&event).await;
    assert_eq!(
        told,
        [("BLOCKED".to_owned(), "access-key-issued".to_owned())]
    );
}

/// The limit is of two.
#[tokio::test]
async fn containments_of_this_hour_count() {
    let mut left = Left::of("containments-of-an-hour", Some("limited")).await;
    let mut states = Vec::new();
    for number in 0..2 {
        let mut event = left.scene.event.clone();
        event["detail"]["eventID"] = format!("event-{number}").into();
        states.extend(
            left.told_of(&event)
                .await
                .into_iter()
                .map(|(state, _)| state),
        );
    }
    assert_eq!(states, ["BLOCKED", "ALERT"]);
}

#[tokio::test]
async fn a_window_counts_what_happens_again_if_it_promises_to_tell_of_it() {
    for (name, told) in [
        ("window-promised", 0),
        ("window-counted", 0),
        ("window-without-promise", 1),
    ] {
        let mut left = Left::of(name, None).await;
        let mut event = left.scene.event.clone();
        event["detail"]["eventID"] = "one-more-event".into();
        assert_eq!(left.told_of(&event).await.len(), told, "{name}");
    }
}

/// Ten windows were told of by themselves.
#[tokio::test]
async fn what_is_refused_to_many_is_still_a_storm() {
    const SAMPLE: &str =
        include_str!("../../../crates/keyrail-cli/src/samples/sign-in-failed.json");
    let mut left = Left::of("storm", None).await;
    let mut event: Value = serde_json::from_str(SAMPLE).expect("it is JSON");
    event["detail"]["userIdentity"]["userName"] = "HIDDEN_DUE_TO_SECURITY_REASONS".into();
    event["detail"]["sourceIPAddress"] = "203.0.113.99".into();
    event["detail"]["eventID"] = "one-more-sign-in".into();
    let event = event
        .to_string()
        .replace("111122223333", &left.scene.world.account);
    let event = serde_json::from_str(&event).expect("it is JSON");
    assert_eq!(left.told_of(&event).await.len(), 1);
    let [follow_up] = left.scene.world.follow_ups().try_into().expect("one");
    let body = follow_up["Records"][0]["body"].as_str().unwrap_or_default();
    assert!(body.contains("many actors"), "{body}");
}

#[tokio::test]
async fn a_key_that_was_contained_and_a_key_that_was_released_are_known() {
    let violated = async |name: &str| {
        let mut left = Left::of(name, None).await;
        let key = left.scene.key();
        let event = left.scene.world.key_activated("bob", &key);
        left.told_of(&event).await
    };
    let contained = violated("memory-contained").await;
    assert_eq!(contained[0].1, "access-key-reactivated-after-containment");
    let released = violated("memory-released-key").await;
    assert_eq!(released[0].1, "access-key-reactivated");

    // Of what was done about an event nothing is looked at again once it is released.
    let mut left = Left::of("memory-released-event", None).await;
    let message = left.scene.ids.of_world(&fixture::read("messages/recheck"));
    let batch = left.scene.world.delivered(&message.to_string());
    assert_eq!(left.told_of(&batch).await, []);
}

#[tokio::test]
async fn what_belongs_together_is_found_in_either_order() {
    const SURGE: &str = "compute-surge-after-password-change";
    let mut left = Left::of("memory-password-changed", None).await;
    let key = left.scene.key();
    let launched = left.scene.world.launched("bob", &key, 5, 60);
    let told = left.told_of(&launched).await;
    assert!(told.iter().any(|(_, id)| id == SURGE), "{told:?}");

    let mut left = Left::of("memory-launched", None).await;
    let changed = left.scene.world.password_changed("carla", -60);
    let told = left.told_of(&changed).await;
    assert!(told.iter().any(|(_, id)| id == SURGE), "{told:?}");
}

/// Root's own sessions are told as such only where nobody has opened them centrally.
#[tokio::test]
async fn a_session_of_root_that_was_opened_centrally_is_known() {
    let mut left = Left::of("memory-root-session", None).await;
    let item = fixture::read("items/memory-root-session");
    let key = item["pk"]["S"].as_str().unwrap_or_default();
    let mut event = left.scene.world.sample("root-api-call");
    event["detail"]["userIdentity"]["accessKeyId"] = key.trim_start_matches("key#").into();
    let told = left.told_of(&event).await;
    let mut other = Left::of("claim-open", None).await;
    let mut event = other.scene.world.sample("root-api-call");
    event["detail"]["userIdentity"]["accessKeyId"] = json!("ASIAI44QH8DHBEXAMPLE");
    assert_ne!(other.told_of(&event).await, told);
}
