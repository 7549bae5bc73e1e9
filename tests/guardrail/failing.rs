//! What goes wrong at AWS: each failure has its own outcome, a key that may be
//! active is critical, and Lambda tries again only where that could help.

use std::time::Duration;

use aws_sdk_iam::types::StatusType;
use serde_json::Value;

use crate::support::World;
use crate::support::bundles::bundle_with;
use crate::support::proxy::Fault;

/// Contains a key while AWS fails as told; returns what Lambda got, the alert's
/// state, severity and outcome, and the key's state afterwards.
async fn contained_with(
    faults: &[(&str, &[Fault])],
) -> (Result<(), Value>, [String; 4], Option<StatusType>) {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;
    function.ends_after(SHORT);
    for (action, faults) in faults {
        world.proxy.breaks(action, faults);
    }
    let answered = function.invoke(&world.key_created("bob", &key)).await;
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let (result, detail) = alert.outcome();
    let told = [alert.state(), alert.severity(), result, detail].map(str::to_owned);
    (answered, told, world.status("bob", &key).await)
}

/// An invocation that leaves three seconds for containing.
const SHORT: Duration = Duration::from_secs(11);

fn error_type(answered: &Result<(), Value>) -> &str {
    match answered {
        Ok(()) => "none",
        Err(error) => error["errorType"].as_str().unwrap_or_default(),
    }
}

#[tokio::test]
async fn access_denied_is_told_with_the_missing_permission_and_not_retried() {
    let denied = Fault::Error(403, "AccessDenied");
    let (answered, [state, severity, result, detail], status) =
        contained_with(&[("UpdateAccessKey", &[denied])]).await;

    assert_eq!(answered, Ok(()));
    assert_eq!([state, severity, result], ["FAILED", "critical", "failed"]);
    assert!(
        detail
            .starts_with("access denied: iam:UpdateAccessKey: AccessDenied: as the test wants it"),
        "{detail}"
    );
    assert!(
        detail.contains("permission missing: iam:UpdateAccessKey; last read as Active at "),
        "{detail}"
    );
    assert_eq!(status, Some(StatusType::Active));
}

#[tokio::test]
async fn throttling_is_waited_out_until_the_time_is_over() {
    let throttled = Fault::Error(400, "Throttling");
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;
    function.ends_after(SHORT);
    world.proxy.breaks("UpdateAccessKey", &[throttled]);
    let answered = function.invoke(&world.key_created("bob", &key)).await;

    assert_eq!(error_type(&answered), "NotContained");
    let tries = world
        .proxy
        .actions()
        .iter()
        .filter(|action| *action == "UpdateAccessKey")
        .count();
    assert!((2..40).contains(&tries), "{tries} tries in three seconds");
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(
        (alert.state(), alert.severity(), alert.outcome().0),
        ("FAILED", "critical", "failed")
    );
    assert!(
        alert
            .outcome()
            .1
            .starts_with("throttled: iam:UpdateAccessKey: Throttling"),
        "{}",
        alert.outcome().1
    );

    world.proxy.mend();
    assert_eq!(
        function.invoke(&world.key_created("bob", &key)).await,
        Ok(()),
        "Lambda's second try contains it"
    );
    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
}

/// What AWS answers and emulators do not: each passes within the invocation, and nobody is told of
/// it.
#[tokio::test]
async fn what_passes_is_waited_out_within_the_invocation() {
    let unknown = Fault::Error(404, "NoSuchEntity");
    let throttled = Fault::Error(400, "Throttling");
    for (case, faults) in [
        (
            "unknown for two tries",
            vec![unknown.clone(), unknown, Fault::None],
        ),
        (
            "throttled for three",
            vec![throttled.clone(), throttled.clone(), throttled, Fault::None],
        ),
        (
            "being changed",
            vec![
                Fault::Error(409, "EntityTemporarilyUnmodifiable"),
                Fault::None,
            ],
        ),
        (
            "changed at the same time",
            vec![Fault::Error(409, "ConcurrentModification"), Fault::None],
        ),
        (
            "credentials run out",
            vec![Fault::Error(403, "ExpiredToken"), Fault::None],
        ),
        ("a broken connection", vec![Fault::Close, Fault::None]),
        (
            "a failure inside",
            vec![Fault::Error(500, "ServiceFailure"), Fault::None],
        ),
    ] {
        let world = World::new().await;
        let key = world.user_with_key("bob").await;
        let mut function = world.function(Some("enforce")).await;
        world.proxy.breaks("UpdateAccessKey", &faults);
        // As AWS answers for a key that it cannot attribute.
        world
            .proxy
            .breaks("GetAccessKeyLastUsed", &[Fault::Error(403, "AccessDenied")]);
        let answered = function.invoke(&world.key_created("bob", &key)).await;

        assert_eq!(answered, Ok(()), "{case}");
        let [alert] = world.alerts().await.try_into().expect("one alert");
        assert_eq!(
            (alert.state(), alert.outcome().0),
            ("BLOCKED", "verified"),
            "{case}: {}",
            alert.outcome().1
        );
        assert_eq!(
            world.status("bob", &key).await,
            Some(StatusType::Inactive),
            "{case}"
        );
    }
}

#[tokio::test]
async fn one_throttled_call_is_not_noticed() {
    let throttled = [Fault::Error(400, "Throttling"), Fault::None];
    let (answered, [state, severity, result, _], status) =
        contained_with(&[("UpdateAccessKey", &throttled)]).await;

    assert_eq!(answered, Ok(()));
    assert_eq!([state, severity, result], ["BLOCKED", "high", "verified"]);
    assert_eq!(status, Some(StatusType::Inactive));
}

#[tokio::test]
async fn a_call_that_is_never_answered_times_out_and_is_critical() {
    let (answered, [state, severity, result, detail], status) =
        contained_with(&[("UpdateAccessKey", &[Fault::Hang])]).await;

    assert_eq!(error_type(&answered), "NotContained");
    assert_eq!([state, severity, result], ["FAILED", "critical", "failed"]);
    assert!(
        detail.starts_with("timed out, and the change may have been made or not: ")
            && detail.contains("; last read as Active at "),
        "{detail}"
    );
    assert_eq!(status, Some(StatusType::Active));
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_believed_once_it_is_read_back() {
    let (answered, [state, severity, result, _], status) =
        contained_with(&[("UpdateAccessKey", &[Fault::LoseAnswer])]).await;

    assert_eq!(answered, Ok(()));
    assert_eq!([state, severity], ["BLOCKED", "high"]);
    assert_eq!(result, "verified");
    assert_eq!(status, Some(StatusType::Inactive));
}

#[tokio::test]
async fn a_closed_connection_is_a_failure_that_is_tried_again() {
    let (answered, [state, severity, result, detail], _) =
        contained_with(&[("UpdateAccessKey", &[Fault::Close])]).await;

    assert_eq!(error_type(&answered), "NotContained");
    assert_eq!([state, severity, result], ["FAILED", "critical", "failed"]);
    assert!(
        detail.starts_with(
            "AWS failed, and the change may have been made or not: iam:UpdateAccessKey: the connection broke"
        ),
        "{detail}"
    );
}

#[tokio::test]
async fn a_state_that_lags_is_pending_and_never_called_done() {
    let active = "<ListAccessKeysResponse><ListAccessKeysResult><AccessKeyMetadata><member><UserName>bob</UserName>\
                  <AccessKeyId>AKIAI44QH8DHBEXAMPLE</AccessKeyId><Status>Active</Status></member></AccessKeyMetadata>\
                  <IsTruncated>false</IsTruncated></ListAccessKeysResult></ListAccessKeysResponse>";
    let changed = "<UpdateAccessKeyResponse/>";
    let world = World::new().await;
    let mut function = world.function(Some("enforce")).await;
    function.ends_after(SHORT);
    world
        .proxy
        .breaks("UpdateAccessKey", &[Fault::Body(changed.to_owned())]);
    world
        .proxy
        .breaks("ListAccessKeys", &[Fault::Body(active.to_owned())]);
    let answered = function
        .invoke(&world.key_created("bob", "AKIAI44QH8DHBEXAMPLE"))
        .await;

    assert_eq!(answered, Ok(()));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!((alert.state(), alert.severity()), ("PENDING", "high"));
    let (result, detail) = alert.outcome();
    assert_eq!(result, "accepted");
    let told = "AWS accepted the change, and it is not yet visible: last read as Active at ";
    assert!(detail.starts_with(told), "{detail}");
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_pending_and_says_why() {
    let denied = Fault::Error(403, "AccessDenied");
    let (answered, [state, _, result, detail], status) =
        contained_with(&[("ListAccessKeys", &[denied])]).await;

    assert_eq!(answered, Ok(()));
    assert_eq!([state, result], ["PENDING", "accepted"]);
    assert!(
        detail.contains("its state could not be read: iam:ListAccessKeys: AccessDenied"),
        "{detail}"
    );
    assert_eq!(status, Some(StatusType::Inactive));
}

#[tokio::test]
async fn an_alert_that_cannot_be_sent_fails_the_invocation_after_the_key_is_stopped() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;
    world
        .proxy
        .breaks("Publish", &[Fault::Error(403, "AuthorizationError")]);

    let answered = function.invoke(&world.key_created("bob", &key)).await;

    assert_eq!(error_type(&answered), "AlertNotSent");
    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    assert_eq!(world.alerts().await.len(), 0);
    world.proxy.mend();
    assert_eq!(
        function.invoke(&world.key_created("bob", &key)).await,
        Ok(())
    );
    assert_eq!(world.alerts().await.len(), 1, "Lambda's second try tells");
}

#[tokio::test]
async fn publishing_is_tried_a_bounded_number_of_times() {
    let world = World::new().await;
    let mut function = world.function(None).await;
    world
        .proxy
        .breaks("Publish", &[Fault::Error(500, "InternalError")]);

    let answered = function.invoke(&world.sample("root-sign-in")).await;

    assert_eq!(error_type(&answered), "AlertNotSent");
    assert_eq!(world.proxy.actions(), ["Publish"; 4]);
}

/// IAM may answer with fewer than there are, and say so (IAM API reference, `IsTruncated`).
#[tokio::test]
async fn a_key_on_the_second_page_is_found() {
    let first = "<ListAccessKeysResponse><ListAccessKeysResult><AccessKeyMetadata/>\
                 <IsTruncated>true</IsTruncated><Marker>next</Marker></ListAccessKeysResult></ListAccessKeysResponse>";
    let pages = [Fault::Body(first.to_owned()), Fault::None];
    let (answered, [state, _, result, detail], status) =
        contained_with(&[("ListAccessKeys", &pages)]).await;

    assert_eq!(answered, Ok(()));
    assert_eq!([state, result], ["BLOCKED", "verified"], "{detail}");
    assert_eq!(status, Some(StatusType::Inactive));
}

/// A user's inline policies, then attached ones, may be at their quota.
#[tokio::test]
async fn what_a_quota_leaves_no_room_for_is_denied_by_the_next_means() {
    let full = [Fault::Error(409, "LimitExceeded")];
    for (at_quota, calls, shown) in [
        (
            &["PutUserPolicy"][..],
            "iam:AttachUserPolicy",
            "ListAttachedUserPolicies",
        ),
        (
            &["PutUserPolicy", "AttachUserPolicy"],
            "iam:PutUserPermissionsBoundary",
            "GetUser",
        ),
    ] {
        let world = World::new().await;
        let key = world.user_with_key("bob").await;
        let folder = bundle_with("quarantine-user");
        let mut function = world.enforcing(&[("KEYRAIL_BUNDLE", folder.clone())]).await;
        for action in at_quota {
            world.proxy.breaks(action, &full);
        }

        let answered = function.invoke(&world.key_created("bob", &key)).await;

        std::fs::remove_dir_all(folder).expect("the bundle can be removed");
        assert_eq!(answered, Ok(()));
        let [alert] = world.alerts().await.try_into().expect("one alert");
        assert_eq!((alert.state(), alert.outcome().0), ("BLOCKED", "verified"));
        let changes = &alert.alert["report"]["outcomes"][0]["changes"];
        assert_eq!(changes[0]["call"], calls);
        let found = world.iam(&[("Action", shown), ("UserName", "bob")]).await;
        assert!(
            found.contains("arn:aws:iam::aws:policy/AWSDenyAll"),
            "{found}"
        );
    }
}
