//! Bundles that build on the default one.

use aws_sdk_iam::types::StatusType;

use crate::reported::notice;
use crate::support::World;
use crate::support::bundles::bundle_of_settings;
use crate::support::delivered::Delivered;

/// One guardrail enforces, and the others observe; nothing but settings was deployed.
#[tokio::test]
async fn one_guardrail_enforces_while_the_others_observe() {
    let world = World::new().await;
    let (bobs, carols) = (
        world.user_with_key("bob").await,
        world.user_with_key("carol").await,
    );
    let folder = bundle_of_settings(
        "[default]\nmode = \"observe\"\n[guardrails.access-key-issued]\nmode = \"enforce\"\n",
    );
    let mut function = world.function_with("KEYRAIL_BUNDLE", &folder).await;

    let created = function.invoke(&world.key_created("bob", &bobs)).await;
    let exposed = function.invoke(&notice(&world, &[&carols])).await;

    assert_eq!((created, exposed), (Ok(()), Ok(())));
    assert_eq!(world.status("bob", &bobs).await, Some(StatusType::Inactive));
    assert_eq!(
        world.status("carol", &carols).await,
        Some(StatusType::Active)
    );
    let alerts = world.alerts().await;
    let mut states: Vec<&str> = alerts.iter().map(Delivered::state).collect();
    states.sort_unstable();
    assert_eq!(states, ["BLOCKED", "DRY-RUN"]);
    for alert in &alerts {
        let bundle = alert.alert["report"]["bundle"].as_str().unwrap_or_default();
        let keyrail = format!(" on keyrail {}", env!("CARGO_PKG_VERSION"));
        assert!(bundle.ends_with(&keyrail), "{bundle}");
    }
}

/// What cannot be composed leaves the default bundle, and is told.
#[tokio::test]
async fn a_composition_that_is_not_valid_leaves_the_default_bundle() {
    let world = World::new().await;
    let folder = bundle_of_settings("[default]\nwithout = [\"root-console-signin\"]\n");
    let mut function = world.function_with("KEYRAIL_BUNDLE", &folder).await;

    let answered = function.invoke(&world.sample("root-sign-in")).await;

    assert_eq!(answered, Ok(()));
    let alerts = world.alerts().await;
    assert_eq!(alerts.len(), 2);
    let log = function.stop().await;
    assert!(
        log.contains("the default bundle has no guardrail `root-console-signin`"),
        "{log}"
    );
}
