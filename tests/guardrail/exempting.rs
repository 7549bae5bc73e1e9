//! Exemptions, and those among them that depend on what IAM knows of a user.

use aws_sdk_iam::types::StatusType;

use crate::support::World;
use crate::support::bundles::bundle_with;
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

#[tokio::test]
async fn a_group_and_an_attached_policy_that_exempt_are_looked_up() {
    let world = World::new().await;
    let group = [("Action", "CreateGroup"), ("GroupName", "builders")];
    world.iam(&group).await;
    let mut keys = Vec::new();
    for user in ["builder", "reader", "bob"] {
        keys.push((user, world.user_with_key(user).await));
    }
    let member = [("Action", "AddUserToGroup"), ("GroupName", "builders")];
    world
        .iam(&[&member[..], &[("UserName", "builder")]].concat())
        .await;
    let reads = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let attached = [("Action", "AttachUserPolicy"), ("PolicyArn", reads)];
    world
        .iam(&[&attached[..], &[("UserName", "reader")]].concat())
        .await;
    let folder = bundle_with("deactivate-key");
    let known = format!("[accounts.{}]\nname = \"tests\"\n", world.account);
    std::fs::write(format!("{folder}/keyrail.toml"), known).expect("the file can be written");
    let exemptions = format!("{folder}/exemptions");
    std::fs::create_dir(&exemptions).expect("the folder can be made");
    let exemption = format!(
        "@id(\"builders\") @exempts(\"one-step\") @reason(\"A test\") @owner(\"build@example.com\") @expires(\"2099-12-31\")\n\
         permit (principal, action in Action::\"issue-access-key\", resource is AccessKey) when {{ resource has owner && (\n\
         resource.owner in Group::\"arn:aws:iam::{}:group/builders\" || resource.owner has policies && resource.owner.policies.contains(\"{reads}\")) }};\n",
        world.account
    );
    std::fs::write(format!("{exemptions}/a.cedar"), exemption).expect("the file can be written");
    let mut function = world.enforcing(&[("KEYRAIL_BUNDLE", folder.clone())]).await;

    for (user, key) in &keys {
        let answered = function.invoke(&world.key_created(user, key)).await;
        assert_eq!(answered, Ok(()));
    }

    std::fs::remove_dir_all(folder).expect("the bundle can be removed");
    let mut active = Vec::new();
    for (user, key) in &keys {
        active.push(world.status(user, key).await == Some(StatusType::Active));
    }
    assert_eq!(active, [true, true, false]);
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
