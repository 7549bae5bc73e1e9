//! What the function writes for itself and for others, made anew.

use std::time::Duration;

use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};

pub(super) use super::fixture::Artefacts;
use super::fixture::{Ids, NEXT_KEY};
use super::scene::Scene;
use crate::faults::{STEPS, Step};
use crate::support::World;
use crate::support::bundles::bundle;
use crate::support::proxy::Fault;

/// A sign-in that AWS refused.
const SIGN_IN: &str = include_str!("../../../crates/keyrail-cli/src/samples/sign-in-failed.json");

/// All of them.
pub(super) async fn all() -> Artefacts {
    let mut all = Artefacts::new();
    for step in &STEPS {
        of_step(step, &mut all).await;
    }
    of_full_quotas(&mut all).await;
    of_one_key(&mut all).await;
    of_what_iam_does_not_tell(&mut all).await;
    of_failures(&mut all).await;
    of_repetitions(&mut all).await;
    of_other_memories(&mut all).await;
    of_itself(&mut all).await;
    all
}

async fn of_step(step: &Step, all: &mut Artefacts) {
    let scene = Scene::of_step(step).await.handled().await;
    let name = step.name;
    all.insert(
        format!("messages/recheck-{name}"),
        scene.rechecks()[0].clone(),
    );
    all.insert(format!("alerts/verified-{name}"), scene.alert().await);
}

/// Where no inline policy fits, and then no attached one.
async fn of_full_quotas(all: &mut Artefacts) {
    const FULL: Fault = Fault::Error(409, "LimitExceeded");
    let quarantine = STEPS.iter().find(|step| step.name == "quarantine-user");
    let quarantine = quarantine.expect("there is one");
    for (name, faults) in [
        ("attach-deny-all", &["PutUserPolicy"][..]),
        ("boundary", &["PutUserPolicy", "AttachUserPolicy"]),
    ] {
        let scene = Scene::of_step(quarantine).await;
        for action in faults {
            scene.world.proxy.breaks(action, &[FULL]);
        }
        let scene = scene.handled().await;
        let message = scene.rechecks()[0].clone();
        all.insert(format!("messages/recheck-{name}"), message);
        all.insert(format!("alerts/verified-{name}"), scene.alert().await);
    }
}

/// A key that is contained, comes back, and is contained again; the items in the table by then.
async fn of_one_key(all: &mut Artefacts) {
    let mut scene = Scene::of_key(None).await.handled().await;
    let key = scene.key();
    let alert = scene.alert().await;
    all.insert("alerts/verified".to_owned(), alert);
    let first = scene.rechecks()[0].clone();
    let letter = json!({"body": first});
    all.insert("letters/used-up-recheck".to_owned(), letter);
    all.insert("messages/recheck".to_owned(), first);
    let follow_up = scene.follow_ups()[0].clone();
    let letter = json!({"body": follow_up});
    all.insert("letters/used-up-follow-up".to_owned(), letter);
    all.insert("messages/follow-up".to_owned(), follow_up);
    for (name, pk, sk) in [
        ("claim-handled", "event#", "claim"),
        ("memory-contained", "key#", ""),
        ("window-promised", "repeat#", "window#"),
    ] {
        let item = scene.item(pk, sk).await;
        all.insert(format!("items/{name}"), item);
    }
    let throttled = [Fault::Error(400, "Throttling")];
    let recheck = scene.world.rechecks()[0].clone();
    scene.world.proxy.breaks("GetAccessKeyLastUsed", &throttled);
    let put_off = scene.function.invoke(&recheck).await;
    put_off.expect("it is put off");
    scene.world.proxy.mend();
    let put_off = scene.rechecks().last().cloned();
    all.insert(
        "messages/recheck-put-off".to_owned(),
        put_off.expect("it is sent again"),
    );
    let activated = StatusType::Active;
    scene.world.set_status("bob", &key, activated).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let next = scene.world.new_key("bob").await;
    scene.ids.0.push((next, NEXT_KEY));
    let again = scene.function.invoke(&recheck).await;
    again.expect("it is contained again");
    all.insert("alerts/comeback".to_owned(), scene.alert().await);
    let round = scene.rechecks().last().cloned();
    all.insert(
        "messages/recheck-of-comeback".to_owned(),
        round.expect("it is looked at again"),
    );
}

/// Whose user is missing, whose is compared, and whose cannot be listed.
async fn of_what_iam_does_not_tell(all: &mut Artefacts) {
    const DENIED: [Fault; 1] = [Fault::Error(403, "AccessDenied")];
    let scene = Scene::of_key(None).await;
    let key = scene.key();
    scene.world.delete_key("bob", &key).await;
    scene.world.delete_user("bob").await;
    let missing = [Fault::Error(404, "NoSuchEntity")];
    scene.world.proxy.breaks("ListAccessKeys", &missing);
    scene.world.proxy.breaks("GetAccessKeyLastUsed", &DENIED);
    let mut scene = scene;
    scene.event = crate::containing::of_earlier(scene.event);
    let scene = scene.handled().await;
    let message = scene.rechecks()[0].clone();
    all.insert("messages/recheck-user-missing".to_owned(), message);
    all.insert("alerts/failed-user-missing".to_owned(), scene.alert().await);

    let mut scene = Scene::of_key(None).await;
    let key = scene.key();
    scene.event = crate::reported::finding(&scene.world, "bob", &key);
    let scene = scene.handled().await;
    let message = scene.rechecks()[0].clone();
    all.insert("messages/recheck-compared".to_owned(), message);

    let scene = Scene::of_key(None).await;
    for action in ["GetUser", "ListSSHPublicKeys"] {
        scene.world.proxy.breaks(action, &DENIED);
    }
    let scene = scene.handled().await;
    let message = scene.rechecks()[0].clone();
    all.insert("messages/recheck-not-listed".to_owned(), message);
}

/// Events that the function could not finish, and what Lambda and SQS make of them.
async fn of_failures(all: &mut Artefacts) {
    let scene = Scene::of_key(None).await;
    let denied = [Fault::Error(403, "AccessDenied")];
    scene.world.proxy.breaks("UpdateAccessKey", &denied);
    let scene = scene.handled().await;
    all.insert("alerts/failed".to_owned(), scene.alert().await);

    let scene = Scene::of_key(None).await;
    scene.world.proxy.breaks("ListAccessKeys", &denied);
    let scene = scene.handled().await;
    all.insert("alerts/accepted".to_owned(), scene.alert().await);

    for (error, action, fault) in [
        (
            "NotContained",
            "UpdateAccessKey",
            Fault::Error(503, "ServiceUnavailable"),
        ),
        ("AlertNotSent", "Publish", Fault::Error(404, "NotFound")),
        (
            "NotFinished",
            "SendMessage",
            Fault::Error(400, "InternalError"),
        ),
    ] {
        let mut scene = Scene::of_key(None).await;
        scene.world.proxy.breaks(action, &[fault]);
        let event = scene.event.clone();
        let answered = scene.function.invoke(&event).await;
        let answered = answered.expect_err("Lambda is to try it again");
        assert_eq!(answered["errorType"], error);
        let record = scene.ids.documented(&record(&event, &answered));
        all.insert(format!("letters/failed-{error}"), json!({"body": record}));
        if error == "NotContained" {
            let letter = not_delivered(&scene.ids.documented(&event));
            all.insert("letters/not-delivered".to_owned(), letter);
            let item = scene.item("event#", "claim").await;
            all.insert("items/claim-open".to_owned(), item);
        }
    }

    // An invocation that has just begun, and has claimed its event.
    let mut scene = Scene::of_key(None).await;
    let fault = Fault::Hang;
    scene.world.proxy.breaks("UpdateAccessKey", &[fault]);
    let event = scene.event.clone();
    let invoked = scene.function.invoke(&event);
    let cut = tokio::time::timeout(Duration::from_secs(1), invoked).await;
    assert!(cut.is_err(), "it hangs");
    let item = scene.item("event#", "claim").await;
    all.insert("items/claim-begun".to_owned(), item);
}

/// Lambda's record of an event whose tries are used up (Lambda Developer Guide, "Capturing records
/// of Lambda asynchronous invocations", checked 2026-11-29).
fn record(event: &Value, answer: &Value) -> Value {
    json!({
        "version": "1.0",
        "timestamp": "2026-11-29T10:00:00.000Z",
        "requestContext": {
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "functionArn": "arn:aws:lambda:us-east-1:111122223333:function:keyrail:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": answer,
    })
}

/// What EventBridge keeps of an event that it could not deliver (EventBridge User Guide, "Using
/// dead-letter queues to process undelivered events", checked 2026-11-29).
fn not_delivered(event: &Value) -> Value {
    json!({
        "attributes": {
            "ERROR_CODE": "NO_PERMISSIONS",
            "ERROR_MESSAGE": "User is not authorized to perform lambda:InvokeFunction",
        },
        "body": event,
    })
}

/// Windows of what happens again, and of what is refused to many.
async fn of_repetitions(all: &mut Artefacts) {
    let mut scene = Scene::of_key(None).await.handled().await;
    let mut event = scene.event.clone();
    event["detail"]["eventID"] = "another-event".into();
    let counted = scene.function.invoke(&event).await;
    counted.expect("it is counted");
    let item = scene.item("repeat#", "window#").await;
    all.insert("items/window-counted".to_owned(), item);
    let follow_up = scene.world.follow_ups()[0].clone();
    let told = scene.function.invoke(&follow_up).await;
    told.expect("it is told");
    all.insert("alerts/follow-up".to_owned(), scene.alert().await);

    let scene = Scene::of_key(None).await;
    let queue = [Fault::Error(400, "InternalError")];
    scene.world.proxy.breaks("SendMessage", &queue);
    let mut scene = scene;
    let event = scene.event.clone();
    let answered = scene.function.invoke(&event).await;
    answered.expect_err("the re-check could not be scheduled");
    let item = scene.item("repeat#", "window#").await;
    all.insert("items/window-without-promise".to_owned(), item);

    let mut scene = Scene::of_key(None).await;
    for number in 0..12 {
        let mut event: Value = serde_json::from_str(SIGN_IN).expect("it is JSON");
        event["detail"]["userIdentity"]["userName"] = "HIDDEN_DUE_TO_SECURITY_REASONS".into();
        event["detail"]["sourceIPAddress"] = format!("198.51.100.{number}").into();
        event["detail"]["eventID"] = format!("sign-in-number-{number}").into();
        let answered = scene.function.invoke(&event).await;
        answered.expect("it is handled");
    }
    let item = scene.item("repeat#", "alone#").await;
    all.insert("items/storm".to_owned(), item);
    let follow_ups = scene.follow_ups().into_iter();
    let mut of_storm = follow_ups.filter(|message| message["repetition"]["actor"] == "many actors");
    all.insert(
        "messages/follow-up-storm".to_owned(),
        of_storm.next().expect("there is one"),
    );
}

/// The other things that the table keeps.
async fn of_other_memories(all: &mut Artefacts) {
    let mut scene = Scene::of_key(Some("limited")).await.handled().await;
    let item = scene.item("account#", "hour#").await;
    all.insert("items/containments-of-an-hour".to_owned(), item);
    let key = scene.key();
    for (name, event, pk) in [
        (
            "memory-password-changed",
            scene.world.password_changed("bob", 0),
            "user#",
        ),
        (
            "memory-launched",
            scene.world.launched("carla", &key, 5, 60),
            "user#",
        ),
        (
            "memory-root-session",
            scene.world.example("sts:AssumeRoot"),
            "key#ASIA",
        ),
    ] {
        let answered = scene.function.invoke(&event).await;
        answered.expect("it is handled");
        let pk = match name {
            "memory-launched" => format!("user#arn:aws:iam::{}:user/carla", scene.world.account),
            _ => pk.to_owned(),
        };
        let item = scene.item(&pk, "").await;
        all.insert(format!("items/{name}"), item);
    }
}

/// What is wrong with keyrail itself, and what it does not recognise.
async fn of_itself(all: &mut Artefacts) {
    let world = World::new().await;
    let ids = Ids(vec![(world.account.clone(), super::fixture::ACCOUNT)]);
    let mut function = world
        .function_with("KEYRAIL_BUNDLE", &bundle("broken"))
        .await;
    let answered = function.invoke_bytes("no JSON").await;
    answered.expect("it is told");
    for alert in world.alerts().await {
        let name = match alert.alert["report"]["activity"]["is_fault"] == true {
            true => "alerts/fault",
            false => "alerts/unrecognised",
        };
        all.insert(name.to_owned(), ids.documented(&alert.alert));
    }
}

/// What `keyrail undo` writes into the table: the command is `KEYRAIL_BIN`.
pub(super) async fn releases(all: &mut Artefacts) {
    let command = std::env::var("KEYRAIL_BIN").expect("KEYRAIL_BIN names the command");
    let scene = Scene::of_key(None).await.handled().await;
    let alerts = scene.world.alerts().await;
    let alert = std::env::temp_dir().join(format!("keyrail-alert-{}", std::process::id()));
    std::fs::write(&alert, alerts[0].alert.to_string()).expect("the file can be written");
    let ran = tokio::process::Command::new(command)
        .args(["undo", "--apply", "--yes", "--table", "state"])
        .arg(&alert)
        .env_clear()
        .env("AWS_ENDPOINT_URL", &scene.world.proxy.behind)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", &scene.world.account)
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .status();
    assert!(ran.await.expect("the command runs").success());
    std::fs::remove_file(&alert).expect("the file can be removed");
    for (name, pk) in [("released-key", "key#"), ("released-event", "event#")] {
        let items = scene.world.items().await;
        let mut released = items.iter().filter(|item| {
            let memory = item["memory"]["S"].as_str().unwrap_or_default();
            memory.contains("\"released\"")
                && item["pk"]["S"].as_str().unwrap_or_default().starts_with(pk)
        });
        let item = released.next().expect("it is there");
        all.insert(format!("items/memory-{name}"), scene.ids.documented(item));
    }
}
