//! What, who and where, on one line: for subjects and telephones.

use crate::plain::ascii_line;

/// What, who and where, on one line.
pub(super) struct Brief {
    pub headline: String,
    pub who: Option<String>,
    pub place: Option<String>,
}

impl Brief {
    /// In at most `longest` characters of ASCII. Of what is too long the headline is cut
    /// first, and the place last: half an account's number looks like another one.
    pub(super) fn within(&self, longest: usize) -> String {
        const LEAST: usize = 24;
        let of = |part: &Option<String>| part.as_deref().map(|part| format!(" - {part}"));
        let (who, place) = (of(&self.who), of(&self.place));
        let place = ascii_line(&place.unwrap_or_default(), longest.saturating_sub(LEAST));
        let room = longest.saturating_sub(place.len());
        let headline = self.headline.chars().count().min(LEAST);
        let who = ascii_line(&who.unwrap_or_default(), room.saturating_sub(headline));
        let headline = ascii_line(&self.headline, room.saturating_sub(who.len()));
        format!("{headline}{who}{place}")
    }
}
