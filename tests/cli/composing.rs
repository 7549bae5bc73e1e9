//! Bundles that build on the default one.

use std::collections::BTreeSet;

use keyrail_core::bundle::Strength;
use serde_json::{Value, json};

use crate::schema::is_of_the_schema;
use crate::{Folder, fixture, ids, ran, ran_with, sample};

mod init;
mod old;
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
    ids(&shown["guardrails"], "id").into_iter().collect()
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

/// Each mistake, with its code, its place and what to do.
#[test]
fn what_is_wrong_with_the_composition_is_told_where_it_stands() {
    let own = "@id(\"mine\")\n@title(\"M\")\n@severity(\"low\")\n@respond(\"alert\")\nforbid (principal is Root, action in Action::\"sign-in\", resource);\n";
    let clash = own.replace("mine", "access-key-issued");
    for (settings, file, says) in [
        (
            "[default]\nguardrails = \"recomended\"\n",
            own,
            "settings-value keyrail.toml:2:14 `recomended` is not one of keys, recommended, strict, none: did you mean `recommended`?",
        ),
        (
            "[default]\nwithuot = []\n",
            own,
            "unknown-setting keyrail.toml:2:1 there is no setting `default.withuot`: did you mean `without`?",
        ),
        (
            "[default]\nwithout = [\"acess-key-issued\"]\n",
            own,
            "unknown-guardrail keyrail.toml:2:12 the default bundle has no guardrail `acess-key-issued`: did you mean `access-key-issued`?",
        ),
        (
            "[default]\n[guardrails.acess-key-issued]\nmode = \"observe\"\n",
            own,
            "unknown-guardrail keyrail.toml:2:13 the default bundle has no guardrail `acess-key-issued`: did you mean `access-key-issued`?",
        ),
        (
            "[default]\n[guardrails.mine]\nmode = \"observe\"\n",
            own,
            "unknown-guardrail keyrail.toml:2:13 the default bundle has no guardrail `mine`: `[guardrails]` is about those of the default bundle; one of your own has `@mode`, `@severity` and `@respond` in its file",
        ),
        (
            "[guardrails.access-key-issued]\nmode = \"observe\"\n",
            own,
            "guardrail-left-out keyrail.toml:1:13 the bundle does not build on the guardrail `access-key-issued`: write `[default]` with `guardrails = \"recommended\"`",
        ),
        (
            "[default]\nguardrails = \"keys\"\n[guardrails.mfa-weakened]\nmode = \"observe\"\n",
            own,
            "guardrail-left-out keyrail.toml:3:13 the bundle does not build on the guardrail `mfa-weakened`: it belongs to `guardrails = \"recommended\"`",
        ),
        (
            "[default]\nwithout = [\"mfa-weakened\"]\n[guardrails.mfa-weakened]\nmode = \"observe\"\n",
            own,
            "guardrail-left-out keyrail.toml:3:13 the bundle does not build on the guardrail `mfa-weakened`: `[default] without` leaves it out: remove it from one of the two",
        ),
        (
            "[default]\n[guardrails.mfa-weakened]\nrespnd = [\"alert\"]\n",
            own,
            "unknown-setting keyrail.toml:3:1 there is no setting `guardrails.mfa-weakened.respnd`: did you mean `respond`?",
        ),
        (
            "[default]\n[guardrails.mfa-weakened]\nseverity = \"hihg\"\n",
            own,
            "unknown-severity keyrail.toml:3:12 `hihg` is not one of critical, high, medium, low, info: did you mean `high`?",
        ),
        (
            "[default]\n[guardrails.mfa-weakened]\nrespond = [\"revoke-session\"]\n",
            own,
            "unknown-step keyrail.toml:3:12",
        ),
        (
            "[default]\n[guardrails.mfa-weakened]\nrespond = []\n",
            own,
            "settings-value keyrail.toml:3:11 name at least one step, or `[\"alert\"]` for none",
        ),
        (
            "[default]\n[guardrails.mfa-weakened]\nrespond = [\"deactivate-ssh-key\"]\n",
            own,
            "step-does-not-fit keyrail.toml:3:11 `deactivate-ssh-key` has nothing to act on in what `mfa-weakened` is about",
        ),
        (
            "[default]\n[guardrails.access-key-issued]\nrespond = [\"delete-key\"]\n",
            own,
            "step-not-allowed keyrail.toml:3:11 the settings do not allow `delete-key`: allow it: `[allow]` with `steps = [\"delete-key\"]`",
        ),
        (
            "[default]\n",
            clash.as_str(),
            "duplicate-id guardrails/mine.cedar:1:1 the default bundle has a guardrail `access-key-issued`, too: to replace it, leave it out in keyrail.toml: `[default]` with `without = [\"access-key-issued\"]`",
        ),
    ] {
        let folder = bundle(
            "wrong",
            &[("keyrail.toml", settings), ("guardrails/mine.cedar", file)],
        );
        let found = ran(&["validate", &folder.path(), "--format", "json"]);
        assert_eq!(found.status, 1, "{settings}");
        let found: Value = serde_json::from_str(&found.stdout).expect("it is JSON");
        is_of_the_schema("diagnostics", &found);
        let told = |wrong: &Value| {
            let help = wrong["help"].as_str().map(|help| format!(": {help}"));
            format!(
                "{} {}:{}:{} {}{}",
                wrong["code"].as_str().unwrap_or_default(),
                wrong["file"].as_str().unwrap_or_default(),
                wrong["line"],
                wrong["column"],
                wrong["message"].as_str().unwrap_or_default(),
                help.unwrap_or_default()
            )
        };
        let found: Vec<String> = found["diagnostics"]
            .as_array()
            .into_iter()
            .flatten()
            .map(told)
            .collect();
        assert_eq!(found.len(), 1, "{settings}: {found:?}");
        assert!(
            found.iter().all(|found| found.starts_with(says)),
            "{settings}: {found:?}"
        );
    }
    // What replaces it may have its id, once that is left out.
    let replaced = bundle(
        "replaced",
        &[
            (
                "keyrail.toml",
                "[default]\nwithout = [\"access-key-issued\"]\n",
            ),
            ("guardrails/mine.cedar", &clash),
        ],
    );
    let valid = ran(&["validate", &replaced.path()]);
    assert_eq!(valid.status, 0, "{}", valid.stdout);
    assert!(
        valid
            .stdout
            .starts_with("valid: 29 guardrails (28 of the default bundle), 0 exemptions; version ")
    );
}

/// Exemptions and tests may still name an id that a guardrail had before.
#[test]
fn an_id_that_is_retired_stands_for_what_has_come_in_its_place() {
    let guardrail = |id: &str, action: &str| {
        format!(
            "@id(\"{id}\")\n@title(\"T\")\n@severity(\"low\")\n@respond(\"alert\")\n@replaces(\"credential-made\")\nforbid (principal, action == Action::\"{action}\", resource)\nwhen {{ context.succeeded }};\n"
        )
    };
    let guardrails = guardrail("ssh-key-made", "iam:UploadSSHPublicKey")
        + &guardrail("certificate-made", "iam:UploadSigningCertificate");
    let exemption = "@id(\"bob\")\n@exempts(\"credential-made\")\n@reason(\"R\")\n@owner(\"O\")\n@expires(\"2027-03-31\")\npermit (principal, action, resource in User::\"arn:aws:iam::111122223333:user/bob\");\n";
    let tests = "\
tests:
- name: an SSH key
  sample: iam:UploadSSHPublicKey
  set: {detail.requestParameters.userName: carlos, detail.responseElements: {}}
  expect: {violated: [credential-made]}
- name: a certificate, and an SSH key was meant
  sample: iam:UploadSigningCertificate
  set: {detail.requestParameters.userName: carlos, detail.responseElements: {}}
  expect: {violated: [ssh-key-made]}
- name: bob's is exempt
  sample: iam:UploadSSHPublicKey
  set: {detail.requestParameters.userName: bob, detail.responseElements: {}}
  expect: {violated: [], exempted: [credential-made]}
";
    let folder = bundle(
        "retired",
        &[
            ("keyrail.toml", "[accounts.111122223333]\n"),
            ("guardrails/a.cedar", &guardrails),
            ("exemptions/b.cedar", exemption),
            ("tests/a.yaml", tests),
        ],
    );
    let validated = ran(&["validate", &folder.path(), "--today", "2026-11-29"]);
    assert_eq!(validated.status, 0, "{}", validated.stdout);
    assert_eq!(
        validated
            .stdout
            .matches("warning[retired-guardrail]")
            .count(),
        3,
        "{}",
        validated.stdout
    );
    assert!(
        validated.stdout.contains(
            "the guardrail `credential-made` has become `certificate-made`, `ssh-key-made`"
        ),
        "{}",
        validated.stdout
    );
    let tested = ran(&["test", &folder.path()]);
    assert_eq!(tested.status, 1);
    assert!(
        tested.stdout.contains("FAILED tests/a.yaml:6 "),
        "{}",
        tested.stdout
    );
    assert!(
        tested.stdout.ends_with("2 passed, 1 failed\n"),
        "{}",
        tested.stdout
    );
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

/// What `show` prints is a bundle with the same verdicts.
#[test]
fn what_is_shown_is_the_bundle_whole() {
    let settings = "[default]\nwithout = [\"root-activity\"]\nmode = \"observe\"\n[guardrails.access-key-issued]\nmode = \"enforce\"\nseverity = \"medium\"\n";
    let own = "@id(\"mine\")\n@title(\"M\")\n@severity(\"low\")\n@respond(\"alert\")\nforbid (\n  principal is Root,\n  action in Action::\"sign-in\",\n  resource\n);\n";
    let exemption = "@id(\"all\")\n@exempts(\"mfa-weakened\")\n@reason(\"R\")\n@owner(\"O\")\n@expires(\"2027-03-31\")\npermit (\n  principal is Root,\n  action,\n  resource\n);\n";
    let folder = bundle(
        "shown",
        &[
            ("keyrail.toml", settings),
            ("guardrails/mine.cedar", own),
            ("exemptions/b.cedar", exemption),
        ],
    );
    let json = ran(&["show", &folder.path(), "--format", "json"]).json();
    is_of_the_schema("show", &json);
    let of = |id: &str| {
        let all = json["guardrails"].as_array().into_iter().flatten();
        all.into_iter()
            .find(|told| told["id"] == id)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(of("root-activity"), Value::Null);
    let key = of("access-key-issued");
    assert_eq!(
        (&key["origin"], &key["severity"], &key["mode"]),
        (&json!("default"), &json!("medium"), &json!("enforce"))
    );
    assert_eq!(of("mfa-weakened")["mode"], "observe");
    assert_eq!(
        (&of("mine")["origin"], &of("mine")["mode"]),
        (&json!("own"), &Value::Null)
    );
    let shown = ran(&["show", &folder.path()]);
    assert_eq!(shown.status, 0);
    let (guardrails, exemptions) = shown
        .stdout
        .split_once("\n// Exemptions: 1\n")
        .expect("it shows them");
    let whole = bundle(
        "shown-whole",
        &[
            ("guardrails/all.cedar", guardrails),
            ("exemptions/all.cedar", exemptions),
        ],
    );
    assert_eq!(
        ran(&["validate", &whole.path(), "--today", "2026-11-29"]).status,
        0
    );
    for name in [
        "key-created-for-another",
        "root-sign-in",
        "root-api-call",
        "iam:DeactivateMFADevice",
    ] {
        let mut reports = [&folder, &whole]
            .map(|bundle| explained(bundle, &sample(name, &[]), &["--mode", "enforce"]));
        for report in &mut reports {
            report["bundle"] = Value::Null;
        }
        assert_eq!(reports[0], reports[1], "{name}");
    }
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

/// A proof is about the whole, and `--against` holds one composition against another.
#[test]
#[cfg(feature = "prove")]
fn a_composed_bundle_is_proved() {
    let whole = bundle("proved", &[("keyrail.toml", "[default]\n")]);
    let fewer = bundle(
        "proved-fewer",
        &[(
            "keyrail.toml",
            "[default]\nwithout = [\"command-line-login\"]\n",
        )],
    );
    let ran = ran(&["prove", &fewer.path(), "--against", &whole.path()]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("what `command-line-login` caught is caught"),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stdout.matches("FAILED").count(), 1, "{}", ran.stdout);
}

/// What was valid stays so as time passes, unless one asks.
#[test]
fn dates_are_strict_only_where_one_asks() {
    let exemption = "// Why.\n@id(\"old\")\n@exempts(\"mfa-weakened\")\n@reason(\"R\")\n@owner(\"team\")\n@expires(\"2027-03-31\")\npermit (principal is Root, action, resource);\n";
    let folder = bundle(
        "dates",
        &[
            ("keyrail.toml", "[default]\n"),
            ("exemptions/old.cedar", exemption),
        ],
    );
    let path = folder.path();
    for (today, more, status, says) in [
        ("2027-03-01", &[][..], 0, "valid: 29"),
        ("2027-03-25", &[], 0, "warning[expiring-exemption]"),
        ("2027-04-01", &[], 0, "warning[expired-exemption]"),
        (
            "2027-03-25",
            &["--strict-dates"],
            0,
            "warning[expiring-exemption]",
        ),
        (
            "2027-04-01",
            &["--strict-dates"],
            1,
            "error[expired-exemption]",
        ),
    ] {
        let ran = ran(&[&["validate", &path, "--today", today], more].concat());
        assert_eq!(ran.status, status, "{today} {more:?}");
        assert!(
            ran.stdout.contains(says),
            "{today} {more:?}: {}",
            ran.stdout
        );
    }
    let soon = ran(&[
        "exemptions",
        &path,
        "--today",
        "2027-03-25",
        "--expiring-within",
        "30d",
        "--format",
        "github",
    ]);
    assert_eq!(soon.status, 0);
    assert_eq!(
        soon.stdout,
        format!(
            "::warning file={path}/exemptions/old.cedar,line=2,title=exemption::`old`: 6 days left; last day 2027-03-31; owner team; reason: R\n"
        )
    );
    let later = ran(&[
        "exemptions",
        &path,
        "--today",
        "2027-01-25",
        "--expiring-within",
        "30d",
        "--format",
        "github",
    ]);
    assert_eq!(later.stdout, "");
}
