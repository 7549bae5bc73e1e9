//! The examples in the help of each command, run as they stand.

use std::process::Command;

use serde_json::json;

use crate::{Folder, fixture, gzipped, ran, record, sample};

/// Every command has examples, and each does what it says, in a folder of its own with what it
/// names. What would call AWS or a solver gets as far as that.
#[test]
fn every_example_in_the_help_works() {
    let commands = commands(&[]);
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let examples = examples(&words);
        assert!(!examples.is_empty(), "{words:?} has no examples");
        let folder = folder(&words);
        for example in examples {
            run(&example, &folder);
        }
    }
}

/// Each command by its words, from the help; the first is `keyrail` itself.
fn commands(words: &[&str]) -> Vec<Vec<String>> {
    let names = listed(words, "Commands:");
    let names = names.iter().filter_map(|line| line.split(' ').next());
    let below = names.filter(|name| *name != "help").flat_map(|name| {
        let words = [words, &[name]].concat();
        commands(&words)
    });
    let below: Vec<Vec<String>> = below.collect();
    // A command that only holds others has no example of its own.
    let is_group = !words.is_empty() && !below.is_empty();
    let own = words.iter().map(|word| (*word).to_owned()).collect();
    let own = (!is_group).then_some(own);
    own.into_iter().chain(below).collect()
}

fn examples(words: &[&str]) -> Vec<String> {
    listed(words, "Examples:")
}

/// The lines below a heading in the help of a command, up to an empty one.
fn listed(words: &[&str], heading: &str) -> Vec<String> {
    let help = ran(&[words, &["--help"]].concat());
    assert_eq!(help.status, 0, "{words:?}");
    let lines = help.stdout.lines().skip_while(|line| *line != heading);
    let lines = lines.skip(1).take_while(|line| !line.is_empty());
    // What is set deeper goes on with the line before.
    let lines = lines.filter_map(|line| line.strip_prefix("  "));
    let lines = lines.filter(|line| !line.starts_with(' '));
    lines.map(str::to_owned).collect()
}

/// A folder with the files and bundles that examples name.
fn folder(words: &[&str]) -> Folder {
    let folder = Folder::new(&format!("examples-{}", words.join("-")));
    folder.write("event.json", &sample("root-sign-in", &[]));
    let log = json!({"Records": [record("root-sign-in"), record("root-api-call"),
        record("sign-in-failed"), record("key-created-for-self")]});
    let log = gzipped(log.to_string().as_bytes());
    std::fs::write(
        folder.join("111122223333_CloudTrail_us-east-1.json.gz"),
        log,
    )
    .expect("a file can be written");
    let report = ran(&["explain", &folder.join("event.json"), "--format", "json"]);
    let report = match words {
        ["undo"] => std::fs::read_to_string(fixture("reports/contained.json"))
            .expect("the fixture can be read"),
        _ => report.stdout,
    };
    folder.write("report.json", &report);
    folder.write(".local/share/bash-completion/completions/other", "");
    folder.write(".zfunc/_other", "");
    let profiles = ["management", "payments", "member", "hub"].map(|name| {
        format!(
            "[profile {name}]\nregion = us-east-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = none\n"
        )
    });
    folder.write("aws-config", &profiles.concat());
    if words != ["init"] {
        for bundle in [".", "bundle", "my-bundle", "deployed-bundle"] {
            let made = ran(&["init", &folder.join(bundle), "--yes"]);
            assert_eq!(made.status, 0, "{}", made.stderr);
        }
    }
    folder
}

/// What these do is done by AWS, which nobody reaches here: what was typed and read is right, and
/// then it ends with 3.
const NEED_AWS: [&str; 3] = ["keyrail org pull", "keyrail redrive", " --apply"];

/// The same of a solver, unless Python has one.
const NEED_A_SOLVER: [&str; 2] = ["keyrail prove", " --mutate"];

fn run(example: &str, folder: &Folder) {
    // Nobody is there to be asked.
    let yes = match example.contains(" --apply") && !example.contains(" --yes") {
        true => " --yes",
        false => "",
    };
    let line = example
        .replace("keyrail ", &format!("{} ", env!("CARGO_BIN_EXE_keyrail")))
        .replace("~/", "./");
    let queue = "https://sqs.us-east-1.amazonaws.com/111122223333/dead";
    let none = folder.join("none");
    let ended = Command::new("sh")
        .args(["-euc", &format!("{line}{yes}")])
        .current_dir(folder.path())
        .env_remove("KEYRAIL_BUNDLE")
        .env_remove("KEYRAIL_TABLE")
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env_remove("AWS_SESSION_TOKEN")
        .env("AWS_CONFIG_FILE", folder.join("aws-config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", &none)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_MAX_ATTEMPTS", "1")
        // The port that discards: nobody answers there.
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        // Proofs take their time, and have tests of their own.
        .env_remove("KEYRAIL_PYTHON")
        .env("CVC5", &none)
        .env("queue", queue)
        .output()
        .expect("sh runs");
    let has = |all: &[&str]| all.iter().any(|word| example.contains(word));
    let expected: &[i32] = match (has(&NEED_AWS), has(&NEED_A_SOLVER)) {
        (true, _) => &[3],
        (false, true) => &[0, 3],
        (false, false) => &[0],
    };
    let status = ended.status.code().expect("it ends by itself");
    assert!(expected.contains(&status), "{example}: {ended:?}");
}
