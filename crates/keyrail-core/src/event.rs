//! What arrived, parsed: an EventBridge event, or one bare CloudTrail record.
//!
//! Every field is optional. AWS omits, truncates and re-types fields, and an
//! event that cannot be read in one place must not be lost in all others. The
//! ready-made CloudTrail and EventBridge types drop the error code and
//! recipient account, demand fields that real records lack, and lose
//! `replay-name`; so the shapes are ours.

use serde::Serialize;
use serde_json::Value;

pub(crate) use self::json::Json;
use self::mend::mended;
use crate::digest;

mod json;
mod mend;

/// One event: its envelope, and the body that names what happened. Serialises as
/// `event` of `keyrail.report/v1`: without the body.
#[derive(Debug, Serialize)]
pub struct Event {
    /// `detail.eventID`, which is the same in each delivery of one record; else
    /// the envelope's id.
    pub id: Option<String>,
    /// `detail.eventName`.
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
    #[serde(skip)]
    pub(crate) body: Body,
}

/// What an event says happened, by the shape it has.
#[derive(Debug)]
pub(crate) enum Body {
    /// A CloudTrail record.
    CloudTrail(Json),
    /// Nothing that keyrail knows, and why.
    Unrecognised(String),
}

/// Why some bytes are no event at all. The bytes themselves are never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseEventError {
    /// A CloudTrail log file: `explain` and the function take one event.
    #[error("a log file with {records} records is not one event")]
    LogFile {
        /// How many records the file holds.
        records: usize,
    },
    /// No JSON, or JSON nested deeper than 128 levels.
    #[error("not JSON: {cause}")]
    NotJson {
        /// The parser's own words, with line and column.
        cause: String,
    },
}

impl Event {
    /// Parses the bytes of one event.
    ///
    /// Takes an EventBridge event, a bare CloudTrail record, or a log file
    /// that holds exactly one record. JSON that is none of these is an event
    /// too: one that is not recognised.
    ///
    /// # Errors
    ///
    /// If the bytes are no JSON, or a log file with more or fewer records than one.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseEventError> {
        let value: Value = serde_json::from_slice(bytes)
            .or_else(|error| serde_json::from_str(&mended(bytes)).map_err(|_| error))
            .map_err(|cause| ParseEventError::NotJson {
                cause: cause.to_string(),
            })?;
        let value = match value {
            Value::Object(mut object) if !object.contains_key("detail") => {
                match object.remove("Records") {
                    Some(Value::Array(records)) => {
                        let records: [Value; 1] =
                            records.try_into().map_err(|all: Vec<Value>| {
                                ParseEventError::LogFile { records: all.len() }
                            })?;
                        let [record] = records;
                        record
                    }
                    Some(other) => {
                        object.insert("Records".to_owned(), other);
                        Value::Object(object)
                    }
                    None => Value::Object(object),
                }
            }
            other => other,
        };
        Ok(Self::from_json(Json::new(value), bytes))
    }

    /// An event for bytes that [`Event::parse`] refused, so that they are
    /// recorded and alerted like any other.
    #[must_use]
    pub fn unreadable(bytes: &[u8], error: &ParseEventError) -> Self {
        Self::unrecognised(&Json::default(), &error.to_string(), bytes)
    }

    fn from_json(envelope: Json, bytes: &[u8]) -> Self {
        if !envelope.is_object() {
            return Self::unrecognised(&envelope, "the body is not a JSON object", bytes);
        }
        if envelope.at(&["detail"]).is_some() || envelope.at(&["detail-type"]).is_some() {
            return Self::from_envelope(envelope, bytes);
        }
        if envelope.text(&["eventName"]).is_some() && envelope.text(&["eventSource"]).is_some() {
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
        if !is_cloudtrail(&detail_type) {
            let reason = format!("detail type `{detail_type}` is not one that keyrail knows");
            return Self::unrecognised(&envelope, &reason, bytes);
        }
        let detail = envelope.take("detail");
        if !detail.is_object() {
            return Self::unrecognised(&envelope, "`detail` is not a CloudTrail record", bytes);
        }
        if detail.text(&["eventName"]).is_none() || detail.text(&["eventSource"]).is_none() {
            return Self::unrecognised(&envelope, "the record names no event or no source", bytes);
        }
        Self {
            id: detail.text(&["eventID"]).or_else(|| envelope.text(&["id"])),
            name: detail.text(&["eventName"]),
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
            detail_type: Some(detail_type),
            body: Body::CloudTrail(detail),
        }
    }

    fn from_record(record: Json) -> Self {
        Self {
            id: record.text(&["eventID"]),
            name: record.text(&["eventName"]),
            detail_type: None,
            source: record
                .text(&["eventSource"])
                .map(|source| format!("aws.{}", first_label(&source))),
            account: record.text(&["recipientAccountId"]),
            region: record.text(&["awsRegion"]),
            time: record.text(&["eventTime"]),
            replayed: false,
            body: Body::CloudTrail(record),
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
            body: Body::Unrecognised(format!("{reason} ({size} bytes, SHA-256 begins {digest})")),
        }
    }
}

/// `iam.amazonaws.com` → `iam`.
pub(crate) fn first_label(event_source: &str) -> &str {
    event_source.split('.').next().unwrap_or(event_source)
}

/// AWS spells the sign-in type both `Sign In` and `Signin`, and the pages for
/// China print `Amazon` for `AWS` (EventBridge User Guide, "AWS service events
/// delivered via AWS CloudTrail", checked 2026-11-24), so case, spaces and that
/// first word are not compared.
fn is_cloudtrail(detail_type: &str) -> bool {
    let folded: String = detail_type
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let kind = folded
        .strip_prefix("aws")
        .or_else(|| folded.strip_prefix("amazon"));
    matches!(
        kind.and_then(|kind| kind.strip_suffix("viacloudtrail")),
        Some(
            "apicall"
                | "consoleaction"
                | "consolesignin"
                | "insight"
                | "networkactivityevent"
                | "serviceevent"
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unrecognised(text: &str) -> String {
        match Event::parse(text.as_bytes()).map(|event| event.body) {
            Ok(Body::Unrecognised(reason)) => reason,
            other => panic!("recognised: {other:?}"),
        }
    }

    #[test]
    fn both_spellings_of_the_sign_in_type_are_known() {
        for spelling in [
            "AWS Console Sign In via CloudTrail",
            "AWS Console Signin via CloudTrail",
            "Amazon API Call via CloudTrail",
            "AWS Service Event via CloudTrail",
        ] {
            assert!(is_cloudtrail(spelling), "{spelling}");
        }
        assert!(!is_cloudtrail("Sign-in Anomaly Alert"));
    }

    #[test]
    fn a_body_that_is_no_event_says_why_and_how_to_find_it() {
        assert_eq!(
            unrecognised("[1]"),
            "the body is not a JSON object (3 bytes, SHA-256 begins 080a9ed428559ef6)"
        );
        assert!(unrecognised("{}").starts_with("the body is neither"));
        assert!(unrecognised(r#"{"detail-type":"X","detail":{}}"#).starts_with("detail type `X`"));
        assert!(unrecognised(r#"{"detail":{}}"#).starts_with("the envelope has no detail type"));
        assert!(
            unrecognised(r#"{"detail-type":"AWS API Call via CloudTrail","detail":"x"}"#)
                .starts_with("`detail` is not a CloudTrail record")
        );
    }

    #[test]
    fn the_record_id_wins_over_the_envelope_id() {
        let event = Event::parse(
            br#"{"detail-type":"AWS API Call via CloudTrail","id":"e","source":"aws.iam","detail":{"eventID":"r","eventName":"X","eventSource":"iam.amazonaws.com"}}"#,
        );
        assert_eq!(event.map(|event| event.id), Ok(Some("r".to_owned())));
    }

    #[test]
    fn a_bare_record_gets_the_source_that_its_envelope_would_have() {
        let event = Event::parse(br#"{"eventName":"X","eventSource":"iam.amazonaws.com"}"#);
        assert_eq!(
            event.map(|event| (event.source, event.detail_type)),
            Ok((Some("aws.iam".to_owned()), None))
        );
    }

    #[test]
    fn a_record_that_names_nothing_is_not_recognised() {
        for detail in [
            r"{}",
            r#"{"eventName":["X"],"eventSource":"iam.amazonaws.com"}"#,
            r#"{"eventName":"X"}"#,
        ] {
            let text =
                format!(r#"{{"detail-type":"AWS API Call via CloudTrail","detail":{detail}}}"#);
            assert!(
                unrecognised(&text).starts_with("the record names no event or no source"),
                "{detail}"
            );
        }
    }

    #[test]
    fn half_a_character_hides_nothing() {
        let event = Event::parse(
            br#"{"eventName":"X","eventSource":"iam.amazonaws.com","userAgent":"cut \ud83d"}"#,
        );
        assert_eq!(event.map(|event| event.name), Ok(Some("X".to_owned())));
    }

    #[test]
    fn a_log_file_is_one_event_only_if_it_holds_one() {
        let one =
            Event::parse(br#"{"Records":[{"eventName":"X","eventSource":"iam.amazonaws.com"}]}"#);
        assert_eq!(one.map(|event| event.name), Ok(Some("X".to_owned())));
        let two = Event::parse(br#"{"Records":[{},{}]}"#).map(|event| event.name);
        assert_eq!(two, Err(ParseEventError::LogFile { records: 2 }));
    }

    #[test]
    fn bytes_that_are_no_json_are_refused_with_the_place() {
        let refused = Event::parse(b"{\xff").map(|event| event.name);
        assert!(
            matches!(refused, Err(ParseEventError::NotJson { cause }) if cause.contains("line 1 column 2"))
        );
    }
}
