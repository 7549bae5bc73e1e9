//! What SNS, telephones and chat take.

/// SNS takes subjects of fewer than 100 characters (SNS API reference, `Publish`,
/// checked 2026-11-24).
pub(super) const LONGEST_SUBJECT: usize = 99;

/// SNS takes 262,144 bytes (SNS API reference, `Publish`, checked 2026-11-24).
pub(super) const LARGEST_MESSAGE: usize = 262_144;

/// A message with more attributes is dropped on its way to a queue with raw delivery (SNS
/// Developer Guide, "Message attributes", checked 2026-11-25).
pub(super) const MOST_ATTRIBUTES: usize = 10;

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What is limited.
    pub of: &'static str,
    /// How much the alert takes.
    pub taken: usize,
    /// The most that may be taken.
    pub most: usize,
    /// What is counted.
    pub unit: &'static str,
}

impl Limit {
    /// Whether it is kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.taken <= self.most
    }
}
