//! What cannot be decided, and how that is told.

use serde_json::{Value, json};

use super::{ISSUED, SUCCEEDED, bundle, exemption, keys, property, proved};
use crate::{Ran, ran};

fn printed(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).expect("it prints JSON")
}

#[test]
fn a_program_that_is_no_solver_is_told() {
    let issued = keys("issued", ISSUED, SUCCEEDED);
    let folder = bundle("no-solver", &[("guardrails/a.cedar", &issued)]);
    for (solver, says) in [
        (
            "cat",
            "nothing was proved: the solver `cat` does not answer as cvc5 does:",
        ),
        (
            "no-such-solver",
            "nothing was proved: the solver `no-such-solver` cannot be started: ",
        ),
    ] {
        let ran = proved(&folder, &["--solver", solver]);
        assert_eq!(ran.status, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("help: `--solver` takes a command"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn what_a_solver_cannot_be_asked_is_undecided_and_the_rest_is_proved() {
    let strange = keys(
        "strange",
        ISSUED,
        "when { context.region == \"\u{10ffff}\" }",
    );
    let issued = keys("issued", ISSUED, SUCCEEDED);
    let files = [
        ("guardrails/a.cedar", issued.as_str()),
        ("guardrails/b.cedar", &strange),
    ];
    let ran = proved(&bundle("strange", &files), &[]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    let found = printed(&ran);
    let findings = found["findings"].as_array().cloned().unwrap_or_default();
    for finding in &findings {
        let is_strange = finding["about"] == json!(["strange"]);
        assert_ne!(finding["result"], json!("failed"), "{finding}");
        assert!(
            is_strange || finding["result"] == json!("proved"),
            "{finding}"
        );
    }
    let unknown = findings
        .iter()
        .filter(|finding| finding["result"] == json!("unknown"));
    assert_eq!(unknown.count(), 1);
}

#[test]
fn settings_that_changed_are_not_called_compared() {
    let issued = keys("issued", ISSUED, SUCCEEDED);
    let files = [("guardrails/a.cedar", issued.as_str())];
    let (new, old) = (bundle("settings", &files), bundle("settings-old", &files));
    assert_eq!(proved(&new, &["--against", &old.path()]).status, 0);
    old.write(
        "keyrail.toml",
        "[networks]\noffice = [\"198.51.100.0/24\"]\n",
    );
    let ran = proved(&new, &["--against", &old.path()]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    let found = printed(&ran);
    let last = found["findings"]
        .as_array()
        .and_then(|all| all.last().cloned());
    let says = last.as_ref().and_then(|last| last["says"].as_str());
    assert_eq!(
        says,
        Some("[networks] differs, and what was caught by it is not compared")
    );
}

#[test]
fn a_pull_request_is_annotated_with_what_failed() {
    let issued = keys("issued", ISSUED, SUCCEEDED);
    let claim = property(
        "alert",
        &format!("permit ({ISSUED}) when {{ context.succeeded }}"),
    );
    let files = [
        ("guardrails/a.cedar", issued.as_str()),
        ("properties/a.cedar", &claim),
    ];
    let folder = bundle("github", &files);
    let ran = ran(&["prove", &folder.path(), "--format", "github"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let line = "::error title=p::not so: A property, for iam:CreateAccessKey by Root\n";
    assert_eq!(ran.stdout, line);
}

#[test]
fn a_users_path_in_what_an_exemption_states_is_refused() {
    let issued = keys("issued", ISSUED, SUCCEEDED);
    let exempt = exemption(
        "arn:aws:iam::111122223333:user/vendors/vendor",
        &format!("permit ({ISSUED})"),
    );
    let files = [
        ("guardrails/a.cedar", issued.as_str()),
        ("exemptions/a.cedar", &exempt),
    ];
    let folder = bundle("path", &files);
    let ran = ran(&["validate", &folder.path(), "--format", "json"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let found = printed(&ran);
    assert!(
        found
            .to_string()
            .contains("has a path, which events do not show"),
        "{found}"
    );
}

#[test]
fn what_is_wrong_with_a_property_is_told_where_it_is() {
    let issued = keys("issued", ISSUED, SUCCEEDED);
    for (text, place, says) in [
        (
            "// one\npermit (principal action, resource);\n",
            (2, 19),
            "unexpected token",
        ),
        (
            "// one\n@id(\"p\") @title(\"T\")\npermit (principal, action, resource);\n",
            (2, 1),
            "property `p` has no `@expect`",
        ),
    ] {
        let files = [
            ("guardrails/a.cedar", issued.as_str()),
            ("properties/p.cedar", text),
        ];
        let folder = bundle("wrong-property", &files);
        let ran = ran(&["validate", &folder.path(), "--format", "json"]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        let found = &printed(&ran)["diagnostics"][0];
        let at = (found["line"].as_u64(), found["column"].as_u64());
        assert_eq!(at, (Some(place.0), Some(place.1)), "{found}");
        assert_eq!(found["file"], "properties/p.cedar");
        let message = found["message"].as_str().unwrap_or_default();
        assert!(message.contains(says), "{found}");
    }
}
