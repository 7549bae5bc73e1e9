//! `keyrail alert preview`, and `docs/alerts.md`.

use std::fs;

use crate::{Folder, fixture, ran};

/// Each command of the page, with what it says that it prints.
#[test]
fn the_page_shows_what_is_printed() {
    let page = fs::read_to_string(fixture("../../docs/alerts.md")).expect("the page can be read");
    let mut shown = 0;
    for block in page.split("```console\n$ keyrail ").skip(1) {
        let (block, _) = block.split_once("```").expect("the block ends");
        let (command, expected) = block.split_once('\n').expect("it prints something");
        let words: Vec<&str> = command.split(' ').collect();
        let ran = ran(&words);
        assert_eq!(
            (ran.status, ran.stdout.as_str()),
            (0, expected),
            "{command}"
        );
        shown += 1;
    }
    assert_eq!(shown, 2);
}

#[test]
fn every_form_of_every_sample_keeps_its_limits() {
    let samples = ran(&["sample", "--list"]).stdout;
    let names = samples.lines().filter_map(|line| line.split(' ').next());
    for name in names {
        // Most samples plan nothing, and look the same whatever IAM answers.
        let all: &[&str] = match name {
            "key-created-for-another" => &["done", "lagging", "denied"],
            _ => &["done"],
        };
        for &answers in all {
            let all = ran(&["alert", "preview", name, "--if", answers, "--as", "all"]);
            assert_eq!(all.status, 0, "{name} {answers}: {}", all.stderr);
            let all = all.json();
            for limit in all["limits"].as_array().expect("a list") {
                let (taken, most) = (limit["taken"].as_u64(), limit["most"].as_u64());
                assert!(taken <= most, "{name} {answers}: {limit}");
            }
            assert_eq!(all["default"]["schema"], "keyrail.alert/v1");
            assert_eq!(all["chat"]["version"], "1.0");
        }
    }
}

#[test]
fn each_form_can_be_shown() {
    let of = |form| ran(&["alert", "preview", "root-sign-in", "--as", form]);
    assert!(
        of("email")
            .stdout
            .starts_with("Subject: ALERT: Root signed in")
    );
    assert!(of("sms").stdout.ends_with("act now.\n"));
    assert_eq!(of("chat").json()["source"], "custom");
    assert_eq!(of("json").json()["state"], "ALERT");
    assert!(of("sms").stderr.contains("ok: SMS takes "));
}

#[test]
fn what_would_not_be_sent_is_said() {
    let ran = ran(&["alert", "preview", "sign-in-with-mfa"]);
    assert_eq!(ran.status, 0);
    assert!(
        ran.stderr.contains("nobody would be told"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_is_neither_a_file_nor_a_sample_is_told() {
    let ran = ran(&["alert", "preview", "no-such-thing"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("no-such-thing"), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("name a file with an event, or a sample"),
        "{}",
        ran.stderr
    );
}

/// Each form of a report, or of the alert that holds it, is the one that was sent.
#[test]
fn a_report_is_shown_as_it_was_told() {
    let preview = |of: &str, more: &[&str]| {
        let words = [&["alert", "preview", of], more].concat();
        ran(&words)
    };
    let sent = preview(
        "key-created-for-another",
        &["--if", "denied", "--as", "all"],
    )
    .json();
    let folder = Folder::new("preview-of-a-report");
    folder.write("alert.json", &sent["default"].to_string());
    folder.write("report.json", &sent["default"]["report"].to_string());
    for file in ["alert.json", "report.json"] {
        let path = folder.join(file);
        assert_eq!(preview(&path, &["--as", "all"]).json(), sent, "{file}");
        for option in [["--if", "done"], ["--mode", "observe"]] {
            let refused = preview(&path, &option);
            assert_eq!(refused.status, 2, "{}", refused.stdout);
            assert!(
                refused.stderr.contains("has nothing to say"),
                "{}",
                refused.stderr
            );
        }
    }
}

/// What `keyrail explain` prints has no outcomes yet: they are rehearsed.
#[test]
fn an_explained_report_is_rehearsed() {
    let folder = Folder::new("preview-of-an-explanation");
    let event = fixture("events/access-key-created-for-other.json");
    let explained = ran(&["explain", &event, "--mode", "enforce", "--format", "json"]);
    folder.write("report.json", &explained.stdout);
    let path = folder.join("report.json");
    let done = ran(&["alert", "preview", &path]);
    assert!(
        done.stdout.starts_with("Subject: BLOCKED:"),
        "{}",
        done.stdout
    );
    let denied = ran(&["alert", "preview", &path, "--if", "denied"]);
    assert!(
        denied.stdout.starts_with("Subject: FAILED:"),
        "{}",
        denied.stdout
    );
}

#[test]
fn what_is_no_report_is_refused_with_the_reason() {
    let folder = Folder::new("preview-of-no-report");
    for (text, expected) in [
        (r#"{"schema": "keyrail.report/v1"}"#, "missing field `"),
        (
            r#"{"schema": "keyrail.tests/v1"}"#,
            "its schema is `keyrail.tests/v1`",
        ),
    ] {
        folder.write("report.json", text);
        let ran = ran(&["alert", "preview", &folder.join("report.json")]);
        assert_eq!(ran.status, 2);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}
