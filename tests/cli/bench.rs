//! The command as people run it: from its start to its end. Run by `make bench`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, and prints its figures"
)]

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use figures::report;

#[path = "../figures.rs"]
mod figures;

const RUNS: usize = 50;
const SUITES: usize = 10;
const CASES: usize = 200;

fn main() {
    let folder = std::env::temp_dir().join(format!("keyrail-bench-{}", std::process::id()));
    let path = folder.to_string_lossy().into_owned();
    run(&["init", "--full", &path]);
    let event = folder.join("event.json");
    fs::write(&event, run(&["sample", "key-created-for-another"])).expect("it can be written");
    let event = event.to_string_lossy();
    report(
        "keyrail explain, one event",
        (0..RUNS).map(|_| timed(&["explain", &event, "--bundle", &path])),
    );
    let tests = folder.join("tests");
    fs::remove_dir_all(&tests).expect("`init` has written tests");
    fs::create_dir(&tests).expect("a folder can be made");
    let cases: String = (0..CASES)
        .map(|number| {
            format!(
                "- name: case {number}\n  sample: key-created-for-another\n  set: {{detail.requestParameters.userName: user-{number}, detail.responseElements.accessKey.userName: user-{number}}}\n  expect: {{violated: [access-key-issued]}}\n"
            )
        })
        .collect();
    fs::write(tests.join("cases.yaml"), format!("tests:\n{cases}")).expect("it can be written");
    report(
        &format!("keyrail test, {CASES} cases"),
        (0..SUITES).map(|_| timed(&["test", &path])),
    );
    fs::remove_dir_all(&folder).expect("the folder can be removed");
}

fn run(arguments: &[&str]) -> Vec<u8> {
    let ran = Command::new(env!("CARGO_BIN_EXE_keyrail"))
        .args(arguments)
        .env_remove("KEYRAIL_BUNDLE")
        .output()
        .expect("the command runs");
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{arguments:?}: {errors}");
    ran.stdout
}

fn timed(arguments: &[&str]) -> Duration {
    let start = Instant::now();
    run(arguments);
    start.elapsed()
}
