//! What must not be called proved, because an event shows it to be wrong.

use serde_json::json;

use super::{bundle, explained, failed, keys, property, proved};

/// A proof must not rest on one type of actor where the world knows others: each of these
/// was once called proved.
#[test]
fn what_an_event_shows_to_be_wrong_is_not_proved() {
    for (guardrail, about) in [
        (
            keys(
                "issued",
                r#"principal, action == Action::"iam:CreateAccessKey", resource"#,
                "when { principal is User || principal is RoleSession || principal is Root }",
            ),
            r#"permit (principal in Account::"111122223333", action == Action::"iam:CreateAccessKey", resource)"#,
        ),
        (
            keys(
                "issued",
                r#"principal, action in Action::"report-finding", resource"#,
                "unless { context.self }",
            ),
            r#"permit (principal, action in Action::"report-finding", resource)"#,
        ),
        (
            keys(
                "issued",
                r#"principal, action in Action::"tamper-audit", resource is Resource"#,
                r#"when { resource.kind like "tr*" }"#,
            ),
            r#"permit (principal, action in Action::"tamper-audit", resource is Resource) when { resource.kind like "det*" }"#,
        ),
    ] {
        let folder = bundle(
            "unsound",
            &[
                ("guardrails/a.cedar", &guardrail),
                ("properties/a.cedar", &property("alert", about)),
            ],
        );
        failed(&proved(&folder, &[]), "property");
    }
}

/// `UpdateAccessKey` that sets a key to Inactive is in no group, and so it is with others:
/// a guardrail about the group is none about the action.
#[test]
fn an_action_is_not_always_in_its_groups() {
    for (group, action) in [
        ("reactivate-credential", "iam:UpdateAccessKey"),
        ("tamper-guardrail", "lambda:DeleteFunction"),
        ("tamper-audit", "events:PutRule"),
        ("root-credentials", "iam:DeactivateMFADevice"),
        ("escalate-privilege", "iam:AttachUserPolicy"),
        ("report-exposure", "iam:AttachUserPolicy"),
    ] {
        let of = |what: &str| format!("principal, action {what}, resource");
        let by_group = keys("g", &of(&format!("in Action::\"{group}\"")), "");
        let by_action = keys("a", &of(&format!("== Action::\"{action}\"")), "");
        let claim = format!("permit ({})", of(&format!("== Action::\"{action}\"")));
        let folder = bundle(
            "groups",
            &[
                ("guardrails/a.cedar", &by_group),
                ("properties/a.cedar", &property("alert", &claim)),
            ],
        );
        let wrong = failed(&proved(&folder, &[]), "property");
        assert_eq!(
            explained(&folder, &wrong)["violated"],
            json!([]),
            "{action}"
        );
        // One is enough for what takes as long again.
        if group != "reactivate-credential" {
            continue;
        }
        let old = bundle("groups-old", &[("guardrails/a.cedar", &by_action)]);
        let lost = failed(&proved(&folder, &["--against", &old.path()]), "superset");
        assert_eq!(lost.pointer("/counterexample/action"), Some(&json!(action)));
        // The other way round, whatever is in the group is caught by the action's name.
        let within = format!(
            "permit ({}) when {{ action == Action::\"{action}\" }}",
            of(&format!("in Action::\"{group}\""))
        );
        old.write("properties/a.cedar", &property("alert", &within));
        assert_eq!(proved(&old, &[]).status, 0, "{action}");
    }
}

/// What rights a call grants is seen of some actions and not of others.
#[test]
fn an_action_that_grants_rights_is_not_told_by_one_that_grants_none() {
    let granted = keys(
        "admin",
        r#"principal, action in Action::"api-call", resource is Resource"#,
        "when { context.succeeded && context has administrator && context.administrator }",
    );
    let claim = property(
        "no-alert",
        r#"permit (principal, action in Action::"api-call", resource is Resource)"#,
    );
    let files = [
        ("guardrails/a.cedar", granted.as_str()),
        ("properties/a.cedar", &claim),
    ];
    let folder = bundle("granted", &files);
    let wrong = failed(&proved(&folder, &[]), "property");
    assert_eq!(explained(&folder, &wrong)["violated"][0]["id"], "admin");
}

/// What fails is not applied, and so hides nothing that is joined with it.
#[test]
fn beside_a_policy_that_fails_nothing_is_proved_of_both() {
    let scope = r#"principal is User, action in Action::"launch-compute", resource"#;
    let launched = "context has history && context.history has launchedSincePasswordChange && context.history.launchedSincePasswordChange";
    let seven = keys("seven", scope, &format!("when {{ {launched} == 7 }}"));
    let fails = keys(
        "fails",
        scope,
        &format!("when {{ {launched} * 9000000000000000000 > 1 }}"),
    );
    let new = bundle("fails", &[("guardrails/a.cedar", fails.as_str())]);
    let old = bundle("fails-old", &[("guardrails/a.cedar", seven.as_str())]);
    let ran = proved(&new, &["--against", &old.path()]);
    let printed: serde_json::Value = serde_json::from_str(&ran.stdout).expect("it prints JSON");
    let of = |kind: &str| {
        let findings = printed["findings"].as_array().into_iter().flatten();
        let mut of = findings.filter(|finding| finding["kind"] == kind);
        of.next().map(|finding| finding["result"].clone())
    };
    assert_eq!(ran.status, 1, "{printed}");
    assert_eq!(
        [of("no-error"), of("superset")],
        [Some(json!("failed")), Some(json!("unknown"))]
    );
}

/// Actions that a place does not have are named there all the same.
#[test]
fn a_policy_may_name_actions_beside_groups() {
    for (scope, conditions) in [
        (
            r#"principal, action in [Action::"reactivate-credential", Action::"iam:CreateAccessKey"], resource"#,
            "",
        ),
        (
            r#"principal, action in Action::"reactivate-credential", resource"#,
            r#"when { action != Action::"iam:CreateAccessKey" }"#,
        ),
        (
            r#"principal, action in [Action::"reactivate-credential", Action::"launch-compute"], resource"#,
            r#"when { [Action::"iam:CreateAccessKey"].contains(action) || Action::"iam:UpdateAccessKey" == action }"#,
        ),
    ] {
        let named = keys("named", scope, conditions);
        let ran = proved(&bundle("named", &[("guardrails/a.cedar", &named)]), &[]);
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    }
}

/// Such a policy could not be decided but for one user.
#[test]
fn an_attribute_of_somebody_who_is_named_is_refused() {
    let named = keys(
        "named",
        r#"principal, action == Action::"iam:CreateAccessKey", resource"#,
        r#"when { User::"arn:aws:iam::111122223333:user/bob".name == "bob" }"#,
    );
    let ran = proved(&bundle("by-name", &[("guardrails/a.cedar", &named)]), &[]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("nobody knows the attributes of"),
        "{}",
        ran.stderr
    );
}
