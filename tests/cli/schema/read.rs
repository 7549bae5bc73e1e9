//! What people write for keyrail: settings and tests.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::validator::errors;
use super::{GUARDRAILS, key_set, objects, printed, schema};
use crate::{Folder, fixture, ran};

/// What the schemas allow to write is what keyrail reads.
#[test]
fn every_setting_and_every_key_of_a_test_can_be_written() {
    let folder = Folder::new("every-key");
    folder.write("guardrails/a.cedar", GUARDRAILS);
    folder.write("keyrail.toml", SETTINGS);
    folder.write("tests/a.yaml", TESTS);
    folder.write("tests/event.json", r#"{"eventName": "x"}"#);
    let ran = ran(&["validate", &folder.path(), "--format", "json"]);
    assert_eq!(ran.json()["diagnostics"], json!([]));
    for (name, document) in [("settings", settings(SETTINGS)), ("tests", yaml(TESTS))] {
        let schema = schema(name);
        assert_eq!(errors(&schema, std::slice::from_ref(&document)), [None]);
        let written: BTreeSet<String> = objects(&document)
            .iter()
            .flat_map(|(_, object)| key_set(object))
            .collect();
        let named = objects(&schema).into_iter();
        let mut unwritten: BTreeSet<String> = named
            .filter_map(|(_, object)| Some(key_set(object.get("properties")?)))
            .flatten()
            .collect();
        unwritten.retain(|key| !written.contains(key));
        assert_eq!(unwritten, BTreeSet::new(), "{name}");
    }
}

/// keyrail names the settings that there are where it finds one that is none.
#[test]
fn the_schema_has_every_setting_that_keyrail_reads() {
    let folder = Folder::new("settings");
    folder.write("guardrails/a.cedar", GUARDRAILS);
    let nested = [
        "limits",
        "allow",
        "protect",
        "links",
        "correlation",
        "default",
    ];
    let named = [
        "units.ou-a",
        "accounts.111122223333",
        "guardrails.access-key-issued",
    ];
    let tables = nested.iter().chain(&named);
    let tables = tables.map(|table| format!("[{table}]\nsomething-else = 1\n"));
    folder.write(
        "keyrail.toml",
        &format!("something-else = 1\n{}", tables.collect::<String>()),
    );
    let ran = ran(&["validate", &folder.path(), "--format", "json"]);
    let diagnostics = printed(&ran)["diagnostics"].clone();
    let diagnostics = diagnostics.as_array().into_iter().flatten();
    let told: BTreeSet<BTreeSet<String>> = diagnostics
        .filter_map(|diagnostic| diagnostic["help"].as_str()?.strip_prefix("there are "))
        .map(|keys| keys.split(", ").map(str::to_owned).collect())
        .collect();
    let described: BTreeSet<BTreeSet<String>> = objects(&schema("settings"))
        .iter()
        .filter_map(|(_, object)| object.get("properties"))
        .map(key_set)
        .collect();
    assert_eq!(told, described);
    assert_eq!(told.len(), 10);
}

#[test]
fn what_keyrail_would_not_read_is_refused() {
    let settings_with = |line: &str| settings(&format!("{line}\n"));
    let wrong: Vec<Value> = [
        "mdoe = \"observe\"",
        "mode = \"enforced\"",
        "mode = true",
        "language = \"ja\"",
        "limits.containments = 1",
        "limits.event-age-minutes = -1",
        "limits.event-age-minutes = \"5\"",
        "limits.repeat-minutes = 15",
        "allow.steps = [\"delete-keys\"]",
        "protect.principals = [\"bob\"]",
        "protect.principals = [\"arn:aws:iam::111122223333:root\"]",
        "networks.office = \"198.51.100.0/24\"",
        "networks.office = [\"198.51.100.0\"]",
        "units.ou-a.account = \"111122223333\"",
        "accounts.1111.name = \"a\"",
        "accounts.111122223333.parent = \"ou-a\"",
        "links.portal = \"http://example.com\"",
        "correlation.hours = 1",
        "default.guardrails = \"all\"",
        "default.without = \"access-key-issued\"",
        "guardrails.access-key-issued.steps = []",
        "guardrails.access-key-issued.respond = []",
        "guardrails.access-key-issued.respond = [\"delete-keys\"]",
        "guardrails.access-key-issued.severity = \"none\"",
    ]
    .map(settings_with)
    .into();
    let found = errors(&schema("settings"), &wrong);
    assert_eq!(refused(&found, &wrong), [""; 0]);

    let test = |more: &str| yaml(&format!("tests:\n- name: a\n{more}"));
    let wrong = [
        yaml("{}"),
        yaml("tests: []\ntest: []\n"),
        yaml("tests:\n- sample: root-sign-in\n"),
        test(""),
        test("  sample: a\n  file: b\n"),
        test("  sample: a\n  exepct: {}\n"),
        test("  sample: a\n  set: {detail..a: 1}\n"),
        test("  sample: a\n  unset: detail\n"),
        test("  sample: a\n  by: bob\n"),
        test("  sample: a\n  mode: enforced\n"),
        test("  sample: a\n  history: [{set: {}}]\n"),
        test("  sample: a\n  history: [{sample: b, mode: observe}]\n"),
        test("  sample: a\n  cases: [{expect: {}}]\n"),
        test("  sample: a\n  expect: {violatde: []}\n"),
        test("  sample: a\n  expect: {severity: hihg}\n"),
        test("  sample: a\n  expect: {plan: [delete-keys]}\n"),
        test("  sample: a\n  expect: {plan: [{deactivate-key: because}]}\n"),
        test("  sample: a\n  expect: {plan: [{step: deactivate-key}]}\n"),
        test("  sample: a\n  expect: {alert: {state: blocked}}\n"),
        test("  sample: a\n  expect: {alert: {severity: high}}\n"),
    ];
    let found = errors(&schema("tests"), &wrong);
    assert_eq!(refused(&found, &wrong), [""; 0]);
}

/// Those of the default bundle, where a bundle has some.
#[test]
fn tests_of_the_default_bundle_are_taken() {
    let folder = fixture("../../crates/keyrail-core/default-bundle/tests");
    let files = fs::read_dir(folder).into_iter().flatten();
    let files = files.map(|entry| entry.expect("the folder can be read").path());
    let suites: Vec<Value> = files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .map(|path| yaml(&fs::read_to_string(path).expect("the file can be read")))
        .collect();
    assert_eq!(errors(&schema("tests"), &suites), vec![None; suites.len()]);
}

/// The documents that were taken, of those that should not have been.
fn refused(errors: &[Option<String>], documents: &[Value]) -> Vec<String> {
    let pairs = errors.iter().zip(documents);
    pairs
        .filter(|(error, _)| error.is_none())
        .map(|(_, document)| document.to_string())
        .collect()
}

fn settings(text: &str) -> Value {
    toml::from_str(text).expect("it is TOML")
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("it is YAML")
}

const SETTINGS: &str = r#"
mode = "enforce"
language = "en"
time-zone = "Asia/Tokyo"
[limits]
containments-per-hour = 20
event-age-minutes = 60
repeat-minutes = 5
[allow]
steps = ["delete-root-key", "quarantine-user", "deactivate-key"]
[protect]
principals = ["arn:aws:iam::111122223333:user/break-glass", "arn:aws-cn:iam::111122223333:role/path/deploy"]
[networks]
documentation = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"]
[units.ou-root]
name = "Root"
[units.ou-sandbox]
name = "Sandbox"
parent = "ou-root"
mode = "observe"
[accounts.111122223333]
name = "Payments"
unit = "ou-root"
mode = "enforce"
[links]
portal = "https://example.awsapps.com/start"
[correlation]
minutes = 60
instances = 10
[default]
guardrails = "strict"
without = ["command-line-login"]
mode = "observe"
[guardrails.access-key-issued]
mode = "enforce"
severity = "critical"
respond = ["deactivate-key", "quarantine-user"]
[guardrails.credential-finding]
respond = ["alert"]
"#;

const TESTS: &str = r"
tests:
- name: an event from elsewhere
  file: event.json
  networks: {office: [198.51.100.0/24]}
  expect: {violated: []}
- name: a key
  sample: key-created-for-another
  by: arn:aws:iam::111122223333:role/deploy
  set:
    detail.requestParameters.userName: carol
    detail.responseElements: {accessKey: {accessKeyId: AKIAI44QH8DHBEXAMPLE}}
  unset: [detail.userAgent]
  at: 2026-03-14T09:26:53Z
  mode: enforce
  history:
  - sample: iam:CreateAccessKey
    set: {detail.awsRegion: us-east-1}
    unset: [detail.userAgent]
  - file: event.json
  - event: {eventName: x}
  users:
    carol: {groups: [admins], policies: [arn], tags: {team: payments}}
  expect:
    violated: [violated]
    exempted: []
    undecided: [undecided]
    severity: none
    plan:
    - deactivate-key
    - quarantine-user: not-allowed
    - deactivate-key: observe
    - delete-root-key: not-allowed
    - delete-key: too-old
    - revoke-sessions: protected
    - revoke-role-sessions: limit
    - disable-console-login: released
    - deactivate-service-credential: no-target
    - deactivate-ssh-key: no-target
    - deactivate-signing-certificate: no-target
    - {step: deactivate-key, withheld: null}
    alert: {state: DRY-RUN, subject: a line}
  cases:
  - name: another
    set: {detail.awsRegion: us-west-2}
    unset: [detail.eventID]
    at: 2026-03-14T09:26:53+09:00
    mode: observe
    expect: {severity: high}
- name: an event as it is
  event: {eventName: x}
  expect: {violated: []}
";
