//! `keyrail undo`, up to the point where it would call AWS.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::schema::is_of_the_schema;
use crate::{Ran, fixture, keys, ran, ran_with};

const KEY: &str = "AKIAI44QH8DHBEXAMPLE";
const EXPECTED: &str =
    "expected a `keyrail.report/v1`, or the `keyrail.alert/v1` that holds one, as JSON";

fn path() -> String {
    fixture("reports/contained.json")
}

fn report() -> Value {
    let text = fs::read_to_string(path()).expect("the fixture can be read");
    serde_json::from_str(&text).expect("it is JSON")
}

fn undone(report: &Value, more: &[&str]) -> Ran {
    let arguments = [&["undo", "-"], more].concat();
    ran_with(&arguments, report.to_string().as_bytes())
}

#[test]
fn the_calls_are_printed_the_last_change_first_and_the_rest_is_a_comment() {
    let ran = ran(&["undo", &path()]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let lines = ran.stdout.lines();
    let calls: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert_eq!(
        calls,
        [
            "aws iam put-user-permissions-boundary --user-name bob --permissions-boundary arn:aws:iam::111122223333:policy/developers",
            "aws iam delete-user-policy --user-name bob --policy-name KeyrailQuarantine",
            "aws iam update-access-key --user-name bob --access-key-id AKIAI44QH8DHBEXAMPLE --status Active",
        ]
    );
    assert!(
        ran.stdout.contains(
            "\n# user bob: password deleted\n# the old password cannot be restored; a new one can be set\n#   \
             aws iam create-login-profile --user-name bob --password-reset-required\n"
        ),
        "{}",
        ran.stdout
    );
}

#[test]
fn an_alert_holds_a_report() {
    let alert = json!({"schema": "keyrail.alert/v1", "state": "BLOCKED", "report": report()});
    assert_eq!(undone(&alert, &[]), ran(&["undo", &path()]));
}

#[test]
fn for_programs_there_is_json() {
    let undone = ran(&["undo", &path(), "--format", "json"]).json();
    assert_eq!(
        keys(&undone),
        ["account", "applied", "event", "schema", "steps"]
    );
    assert_eq!(undone["schema"], "keyrail.undo/v1");
    is_of_the_schema("undo", &undone);
    assert_eq!(undone["event"], "e0f1a2b3-1111-4c5d-9e8f-000000000001");
    assert_eq!(undone["account"], "111122223333");
    assert_eq!(undone["applied"], false);
    let steps = undone["steps"].as_array().expect("there are steps");
    let results: Vec<&Value> = steps.iter().map(|step| &step["result"]).collect();
    assert_eq!(results, ["impossible", "printed", "printed", "printed"]);
    assert_eq!(
        steps.last(),
        Some(&json!({
            "undoes": {"call": "iam:UpdateAccessKey", "user": "bob", "key": KEY, "status": "Inactive"},
            "call": "aws iam update-access-key --user-name bob --access-key-id AKIAI44QH8DHBEXAMPLE --status Active",
            "result": "printed",
            "detail": null,
        }))
    );
}

#[test]
fn where_nothing_was_made_there_is_nothing_to_undo() {
    let mut report = report();
    report["outcomes"] = json!([]);
    for more in [&[][..], &["--apply", "--yes"]] {
        let ran = undone(&report, more);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains("nothing to undo"), "{}", ran.stdout);
    }
    let undone = undone(&report, &["--format", "json"]).json();
    assert_eq!(
        (&undone["account"], &undone["steps"]),
        (&Value::Null, &json!([]))
    );
}

#[test]
fn a_key_that_was_deleted_too_does_not_come_back() {
    let mut report = report();
    report["outcomes"] = json!([{
        "step": "delete-key", "result": "verified", "account": "111122223333", "changes": [
            {"call": "iam:UpdateAccessKey", "user": "bob", "key": KEY, "status": "Inactive"},
            {"call": "iam:DeleteAccessKey", "user": "bob", "key": KEY},
        ],
    }]);
    let undone = undone(&report, &["--format", "json"]).json();
    for step in undone["steps"].as_array().expect("there are steps") {
        assert_eq!(
            (&step["result"], &step["call"]),
            (&json!("impossible"), &Value::Null)
        );
    }
}

#[test]
fn what_is_no_report_is_told() {
    let mut elsewhere = report();
    elsewhere["outcomes"][0]["account"] = json!("444455556666");
    let mut strange = report();
    strange["outcomes"][0]["changes"][0]["call"] = json!("iam:CreateUser");
    let mut forged = report();
    forged["outcomes"][0]["changes"][0]["user"] = json!("bob; rm");
    for (input, what, has_help) in [
        (json!([]), "it is not a report: it has no `schema`", true),
        (
            json!({"schema": "keyrail.recheck/v1"}),
            "it is not a report: its schema is `keyrail.recheck/v1`",
            true,
        ),
        (
            json!({"schema": "keyrail.alert/v1"}),
            "the alert has no `report`",
            true,
        ),
        (
            json!({"schema": "keyrail.report/v1"}),
            "the report cannot be read: missing field `event`",
            true,
        ),
        (
            elsewhere,
            "its changes were made in several accounts, 444455556666 and 111122223333",
            false,
        ),
        (strange, "unknown variant `iam:CreateUser`", true),
        (forged, "a user name must be", true),
    ] {
        let ran = undone(&input, &["--apply", "--yes"]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains(what), "{what}: {}", ran.stderr);
        assert_eq!(ran.stderr.contains(EXPECTED), has_help, "{}", ran.stderr);
    }
    let ran = ran_with(&["undo", "-"], b"{");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("`-`: it is not JSON"), "{}", ran.stderr);
    let ran = crate::ran(&["undo", "nowhere.json"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("cannot read `nowhere.json`"), "{ran:?}");
}

#[test]
fn without_a_terminal_it_must_be_told_yes() {
    let ran = undone(&report(), &["--apply", "--table", "keyrail"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("not a terminal"), "{}", ran.stderr);
}

/// The exemption that the refusal prints is valid as it stands, and is taken.
#[test]
fn without_a_table_a_key_needs_an_exemption_and_gets_one_to_add() {
    let more = ["--apply", "--yes", "--by", "the \"night\" shift"];
    let refused = undone(&report(), &more);
    assert_eq!((refused.status, refused.stdout.as_str()), (2, ""));
    assert!(
        refused.stderr.contains(&format!(
            "key {KEY} is not released, and keyrail would deactivate what works again: nothing was touched"
        )),
        "{}",
        refused.stderr
    );
    let (_, exemption) = refused
        .stderr
        .split_once("\n\n@id")
        .expect("it prints an exemption");
    let exemption = format!("@id{exemption}");

    let folder = std::env::temp_dir().join(format!("keyrail-undo-{}", std::process::id()));
    let bundle = folder.to_string_lossy().into_owned();
    assert_eq!(ran(&["init", &bundle, "--yes"]).status, 0);
    let refused_by = undone(&report(), &[&more[..], &["--bundle", &bundle]].concat());
    assert_eq!(refused_by.status, 2);
    write_exemption(&folder, &(exemption.trim_end().to_owned() + "\n"));
    // What only mentions the key, or exempts it for somebody, does not release it.
    let whole = fs::read_to_string(folder.join("exemptions/released.cedar")).expect("a text");
    for (from, to) in [
        (
            format!("resource == AccessKey::\"{KEY}\""),
            format!("resource != AccessKey::\"{KEY}\""),
        ),
        (
            "  principal,".to_owned(),
            "  principal == Role::\"arn:aws:iam::111122223333:role/Responder\",".to_owned(),
        ),
    ] {
        assert!(whole.contains(&from), "{whole}");
        write_exemption(&folder, &whole.replace(&from, &to));
        let refused = undone(&report(), &[&more[..], &["--bundle", &bundle]].concat());
        assert_eq!(refused.status, 2, "{refused:?}");
    }
    // And one that covers its user does.
    let by_user = whole.replace(
        &format!("resource == AccessKey::\"{KEY}\""),
        "resource has user && resource.user == \"bob\"",
    );
    for text in [by_user, whole] {
        write_exemption(&folder, &text);
        let taken = applied(&bundle, &more);
        assert_eq!((taken.status, taken.stdout.as_str()), (3, ""), "{taken:?}");
        assert!(
            taken
                .stderr
                .contains("sts:GetCallerIdentity: no connection"),
            "{}",
            taken.stderr
        );
    }
    let valid = ran(&["validate", &bundle]);
    assert_eq!(valid.status, 0, "{valid:?}");
    assert_eq!(ran(&["fmt", &bundle, "--check"]).status, 0);
    fs::remove_dir_all(folder).expect("the folder can be removed");
}

/// Past the refusal it calls AWS, which nobody is at.
fn applied(bundle: &str, more: &[&str]) -> Ran {
    let mut command = crate::keyrail(&["undo", &path()]);
    command
        .args(more)
        .args(["--bundle", bundle])
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret");
    Ran::from(command.output().expect("the command runs"))
}

fn write_exemption(folder: &Path, text: &str) {
    fs::write(folder.join("exemptions/released.cedar"), text).expect("it can be written");
}
