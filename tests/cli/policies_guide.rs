//! `docs/policies.md`: its examples are valid, and its commands print what it says.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{fixture, ran};

/// A fenced block: the words after the fence, and what is in it.
struct Block {
    info: String,
    text: String,
}

fn page() -> String {
    fs::read_to_string(fixture("../../docs/policies.md")).expect("the page can be read")
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line.strip_prefix("```")) {
            (false, Some(info)) => {
                blocks.push(Block {
                    info: info.to_owned(),
                    text: String::new(),
                });
                inside = true;
            }
            (true, Some(_)) => inside = false,
            (true, None) => {
                let block = blocks.last_mut().expect("a block has begun");
                writeln!(block.text, "{line}").expect("a `String` takes it");
            }
            (false, None) => {}
        }
    }
    blocks
}

/// The page is followed from top to bottom: files are written, commands are run.
#[test]
fn every_example_works_and_every_command_prints_what_the_page_says() {
    let folder = std::env::temp_dir().join(format!("keyrail-guide-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder can be made");
    let mut bundles = BTreeSet::new();
    let mut actual = String::new();
    let mut expected = String::new();
    for block in blocks(&page()) {
        match block.info.split_once(' ') {
            Some(("cedar" | "toml" | "yaml" | "json", file)) => {
                let path = folder.join(file);
                fs::create_dir_all(path.parent().expect("a file is in a folder"))
                    .expect("a folder can be made");
                let before = fs::read_to_string(&path).unwrap_or_default();
                fs::write(&path, merged(&before, &block.text)).expect("a file can be written");
                bundles.extend(file.split('/').next().map(str::to_owned));
            }
            None if block.info == "console" => {
                expected.push_str(&block.text);
                let commands = block
                    .text
                    .lines()
                    .filter_map(|line| line.strip_prefix("$ "));
                for command in commands {
                    write!(actual, "$ {command}\n{}", printed(command, &folder))
                        .expect("a `String` takes it");
                }
            }
            _ => assert!(
                ["sh", "text"].contains(&block.info.as_str()),
                "this example is in no file: {}\n{}",
                block.info,
                block.text
            ),
        }
    }
    let (says, prints) = (masked(&expected), masked(&actual));
    let [says, prints] = [&says, &prints].map(|text| text.lines().collect::<Vec<_>>());
    assert!(
        agree(&says, &prints),
        "the page says\n{expected}\nand the commands print\n{actual}"
    );
    fs::write(folder.join("examples/tests/more.yaml"), MORE).expect("a file can be written");
    let examples = folder.join("examples").to_string_lossy().into_owned();
    let covered = ran(&["test", &examples, "--require-coverage"]);
    assert_eq!(covered.status, 0, "{}", covered.stdout);
    for bundle in bundles {
        let bundle = folder.join(bundle).to_string_lossy().into_owned();
        for arguments in [
            &["validate", &bundle, "--today", "2026-11-25"][..],
            &["fmt", &bundle, "--check"],
            &["test", &bundle],
        ] {
            let ran = ran(arguments);
            assert_eq!(ran.status, 0, "{arguments:?}\n{}{}", ran.stdout, ran.stderr);
        }
    }
    fs::remove_dir_all(folder).expect("the folder can be removed");
}

/// Tests of examples for which the page has none.
const MORE: &str = r#"
tests:
- name: an instance is terminated
  sample: sign-in-with-mfa
  set:
    detail-type: AWS API Call via CloudTrail
    source: aws.ec2
    detail.eventSource: ec2.amazonaws.com
    detail.eventName: TerminateInstances
    detail.eventType: AwsApiCall
  cases:
  - {name: in the morning, expect: {violated: []}}
  - {name: at dawn, set: {detail.eventTime: "2026-03-14T06:00:00Z"}, expect: {violated: []}}
  - {name: in the evening, set: {detail.eventTime: "2026-03-14T20:00:00Z"}, expect: {violated: [instance-terminated-at-night]}}
  - {name: at night, set: {detail.eventTime: "2026-03-14T05:59:59Z"}, expect: {violated: [instance-terminated-at-night]}}
- name: a role is assumed
  sample: sts:AssumeRole
  cases:
  - {name: any, expect: {violated: []}}
  - {name: that for emergencies, set: {detail.requestParameters.roleArn: "arn:aws:iam::111122223333:role/ops/BreakGlass"}, expect: {violated: [break-glass-role-assumed]}}
- name: a role is changed
  sample: iam:PutRolePolicy
  cases:
  - {name: by us, expect: {violated: []}}
  - {name: by the vendor, set: {detail.userIdentity.accountId: "777788889999"}, expect: {violated: [vendor-changes-roles]}}
  - {name: by the vendor in vain, set: {detail.userIdentity.accountId: "777788889999", detail.errorCode: AccessDenied}, expect: {violated: []}}
- name: a user signs in elsewhere
  sample: sign-in-with-mfa
  set: {detail.sourceIPAddress: 203.0.113.7}
  expect: {violated: []}
"#;

/// Whether lines are those of the page, where `…` stands for any lines.
fn agree(says: &[&str], prints: &[&str]) -> bool {
    match (says, prints) {
        ([], []) => true,
        ([word, rest @ ..], prints) if word.trim() == "…" => {
            agree(rest, prints)
                || prints
                    .split_first()
                    .is_some_and(|(_, left)| agree(says, left))
        }
        ([said, says @ ..], [printed, prints @ ..]) => said == printed && agree(says, prints),
        _ => false,
    }
}

/// A policy that is in the file already is replaced; any other text is the whole file.
fn merged(before: &str, text: &str) -> String {
    let id = text.lines().find(|line| line.starts_with("@id("));
    let is_old = |part: &&str| id.is_some_and(|id| part.lines().any(|line| line == id));
    match before.split("\n\n").find(is_old) {
        Some(old) => before.replace(old, text.trim_end()),
        None => text.to_owned(),
    }
}

/// What a command prints, on both streams.
fn printed(command: &str, folder: &Path) -> String {
    let keyrail = PathBuf::from(env!("CARGO_BIN_EXE_keyrail"));
    let tools = keyrail.parent().expect("the command is in a folder");
    let path = std::env::var("PATH").expect("there is a path");
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", tools.display()))
        .env_remove("KEYRAIL_BUNDLE")
        .output()
        .expect("sh runs");
    String::from_utf8(output.stdout).expect("it prints text")
}

/// Without what changes from day to day, or with the default bundle: dates,
/// versions, and how many guardrails and tests there are.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines() {
        // Which guardrails have no test yet.
        if line.starts_with("note: guardrail ") {
            continue;
        }
        let mut before = "";
        let mut words = line.split(' ').peekable();
        while let Some(word) = words.next() {
            let after = words.peek().copied().unwrap_or_default();
            let number = word.trim_start_matches('(');
            let is_count = number.bytes().all(|b| b.is_ascii_digit())
                && ["guardrails", "guardrails,", "of", "passed,", "files"].contains(&after);
            let is_digest =
                word.len() == 16 && (["version", "Bundle"].contains(&before) || after == "keyrail");
            let is_release = before == "keyrail" && word.starts_with(|c: char| c.is_ascii_digit());
            let is_version = is_digest || is_release;
            masked.push_str(&match is_count || is_version {
                true => "…".to_owned(),
                false => without_date(word),
            });
            masked.push(' ');
            before = if word.is_empty() { before } else { word };
        }
        masked.truncate(masked.trim_end().len());
        masked.push('\n');
    }
    masked
}

fn without_date(word: &str) -> String {
    let is_date = |part: &str| {
        let shape: Vec<usize> = part.split('-').map(str::len).collect();
        shape == [4, 2, 2] && part.bytes().all(|b| b.is_ascii_digit() || b == b'-')
    };
    let parts = word.split_inclusive(|c: char| !c.is_ascii_digit() && c != '-');
    parts
        .map(|part| {
            let date = part.trim_end_matches(|c: char| !c.is_ascii_digit());
            match is_date(date) {
                true => part.replace(date, "…"),
                false => part.to_owned(),
            }
        })
        .collect()
}

/// What policies can name, and what can be set, is on the page.
#[test]
fn the_page_has_every_type_attribute_fact_setting_and_group() {
    let page = page();
    let schema = ran(&["schema", "cedar"]).stdout;
    let mut names = BTreeSet::new();
    for line in schema.lines() {
        let words: Vec<&str> = line.trim().split(' ').collect();
        match words.as_slice() {
            ["entity", name, ..] => {
                names.insert(name.trim_end_matches(';').to_owned());
            }
            ["action", group] => {
                names.insert(group.trim_matches(['"', ';']).to_owned());
            }
            [name, ..] if name.ends_with(':') => {
                names.insert(name.trim_end_matches(':').to_owned());
            }
            _ => {}
        }
    }
    for block in ["principal", "resource", "context"] {
        names.remove(block);
    }
    let folder = std::env::temp_dir().join(format!("keyrail-settings-{}", std::process::id()));
    assert_eq!(ran(&["init", &folder.to_string_lossy()]).status, 0);
    let settings = fs::read_to_string(folder.join("keyrail.toml")).expect("it was written");
    fs::remove_dir_all(folder).expect("the folder can be removed");
    let keys = settings.lines().filter_map(|line| {
        let (key, _) = line.strip_prefix('#')?.split_once(" = ")?;
        (!key.contains(' ') && key != "office").then(|| key.to_owned())
    });
    names.extend(keys);
    assert!(names.len() > 60, "{names:?}");
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !page.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
