//! A test as its file has it, and the places that diagnostics name.

use keyrail_core::bundle::{Diagnostic, Level};
use serde_saphyr::{Location, Spanned};

use super::format::Expectation;
use super::given::Given;

/// One test to run: a test, or a row of its table.
#[derive(Debug)]
pub(crate) struct Run {
    /// The file, by its path within the bundle.
    pub file: String,
    /// Line and column of its name.
    pub place: (usize, usize),
    pub name: String,
    /// Where the test or row begins.
    pub begins: Location,
    pub(super) given: Given,
    pub expect: Expectation,
    /// What it says itself, without that of the test that it stands in.
    pub own: Option<Spanned<Expectation>>,
}

pub(super) fn place(location: Location) -> (usize, usize) {
    let number = |number: u64| usize::try_from(number).unwrap_or(1).max(1);
    (number(location.line()), number(location.column()))
}

pub(super) fn diagnostic(
    code: &'static str,
    file: &str,
    (line, column): (usize, usize),
    message: impl Into<String>,
) -> Diagnostic {
    Diagnostic {
        code,
        severity: Level::Error,
        message: message.into(),
        help: None,
        file: file.to_owned(),
        line,
        column,
        length: 0,
    }
}
