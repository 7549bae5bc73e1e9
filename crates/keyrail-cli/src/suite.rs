//! Tests of a bundle: `tests/*.yaml`.

use std::collections::BTreeSet;
use std::path::Path;

use keyrail_core::bundle::{Diagnostic, Level};
use keyrail_core::circumstances::Circumstances;
use keyrail_core::report::Report;
use keyrail_core::{Bundle, Event, examine};
use serde_saphyr::Spanned;

use crate::bundle::{has_extension, names, text_of};

use self::format::{Suite, Test};
use self::given::{Changes, Source};
use self::run::{diagnostic, place};

mod format;
mod given;
mod mistakes;
mod run;

pub(crate) use self::format::Expectation;
pub(crate) use self::run::Run;

/// A test that can be run.
#[derive(Debug)]
pub(crate) struct Ready {
    pub run: Run,
    event: Event,
    circumstances: Circumstances,
}

impl Ready {
    /// Runs the test: what came of the event.
    pub(crate) fn report(self, bundle: &Bundle) -> (Run, Report) {
        let report = self.try_with(bundle);
        (self.run, report)
    }

    /// What comes of the event with some bundle.
    pub(crate) fn try_with(&self, bundle: &Bundle) -> Report {
        examine(self.event.clone(), bundle, &self.circumstances)
    }
}

/// The test files of a bundle.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// Each by its path within the bundle, with its text.
    pub read: Vec<(String, String)>,
    unreadable: Vec<Diagnostic>,
}

impl Texts {
    pub(crate) fn of(folder: &Path) -> Self {
        let mut texts = Self::default();
        let below = folder.join("tests");
        if !below.exists() {
            return texts;
        }
        let unreadable = |file: &str, error: std::io::Error| {
            let message = format!("it cannot be read: {error}");
            diagnostic("unreadable", file, (1, 1), message)
        };
        let names = match names(&below) {
            Ok(names) => names,
            Err(error) => {
                texts.unreadable.push(unreadable("tests", error));
                return texts;
            }
        };
        for name in names {
            if !has_extension(&name, &["yaml", "yml"]) {
                continue;
            }
            let file = format!("tests/{name}");
            match text_of(&folder.join(&file)) {
                Ok(text) => texts.read.push((file, text)),
                Err(error) => texts.unreadable.push(unreadable(&file, error)),
            }
        }
        texts
    }

    /// The same with other texts for some of the files.
    pub(crate) fn with(&self, changed: &[(String, String)]) -> Self {
        let read = self.read.iter().map(|(file, text)| {
            let new = changed.iter().find(|(name, _)| name == file);
            (file.clone(), new.map_or(text, |(_, new)| new).clone())
        });
        Self {
            read: read.collect(),
            unreadable: Vec::new(),
        }
    }

    /// The tests, ready to be run, and all that is wrong with them short of that. They
    /// may also name policies that are `broken`, which is told by itself.
    pub(crate) fn check(
        &self,
        folder: &Path,
        bundle: &Bundle,
        broken: &BTreeSet<String>,
    ) -> (Vec<Ready>, Vec<Diagnostic>) {
        let (mut ready, mut found) = (Vec::new(), self.unreadable.clone());
        for (file, text) in &self.read {
            let runs = match runs(file, text) {
                Ok(runs) => runs,
                Err(wrong) => {
                    found.push(wrong);
                    continue;
                }
            };
            let mut names = BTreeSet::new();
            for run in runs {
                if !names.insert(run.name.clone()) {
                    let mut twice =
                        run.wrong("duplicate-test", "another test in this file has its name");
                    twice.severity = Level::Warning;
                    found.push(twice);
                }
                found.extend(run.mistakes(bundle, broken));
                let beside = folder.join(file).parent().map(Path::to_path_buf);
                match run.given.prepare(&beside.unwrap_or_default(), bundle) {
                    Ok((event, circumstances)) => ready.push(Ready {
                        run,
                        event,
                        circumstances,
                    }),
                    Err(unready) => found.push(run.unready(unready)),
                }
            }
        }
        (ready, found)
    }
}

/// The tests of a file.
fn runs(file: &str, text: &str) -> Result<Vec<Run>, Diagnostic> {
    let suite: Suite = serde_saphyr::from_str(text).map_err(|error| {
        let place = error.location().map_or((1, 1), place);
        let (message, help) = mistakes::in_words(&error);
        let mut wrong = diagnostic("test-syntax", file, place, message);
        wrong.help = help;
        wrong
    })?;
    let mut runs = Vec::new();
    for test in suite.tests {
        collect(file, test, None, &mut runs);
    }
    Ok(runs)
}

/// A test by itself, or the rows of its table, with what they have of the test around.
fn collect(file: &str, test: Spanned<Test>, around: Option<&Run>, runs: &mut Vec<Run>) {
    let (begins, test) = (test.referenced, test.value);
    let mut given = around.map(|run| run.given.clone()).unwrap_or_default();
    if test.sample.is_some() || test.event.is_some() || test.file.is_some() {
        given.source = Source {
            sample: test.sample,
            event: test.event,
            file: test.file,
        };
    }
    given.changes.push(Changes {
        by: test.by,
        set: test.set,
        unset: test.unset,
    });
    given.at = test.at.or(given.at);
    given.mode = test.mode.or(given.mode);
    given.networks = test.networks.or(given.networks);
    given.history = test.history.unwrap_or(given.history);
    given.users = test.users.unwrap_or(given.users);
    let own = test.expect.as_ref().map(|own| own.value.clone());
    let outer = around.map(|run| run.expect.clone()).unwrap_or_default();
    let run = Run {
        file: file.to_owned(),
        place: place(test.name.referenced),
        name: match around {
            Some(run) => format!("{}: {}", run.name, test.name.value),
            None => test.name.value,
        },
        begins,
        given,
        expect: own.unwrap_or_default().or(outer),
        own: test.expect,
    };
    if test.cases.is_empty() {
        runs.push(run);
        return;
    }
    for case in test.cases {
        collect(file, case, Some(&run), runs);
    }
}
