use std::collections::BTreeSet;

use serde_json::Value;

use crate::{explained, fixture, ids, keys, ran, sample};

#[test]
fn the_page_of_events_is_what_the_command_prints() {
    let page = std::fs::read_to_string(fixture("../../docs/events.md"));
    let printed = ran(&["taxonomy", "--format", "markdown"]);
    assert_eq!(printed.status, 0);
    assert_eq!(printed.stdout, page.expect("the page can be read"));
}

#[test]
fn text_and_json_list_the_same_events() {
    let text = ran(&["taxonomy"]);
    assert_eq!((text.status, text.stderr.as_str()), (0, ""));
    let lines: Vec<Vec<&str>> = text
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let rows = rows(&[]);
    let from_json: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| {
            std::iter::once(&row["action"]).chain(row["groups"].as_array().into_iter().flatten())
        })
        .map(|words| words.filter_map(Value::as_str).collect())
        .collect();
    assert_eq!(from_json, lines);
}

#[test]
fn a_row_for_programs_has_an_example_for_each_group() {
    for row in rows(&[]) {
        assert_eq!(
            keys(&row),
            [
                "action",
                "detail_type",
                "examples",
                "groups",
                "id",
                "name",
                "place",
                "read_only",
                "source",
                "status",
                "target",
                "unmodelled",
                "user",
                "when"
            ]
        );
        let groups = row["groups"].as_array().map_or(0, Vec::len);
        let examples = row["examples"].as_array().map_or(0, Vec::len);
        assert_eq!(examples, groups.max(1), "{}", row["action"]);
    }
}

#[test]
fn a_group_lists_its_events_and_no_others() {
    let all = rows(&[]);
    let groups: BTreeSet<&str> = all
        .iter()
        .flat_map(|row| row["groups"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(groups.len(), 24);
    for group in groups {
        let expected: Vec<&Value> = all
            .iter()
            .filter(|row| {
                row["groups"]
                    .as_array()
                    .is_some_and(|groups| groups.iter().any(|name| name == group))
            })
            .collect();
        let listed = rows(&["--group", group]);
        assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{group}");
    }
}

#[test]
fn a_group_that_is_none_is_an_error_that_names_them_all() {
    let ran = ran(&["taxonomy", "--group", "tamper"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "error: invalid value 'tamper' for '--group <GROUP>': there is no such group; there are \
         admit-guest, admit-machine, assume-role, change-identity-center, change-password, \
         change-watch, escalate-privilege, issue-access-key, issue-long-term-credential, issue-session, \
         launch-compute, lift-limit, move-account, open-trust, reactivate-credential, report-exposure, \
         report-finding, root-credentials, sign-in, tamper-audit, tamper-guardrail, trust-provider, \
         undo-containment, \
         weaken-mfa\n\nFor more information, try '--help'.\n"
    );
}

/// `keyrail sample` prints an example of any event of the table, in its first group.
#[test]
fn each_sort_of_event_has_a_sample_that_means_what_the_table_says() {
    for (action, kind, groups, violated) in [
        (
            "iam:CreateAccessKey",
            "api-call",
            &["issue-access-key"][..],
            &["access-key-issued"][..],
        ),
        ("iam:DeleteAccessKey", "api-call", &[], &[]),
        (
            "cloudtrail:StopLogging",
            "api-call",
            &["tamper-audit"],
            &["audit-trail-tampered"],
        ),
        (
            "lambda:DeleteFunction",
            "api-call",
            &["tamper-guardrail"],
            &["guardrail-tampered"],
        ),
        (
            "sts:AssumeRoot",
            "api-call",
            &["issue-session"],
            &["root-session-assumed"],
        ),
        ("signin:ConsoleLogin", "sign-in", &["sign-in"], &[]),
        (
            "signin:EmailUpdated",
            "sign-in",
            &["root-credentials"],
            &["root-credentials-changed"],
        ),
        (
            "signin:CreateOAuth2Token",
            "sign-in",
            &["issue-session"],
            &["command-line-login"],
        ),
        (
            "health:AWS_RISK_CREDENTIALS_EXPOSED",
            "exposure",
            &["report-exposure"],
            &["exposed-access-key"],
        ),
        (
            "trustedadvisor:ExposedAccessKeys",
            "exposure",
            &["report-exposure"],
            &["exposed-access-key"],
        ),
        (
            "guardduty:AttackSequence:IAM/CompromisedCredentials",
            "finding",
            &["report-finding"],
            &["credential-finding"],
        ),
    ] {
        let report = explained(&sample(action, &[]), &[]);
        let activity = &report["activity"];
        assert_eq!(
            (&activity["action"], &activity["kind"]),
            (&action.into(), &kind.into())
        );
        assert_eq!(activity["groups"], serde_json::json!(groups), "{action}");
        assert_eq!(
            ids(&report["verdict"]["violated"], "id"),
            violated,
            "{action}"
        );
        assert_eq!(
            ids(&report["verdict"]["undecided"], "policy"),
            [""; 0],
            "{action}"
        );
    }
}

/// AWS's own pages do not agree on the case of names.
#[test]
fn the_name_of_an_event_is_taken_in_any_case() {
    assert_eq!(
        sample("IAM:createaccesskey", &[]),
        sample("iam:CreateAccessKey", &[])
    );
}

fn rows(more: &[&str]) -> Vec<Value> {
    let arguments = [&["taxonomy", "--format", "json"], more].concat();
    let rows = ran(&arguments).json();
    rows.as_array().cloned().unwrap_or_default()
}
