use serde_json::{Value, json};

use crate::{explained, fixture, ids, keys, nothing, ran, ran_with, sample};

/// Every key of `keyrail.report/v1` is there, whatever is known.
#[test]
fn the_report_has_exactly_the_keys_of_its_contract() {
    for event in [
        sample("key-created-for-another", &[]),
        sample("unrelated-call", &[]),
        "{}".to_owned(),
    ] {
        let report = explained(&event, &[]);
        assert_eq!(report["schema"], "keyrail.report/v1");
        for (place, expected) in [
            (
                "",
                "activity bundle event not_known outcomes plan schema source verdict",
            ),
            ("/event", "account detail_type id name region source time"),
            (
                "/activity",
                "account action actor comeback conflicts groups is_fault kind launched origin outcome own particulars past region repeats target time unknown",
            ),
            ("/activity/outcome", "error_code error_message succeeded"),
            (
                "/activity/actor",
                "access_key_id account arn issuer_arn kind mfa mfa_unknown_because name on_behalf_of_service root_session session_name source_identity",
            ),
            (
                "/activity/target",
                "access_key_id account arn credential_id is_root kind more_keys more_names name status user",
            ),
            (
                "/activity/origin",
                "console hidden ip networks service user_agent",
            ),
            (
                "/activity/particulars",
                "expires finding late notice published quarantine",
            ),
            (
                "/verdict",
                "exempted expired mode severity undecided violated",
            ),
        ] {
            let object = report.pointer(place).expect("it is there");
            let expected: Vec<&str> = expected.split(' ').collect();
            assert_eq!(keys(object), expected, "{place}");
        }
        assert_eq!(report["outcomes"], nothing());
    }
}

#[test]
fn a_created_key_is_found_and_its_deactivation_planned() {
    let report = explained(&sample("key-created-for-another", &[]), &[]);
    let violated = &report["verdict"]["violated"][0];
    assert_eq!(
        keys(violated),
        [
            "advice",
            "id",
            "mode",
            "policy_text",
            "runbook",
            "severity",
            "title"
        ]
    );
    assert_eq!(
        (&violated["id"], &violated["mode"]),
        (&json!("access-key-issued"), &json!("observe"))
    );
    assert_eq!(
        report["plan"],
        json!([{"step": "deactivate-key", "target": "AKIAI44QH8DHBEXAMPLE", "reversible": true, "withheld": "observe", "effect": null}])
    );
}

#[test]
fn enforcing_withholds_nothing_and_still_executes_nothing() {
    let report = explained(
        &sample("key-created-for-another", &[]),
        &["--mode", "enforce"],
    );
    assert_eq!(
        (&report["plan"][0]["withheld"], &report["outcomes"]),
        (&Value::Null, &nothing())
    );
    assert_eq!(report["verdict"]["mode"], "enforce");
}

#[test]
fn each_sample_violates_what_it_is_a_sample_of() {
    for (name, violated) in [
        ("key-created-for-another", vec!["access-key-issued"]),
        ("key-created-for-self", vec!["access-key-issued"]),
        ("key-created-denied", vec!["access-key-issue-denied"]),
        (
            "root-key-created",
            vec!["root-access-key-issued", "root-activity"],
        ),
        ("root-sign-in", vec!["root-console-sign-in"]),
        ("root-sign-in-failed", vec!["root-sign-in-failed"]),
        ("root-api-call", vec!["root-activity"]),
        ("sign-in-with-mfa", vec![]),
        ("sign-in-without-mfa", vec!["console-sign-in-without-mfa"]),
        ("sign-in-federated", vec![]),
        ("sign-in-failed", vec!["console-sign-in-failed"]),
        ("unrelated-call", vec![]),
    ] {
        let report = explained(&sample(name, &[]), &[]);
        assert_eq!(
            ids(&report["verdict"]["violated"], "id"),
            violated,
            "{name}"
        );
        assert_eq!(report["verdict"]["undecided"], nothing(), "{name}");
        assert_eq!(report["activity"]["unknown"], nothing(), "{name}");
    }
}

#[test]
fn a_service_that_acts_for_root_and_a_root_session_are_no_root_activity() {
    for (change, violated) in [
        (
            "detail.userIdentity.invokedBy=autoscaling.amazonaws.com",
            vec![],
        ),
        (
            "detail.userIdentity.sessionContext.assumedRoot=true",
            vec!["root-session-assumed"],
        ),
    ] {
        let report = explained(&sample("root-api-call", &[change]), &[]);
        assert_eq!(
            ids(&report["verdict"]["violated"], "id"),
            violated,
            "{change}"
        );
    }
    let person = explained(
        &sample(
            "root-api-call",
            &["detail.userIdentity.invokedBy=signin.amazonaws.com"],
        ),
        &[],
    );
    assert_eq!(ids(&person["verdict"]["violated"], "id"), ["root-activity"]);
}

#[test]
fn a_bare_record_is_an_event_too() {
    let event: Value = serde_json::from_str(&sample("root-sign-in", &[])).expect("it is JSON");
    let report = explained(&event["detail"].to_string(), &[]);
    assert_eq!(
        (&report["event"]["source"], &report["event"]["detail_type"]),
        (&json!("aws.signin"), &Value::Null)
    );
    assert_eq!(
        ids(&report["verdict"]["violated"], "id"),
        ["root-console-sign-in"]
    );
}

#[test]
fn the_text_for_people_is_the_alert() {
    let ran = ran_with(
        &["explain", "-", "--mode", "enforce"],
        sample("key-created-for-another", &[]).as_bytes(),
    );
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let subject = "Subject: DRY-RUN: Access key created for an IAM user - bob, by anaya - 111122223333 us-east-1\n";
    assert!(ran.stdout.starts_with(subject), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("  deactivate-key: would be done\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn nothing_violated_says_so() {
    let ran = ran_with(&["explain", "-"], sample("unrelated-call", &[]).as_bytes());
    let (answer, why) = ran
        .stdout
        .split_once("\nWhy, guardrail by guardrail\n")
        .expect("it says why");
    assert_eq!(
        answer,
        "No guardrail is violated, and no alert would be sent.\n\nAction  ec2:CreateTags\n"
    );
    assert!(
        why.ends_with("others are not about such an event\n"),
        "{why}"
    );
}

#[test]
fn fail_on_gates_by_severity() {
    let event = sample("sign-in-failed", &[]);
    let status = |limit| ran_with(&["explain", "-", "--fail-on", limit], event.as_bytes()).status;
    assert_eq!([status("low"), status("medium")], [1, 0]);
    let harmless = sample("unrelated-call", &[]);
    assert_eq!(
        ran_with(&["explain", "-", "--fail-on", "info"], harmless.as_bytes()).status,
        0
    );
}

#[test]
fn a_folder_replaces_the_default_bundle() {
    let folder = fixture("bundles/sign-in-only");
    let report = explained(&sample("sign-in-federated", &[]), &["--bundle", &folder]);
    assert_eq!(
        ids(&report["verdict"]["violated"], "id"),
        ["anybody-signs-in"]
    );
}

#[test]
fn wrong_input_exits_with_2_and_says_why() {
    let missing = ran(&["explain", "nowhere.json"]);
    assert_eq!(missing.status, 2);
    assert!(
        missing
            .stderr
            .starts_with("error: cannot read `nowhere.json`: "),
        "{}",
        missing.stderr
    );
    let no_json = ran_with(&["explain", "-"], b"{\"a\":\n  nope}");
    assert_eq!(no_json.status, 2);
    assert!(
        no_json
            .stderr
            .starts_with("error: `-`: not JSON: expected ident at line 2 column 4"),
        "{}",
        no_json.stderr
    );
    let bundle = ran_with(&["explain", "-", "--bundle", "nowhere"], b"{}");
    assert_eq!(bundle.status, 2);
    assert!(
        bundle.stderr.contains("there is no folder `nowhere`"),
        "{}",
        bundle.stderr
    );
    let broken = ran_with(
        &["explain", "-", "--bundle", &fixture("bundles/broken")],
        b"{}",
    );
    assert_eq!(broken.status, 2);
    assert!(
        broken
            .stderr
            .contains("guardrails/typo.cedar:3:1: `@severity`: `hihg` is not one of"),
        "{}",
        broken.stderr
    );
    assert_eq!(ran(&["explain", "x", "--mode", "enfroce"]).status, 2);
}
