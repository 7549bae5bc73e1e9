//! What keyrail could not find out, in the sentences of a report's `not_known`.

use jiff::Timestamp;

use crate::phrases::utc;

/// What is not known because the table did not answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unknown {
    /// A sign of life.
    Beat,
    /// What happened before.
    Before,
    /// What a containment means for later events.
    ContainedLater,
    /// What the event means for later ones.
    Later,
    /// Whether the limit is reached.
    Limit,
    /// Whether a key has been released.
    Released,
    /// Whether it repeats an alert.
    Repeated,
    /// Whether the same alert is sent twice.
    Twice,
}

/// What is not known, and the error because of which it is not.
pub(crate) fn not_known(what: Unknown, error: &impl std::fmt::Display) -> String {
    let what = match what {
        Unknown::Beat => "for who watches, that this beat came",
        Unknown::Before => "what happened before",
        Unknown::ContainedLater => "what was contained, for later events",
        Unknown::Later => "what this means for later events",
        Unknown::Limit => "whether the containment limit is reached",
        Unknown::Released => "whether somebody has released it",
        Unknown::Repeated => "whether it repeats another alert",
        Unknown::Twice => "whether you get this alert twice",
    };
    format!("{what}: {error}")
}

/// More were refused the same than are told of one by one.
pub(crate) fn storm(most: u32, until: Timestamp) -> String {
    format!(
        "how many more there are: this was refused to more than {most} actors within minutes, so that from here on those to come are counted, and a follow-up after {} tells of them",
        utc(until)
    )
}
