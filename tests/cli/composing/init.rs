//! What `init` writes: a bundle that builds on the default one, and what checks it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::{Folder, Ran, keyrail, ran};

fn init(folder: &Folder, words: &[&str]) -> Ran {
    fs::create_dir_all(folder.path()).expect("a folder can be made");
    let words = [&["init"], words].concat();
    let mut command = keyrail(&words);
    let output = command.current_dir(folder.path()).output();
    Ran::from(output.expect("the command runs"))
}

fn read(folder: &Folder, file: &str) -> String {
    fs::read_to_string(folder.join(file)).expect("the file can be read")
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("it is YAML")
}

#[test]
fn it_writes_a_dozen_lines_and_a_stamp_that_holds() {
    let folder = Folder::new("init-short");
    let made = init(&folder, &["bundle", "--yes"]);
    assert_eq!((made.status, made.stderr.as_str()), (0, ""));
    assert!(!fs::exists(folder.join("bundle/guardrails")).expect("it can be asked"));
    let settings = read(&folder, "bundle/keyrail.toml");
    assert!(settings.lines().count() <= 16, "{settings}");
    let stamp = read(&folder, "bundle/keyrail.stamp");
    let validated = ran(&["validate", &folder.join("bundle"), "--stamp"]);
    assert_eq!(validated.status, 0, "{}", validated.stdout);
    assert_eq!(read(&folder, "bundle/keyrail.stamp"), stamp);
    let tested = ran(&["test", &folder.join("bundle"), "--require-coverage"]);
    assert_eq!(tested.stdout, "1 passed, 0 failed\n");
}

/// As before there was another: every guardrail, with its tests.
#[test]
fn full_is_a_copy_of_the_default_bundle() {
    let folder = Folder::new("init-full");
    let made = init(&folder, &["bundle", "--full", "--yes"]);
    assert_eq!((made.status, made.stderr.as_str()), (0, ""));
    let default = crate::fixture("../../crates/keyrail-core/default-bundle/guardrails");
    for entry in fs::read_dir(default).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let name = path
            .file_name()
            .expect("it has a name")
            .to_string_lossy()
            .into_owned();
        let whole = fs::read_to_string(&path).expect("the file can be read");
        assert_eq!(read(&folder, &format!("bundle/guardrails/{name}")), whole);
    }
    assert!(!read(&folder, "bundle/keyrail.toml").contains("\n[default]\n"));
    assert!(!fs::exists(folder.join("bundle/keyrail.stamp")).expect("it can be asked"));
    for words in [&["validate"][..], &["test", "--require-coverage"]] {
        let ran = ran(&[words, &[&folder.join("bundle")]].concat());
        assert_eq!(ran.status, 0, "{}", ran.stdout);
    }
}

/// Each command of the workflow runs, and does what a pull request needs.
#[test]
fn the_workflow_runs_what_it_says() {
    let folder = Folder::new("init-workflow");
    let made = init(&folder, &["policies/keyrail", "--ci", "--yes"]);
    assert_eq!((made.status, made.stderr.as_str()), (0, ""));
    let workflow = yaml(&read(&folder, ".github/workflows/keyrail.yml"));
    assert_eq!(workflow["env"]["BUNDLE"], "policies/keyrail");
    assert_eq!(
        workflow["permissions"],
        serde_json::json!({"contents": "read"})
    );
    let steps = workflow["jobs"]["bundle"]["steps"].as_array().cloned();
    let mut ran = BTreeSet::new();
    for step in steps.into_iter().flatten() {
        let Some(line) = step["run"]
            .as_str()
            .filter(|line| line.starts_with("keyrail "))
        else {
            continue;
        };
        let is_proof = line.starts_with("keyrail prove");
        let output = Command::new("sh")
            .args([
                "-euc",
                &line.replace("keyrail ", &format!("{} ", env!("CARGO_BIN_EXE_keyrail"))),
            ])
            .current_dir(folder.path())
            .env("BUNDLE", "policies/keyrail")
            .env_remove("KEYRAIL_BUNDLE")
            // Proofs take their time, and have tests of their own.
            .env_remove("KEYRAIL_PYTHON")
            .env("CVC5", "none")
            .output();
        let output = Ran::from(output.expect("sh runs"));
        // Without a solver a proof cannot be asked for.
        let may = match is_proof {
            true => output.status == 0 || output.status == 3,
            false => output.status == 0,
        };
        assert!(may, "{line}: {output:?}");
        ran.insert(line.split(' ').nth(1).unwrap_or_default().to_owned());
    }
    let expected = ["exemptions", "fmt", "prove", "test", "upgrade", "validate"];
    assert_eq!(ran, expected.map(str::to_owned).into());
    // What is broken makes it fail.
    folder.write(
        "policies/keyrail/keyrail.toml",
        "[default]\nguardrails = \"all\"\n",
    );
    let broken = crate::ran(&[
        "validate",
        &folder.join("policies/keyrail"),
        "--format",
        "github",
    ]);
    assert_eq!(broken.status, 1);
    assert!(
        broken.stdout.starts_with("::error file="),
        "{}",
        broken.stdout
    );
}

/// As pre-commit asks of `.pre-commit-config.yaml` (pre-commit.com, "Adding pre-commit plugins to
/// your project" and "Repository local hooks", checked 2026-11-29): hooks of `repo: local` have an
/// id, a name, an entry and a language, and no key that there is not.
#[test]
fn the_hooks_are_pre_commits_and_run() {
    for (bundle, pattern) in [("bundle", "^bundle/"), (".", "")] {
        let folder = Folder::new(&format!("init-hooks-{}", pattern.len()));
        let made = init(&folder, &[bundle, "--ci", "--yes"]);
        assert_eq!((made.status, made.stderr.as_str()), (0, ""));
        let config = yaml(&read(&folder, ".pre-commit-config.yaml"));
        let repo = &config["repos"][0];
        assert_eq!(repo["repo"], "local");
        let hooks = repo["hooks"].as_array().cloned().unwrap_or_default();
        assert_eq!(hooks.len(), 4);
        for hook in hooks {
            let keys: BTreeSet<&str> = crate::keys(&hook).into_iter().collect();
            let known = [
                "entry",
                "files",
                "id",
                "language",
                "name",
                "pass_filenames",
                "stages",
            ];
            assert!(keys.is_subset(&known.into()), "{keys:?}");
            for key in ["id", "name", "entry", "language"] {
                assert!(hook[key].is_string(), "{hook}");
            }
            assert_eq!(hook["language"], "system");
            assert_eq!(hook["files"], pattern);
            assert!(matches!(
                hook["stages"][0].as_str(),
                None | Some("pre-push")
            ));
            let entry = hook["entry"].as_str().unwrap_or_default();
            let line = entry.replace("keyrail ", &format!("{} ", env!("CARGO_BIN_EXE_keyrail")));
            let output = Command::new("sh")
                .args(["-euc", &line])
                .current_dir(folder.path())
                .env_remove("KEYRAIL_BUNDLE")
                // Proofs take their time, and have tests of their own.
                .env_remove("KEYRAIL_PYTHON")
                .env("CVC5", "none")
                .output();
            let output = Ran::from(output.expect("sh runs"));
            let may =
                output.status == 0 || (entry.starts_with("keyrail prove") && output.status == 3);
            assert!(may, "{entry}: {output:?}");
        }
    }
}

#[test]
fn what_checks_a_bundle_is_written_beside_it_only_for_a_path_below() {
    let folder = Folder::new("init-elsewhere");
    for bundle in ["../bundle", "/tmp/keyrail-bundle", "a b"] {
        let refused = init(&folder, &[bundle, "--ci", "--yes"]);
        assert_eq!(refused.status, 2, "{bundle}");
        assert!(
            refused.stderr.contains("is not a plain path below it"),
            "{}",
            refused.stderr
        );
    }
    assert!(!fs::exists(folder.join(".github")).expect("it can be asked"));
}
