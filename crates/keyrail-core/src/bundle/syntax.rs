//! What Cedar says of a text that it cannot read, as a diagnostic.

use miette::Diagnostic as _;

use super::diagnostic::{Diagnostic, Source};

/// What Cedar's parser says of one policy, with its places.
pub(super) fn syntax_errors(
    source: Source<'_>,
    (start, end): (usize, usize),
    errors: &cedar_policy::ParseErrors,
) -> Vec<Diagnostic> {
    errors
        .iter()
        .map(|error| {
            let span = label(error).map_or((start, end), |(from, to)| (start + from, start + to));
            let wrong = source.error("syntax", span, one_line(&error.to_string()));
            match error.help() {
                Some(help) => wrong.help(one_line(&help.to_string())),
                None => wrong,
            }
        })
        .collect()
}

pub(super) fn label(error: &impl miette::Diagnostic) -> Option<(usize, usize)> {
    let label = error.labels()?.next()?;
    Some((label.offset(), label.offset() + label.len()))
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
