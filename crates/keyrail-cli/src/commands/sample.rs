//! `keyrail sample`

use keyrail_core::activity::taxonomy;
use serde_json::Value;

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::samples::{SAMPLES, Sample};

/// Print a sample event, as EventBridge delivers it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail sample --list
  keyrail sample key-created-for-another --set detail.userIdentity.userName=mateo")]
pub(crate) struct Args {
    /// Name of the sample, or of an event in `keyrail taxonomy`, such as `iam:CreateAccessKey`
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
    let broken =
        |error: serde_json::Error| Failure::bug(format!("sample `{name}` is broken: {error}"));
    let mut event = match (Sample::named(name), taxonomy::find(name)) {
        (Some(sample), _) => serde_json::from_str(sample.json).map_err(broken)?,
        (None, Some(entry)) => entry.example(entry.groups.first().copied()),
        (None, None) => {
            let failure = Failure::input(format!("there is no sample `{name}`"));
            let names = SAMPLES.iter().map(|sample| sample.name);
            let actions = taxonomy::entries().map(|entry| entry.action);
            return Err(match nearest(name, names.chain(actions)) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure
                    .help("`keyrail sample --list` lists them; each event of `keyrail taxonomy` is one, too"),
            });
        }
    };
    for change in changes {
        set(&mut event, change)?;
    }
    let mut text = serde_json::to_string_pretty(&event).map_err(broken)?;
    text.push('\n');
    Ok(text)
}

/// Sets the field at a dotted path. The last name may be new; those before it
/// must be there, so that a misspelt one is an error and not a new field.
fn set(event: &mut Value, change: &str) -> Result<(), Failure> {
    let (path, text) = change.split_once('=').ok_or_else(|| {
        Failure::input(format!("`{change}` is no change"))
            .help("write it as `path=value`, such as `detail.errorCode=AccessDenied`")
    })?;
    let (parents, last) = path
        .rsplit_once('.')
        .map_or((None, path), |(parents, last)| (Some(parents), last));
    if path.split('.').any(str::is_empty) {
        return Err(Failure::input(format!(
            "`{change}`: there is an empty name in the path"
        )));
    }
    let mut place = event;
    for name in parents.into_iter().flat_map(|parents| parents.split('.')) {
        let names: Vec<String> = place
            .as_object()
            .map(|object| object.keys().cloned().collect())
            .unwrap_or_default();
        place = child(place, name).ok_or_else(|| {
            let failure = Failure::input(format!("there is no `{name}` on the way to `{path}`"));
            match nearest(name, names.iter().map(String::as_str)) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure.help("set the object that it should be in first, as JSON"),
            }
        })?;
    }
    // `null` stands for an absent object in CloudTrail, so it may become one.
    if place.is_null() {
        *place = Value::Object(serde_json::Map::new());
    }
    let value = parse(text, child(place, last).as_deref())?;
    match place {
        Value::Object(object) => {
            object.insert(last.to_owned(), value);
            Ok(())
        }
        Value::Array(items) => match last
            .parse::<usize>()
            .ok()
            .and_then(|index| items.get_mut(index))
        {
            Some(item) => {
                *item = value;
                Ok(())
            }
            None => Err(Failure::input(format!(
                "`{path}`: there is no item `{last}`"
            ))),
        },
        _ => Err(Failure::input(format!(
            "`{path}`: what is before `{last}` is no object"
        ))),
    }
}

fn child<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(object) => object.get_mut(name),
        Value::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
        _ => None,
    }
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

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}
