//! A rolling upgrade: what the version before this one has written for itself and for others is
//! understood, and what this one writes has the shape that the version before understands.
//!
//! `tests/fixtures/upgrade` holds what the version before has written.

mod artefacts;
mod fixture;
mod items;
mod messages;
mod scene;

use self::artefacts::Artefacts;
use self::scene::Scene;

/// Writes the fixtures anew, by the function that `KEYRAIL_BOOTSTRAP` names and the command that
/// `KEYRAIL_BIN` names: those of the version that is to be upgraded from.
#[tokio::test]
#[ignore = "it writes the fixtures anew"]
async fn the_fixtures_are_written() {
    let mut all = artefacts::all().await;
    artefacts::releases(&mut all).await;
    fixture::write(&all);
}

/// During an upgrade the version before gets what this one has written. It refuses a message with a
/// field that it does not know, and misses one that it needs: neither may be added or left out.
#[tokio::test]
async fn what_this_version_writes_has_the_shape_that_the_one_before_writes() {
    let mut written = artefacts::all().await;
    let before = ["messages", "items", "letters"].map(fixture::all_in);
    let before: Artefacts = before.into_iter().flatten().collect();
    // The command writes releases: `tests/emulator/test_undo.py` compares those.
    let by_function = before
        .iter()
        .filter(|(name, _)| !name.contains("memory-released"));
    let mut compared = 0;
    for (name, before) in by_function {
        let now = written.remove(name);
        let now = now.unwrap_or_else(|| panic!("{name} is not written any more"));
        assert_eq!(fixture::shape(&now), fixture::shape(before), "{name}");
        compared += 1;
    }
    assert!(compared > 30, "{compared}");
    let not_kept = written.keys().find(|name| !name.starts_with("alerts/"));
    assert_eq!(
        not_kept, None,
        "it is written, and there is no fixture of it"
    );
}

/// A report may have more fields than before, which whoever reads it passes over, but none less.
#[tokio::test]
async fn alerts_have_the_fields_that_they_had() {
    let written = artefacts::all().await;
    for (name, before) in fixture::all_in("alerts") {
        let missing = fixture::missing(&written[&name], &before);
        assert_eq!(missing, Vec::<String>::new(), "{name}");
    }
}

/// The function of a deployment that is upgraded before its bundle is: policies can say more since,
/// so that the stamp no longer says that all of it is valid.
#[tokio::test]
async fn a_bundle_that_the_version_before_has_stamped_is_validated_again_and_guards() {
    let mut scene = Scene::of_key(Some("../upgrade/bundle")).await;
    let event = scene.event.clone();
    let answered = scene.function.invoke(&event).await;
    answered.expect("it is contained");
    let log = scene.function.stop().await;
    assert!(log.contains("\"violated\":\"key\""), "{log}");
    assert!(
        log.contains("the bundle has no stamp of this version"),
        "{log}"
    );
    assert!(!log.contains("default bundle"), "{log}");
}
