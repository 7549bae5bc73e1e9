//! What SNS, telephones and chat take, and how much of it an alert takes.

use super::{Alert, LONGEST_SUBJECT, chat, sms};

/// SNS takes 262,144 bytes (SNS API reference, `Publish`, checked 2026-11-24).
const LARGEST_MESSAGE: usize = 262_144;

/// A message with more attributes is dropped on its way to a queue with raw delivery (SNS
/// Developer Guide, "Message attributes", checked 2026-11-25).
const MOST_ATTRIBUTES: usize = 10;

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

impl Alert<'_> {
    /// All limits that apply to it.
    ///
    /// # Errors
    ///
    /// None that a report can cause, as for [`Alert::message`].
    pub fn limits(&self) -> Result<Vec<Limit>, serde_json::Error> {
        let limit = |of, taken, most, unit| Limit {
            of,
            taken,
            most,
            unit,
        };
        let attributes: Vec<_> = self.attributes().collect();
        let bytes = attributes
            .iter()
            .map(|(name, value)| name.len() + value.len());
        let bytes: usize = bytes.sum::<usize>() + self.subject.len();
        let message = self.message()?;
        let notification = chat::render(&self.content, &self.subject, self.report);
        let chat = serde_json::to_string(&notification)?;
        Ok(vec![
            limit(
                "subject",
                self.subject.chars().count(),
                LONGEST_SUBJECT,
                "characters",
            ),
            limit("message", message.len() + bytes, LARGEST_MESSAGE, "bytes"),
            limit(
                "attributes",
                attributes.len(),
                MOST_ATTRIBUTES,
                "attributes",
            ),
            limit("SMS", self.sms.chars().count(), sms::LONGEST, "characters"),
            limit("chat message", chat.len() + bytes, LARGEST_MESSAGE, "bytes"),
            limit(
                "chat title",
                notification.title_length(),
                chat::LONGEST_TITLE,
                "characters",
            ),
            limit(
                "chat description",
                notification.description_length(),
                chat::LONGEST_DESCRIPTION,
                "characters",
            ),
        ])
    }
}
