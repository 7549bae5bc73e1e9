//! Tests of a bundle: `tests/*.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use keyrail_core::bundle::{Diagnostic, Level, nearest};
use keyrail_core::circumstances::{Circumstances, History};
use keyrail_core::lookup::{Lookup, UserFacts};
use keyrail_core::report::Report;
use keyrail_core::{Bundle, Event, Mode, examine};
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::bundle::{has_extension, names};
use crate::commands::sample;
use crate::edit;
use crate::exit::Failure;

/// A file of tests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suite {
    pub tests: Vec<Test>,
}

/// An event, the circumstances, and what is to come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Test {
    pub name: Spanned<String>,
    #[serde(flatten)]
    pub given: Given,
    #[serde(default)]
    pub expect: Expectation,
    /// The same with changes, each a test of its own.
    #[serde(default)]
    pub cases: Vec<Case>,
}

/// One row of a table of tests: what it changes in the test that it stands in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub name: Spanned<String>,
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
    #[serde(default)]
    pub unset: Vec<String>,
    #[serde(default)]
    pub at: Option<String>,
    #[serde(default)]
    pub mode: Option<String>,
    #[serde(default)]
    pub expect: Expectation,
}

/// An event, from wherever it is.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Given {
    /// One of `keyrail sample --list`, or an event of `keyrail taxonomy`.
    #[serde(default)]
    pub sample: Option<String>,
    /// The event itself.
    #[serde(default)]
    pub event: Option<Value>,
    /// A file, by its path from the file of tests.
    #[serde(default)]
    pub file: Option<String>,
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
    #[serde(default)]
    pub unset: Vec<String>,
    #[serde(default)]
    pub at: Option<String>,
    #[serde(default)]
    pub mode: Option<String>,
    /// Events that came before, in order.
    #[serde(default)]
    pub history: Vec<Earlier>,
    /// What IAM would say of users, by name.
    #[serde(default)]
    pub users: BTreeMap<String, UserRow>,
}

/// What IAM would say of a user.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserRow {
    #[serde(default)]
    groups: BTreeSet<String>,
    #[serde(default)]
    policies: BTreeSet<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// An event that came before.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Earlier {
    #[serde(default)]
    sample: Option<String>,
    #[serde(default)]
    event: Option<Value>,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    set: BTreeMap<String, Value>,
    #[serde(default)]
    unset: Vec<String>,
}

/// What is to come of an event; only what is given is compared, lists in full.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    #[serde(default)]
    pub violated: Option<Vec<String>>,
    #[serde(default)]
    pub exempted: Option<Vec<String>>,
    #[serde(default)]
    pub undecided: Option<Vec<String>>,
    /// A severity, or `none`.
    #[serde(default)]
    pub severity: Option<String>,
    /// Steps in order: `deactivate-key`, or `deactivate-key: observe` for one that is withheld.
    #[serde(default)]
    pub plan: Option<Vec<Value>>,
    #[serde(default)]
    pub alert: Option<AlertExpectation>,
}

/// What the alert is to say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertExpectation {
    #[serde(default)]
    pub state: Option<String>,
    #[serde(default)]
    pub subject: Option<String>,
}

/// One test to run: a test, or a row of its table.
#[derive(Debug)]
pub(crate) struct Run {
    /// The file, by its path within the bundle.
    pub file: String,
    /// The line of its name.
    pub line: usize,
    pub name: String,
    pub given: Given,
    pub expect: Expectation,
}

/// The test files of a bundle, with their texts.
pub(crate) fn texts(folder: &Path) -> Vec<(String, String)> {
    let names = names(&folder.join("tests")).unwrap_or_default();
    names
        .into_iter()
        .filter(|name| has_extension(name, &["yaml", "yml"]))
        .filter_map(|name| {
            let file = format!("tests/{name}");
            Some((file.clone(), fs::read_to_string(folder.join(file)).ok()?))
        })
        .collect()
}

/// The tests of a file.
pub(crate) fn runs(file: &str, text: &str) -> Result<Vec<Run>, Diagnostic> {
    let suite: Suite = serde_saphyr::from_str(text).map_err(|error| {
        let (line, column) = error
            .location()
            .map_or((1, 1), |place| (place.line(), place.column()));
        let message = error.without_snippet().to_string();
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = usize::try_from(line).unwrap_or(1);
        let column = usize::try_from(column).unwrap_or(1);
        diagnostic("test-syntax", file, line, column, message)
    })?;
    Ok(suite
        .tests
        .into_iter()
        .flat_map(|test| runs_of(file, test))
        .collect())
}

fn runs_of(file: &str, test: Test) -> Vec<Run> {
    let line = |name: &Spanned<String>| usize::try_from(name.referenced.line()).unwrap_or(1);
    let whole = Run {
        file: file.to_owned(),
        line: line(&test.name),
        name: test.name.value.clone(),
        given: test.given.clone(),
        expect: test.expect.clone(),
    };
    if test.cases.is_empty() {
        return vec![whole];
    }
    test.cases
        .into_iter()
        .map(|case| {
            let mut given = test.given.clone();
            given.set.extend(case.set);
            given.unset.extend(case.unset);
            given.at = case.at.or(given.at);
            given.mode = case.mode.or(given.mode);
            Run {
                file: file.to_owned(),
                line: line(&case.name),
                name: format!("{}: {}", test.name.value, case.name.value),
                given,
                expect: Expectation {
                    violated: case.expect.violated.or(test.expect.violated.clone()),
                    exempted: case.expect.exempted.or(test.expect.exempted.clone()),
                    undecided: case.expect.undecided.or(test.expect.undecided.clone()),
                    severity: case.expect.severity.or(test.expect.severity.clone()),
                    plan: case.expect.plan.or(test.expect.plan.clone()),
                    alert: case.expect.alert.or(test.expect.alert.clone()),
                },
            }
        })
        .collect()
}

fn diagnostic(
    code: &'static str,
    file: &str,
    line: usize,
    column: usize,
    message: impl Into<String>,
) -> Diagnostic {
    Diagnostic {
        code,
        severity: Level::Error,
        message: message.into(),
        help: None,
        file: file.to_owned(),
        line,
        column,
        length: 0,
    }
}

/// What is wrong with the tests of a bundle, short of running them.
pub(crate) fn check(folder: &Path, texts: &[(String, String)], bundle: &Bundle) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (file, text) in texts {
        match runs(file, text) {
            Ok(runs) => found.extend(runs.iter().flat_map(|run| run.mistakes(folder, bundle))),
            Err(wrong) => found.push(wrong),
        }
    }
    found
}

impl Run {
    fn mistakes(&self, folder: &Path, bundle: &Bundle) -> Vec<Diagnostic> {
        let wrong = |code, message: String| diagnostic(code, &self.file, self.line, 1, message);
        let mut found = Vec::new();
        let expect = &self.expect;
        for guardrail in [&expect.violated, &expect.exempted]
            .into_iter()
            .flatten()
            .flatten()
        {
            if !bundle.guardrail_ids().any(|id| id == guardrail) {
                let mut unknown = wrong(
                    "unknown-guardrail",
                    format!("test `{}`: there is no guardrail `{guardrail}`", self.name),
                );
                unknown.help = nearest(guardrail, bundle.guardrail_ids())
                    .map(|near| format!("did you mean `{near}`?"));
                found.push(unknown);
            }
        }
        if let Err(failure) = self.prepare(folder, bundle) {
            let mut unready = wrong(
                "test-event",
                format!("test `{}`: {}", self.name, failure.message),
            );
            unready.help = failure.help;
            found.push(unready);
        }
        found
    }

    /// The event and the circumstances that the test describes.
    pub(crate) fn prepare(
        &self,
        folder: &Path,
        bundle: &Bundle,
    ) -> Result<(Event, Circumstances), Failure> {
        let given = &self.given;
        let mut circumstances = Circumstances::of(bundle);
        circumstances.mode = given
            .mode
            .as_deref()
            .map(str::parse::<Mode>)
            .transpose()
            .map_err(|error| Failure::input(format!("`mode`: {error}")))?;
        circumstances.now = given
            .at
            .as_deref()
            .map(|at| {
                at.parse::<Timestamp>().map_err(|_| {
                    Failure::input(format!(
                        "`at`: `{at}` is no time, such as `2026-03-14T09:26:53Z`"
                    ))
                })
            })
            .transpose()?;
        let users = given.users.iter().map(|(name, row)| {
            let facts = UserFacts {
                known: Lookup::ALL.into(),
                groups: row.groups.clone(),
                policies: row.policies.clone(),
                tags: row.tags.clone(),
            };
            (name.clone(), facts)
        });
        circumstances.users = users.collect();
        if !given.history.is_empty() {
            let mut history = History::default();
            for earlier in &given.history {
                let source = (&earlier.sample, &earlier.event, &earlier.file);
                let event = self.event(folder, source, &earlier.set, &earlier.unset)?;
                let activity = keyrail_core::activity::Activity::interpret(&event, &circumstances);
                history.note(&activity, &circumstances);
            }
            circumstances.history = Some(history);
        }
        let source = (&given.sample, &given.event, &given.file);
        let event = self.event(folder, source, &given.set, &given.unset)?;
        Ok((event, circumstances))
    }

    fn event(
        &self,
        folder: &Path,
        source: (&Option<String>, &Option<Value>, &Option<String>),
        set: &BTreeMap<String, Value>,
        unset: &[String],
    ) -> Result<Event, Failure> {
        let mut event = match source {
            (Some(name), None, None) => sample::named(name)?,
            (None, Some(event), None) => event.clone(),
            (None, None, Some(file)) => {
                let tests = folder.join(&self.file);
                let path = tests.parent().unwrap_or(folder).join(file);
                let text = fs::read_to_string(&path).map_err(|error| {
                    Failure::input(format!("cannot read `{}`: {error}", path.display()))
                })?;
                serde_json::from_str(&text).map_err(|error| {
                    Failure::input(format!("`{}` is not JSON: {error}", path.display()))
                })?
            }
            _ => {
                return Err(Failure::input("it needs one event")
                    .help("give one of `sample`, `event` or `file`"));
            }
        };
        let wrong = |error: edit::EditError| Failure {
            help: error.help,
            ..Failure::input(error.message)
        };
        for (path, value) in set {
            edit::set(&mut event, path, value.clone()).map_err(wrong)?;
        }
        for path in unset {
            edit::remove(&mut event, path).map_err(wrong)?;
        }
        Event::parse(event.to_string().as_bytes())
            .map_err(|error| Failure::input(format!("it is no event: {error}")))
    }

    /// Runs the test: what came of the event.
    pub(crate) fn report(&self, folder: &Path, bundle: &Bundle) -> Result<Report, Failure> {
        let (event, circumstances) = self.prepare(folder, bundle)?;
        Ok(examine(event, bundle, &circumstances))
    }
}
