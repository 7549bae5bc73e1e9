//! What is wrong with a composition.

use serde_json::Value;

use super::bundle;
use crate::ran;
use crate::schema::is_of_the_schema;

const OWN: &str = "@id(\"mine\")\n@title(\"M\")\n@severity(\"low\")\n@respond(\"alert\")\nforbid (principal is Root, action in Action::\"sign-in\", resource);\n";

/// Settings with one mistake each, and what is said of it: the code, the place, and what to do.
const MISTAKES: &[(&str, &str)] = &[
    (
        "[default]\nguardrails = \"recomended\"\n",
        "settings-value keyrail.toml:2:14 `recomended` is not one of keys, recommended, strict, none: did you mean `recommended`?",
    ),
    (
        "[default]\nwithuot = []\n",
        "unknown-setting keyrail.toml:2:1 there is no setting `default.withuot`: did you mean `without`?",
    ),
    (
        "[default]\nwithout = [\"acess-key-issued\"]\n",
        "unknown-guardrail keyrail.toml:2:12 the default bundle has no guardrail `acess-key-issued`: did you mean `access-key-issued`?",
    ),
    (
        "[default]\n[guardrails.acess-key-issued]\nmode = \"observe\"\n",
        "unknown-guardrail keyrail.toml:2:13 the default bundle has no guardrail `acess-key-issued`: did you mean `access-key-issued`?",
    ),
    (
        "[default]\n[guardrails.mine]\nmode = \"observe\"\n",
        "unknown-guardrail keyrail.toml:2:13 the default bundle has no guardrail `mine`: `[guardrails]` is about those of the default bundle; one of your own has `@mode`, `@severity` and `@respond` in its file",
    ),
    (
        "[guardrails.access-key-issued]\nmode = \"observe\"\n",
        "guardrail-left-out keyrail.toml:1:13 the bundle does not build on the guardrail `access-key-issued`: write `[default]` with `guardrails = \"recommended\"`",
    ),
    (
        "[default]\nguardrails = \"keys\"\n[guardrails.mfa-weakened]\nmode = \"observe\"\n",
        "guardrail-left-out keyrail.toml:3:13 the bundle does not build on the guardrail `mfa-weakened`: it belongs to `guardrails = \"recommended\"`",
    ),
    (
        "[default]\nwithout = [\"mfa-weakened\"]\n[guardrails.mfa-weakened]\nmode = \"observe\"\n",
        "guardrail-left-out keyrail.toml:3:13 the bundle does not build on the guardrail `mfa-weakened`: `[default] without` leaves it out: remove it from one of the two",
    ),
    (
        "[default]\n[guardrails.mfa-weakened]\nrespnd = [\"alert\"]\n",
        "unknown-setting keyrail.toml:3:1 there is no setting `guardrails.mfa-weakened.respnd`: did you mean `respond`?",
    ),
    (
        "[default]\n[guardrails.mfa-weakened]\nseverity = \"hihg\"\n",
        "unknown-severity keyrail.toml:3:12 `hihg` is not one of critical, high, medium, low, info: did you mean `high`?",
    ),
    (
        "[default]\n[guardrails.mfa-weakened]\nrespond = [\"revoke-session\"]\n",
        "unknown-step keyrail.toml:3:12",
    ),
    (
        "[default]\n[guardrails.mfa-weakened]\nrespond = []\n",
        "settings-value keyrail.toml:3:11 name at least one step, or `[\"alert\"]` for none",
    ),
    (
        "[default]\n[guardrails.mfa-weakened]\nrespond = [\"deactivate-ssh-key\"]\n",
        "step-does-not-fit keyrail.toml:3:11 `deactivate-ssh-key` has nothing to act on in what `mfa-weakened` is about",
    ),
    (
        "[default]\n[guardrails.access-key-issued]\nrespond = [\"delete-key\"]\n",
        "step-not-allowed keyrail.toml:3:11 the settings do not allow `delete-key`: allow it: `[allow]` with `steps = [\"delete-key\"]`",
    ),
];

/// The one thing that is wrong with a bundle.
fn told(settings: &str, file: &str) -> String {
    let folder = bundle(
        "wrong",
        &[("keyrail.toml", settings), ("guardrails/mine.cedar", file)],
    );
    let found = ran(&["validate", &folder.path(), "--format", "json"]);
    assert_eq!(found.status, 1, "{settings}");
    let found: Value = serde_json::from_str(&found.stdout).expect("it is JSON");
    is_of_the_schema("diagnostics", &found);
    let told = |wrong: &Value| {
        let text = |key: &str| wrong.get(key).and_then(Value::as_str).unwrap_or_default();
        let number = |key: &str| wrong.get(key).and_then(Value::as_u64).unwrap_or_default();
        let help = wrong
            .get("help")
            .and_then(Value::as_str)
            .map(|help| format!(": {help}"));
        format!(
            "{} {}:{}:{} {}{}",
            text("code"),
            text("file"),
            number("line"),
            number("column"),
            text("message"),
            help.unwrap_or_default()
        )
    };
    let found: Vec<String> = found
        .get("diagnostics")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(told)
        .collect();
    assert_eq!(found.len(), 1, "{settings}: {found:?}");
    found.concat()
}

#[test]
fn what_is_wrong_with_the_composition_is_told_where_it_stands() {
    for (settings, says) in MISTAKES {
        let found = told(settings, OWN);
        assert!(found.starts_with(says), "{settings}: {found}");
    }
}

#[test]
fn what_replaces_a_guardrail_may_have_its_id_once_that_is_left_out() {
    let clash = OWN.replace("mine", "access-key-issued");
    assert_eq!(
        told("[default]\n", &clash),
        "duplicate-id guardrails/mine.cedar:1:1 the default bundle has a guardrail `access-key-issued`, too: to replace it, leave it out in keyrail.toml: `[default]` with `without = [\"access-key-issued\"]`"
    );
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
            .starts_with("valid: 55 guardrails (54 of the default bundle), 0 exemptions; version ")
    );
}
