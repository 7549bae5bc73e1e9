//! The plain text of an alert, as e-mail shows it.

use std::fmt::{self, Write as _};

use super::content::{Content, Labelled};
use crate::situation::Situation;

/// The whole text.
pub(super) fn render(content: &Content, situation: &Situation<'_>) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let written = write_all(content, situation, &mut text);
    debug_assert!(
        written.is_ok(),
        "a `String` takes whatever is written to it"
    );
    text
}

fn write_all(content: &Content, situation: &Situation<'_>, out: &mut String) -> fmt::Result {
    let headings = &content.headings;
    writeln!(
        out,
        "{}  {} {}\n",
        situation.state.as_str(),
        headings.severity,
        situation.severity.as_str()
    )?;
    writeln!(out, "{}\n", content.sentence)?;
    writeln!(out, "{}", headings.done)?;
    for line in content.done.iter().chain(&content.still) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)?;
    if !content.to_do.is_empty() {
        writeln!(out, "{}{}", headings.to_do, content.before_to_do)?;
        for (number, item) in (1..).zip(&content.to_do) {
            writeln!(out, "  {number}. {item}")?;
        }
        writeln!(out)?;
    }
    for Labelled { label, text } in &content.evidence {
        writeln!(out, "{label:<6}  {text}")?;
    }
    writeln!(out)?;
    for reason in &content.why {
        writeln!(out, "{:<6}  {}", reason.label, reason.text)?;
        for line in &reason.policy {
            writeln!(out, "        {line}")?;
        }
    }
    writeln!(out)?;
    if !content.instead.is_empty() {
        writeln!(out, "{}", headings.instead)?;
        for line in &content.instead {
            writeln!(out, "  {line}")?;
        }
        writeln!(out)?;
    }
    for (number, line) in content.undo.iter().enumerate() {
        let heading = if number == 0 { headings.undo } else { "" };
        writeln!(out, "{heading:<6}  {line}")?;
    }
    if !content.undo.is_empty() {
        writeln!(out)?;
    }
    if !content.links.is_empty() {
        writeln!(out, "{:<6}  {}", headings.links, content.before_links)?;
        for Labelled { label, text } in &content.links {
            writeln!(out, "  {label:<5}  {text}")?;
        }
    }
    Ok(())
}
