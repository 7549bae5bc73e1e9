//! `docs/troubleshooting.md`: what the command says is explained there.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::fixture;

/// Words in the sources that look like codes and are none.
const NO_CODES: [&str; 8] = [
    "access-keys",
    "containments-per-hour",
    "event-age-minutes",
    "kebab-case",
    "repeat-minutes",
    "sign-in",
    "if-then-else",
    "time-zone",
];

/// Codes of one word, which look like anything.
const SHORT_CODES: [&str; 4] = ["property", "schema", "syntax", "unreadable"];

#[test]
fn each_code_of_a_diagnostic_is_explained_and_no_other() {
    let troubleshooting =
        fs::read_to_string(fixture("../../docs/troubleshooting.md")).expect("the page can be read");
    let (_, table) = troubleshooting
        .split_once("### Codes of")
        .expect("the page has the table");
    let table = table.split("\n## ").next().unwrap_or_default();
    let explained: BTreeSet<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let sources = sources();
    let literals: BTreeSet<&str> = sources.split('"').filter(|text| is_code(text)).collect();
    let codes: BTreeSet<&str> = literals
        .into_iter()
        .filter(|literal| !NO_CODES.contains(literal))
        .collect();
    assert_eq!(explained, codes);
}

/// What makes diagnostics, without the tests of it.
fn sources() -> String {
    let core = PathBuf::from(fixture("../../crates/keyrail-core/src"));
    let names = fs::read_dir(core.join("bundle")).expect("the folder can be read");
    let mut files: Vec<PathBuf> = names
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.is_file() && !path.ends_with("tests.rs"))
        .collect();
    files.push(core.join("bundle.rs"));
    files.push(core.join("bundle/lint/composition.rs"));
    files.push(core.join("bundle/settings/composition.rs"));
    files.push(core.join("bundle/settings/read.rs"));
    files.push(core.join("bundle/settings/reader.rs"));
    files.push(fixture("../../crates/keyrail-cli/src/commands/validate.rs").into());
    files.push(fixture("../../crates/keyrail-cli/src/suite.rs").into());
    files.push(fixture("../../crates/keyrail-cli/src/suite/mistakes.rs").into());
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("the file can be read");
        let untested = text.split("\n#[cfg(test)]").next();
        untested.unwrap_or_default().to_owned()
    };
    files.iter().map(read).collect()
}

fn is_code(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    words.iter().all(is_word) && (words.len() > 1 || SHORT_CODES.contains(&text))
}
