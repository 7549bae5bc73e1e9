//! Member accounts: the hub is in one account, the keys in others.

use serde_json::Value;

use crate::support::World;
use crate::support::proxy::Fault;

fn responder() -> [(&'static str, String); 2] {
    [
        ("KEYRAIL_RESPONDER_ROLE", "keyrail-responder".to_owned()),
        ("KEYRAIL_EXTERNAL_ID", "an-external-id".to_owned()),
    ]
}

/// A member account, as `infra/member.yaml` leaves it.
async fn member_of(hub: &World) -> World {
    let member = World::new().await;
    member
        .new_role("keyrail-responder", &hub.account, "an-external-id")
        .await;
    member
}

/// The hub's event of a key in another account.
fn event_of(hub: &World, member: &World, user: &str, key: &str) -> Value {
    let event = hub.key_created(user, key).to_string();
    serde_json::from_str(&event.replace(&hub.account, &member.account)).expect("it is JSON")
}

fn decoded(body: &str, field: &str) -> String {
    let value = body
        .split('&')
        .find_map(|pair| pair.strip_prefix(field)?.strip_prefix('='))
        .unwrap_or_default()
        .replace('+', " ");
    percent_encoding::percent_decode_str(&value)
        .decode_utf8_lossy()
        .into_owned()
}

#[tokio::test]
async fn keys_in_two_accounts_are_contained_each_in_a_session_of_its_own() {
    let hub = World::new().await;
    let members = [member_of(&hub).await, member_of(&hub).await];
    let mut function = hub.enforcing(&responder()).await;

    for member in &members {
        let key = member.user_with_key("bob").await;
        function
            .invoke(&event_of(&hub, member, "bob", &key))
            .await
            .expect("it is contained");
        let status = member.status("bob", &key).await;
        assert_eq!(status, Some(aws_sdk_iam::types::StatusType::Inactive));
    }

    let alerts = hub.alerts().await;
    let states: Vec<_> = alerts
        .iter()
        .map(crate::support::delivered::Delivered::state)
        .collect();
    assert_eq!(states, ["BLOCKED", "BLOCKED"]);
    let calls = hub.proxy.calls();
    let sessions: Vec<_> = calls
        .iter()
        .filter(|call| call.action == "AssumeRole")
        .collect();
    assert_eq!(sessions.len(), 2, "one for each containment");
    for (session, member) in sessions.iter().zip(&members) {
        let arn = format!("arn:aws:iam::{}:role/keyrail-responder", member.account);
        assert_eq!(decoded(&session.body, "RoleArn"), arn);
        assert_eq!(decoded(&session.body, "ExternalId"), "an-external-id");
        assert!(decoded(&session.body, "RoleSessionName").starts_with("keyrail-"));
        let policy = decoded(&session.body, "Policy");
        let user = format!("arn:aws:iam::{}:user/bob", member.account);
        assert!(policy.contains(&user), "{policy}");
        assert!(policy.contains("iam:UpdateAccessKey"), "{policy}");
        assert!(!policy.contains("PutUserPolicy"), "{policy}");
    }
    // Four round trips to contained and verified.
    let order: Vec<_> = calls
        .iter()
        .map(|call| call.action.as_str())
        .take(2)
        .collect();
    assert_eq!(order, ["AssumeRole", "UpdateAccessKey"]);
}

#[tokio::test]
async fn a_role_that_is_missing_is_named_with_what_to_do() {
    let (hub, member) = (World::new().await, World::new().await);
    let key = member.user_with_key("bob").await;
    hub.proxy
        .breaks("AssumeRole", &[Fault::Error(403, "AccessDenied")]);
    let mut function = hub.enforcing(&responder()).await;

    let answered = function.invoke(&event_of(&hub, &member, "bob", &key)).await;

    assert_eq!(answered, Ok(()), "trying again would not help");
    let [alert] = hub.alerts().await.try_into().expect("one alert");
    assert_eq!((alert.state(), alert.severity()), ("FAILED", "critical"));
    let (_, detail) = alert.outcome();
    let role = format!("arn:aws:iam::{}:role/keyrail-responder", member.account);
    assert!(detail.contains(&role), "{detail}");
    assert!(detail.contains("deploy infra/member.yaml"), "{detail}");
}

/// Each failure of `AssumeRole` has its own words (STS API reference, `AssumeRole`, checked
/// 2026-11-29).
#[tokio::test]
async fn each_way_into_an_account_that_is_closed_says_what_to_do() {
    for (code, says) in [
        (
            "RegionDisabledException",
            "has deactivated STS in this Region",
        ),
        ("PackedPolicyTooLarge", "is too large for STS"),
        ("MalformedPolicyDocument", "does not take the policy"),
        (
            "ValidationError",
            "check the parameters `ResponderRole` and `ExternalId`",
        ),
        (
            "InvalidClientTokenId",
            "keyrail's own credentials are not valid",
        ),
    ] {
        let (hub, member) = (World::new().await, World::new().await);
        let key = member.user_with_key("bob").await;
        hub.proxy.breaks("AssumeRole", &[Fault::Error(403, code)]);
        let mut function = hub.enforcing(&responder()).await;

        let answered = function.invoke(&event_of(&hub, &member, "bob", &key)).await;

        assert_eq!(answered, Ok(()), "{code}: trying again would not help");
        let [alert] = hub.alerts().await.try_into().expect("one alert");
        assert_eq!((alert.state(), alert.severity()), ("FAILED", "critical"));
        let (_, detail) = alert.outcome();
        assert!(
            detail.contains(code) && detail.contains(says),
            "{code}: {detail}"
        );
        assert!(!detail.contains("infra/member.yaml"), "{code}: {detail}");
    }
}

/// What passes is waited out there, too.
#[tokio::test]
async fn a_way_that_opens_in_time_is_taken() {
    for fault in [
        Fault::Error(400, "Throttling"),
        Fault::Error(400, "IDPCommunicationError"),
        Fault::Error(503, "ServiceUnavailable"),
        Fault::Close,
    ] {
        let hub = World::new().await;
        let member = member_of(&hub).await;
        let key = member.user_with_key("bob").await;
        hub.proxy
            .breaks("AssumeRole", &[fault.clone(), fault.clone(), Fault::None]);
        let mut function = hub.enforcing(&responder()).await;

        let answered = function.invoke(&event_of(&hub, &member, "bob", &key)).await;

        assert_eq!(answered, Ok(()), "{fault:?}");
        let [alert] = hub.alerts().await.try_into().expect("one alert");
        assert_eq!(alert.state(), "BLOCKED", "{fault:?}: {}", alert.outcome().1);
    }
}
