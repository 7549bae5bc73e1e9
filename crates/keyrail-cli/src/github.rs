//! Annotations, which GitHub shows beside the lines that they are about.

use std::path::Path;

/// How loud it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Loudness {
    Error,
    Warning,
    Notice,
}

/// `::error file=…,line=…,col=…,title=…::message`, with what GitHub would take for its own
/// escaped (GitHub Actions, "Workflow commands", checked 2026-11-26). A place is a file, a
/// line and, where it is known, a column.
pub(crate) fn annotation(
    loudness: Loudness,
    place: Option<(&Path, usize, Option<usize>)>,
    title: &str,
    message: &str,
) -> String {
    let level = match loudness {
        Loudness::Error => "error",
        Loudness::Warning => "warning",
        Loudness::Notice => "notice",
    };
    let place = place.map(|(file, line, column)| {
        let column = column.map(|column| format!(",col={column}"));
        let file = property(&file.display().to_string());
        format!("file={file},line={line}{},", column.unwrap_or_default())
    });
    let place = place.unwrap_or_default();
    format!(
        "::{level} {place}title={}::{}\n",
        property(title),
        data(message)
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Properties end at a comma, and all of them at a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_github_takes_for_its_own_is_escaped() {
        let place = (Path::new("a,b/c:d.yaml"), 3, Some(7));
        assert_eq!(
            annotation(Loudness::Error, Some(place), "x: y, z", "50 %:\nno"),
            "::error file=a%2Cb/c%3Ad.yaml,line=3,col=7,title=x%3A y%2C z::50 %25:%0Ano\n"
        );
        assert_eq!(
            annotation(Loudness::Notice, None, "coverage", "a\rb"),
            "::notice title=coverage::a%0Db\n"
        );
    }
}
