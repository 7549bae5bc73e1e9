//! Alert: a report rendered for people and for programs.

use serde::Serialize;
use serde_json::{Value, json};

use self::content::Content;
pub use self::limits::Limit;
use crate::english;
use crate::plain::{Plain, ascii_line};
use crate::report::{Report, State};
use crate::words::Severity;

mod chat;
pub(crate) mod content;
mod email;
pub(crate) mod instead;
mod limits;
pub(crate) mod links;
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
}

/// Why an alert could not be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the alert could not be sent: {message}")]
pub struct NotifyError {
    /// Service, operation, error code and request id, in one line.
    pub message: String,
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
    content: Content,
}

/// SNS takes subjects of fewer than 100 characters (SNS API reference, `Publish`,
/// checked 2026-11-24).
const LONGEST_SUBJECT: usize = 99;

/// SNS takes messages of at most 256 KB, subject and attributes included (SNS API
/// reference, `Publish`, checked 2026-11-24); those have room in the rest.
const LONGEST_MESSAGE: usize = 250_000;

impl<'a> Alert<'a> {
    /// Renders a report.
    #[must_use]
    pub fn compose(report: &'a Report) -> Self {
        let state = report.state();
        let content = english::content(report);
        let activity = &report.activity;
        let place = [&activity.account, &activity.region].into_iter().flatten();
        let place: Vec<String> = place.map(|text| Plain(text).to_string()).collect();
        let place = (!place.is_empty()).then(|| place.join(" "));
        let who = english::who(report).map(|who| Plain(&who).to_string());
        let brief = Brief {
            headline: content.headline.clone(),
            who,
            place,
        };
        let start = format!("{}: ", state.as_str());
        let subject = brief.within(LONGEST_SUBJECT.saturating_sub(start.len()));
        Self {
            schema: "keyrail.alert/v1",
            state,
            subject: format!("{start}{subject}"),
            text: email::render(&content, report),
            report,
            severity: report.severity(),
            sms: sms::render(&content, &brief, report),
            content,
        }
    }

    /// What happened and what became of it, in one line.
    #[must_use]
    pub(crate) fn in_a_line(&self) -> String {
        format!("{}: {}", self.state.as_str(), self.content.sentence)
    }

    /// The message for the topic of chat channels: a custom notification of Amazon Q
    /// Developer in chat applications.
    ///
    /// # Errors
    ///
    /// None that a report can cause: all of its keys are texts.
    pub fn chat(&self) -> Result<String, serde_json::Error> {
        let notification = chat::render(&self.content, &self.subject, self.report);
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
        let activity = &self.report.activity;
        let violated = self.report.verdict.violated.first();
        let guardrail = violated.map(|violation| violation.id.clone());
        let repeats = self.report.about.repeats();
        let repeated =
            repeats.and_then(|repeats| repeats.follow_up.repetition.guardrails.first().cloned());
        let guardrail = guardrail.or(repeated);
        [
            ("state", Some(self.state.as_str().to_owned())),
            ("severity", Some(self.severity.as_str().to_owned())),
            ("account", activity.account.clone()),
            ("region", activity.region.clone()),
            ("guardrail", guardrail),
            ("action", activity.action.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, ascii_line(&value?, 256))))
        .filter(|(_, value)| !value.is_empty())
    }
}

/// What, who and where, on one line.
struct Brief {
    headline: String,
    who: Option<String>,
    place: Option<String>,
}

impl Brief {
    /// In at most `longest` characters of ASCII. Of what is too long the headline is cut
    /// first, and the place last: half an account's number looks like another one.
    fn within(&self, longest: usize) -> String {
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

/// The policy without its annotations, which the text says in its own places.
pub(crate) fn condition(policy: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    let start = policy.char_indices().find(|&(at, c)| {
        let ends_a_quote = c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        quoted ^= ends_a_quote;
        !quoted
            && policy
                .get(at..)
                .is_some_and(|rest| rest.starts_with("forbid") || rest.starts_with("permit"))
    });
    let policy = start.and_then(|(at, _)| policy.get(at..)).unwrap_or(policy);
    policy.lines().filter(|line| !line.trim().is_empty())
}

#[cfg(test)]
mod forms;
#[cfg(test)]
mod situations;
#[cfg(test)]
mod tests;
