//! Alerts that the version before this one has sent, in `tests/fixtures/upgrade`.

use std::fs;

use serde_json::Value;

use crate::{fixture, ran};

const KEY: &str = "--access-key-id AKIAIOSFODNN7EXAMPLE --status Active";

/// Each, with the calls that take back what it says was done.
fn alerts() -> Vec<(&'static str, Vec<String>)> {
    let user = "--user-name bob";
    let activate = format!("update-access-key {user} {KEY}");
    let none = Vec::new;
    let of = |call: String| vec![format!("aws iam {call}")];
    vec![
        ("accepted", of(activate.clone())),
        (
            "comeback",
            vec![
                format!(
                    "aws iam update-access-key {user} --access-key-id AKIAI44QH8DHBEXAMPLE --status Active"
                ),
                format!("aws iam {activate}"),
            ],
        ),
        ("failed", none()),
        ("failed-user-missing", none()),
        ("fault", none()),
        ("follow-up", none()),
        ("unrecognised", none()),
        ("verified", of(activate.clone())),
        (
            "verified-attach-deny-all",
            of(format!(
                "detach-user-policy {user} --policy-arn arn:aws:iam::aws:policy/AWSDenyAll"
            )),
        ),
        (
            "verified-boundary",
            of(format!("delete-user-permissions-boundary {user}")),
        ),
        ("verified-deactivate-key", of(activate)),
        (
            "verified-deactivate-service-credential",
            of(format!(
                "update-service-specific-credential {user} --service-specific-credential-id ACCAI44QH8DHBEXAMPLE --status Active"
            )),
        ),
        (
            "verified-deactivate-signing-certificate",
            of(format!(
                "update-signing-certificate {user} --certificate-id TA7SMP42TDN5Z26OBPJE7EXAMPLE --status Active"
            )),
        ),
        (
            "verified-deactivate-ssh-key",
            of(format!(
                "update-ssh-public-key {user} --ssh-public-key-id APKAI44QH8DHBEXAMPLE --status Active"
            )),
        ),
        ("verified-delete-key", none()),
        ("verified-delete-root-key", none()),
        ("verified-disable-console-login", none()),
        (
            "verified-quarantine-user",
            of(format!(
                "delete-user-policy {user} --policy-name KeyrailQuarantine"
            )),
        ),
        (
            "verified-revoke-role-sessions",
            of(
                "delete-role-policy --role-name build --policy-name KeyrailRevokeOlderSessions"
                    .to_owned(),
            ),
        ),
        (
            "verified-revoke-sessions",
            of(format!(
                "delete-user-policy {user} --policy-name KeyrailRevokeOlderSessions"
            )),
        ),
    ]
}

#[test]
fn what_was_done_is_taken_back() {
    let folder = fs::read_dir(fixture("upgrade/alerts")).expect("it can be read");
    assert_eq!(folder.count(), alerts().len(), "each has its row");
    for (name, calls) in alerts() {
        let path = fixture(&format!("upgrade/alerts/{name}.json"));
        let undone = ran(&["undo", &path]);
        assert_eq!(undone.status, 0, "{name}: {}", undone.stderr);
        let printed: Vec<&str> = undone
            .stdout
            .lines()
            .filter(|line| line.starts_with("aws "))
            .collect();
        assert_eq!(printed, calls, "{name}");
    }
}

#[test]
fn what_was_told_is_shown_again() {
    for (name, _) in alerts() {
        let path = fixture(&format!("upgrade/alerts/{name}.json"));
        let text = fs::read_to_string(&path).expect("it can be read");
        let alert: Value = serde_json::from_str(&text).expect("it is JSON");
        let shown = ran(&["alert", "preview", &path]);
        assert_eq!(shown.status, 0, "{name}: {}", shown.stderr);
        let state = alert["state"].as_str().unwrap_or_default();
        let begins = format!("Subject: {state}: ");
        assert!(
            shown.stdout.starts_with(&begins),
            "{name}: {}",
            shown.stdout
        );
        // It is read with all that it says, and says it again.
        let all = ran(&["alert", "preview", &path, "--as", "all"]).json();
        assert!(
            says_all(&all["default"]["report"], &alert["report"]),
            "{name}: {:#}",
            all["default"]["report"]
        );
    }
}

/// Whether the first says all that the second says: later versions may add keys.
fn says_all(now: &Value, then: &Value) -> bool {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => then
            .iter()
            .all(|(key, value)| now.get(key).is_some_and(|now| says_all(now, value))),
        (Value::Array(now), Value::Array(then)) => {
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| says_all(now, then))
        }
        _ => now == then,
    }
}
