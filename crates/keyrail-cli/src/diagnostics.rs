//! Showing what is wrong in a bundle: with the line, and what to do.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use keyrail_core::bundle::{Diagnostic, Files, Level as Severity};

/// All of them, one after another, in the compiler's manner.
pub(crate) fn text(
    diagnostics: &[Diagnostic],
    files: &Files,
    others: &[(String, String)],
) -> String {
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let source = files.text(&diagnostic.file).or_else(|| {
            let other = others.iter().find(|(name, _)| *name == diagnostic.file);
            other.map(|(_, text)| text.as_str())
        });
        text.push_str(&renderer.render(&report(diagnostic, source)));
        text.push_str("\n\n");
    }
    text
}

fn report<'a>(diagnostic: &'a Diagnostic, source: Option<&'a str>) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code);
    let snippet = Snippet::source(source.unwrap_or_default())
        .path(&diagnostic.file)
        .annotation(AnnotationKind::Primary.span(span(diagnostic, source.unwrap_or_default())));
    let mut group = Group::with_title(title).element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    vec![group]
}

/// The bytes in the whole file.
fn span(diagnostic: &Diagnostic, source: &str) -> std::ops::Range<usize> {
    let before: usize = source
        .split_inclusive('\n')
        .take(diagnostic.line.saturating_sub(1))
        .map(str::len)
        .sum();
    let line = source.get(before..).unwrap_or_default();
    let column: usize = line
        .chars()
        .take(diagnostic.column.saturating_sub(1))
        .map(char::len_utf8)
        .sum();
    let start = before + column;
    let end = (start + diagnostic.length).min(source.len());
    start.min(end)..end
}
