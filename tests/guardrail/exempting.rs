//! Exemptions, and those among them that depend on what IAM knows of a user.

use aws_sdk_iam::types::StatusType;

use crate::support::World;
use crate::support::proxy::Fault;

const BUNDLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/bundles/bots-exempt"
);

#[tokio::test]
async fn a_tag_that_exempts_is_looked_up_before_anything_is_done() {
    let world = World::new().await;
    let (bot, person) = (
        world.user_with_key("bot").await,
        world.user_with_key("bob").await,
    );
    world.tag("bot", "bot", "yes").await;
    let mut function = world.function_with("KEYRAIL_BUNDLE", BUNDLE).await;

    for (user, key) in [("bot", &bot), ("bob", &person)] {
        let answered = function.invoke(&world.key_created(user, key)).await;
        assert_eq!(answered, Ok(()));
    }

    assert_eq!(world.status("bot", &bot).await, Some(StatusType::Active));
    assert_eq!(
        world.status("bob", &person).await,
        Some(StatusType::Inactive)
    );
    let [alert] = world.alerts().await.try_into().expect("one alert");
    assert_eq!(alert.state(), "BLOCKED");
    let verdict = &alert.alert["report"]["verdict"];
    assert_eq!(verdict["undecided"], serde_json::json!([]));
}

/// What cannot be looked up exempts nobody, and is told.
#[tokio::test]
async fn a_look_up_that_is_denied_exempts_nobody() {
    let world = World::new().await;
    let key = world.user_with_key("bot").await;
    world.tag("bot", "bot", "yes").await;
    world
        .proxy
        .breaks("ListUserTags", &[Fault::Error(403, "AccessDenied")]);
    let mut function = world.function_with("KEYRAIL_BUNDLE", BUNDLE).await;

    let answered = function.invoke(&world.key_created("bot", &key)).await;

    assert_eq!(answered, Ok(()));
    assert_eq!(world.status("bot", &key).await, Some(StatusType::Inactive));
    let [alert] = world.alerts().await.try_into().expect("one alert");
    let undecided = &alert.alert["report"]["verdict"]["undecided"];
    assert_eq!(undecided[0]["policy"], "bots");
    assert_eq!(undecided[0]["kind"], "exemption");
    let error = undecided[0]["error"].as_str().unwrap_or_default();
    let told = "reads `tags`, which could not be looked up: iam:ListUserTags: AccessDenied";
    assert!(error.starts_with(told), "{error}");
}

/// A user who was just made may have tags although IAM does not know the user yet.
#[tokio::test]
async fn a_user_who_is_too_new_to_be_known_is_looked_up_again() {
    let world = World::new().await;
    let key = world.user_with_key("bot").await;
    world.tag("bot", "bot", "yes").await;
    let unknown = Fault::Error(404, "NoSuchEntity");
    world
        .proxy
        .breaks("ListUserTags", &[unknown.clone(), unknown, Fault::None]);
    let mut function = world.function_with("KEYRAIL_BUNDLE", BUNDLE).await;

    let answered = function.invoke(&world.key_created("bot", &key)).await;

    assert_eq!(answered, Ok(()));
    assert_eq!(world.status("bot", &key).await, Some(StatusType::Active));
    assert_eq!(world.alerts().await.len(), 0, "it is exempt");
}
