//! What a test gives: an event, and the circumstances in which it is judged.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use keyrail_core::bundle::settings;
use keyrail_core::circumstances::Circumstances;
use keyrail_core::lookup::{Lookup, UserFacts};
use keyrail_core::{Bundle, Event, Mode};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use super::format::{Earlier, UserRow};
use crate::bundle::text_of;
use crate::exit::Failure;
use crate::principal::Principal;
use crate::{edit, samples};

/// An event from wherever it is, and the circumstances.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub source: Source,
    /// What is set and what is removed, in the order of the tests around.
    pub changes: Vec<Changes>,
    pub at: Option<Spanned<String>>,
    pub mode: Option<Spanned<String>>,
    pub networks: Option<BTreeMap<String, Vec<Spanned<String>>>>,
    pub history: Vec<Earlier>,
    pub users: BTreeMap<String, UserRow>,
}

/// Where the event is: exactly one is to be given.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub sample: Option<Spanned<String>>,
    pub event: Option<Spanned<Value>>,
    pub file: Option<Spanned<String>>,
}

/// What is changed in an event, in this order.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    /// Who did it.
    pub by: Option<Spanned<String>>,
    /// What is set, by its path.
    pub set: BTreeMap<String, Spanned<Value>>,
    /// What is removed.
    pub unset: Vec<Spanned<String>>,
}

/// Why there is no event or no circumstances, and where that is written.
#[derive(Debug)]
pub(super) struct Unready {
    pub at: Option<Location>,
    pub failure: Failure,
}

/// What is wrong with what stands at a place.
fn at<T>(place: &Spanned<T>) -> impl FnOnce(Failure) -> Unready {
    let at = Some(place.referenced);
    move |failure| Unready { at, failure }
}

impl Given {
    /// The event and the circumstances; paths of files are from `folder`.
    pub(super) fn prepare(
        &self,
        folder: &Path,
        bundle: &Bundle,
    ) -> Result<(Event, Circumstances), Unready> {
        let mut circumstances = Circumstances::of(bundle);
        circumstances.mode = self.mode.as_ref().map(mode).transpose()?;
        circumstances.known.now = self.at.as_ref().map(time).transpose()?;
        circumstances.known.users = self.users.iter().map(facts).collect();
        if let Some(networks) = &self.networks {
            let ranges = |(name, ranges): (&String, &Vec<Spanned<String>>)| {
                let ranges = ranges.iter().map(range).collect::<Result<_, _>>()?;
                Ok((name.clone(), ranges))
            };
            circumstances.deployment.networks =
                networks.iter().map(ranges).collect::<Result<_, _>>()?;
        }
        if !self.history.is_empty() {
            let earlier = self.history.iter().map(|earlier| {
                let source = Source {
                    sample: earlier.sample.clone(),
                    event: earlier.event.clone(),
                    file: earlier.file.clone(),
                };
                let changes = [Changes {
                    by: earlier.by.clone(),
                    set: earlier.set.clone(),
                    unset: earlier.unset.clone(),
                }];
                event(&source, &changes, folder)
            });
            circumstances = circumstances.after(earlier.collect::<Result<Vec<_>, _>>()?);
        }
        Ok((event(&self.source, &self.changes, folder)?, circumstances))
    }
}

fn mode(text: &Spanned<String>) -> Result<Mode, Unready> {
    text.value
        .parse()
        .map_err(|error| at(text)(Failure::input(format!("`mode`: {error}"))))
}

fn time(text: &Spanned<String>) -> Result<Timestamp, Unready> {
    text.value.parse().map_err(|_| {
        let value = &text.value;
        let message = format!("`at`: `{value}` is not a time, such as `2026-03-14T09:26:53Z`");
        at(text)(Failure::input(message))
    })
}

fn range(text: &Spanned<String>) -> Result<ipnet::IpNet, Unready> {
    settings::range(&text.value)
        .map_err(|message| at(text)(Failure::input(format!("`networks`: {message}"))))
}

fn facts((name, row): (&String, &UserRow)) -> (String, UserFacts) {
    let facts = UserFacts {
        known: Lookup::ALL.into(),
        groups: row.groups.clone(),
        policies: row.policies.clone(),
        tags: row.tags.clone(),
    };
    (name.clone(), facts)
}

/// The event of a source, changed.
fn event(source: &Source, changes: &[Changes], folder: &Path) -> Result<Event, Unready> {
    let mut event = source.read(folder)?;
    for Changes { by, set, unset } in changes {
        if let Some(by) = by {
            let principal: Result<Principal, _> = by.value.parse();
            let principal =
                principal.map_err(|error| at(by)(Failure::input(format!("`by`: {error}"))))?;
            edit::set(&mut event, "detail.userIdentity", principal.identity())
                .map_err(|error| at(by)(wrong(error)))?;
        }
        for (path, value) in set {
            change(&mut event, path, &value.value).map_err(at(value))?;
        }
        for path in unset {
            edit::remove(&mut event, &path.value).map_err(|error| at(path)(wrong(error)))?;
        }
    }
    Event::parse(event.to_string().as_bytes()).map_err(|error| Unready {
        at: None,
        failure: Failure::input(format!("it is not an event: {error}")),
    })
}

impl Source {
    fn read(&self, folder: &Path) -> Result<Value, Unready> {
        match (&self.sample, &self.event, &self.file) {
            (Some(name), None, None) => samples::event(&name.value).map_err(at(name)),
            (None, Some(event), None) => Ok(event.value.clone()),
            (None, None, Some(file)) => from_file(&folder.join(&file.value)).map_err(at(file)),
            _ => Err(Unready {
                at: None,
                failure: Failure::input("it needs one event")
                    .help("give one of `sample`, `event` or `file`"),
            }),
        }
    }
}

fn from_file(path: &Path) -> Result<Value, Failure> {
    let text = text_of(path)
        .map_err(|error| Failure::input(format!("cannot read `{}`: {error}", path.display())))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::input(format!("`{}` is not JSON: {error}", path.display())))
}

fn change(event: &mut Value, path: &str, value: &Value) -> Result<(), Failure> {
    let is_text = edit::value(event, path).is_some_and(Value::is_string);
    if is_text && value.is_number() {
        let message = format!("`{path}` is a text, and a number is given");
        return Err(Failure::input(message)
            .help("write it in quotes: YAML reads digits as a number, and drops a 0 before them"));
    }
    edit::set(event, path, value.clone()).map_err(wrong)
}

fn wrong(error: edit::EditError) -> Failure {
    Failure {
        help: error.help,
        ..Failure::input(error.message)
    }
}
