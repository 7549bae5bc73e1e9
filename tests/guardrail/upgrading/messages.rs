//! Messages in flight, and letters that nobody could deliver.

use aws_sdk_iam::types::StatusType;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::fixture::{self, Ids, NEXT_KEY, later};
use super::scene::Scene;
use crate::faults::{STEPS, Step, is_done};

fn step(name: &str) -> &'static Step {
    let mut steps = STEPS.iter();
    steps
        .find(|step| step.name == name)
        .expect("it is one of the steps")
}

/// A fixture, as if it had been written just now for this world.
fn of_now(name: &str, field: &str, ids: &Ids) -> Value {
    let message = ids.of_world(&fixture::read(name));
    let time = message.pointer(field).and_then(Value::as_str);
    let time: Timestamp = time.and_then(|time| time.parse().ok()).expect("a time");
    later(&message, Timestamp::now().duration_since(time))
}

impl Scene {
    /// A re-check of a fixture, of a containment that was made just now.
    async fn recheck(&self, name: &str) -> Value {
        self.recheck_after(name, SignedDuration::ZERO).await
    }

    /// The same of one that was made so long ago.
    async fn recheck_after(&self, name: &str, age: SignedDuration) -> Value {
        let message = of_now(&format!("messages/{name}"), "/since", &self.ids);
        let mut message = later(&message, -age);
        if message["created"].is_string() {
            message["created"] = self.created("bob").await.into();
        }
        message
    }

    /// When a user of this world was created.
    async fn created(&self, user: &str) -> String {
        let record = self
            .world
            .iam(&[("Action", "GetUser"), ("UserName", user)])
            .await;
        let (_, rest) = record.split_once("<CreateDate>").expect("it says when");
        let (created, _) = rest.split_once("</CreateDate>").expect("it ends");
        let created: Timestamp = created.parse().expect("a time");
        created.to_string()
    }

    async fn invoke_with(&mut self, message: &Value) -> Result<(), Value> {
        let batch = self.world.delivered(&message.to_string());
        self.function.invoke(&batch).await
    }

    /// What it says of a message: the subjects of the alerts.
    async fn told_of(&mut self, message: &Value) -> Vec<String> {
        let answered = self.invoke_with(message).await;
        assert_eq!(answered, Ok(()), "{message}");
        let alerts = self.world.alerts().await.into_iter();
        alerts.map(|alert| alert.subject).collect()
    }
}

/// What is not as it was left is contained again and told; what is, is not.
#[tokio::test]
async fn a_recheck_of_each_step_is_understood() {
    for step in &STEPS {
        let mut scene = Scene::of_step(step).await;
        // What denies sessions until some time after the event is renewed for longer.
        let age = SignedDuration::from_secs(5);
        let name = format!("recheck-{}", step.name);
        let message = scene.recheck_after(&name, age).await;
        let id = match step.name {
            "deactivate-key" | "delete-key" => scene.key(),
            _ => {
                let change = &message["changes"][0];
                let id = change.get("credential").or(change.get("key"));
                id.and_then(Value::as_str).unwrap_or_default().to_owned()
            }
        };

        let told = scene.told_of(&message).await;

        assert!(is_done(&scene.world, step, &id).await, "{}", step.name);
        assert_eq!(told.len(), 1, "{}: {told:?}", step.name);
        let subject = "BLOCKED: Containment did not hold - ";
        assert!(told[0].starts_with(subject), "{}: {told:?}", step.name);
        let again = scene.told_of(&message).await;
        assert_eq!(again, Vec::<String>::new(), "{}", step.name);
    }
}

/// The ways of denying everything where a quota leaves no room for an inline policy.
#[tokio::test]
async fn a_recheck_of_what_a_quota_left_room_for_is_understood() {
    const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";
    for (name, action, field) in [
        ("recheck-attach-deny-all", "AttachUserPolicy", "PolicyArn"),
        (
            "recheck-boundary",
            "PutUserPermissionsBoundary",
            "PermissionsBoundary",
        ),
    ] {
        let mut scene = Scene::of_step(step("quarantine-user")).await;
        let put = [("Action", action), ("UserName", "bob"), (field, DENY_ALL)];
        let message = scene.recheck(name).await;
        scene.world.iam(&put).await;
        let held = scene.told_of(&message).await;
        assert_eq!(held, Vec::<String>::new(), "{name}");

        let mut scene = Scene::of_step(step("quarantine-user")).await;
        let message = scene.recheck(name).await;
        let told = scene.told_of(&message).await;
        assert_eq!(told.len(), 1, "{name}: {told:?}");
        assert!(
            is_done(&scene.world, step("quarantine-user"), "").await,
            "{name}"
        );
    }
}

/// Of each round, put off, and with what IAM did not tell.
#[tokio::test]
async fn a_recheck_of_each_round_is_understood() {
    for (name, round) in [
        ("recheck", 0),
        ("recheck-put-off", 1),
        ("recheck-of-comeback", 1),
        ("recheck-compared", 0),
        ("recheck-not-listed", 0),
        ("recheck-user-missing", 0),
    ] {
        let mut scene = Scene::of_key(None).await;
        let key = scene.key();
        let next = match name {
            "recheck-of-comeback" => scene.world.new_key("bob").await,
            _ => NEXT_KEY.to_owned(),
        };
        scene.ids.0.push((next, NEXT_KEY));
        let message = scene.recheck(name).await;

        let told = scene.told_of(&message).await;

        assert_eq!(told.len(), 1, "{name}: {told:?}");
        let status = scene.world.status("bob", &key).await;
        assert_eq!(status, Some(StatusType::Inactive), "{name}");
        let last = scene.rechecks().pop().expect("it is looked at again");
        assert_eq!(last["round"], round + 1, "{name}");
        let again = scene.told_of(&message).await;
        assert_eq!(again, Vec::<String>::new(), "{name}");
    }
}

/// Whom IAM had no name for is still missing, which was told; and a user whom the event's key has
/// led to under another name is not followed.
#[tokio::test]
async fn what_a_recheck_says_of_its_user_is_heeded() {
    let mut scene = Scene::of_key(None).await;
    let key = scene.key();
    let message = scene.recheck("recheck-user-missing").await;
    scene.world.delete_key("bob", &key).await;
    scene.world.delete_user("bob").await;
    let denied = [crate::support::proxy::Fault::Error(403, "AccessDenied")];
    scene.world.proxy.breaks("GetAccessKeyLastUsed", &denied);
    let missing = scene.told_of(&message).await;
    assert_eq!(missing, Vec::<String>::new());

    let mut scene = Scene::of_key(None).await;
    let renamed = scene.world.user_with_key("bob2").await;
    scene.ids.0[1].0.clone_from(&renamed);
    let message = scene.recheck("recheck-compared").await;
    let told = scene.told_of(&message).await;
    assert_eq!(told.len(), 1, "{told:?}");
    let status = scene.world.status("bob2", &renamed).await;
    assert_eq!(status, Some(StatusType::Active), "nothing is touched");
}

/// The end of a window, whose item the version before has written as well.
#[tokio::test]
async fn a_follow_up_tells_what_was_counted() {
    for (name, item) in [
        ("follow-up", Some("window-counted")),
        ("follow-up", Some("window-promised")),
        ("follow-up-storm", None),
    ] {
        let mut scene = Scene::of_key(None).await;
        let message = scene
            .ids
            .of_world(&fixture::read(&format!("messages/{name}")));
        if let Some(item) = item {
            let mut item = scene.ids.of_world(&fixture::read(&format!("items/{item}")));
            // The fixtures are of different windows.
            let until = message["repetition"]["until"].as_str().expect("a time");
            item["sk"]["S"] = format!("window#{until}").into();
            scene.world.put_item(&item).await;
        }

        let told = scene.told_of(&message).await;

        match item {
            Some("window-counted") => {
                assert_eq!(told.len(), 1, "{told:?}");
                assert!(told[0].contains("1 more"), "{told:?}");
            }
            Some(_) => assert_eq!(told, Vec::<String>::new()),
            // What was counted is not known any more, which is told, too.
            None => assert_eq!(told.len(), 1, "{told:?}"),
        }
    }
}

/// What `keyrail redrive` hands over: each as Lambda would deliver it from its queue.
#[tokio::test]
async fn each_kind_of_dead_letter_is_handled() {
    let letters = fixture::all_in("letters");
    assert!(letters.len() >= 5, "{:?}", letters.keys());
    for (name, letter) in letters {
        let mut scene = Scene::of_key(None).await;
        let key = scene.key();
        let letter = scene.ids.of_world(&letter);
        let queue = match name.contains("recheck") || name.contains("follow-up") {
            true => "rechecks",
            false => "keyrail-DeadLetterQueue",
        };
        let batch = json!({"Records": [{
            "messageId": "m-1",
            "body": letter["body"].to_string(),
            "attributes": {"ApproximateReceiveCount": "1"},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:{}:{queue}", scene.world.account),
        }]});

        let answered = scene.function.invoke(&batch).await;

        assert_eq!(answered, Ok(()), "{name}");
        let alerts = scene.world.alerts().await;
        assert_eq!(alerts.len(), 1, "{name}");
        // Of a follow-up whose window is not known any more, that is told.
        let (state, status) = match name.contains("follow-up") {
            true => ("ALERT", StatusType::Active),
            false => ("BLOCKED", StatusType::Inactive),
        };
        assert_eq!(alerts[0].state(), state, "{name}: {}", alerts[0].subject);
        let found = scene.world.status("bob", &key).await;
        assert_eq!(found, Some(status), "{name}");
    }
}
