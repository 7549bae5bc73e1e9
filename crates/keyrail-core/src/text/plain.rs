//! Making text that an event supplied safe to show to people.
//!
//! Whoever names a user, types at a sign-in page or sets a user agent chooses
//! that text, so it must not be able to break a line, hide or reverse what
//! follows, or pass for a link of keyrail's.

use std::fmt;

/// Shows a text from an event on one line: control, bidirectional and invisible
/// characters become `?`, links lose their scheme's colon, and what is too long
/// is cut with a mark.
pub(crate) struct Plain<'a>(pub &'a str);

/// Longer texts are cut. The report beside the text has them in full.
const LONGEST: usize = 300;

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let defused = self.0.replace("://", "[:]//").replace("www.", "www[.]");
        for c in defused.chars().take(LONGEST) {
            fmt::Write::write_char(f, if is_unsafe(c) { '?' } else { c })?;
        }
        if defused.chars().nth(LONGEST).is_some() {
            f.write_str("… [cut]")?;
        }
        Ok(())
    }
}

/// Control characters; and the format characters that reorder text, or take no
/// room at all (Unicode Technical Report 36, "Bidirectional text spoofing").
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
                | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}' | '\u{1d173}'..='\u{1d17a}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// A text of at most `longest` characters, cut with a mark.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    const MARK: &str = "… [cut]";
    if text.chars().nth(longest).is_none() {
        return text.to_owned();
    }
    let kept = longest.saturating_sub(MARK.chars().count());
    text.chars().take(kept).chain(MARK.chars()).collect()
}

/// One line of printable ASCII, of at most `longest` characters.
pub(crate) fn ascii_line(text: &str, longest: usize) -> String {
    let printable = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    if text.chars().nth(longest).is_none() {
        return text.chars().map(printable).collect();
    }
    let mut line: String = text
        .chars()
        .take(longest.saturating_sub(3))
        .map(printable)
        .collect();
    line.push_str("...");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_breaks_a_line_hides_or_reverses() {
        let shown = Plain("bob\r\nUndo: x\u{202e}y\u{200b}z\u{7}").to_string();
        assert_eq!(shown, "bob??Undo: x?y?z?");
    }

    #[test]
    fn a_link_in_a_name_is_no_link() {
        assert_eq!(
            Plain("https://www.evil.example").to_string(),
            "https[:]//www[.]evil.example"
        );
    }

    #[test]
    fn long_texts_are_cut_with_a_mark() {
        let shown = Plain(&"é".repeat(500)).to_string();
        assert_eq!(shown, format!("{}… [cut]", "é".repeat(300)));
        assert_eq!(Plain(&"é".repeat(300)).to_string(), "é".repeat(300));
    }

    #[test]
    fn subjects_are_printable_ascii_of_bounded_length() {
        assert_eq!(ascii_line("naïve\n\u{1f600}", 99), "na?ve??");
        assert_eq!(ascii_line(&"x".repeat(99), 99), "x".repeat(99));
        assert_eq!(
            ascii_line(&"x".repeat(100), 99),
            format!("{}...", "x".repeat(96))
        );
    }
}
