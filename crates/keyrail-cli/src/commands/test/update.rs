//! Writing what came of events into the tests.
//!
//! Values are replaced where they stand, and what is missing is added to the test
//! or row itself, so that comments and order stay as they were written.

use std::ops::Range;

use serde_json::Value;
use serde_saphyr::Location;

use super::compare::Difference;
use super::ran::Ran;

/// The files whose tests failed, with texts that expect what came.
pub(super) fn updated(texts: &[(String, String)], ran: &[Ran]) -> Vec<(String, String)> {
    texts
        .iter()
        .filter_map(|(file, text)| {
            let failed = ran
                .iter()
                .filter(|test| test.run.file == *file && !test.has_passed());
            let changes: Vec<Change> = failed.flat_map(|test| changes(text, test)).collect();
            (!changes.is_empty()).then(|| (file.clone(), applied(text, changes)))
        })
        .collect()
}

/// A text in place of some bytes of a file.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    at: Range<usize>,
    text: String,
}

impl Change {
    fn insert(at: usize, text: String) -> Self {
        Self { at: at..at, text }
    }
}

/// From the last to the first, so that places stay right. Of two that overlap, as
/// where two tests share a value by an alias, the first in the file is made.
fn applied(text: &str, mut changes: Vec<Change>) -> String {
    changes.sort_by_key(|change| (change.at.start, change.at.end));
    let mut kept: Vec<Change> = Vec::new();
    for change in changes {
        let free = kept.last().is_none_or(|last| {
            last.at.end < change.at.start || (last.at.end == change.at.start && *last != change)
        });
        if free {
            kept.push(change);
        }
    }
    let mut text = text.to_owned();
    for change in kept.into_iter().rev() {
        text.replace_range(change.at, &change.text);
    }
    text
}

/// What has to change in a file so that a test expects what came of its event.
fn changes(text: &str, ran: &Ran) -> Vec<Change> {
    let own = ran.run.own.as_ref();
    let alert = own.and_then(|own| own.value.alert.as_ref());
    let mappings = [
        Some(ran.run.begins),
        own.map(|own| own.referenced),
        alert.map(|alert| alert.referenced),
    ];
    // What stands elsewhere belongs to others as well, and has no places here.
    if mappings.into_iter().flatten().any(|at| is_alias(text, at)) {
        return Vec::new();
    }
    let (mut found, mut lacking, mut lacking_in_alert) = (Vec::new(), Vec::new(), Vec::new());
    for difference in &ran.differences {
        let what = difference.what;
        let in_alert = matches!(what, "state" | "subject");
        let place = own.and_then(|own| {
            let alert = alert.map(|alert| &alert.value);
            match what {
                "violated" => own.value.violated.as_ref().map(|list| list.referenced),
                "exempted" => own.value.exempted.as_ref().map(|list| list.referenced),
                "undecided" => own.value.undecided.as_ref().map(|list| list.referenced),
                "severity" => own.value.severity.as_ref().map(|word| word.referenced),
                "plan" => own.value.plan.as_ref().map(|list| list.referenced),
                "state" => alert?.state.as_ref().map(|word| word.referenced),
                _ => alert?.subject.as_ref().map(|word| word.referenced),
            }
        });
        let around = match in_alert {
            true => alert.map(|alert| alert.referenced),
            false => own.map(|own| own.referenced),
        };
        match (place, around) {
            (Some(place), Some(around)) => {
                let is_flow = is_flow(text, around);
                found.extend(replace(text, place, is_flow, difference));
            }
            _ if in_alert => lacking_in_alert.push(entry(difference)),
            _ => lacking.push(entry(difference)),
        }
    }
    match (alert, lacking_in_alert.is_empty()) {
        (_, true) => {}
        (Some(alert), false) => found.extend(add(text, alert.referenced, &lacking_in_alert)),
        (None, false) => lacking.push(format!("alert: {{{}}}", lacking_in_alert.join(", "))),
    }
    if !lacking.is_empty() {
        found.extend(match own {
            Some(own) => add(text, own.referenced, &lacking),
            None => append(text, ran.run.begins, &lacking),
        });
    }
    found
}

fn entry(difference: &Difference) -> String {
    format!("{}: {}", difference.what, flow(&difference.actual))
}

/// The change of a value: in block style if it was a list in block style.
fn replace(text: &str, place: Location, in_flow: bool, difference: &Difference) -> Option<Change> {
    let start = offset(text, place)?;
    if let (false, Some(dash)) = (in_flow, dash(text, start)) {
        return block_list(text, dash, difference);
    }
    let end = start + length(text.get(start..)?, in_flow);
    Some(Change {
        at: start..end,
        text: flow(&difference.actual),
    })
}

/// The first dash of a list in block style: where it begins, or before that where it
/// is not indented more than its key.
fn dash(text: &str, start: usize) -> Option<usize> {
    if text.get(start..)?.starts_with("- ") {
        return Some(start);
    }
    let line = text.get(..start)?.rsplit('\n').next()?;
    let before = text.get(..start)?.trim_end_matches(' ');
    (line.trim() == "-").then(|| before.len() - 1)
}

/// A list in block style, from its first dash to the end of its last item.
fn block_list(text: &str, start: usize, difference: &Difference) -> Option<Change> {
    let indent = " ".repeat(column(text, start));
    let end = end_of_block(text, start, |line| {
        let rest = line.strip_prefix(indent.as_str());
        rest.is_some_and(|rest| rest.starts_with("- ") || rest.starts_with(' '))
    });
    let items = difference.actual.as_array()?;
    if !items.is_empty() {
        let items: Vec<String> = items
            .iter()
            .map(|item| format!("- {}", bare(item)))
            .collect();
        return Some(Change {
            at: start..end,
            text: items.join(&format!("\n{indent}")),
        });
    }
    // An empty list has no block style: it takes the place of all after its key.
    let key = format!("{}:", difference.what);
    let after_key = text.get(..start)?.rfind(&key)? + key.len();
    Some(Change {
        at: after_key..end,
        text: " []".to_owned(),
    })
}

/// Adds entries at the beginning of a mapping.
fn add(text: &str, mapping: Location, entries: &[String]) -> Option<Change> {
    let start = offset(text, mapping)?;
    let Some(inner) = text.get(start..)?.strip_prefix('{') else {
        let end_of_line = format!("\n{}", " ".repeat(column(text, start)));
        let lines: String = entries
            .iter()
            .map(|entry| format!("{entry}{end_of_line}"))
            .collect();
        return Some(Change::insert(start, lines));
    };
    let comma = match inner.trim_start().starts_with('}') {
        true => "",
        false => ", ",
    };
    let entries = entries.join(", ");
    Some(Change::insert(start + 1, format!("{entries}{comma}")))
}

/// Adds `expect` at the end of a test or row that has none.
fn append(text: &str, row: Location, entries: &[String]) -> Option<Change> {
    let start = offset(text, row)?;
    let rest = text.get(start..)?;
    let expect = format!("expect: {{{}}}", entries.join(", "));
    if rest.starts_with('{') {
        let inner = rest.get(..length(rest, true).checked_sub(1)?)?;
        let at = start + inner.trim_end().trim_end_matches(',').len();
        return Some(Change::insert(at, format!(", {expect}")));
    }
    let indent = " ".repeat(column(text, start));
    let end = end_of_block(text, start, |line| line.starts_with(indent.as_str()));
    Some(Change::insert(end, format!("\n{indent}{expect}")))
}

/// The end of the last line that belongs to a block. Empty lines and comments after
/// that belong to what follows.
fn end_of_block(text: &str, start: usize, belongs: impl Fn(&str) -> bool) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let (mut at, mut end) = (start, start);
    for (index, line) in rest.split_inclusive('\n').enumerate() {
        let bare = line.trim();
        let is_blank = bare.is_empty() || bare.starts_with('#');
        if index > 0 && !is_blank && !belongs(line) {
            break;
        }
        if !is_blank {
            end = at + line.trim_end().len();
        }
        at += line.len();
    }
    end
}

/// The length of a value in flow style, or of a text, at the beginning of a text.
fn length(text: &str, in_flow: bool) -> usize {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = at + c.len_utf8();
        let begins = at == 0 || (depth > 0 && " [{,:\n".contains(before));
        match (quote, c) {
            (Some('"'), '\\') => {
                chars.next();
            }
            // Two of them within a text stand for one.
            (Some('\''), '\'') if chars.next_if(|(_, next)| *next == '\'').is_some() => {}
            (Some(open), close) if open == close => {
                quote = None;
                if depth == 0 {
                    return after;
                }
            }
            (Some(_), _) => {}
            (None, '"' | '\'') if begins => quote = Some(c),
            (None, '[' | '{') if at == 0 || depth > 0 => depth += 1,
            (None, ']' | '}') if depth > 1 => depth -= 1,
            (None, ']' | '}') if depth == 1 => return after,
            (None, ']' | '}' | ',') if depth == 0 && in_flow => return trimmed(text, at),
            (None, '#') if before.is_whitespace() && at > 0 => {
                if depth == 0 {
                    return trimmed(text, at);
                }
                while chars.next_if(|(_, next)| *next != '\n').is_some() {}
            }
            (None, '\n') if depth == 0 => return trimmed(text, at),
            _ => {}
        }
        before = c;
    }
    trimmed(text, text.len())
}

fn trimmed(text: &str, end: usize) -> usize {
    text.get(..end).unwrap_or_default().trim_end().len()
}

fn is_flow(text: &str, mapping: Location) -> bool {
    starts_with(text, mapping, '{')
}

fn is_alias(text: &str, place: Location) -> bool {
    starts_with(text, place, '*')
}

fn starts_with(text: &str, place: Location, c: char) -> bool {
    let rest = offset(text, place).and_then(|start| text.get(start..));
    rest.is_some_and(|rest| rest.starts_with(c))
}

/// The byte at a line and column.
fn offset(text: &str, place: Location) -> Option<usize> {
    let line = usize::try_from(place.line()).ok()?.checked_sub(1)?;
    let column = usize::try_from(place.column()).ok()?.checked_sub(1)?;
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let in_line: usize = text
        .get(before..)?
        .chars()
        .take(column)
        .map(char::len_utf8)
        .sum();
    Some(before + in_line)
}

/// How many characters stand before a byte in its line.
fn column(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.chars().count()
}

/// A value as it stands within flow style.
fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(_) => format!("{{{}}}", bare(value)),
        other => bare(other),
    }
}

/// A value as it stands by itself: words without quotes.
fn bare(value: &Value) -> String {
    match value {
        Value::String(word) if is_word(word) => word.clone(),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", bare(&name.as_str().into()), flow(value)));
            fields.collect::<Vec<_>>().join(", ")
        }
        // JSON's texts are YAML's as well.
        other => other.to_string(),
    }
}

/// Whether YAML reads a text without quotes as that text.
fn is_word(text: &str) -> bool {
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && !reserved.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_ends_where_yaml_ends_it() {
        for (text, in_flow, value) in [
            ("[a, b], plan: []}", true, "[a, b]"),
            (
                "[{a: b}, \"]\", ']']  # why\n",
                false,
                "[{a: b}, \"]\", ']']",
            ),
            ("[a, # not ]\n  b]\n", false, "[a, # not ]\n  b]"),
            ("high, plan: []}", true, "high"),
            ("high}", true, "high"),
            ("high # why\nplan: []", false, "high"),
            ("BLOCKED: it's, so#1\n", false, "BLOCKED: it's, so#1"),
            ("\"a \\\" , b\" # why\n", false, "\"a \\\" , b\""),
            ("'it''s'", false, "'it''s'"),
            ("*alias\n", false, "*alias"),
        ] {
            assert_eq!(text.get(..length(text, in_flow)), Some(value), "{text}");
        }
    }

    #[test]
    fn words_stand_without_quotes_and_nothing_else_does() {
        for (value, expected) in [
            (json!(["a-b", "c"]), "[a-b, c]"),
            (
                json!([{"deactivate-key": "observe"}]),
                "[{deactivate-key: observe}]",
            ),
            (json!("DRY-RUN: a, b"), "\"DRY-RUN: a, b\""),
            (json!("none"), "none"),
            (json!("no"), "\"no\""),
        ] {
            assert_eq!(flow(&value), expected);
        }
    }
}
