//! `keyrail prove`: what is wrong is found, and shown by an event that `explain` takes.

use std::fs;

use serde_json::{Value, json};

use crate::schema::is_of_the_schema;
use crate::{Folder, Ran, ran};

mod limits;
mod soundness;

/// A bundle with these files; an empty folder of properties claims nothing.
fn bundle(name: &str, files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(&format!("prove-{name}"));
    folder.write("keyrail.toml", "");
    fs::create_dir_all(folder.join("properties")).expect("a folder can be made");
    for (file, text) in files {
        folder.write(file, text);
    }
    folder
}

fn proved(folder: &Folder, more: &[&str]) -> Ran {
    let path = folder.path();
    let words = [&["prove", &path, "--format", "json"], more].concat();
    ran(&words)
}

/// The one finding of a kind that failed.
fn failed(ran: &Ran, kind: &str) -> Value {
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let printed: Value = serde_json::from_str(&ran.stdout).expect("it prints JSON");
    let schema = printed.get("schema").and_then(Value::as_str);
    assert_eq!(schema, Some("keyrail.proof/v1"));
    is_of_the_schema("proof", &printed);
    let findings = printed.get("findings").and_then(Value::as_array);
    let found = findings.into_iter().flatten().find(|finding| {
        let is = |key: &str, value: &str| finding.get(key).and_then(Value::as_str) == Some(value);
        is("result", "failed") && is("kind", kind)
    });
    found.cloned().expect("something of this kind failed")
}

/// What `keyrail explain` says of the event that a finding shows.
fn explained(folder: &Folder, finding: &Value) -> Value {
    let shown = |key: &str| {
        let shown = finding.pointer(&format!("/counterexample/{key}"));
        shown.cloned().unwrap_or_default()
    };
    assert!(shown("event").is_object(), "{finding}");
    folder.write("event.json", &shown("event").to_string());
    let history = shown("history");
    let records = history.as_array().into_iter().flatten();
    let records: String = records.map(|event| format!("{event}\n")).collect();
    folder.write("history.json", &records);
    let (event, bundle) = (folder.join("event.json"), folder.path());
    let history = folder.join("history.json");
    let mut words = vec!["explain", &event, "--bundle", &bundle, "--format", "json"];
    if !records.is_empty() {
        words.extend(["--history", &history]);
    }
    let ran = ran(&words);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let verdict = ran.json().get("verdict").cloned().unwrap_or_default();
    let ids = |list: &str, key: &str| -> Value {
        let items = verdict.get(list).and_then(Value::as_array);
        let items = items.into_iter().flatten();
        items.filter_map(|item| item.get(key).cloned()).collect()
    };
    assert_eq!(
        [
            ids("violated", "id"),
            ids("exempted", "guardrail"),
            ids("undecided", "policy")
        ],
        ["violated", "exempt", "undecided"].map(shown)
    );
    verdict
}

const HEAD: &str = r#"@title("T") @severity("high") @respond("deactivate-key")"#;

fn keys(id: &str, scope: &str, conditions: &str) -> String {
    format!("@id(\"{id}\") {HEAD}\nforbid ({scope}) {conditions};\n")
}

const ISSUED: &str = r#"principal, action in Action::"issue-access-key", resource is AccessKey"#;
const SUCCEEDED: &str = "when { context.succeeded && resource has root && !resource.root }";

fn exemption(only: &str, policy: &str) -> String {
    let only = match only {
        "" => String::new(),
        only => format!("@only(\"{only}\") "),
    };
    format!(
        "@id(\"vendor\") @exempts(\"issued\") @reason(\"R\") @owner(\"O\") @expires(\"2999-12-31\") {only}\n{policy};\n"
    )
}

fn property(expect: &str, policy: &str) -> String {
    format!("@id(\"p\") @title(\"A property\") @expect(\"{expect}\")\n{policy};\n")
}

#[test]
fn a_sound_bundle_is_proved() {
    let issued = keys("issued", ISSUED, SUCCEEDED);
    let exempt = exemption(
        "111122223333",
        r#"permit (principal, action in Action::"issue-access-key", resource in Account::"111122223333")"#,
    );
    let claim = property(
        "deactivate-key",
        &format!(
            "permit ({ISSUED}) {SUCCEEDED} unless {{ resource in Account::\"111122223333\" }}"
        ),
    );
    let folder = bundle(
        "sound",
        &[
            ("guardrails/a.cedar", &issued),
            ("exemptions/a.cedar", &exempt),
            ("properties/a.cedar", &claim),
        ],
    );
    let ran = proved(&folder, &[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let kinds: Vec<Value> = ran.json()["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|finding| finding["kind"].clone())
        .collect();
    for kind in [
        "no-error",
        "not-dead",
        "not-covered",
        "exemption-applies",
        "exemption-in-scope",
        "property",
    ] {
        assert!(kinds.contains(&json!(kind)), "{kind} in {kinds:?}");
    }
    assert_eq!(ran.stderr, "");
    let text = crate::ran(&["prove", &folder.path()]);
    assert_eq!(
        (text.status, text.stdout.as_str()),
        (0, "9 proved, 0 failed\n")
    );
}

/// Guardrails that nothing can violate, each for a reason of its own.
#[test]
fn a_dead_guardrail_is_found() {
    for (name, scope, conditions) in [
        (
            "a literal that never matches",
            r#"principal, action == Action::"iam:CreateAccessKey", resource"#,
            r#"when { context.name == "CreateAccessKey" }"#,
        ),
        (
            "a contradiction",
            ISSUED,
            r#"when { context.region == "a" && context.region == "b" }"#,
        ),
        (
            "a wrong kind",
            r#"principal, action in Action::"weaken-mfa", resource is Credential"#,
            r#"when { resource.kind == "mfa" }"#,
        ),
        (
            "a wrong actor",
            ISSUED,
            "when { context.rootSession && principal is User }",
        ),
    ] {
        let folder = bundle(
            "dead",
            &[("guardrails/a.cedar", &keys("issued", scope, conditions))],
        );
        let finding = failed(&proved(&folder, &[]), "not-dead");
        assert_eq!(finding["about"], json!(["issued"]), "{name}");
    }
}

#[test]
fn a_guardrail_that_everything_violates_is_found() {
    let folder = bundle(
        "always",
        &[(
            "guardrails/a.cedar",
            &keys(
                "issued",
                "principal, action, resource",
                "when { context.own || !context.own }",
            ),
        )],
    );
    failed(&proved(&folder, &[]), "not-always");
}

#[test]
fn a_policy_that_can_fail_is_found_with_an_event_for_which_it_does() {
    let launch = r#"principal is User, action in Action::"launch-compute", resource"#;
    let overflow = "when { context has history && context.history has launchedSincePasswordChange && context.history.launchedSincePasswordChange * 9000000000000000000 > 1 }";
    let folder = bundle(
        "error",
        &[("guardrails/a.cedar", &keys("issued", launch, overflow))],
    );
    let finding = failed(&proved(&folder, &[]), "no-error");
    let verdict = explained(&folder, &finding);
    assert_eq!(verdict["undecided"][0]["policy"], "issued");
}

#[test]
fn an_exemption_that_covers_all_of_a_guardrail_is_found() {
    let folder = bundle(
        "covered",
        &[
            ("guardrails/a.cedar", &keys("issued", ISSUED, SUCCEEDED)),
            (
                "exemptions/a.cedar",
                &exemption("", "permit (principal, action, resource)"),
            ),
        ],
    );
    let finding = failed(&proved(&folder, &[]), "not-covered");
    assert_eq!(finding["about"], json!(["issued", "vendor"]));
}

#[test]
fn an_exemption_from_nothing_is_found() {
    let folder = bundle(
        "nothing",
        &[
            ("guardrails/a.cedar", &keys("issued", ISSUED, SUCCEEDED)),
            (
                "exemptions/a.cedar",
                &exemption(
                    "",
                    r#"permit (principal, action in Action::"sign-in", resource)"#,
                ),
            ),
        ],
    );
    failed(&proved(&folder, &[]), "exemption-applies");
}

#[test]
fn an_exemption_that_reaches_further_than_it_states_is_found() {
    for (only, policy) in [
        (
            "111122223333",
            r#"permit (principal, action in Action::"issue-access-key", resource)"#,
        ),
        (
            "arn:aws:iam::111122223333:role/ci",
            r#"permit (principal is RoleSession, action in Action::"issue-access-key", resource) when { principal has role && principal.role == "ci" }"#,
        ),
        (
            "arn:aws:iam::111122223333:user/bob",
            r#"permit (principal is User, action in Action::"issue-access-key", resource) when { principal.name == "bob" }"#,
        ),
    ] {
        let folder = bundle(
            "further",
            &[
                ("guardrails/a.cedar", &keys("issued", ISSUED, SUCCEEDED)),
                ("exemptions/a.cedar", &exemption(only, policy)),
            ],
        );
        let finding = failed(&proved(&folder, &[]), "exemption-in-scope");
        explained(&folder, &finding);
    }
}

#[test]
fn a_property_that_does_not_hold_is_shown_by_an_event() {
    let about = format!("permit ({ISSUED}) when {{ context.succeeded && resource has root }}");
    let folder = bundle(
        "property",
        &[
            ("guardrails/a.cedar", &keys("issued", ISSUED, SUCCEEDED)),
            ("properties/a.cedar", &property("alert", &about)),
        ],
    );
    let finding = failed(&proved(&folder, &[]), "property");
    let verdict = explained(&folder, &finding);
    assert_eq!(verdict["violated"], json!([]));
    assert_eq!(finding["counterexample"]["principal"], "Root");
    for (expect, policy, violated) in [
        ("no-alert", format!("permit ({ISSUED})"), json!("issued")),
        (
            "deactivate-service-credential",
            format!("permit ({ISSUED}) {SUCCEEDED}"),
            json!("issued"),
        ),
    ] {
        folder.write("properties/a.cedar", &property(expect, &policy));
        let finding = failed(&proved(&folder, &[]), "property");
        let verdict = explained(&folder, &finding);
        assert_eq!(verdict["violated"][0]["id"], violated, "{expect}");
    }
}

/// A scope that became narrower, an action that was dropped, an operator that was turned.
#[test]
fn what_an_older_bundle_caught_and_a_newer_does_not_is_shown() {
    let old = bundle(
        "old",
        &[("guardrails/a.cedar", &keys("issued", ISSUED, SUCCEEDED))],
    );
    for (scope, conditions) in [
        (
            r#"principal is User, action in Action::"issue-access-key", resource is AccessKey"#,
            SUCCEEDED,
        ),
        (
            r#"principal, action == Action::"iam:UploadSigningCertificate", resource"#,
            "when { context.succeeded }",
        ),
        (ISSUED, "when { !context.succeeded }"),
    ] {
        let new = bundle(
            "new",
            &[("guardrails/a.cedar", &keys("issued", scope, conditions))],
        );
        let against = old.path();
        let finding = failed(&proved(&new, &["--against", &against]), "superset");
        assert_eq!(finding["says"], "what `issued` caught is caught");
        let lost = finding["wrong_for"].as_array().map_or(0, Vec::len);
        // By each sort of actor but the one that is still caught.
        assert!(lost >= 4, "{}", finding["wrong_for"]);
        let verdict = explained(
            &old,
            &json!({"counterexample": {
                "event": finding["counterexample"]["event"], "history": [],
                "violated": ["issued"], "exempt": [], "undecided": [],
            }}),
        );
        assert_eq!(verdict["violated"][0]["id"], "issued");
    }
    let path = old.path();
    let same = proved(&old, &["--against", &path]);
    assert_eq!(same.status, 0, "{}", same.stdout);
}

#[test]
fn without_a_solver_it_says_how_to_get_one() {
    let folder = bundle(
        "none",
        &[("guardrails/a.cedar", &keys("issued", ISSUED, SUCCEEDED))],
    );
    let path = folder.path();
    let ran = ran(&["prove", &path, "--solver", "no-such-solver"]);
    assert_eq!(ran.status, 3);
    assert!(ran.stderr.contains("`no-such-solver`"), "{}", ran.stderr);
}

#[test]
fn a_property_that_is_none_is_refused() {
    for (text, expected) in [
        ("permit (principal, action, resource);", "has no `@id`"),
        (
            r#"@id("a") permit (principal, action, resource);"#,
            "has no `@title`",
        ),
        (
            r#"@id("a") @title("T") @expect("alrt") permit (principal, action, resource);"#,
            "`alrt` is not one of",
        ),
        (
            r#"@id("a") @title("T") @expect("alert") forbid (principal, action, resource);"#,
            "is a `forbid`",
        ),
        ("permit (", "properties/a.cedar"),
        (
            r#"@id("a") @title("T") @expect("alert") permit (principal, action == Action::"iam:CreateAccesKey", resource);"#,
            "iam:CreateAccesKey",
        ),
        (
            r#"@id("a") @title("T") @expect("alert") permit (principal == ?principal, action, resource);"#,
            "has no slots",
        ),
    ] {
        let folder = bundle(
            "wrong",
            &[
                ("guardrails/a.cedar", &keys("issued", ISSUED, SUCCEEDED)),
                ("properties/a.cedar", text),
            ],
        );
        let ran = proved(&folder, &[]);
        assert_eq!(ran.status, 2, "{text}");
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}

/// What no test notices is told, with an event that would show it.
#[test]
fn mutants_that_no_test_notices_are_told() {
    let test = |more: &str| {
        format!(
            "tests:\n- name: a key\n  sample: key-created-for-another\n  expect: {{violated: [issued]}}\n{more}"
        )
    };
    let guardrail = keys("issued", ISSUED, SUCCEEDED);
    let folder = bundle(
        "mutants",
        &[
            ("guardrails/a.cedar", &guardrail),
            ("tests/a.yaml", &test("")),
        ],
    );
    let path = folder.path();
    let ran = ran(&["test", &path, "--mutate", "--format", "json"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let printed: Value = serde_json::from_str(&ran.stdout).expect("it prints JSON");
    is_of_the_schema("mutants", &printed);
    let unnoticed = printed["unnoticed"].as_array().expect("a list");
    let of = |change: &str| {
        let found = unnoticed.iter().find(|mutant| mutant["change"] == change);
        found.unwrap_or_else(|| panic!("{change} in {unnoticed:?}"))
    };
    let wider =
        of("without `when { context.succeeded && (resource has root) && (!resource.root) }`");
    assert_eq!(wider["shown"]["action"], "iam:CreateAccessKey");
    let failed = of("`context.succeeded && (resource has root)` is `resource has root`");
    assert_eq!(failed["shown"]["facts"]["context.succeeded"], false);
    folder.write("tests/a.yaml", &test(
        "- name: denied\n  sample: key-created-for-another\n  set: {detail.errorCode: AccessDenied}\n  expect: {violated: []}\n",
    ));
    let again = crate::ran(&["test", &path, "--mutate", "--format", "json"]);
    let again: Value = serde_json::from_str(&again.stdout).expect("it prints JSON");
    assert!(again["noticed"].as_u64() > printed["noticed"].as_u64());
    folder.write("tests/a.yaml", &test("").replace("[issued]", "[]"));
    let failing = crate::ran(&["test", &path, "--mutate"]);
    assert_eq!(failing.status, 2);
    assert!(
        failing
            .stderr
            .contains("the test `a key` fails without any change"),
        "{}",
        failing.stderr
    );
}
