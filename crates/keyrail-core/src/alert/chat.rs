//! The alert as a custom notification of Amazon Q Developer in chat applications, which
//! Slack and Microsoft Teams show (its Administrator Guide, "Custom notifications",
//! checked 2026-11-25). What is not in this form it drops without a word.

use serde::Serialize;

use super::content::{Content, Labelled};
use crate::plain::{Plain, cut};
use crate::situation::Situation;

pub(super) const LONGEST_TITLE: usize = 250;
pub(super) const LONGEST_DESCRIPTION: usize = 8_000;
const LONGEST_STEP: usize = 1_000;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notification {
    version: &'static str,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    content: Message,
    metadata: Metadata,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    text_type: &'static str,
    title: String,
    description: String,
    next_steps: Vec<String>,
    keywords: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    /// What keyrail tells later of the same event comes in the same thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<String>,
    summary: String,
    event_type: &'static str,
    related_resources: Vec<String>,
    additional_context: Context,
}

/// What buttons can hand on: ids, without spaces.
#[derive(Debug, Serialize)]
struct Context {
    state: &'static str,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guardrail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

pub(super) fn render(content: &Content, subject: &str, situation: &Situation<'_>) -> Notification {
    let (state, severity) = (situation.state.as_str(), situation.severity.as_str());
    let title = format!("{state} ({severity}): {}", content.headline);
    let guardrails = situation.guardrails.iter();
    let guardrails: Vec<String> = guardrails.map(|&id| id.to_owned()).collect();
    let id = situation.event.and_then(word);
    let account = situation.location.account.and_then(word);
    let region = situation.location.region.and_then(word);
    let keywords = [Some(state.to_owned()), Some(severity.to_owned())];
    let keywords = keywords
        .into_iter()
        .chain([account.clone(), region.clone()]);
    Notification {
        version: "1.0",
        source: "custom",
        id: id.clone(),
        content: Message {
            text_type: "client-markdown",
            title: cut(&escaped(&title), LONGEST_TITLE),
            description: cut(&description(content), LONGEST_DESCRIPTION),
            next_steps: content
                .to_do
                .iter()
                .map(|step| cut(&escaped(step), LONGEST_STEP))
                .collect(),
            keywords: keywords
                .flatten()
                .chain(guardrails.iter().cloned())
                .collect(),
        },
        metadata: Metadata {
            thread_id: id,
            summary: escaped(subject),
            event_type: "keyrail-alert",
            related_resources: situation.arns.iter().filter_map(|arn| word(arn)).collect(),
            additional_context: Context {
                state,
                severity,
                account,
                region,
                guardrail: guardrails.first().cloned(),
                key: situation.credentials.named.and_then(word),
            },
        },
    }
}

impl Notification {
    pub(super) fn title_length(&self) -> usize {
        self.content.title.chars().count()
    }

    pub(super) fn description_length(&self) -> usize {
        self.content.description.chars().count()
    }
}

fn description(content: &Content) -> String {
    let mut lines = vec![escaped(&content.sentence), String::new()];
    lines.push(format!("*{}*", content.headings.done));
    lines.extend(
        content
            .done
            .iter()
            .chain(&content.still)
            .map(|line| escaped(line)),
    );
    lines.push(String::new());
    let labelled = |Labelled { label, text }: &Labelled| format!("*{label}* {}", escaped(text));
    lines.extend(content.evidence.iter().map(labelled));
    for reason in &content.why {
        lines.push(format!("*{}* {}", reason.label, escaped(&reason.text)));
    }
    for (number, line) in content.undo.iter().enumerate() {
        let heading = format!("*{}* ", content.headings.undo);
        let heading = if number == 0 { &heading } else { "" };
        lines.push(format!("{heading}{}", escaped(line)));
    }
    if !content.instead.is_empty() {
        lines.push(format!("*{}*", content.headings.instead));
        lines.extend(content.instead.iter().map(|line| escaped(line)));
    }
    // keyrail's own links are made of parsed ids, so they stay as they are.
    for Labelled { label, text } in &content.links {
        lines.push(format!("*{label}* {text}"));
    }
    lines.join("\n")
}

/// What is neither markup nor a mention nor a link, whoever chose it: Slack reads `<!here>`
/// and `<@U1>` (Slack API, "Formatting text", checked 2026-11-25), Teams `[text](link)`.
fn escaped(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('`', "'")
        .replace("](", "] (");
    without_mentions(&text)
}

/// `@here` as a word of its own mentions everybody; in `anna@here.com` it is a part of a
/// name, which commands need as it is.
fn without_mentions(text: &str) -> String {
    let is_of_name = |c: char| c.is_alphanumeric() || "_.+=,-".contains(c);
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        out.push(c);
        let (before, after) = text.split_at(at);
        let mentions = ["@channel", "@here", "@everyone"]
            .into_iter()
            .any(|mention| {
                after
                    .strip_prefix(mention)
                    .is_some_and(|rest| !rest.starts_with(is_of_name))
            });
        if mentions && !before.ends_with(is_of_name) {
            out.push(' ');
        }
    }
    out
}

/// An id as it is, if it has nothing but what an id has.
fn word(text: &str) -> Option<String> {
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=,@".contains(&byte);
    let is_word = !text.is_empty() && text.len() <= 256 && text.bytes().all(is_id);
    let is_harmless = escaped(text) == text && Plain(text).to_string() == text;
    (is_word && is_harmless).then(|| text.to_owned())
}
