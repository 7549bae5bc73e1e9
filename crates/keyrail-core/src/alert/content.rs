//! What an alert says, before anybody lays it out: all of it is text that is safe on one
//! line, in the order in which somebody who has just been woken needs it.

/// The parts of an alert.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// What it is about, in a few words.
    pub headline: String,
    /// What happened, in one sentence.
    pub sentence: String,
    /// What keyrail did and read back; never empty.
    pub done: Vec<String>,
    /// What may be alive in spite of that, and until when.
    pub still: Vec<String>,
    /// What to do now, the most urgent first.
    pub to_do: Vec<String>,
    /// Where the commands are to be run.
    pub before_to_do: String,
    /// Who, from where, where and when; and what is not known.
    pub evidence: Vec<Labelled>,
    /// Which guardrails, with their own words.
    pub why: Vec<Reason>,
    /// What to use instead of a key.
    pub instead: Vec<String>,
    /// How to take back what was done.
    pub undo: Vec<String>,
    /// Where the console shows it.
    pub links: Vec<Labelled>,
    /// What has to be done before the links work.
    pub before_links: String,
    /// The words above the parts.
    pub headings: Headings,
    /// The sentence that a telephone shows.
    pub in_short: &'static str,
}

/// A text and the word before it.
#[derive(Debug)]
pub(crate) struct Labelled {
    pub label: &'static str,
    pub text: String,
}

/// A guardrail that is violated, or a policy that could not be decided.
#[derive(Debug)]
pub(crate) struct Reason {
    pub label: &'static str,
    pub text: String,
    /// The policy, line by line.
    pub policy: Vec<String>,
}

/// The words above the parts, in the alert's language.
#[derive(Debug, Default)]
pub(crate) struct Headings {
    pub severity: &'static str,
    pub done: &'static str,
    pub to_do: &'static str,
    pub instead: &'static str,
    pub undo: &'static str,
    pub links: &'static str,
}
