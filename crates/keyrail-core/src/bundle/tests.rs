use cedar_policy::{Schema, ValidationMode, Validator};

use super::*;

fn load(text: &str) -> Result<Bundle, LoadBundleError> {
    Bundle::load(&[("guardrails/a.cedar".to_owned(), text.to_owned())])
}

fn faults(text: &str) -> Vec<String> {
    load(text)
        .map(|bundle| bundle.version)
        .expect_err("it does not load")
        .faults
}

const GOOD: &str = r#"@id("a") @title("A") @severity("low") @respond("alert") forbid (principal, action, resource)"#;

#[test]
fn the_default_bundle_holds_what_its_files_say() {
    let bundle = Bundle::embedded().expect("it loads");
    let ids: Vec<String> = bundle.guardrails.keys().map(ToString::to_string).collect();
    assert_eq!(
        ids,
        [
            "access-key-issue-denied",
            "access-key-issued",
            "access-key-reactivated",
            "access-key-reactivated-after-containment",
            "administrator-granted",
            "administrator-key-issued",
            "audit-trail-tampered",
            "command-line-login",
            "compute-surge-after-password-change",
            "console-password-issued",
            "console-sign-in-failed",
            "console-sign-in-without-mfa",
            "credential-finding",
            "exposed-access-key",
            "federation-token-issued",
            "guardrail-tampered",
            "long-term-credential-issued",
            "long-term-credential-reactivated",
            "mfa-weakened",
            "root-access-key-issued",
            "root-activity",
            "root-command-line-login",
            "root-console-sign-in",
            "root-credentials-changed",
            "root-session-assumed",
            "root-sign-in-failed",
            "sign-in-from-unknown-network",
            "tampering-denied",
        ]
    );
}

/// A guardrail that can never fire looks like one that never had to: Cedar's
/// strict validator must have nothing to say, not even a warning.
#[test]
fn the_default_bundle_is_valid_against_the_schema() {
    let (schema, warnings) =
        Schema::from_cedarschema_str(&crate::schema::cedar()).expect("the schema parses");
    assert_eq!(
        warnings
            .map(|warning| warning.to_string())
            .collect::<Vec<_>>(),
        [""; 0]
    );
    let bundle = Bundle::embedded().expect("it loads");
    let result = Validator::new(schema).validate(&bundle.policies, ValidationMode::Strict);
    let errors: Vec<_> = result
        .validation_errors()
        .map(ToString::to_string)
        .collect();
    let warnings: Vec<_> = result
        .validation_warnings()
        .map(ToString::to_string)
        .collect();
    assert_eq!((errors, warnings), (vec![], vec![]));
}

#[test]
fn every_fault_is_told_with_its_file() {
    let text = r#"
        @id("x") permit (principal, action, resource);
        @id("y") @title("Y") @severity("hihg") @respond("alert") forbid (principal, action, resource);
        @id("z") @title("Z") @severity("low") @respond("deactivate-keys") forbid (principal, action, resource);
        @id("v") @title("V") @severity("low") @respond("alert") @mdoe("observe") forbid (principal, action, resource);
        @id("u") @title("U") @severity("low") forbid (principal, action, resource);
        forbid (principal, action, resource);
    "#;
    assert_eq!(
        faults(text),
        [
            "guardrails/a.cedar: guardrail `x`: a guardrail is a `forbid`",
            "guardrails/a.cedar: guardrail `y`: `@severity`: `hihg` is not one of critical, high, medium, low, info",
            "guardrails/a.cedar: guardrail `z`: `@respond`: `deactivate-keys` is not one of deactivate-key, quarantine-user, delete-root-key, or `alert` alone",
            "guardrails/a.cedar: guardrail `v`: unknown annotation `@mdoe`",
            "guardrails/a.cedar: guardrail `u`: there is no `@respond`",
            "guardrails/a.cedar: a guardrail has no `@id`",
        ]
    );
}

#[test]
fn two_guardrails_cannot_share_an_id() {
    let faults = faults(&format!("{GOOD}; {GOOD};"));
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].starts_with("guardrails/a.cedar: guardrail `a`: "),
        "{faults:?}"
    );
}

#[test]
fn a_bundle_without_guardrails_is_none() {
    assert_eq!(faults(""), ["there is no guardrail in the bundle"]);
}

#[test]
fn a_template_is_no_guardrail() {
    let text = r#"@id("t") forbid (principal == ?principal, action, resource);"#;
    assert_eq!(
        faults(text),
        ["guardrails/a.cedar: a guardrail cannot be a template"]
    );
}

#[test]
fn what_is_no_cedar_is_told_with_its_file() {
    let faults = faults("forbid (principal, action");
    assert!(
        faults[0].starts_with("guardrails/a.cedar: unexpected end of input"),
        "{faults:?}"
    );
}

/// A misspelt action would never fire, and look like one that never had to.
#[test]
fn an_action_that_does_not_exist_is_an_error() {
    for policy in [
        GOOD.replace("action,", r#"action == Action::"iam:CreateAccesKey","#),
        GOOD.replace(
            "action,",
            r#"action in [Action::"sign-in", Action::"iam:CreateAccesKey"],"#,
        ),
        format!(r#"{GOOD} when {{ action == Action::"iam:CreateAccesKey" }}"#),
    ] {
        let faults = faults(&format!("{policy};"));
        assert!(
            faults[0].contains("there is no action `iam:CreateAccesKey`"),
            "{faults:?}"
        );
    }
}

#[test]
fn an_empty_response_and_an_annotation_of_two_lines_are_errors() {
    assert!(
        faults(&format!("{};", GOOD.replace("alert", " ")))[0]
            .contains("`@respond`: ` ` is not one of")
    );
    assert!(
        faults(&format!("{};", GOOD.replace("\"A\"", "\"A\\nB\"")))[0]
            .contains("`@title` must be one line")
    );
}

#[test]
fn brackets_without_end_are_an_error_and_not_the_end() {
    let text = format!(
        "{GOOD} when {{ {}true{} }};",
        "(".repeat(10_000),
        ")".repeat(10_000)
    );
    assert_eq!(
        faults(&text)[0],
        "guardrails/a.cedar: brackets are nested deeper than 64"
    );
}

#[test]
fn what_a_folder_holds_is_read_or_refused() {
    let list = |names: &'static [&'static str]| {
        move |folder: &str| match folder {
            "" => Ok(["guardrails", "exemptions", "README.md"]
                .map(str::to_owned)
                .to_vec()),
            _ => Ok(names.iter().map(|name| (*name).to_owned()).collect()),
        }
    };
    let read = |_: &str| Ok(format!("{GOOD};"));
    let error = Bundle::gather(list(&["a.cedar", "b.cedra"]), read)
        .map(|bundle| bundle.version)
        .expect_err("it is refused");
    assert_eq!(
        error.faults,
        [
            "`exemptions` has no effect in this version of keyrail: remove it",
            "`guardrails/b.cedra` is not a `.cedar` file"
        ]
    );
}

#[test]
fn what_a_guardrail_reads_is_known() {
    let text = format!(
        "{GOOD} when {{ context has mfa && context.ip.isLoopback() && resource.root && context.history.count > 1 }};"
    );
    let bundle = load(&text).expect("it loads");
    let reads: Vec<&str> = bundle
        .guardrails
        .values()
        .flat_map(|guardrail| &guardrail.reads)
        .map(String::as_str)
        .collect();
    assert_eq!(reads, ["history", "ip", "mfa", "resource"]);
}

#[test]
fn the_version_follows_names_and_texts_and_not_their_order() {
    let file = |name: &str, id: &str| {
        (
            name.to_owned(),
            format!("{};", GOOD.replace("\"a\"", &format!("\"{id}\""))),
        )
    };
    let version = |files: &[(String, String)]| Bundle::load(files).expect("it loads").version;
    let one = version(&[file("1", "a"), file("2", "b")]);
    assert_eq!(one, version(&[file("2", "b"), file("1", "a")]));
    assert_ne!(one, version(&[file("2", "a"), file("1", "b")]));
    assert_ne!(one, version(&[file("1", "a"), file("2", "c")]));
    let embedded = Bundle::embedded().expect("it loads").version;
    assert!(
        embedded.starts_with("default ") && embedded.len() == "default ".len() + one.len(),
        "{embedded}"
    );
}
