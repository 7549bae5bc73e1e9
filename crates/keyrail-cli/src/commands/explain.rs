//! `keyrail explain`

use std::fmt::Write as _;

use clap::ValueEnum;
use ipnet::IpNet;
use keyrail_core::alert::Alert;
use keyrail_core::circumstances::Circumstances;
use keyrail_core::report::Report;
use keyrail_core::{Bundle, Event, Mode, Severity, examine};

use crate::bundle::{BundleArgs, network};
use crate::exit::{Exit, Failure};
use crate::output::{Output, json};
use crate::{clock, events};

mod reasons;

/// Say what an event means, which guardrails it violates and what would follow
///
/// Takes the same path as the function, and stops before anything is touched. The
/// event may be an EventBridge event, a bare CloudTrail record, a log file (gzip or
/// not), what `aws cloudtrail lookup-events` prints, or a message of SQS or SNS that
/// holds one, such as a dead letter.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail explain event.json
  keyrail explain 111122223333_CloudTrail_us-east-1.json.gz --index 3
  keyrail sample root-sign-in | keyrail explain - --format json")]
pub(crate) struct Args {
    /// File with the event; `-` for standard input
    event: String,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
    /// Which event of several, counted from 0
    #[arg(long, value_name = "N", conflicts_with = "event_id")]
    index: Option<usize>,
    /// Which event of several, by its id (`eventID`)
    #[arg(long, value_name = "ID")]
    event_id: Option<String>,
    /// The deployment's mode: observe or enforce; without it, what the bundle sets
    #[arg(long, value_parser = str::parse::<Mode>)]
    mode: Option<Mode>,
    /// The deployment's name, with which the names of its parts begin
    #[arg(
        long,
        value_name = "NAME",
        env = "KEYRAIL_NAME",
        default_value = "keyrail"
    )]
    name: String,
    /// A network that is known: its name, and a range of addresses; may be repeated
    #[arg(long, value_name = "NAME=CIDR", value_parser = network)]
    network: Vec<(String, IpNet)>,
    /// File with events that came before, in order
    #[arg(long, value_name = "FILE")]
    history: Option<String>,
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
        let circumstances = self.circumstances(&bundle)?;
        let event = self.pick(events::read(&self.event)?)?;
        let report = examine(event, &bundle, &circumstances);
        let text = match self.format {
            Format::Text => {
                let reasons = reasons::text(&report, &bundle, Some(clock::today()));
                format!("{}\n{reasons}", text(&report))
            }
            Format::Json => json(&report)?,
        };
        out.answer(&text)?;
        if let (Format::Text, Some(caution)) = (self.format, self.bundle.caution()) {
            out.note(&caution)?;
        }
        let bad = self
            .fail_on
            .is_some_and(|limit| report.is_alerting() && report.severity() >= limit);
        Ok(if bad { Exit::Bad } else { Exit::Good })
    }

    fn circumstances(&self, bundle: &Bundle) -> Result<Circumstances, Failure> {
        let mut circumstances = Circumstances::of(bundle);
        circumstances.mode = self.mode;
        circumstances.deployment.name.clone_from(&self.name);
        for (name, range) in &self.network {
            let ranges = circumstances
                .deployment
                .networks
                .entry(name.clone())
                .or_default();
            ranges.push(*range);
        }
        Ok(match &self.history {
            Some(path) => circumstances.after(events::read(path)?),
            None => circumstances,
        })
    }

    /// The one event, or the one that was asked for.
    fn pick(&self, mut events: Vec<Event>) -> Result<Event, Failure> {
        let count = events.len();
        let wrong = |text: String| Failure::input(format!("`{}`: {text}", self.event));
        let at = match (self.index, &self.event_id) {
            (Some(index), _) if index < count => index,
            (Some(index), _) => {
                return Err(wrong(format!("there is no event {index}"))
                    .help(format!("it holds {count}, counted from 0")));
            }
            (None, Some(id)) => events
                .iter()
                .position(|event| event.id.as_ref() == Some(id))
                .ok_or_else(|| {
                    wrong(format!("none of its {count} events has the id `{id}`"))
                        .help(format!("it begins with\n{}", listed(&events)))
                })?,
            (None, None) if count == 1 => 0,
            (None, None) => {
                return Err(wrong(format!("it holds {count} events")).help(format!(
                    "choose one with `--index` or `--event-id`; it begins with\n{}",
                    listed(&events)
                )));
            }
        };
        Ok(events.swap_remove(at))
    }
}

fn listed(events: &[Event]) -> String {
    const SHOWN: usize = 10;
    let word = |text: &Option<String>| {
        text.as_deref()
            .map_or_else(|| "-".to_owned(), |text| text.escape_debug().to_string())
    };
    let lines: Vec<String> = events
        .iter()
        .take(SHOWN)
        .enumerate()
        .map(|(index, event)| {
            let [time, name, id] = [&event.time, &event.name, &event.id].map(word);
            format!("  {index}  {time}  {name}  {id}")
        })
        .collect();
    lines.join("\n")
}

/// The verdict in a line, and the alert that would be sent.
fn text(report: &Report) -> String {
    let mut text = String::new();
    if report.is_alerting() {
        let alert = Alert::compose(report);
        text.push_str(&format!("Subject: {}\n\n{}", alert.subject, alert.text));
    } else {
        let action = report.activity.action.as_deref().unwrap_or("not known");
        let exempted = match report.verdict.exempted.len() {
            0 => String::new(),
            count => format!(" ({count} exempted)"),
        };
        let written = writeln!(
            text,
            "No guardrail is violated{exempted}, and no alert would be sent.\n\nAction  {}",
            action.escape_default()
        );
        debug_assert!(
            written.is_ok(),
            "a `String` takes whatever is written to it"
        );
    }
    text
}
