//! What IAM, STS and Organizations have and only fakecloud has of the emulators: real pages,
//! quotas, the other kinds of credentials, roles that trust not everybody, root sessions.
//!
//! `make conform` runs these, and the other modules against fakecloud as well.

mod entering;

use aws_sdk_iam::types::StatusType;
use serde_json::Value;

use crate::support::bundles::bundle_with;
use crate::support::emulator::Emulator;
use crate::support::events::find;
use crate::support::proxy::Fault;
use crate::support::stand_in::StandIn;
use crate::support::{World, between};

/// A world of which the emulator is all.
async fn world() -> World {
    let world = World::new().await;
    world.proxy.stand_in(StandIn::step_aside);
    world
}

/// The bodies of the calls of an action.
fn asked(world: &World, action: &str) -> Vec<String> {
    let calls = world.proxy.calls().into_iter();
    let of_action = calls.filter(|call| call.action == action);
    of_action.map(|call| call.body).collect()
}

#[tokio::test]
#[ignore = "needs fakecloud: make conform"]
async fn a_key_is_read_back_from_whichever_page_it_is_on() {
    let world = world().await;
    let first = world.user_with_key("bob").await;
    let second = world.new_key("bob").await;
    let mut function = world.function(Some("enforce")).await;
    world.proxy.breaks("ListAccessKeys", &[Fault::OneOnAPage]);

    for key in [&first, &second] {
        function
            .invoke(&world.key_created("bob", key))
            .await
            .expect("it is contained");

        assert_eq!(world.status("bob", key).await, Some(StatusType::Inactive));
        let [alert] = world.alerts().await.try_into().expect("one alert");
        assert_eq!((alert.state(), alert.outcome().0), ("BLOCKED", "verified"));
    }
    let pages = asked(&world, "ListAccessKeys");
    assert!(
        pages.iter().any(|page| page.contains("&Marker=")),
        "one of the keys is on a second page: {pages:?}"
    );
}

#[tokio::test]
#[ignore = "needs fakecloud: make conform"]
async fn a_user_who_was_renamed_since_is_found_by_the_key() {
    let world = world().await;
    let key = world.user_with_key("bob").await;
    let rename = [
        ("Action", "UpdateUser"),
        ("UserName", "bob"),
        ("NewUserName", "bob2"),
    ];
    world.iam(&rename).await;
    let mut function = world.function(Some("enforce")).await;

    let answered = function.invoke(&world.key_created("bob", &key)).await;

    assert_eq!(answered, Ok(()));
    assert_eq!(world.status("bob2", &key).await, Some(StatusType::Inactive));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let (result, detail) = alert.outcome();
    assert_eq!((alert.state(), result), ("BLOCKED", "verified"));
    let told = "the user is now called bob2; set to Inactive";
    assert!(detail.starts_with(told), "{detail}");
}

/// IAM has no list of the keys of a user who is gone, where ministack has an empty one.
#[tokio::test]
#[ignore = "needs fakecloud: make conform"]
async fn a_user_who_is_gone_is_told_of_and_nothing_is_called_contained() {
    let world = world().await;
    let key = world.user_with_key("bob").await;
    world.delete_key("bob", &key).await;
    world.delete_user("bob").await;
    // AWS answers so for a key that it cannot attribute; fakecloud invents a 404, too.
    world
        .proxy
        .breaks("GetAccessKeyLastUsed", &[Fault::Error(403, "AccessDenied")]);
    let mut function = world.enforcing(&[]).await;
    let mut event = world.key_created("bob", &key);
    let earlier = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(30);
    let earlier = Value::from(earlier.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    event["detail"]["eventTime"] = earlier.clone();
    event["time"] = earlier;

    let answered = function.invoke(&event).await;

    assert_eq!(answered, Ok(()));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let told = "IAM has no user named bob: it was deleted or renamed; find out which";
    assert_eq!(
        (alert.state(), alert.outcome()),
        ("FAILED", ("failed", told))
    );
}

/// Keys that do not work count as well, so a contained user gets no new key before one is deleted;
/// then the re-check finds it.
#[tokio::test]
#[ignore = "needs fakecloud: make conform"]
async fn a_user_with_two_contained_keys_gets_a_third_only_in_place_of_one() {
    let world = world().await;
    let first = world.user_with_key("bob").await;
    let second = world.new_key("bob").await;
    let mut function = world.enforcing(&world.memory().await).await;
    for (number, key) in [&first, &second].into_iter().enumerate() {
        let mut event = world.key_created("bob", key);
        event["detail"]["eventID"] = format!("event-{number}").into();
        function.invoke(&event).await.expect("it is contained");
    }
    for key in [&first, &second] {
        assert_eq!(world.status("bob", key).await, Some(StatusType::Inactive));
    }
    world.alerts().await;

    let create = [("Action", "CreateAccessKey"), ("UserName", "bob")];
    let refused = Emulator::at(&world.proxy.behind)
        .try_query(&world.account, "iam", &create)
        .await
        .expect_err("two are as many as a user may have");
    assert!(refused.contains("<Code>LimitExceeded</Code>"), "{refused}");

    world.delete_key("bob", &first).await;
    // A second later, so that it is younger than the event.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let third = world.new_key("bob").await;
    function
        .invoke(&world.rechecks()[0])
        .await
        .expect("it is contained");

    assert_eq!(
        world.status("bob", &third).await,
        Some(StatusType::Inactive)
    );
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!((alert.state(), alert.severity()), ("BLOCKED", "critical"));
}

/// A kind of credentials other than access keys.
struct Kind {
    step: &'static str,
    /// What makes one.
    made_by: &'static str,
    parameter: (&'static str, &'static str),
    /// The tag of its id in IAM's answer, and the field in CloudTrail's event.
    id: (&'static str, &'static str),
    changed_by: &'static str,
    listed_by: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind {
        step: "deactivate-ssh-key",
        made_by: "UploadSSHPublicKey",
        parameter: ("SSHPublicKeyBody", "ssh-rsa AAAAB3NzaC1yc2E bob"),
        id: ("SSHPublicKeyId", "sSHPublicKeyId"),
        changed_by: "UpdateSSHPublicKey",
        listed_by: "ListSSHPublicKeys",
    },
    Kind {
        step: "deactivate-signing-certificate",
        made_by: "UploadSigningCertificate",
        parameter: (
            "CertificateBody",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        ),
        id: ("CertificateId", "certificateId"),
        changed_by: "UpdateSigningCertificate",
        listed_by: "ListSigningCertificates",
    },
    Kind {
        step: "deactivate-service-credential",
        made_by: "CreateServiceSpecificCredential",
        parameter: ("ServiceName", "codecommit.amazonaws.com"),
        id: ("ServiceSpecificCredentialId", "serviceSpecificCredentialId"),
        changed_by: "UpdateServiceSpecificCredential",
        listed_by: "ListServiceSpecificCredentials",
    },
];

impl Kind {
    /// Makes one for bob, and returns its id.
    async fn make(&self, world: &World) -> String {
        let fields = [
            ("Action", self.made_by),
            ("UserName", "bob"),
            self.parameter,
        ];
        let made = world.iam(&fields).await;
        let (tag, _) = self.id;
        between(&made, &format!("<{tag}>"), &format!("</{tag}>"))
    }

    /// Whether IAM lists it as Active.
    async fn is_active(&self, world: &World, id: &str) -> bool {
        let fields = [("Action", self.listed_by), ("UserName", "bob")];
        let listed = world.iam(&fields).await;
        let members = listed.split("<member>");
        let found: Vec<&str> = members.filter(|member| member.contains(id)).collect();
        assert_eq!(found.len(), 1, "{listed}");
        between(found[0], "<Status>", "</Status>") == "Active"
    }
}

#[tokio::test]
#[ignore = "needs fakecloud: make conform"]
async fn a_credential_of_another_kind_is_deactivated_and_read_back() {
    for kind in KINDS {
        let world = world().await;
        world.user_with_key("bob").await;
        let (id, other) = (kind.make(&world).await, kind.make(&world).await);
        let event = world.example(&format!("iam:{}", kind.made_by));
        let event = event.to_string().replace(&find(&event, kind.id.1), &id);
        let folder = bundle_with(kind.step);
        let mut function = world.enforcing(&[("KEYRAIL_BUNDLE", folder.clone())]).await;

        let answered = function.invoke_bytes(event).await;
        std::fs::remove_dir_all(folder).expect("the bundle can be removed");

        assert_eq!(answered, Ok(()), "{}", kind.step);
        assert!(!kind.is_active(&world, &id).await, "{}", kind.step);
        assert!(kind.is_active(&world, &other).await, "{}", kind.step);
        let actions = world.proxy.actions();
        assert_eq!(actions, [kind.changed_by, kind.listed_by, "Publish"]);
        let [alert] = world.alerts().await.try_into().expect("one alert");
        let (result, detail) = alert.outcome();
        assert_eq!((alert.state(), result), ("BLOCKED", "verified"), "{detail}");
    }
}

/// fakecloud takes inline policies of any size, and AWS 2,048 characters of them for each user (IAM
/// User Guide, "IAM and AWS STS quotas", checked 2026-11-29).
const FULL: Fault = Fault::Error(409, "LimitExceeded");

/// Has keyrail quarantine bob, who has so many managed policies and no room for an inline one;
/// returns the changes that keyrail sent.
async fn quarantined(world: &World, policies: usize) -> Vec<String> {
    let key = world.user_with_key("bob").await;
    for number in 0..policies {
        let made = world
            .iam(&[
                ("Action", "CreatePolicy"),
                ("PolicyName", &format!("policy-{number}")),
                ("PolicyDocument", ALLOWS_LITTLE),
            ])
            .await;
        let arn = between(&made, "<Arn>", "</Arn>");
        let attach = [
            ("Action", "AttachUserPolicy"),
            ("UserName", "bob"),
            ("PolicyArn", &arn),
        ];
        world.iam(&attach).await;
    }
    world.proxy.breaks("PutUserPolicy", &[FULL]);
    let folder = bundle_with("quarantine-user");
    let mut function = world.enforcing(&[("KEYRAIL_BUNDLE", folder.clone())]).await;

    let answered = function.invoke(&world.key_created("bob", &key)).await;
    std::fs::remove_dir_all(folder).expect("the bundle can be removed");

    assert_eq!(answered, Ok(()));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let (result, detail) = alert.outcome();
    assert_eq!((alert.state(), result), ("BLOCKED", "verified"), "{detail}");
    let actions = world.proxy.actions().into_iter();
    let reads = |action: &String| action.starts_with("List") || action.starts_with("Get");
    actions.filter(|action| !reads(action)).collect()
}

const ALLOWS_LITTLE: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}}"#;
const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

#[tokio::test]
#[ignore = "needs fakecloud: make conform"]
async fn an_attached_denial_is_read_back_from_whichever_page_it_is_on() {
    let world = world().await;
    world
        .proxy
        .breaks("ListAttachedUserPolicies", &[Fault::OneOnAPage]);

    let changes = quarantined(&world, 2).await;

    assert_eq!(changes, ["PutUserPolicy", "AttachUserPolicy", "Publish"]);
    let attached = [("Action", "ListAttachedUserPolicies"), ("UserName", "bob")];
    assert!(world.iam(&attached).await.contains(DENY_ALL));
    // Three policies: the first page, and two that go on from a marker.
    let pages = asked(&world, "ListAttachedUserPolicies");
    let later = pages.iter().filter(|page| page.contains("&Marker="));
    assert!(later.count() >= 2, "{pages:?}");
}

/// A user has ten managed policies at most (IAM User Guide, "IAM and AWS STS quotas", checked
/// 2026-11-29).
#[tokio::test]
#[ignore = "needs fakecloud: make conform"]
async fn a_user_with_no_room_for_a_policy_is_denied_by_a_boundary() {
    let world = world().await;

    let changes = quarantined(&world, 10).await;

    let sent = [
        "PutUserPolicy",
        "AttachUserPolicy",
        "PutUserPermissionsBoundary",
        "Publish",
    ];
    assert_eq!(changes, sent);
    let user = [("Action", "GetUser"), ("UserName", "bob")];
    let user = world.iam(&user).await;
    let boundary = between(&user, "<PermissionsBoundary>", "</PermissionsBoundary>");
    assert!(boundary.contains(DENY_ALL), "{user}");
}
