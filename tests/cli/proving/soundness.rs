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
