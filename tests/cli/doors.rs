//! Ways to long-lived access, and events that used to be judged wrongly: `expected.json` says for each
//! what is violated, how bad it is, which steps follow, and what the alert says.

use serde_json::{Value, json};

use crate::{explained, fixture, ran};

fn expected() -> Vec<Value> {
    let text = std::fs::read(fixture("doors/expected.json")).expect("the file can be read");
    serde_json::from_slice(&text).expect("it is JSON")
}

fn ids(list: &Value, name: &str) -> Value {
    let list = list.as_array().into_iter().flatten();
    list.map(|item| item[name].clone()).collect()
}

#[test]
fn each_is_judged_as_it_should_be() {
    for row in expected() {
        let file = row["file"].as_str().expect("it names a file");
        let event = std::fs::read_to_string(fixture(&format!("doors/{file}")));
        let report = explained(&event.expect("the file can be read"), &[]);
        let verdict = &report["verdict"];
        let plan = report["plan"].as_array().into_iter().flatten();
        let plan: Value = plan
            .map(|step| json!([step["step"], step["withheld"]]))
            .collect();
        let actual = json!({
            "file": file,
            "severity": verdict["severity"],
            "violated": ids(&verdict["violated"], "id"),
            "undecided": ids(&verdict["undecided"], "policy"),
            "plan": plan,
            "says": row["says"],
            "never": row["never"],
        });
        assert_eq!(actual, row);
    }
}

#[test]
fn each_alert_says_what_it_should_and_nothing_that_misleads() {
    let mut said = 0;
    for row in expected() {
        let file = row["file"].as_str().expect("it names a file");
        let texts = |name: &str| -> Vec<String> {
            let list = row[name].as_array().into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (says, never) = (texts("says"), texts("never"));
        if says.is_empty() && never.is_empty() {
            continue;
        }
        let preview = ran(&["alert", "preview", &fixture(&format!("doors/{file}"))]);
        for text in says {
            assert!(
                preview.stdout.contains(&text),
                "{file}: {text}\n{}",
                preview.stdout
            );
            said += 1;
        }
        for text in never {
            assert!(
                !preview.stdout.contains(&text),
                "{file}: {text}\n{}",
                preview.stdout
            );
        }
    }
    assert!(said > 40, "{said}");
}

/// In order.
#[test]
fn every_file_has_its_row() {
    let folder = std::fs::read_dir(fixture("doors")).expect("the folder can be read");
    let mut files: Vec<String> = folder
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter(|file| file != "expected.json")
        .collect();
    files.sort();
    let rows: Vec<String> = expected()
        .iter()
        .filter_map(|row| row["file"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(files, rows);
}
