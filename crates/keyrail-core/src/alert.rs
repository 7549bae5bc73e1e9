//! Alert: a report rendered for people and for programs.

use serde::Serialize;
use serde_json::{Value, json};

use self::brief::Brief;
use self::content::Content;
pub use self::limits::Limit;
use self::limits::{LARGEST_MESSAGE, LONGEST_SUBJECT, MOST_ATTRIBUTES};
use crate::cause::Cause;
use crate::plain::{Plain, ascii_line};
use crate::report::{Report, State};
use crate::situation::Situation;
use crate::words::Severity;

mod brief;
mod chat;
mod content;
mod email;
mod english;
mod limits;
mod sms;

/// The door to on-call.
#[expect(
    async_fn_in_trait,
    reason = "both callers are in this workspace, and neither moves the futures between threads"
)]
pub trait Notifier {
    /// Sends an alert, with bounded retries.
    ///
    /// # Errors
    ///
    /// If it could not be sent; the event must then be tried again.
    async fn send(&self, alert: &Alert<'_>) -> Result<(), NotifyError>;

    /// Sends it to the chat channels, if there is a topic for them. Nothing depends on
    /// that: whoever is on call has the other.
    ///
    /// # Errors
    ///
    /// If it could not be sent.
    async fn send_to_chat(&self, alert: &Alert<'_>) -> Result<(), NotifyError>;

    /// Sends it to whoever runs keyrail, if there is a topic for that. Nothing depends on that,
    /// either.
    ///
    /// # Errors
    ///
    /// If it could not be sent.
    async fn send_to_operator(&self, alert: &Alert<'_>) -> Result<(), NotifyError>;
}

/// Why an alert could not be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the alert could not be sent: {message}")]
pub struct NotifyError {
    /// Service, operation, error code and request id, in one line.
    pub message: String,
    /// What the service or the SDK said.
    #[source]
    pub cause: Option<Cause>,
}

/// One alert. Serialises as `keyrail.alert/v1`.
#[derive(Debug, Serialize)]
pub struct Alert<'a> {
    schema: &'static str,
    /// What the report comes to.
    pub state: State,
    /// At most 99 printable ASCII characters, as SNS wants it.
    pub subject: String,
    /// The plain text that people read.
    pub text: String,
    /// Everything about the event.
    pub report: &'a Report,
    /// For filter policies, and to wake people by.
    #[serde(skip)]
    pub severity: Severity,
    /// What telephones show: at most 140 characters, each of which takes one unit.
    #[serde(skip)]
    pub sms: String,
    #[serde(skip)]
    situation: Situation<'a>,
    #[serde(skip)]
    content: Content,
}

/// SNS takes messages of at most 256 KB, subject and attributes included (SNS API
/// reference, `Publish`, checked 2026-11-24); those have room in the rest.
const LONGEST_MESSAGE: usize = 250_000;

impl<'a> Alert<'a> {
    /// Renders a report.
    #[must_use]
    pub fn compose(report: &'a Report) -> Self {
        let situation = Situation::of(report);
        let content = english::content(&situation);
        let location = situation.location;
        let place = [location.account, location.region].into_iter().flatten();
        let place: Vec<String> = place.map(|text| Plain(text).to_string()).collect();
        let brief = Brief {
            headline: content.headline.clone(),
            who: situation.concerned.as_ref().map(english::concerned),
            place: (!place.is_empty()).then(|| place.join(" ")),
        };
        let start = format!("{}: ", situation.state.as_str());
        let subject = brief.within(LONGEST_SUBJECT.saturating_sub(start.len()));
        Self {
            schema: "keyrail.alert/v1",
            state: situation.state,
            subject: format!("{start}{subject}"),
            text: email::render(&content, &situation),
            report,
            severity: situation.severity,
            sms: sms::render(&content, &brief, &situation),
            content,
            situation,
        }
    }

    /// What happened and what became of it, in one line.
    #[must_use]
    pub(crate) fn in_a_line(&self) -> String {
        format!("{}: {}", self.state.as_str(), self.content.sentence)
    }

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
        let notification = chat::render(&self.content, &self.subject, &self.situation);
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

    /// The message for the topic of chat channels: a custom notification of Amazon Q
    /// Developer in chat applications.
    ///
    /// # Errors
    ///
    /// None that a report can cause: all of its keys are texts.
    pub fn chat(&self) -> Result<String, serde_json::Error> {
        let notification = chat::render(&self.content, &self.subject, &self.situation);
        serde_json::to_string(&notification)
    }

    /// The body of one SNS publish with `MessageStructure=json`: text for people,
    /// a line for telephones, and JSON for everything else.
    ///
    /// What an event supplies is cut long before, so only a bundle whose violated
    /// policies fill SNS's 256 KB can make it too long. Then their texts are cut.
    ///
    /// # Errors
    ///
    /// None that a report can cause: all of its keys are texts.
    pub fn message(&self) -> Result<String, serde_json::Error> {
        let mut program = serde_json::to_value(self)?;
        let message = self.encoded(&program, &self.text)?;
        if message.len() <= LONGEST_MESSAGE {
            return Ok(message);
        }
        let verdict = &self.report.verdict;
        let policies = [
            ("violated", verdict.violated.len()),
            ("undecided", verdict.undecided.len()),
        ];
        for (list, count) in policies {
            for number in 0..count {
                let place = format!("/report/verdict/{list}/{number}/policy_text");
                if let Some(text) = program.pointer_mut(&place) {
                    *text = english::CUT.into();
                }
            }
        }
        let end = self.text.floor_char_boundary(LONGEST_MESSAGE / 8);
        let kept = self.text.get(..end).unwrap_or_default();
        let text = format!("{kept}\n{}\n", english::CUT);
        if let Some(whole) = program.pointer_mut("/text") {
            *whole = text.as_str().into();
        }
        self.encoded(&program, &text)
    }

    fn encoded(&self, program: &Value, text: &str) -> Result<String, serde_json::Error> {
        let default = serde_json::to_string(program)?;
        serde_json::to_string(&json!({ "default": default, "email": text, "sms": self.sms }))
    }

    /// Message attributes for filter policies. SNS refuses empty ones, so what is
    /// not known is left out.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, String)> {
        let situation = &self.situation;
        let location = situation.location;
        [
            ("state", Some(self.state.as_str())),
            ("severity", Some(self.severity.as_str())),
            ("account", location.account),
            ("region", location.region),
            ("guardrail", situation.guardrails.first().copied()),
            ("action", situation.action),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, ascii_line(value?, 256))))
        .filter(|(_, value)| !value.is_empty())
    }
}

#[cfg(test)]
mod forms;
#[cfg(test)]
pub(crate) mod situations;
#[cfg(test)]
mod tests;
