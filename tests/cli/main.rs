//! The `keyrail` command: status, standard output and standard error.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

mod alert;
mod bundle;
mod circumstances;
mod composing;
mod doors;
mod events;
mod examples;
mod explain;
mod init;
mod input;
mod policies_guide;
#[cfg(feature = "prove")]
mod proving;
#[cfg(feature = "aws")]
mod redrive;
mod reference;
mod sample;
mod schema;
mod shared_events;
mod taxonomy;
mod testing;
mod troubleshooting;
#[cfg(feature = "aws")]
mod undo;
#[cfg(feature = "aws")]
mod upgrading;

/// Runs `keyrail` in a folder without a bundle, and without the caller's settings.
fn keyrail(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyrail"));
    command
        .args(arguments)
        .env_remove("KEYRAIL_BUNDLE")
        .env_remove("KEYRAIL_TABLE")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE");
    command
}

fn ran(arguments: &[&str]) -> Ran {
    Ran::from(keyrail(arguments).output().expect("the command runs"))
}

fn ran_with(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = keyrail(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // A command that has seen enough closes its end.
    stdin.write_all(input).unwrap_or_default();
    drop(stdin);
    Ran::from(child.wait_with_output().expect("the command ends"))
}

#[derive(Debug, PartialEq, Eq)]
struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("it prints text"),
            stderr: String::from_utf8(output.stderr).expect("it prints text"),
        }
    }
}

impl Ran {
    fn json(&self) -> Value {
        assert_eq!((self.status, self.stderr.as_str()), (0, ""), "{self:?}");
        serde_json::from_str(&self.stdout).expect("it prints JSON")
    }
}

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("keyrail-test-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn path(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }

    fn join(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures")
        .join(name)
        .to_string_lossy()
        .into_owned()
}

fn ids(list: &Value, key: &str) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .map(|item| item[key].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// The keys of an object, as the contract lists them.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    keys.sort_unstable();
    keys
}

#[test]
fn without_a_command_it_shows_help_and_exits_with_2() {
    let ran = ran(&[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("Usage: keyrail"), "{}", ran.stderr);
}

#[test]
fn completions_are_made_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = ran(&["completions", shell]);
        assert_eq!(ran.status, 0);
        assert!(
            ran.stdout.contains("explain") && ran.stdout.contains("fail-on"),
            "{shell}"
        );
    }
}

#[test]
fn colour_is_only_for_terminals_and_those_who_ask() {
    let coloured = |arguments: &[&str]| ran(arguments).stderr.contains('\u{1b}');
    assert!(!coloured(&["explain", "nowhere.json"]));
    assert!(coloured(&["explain", "nowhere.json", "--color", "always"]));
    assert!(!coloured(&["explain", "nowhere.json", "--color", "never"]));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let (reader, writer) = std::io::pipe().expect("a pipe can be made");
    drop(reader);
    let mut command = keyrail(&["sample", "root-sign-in"]);
    let output = command
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let ended = Ran::from(output.wait_with_output().expect("the command ends"));
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
}

fn sample(name: &str, changes: &[&str]) -> String {
    let mut arguments = vec!["sample", name];
    for change in changes {
        arguments.extend(["--set", change]);
    }
    let ran = ran(&arguments);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    ran.stdout
}

fn explained(event: &str, more: &[&str]) -> Value {
    let mut arguments = vec!["explain", "-", "--format", "json"];
    arguments.extend(more);
    ran_with(&arguments, event.as_bytes()).json()
}

/// The CloudTrail record in a sample.
fn record(name: &str) -> Value {
    let event: Value = serde_json::from_str(&sample(name, &[])).expect("it is JSON");
    event.get("detail").cloned().expect("a sample has a detail")
}

/// As CloudTrail compresses its log files.
fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("it can be compressed");
    encoder.finish().expect("it can be compressed")
}

/// A name that is never there, for tests of what is missing.
fn nothing() -> Value {
    json!([])
}
