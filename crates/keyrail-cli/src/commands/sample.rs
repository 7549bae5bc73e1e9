//! `keyrail sample`

use serde_json::Value;

use crate::edit;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::samples::{self, SAMPLES};

/// Print a sample event, as EventBridge delivers it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail sample --list
  keyrail sample key-created-for-another --set detail.userIdentity.userName=mateo")]
pub(crate) struct Args {
    /// Name of the sample, or of an event in `keyrail taxonomy`, such as
    /// `iam:CreateAccessKey`; `#` and one of its groups may follow
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// List the samples
    #[arg(long, conflicts_with_all = ["name", "set"])]
    list: bool,
    /// Change a field: JSON, or a text without quotes; a number replaces only a number
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        match self.name {
            Some(name) => out.answer(&event(&name, &self.set)?)?,
            None => out.answer(&list())?,
        }
        Ok(Exit::Good)
    }
}

fn list() -> String {
    let width = SAMPLES
        .iter()
        .map(|sample| sample.name.len())
        .max()
        .unwrap_or_default();
    SAMPLES
        .iter()
        .map(|sample| format!("{:width$}  {}\n", sample.name, sample.about))
        .collect()
}

fn event(name: &str, changes: &[String]) -> Result<String, Failure> {
    let mut event = samples::event(name)?;
    for change in changes {
        set(&mut event, change)?;
    }
    output::json(&event)
}

fn set(event: &mut Value, change: &str) -> Result<(), Failure> {
    let (path, text) = change.split_once('=').ok_or_else(|| {
        Failure::input(format!("`{change}` is not a change"))
            .help("write it as `path=value`, such as `detail.errorCode=AccessDenied`")
    })?;
    let value = parse(text, edit::value(event, path))?;
    edit::set(event, path, value).map_err(|error| {
        let failure = Failure::input(error.message);
        match error.help {
            Some(help) => failure.help(help),
            None => failure,
        }
    })
}

/// Account ids are texts of digits, so a number is taken as one only where a
/// number stood. What begins like an object or a list was meant to be one.
fn parse(text: &str, before: Option<&Value>) -> Result<Value, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) if before.is_some_and(Value::is_number) => {
            Ok(Value::Number(number))
        }
        Err(error) if text.starts_with(['{', '[']) => {
            Err(Failure::input(format!("`{text}` is not JSON: {error}")))
        }
        Ok(Value::Number(_)) | Err(_) => Ok(Value::from(text)),
        Ok(value) => Ok(value),
    }
}
