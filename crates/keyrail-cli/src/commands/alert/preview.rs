//! `keyrail alert preview`

use std::path::Path;

use clap::ValueEnum;
use keyrail_core::alert::{Alert, Limit};
use keyrail_core::rehearsal::{Answers, rehearse};
use keyrail_core::report::Report;
use keyrail_core::{Bundle, Circumstances, Event, Mode, examine};
use serde_json::{Value, json};

use crate::bundle::BundleArgs;
use crate::clock;
use crate::events;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::reports;
use crate::samples;

/// Show the alert of an event: as e-mail, SMS, chat or JSON
///
/// Takes a file with an event, a report or an alert of keyrail's, `-` for standard input,
/// or the name of a sample. Nothing is called and nothing is sent; what would come of
/// containment is rehearsed, unless a report says what came of it. Checks every limit of
/// SNS, of SMS and of the chat; for people it says on standard error how much of each is
/// taken.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail alert preview key-created-for-another
  keyrail alert preview key-created-for-another --if denied --as sms
  keyrail alert preview event.json --as chat --bundle my-bundle
  keyrail alert preview report.json --as sms")]
pub(crate) struct Args {
    /// File with an event or report, `-`, or a sample of `keyrail sample --list`
    event: String,
    /// Who it is shown to
    #[arg(long = "as", value_name = "FORM", default_value = "email")]
    form: Form,
    /// How IAM would answer, where no report says how it did [default: done]
    #[arg(long = "if", value_name = "ANSWERS")]
    answers: Option<Answer>,
    /// The deployment's mode, where no report says it: observe or enforce [default: enforce]
    #[arg(long, value_parser = str::parse::<Mode>)]
    mode: Option<Mode>,
    #[command(flatten)]
    bundle: BundleArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Subject and text, as on-call gets them
    Email,
    /// One line, as a telephone shows it
    Sms,
    /// A custom notification of Amazon Q Developer in chat applications
    Chat,
    /// `keyrail.alert/v1`, as every program gets it
    Json,
    /// What is published, with its attributes and limits, as JSON
    All,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Answer {
    /// Each change is made and read back
    Done,
    /// Each change is accepted, and not visible yet
    Lagging,
    /// Each change is denied
    Denied,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let bundle = self.bundle.load()?;
        let report = self.report(&bundle)?;
        let alert = Alert::compose(&report);
        let broken = |error: serde_json::Error| Failure::bug(format!("the alert: {error}"));
        let limits = alert.limits().map_err(broken)?;
        let is_for_people = matches!(self.form, Form::Email | Form::Sms);
        if is_for_people && !report.is_alerting() {
            out.note("note: nobody would be told of this event: no guardrail is violated\n")?;
        }
        let chat = || -> Result<Value, Failure> {
            serde_json::from_str(&alert.chat().map_err(broken)?).map_err(broken)
        };
        let text = match self.form {
            Form::Email => format!("Subject: {}\n\n{}", alert.subject, alert.text),
            Form::Sms => format!("{}\n", alert.sms),
            Form::Chat => output::json(&chat()?)?,
            Form::Json => output::json(&alert)?,
            Form::All => output::json(&json!({
                "is_sent": report.is_alerting(),
                "subject": alert.subject,
                "email": alert.text,
                "sms": alert.sms,
                "chat": chat()?,
                "default": alert,
                "attributes": alert.attributes().collect::<std::collections::BTreeMap<_, _>>(),
                "limits": limits.iter().map(as_json).collect::<Vec<_>>(),
            }))?,
        };
        out.answer(&text)?;
        let told = limits
            .iter()
            .filter(|limit| is_for_people || !limit.is_kept());
        out.note(&told.map(line).collect::<String>())?;
        let is_good = limits.iter().all(Limit::is_kept);
        Ok(if is_good { Exit::Good } else { Exit::Bad })
    }

    fn report(&self, bundle: &Bundle) -> Result<Report, Failure> {
        let mut report = self.read(bundle)?;
        if !report.outcomes.is_empty() {
            return match self.answers {
                None => Ok(report),
                Some(_) => Err(Failure::input(format!(
                    "`{}` says what came of it, so that `--if` has nothing to say",
                    self.event
                ))
                .help("leave `--if` out, or name the event instead of the report")),
            };
        }
        let answers = match self.answers {
            None | Some(Answer::Done) => Answers::Done,
            Some(Answer::Lagging) => Answers::Lagging,
            Some(Answer::Denied) => Answers::Denied,
        };
        let outcomes = rehearse(&report, bundle, answers, clock::now());
        report.outcomes =
            outcomes.ok_or_else(|| Failure::bug("the rehearsal came to no end".to_owned()))?;
        Ok(report)
    }

    /// A file's report or one event; else the sample of this name.
    fn read(&self, bundle: &Bundle) -> Result<Report, Failure> {
        if self.event != "-" && !Path::new(&self.event).exists() {
            let sample = samples::event(&self.event).map_err(|failure| {
                failure.help("name a file with an event, or a sample of `keyrail sample --list`")
            })?;
            let event = Event::parse(sample.to_string().as_bytes())
                .map_err(|error| Failure::bug(format!("sample `{}`: {error}", self.event)))?;
            return Ok(self.judged(event, bundle));
        }
        let bytes = events::bytes(&self.event)?;
        if let Ok(value) = serde_json::from_slice::<Value>(&bytes)
            && reports::is_ours(&value)
        {
            return self.told(value, bundle);
        }
        let mut events = events::parse(&self.event, bytes)?;
        match events.len() {
            1 => Ok(self.judged(events.remove(0), bundle)),
            count => Err(Failure::input(format!(
                "`{}`: it holds {count} events, and an alert tells of one",
                self.event
            ))
            .help("`keyrail explain FILE --index N` shows each")),
        }
    }

    fn judged(&self, event: Event, bundle: &Bundle) -> Report {
        let circumstances = Circumstances {
            mode: Some(self.mode.unwrap_or(Mode::Enforce)),
            ..Circumstances::of(bundle)
        };
        examine(event, bundle, &circumstances)
    }

    fn told(&self, value: Value, bundle: &Bundle) -> Result<Report, Failure> {
        let wrong = |what: String| reports::wrong(&self.event, &what);
        let value = reports::report(value).map_err(wrong)?;
        let mut report: Report = serde_json::from_value(value)
            .map_err(|error| wrong(format!("the report cannot be read: {error}")))?;
        if self.mode.is_some() {
            return Err(Failure::input(format!(
                "`{}` says in which mode it was judged, so that `--mode` has nothing to say",
                self.event
            ))
            .help("leave `--mode` out, or name the event instead of the report"));
        }
        report.on_alerts = bundle.settings.on_alerts.clone();
        Ok(report)
    }
}

fn as_json(limit: &Limit) -> Value {
    json!({ "of": limit.of, "taken": limit.taken, "most": limit.most, "unit": limit.unit })
}

fn line(limit: &Limit) -> String {
    let word = if limit.is_kept() { "ok" } else { "TOO LONG" };
    let Limit {
        of,
        taken,
        most,
        unit,
    } = limit;
    format!("{word}: {of} takes {taken} of {most} {unit}\n")
}
