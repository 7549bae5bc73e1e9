//! `keyrail upgrade`: a stamp of another keyrail, made by changing what this one's stamp says.

use std::fs;

use serde_json::{Value, json};

#[cfg(feature = "prove")]
use super::only;
use super::{bundle, explained};
use crate::schema::is_of_the_schema;
use crate::{Folder, Ran, ids, keyrail, ran, sample};

const SETTINGS: &str = "[default]\n[accounts.111122223333]\n";

/// A bundle that this keyrail has stamped.
fn stamped(name: &str, files: &[(&str, &str)]) -> Folder {
    let folder = bundle(&format!("upgrade-{name}"), files);
    let ran = ran(&[
        "validate",
        &folder.path(),
        "--stamp",
        "--today",
        "2026-11-29",
    ]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    folder
}

/// The stamp's lines of JSON, changed, as keyrail 0.0.9 would have written them.
fn restamp(folder: &Folder, change: impl Fn(&mut Vec<Value>)) {
    let text = fs::read_to_string(folder.join("keyrail.stamp")).expect("there is a stamp");
    let mut lines = text.lines();
    lines.next();
    let mut lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).expect("it is JSON"))
        .collect();
    assert!(lines.len() > 40, "{}", lines.len());
    change(&mut lines);
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let first = "0123456789abcdef keyrail 0.0.9 0123456789abcdef\n";
    folder.write("keyrail.stamp", &format!("{first}{lines}"));
}

fn of<'l>(lines: &'l mut [Value], id: &str) -> &'l mut Value {
    let mut guardrails = lines
        .iter_mut()
        .filter_map(|line| line.get_mut("guardrail"));
    let found = guardrails.find(|guardrail| guardrail.get("id").is_some_and(|own| own == id));
    found.expect("the stamp has it")
}

/// What it says, without the prover, which takes its time.
fn upgraded(folder: &Folder) -> (i32, Value, String) {
    let run = |more: &[&str]| {
        let mut command = keyrail(&[&["upgrade", &folder.path()], more].concat());
        command.env("CVC5", "none").env_remove("KEYRAIL_PYTHON");
        Ran::from(command.output().expect("the command runs"))
    };
    let json = run(&["--format", "json"]);
    let value: Value = serde_json::from_str(&json.stdout).expect("it prints JSON");
    is_of_the_schema("upgrade", &value);
    let text = run(&[]);
    assert_eq!(json.status, text.status);
    (json.status, value, text.stdout)
}

fn change(upgrade: &Value, id: &str) -> Value {
    let all = upgrade["guardrails"].as_array().into_iter().flatten();
    all.into_iter()
        .find(|change| change["id"] == id)
        .cloned()
        .unwrap_or_default()
}

#[test]
fn nothing_is_otherwise_with_the_keyrail_that_stamped_it() {
    let folder = stamped("same", &[("keyrail.toml", SETTINGS)]);
    let (status, upgrade, text) = upgraded(&folder);
    assert_eq!((status, &upgrade["lost"]), (0, &json!([])));
    assert!(text.ends_with("\nNothing is otherwise.\n"), "{text}");
}

#[test]
fn a_bundle_without_a_stamp_cannot_be_compared() {
    let folder = bundle("upgrade-none", &[("keyrail.toml", SETTINGS)]);
    let ran = ran(&["upgrade", &folder.path()]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("no stamp in"), "{}", ran.stderr);
}

/// A guardrail that is new, one that has come to contain, one that has become worse, new events
/// and facts: nothing is lost by them.
#[test]
fn what_is_added_and_changed_is_told_and_loses_nothing() {
    let exemption = "@id(\"all\")\n@exempts(\"*\")\n@reason(\"R\")\n@owner(\"O\")\n@expires(\"2027-03-31\")\npermit (principal in User::\"arn:aws:iam::111122223333:user/bob\", action, resource);\n";
    let folder = stamped(
        "added",
        &[
            ("keyrail.toml", SETTINGS),
            ("exemptions/a.cedar", exemption),
        ],
    );
    restamp(&folder, |lines| {
        lines.retain(|line| line["guardrail"]["id"] != "exposed-access-key");
        let key = of(lines, "access-key-issued");
        key["contains"] = json!(false);
        let text = key["policy"].as_str().unwrap_or_default();
        key["policy"] = json!(
            text.replace("deactivate-key", "alert")
                .replace("\"high\"", "\"low\"")
        );
        for line in lines {
            if line["group"]["name"] == "issue-long-term-credential" {
                line["group"]["actions"] = json!([]);
            }
            if line["attributes"].is_array() {
                line["attributes"] = json!(["name"]);
            }
        }
    });
    let (status, upgrade, text) = upgraded(&folder);
    assert_eq!(status, 0, "{text}");
    assert_eq!(
        (&upgrade["from"], &upgrade["to"]),
        (&json!("0.0.9"), &json!(env!("CARGO_PKG_VERSION")))
    );
    let new = change(&upgrade, "exposed-access-key");
    assert_eq!(
        (&new["change"], &new["held_back"]),
        (&json!("added"), &json!(true))
    );
    let key = change(&upgrade, "access-key-issued");
    assert_eq!(key["change"], "changed");
    assert_eq!(key["severity"], json!({"before": "low", "after": "high"}));
    assert_eq!(
        key["respond"],
        json!({"before": [], "after": ["deactivate-key"]})
    );
    assert_eq!(
        (&key["conditions"], &key["held_back"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(upgrade["groups"][0]["group"], "issue-long-term-credential");
    assert_eq!(
        upgrade["groups"][0]["guardrails"],
        json!([
            "bucket-key-issued",
            "roles-anywhere-opened",
            "service-credential-issued",
            "signing-certificate-issued",
            "ssh-key-issued"
        ])
    );
    assert!(
        upgrade["attributes"]["added"]
            .as_array()
            .is_some_and(|added| added.len() > 20)
    );
    assert_eq!(
        upgrade["exemptions"][0]["more"],
        json!(["exposed-access-key"])
    );
    for line in [
        "keyrail 0.1.0, against keyrail 0.0.9 that stamped the bundle",
        "  added    exposed-access-key: critical, deactivate-key; observes until `[guardrails.exposed-access-key]` sets its mode",
        "  changed  access-key-issued: severity low, now high; steps alert, now deactivate-key; observes until",
        "  issue-long-term-credential: also ",
        "  all: also covers exposed-access-key",
        "0 no longer caught",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// It observes until it is named, however often the bundle is stamped.
#[test]
fn what_newly_contains_observes_until_the_bundle_names_it() {
    let folder = stamped("held-back", &[("keyrail.toml", SETTINGS)]);
    restamp(&folder, |lines| {
        of(lines, "access-key-issued")["contains"] = json!(false);
    });
    let withheld = || {
        let event = sample("key-created-for-another", &[]);
        explained(&folder, &event, &["--mode", "enforce"])["plan"][0]["withheld"].clone()
    };
    assert_eq!(withheld(), "observe");
    let warned = ran(&["validate", &folder.path(), "--stamp"]);
    assert_eq!(warned.status, 0);
    assert!(warned.stdout.contains("warning[newly-contains]: `access-key-issued` contains since an upgrade of keyrail, and observes until it is named"), "{}", warned.stdout);
    // Stamped anew, by this keyrail.
    assert_eq!(withheld(), "observe");
    let named = "[default]\n[guardrails.access-key-issued]\nmode = \"enforce\"\n";
    folder.write("keyrail.toml", named);
    assert_eq!(withheld(), Value::Null);
    assert_eq!(ran(&["validate", &folder.path(), "--stamp"]).status, 0);
    // Once it has been named and stamped, it is like any other.
    folder.write("keyrail.toml", SETTINGS);
    assert_eq!(withheld(), Value::Null);
    assert!(
        ran(&["validate", &folder.path()])
            .stdout
            .starts_with("valid: ")
    );
}

/// What was caught by a guardrail that this keyrail has no more, or by steps that it does not
/// take, is lost; and so is what a test of the bundle's expects.
#[test]
fn what_is_no_longer_caught_is_an_error() {
    let tests =
        "tests:\n- name: a tag is told\n  sample: unrelated-call\n  expect: {violated: [tagged]}\n";
    let folder = stamped("lost", &[("keyrail.toml", SETTINGS)]);
    folder.write("tests/a.yaml", tests);
    restamp(&folder, |lines| {
        let policy = "@id(\"tagged\")\n@title(\"T\")\n@severity(\"low\")\n@respond(\"alert\")\nforbid (principal, action in Action::\"api-call\", resource)\nwhen { context.name == \"ec2:CreateTags\" };";
        lines.push(json!({"guardrail": {"id": "tagged", "strength": "recommended", "contains": false, "policy": policy}}));
        let mfa = of(lines, "mfa-weakened");
        let text = mfa["policy"].as_str().unwrap_or_default();
        mfa["policy"] = json!(text.replace("\"alert\"", "\"revoke-sessions\""));
        mfa["contains"] = json!(true);
    });
    let (status, upgrade, text) = upgraded(&folder);
    assert_eq!(status, 1, "{text}");
    assert_eq!(change(&upgrade, "tagged")["change"], "dropped");
    assert_eq!(upgrade["tests"][0]["passed_before"], true);
    let lost = upgrade["lost"].as_array().cloned().unwrap_or_default();
    let by = |shown_by: &str| {
        lost.iter()
            .filter(|lost| lost["shown_by"] == shown_by)
            .cloned()
            .collect::<Vec<_>>()
    };
    assert!(by("event").iter().any(|lost| lost["says"] == "unrelated-call" && lost["guardrails"] == json!(["tagged"])), "{text}");
    assert!(
        by("event")
            .iter()
            .any(|lost| lost["says"] == "iam:DeactivateMFADevice#weaken-mfa"
                && lost["steps"] == json!(["revoke-sessions"])),
        "{text}"
    );
    assert_eq!(ids(&json!(by("test")), "says"), ["a tag is told"]);
    assert!(text.contains("\n  dropped  tagged\n"), "{text}");
    assert!(
        text.contains("iam:DeactivateMFADevice#weaken-mfa: no revoke-sessions (mfa-weakened)"),
        "{text}"
    );
}

/// Whoever still names a guardrail that is gone is warned, however often the bundle is stamped.
#[test]
fn a_guardrail_that_is_gone_makes_no_bundle_invalid() {
    let settings = "[default]\nwithout = [\"tagged\"]\n[guardrails.watched]\nmode = \"observe\"\n";
    let exemption = "@id(\"all\")\n@exempts(\"counted mfa-weakened\")\n@reason(\"R\")\n@owner(\"O\")\n@expires(\"2027-03-31\")\npermit (principal is Root, action, resource);\n";
    let folder = stamped("gone", &[("keyrail.toml", SETTINGS)]);
    restamp(&folder, |lines| {
        for id in ["counted", "tagged", "watched"] {
            let policy = of(lines, "mfa-weakened")["policy"].clone();
            let policy = policy.as_str().unwrap_or_default();
            let policy = policy.replace("mfa-weakened", id);
            lines.push(json!({"guardrail": {"id": id, "strength": "recommended", "contains": false, "policy": policy}}));
        }
    });
    folder.write("keyrail.toml", settings);
    folder.write("exemptions/a.cedar", exemption);
    let path = folder.path();
    for _ in 0..2 {
        let validated = ran(&["validate", &path, "--stamp", "--today", "2026-11-29"]);
        assert_eq!(validated.status, 0, "{}", validated.stdout);
        let warnings = validated.stdout.matches("warning[retired-guardrail]");
        assert_eq!(warnings.count(), 3, "{}", validated.stdout);
    }
    folder.write("keyrail.toml", &settings.replace("tagged", "taged"));
    let misspelt = ran(&["validate", &path]);
    assert!(
        misspelt.stdout.contains("error[unknown-guardrail]"),
        "{}",
        misspelt.stdout
    );
}

/// Where the solver is installed, what no example shows is found.
#[test]
#[cfg(feature = "prove")]
fn what_no_example_shows_is_found_by_the_prover() {
    let settings = only(&["root-console-sign-in"]);
    let folder = stamped("proof", &[("keyrail.toml", &settings)]);
    restamp(&folder, |lines| {
        let policy = "@id(\"early\")\n@title(\"T\")\n@severity(\"low\")\n@respond(\"alert\")\nforbid (principal is User, action in Action::\"launch-compute\", resource)\nwhen { context.region == \"sa-east-1\" };";
        lines.push(json!({"guardrail": {"id": "early", "strength": "keys", "contains": false, "policy": policy}}));
    });
    let ran = ran(&["upgrade", &folder.path(), "--format", "json"]);
    let upgrade: Value = serde_json::from_str(&ran.stdout).expect("it prints JSON");
    is_of_the_schema("upgrade", &upgrade);
    if upgrade["proof"]["result"] == "not-run" {
        println!("skipped: {}", upgrade["proof"]["because"]);
        assert_eq!(ran.status, 0, "{}", ran.stdout);
        return;
    }
    assert_eq!(
        (ran.status, &upgrade["proof"]["result"]),
        (1, &json!("failed"))
    );
    let says = upgrade["lost"][0]["says"].as_str().unwrap_or_default();
    assert!(
        says.starts_with("not so: what `early` caught is caught; such as "),
        "{says}"
    );
}
