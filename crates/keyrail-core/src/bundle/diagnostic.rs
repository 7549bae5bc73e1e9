//! What is wrong in a bundle, and where.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong in a bundle. Serialises as an item of
/// `keyrail.diagnostics/v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Which sort of mistake; stable, for programs and for the documentation.
    pub code: &'static str,
    /// Whether it keeps the bundle from being valid.
    pub severity: Level,
    /// What is wrong: one line, in lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The file, by its path within the bundle.
    pub file: String,
    /// The line in it, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// How many bytes from there the mistake extends, on its line.
    #[serde(skip)]
    pub length: usize,
}

/// Whether a mistake keeps a bundle from being valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It does.
    Error,
    /// It does not, yet.
    Warning,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            message,
            ..
        } = self;
        write!(f, "{file}:{line}:{column}: {message}")
    }
}

/// A file of a bundle, in which mistakes have places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    /// A mistake at some bytes of the file.
    pub(crate) fn error(
        self,
        code: &'static str,
        span: (usize, usize),
        message: impl Into<String>,
    ) -> Diagnostic {
        let (start, end) = span;
        let start = self.text.floor_char_boundary(start.min(self.text.len()));
        let before = self.text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = self.text.get(start..).unwrap_or_default();
        let line_end = start + rest.find('\n').unwrap_or(rest.len());
        Diagnostic {
            code,
            severity: Level::Error,
            message: message.into(),
            help: None,
            file: self.name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            length: self.text.ceil_char_boundary(end.clamp(start, line_end)) - start,
        }
    }
}

impl Diagnostic {
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    pub(crate) fn warning(self) -> Self {
        Self {
            severity: Level::Warning,
            ..self
        }
    }

    /// Suggests the nearest of the names that would have been right.
    pub(crate) fn suggest<'n>(self, name: &str, known: impl IntoIterator<Item = &'n str>) -> Self {
        match nearest(name, known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// The name that somebody most likely meant, if one is near.
#[must_use]
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance > 0 && *distance <= candidate.len().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Everything that keeps files from being a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadBundleError {
    /// Each with its place, in order.
    pub diagnostics: Vec<Diagnostic>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_lines_and_characters_from_one() {
        let source = Source {
            name: "a",
            text: "é\nab é c\n",
        };
        for (at, line, column) in [(0, 1, 1), (3, 2, 1), (8, 2, 5), (99, 3, 1)] {
            let place = source.error("x", (at, at + 1), "m");
            assert_eq!((place.line, place.column), (line, column), "{at}");
        }
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        assert_eq!(nearest("hihg", ["high", "low"]), Some("high"));
        assert_eq!(nearest("banana", ["high", "low"]), None);
    }

    /// Whoever shows the place cuts the text there.
    #[test]
    fn a_mistake_begins_and_ends_between_characters() {
        let text = "{\"name\": ü}";
        let source = Source {
            name: "a.json",
            text,
        };
        let at = text.find('ü').expect("it is there");
        for start in [at, at + 1] {
            let found = source.error("syntax", (start, start + 1), "wrong");
            assert_eq!((found.line, found.column), (1, 10));
            assert_eq!(text.get(at..at + found.length), Some("ü"));
        }
    }
}
