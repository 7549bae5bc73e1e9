//! `keyrail test`

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;
use keyrail_core::Bundle;
use keyrail_core::bundle::Level;
use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use self::coverage::Coverage;
use self::ran::Ran;
use crate::bundle::{self, FOLDER_HELP};
use crate::diagnostics;
use crate::exit::{Exit, Failure};
use crate::github::{Loudness, annotation};
use crate::output::{self, Output};
use crate::suite::{Ready, Run, Texts};

pub(super) mod compare;
mod coverage;
#[cfg(feature = "prove")]
mod mutate;
mod ran;
mod update;

/// Run the tests of a bundle: `tests/*.yaml`
///
/// Each gives an event and what is to come of it. Exits with 1 if anything comes of
/// an event that its test does not expect.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail test
  keyrail test bundle --filter key --format junit
  keyrail test --require-coverage
  keyrail test --mutate")]
pub(crate) struct Args {
    #[arg(help = FOLDER_HELP, env = "KEYRAIL_BUNDLE")]
    bundle: Option<PathBuf>,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
    /// Only tests with this in their name, or in that of their file
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write what came of the events into the tests, to be reviewed as a change
    #[arg(long, conflicts_with = "format")]
    update: bool,
    /// Exit with 1 unless each guardrail and exemption has a test that it matches and
    /// one that it does not
    #[arg(long)]
    require_coverage: bool,
    /// Change each guardrail in one place at a time, and say which changes no test
    /// notices; exits with 1 if they are more than 5 of 100. Needs the solver cvc5
    #[cfg(feature = "prove")]
    #[arg(long, conflicts_with_all = ["update", "filter"])]
    mutate: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people: failures with expected and actual side by side
    Text,
    /// For programs
    Json,
    /// For continuous integration
    Junit,
    /// Annotations for GitHub Actions
    Github,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let folder = bundle::folder(self.bundle.as_deref())?;
        let bundle = bundle::load(&folder)?;
        let texts = Texts::of(&folder);
        let (ready, wrong) = texts.check(&folder, &bundle, &BTreeSet::new());
        if wrong.iter().any(|found| found.severity == Level::Error) {
            let text = diagnostics::text(&wrong, &bundle::files(&folder), &texts.read);
            out.answer(&text)?;
            return Ok(Exit::Bad);
        }
        #[cfg(feature = "prove")]
        if self.mutate && !ready.is_empty() {
            return self.mutate(bundle, &ready, out);
        }
        let mut coverage = Coverage::of(&bundle);
        let ran = self.run_all(ready, &bundle, &mut coverage);
        if ran.is_empty() {
            return Err(match &self.filter {
                Some(filter) => Failure::input(format!("no test has `{filter}` in its name")),
                None => Failure::input(format!(
                    "there are no tests in `{}`",
                    folder.join("tests").display()
                ))
                .help("write them in `tests/*.yaml`, as `keyrail schema tests` describes"),
            });
        }
        if self.update {
            return self.update(&folder, &bundle, &texts, &ran, out);
        }
        let gaps = match self.filter {
            Some(_) => Vec::new(),
            None => coverage.gaps(),
        };
        let results = Results {
            ran: &ran,
            gaps: &gaps,
            required: self.require_coverage,
        };
        out.answer(&match self.format {
            Format::Text => results.text(),
            Format::Json => results.json(&coverage)?,
            Format::Junit => results.junit()?,
            Format::Github => results.github(&folder),
        })?;
        let uncovered = self.require_coverage && !gaps.is_empty();
        Ok(match results.failed().next().is_some() || uncovered {
            true => Exit::Bad,
            false => Exit::Good,
        })
    }

    /// Mutants say something only of tests that pass.
    #[cfg(feature = "prove")]
    fn mutate(&self, bundle: Bundle, ready: &[Ready], out: &mut Output) -> Result<Exit, Failure> {
        let as_json = match self.format {
            Format::Text => false,
            Format::Json => true,
            Format::Junit | Format::Github => {
                let message = "`--mutate` prints as text or JSON only";
                return Err(
                    Failure::input(message).help("leave `--format` out, or `--format json`")
                );
            }
        };
        let fails = |ready: &&Ready| {
            let report = ready.try_with(&bundle);
            !compare::differences(&ready.run.expect, &report, &bundle).is_empty()
        };
        if let Some(failed) = ready.iter().find(fails) {
            let message = format!("the test `{}` fails without any change", failed.run.name);
            return Err(Failure::input(message).help("`keyrail test` says why"));
        }
        mutate::run(bundle, ready, as_json, out)
    }

    fn run_all(&self, ready: Vec<Ready>, bundle: &Bundle, coverage: &mut Coverage) -> Vec<Ran> {
        ready
            .into_iter()
            .filter(|ready| self.is_wanted(&ready.run))
            .map(|ready| try_one(ready, bundle, coverage))
            .collect()
    }

    /// Writes the tests if they can be read, and runs them again: only that shows that
    /// they are right.
    fn update(
        &self,
        folder: &Path,
        bundle: &Bundle,
        texts: &Texts,
        ran: &[Ran],
        out: &mut Output,
    ) -> Result<Exit, Failure> {
        let before = ran.iter().filter(|test| !test.has_passed()).count();
        let changed = update::updated(&texts.read, ran);
        let (ready, wrong) = texts.with(&changed).check(folder, bundle, &BTreeSet::new());
        if let Some(wrong) = wrong.first() {
            return Err(Failure::bug(format!(
                "the update would break the tests: {wrong}"
            )));
        }
        for (file, text) in &changed {
            let path = folder.join(file);
            fs::write(&path, text).map_err(|error| {
                Failure::outside(format!("cannot write `{}`: {error}", path.display()))
            })?;
        }
        let again = self.run_all(ready, bundle, &mut Coverage::of(bundle));
        let results = Results {
            ran: &again,
            gaps: &[],
            required: false,
        };
        let failed = results.failed().count();
        let updated = before.saturating_sub(failed);
        let plural = if updated == 1 { "" } else { "s" };
        let review = match updated {
            0 => "",
            _ => ": review the change before you commit it",
        };
        out.answer(&format!("updated {updated} test{plural}{review}\n"))?;
        if failed == 0 {
            return Ok(Exit::Good);
        }
        // Two tests that share their expectations by an alias can want different ones.
        out.answer(&format!("\n{}", results.text()))?;
        Ok(Exit::Bad)
    }

    fn is_wanted(&self, run: &Run) -> bool {
        let filter = self.filter.as_deref();
        filter.is_none_or(|text| run.name.contains(text) || run.file.contains(text))
    }
}

fn try_one(ready: Ready, bundle: &Bundle, coverage: &mut Coverage) -> Ran {
    let start = Instant::now();
    let (run, report) = ready.report(bundle);
    let took = start.elapsed();
    coverage.note(bundle, &report);
    Ran {
        differences: compare::differences(&run.expect, &report, bundle),
        conflicts: report.activity.conflicts,
        run,
        took,
    }
}

/// What came of all tests, to be printed.
struct Results<'a> {
    ran: &'a [Ran],
    gaps: &'a [String],
    /// Whether a gap is an error.
    required: bool,
}

impl Results<'_> {
    fn failed(&self) -> impl Iterator<Item = &Ran> {
        self.ran.iter().filter(|test| !test.has_passed())
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for test in self.failed() {
            text.push_str(&format!(
                "FAILED {}:{}  {}\n",
                test.run.file, test.run.place.0, test.run.name
            ));
            for difference in &test.differences {
                text.push_str(&format!(
                    "  {:10} expected {}\n  {:10} actual   {}\n",
                    difference.what, difference.expected, "", difference.actual
                ));
            }
            for conflict in &test.conflicts {
                text.push_str(&format!(
                    "  note: the event contradicts itself: {conflict}\n"
                ));
            }
            text.push('\n');
        }
        for gap in self.gaps {
            let word = if self.required { "error" } else { "note" };
            text.push_str(&format!("{word}: {gap}\n"));
        }
        text + &self.counts()
    }

    fn counts(&self) -> String {
        let failed = self.failed().count();
        format!("{} passed, {failed} failed\n", self.ran.len() - failed)
    }

    fn json(&self, coverage: &Coverage) -> Result<String, Failure> {
        let tests: Vec<Value> = self
            .ran
            .iter()
            .map(|test| {
                let differences: Vec<Value> = test
                    .differences
                    .iter()
                    .map(|difference| {
                        json!({"what": difference.what, "expected": difference.expected, "actual": difference.actual})
                    })
                    .collect();
                json!({
                    "name": test.run.name,
                    "file": test.run.file,
                    "line": test.run.place.0,
                    "passed": test.has_passed(),
                    "differences": differences,
                })
            })
            .collect();
        let failed = self.failed().count();
        output::json(&json!({
            "schema": "keyrail.test/v1",
            "passed": self.ran.len() - failed,
            "failed": failed,
            "tests": tests,
            "coverage": coverage.rows(),
            "gaps": self.gaps,
        }))
    }

    /// One suite for each file; gaps are failures of one more, where they are errors.
    fn junit(&self) -> Result<String, Failure> {
        let mut report = JunitReport::new("keyrail");
        let mut files: Vec<&str> = self.ran.iter().map(|test| test.run.file.as_str()).collect();
        files.dedup();
        for file in files {
            let mut suite = TestSuite::new(file);
            for test in self.ran.iter().filter(|test| test.run.file == file) {
                let status = match test.has_passed() {
                    true => TestCaseStatus::success(),
                    false => failure(test.summary()),
                };
                let mut case = TestCase::new(test.run.name.as_str(), status);
                case.set_time(test.took);
                suite.add_test_case(case);
            }
            report.add_test_suite(suite);
        }
        if self.required {
            let mut suite = TestSuite::new("coverage");
            for gap in self.gaps {
                suite.add_test_case(TestCase::new(gap.as_str(), failure(gap.clone())));
            }
            report.add_test_suite(suite);
        }
        let text = report.to_string();
        text.map_err(|error| Failure::outside(format!("the results cannot be written: {error}")))
    }

    /// A line for each failure, which GitHub shows beside the test; and the counts, for
    /// readers of the log.
    fn github(&self, folder: &Path) -> String {
        let failures = self.failed().map(|test| {
            let file = folder.join(&test.run.file);
            let place = (file.as_path(), test.run.place.0, None);
            annotation(
                Loudness::Error,
                Some(place),
                &test.run.name,
                &test.summary(),
            )
        });
        let loudness = match self.required {
            true => Loudness::Error,
            false => Loudness::Notice,
        };
        let gaps = self.gaps.iter();
        let gaps = gaps.map(|gap| annotation(loudness, None, "coverage", gap));
        failures.chain(gaps).collect::<String>() + &self.counts()
    }
}

fn failure(message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message);
    status
}
