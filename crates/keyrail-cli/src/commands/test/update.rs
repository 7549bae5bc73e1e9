//! Writing what came of events into the tests.
//!
//! Only the values of keys that a test already has are changed, line by line, so that
//! comments and order stay as they were written.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Ran;
use crate::exit::Failure;

/// Updates the tests that failed; returns how many.
pub(super) fn write(
    folder: &Path,
    texts: &[(String, String)],
    ran: &[Ran],
) -> Result<usize, Failure> {
    let mut changed = 0;
    for (file, text) in texts {
        let failed: Vec<&Ran> = ran
            .iter()
            .filter(|test| test.run.file == *file && !test.differences.is_empty())
            .collect();
        if failed.is_empty() {
            continue;
        }
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        // From the last to the first, so that line numbers stay right.
        for test in failed.iter().rev() {
            for difference in &test.differences {
                replace(
                    &mut lines,
                    test.run.line,
                    difference.what,
                    &difference.actual,
                );
            }
            changed += 1;
        }
        let path = folder.join(file);
        fs::write(&path, lines.join("\n") + "\n").map_err(|error| {
            Failure::outside(format!("cannot write `{}`: {error}", path.display()))
        })?;
    }
    Ok(changed)
}

/// Replaces the value of a key below the line of a test's name: on its own line, and
/// on those that are indented deeper or are items of its list.
fn replace(lines: &mut Vec<String>, line: usize, key: &str, value: &Value) {
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let Some(name) = lines.get(line.saturating_sub(1)) else {
        return;
    };
    // The dash of the list's item is where the test begins.
    let test_indent = indent_of(name);
    let found = lines
        .iter()
        .enumerate()
        .skip(line)
        .take_while(|(_, text)| text.trim().is_empty() || indent_of(text) > test_indent)
        .find(|(_, text)| text.trim_start().starts_with(&format!("{key}:")))
        .map(|(at, text)| (at, indent_of(text)));
    if let Some((at, indent)) = found {
        let end = lines
            .iter()
            .enumerate()
            .skip(at + 1)
            .find(|(_, text)| {
                let deeper = indent_of(text) > indent;
                let item = indent_of(text) == indent && text.trim_start().starts_with("- ");
                !(deeper || item)
            })
            .map_or(lines.len(), |(end, _)| end);
        let new = format!("{}{key}: {value}", " ".repeat(indent));
        lines.splice(at..end, [new]);
        return;
    }
    // A flow mapping on one line: `expect: {violated: []}`.
    let inline = lines
        .iter_mut()
        .skip(line)
        .take_while(|text| text.trim().is_empty() || indent_of(text) > test_indent)
        .find(|text| text.contains(&format!("{key}:")));
    if let Some(text) = inline {
        *text = replaced_inline(text, key, value);
    }
}

fn replaced_inline(text: &str, key: &str, value: &Value) -> String {
    let Some((before, rest)) = text.split_once(&format!("{key}:")) else {
        return text.to_owned();
    };
    let mut depth = 0_i32;
    let end = rest
        .char_indices()
        .find(|(_, c)| {
            match c {
                '[' | '{' => depth += 1,
                ']' | '}' => depth -= 1,
                _ => {}
            }
            depth < 0 || (depth == 0 && *c == ',')
        })
        .map_or(rest.len(), |(at, _)| at);
    format!(
        "{before}{key}: {value}{}",
        rest.get(end..).unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn updated(text: &str, key: &str, value: &Value) -> String {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        replace(&mut lines, 2, key, value);
        lines.join("\n")
    }

    #[test]
    fn only_the_value_of_the_key_of_the_test_changes() {
        let block = "tests:\n  - name: one\n    expect:\n      # why\n      violated:\n        - a\n      plan: []\n  - name: two\n    expect: {violated: []}";
        assert_eq!(
            updated(block, "violated", &json!(["b"])),
            "tests:\n  - name: one\n    expect:\n      # why\n      violated: [\"b\"]\n      plan: []\n  - name: two\n    expect: {violated: []}"
        );
        let flow = "tests:\n  - name: one\n    expect: {violated: [a, b], plan: []}";
        assert_eq!(
            updated(flow, "violated", &json!([])),
            "tests:\n  - name: one\n    expect: {violated: [], plan: []}"
        );
    }
}
