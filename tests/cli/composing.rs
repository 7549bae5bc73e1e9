//! Bundles that build on the default one.

use std::collections::BTreeSet;

use keyrail_core::bundle::Strength;
use serde_json::{Value, json};

use crate::{Folder, fixture, ids, ran, ran_with, sample};

mod init;
mod lasting;
mod mistakes;
mod old;
mod showing;
mod ten_minutes;
mod upgrading;

/// A bundle of these files.
fn bundle(name: &str, files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(&format!("composing-{name}"));
    for (file, text) in files {
        folder.write(file, text);
    }
    folder
}

fn explained(bundle: &Folder, event: &str, more: &[&str]) -> Value {
    let path = bundle.path();
    let mut words = vec!["explain", "-", "--bundle", &path, "--format", "json"];
    words.extend(more);
    ran_with(&words, event.as_bytes()).json()
}

/// The ids of its guardrails.
fn guardrails(bundle: &Folder) -> BTreeSet<String> {
    let shown = ran(&["show", &bundle.path(), "--format", "json"]).json();
    let all = shown.get("guardrails").cloned().unwrap_or_default();
    ids(&all, "id").into_iter().collect()
}

#[test]
fn a_strength_holds_what_the_ones_before_it_hold() {
    let of = |word: &str| {
        let settings = format!("[default]\nguardrails = \"{word}\"\n");
        guardrails(&bundle(word, &[("keyrail.toml", &settings)]))
    };
    let [keys, recommended, strict] = ["keys", "recommended", "strict"].map(of);
    assert!(keys.len() >= 15 && keys.is_subset(&recommended), "{keys:?}");
    assert!(keys.len() < recommended.len());
    assert!(recommended.is_subset(&strict) && recommended.len() < strict.len());
    assert_eq!(
        recommended,
        guardrails(&bundle("unsaid", &[("keyrail.toml", "[default]\n")]))
    );
    // What the default bundle is by itself.
    let default = fixture("../../crates/keyrail-core/default-bundle");
    let plain = ran(&["show", &default, "--format", "json"]).json();
    assert_eq!(
        recommended,
        ids(&plain["guardrails"], "id").into_iter().collect()
    );
    let none = bundle(
        "none",
        &[("keyrail.toml", "[default]\nguardrails = \"none\"\n")],
    );
    let validated = ran(&["validate", &none.path()]);
    assert!(
        validated.stdout.contains("[no-guardrail]"),
        "{}",
        validated.stdout
    );
}

/// The table on the page is what the policies say.
#[test]
fn the_table_of_strengths_is_what_each_holds() {
    let mut table = "| guardrail | severity | response | `keys` | `recommended` | `strict` |\n| --- | --- | --- | --- | --- | --- |\n".to_owned();
    let held: Vec<BTreeSet<String>> = Strength::ALL
        .into_iter()
        .map(|strength| {
            let word = strength.as_str();
            let settings = format!("[default]\nguardrails = \"{word}\"\n");
            guardrails(&bundle(
                &format!("table-{word}"),
                &[("keyrail.toml", &settings)],
            ))
        })
        .collect();
    let strict = bundle(
        "table",
        &[("keyrail.toml", "[default]\nguardrails = \"strict\"\n")],
    );
    let shown = ran(&["show", &strict.path(), "--format", "json"]).json();
    for guardrail in shown["guardrails"].as_array().into_iter().flatten() {
        let text = |key: &str| guardrail[key].as_str().unwrap_or_default();
        let steps = guardrail["respond"].as_array().into_iter().flatten();
        let steps: Vec<&str> = steps.filter_map(Value::as_str).collect();
        let steps = match steps.is_empty() {
            true => "alert".to_owned(),
            false => steps.join(" "),
        };
        let marks = held.iter().map(|held| match held.contains(text("id")) {
            true => "yes",
            false => "",
        });
        let marks: Vec<&str> = marks.collect();
        table.push_str(&format!(
            "| `{}` | {} | {steps} | {} |\n",
            text("id"),
            text("severity"),
            marks.join(" | ")
        ));
    }
    let path = fixture("../../docs/policies.md");
    let page = std::fs::read_to_string(&path).expect("the page can be read");
    let (begin, end) = ("<!-- strengths -->\n", "<!-- end of strengths -->");
    let (before, rest) = page.split_once(begin).expect("the page has the table");
    let (written, after) = rest.split_once(end).expect("the table ends");
    if std::env::var_os("UPDATE_PAGES").is_some() {
        let page = format!("{before}{begin}{table}{end}{after}");
        std::fs::write(path, page).expect("the page can be written");
        return;
    }
    assert_eq!(written, table, "run this test with UPDATE_PAGES=1");
}

/// The lowest of the modes applies; `[guardrails.ID] mode` is in the place of that of
/// `[default]`, and everything else still caps it.
#[test]
fn one_guardrail_enforces_while_the_others_observe() {
    let one = "[default]\nmode = \"observe\"\n[guardrails.access-key-issued]\nmode = \"enforce\"\n";
    let created = sample("key-created-for-another", &[]);
    let exposed = sample("health:AWS_RISK_CREDENTIALS_EXPOSED", &[]);
    for (name, settings, deployed, key, exposure) in [
        ("both", String::new(), Some("enforce"), "enforce", "enforce"),
        ("neither", String::new(), None, "observe", "observe"),
        ("one", one.to_owned(), Some("enforce"), "enforce", "observe"),
        ("alone", one.to_owned(), None, "enforce", "observe"),
        (
            "deployment",
            one.to_owned(),
            Some("observe"),
            "observe",
            "observe",
        ),
        (
            "bundle",
            format!("mode = \"observe\"\n{one}"),
            Some("enforce"),
            "observe",
            "observe",
        ),
        (
            "account",
            format!("{one}[accounts.111122223333]\nmode = \"observe\"\n"),
            Some("enforce"),
            "observe",
            "observe",
        ),
        (
            "other",
            "[default]\n[guardrails.exposed-access-key]\nmode = \"observe\"\n".to_owned(),
            Some("enforce"),
            "enforce",
            "observe",
        ),
    ] {
        let settings = match settings.contains("[default]") {
            true => settings,
            false => format!("{settings}[default]\n"),
        };
        let folder = bundle(&format!("mode-{name}"), &[("keyrail.toml", &settings)]);
        let mode = |event: &str| {
            let more: Vec<&str> = deployed.iter().flat_map(|mode| ["--mode", mode]).collect();
            let report = explained(&folder, event, &more);
            report["verdict"]["violated"][0]["mode"].clone()
        };
        assert_eq!(
            (mode(&created), mode(&exposed)),
            (json!(key), json!(exposure)),
            "{name}"
        );
    }
}

#[test]
fn severity_and_steps_are_those_of_the_settings() {
    let settings = "[default]\n[guardrails.access-key-issued]\nseverity = \"low\"\nrespond = [\"alert\"]\n[guardrails.long-term-credential-issued]\nrespond = [\"deactivate-ssh-key\", \"revoke-sessions\"]\n";
    let folder = bundle("adjusted", &[("keyrail.toml", settings)]);
    let created = explained(&folder, &sample("key-created-for-another", &[]), &[]);
    assert_eq!(created["verdict"]["severity"], "low");
    assert_eq!(created["plan"], json!([]));
    let policy = created["verdict"]["violated"][0]["policy_text"].as_str();
    assert!(policy.is_some_and(|text| text.contains("@severity(\"low\")\n@respond(\"alert\")\n")));
    let uploaded = explained(
        &folder,
        &sample("iam:UploadSSHPublicKey", &[]),
        &["--mode", "enforce"],
    );
    assert_eq!(
        ids(&uploaded["plan"], "step"),
        ["deactivate-ssh-key", "revoke-sessions"]
    );
    assert_eq!(uploaded["plan"][0]["withheld"], Value::Null);
}

/// Only what is of the bundle's own needs tests in it.
#[test]
fn coverage_asks_for_tests_of_ones_own_policies_alone() {
    let own = "@id(\"mine\")\n@title(\"M\")\n@severity(\"low\")\n@respond(\"alert\")\nforbid (principal is Root, action in Action::\"sign-in\", resource);\n";
    let tests = "tests:\n- name: a key\n  sample: key-created-for-another\n  expect: {violated: [access-key-issued]}\n";
    let folder = bundle(
        "coverage",
        &[
            ("keyrail.toml", "[default]\n"),
            ("guardrails/mine.cedar", own),
            ("tests/a.yaml", tests),
        ],
    );
    let tested = ran(&["test", &folder.path(), "--require-coverage"]);
    assert_eq!(tested.status, 1);
    assert_eq!(
        tested.stdout,
        "error: guardrail `mine` has no test\n1 passed, 0 failed\n"
    );
}

/// Which keyrail it builds on is in the version that alerts show.
#[test]
fn the_version_is_of_the_bundle_and_of_keyrail() {
    let version = |settings: &str| {
        let folder = bundle("version", &[("keyrail.toml", settings)]);
        let report = explained(&folder, &sample("root-sign-in", &[]), &[]);
        report["bundle"].as_str().unwrap_or_default().to_owned()
    };
    let one = version("[default]\n");
    assert!(
        one.ends_with(&format!(" on keyrail {}", env!("CARGO_PKG_VERSION"))),
        "{one}"
    );
    assert_eq!(one, version("[default]\n"));
    assert_ne!(one, version("[default]\nmode = \"observe\"\n"));
}

/// Settings that build on these alone.
#[cfg(feature = "prove")]
fn only(ids: &[&str]) -> String {
    let keys = bundle(
        "only",
        &[("keyrail.toml", "[default]\nguardrails = \"keys\"\n")],
    );
    let mut without = guardrails(&keys);
    without.retain(|id| !ids.contains(&id.as_str()));
    let without: Vec<String> = without.iter().map(|id| format!("\"{id}\"")).collect();
    let without = without.join(", ");
    format!("[default]\nguardrails = \"keys\"\nwithout = [{without}]\n")
}

/// A proof is about the whole, and `--against` holds one composition against another.
#[test]
#[cfg(feature = "prove")]
fn a_composed_bundle_is_proved() {
    let two = only(&["root-console-sign-in", "root-sign-in-failed"]);
    let two = bundle("proved", &[("keyrail.toml", &two)]);
    let one = only(&["root-console-sign-in"]);
    let one = bundle("proved-fewer", &[("keyrail.toml", &one)]);
    let ran = ran(&["prove", &one.path(), "--against", &two.path()]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let says = "what `root-sign-in-failed` caught is caught";
    assert!(ran.stdout.contains(says), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("FAILED").count(), 1, "{}", ran.stdout);
}
