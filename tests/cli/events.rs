//! Every shape of event in `tests/fixtures/events`: what it is taken for, and what
//! would follow. `expected.json` says so by AWS's documentation.

use std::collections::BTreeSet;
use std::path::Path;

use keyrail_core::{Bundle, Circumstances, Event, Mode, examine};
use serde_json::{Value, json};

use crate::{fixture, ids, keyrail};

/// A line of the table: what is expected of an event.
struct Row {
    file: String,
    /// For `keyrail explain`, after the file; paths in them are below `tests/fixtures`.
    arguments: Vec<String>,
    expected: Value,
}

#[test]
fn every_event_has_a_row_and_every_row_an_event() {
    let entries = std::fs::read_dir(fixture("events")).expect("the folder can be read");
    let mut files: BTreeSet<String> = entries
        .map(|entry| entry.expect("the folder can be read").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    files.remove("expected.json");
    let rows: BTreeSet<String> = rows().into_iter().map(|row| row.file).collect();
    assert_eq!(rows, files);
}

/// What takes time is loading the bundle, so here it is loaded once. The next test
/// shows that the command says the same.
#[test]
fn every_event_is_explained_as_its_row_says() {
    let bundle = Bundle::embedded().expect("the default bundle loads");
    let circumstances = Circumstances::in_mode(Mode::Observe);
    let wrong: Vec<String> = rows()
        .iter()
        .filter(|row| row.arguments.is_empty())
        .filter_map(|row| {
            let report = examine(event(row), &bundle, &circumstances);
            difference(row, &serde_json::to_value(report).expect("it is JSON"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nothing but the mode stands between what a row withholds for it and doing that.
#[test]
fn enforcing_takes_the_steps_that_observing_withholds() {
    let bundle = Bundle::embedded().expect("the default bundle loads");
    let circumstances = Circumstances::in_mode(Mode::Enforce);
    for row in rows().iter().filter(|row| row.arguments.is_empty()) {
        let report = examine(event(row), &bundle, &circumstances);
        let report = serde_json::to_value(report).expect("it is JSON");
        let steps = row.expected["plan"].as_array().into_iter().flatten();
        let taken: Vec<Value> = steps
            .map(|step| match step[1] == "observe" {
                true => json!([step[0], null]),
                false => step.clone(),
            })
            .collect();
        assert_eq!(summary(&report)["plan"], json!(taken), "{}", row.file);
    }
}

/// The rows with arguments, and one of each kind without.
#[test]
fn the_command_says_what_the_rows_say() {
    let mut kinds = BTreeSet::new();
    let wrong: Vec<String> = rows()
        .iter()
        .filter(|row| !row.arguments.is_empty() || kinds.insert(row.expected["kind"].to_string()))
        .filter_map(|row| {
            let file = path(row);
            let mut command = keyrail(&["explain", &file, "--format", "json"]);
            command.args(&row.arguments).current_dir(fixture(""));
            let output = command.output().expect("the command runs");
            let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
            difference(row, &report)
        })
        .collect();
    assert_eq!(kinds.len(), 7);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn rows() -> Vec<Row> {
    let text = std::fs::read(fixture("events/expected.json")).expect("the file can be read");
    let rows: Vec<Value> = serde_json::from_slice(&text).expect("it is a list");
    let row = |mut row: Value| {
        let fields = row.as_object_mut().expect("each row is an object");
        let mut take = |name: &str| fields.remove(name).expect("each row has its keys");
        Row {
            file: serde_json::from_value(take("file")).expect("it is a text"),
            arguments: serde_json::from_value(take("arguments")).expect("they are texts"),
            expected: row,
        }
    };
    rows.into_iter().map(row).collect()
}

fn event(row: &Row) -> Event {
    let bytes = std::fs::read(path(row)).expect("the file can be read");
    Event::parse(&bytes).expect("the file holds one event")
}

fn path(row: &Row) -> String {
    Path::new(&fixture("events"))
        .join(&row.file)
        .to_string_lossy()
        .into_owned()
}

/// The keys in which a report differs from its row; none if it does not.
fn difference(row: &Row, report: &Value) -> Option<String> {
    let found = summary(report);
    let keys = |value: &Value| -> BTreeSet<String> {
        let object = value.as_object();
        object
            .into_iter()
            .flatten()
            .map(|(key, _)| key.clone())
            .collect()
    };
    let lines: Vec<String> = keys(&row.expected)
        .union(&keys(&found))
        .filter(|key| row.expected.get(key) != found.get(key))
        .map(|key| {
            let (expected, got) = (row.expected.get(key), found.get(key));
            let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            format!("  {key}: expected {}, got {}", text(expected), text(got))
        })
        .collect();
    let heading = format!("{} {:?}", row.file, row.arguments);
    (!lines.is_empty()).then(|| format!("{heading}\n{}", lines.join("\n")))
}

/// A report in the words of a row.
fn summary(report: &Value) -> Value {
    let (activity, verdict) = (&report["activity"], &report["verdict"]);
    let (actor, target) = (&activity["actor"], &activity["target"]);
    let steps = report["plan"].as_array().into_iter().flatten();
    let unknown = activity["unknown"].as_array().into_iter().flatten();
    json!({
        "kind": activity["kind"],
        "action": activity["action"],
        "account": activity["account"],
        "succeeded": activity.pointer("/outcome/succeeded"),
        "actor": {
            "kind": actor["kind"],
            "name": actor["name"],
            "account": actor["account"],
            "root_session": actor["root_session"],
        },
        "mfa": actor["mfa"],
        "target": {
            "kind": target["kind"],
            "user": target["user"],
            "is_root": target["is_root"],
            "key": target["access_key_id"],
        },
        "groups": activity["groups"],
        "unknown": unknown.filter_map(Value::as_str).map(without_size).collect::<Vec<_>>(),
        "violated": ids(&verdict["violated"], "id"),
        "undecided": ids(&verdict["undecided"], "policy"),
        "plan": steps.map(|step| json!([step["step"], step["withheld"]])).collect::<Vec<_>>(),
    })
}

/// Why an event is not recognised, without the size and digest of its file.
fn without_size(reason: &str) -> &str {
    reason.split(" (").next().unwrap_or(reason)
}
