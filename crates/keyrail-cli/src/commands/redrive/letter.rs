//! What a message of a dead-letter queue is, and why it is there.

use jiff::Timestamp;
use keyrail_core::Event;
use keyrail_core::activity::Activity;
use keyrail_core::queue::Later;
use keyrail_operator::redrive::{DeadLetters, Message};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A message, and what it is.
#[derive(Debug)]
pub(super) struct Letter {
    pub message: Message,
    pub kind: Kind,
    pub about: About,
    /// Why it could not be handled.
    pub reason: Option<String>,
    /// Why it cannot be handed over.
    pub obstacle: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Event,
    FollowUp,
    Recheck,
    Unknown,
}

/// What a message is about, as far as it says so.
#[derive(Debug, Default)]
pub(super) struct About {
    /// The event's id.
    pub event: Option<String>,
    /// The event's name, or what keyrail calls its own message.
    pub name: Option<String>,
    pub account: Option<String>,
    pub region: Option<String>,
    pub time: Option<Timestamp>,
}

/// Lambda's record of an invocation that failed (Lambda Developer Guide, "Capturing
/// records of Lambda asynchronous invocations", checked 2026-11-29).
#[derive(Deserialize)]
struct Failed {
    #[serde(rename = "requestContext")]
    context: RequestContext,
    #[serde(rename = "requestPayload")]
    payload: Value,
    #[serde(rename = "responsePayload")]
    answer: Option<Value>,
}

#[derive(Deserialize)]
struct RequestContext {
    #[serde(rename = "functionArn")]
    function: String,
    condition: String,
}

const USED_UP: &str = "its tries are used up";

impl Letter {
    pub(super) fn read(message: Message, queue: &DeadLetters) -> Self {
        let body = &message.body;
        let mut letter = if let Ok(failed) = serde_json::from_str::<Failed>(body) {
            Self::failed(message, failed, queue)
        } else if let Ok(later) = serde_json::from_str::<Later>(body) {
            Self::later(message, later, queue)
        } else {
            Self::undelivered(message)
        };
        letter.about.time = letter.about.time.or_else(|| letter.message.sent());
        if letter.obstacle.is_none() {
            letter.obstacle = letter.stranger(queue);
        }
        letter
    }

    fn failed(message: Message, failed: Failed, queue: &DeadLetters) -> Self {
        let field = |name: &str| {
            let answer = failed.answer.as_ref()?;
            answer.get(name)?.as_str().map(str::to_owned)
        };
        let said = [
            Some(failed.context.condition),
            field("errorType"),
            field("errorMessage"),
        ];
        // The qualifier, `$LATEST`, comes after the function's own ARN.
        let (own, named) = (&queue.function.arn, &failed.context.function);
        let is_own = named.strip_prefix(own.as_str());
        let is_own = is_own.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
        let event = Event::parse(failed.payload.to_string().as_bytes()).ok();
        Self {
            message,
            kind: Kind::Event,
            about: event.as_ref().map(About::of).unwrap_or_default(),
            reason: joined(&said.into_iter().flatten().collect::<Vec<_>>()),
            obstacle: (!is_own).then(|| format!("it is of another function: {named}")),
        }
    }

    fn later(message: Message, later: Later, queue: &DeadLetters) -> Self {
        let (kind, about) = match later {
            Later::Recheck(recheck) => (
                Kind::Recheck,
                About {
                    event: Some(recheck.event),
                    name: Some("re-check".to_owned()),
                    account: Some(recheck.account.to_string()),
                    region: recheck.region,
                    time: Some(recheck.since),
                },
            ),
            Later::FollowUp(follow_up) => (
                Kind::FollowUp,
                About {
                    event: Some(follow_up.event),
                    name: Some("follow-up".to_owned()),
                    account: Some(follow_up.repetition.account),
                    region: follow_up.region,
                    time: Some(follow_up.repetition.until),
                },
            ),
        };
        // What it says is acted on, and this queue takes messages of more senders.
        let obstacle = match message.moved_from() {
            Some(arn) if queue.function.is_rechecked_by(arn) => None,
            Some(arn) => Some(format!("it is of another queue of re-checks: {arn}")),
            None => Some(
                "somebody has put it there: it was not moved from the queue of re-checks"
                    .to_owned(),
            ),
        };
        Self {
            message,
            kind,
            about,
            reason: Some(USED_UP.to_owned()),
            obstacle,
        }
    }

    /// What EventBridge could not deliver (EventBridge User Guide, "Using dead-letter
    /// queues to process undelivered events", checked 2026-11-29), or has delivered to the
    /// queue of sign-ins.
    fn undelivered(message: Message) -> Self {
        let event = Event::parse(message.body.as_bytes());
        let (about, obstacle) = match event {
            Ok(event) if event.detail_type.is_some() => (About::of(&event), None),
            Ok(_) => (
                About::default(),
                Some("it is JSON, and no event".to_owned()),
            ),
            Err(error) => (
                About::default(),
                Some(format!("it is not an event: {error}")),
            ),
        };
        let said = ["ERROR_CODE", "ERROR_MESSAGE"];
        let said = said
            .into_iter()
            .filter_map(|name| message.attributes.get(name).cloned());
        // What SQS has moved from the queue of sign-ins has no such attributes.
        let used_up = message.moved_from().map(|_| USED_UP.to_owned());
        let reason = joined(&said.collect::<Vec<_>>()).or(used_up);
        Self {
            message,
            kind: match obstacle {
                Some(_) => Kind::Unknown,
                None => Kind::Event,
            },
            about,
            reason,
            obstacle,
        }
    }

    /// Why it must not be believed: a queue of another account takes what that account's
    /// administrators put there, and they have no say in other accounts.
    fn stranger(&self, queue: &DeadLetters) -> Option<String> {
        let home = queue.account();
        if home == queue.function.account() {
            return None;
        }
        let named = self.about.account.clone();
        let named = named.unwrap_or_else(|| "none".to_owned());
        let event = Event::parse(self.message.body.as_bytes()).ok();
        let acted_in = event.and_then(|event| Activity::read(&event).account);
        let mut named = [Some(named), acted_in].into_iter().flatten();
        let other = named.find(|named| named != home)?;
        Some(format!(
            "its account is {other}, and the queue is in account {home}"
        ))
    }

    /// By which messages are sorted: the oldest first.
    pub(super) fn order(&self) -> (Option<Timestamp>, &str) {
        (self.about.time, &self.message.id)
    }
}

impl About {
    fn of(event: &Event) -> Self {
        Self {
            event: event.id.clone(),
            name: event.name.clone().or_else(|| event.detail_type.clone()),
            account: event.account.clone(),
            region: event.region.clone(),
            time: event.time.as_deref().and_then(|time| time.parse().ok()),
        }
    }
}

/// What was said, if anything was.
fn joined(said: &[String]) -> Option<String> {
    (!said.is_empty()).then(|| said.join(": "))
}
