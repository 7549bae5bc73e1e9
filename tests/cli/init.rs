//! `keyrail init`: what it writes is a bundle with which nothing is wrong.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Ran, keyrail, ran};

/// A folder of its own for each test, gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let id = std::process::id();
        let folder = std::env::temp_dir().join(format!("keyrail-init-{name}-{id}"));
        fs::create_dir_all(&folder).expect("a folder can be made");
        Self(folder)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = keyrail(arguments);
        Ran::from(
            command
                .current_dir(&self.0)
                .output()
                .expect("the command runs"),
        )
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).expect("the file can be read")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

const USER: &str = "arn:aws:iam::111122223333:user/ops/break-glass";
const ROLE: &str = "arn:aws:iam::444455556666:role/ops/BreakGlass";
const ROLE_IN_CHINA: &str = "arn:aws-cn:iam::444455556666:role/BreakGlass";
const ROLE_IN_EUROPE: &str = "arn:aws-eusc:iam::444455556666:role/BreakGlass";

#[test]
fn what_it_writes_is_valid_formatted_and_passes_its_tests() {
    each_is_valid_formatted_and_passes_its_tests(&[]);
}

#[test]
fn a_copy_that_it_writes_is_valid_formatted_and_passes_its_tests() {
    each_is_valid_formatted_and_passes_its_tests(&["--full"]);
}

/// What `init` writes with various options, and with these in any case.
fn each_is_valid_formatted_and_passes_its_tests(full: &[&str]) {
    for (number, options) in [
        &[][..],
        &["--mode", "enforce"],
        &[
            "--mode",
            "observe",
            "--account",
            "111122223333=\"the\" \\ one",
        ],
        &[
            "--network",
            "office=198.51.100.0/24",
            "--network",
            "home office=2001:db8::/32",
        ],
        &["--break-glass", USER, "--owner", "security@example.com"],
        &[
            "--break-glass",
            ROLE,
            "--owner",
            "\"S\"",
            "--network",
            "office=203.0.113.0/24",
        ],
        &[
            "--break-glass",
            ROLE_IN_CHINA,
            "--owner",
            "S",
            "--network",
            "all=0.0.0.0/0",
        ],
        &["--break-glass", ROLE_IN_EUROPE, "--owner", "S"],
        &[
            "--break-glass",
            USER,
            "--owner",
            "S",
            "--account",
            "111122223333=one",
            "--mode",
            "enforce",
        ],
    ]
    .into_iter()
    .enumerate()
    {
        let folder = Folder::new(&format!("whole-{number}-{}", full.len()));
        let mut arguments = vec!["init", "bundle", "--yes"];
        arguments.extend(options);
        arguments.extend(full);
        for command in [
            &arguments[..],
            &["validate", "bundle"],
            &["fmt", "bundle", "--check"],
            &["test", "bundle", "--require-coverage"],
        ] {
            let ran = folder.run(command);
            assert_eq!(
                (ran.status, ran.stderr.as_str()),
                (0, ""),
                "{options:?} {ran:?}"
            );
        }
    }
}

/// Each policy of break-glass has a test that it matches, and one that it does not.
#[test]
fn break_glass_is_exempt_protected_and_tested() {
    let folder = Folder::new("break-glass");
    let arguments = [
        "init",
        "--break-glass",
        USER,
        "--owner",
        "S",
        "--network",
        "office=198.51.100.0/24",
    ];
    assert_eq!(folder.run(&arguments).status, 0);
    let principal = "arn:aws:iam::111122223333:user/break-glass";
    assert!(
        folder
            .read("keyrail.toml")
            .contains(&format!("\nprincipals = [\"{principal}\"]\n"))
    );
    for file in [
        "exemptions/break-glass.cedar",
        "guardrails/break-glass.cedar",
    ] {
        assert!(
            folder
                .read(file)
                .contains(&format!("principal == User::\"{principal}\""))
        );
    }
    let tested = folder.run(&["test"]);
    assert_eq!(tested.status, 0);
    assert!(!tested.stdout.contains("break-glass"), "{}", tested.stdout);
    let listed = folder.run(&["exemptions"]);
    assert!(listed.stdout.contains("365 days left") || listed.stdout.contains("366 days left"));
}

#[test]
fn it_writes_what_is_missing_and_overwrites_nothing() {
    let folder = Folder::new("again");
    let first = folder.run(&["init", "--full"]);
    assert_eq!(first.status, 0);
    assert!(
        first.stdout.ends_with(" files written, 0 kept\n"),
        "{}",
        first.stdout
    );
    let root = Path::new("guardrails/root.cedar");
    let mine = "// Mine.\n";
    fs::write(folder.0.join("keyrail.toml"), mine).expect("a file can be written");
    fs::remove_file(folder.0.join(root)).expect("a file can be removed");
    let second = folder.run(&["init", "--full", "--mode", "enforce"]);
    assert_eq!(second.status, 0);
    let wrote: Vec<&str> = second
        .stdout
        .lines()
        .filter(|line| line.starts_with("wrote"))
        .collect();
    assert_eq!(wrote, [format!("wrote  ./{}", root.display())]);
    assert!(
        second.stdout.contains("kept   ./keyrail.toml\n"),
        "{}",
        second.stdout
    );
    assert!(
        second.stderr.starts_with("note: `keyrail.toml` is kept"),
        "{}",
        second.stderr
    );
    assert_eq!(folder.read("keyrail.toml"), mine);
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_written() {
    let folder = Folder::new("refused");
    for (options, says) in [
        (
            &["--account", "1234"][..],
            "an account id must be twelve digits",
        ),
        (&["--mode", "enforc"], "is not one of observe, enforce"),
        (&["--network", "office"], "write it as `name=range`"),
        (
            &["--network", "a=10.0.0.0/8", "--network", "b=10.1.0.0/16"],
            "`b = [\"10.1.0.0/16\"]`: it overlaps with `10.0.0.0/8` of `a`",
        ),
        (&["--network", "a=10.0.0.1/8"], "which is `10.0.0.0/8`"),
        (
            &["--account", "111122223333", "--account", "111122223333"],
            "duplicate key",
        ),
        (&["--break-glass", USER], "--owner"),
        (
            &[
                "--break-glass",
                "arn:aws:iam::111122223333:root",
                "--owner",
                "S",
            ],
            "is no ARN of a user or role",
        ),
        (&["--owner", "S"], "--break-glass"),
    ] {
        let mut arguments = vec!["init", "bundle"];
        arguments.extend(options);
        let ran = folder.run(&arguments);
        assert_eq!(ran.status, 2, "{options:?}");
        assert!(ran.stderr.contains(says), "{options:?}: {}", ran.stderr);
    }
    assert!(!folder.0.join("bundle").exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_the_outsides_fault() {
    let folder = Folder::new("file");
    fs::write(folder.0.join("bundle"), "").expect("a file can be written");
    let ran = folder.run(&["init", "bundle"]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.contains("cannot write `bundle/"),
        "{}",
        ran.stderr
    );
}

/// The files that editors read are those that the command prints.
#[test]
fn the_schemas_are_those_of_the_command() {
    let folder = Folder::new("schemas");
    assert_eq!(
        folder
            .run(&["init", "--network", "office=198.51.100.0/24"])
            .status,
        0
    );
    let bundle = folder.0.to_string_lossy().into_owned();
    for (file, arguments) in [
        ("settings.schema.json", &["schema", "settings"][..]),
        ("tests.schema.json", &["schema", "tests"]),
        (
            "keyrail.cedarschema",
            &["schema", "cedar", "--bundle", &bundle],
        ),
    ] {
        assert_eq!(
            folder.read(&format!(".keyrail/{file}")),
            ran(arguments).stdout
        );
    }
}
