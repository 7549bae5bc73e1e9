//! What arrived, parsed: an EventBridge event, or one bare CloudTrail record.
//!
//! Every field is optional. AWS omits, truncates and re-types fields, and an
//! event that cannot be read in one place must not be lost in all others. The
//! ready-made CloudTrail and EventBridge types drop the error code and
//! recipient account, demand fields that real records lack, and lose
//! `replay-name`; so the shapes are ours.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::body::Body;
pub(crate) use self::claim::EVENT_LASTS;
use self::mend::mended;
use self::shape::{Shape, insight};
use crate::digest;
use crate::json::{Json, first_label};

mod body;
mod claim;
mod mend;
mod shape;
mod wrapping;

/// One event: its envelope, and the body that names what happened. Serialises as
/// `event` of `keyrail.report/v1`: without the body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// `detail.eventID`, which is the same in each delivery of one record; else
    /// the envelope's id.
    pub id: Option<String>,
    /// `detail.eventName`; else the code of a Health event, the name of a Trusted
    /// Advisor check, or the type of a finding.
    pub name: Option<String>,
    /// The envelope's `detail-type`; none for a bare record.
    pub detail_type: Option<String>,
    /// The envelope's `source`, such as `aws.iam`; derived for a bare record.
    pub source: Option<String>,
    /// The account whose event bus got the event; else `recipientAccountId`.
    pub account: Option<String>,
    /// The Region where the event entered EventBridge; else `awsRegion`.
    pub region: Option<String>,
    /// The envelope's time; else `eventTime`. RFC 3339, as AWS wrote it.
    pub time: Option<String>,
    /// Whether EventBridge replays this event from an archive (`replay-name`).
    #[serde(skip)]
    pub replayed: bool,
    /// Whether it came inside another message (SQS, SNS), whose sender may be
    /// anybody whom the queue lets in.
    #[serde(skip)]
    pub wrapped: bool,
    /// Whether it was judged before, and more has become known since.
    #[serde(skip)]
    pub(crate) again: bool,
    /// None in a report that is read back.
    #[serde(skip)]
    pub(crate) body: Body,
}

/// Why some bytes are not an event at all. The bytes themselves are never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseEventError {
    /// Nothing, or nothing but white space.
    #[error("there is nothing in it")]
    Empty,
    /// A log file or a batch, where one event is expected.
    #[error("it holds {events} events, and one is expected")]
    NotOne {
        /// How many events there are.
        events: usize,
    },
    /// No JSON, or JSON nested deeper than 128 levels.
    #[error("not JSON: {cause}")]
    NotJson {
        /// The parser's own words, with line and column.
        cause: String,
    },
}

impl Event {
    /// Parses the bytes of one event: see [`Event::parse_all`].
    ///
    /// # Errors
    ///
    /// If the bytes are not JSON, or hold more or fewer events than one.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseEventError> {
        let events: [Self; 1] = Self::parse_all(bytes)?
            .try_into()
            .map_err(|all: Vec<Self>| ParseEventError::NotOne { events: all.len() })?;
        let [event] = events;
        Ok(event)
    }

    /// Parses all events that the bytes hold.
    ///
    /// Takes an EventBridge event, a bare CloudTrail record, a log file (an object
    /// with `Records`, an array, or one JSON value after another), what `aws
    /// cloudtrail lookup-events` prints, and any of these inside the messages of
    /// SQS, SNS and Lambda's failure destinations. JSON that is none of these is an
    /// event too: one that is not recognised.
    ///
    /// # Errors
    ///
    /// If the bytes are not JSON.
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, ParseEventError> {
        // Some editors begin a file with this mark.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(ParseEventError::Empty);
        }
        let values = json_values(bytes)
            .or_else(|error| json_values(mended(bytes).as_bytes()).map_err(|_| error));
        let values = values.map_err(|cause| ParseEventError::NotJson {
            cause: cause.to_string(),
        })?;
        let events = values.into_iter().flat_map(wrapping::events);
        Ok(events
            .map(|(value, wrapped)| Self {
                wrapped,
                ..Self::from_json(Json::new(value), bytes)
            })
            .collect())
    }

    /// An event for bytes that [`Event::parse`] refused, so that they are
    /// recorded and alerted like any other.
    #[must_use]
    pub fn unreadable(bytes: &[u8], error: &ParseEventError) -> Self {
        Self::unrecognised(&Json::default(), &error.to_string(), bytes)
    }

    /// What stands for the event in a report about something of keyrail's own.
    pub(crate) fn own(name: &str, at: Timestamp) -> Self {
        Self {
            id: None,
            name: Some(name.to_owned()),
            detail_type: None,
            source: None,
            account: None,
            region: None,
            time: Some(at.to_string()),
            replayed: false,
            wrapped: false,
            again: false,
            body: Body::Noted(None),
        }
    }

    /// The same event, to be judged once more with what has become known since.
    #[must_use]
    pub(crate) fn again(self) -> Self {
        Self {
            again: true,
            // It comes from a table, and IAM is asked before it is acted on.
            wrapped: true,
            ..self
        }
    }

    /// A CloudTrail event as EventBridge delivers it.
    pub(crate) fn to_json(&self) -> Option<String> {
        let Body::CloudTrail(record) = &self.body else {
            return None;
        };
        let event = serde_json::json!({
            "detail-type": "AWS API Call via CloudTrail",
            "source": self.source,
            "account": self.account,
            "region": self.region,
            "time": self.time,
            "detail": record.value(),
        });
        Some(event.to_string())
    }

    fn from_json(envelope: Json, bytes: &[u8]) -> Self {
        if !envelope.is_object() {
            return Self::unrecognised(&envelope, "the body is not a JSON object", bytes);
        }
        if envelope.at(&["detail"]).is_some() || envelope.at(&["detail-type"]).is_some() {
            return Self::from_envelope(envelope, bytes);
        }
        if let (Some(_), Some(source)) = (
            envelope.word(&["eventName"]),
            envelope.word(&["eventSource"]),
        ) {
            // S3's own notifications have fields of the same names.
            return match source.starts_with("aws:") {
                true => Self::unrecognised(
                    &envelope,
                    "the body names an object in S3, and is not an event of CloudTrail's",
                    bytes,
                ),
                false => Self::from_record(envelope),
            };
        }
        if envelope.is_object_at(&["insightDetails"]) {
            return Self::from_record(envelope);
        }
        Self::unrecognised(
            &envelope,
            "the body is neither an EventBridge event nor a CloudTrail record",
            bytes,
        )
    }

    fn from_envelope(mut envelope: Json, bytes: &[u8]) -> Self {
        let Some(detail_type) = envelope.text(&["detail-type"]) else {
            return Self::unrecognised(&envelope, "the envelope has no detail type", bytes);
        };
        let Some(shape) = Shape::of(&detail_type) else {
            let reason = format!("detail type `{detail_type}` is not one that keyrail knows");
            return Self::unrecognised(&envelope, &reason, bytes);
        };
        let detail = envelope.take("detail");
        let name = match shape.name(&detail) {
            Ok(name) => name,
            Err(reason) => {
                envelope.put("detail", detail);
                return Self::unrecognised(&envelope, reason, bytes);
            }
        };
        Self {
            id: detail.text(&["eventID"]).or_else(|| envelope.text(&["id"])),
            name,
            source: envelope.text(&["source"]),
            account: envelope
                .text(&["account"])
                .or_else(|| detail.text(&["recipientAccountId"])),
            region: envelope
                .text(&["region"])
                .or_else(|| detail.text(&["awsRegion"])),
            time: envelope
                .text(&["time"])
                .or_else(|| detail.text(&["eventTime"])),
            replayed: envelope.at(&["replay-name"]).is_some(),
            wrapped: false,
            again: false,
            detail_type: Some(detail_type),
            body: shape.body(detail),
        }
    }

    fn from_record(record: Json) -> Self {
        let is_insight = record.text(&["eventName"]).is_none();
        let name = |path: &str| {
            record
                .text(&[path])
                .or_else(|| record.text(&["insightDetails", path]))
        };
        Self {
            id: record.text(&["eventID"]),
            name: name("eventName"),
            detail_type: None,
            source: name("eventSource").map(|source| format!("aws.{}", first_label(&source))),
            account: record.text(&["recipientAccountId"]),
            region: record.text(&["awsRegion"]),
            time: record.text(&["eventTime"]),
            replayed: false,
            wrapped: false,
            again: false,
            body: if is_insight {
                Body::Noted(insight(&record))
            } else {
                Body::CloudTrail(record)
            },
        }
    }

    /// Size and digest let a person find the original without the event itself
    /// being copied into logs and alerts.
    fn unrecognised(envelope: &Json, reason: &str, bytes: &[u8]) -> Self {
        let digest = digest::short(bytes);
        let size = bytes.len();
        Self {
            id: envelope
                .text(&["detail", "eventID"])
                .or_else(|| envelope.text(&["id"])),
            name: envelope.text(&["detail", "eventName"]),
            detail_type: envelope.text(&["detail-type"]),
            source: envelope.text(&["source"]),
            account: envelope.text(&["account"]),
            region: envelope.text(&["region"]),
            time: envelope.text(&["time"]),
            replayed: envelope.text(&["replay-name"]).is_some(),
            wrapped: false,
            again: false,
            body: Body::Unrecognised(format!("{reason} ({size} bytes, SHA-256 begins {digest})")),
        }
    }
}

/// One JSON value after another, as a log of lines has them.
fn json_values(bytes: &[u8]) -> Result<Vec<Value>, serde_json::Error> {
    serde_json::Deserializer::from_slice(bytes)
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests;
