//! Ways into member accounts that are not open to everybody.

use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};

use super::world;
use crate::support::World;
use crate::support::bundles::bundle_with;
use crate::support::emulator::Emulator;
use crate::support::events::find;

/// The event of the hub about a member's root or user.
fn in_member(event: &Value, hub: &World, member: &World) -> String {
    event.to_string().replace(&hub.account, &member.account)
}

/// The responder's trust is the member's own word: with another external id, nobody gets in.
#[tokio::test]
#[ignore = "needs fakecloud: make conform"]
async fn a_responder_that_trusts_another_external_id_lets_nobody_in() {
    let (hub, member) = (world().await, world().await);
    let key = member.user_with_key("bob").await;
    member
        .new_role("keyrail-responder", &hub.account, "the-right-one")
        .await;
    let mut environment = vec![("KEYRAIL_RESPONDER_ROLE", "keyrail-responder".to_owned())];
    for (external_id, status, state) in [
        ("a-wrong-one", StatusType::Active, "FAILED"),
        ("the-right-one", StatusType::Inactive, "BLOCKED"),
    ] {
        environment.truncate(1);
        environment.push(("KEYRAIL_EXTERNAL_ID", external_id.to_owned()));
        let mut function = hub.enforcing(&environment).await;
        let event = in_member(&hub.key_created("bob", &key), &hub, &member);

        let answered = function.invoke_bytes(event).await;

        assert_eq!(answered, Ok(()), "{external_id}");
        assert_eq!(member.status("bob", &key).await, Some(status));
        let [alert] = hub.alerts().await.try_into().expect("one alert");
        assert_eq!(alert.state(), state, "{}", alert.outcome().1);
    }
}

/// Calls Organizations as an account.
async fn organizations(world: &World, action: &str, body: Value) -> Value {
    let emulator = Emulator::at(&world.proxy.behind);
    let target = format!("AWSOrganizationsV20161128.{action}");
    let calling = emulator.json(&world.account, "organizations", &target, body);
    calling.await
}

/// fakecloud gives root no keys, and takes a call without a user's name for one of the account's
/// first user, by name: that user is root here.
const ROOT: &str = "0-root";

#[tokio::test]
#[ignore = "needs fakecloud: make conform"]
async fn a_members_root_key_is_deleted_in_a_root_session() {
    let (hub, member) = (world().await, world().await);
    let key = member.user_with_key(ROOT).await;
    let event = hub.sample("root-key-created");
    let known = find(&event["detail"]["responseElements"], "accessKeyId");
    let event = in_member(&event, &hub, &member).replace(&known, &key);
    let folder = bundle_with("delete-root-key");
    let mut function = hub.enforcing(&[("KEYRAIL_BUNDLE", folder.clone())]).await;

    // Of an account that is in no organization nobody gets a root session.
    let refused = function.invoke_bytes(event.clone()).await;
    let active = Some(StatusType::Active);
    assert_eq!(member.status(ROOT, &key).await, active);
    let [alert] = hub.alerts().await.try_into().expect("one alert");
    assert_eq!((alert.state(), alert.severity()), ("FAILED", "critical"));
    assert_eq!(refused, Ok(()), "{}", alert.outcome().1);

    organizations(&hub, "CreateOrganization", json!({"FeatureSet": "ALL"})).await;
    let target = json!({"Target": {"Id": member.account, "Type": "ACCOUNT"}});
    let invited = organizations(&hub, "InviteAccountToOrganization", target).await;
    let handshake = json!({"HandshakeId": invited["Handshake"]["Id"]});
    organizations(&member, "AcceptHandshake", handshake).await;
    hub.iam(&[("Action", "EnableOrganizationsRootSessions")])
        .await;
    let before = hub.proxy.calls().len();
    let answered = function.invoke_bytes(event).await;
    std::fs::remove_dir_all(folder).expect("the bundle can be removed");

    assert_eq!(answered, Ok(()));
    assert_eq!(member.status(ROOT, &key).await, None);
    let [alert] = hub.alerts().await.try_into().expect("one alert");
    let (result, detail) = alert.outcome();
    assert_eq!((alert.state(), result), ("BLOCKED", "verified"), "{detail}");
    let calls = hub.proxy.calls().split_off(before);
    let actions: Vec<&str> = calls.iter().map(|call| call.action.as_str()).collect();
    assert_eq!(
        actions,
        ["AssumeRoot", "DeleteAccessKey", "ListAccessKeys", "Publish"]
    );
    // The key in the signature is the root session's.
    assert_eq!(calls[0].account, hub.account);
    assert!(calls[1].account.starts_with("ASIA"), "{calls:?}");
    assert!(!calls[1].body.contains("UserName"), "{}", calls[1].body);
}
