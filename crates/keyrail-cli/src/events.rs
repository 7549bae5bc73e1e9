//! Reading events from a file or standard input.

use std::fs;
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use keyrail_core::Event;
use keyrail_core::event::ParseEventError;

use crate::exit::Failure;

/// What a file of events may be, as an error's help says it.
const EXPECTED: &str = "expected an EventBridge event, a CloudTrail record, a log file with `Records`, or one of these in a message of SQS or SNS, as JSON";

/// All events of a file, which may be compressed with gzip; of standard input for `-`.
pub(crate) fn read(path: &str) -> Result<Vec<Event>, Failure> {
    parse(path, bytes(path)?)
}

/// All events in the bytes of a file.
pub(crate) fn parse(path: &str, bytes: Vec<u8>) -> Result<Vec<Event>, Failure> {
    let bytes = unpacked(path, bytes)?;
    Event::parse_all(&bytes).map_err(|error| {
        let failure = Failure::input(format!("`{path}`: {error}"));
        match error {
            ParseEventError::NotJson { .. }
                if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) =>
            {
                failure.help("the file is in UTF-16: save it as UTF-8")
            }
            ParseEventError::Empty
            | ParseEventError::NotJson { .. }
            | ParseEventError::NotOne { .. } => failure.help(EXPECTED),
        }
    })
}

/// The bytes of a file, or of standard input for `-`.
pub(crate) fn bytes(path: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = match path {
        "-" => io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes),
        path => fs::read(path),
    };
    read.map_err(|error| Failure::input(format!("cannot read `{path}`: {error}")))
}

/// CloudTrail compresses its log files; gzip begins with these two bytes.
fn unpacked(path: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes.as_slice())
        .read_to_end(&mut unpacked)
        .map_err(|error| Failure::input(format!("`{path}` cannot be decompressed: {error}")))?;
    Ok(unpacked)
}
