//! What a telephone shows: one message of at most 140 characters.

use super::brief::Brief;
use super::content::Content;
use crate::situation::Situation;

/// One message takes 140 bytes (SNS Developer Guide, "Publishing SMS messages", checked
/// 2026-11-25); a longer one would be several, of which one may get lost.
pub(super) const LONGEST: usize = 140;

/// State, what, who and where, and last what that means for whoever reads it: what is cut
/// is in the middle.
pub(super) fn render(content: &Content, brief: &Brief, situation: &Situation<'_>) -> String {
    let start = format!(
        "{} {}: ",
        situation.state.as_str(),
        situation.severity.as_str()
    );
    let room = LONGEST.saturating_sub(start.len() + content.in_short.len() + 2);
    let middle = brief.within(room);
    let line = format!("{start}{middle}. {}", content.in_short);
    line.chars().map(in_one_unit).collect()
}

/// Of what a telephone's alphabet has not, or only in two units, its nearest (3GPP TS
/// 23.038, "GSM 7 bit default alphabet").
fn in_one_unit(c: char) -> char {
    match c {
        '[' | '{' => '(',
        ']' | '}' => ')',
        '`' => '\'',
        '|' | '\\' => '/',
        '^' | '~' => '-',
        other => other,
    }
}
