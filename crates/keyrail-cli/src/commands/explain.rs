//! `keyrail explain`

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read};

use clap::ValueEnum;
use keyrail_core::alert::Alert;
use keyrail_core::report::Report;
use keyrail_core::{Circumstances, Event, Mode, Severity, examine};

use crate::bundle::BundleArgs;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Say what an event means, which guardrails it violates and what would follow
///
/// Takes the same path as the function, and stops before anything is touched.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail explain event.json
  keyrail sample root-sign-in | keyrail explain - --format json")]
pub(crate) struct Args {
    /// File with an EventBridge event or a CloudTrail record; `-` for standard input
    event: String,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
    /// The mode to assume
    #[arg(long, default_value = "observe", value_parser = str::parse::<Mode>)]
    mode: Mode,
    /// Exit with 1 if the event is this bad or worse: critical, high, medium, low, info
    #[arg(long, value_name = "SEVERITY", value_parser = str::parse::<Severity>)]
    fail_on: Option<Severity>,
    #[command(flatten)]
    bundle: BundleArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// `keyrail.report/v1`
    Json,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let bundle = self.bundle.load()?;
        let event = Event::parse(&self.read()?).map_err(|error| {
            Failure::input(format!("`{}`: {error}", self.event)).help(
                "`keyrail explain` takes one EventBridge event or one CloudTrail record, as JSON",
            )
        })?;
        let report = examine(event, &bundle, &Circumstances::in_mode(self.mode));
        let text = match self.format {
            Format::Text => text(&report),
            Format::Json => {
                let json = serde_json::to_string_pretty(&report);
                json.map_err(|error| {
                    Failure::outside(format!("the report cannot be written: {error}"))
                })? + "\n"
            }
        };
        out.answer(&text)?;
        let bad = self
            .fail_on
            .is_some_and(|limit| report.is_alerting() && report.severity() >= limit);
        Ok(if bad { Exit::Bad } else { Exit::Good })
    }

    fn read(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let read = match self.event.as_str() {
            "-" => io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes),
            path => fs::read(path),
        };
        read.map_err(|error| Failure::input(format!("cannot read `{}`: {error}", self.event)))
    }
}

/// The verdict in a line, and the alert that would be sent.
fn text(report: &Report) -> String {
    let mut text = String::new();
    if report.is_alerting() {
        let alert = Alert::compose(report);
        text.push_str(&format!("Subject: {}\n\n{}", alert.subject, alert.text));
    } else {
        let action = report.activity.action.as_deref().unwrap_or("not known");
        let written = writeln!(
            text,
            "No guardrail is violated, and no alert would be sent.\n\nAction  {}",
            action.escape_default()
        );
        debug_assert!(
            written.is_ok(),
            "a `String` takes whatever is written to it"
        );
    }
    text
}
