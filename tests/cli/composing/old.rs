//! A bundle that `init` wrote before bundles could build on the default one, in
//! `tests/fixtures/upgrade/full-bundle`, and the verdicts that keyrail gave with it then.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use keyrail_core::plan::Step;
use keyrail_core::{Bundle, Circumstances, Event, Mode, examine};
use serde_json::{Value, json};

use crate::{fixture, ran, sample};

/// All of its files that judging reads.
fn files() -> Vec<(String, String)> {
    let folder = PathBuf::from(fixture("upgrade/full-bundle"));
    let read = |file: String| {
        let text = fs::read_to_string(folder.join(&file)).expect("the file can be read");
        (file, text)
    };
    let mut files = vec![read("keyrail.toml".to_owned())];
    for below in ["guardrails", "exemptions"] {
        let names = fs::read_dir(folder.join(below)).expect("the folder can be read");
        files.extend(names.map(|entry| {
            let name = entry.expect("the folder can be read").file_name();
            read(format!("{below}/{}", name.to_string_lossy()))
        }));
    }
    files
}

fn event(name: &str) -> Vec<u8> {
    match Path::new(name).extension() {
        Some(_) => fs::read(fixture(&format!("events/{name}"))).expect("the file can be read"),
        None => sample(name, &[]).into_bytes(),
    }
}

/// What `explain --mode enforce --format json` says, in short.
fn verdict(bundle: &Bundle, bytes: &[u8]) -> Value {
    let event = Event::parse(bytes).expect("it holds one event");
    let report = examine(event, bundle, &Circumstances::in_mode(Mode::Enforce));
    let step = |step: &Step| match (&step.name, &step.decision) {
        (name, Ok(_)) => name.to_string(),
        (name, Err(why)) => {
            let why = serde_json::to_value(why).expect("it is JSON");
            format!("{name}: {}", why.as_str().unwrap_or_default())
        }
    };
    let verdict = &report.verdict;
    json!({
        "violated": verdict.violated.iter().map(|found| &found.id).collect::<Vec<_>>(),
        "undecided": verdict.undecided.iter().map(|found| &found.policy).collect::<Vec<_>>(),
        "severity": verdict.severity,
        "plan": report.plan.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

#[test]
fn an_old_bundle_gives_the_verdicts_that_it_gave() {
    let bundle = Bundle::load(&files()).expect("it loads");
    assert_eq!(bundle.version, "5a917f7af36faa55");
    let expected = fs::read(fixture("upgrade/full-bundle.verdicts.json"));
    let expected: BTreeMap<String, Value> =
        serde_json::from_slice(&expected.expect("the file can be read")).expect("it is JSON");
    assert!(expected.len() > 200);
    let mut wrong = Vec::new();
    for (name, expected) in expected {
        let actual = verdict(&bundle, &event(&name));
        if actual != expected {
            wrong.push(format!("{name}:\n  {expected}\n  {actual}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_old_bundle_is_valid_and_passes_its_tests() {
    let path = fixture("upgrade/full-bundle");
    let validated = ran(&["validate", &path]);
    assert_eq!(
        validated.stdout,
        "valid: 29 guardrails, 0 exemptions; version 5a917f7af36faa55\n"
    );
    // An MFA device that is assigned cannot be deleted, and so nothing is weakened by that.
    let tested = ran(&["test", &path, "--require-coverage"]);
    assert_eq!(tested.status, 1, "{}", tested.stdout);
    assert!(
        tested
            .stdout
            .contains("an MFA device that is taken away is told: deleted")
    );
    assert!(tested.stdout.ends_with(" passed, 1 failed\n"));
}

/// Nothing changes it but its owner: an upgrade says what the default bundle has otherwise.
#[test]
fn an_old_bundle_is_held_against_the_default_one_by_its_ids() {
    let path = fixture("upgrade/full-bundle");
    let upgrade = ran(&["upgrade", &path, "--format", "json"]);
    assert_eq!(
        upgrade.status, 1,
        "its own test of a deleted MFA device fails"
    );
    let upgrade: Value = serde_json::from_str(&upgrade.stdout).expect("it is JSON");
    assert_eq!(upgrade["lost"].as_array().map(Vec::len), Some(1));
    crate::schema::is_of_the_schema("upgrade", &upgrade);
    assert_eq!(upgrade["against"], "copy");
    let text = ran(&["upgrade", &path]);
    assert!(
        text.stdout
            .starts_with("The bundle does not build on the default one"),
        "{}",
        text.stdout
    );
}
