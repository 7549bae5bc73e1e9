//! "In ten minutes" on `docs/policies.md`: five wishes in under 25 lines, as the page has them. That
//! the commands print what it says is tested with the rest of the page.

use std::fs;

use serde_json::{Value, json};

use super::{bundle, explained, guardrails};
use crate::{Folder, fixture, ran, sample};

/// The files of the section, by their paths in the bundle.
fn files() -> Vec<(String, String)> {
    let page = fs::read_to_string(fixture("../../docs/policies.md")).expect("the page is there");
    let (_, section) = page
        .split_once("\n## In ten minutes\n")
        .expect("the page has the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let blocks = section.split("\n```").skip(1).step_by(2);
    let file = |block: &str| {
        let (info, text) = block.split_once('\n')?;
        let (_, file) = info.split_once(" mine/")?;
        Some((file.to_owned(), format!("{text}\n")))
    };
    blocks.filter_map(file).collect()
}

fn written() -> Folder {
    let files = files();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()))
        .collect();
    bundle("ten-minutes", &files)
}

#[test]
fn five_wishes_take_fewer_than_25_lines() {
    let files = files();
    assert_eq!(files.len(), 3, "settings, an exemption and tests");
    let lines = files.iter().flat_map(|(_, text)| text.lines());
    let lines = lines.filter(|line| !line.trim().is_empty()).count();
    assert!(lines < 25, "{lines}");
    let folder = written();
    for words in [
        &["validate", &folder.path(), "--today", "2026-11-29"][..],
        &["test", &folder.path(), "--require-coverage"],
        &["fmt", &folder.path(), "--check"],
    ] {
        let ran = ran(words);
        assert_eq!(ran.status, 0, "{words:?} {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn each_wish_is_granted() {
    let folder = written();
    let enforced = |event: &str| explained(&folder, event, &["--mode", "enforce"]);
    let plan = |report: &Value| {
        let step = report["plan"][0].clone();
        (step["step"].clone(), step["withheld"].clone())
    };
    // Exempt a role, for a quarter, and nobody else.
    let role = json!({
        "type": "AssumedRole",
        "arn": "arn:aws:sts::111122223333:assumed-role/KeyRotation/anaya",
        "accountId": "111122223333",
        "sessionContext": {"sessionIssuer": {
            "type": "Role",
            "arn": "arn:aws:iam::111122223333:role/KeyRotation",
            "accountId": "111122223333",
            "userName": "KeyRotation",
        }},
    });
    let by_role = sample(
        "key-created-for-another",
        &[&format!("detail.userIdentity={role}")],
    );
    let exempted = &enforced(&by_role)["verdict"]["exempted"];
    assert_eq!(exempted[0]["guardrail"], "access-key-issued");
    assert_eq!(exempted[0]["expires"], "2027-03-31");
    // Drop one.
    assert!(!guardrails(&folder).contains("command-line-login"));
    // Enforce one while the others observe.
    let key = enforced(&sample("key-created-for-another", &[]));
    assert_eq!(plan(&key), (json!("deactivate-key"), Value::Null));
    let exposed = enforced(&sample("health:AWS_RISK_CREDENTIALS_EXPOSED", &[]));
    assert_eq!(plan(&exposed), (json!("deactivate-key"), json!("observe")));
    // Contain one more kind of credential.
    let password = enforced(&sample("iam:CreateLoginProfile", &[]));
    assert_eq!(
        plan(&password),
        (json!("disable-console-login"), Value::Null)
    );
}
