//! How messages are shown: as a table, and for programs.

use jiff::Timestamp;
use keyrail_operator::redrive::DeadLetters;
use serde::Serialize;

use super::letter::{Kind, Letter};
use crate::exit::Failure;
use crate::output;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// The function failed on it again: it stays in the queue.
    Failed,
    /// It was not handed over, and stays in the queue.
    Left,
    /// The function has handled it, and it is deleted.
    Replayed,
    /// It cannot be handed over, and stays in the queue.
    Unknown,
    /// It would be handed over.
    Waiting,
}

/// A message, and what became of it.
#[derive(Debug)]
pub(super) struct Row {
    pub letter: Letter,
    pub outcome: Outcome,
    pub detail: Option<String>,
}

/// Serialises as `keyrail.redrive/v1`.
#[derive(Debug, Serialize)]
struct Redriven<'a> {
    schema: &'static str,
    queue: &'a str,
    function: &'a str,
    mode: &'a str,
    applied: bool,
    limited: bool,
    messages: Vec<Told<'a>>,
}

#[derive(Debug, Serialize)]
struct Told<'a> {
    message: &'a str,
    kind: Kind,
    event: Option<&'a str>,
    name: Option<&'a str>,
    account: Option<&'a str>,
    region: Option<&'a str>,
    time: Option<Timestamp>,
    reason: Option<&'a str>,
    result: Outcome,
    detail: Option<&'a str>,
}

impl Row {
    /// A message that nobody has tried to hand over.
    pub(super) fn waiting(letter: Letter) -> Self {
        let detail = letter.obstacle.clone();
        let outcome = match detail {
            Some(_) => Outcome::Unknown,
            None => Outcome::Waiting,
        };
        Self {
            letter,
            outcome,
            detail,
        }
    }

    fn told(&self) -> Told<'_> {
        let about = &self.letter.about;
        Told {
            message: &self.letter.message.id,
            kind: self.letter.kind,
            event: about.event.as_deref(),
            name: about.name.as_deref(),
            account: about.account.as_deref(),
            region: about.region.as_deref(),
            time: about.time,
            reason: self.letter.reason.as_deref(),
            result: self.outcome,
            detail: self.detail.as_deref(),
        }
    }

    /// What the table says of it. What a message says may be anybody's text, and is not
    /// to move the cursor.
    fn cells(&self) -> [String; COLUMNS] {
        let about = &self.letter.about;
        let or_none = |text: &Option<String>| match text {
            Some(text) => text.escape_debug().to_string(),
            None => "-".to_owned(),
        };
        let time = about
            .time
            .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        [
            self.outcome.word().to_owned(),
            or_none(&time),
            or_none(&about.name),
            or_none(&about.account),
            or_none(&about.region),
            or_none(&self.detail.clone().or_else(|| self.letter.reason.clone())),
        ]
    }
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Left => "left",
            Self::Replayed => "replayed",
            Self::Unknown => "unknown",
            Self::Waiting => "waiting",
        }
    }
}

const COLUMNS: usize = 6;

/// For people: a line for each message, below the names of the columns.
pub(super) fn table(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "there are no messages in the queue\n".to_owned();
    }
    let head = ["RESULT", "TIME", "EVENT", "ACCOUNT", "REGION", "WHY"].map(str::to_owned);
    let lines: Vec<[String; COLUMNS]> = [head]
        .into_iter()
        .chain(rows.iter().map(Row::cells))
        .collect();
    let mut widths = [0; COLUMNS];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    lines
        .iter()
        .map(|line| {
            let cells = line.iter().zip(widths);
            let padded: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            padded.join("  ").trim_end().to_owned() + "\n"
        })
        .collect()
}

/// For programs.
pub(super) fn json(
    rows: &[Row],
    queue: &DeadLetters,
    applied: bool,
    limited: bool,
) -> Result<String, Failure> {
    output::json(&Redriven {
        schema: "keyrail.redrive/v1",
        queue: &queue.arn,
        function: &queue.function.arn,
        mode: &queue.function.mode,
        applied,
        limited,
        messages: rows.iter().map(Row::told).collect(),
    })
}
