//! What keyrail writes: reports, alerts and diagnostics.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use keyrail_core::alert::Alert;
use keyrail_core::change::Change;
use keyrail_core::outcome::{Outcome, OutcomeResult};
use keyrail_core::report::{Report, Source};
use keyrail_core::words::StepName;
use keyrail_core::{Bundle, Circumstances, Event, Mode, examine};
use serde_json::{Value, json};

use super::validator::errors;
use super::{GUARDRAILS, objects, printed, schema};
use crate::{Folder, fixture, ran};

#[test]
fn every_event_has_a_report_that_the_schema_takes() {
    let bundle = Bundle::embedded().expect("the default bundle loads");
    let taxonomy = ran(&["taxonomy", "--format", "json"]).json();
    let examples = taxonomy.as_array().into_iter().flatten();
    let examples = examples.flat_map(|row| row["examples"].as_array().into_iter().flatten());
    let fixtures = fs::read_dir(fixture("events")).expect("the folder can be read");
    let fixtures = fixtures.map(|entry| entry.expect("the folder can be read").path());
    let mut events: Vec<(String, Vec<u8>)> = fixtures
        .filter(|path| !path.ends_with("expected.json"))
        .map(|path| {
            let bytes = fs::read(&path).expect("the file can be read");
            (path.to_string_lossy().into_owned(), bytes)
        })
        .collect();
    events.extend(examples.map(|example| {
        let event = example["event"].to_string();
        (event.clone(), event.into_bytes())
    }));
    let circumstances = Circumstances::in_mode(Mode::Observe);
    let reports: Vec<Value> = events
        .iter()
        .map(|(_, bytes)| {
            let event = Event::parse(bytes).expect("it holds one event");
            json!(examine(event, &bundle, &circumstances))
        })
        .collect();
    assert!(reports.len() > 300, "{}", reports.len());
    let wrong: Vec<String> = errors(&schema("report"), &reports)
        .into_iter()
        .zip(&events)
        .filter_map(|(error, (name, _))| Some(format!("{name}: {}", error?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_alert_is_one_that_the_schema_takes() {
    let bundle = Bundle::embedded().expect("the default bundle loads");
    let mut reports = vec![full_report()];
    for mode in [Mode::Enforce, Mode::Observe] {
        for file in ["access-key-created-for-other.json", "detail-missing.json"] {
            reports.push(report(file, &bundle, &Circumstances::in_mode(mode)));
        }
    }
    for result in [
        OutcomeResult::Accepted,
        OutcomeResult::Already,
        OutcomeResult::Failed,
        OutcomeResult::Verified,
        OutcomeResult::Withheld,
    ] {
        let mut report = report(
            "access-key-created-for-other.json",
            &bundle,
            &Circumstances::in_mode(Mode::Enforce),
        );
        report.outcomes = vec![outcome(result)];
        reports.push(report);
    }
    let alerts: Vec<Value> = reports
        .iter()
        .map(|report| json!(Alert::compose(report)))
        .collect();
    let states: BTreeSet<&str> = alerts
        .iter()
        .filter_map(|alert| alert["state"].as_str())
        .collect();
    assert_eq!(states.len(), 5);
    assert_eq!(errors(&schema("alert"), &alerts), vec![None; alerts.len()]);
}

/// Without any one of its keys, with one more, or with another word where one of
/// several is due.
#[test]
fn whatever_is_otherwise_than_written_is_refused() {
    let report = full_report();
    for (name, document) in [
        ("alert", json!(Alert::compose(&report))),
        ("report", json!(report)),
        ("diagnostics", mistakes()),
    ] {
        let mut places = vec!["the document as it is".to_owned()];
        let mut documents = vec![document.clone()];
        for (place, object) in objects(&document) {
            for key in object.as_object().into_iter().flatten().map(|(key, _)| key) {
                places.push(format!("{place}/{key} is missing"));
                documents.push(with(&document, &place, |object| {
                    object.remove(key);
                }));
            }
            places.push(format!("{place}/surplus"));
            documents.push(with(&document, &place, |object| {
                object.insert("surplus".to_owned(), Value::Null);
            }));
            for key in [
                "kind", "mode", "result", "schema", "severity", "state", "step",
            ] {
                if object.get(key).is_some() {
                    places.push(format!("{place}/{key} is wrong"));
                    documents.push(with(&document, &place, |object| {
                        object.insert(key.to_owned(), json!("wrong"));
                    }));
                }
            }
        }
        let taken: Vec<String> = errors(&schema(name), &documents)
            .into_iter()
            .zip(places)
            .filter_map(|(error, place)| error.is_none().then_some(place))
            .collect();
        assert_eq!(taken, ["the document as it is"], "{name}");
    }
}

#[test]
fn nothing_wrong_is_an_empty_list() {
    let folder = Folder::new("valid");
    folder.write("guardrails/a.cedar", GUARDRAILS);
    let ran = ran(&["validate", &folder.path(), "--format", "json"]);
    assert_eq!(ran.json()["diagnostics"], json!([]));
    assert_eq!(errors(&schema("diagnostics"), &[ran.json()]), [None]);
}

fn report(file: &str, bundle: &Bundle, circumstances: &Circumstances) -> Report {
    let bytes = fs::read(fixture(&format!("events/{file}"))).expect("the file can be read");
    let event = Event::parse(&bytes).expect("the file holds one event");
    examine(event, bundle, circumstances)
}

/// A report in which no list is empty, and nothing null that could be an object.
fn full_report() -> Report {
    let files = [
        ("guardrails/a.cedar", GUARDRAILS),
        ("exemptions/a.cedar", EXEMPTIONS),
        ("keyrail.toml", NETWORKS),
    ];
    let owned = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let bundle = Bundle::load(&owned).expect("the bundle loads");
    let mut report = report(
        "sign-in-without-mfa-field.json",
        &bundle,
        &Circumstances::of(&bundle),
    );
    report.source = Some(Source {
        file: PathBuf::from("log.json"),
        index: 7,
    });
    report.outcomes = vec![outcome(OutcomeResult::Failed)];
    let json = json!(report);
    for place in [
        "/activity/groups",
        "/activity/unknown",
        "/activity/origin/networks",
        "/verdict/violated",
        "/verdict/exempted",
        "/verdict/expired",
        "/verdict/undecided",
        "/plan",
    ] {
        assert_ne!(json.pointer(place), Some(&json!([])), "{place}");
    }
    report
}

fn outcome(result: OutcomeResult) -> Outcome {
    Outcome {
        step: StepName::DeactivateKey,
        result,
        detail: "a sentence".to_owned(),
        attempts: 1,
        millis: 42,
        account: "111122223333".parse().ok(),
        changes: vec![Change::DeletePassword {
            user: "bob".parse().expect("a user"),
        }],
        retry: false,
        is_user_missing: false,
        holds: None,
        tried: None,
        at: None,
        evidence: None,
        owner: None,
    }
}

/// The diagnostics of a bundle with many mistakes.
fn mistakes() -> Value {
    let folder = Folder::new("mistakes");
    folder.write(
        "guardrails/a.cedar",
        "@id(\"a\") permit (principal, action, resource);\nforbid (principal, action",
    );
    folder.write("guardrails/b.cedar", GUARDRAILS);
    folder.write("guardrails/readme.txt", "");
    folder.write("exemptions/c.cedar", "@id(\"c\") @exempts(\"violaetd\") @reason(\"R\") @owner(\"O\") @expires(\"2026-01-01\") permit (principal is Root, action, resource);");
    folder.write("keyrail.toml", "mdoe = \"observe\"\nlanguage = \"ja\"\n");
    folder.write("organization.json", "{\"accounts\": [{\"id\": \"1\"}]}");
    folder.write("tests/a.yaml", "tests:\n- name: a\n  sample: nothing\n");
    folder.write("tests/b.yaml", "tests:\n- {}\n");
    let ran = ran(&["validate", &folder.path(), "--format", "json"]);
    assert_eq!(ran.status, 1);
    let printed = printed(&ran);
    let found = printed.pointer("/diagnostics").and_then(Value::as_array);
    let found = found.map_or(0, Vec::len);
    assert!(found > 8, "{printed}");
    printed
}

/// A document with one of its objects changed.
fn with(
    document: &Value,
    place: &str,
    change: impl FnOnce(&mut serde_json::Map<String, Value>),
) -> Value {
    let mut document = document.clone();
    let object = document.pointer_mut(place).and_then(Value::as_object_mut);
    change(object.expect("there is an object"));
    document
}

const EXEMPTIONS: &str = r#"
@id("valid") @exempts("exempted") @reason("R") @owner("O") @expires("2999-12-31")
permit (principal, action in Action::"sign-in", resource);
@id("old") @exempts("violated") @reason("R") @owner("O") @expires("2020-12-31")
permit (principal, action in Action::"sign-in", resource);
@id("doubtful") @exempts("violated") @reason("R") @owner("O") @expires("2999-12-31")
permit (principal, action in Action::"sign-in", resource) when { context has mfa && context.mfa };
"#;

const NETWORKS: &str = r#"
[networks]
ipv4 = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]
ipv6 = ["2001:db8::/32"]
"#;
