//! `keyrail test`

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use keyrail_core::Bundle;
use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use self::compare::Difference;
use self::coverage::Coverage;
use crate::bundle::{self, FOLDER_HELP};
use crate::diagnostics;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::suite::{self, Run};

mod compare;
mod coverage;
mod update;

/// Run the tests of a bundle: `tests/*.yaml`
///
/// Each gives an event and what is to come of it. Exits with 1 if anything comes of
/// an event that its test does not expect.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail test
  keyrail test bundle --filter root --format junit
  keyrail test --require-coverage")]
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
    #[arg(long)]
    update: bool,
    /// Exit with 1 unless each guardrail and exemption has a test that it matches and
    /// one that it does not
    #[arg(long)]
    require_coverage: bool,
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

/// A test that was run.
struct Ran {
    run: Run,
    differences: Vec<Difference>,
    took: Duration,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let folder = bundle::folder(self.bundle.as_deref())?;
        let bundle = bundle::load(&folder)?;
        let texts = suite::texts(&folder);
        let broken = suite::check(&folder, &texts, &bundle);
        if !broken.is_empty() {
            let text = diagnostics::text(&broken, &bundle::files(&folder), &texts);
            out.answer(&text)?;
            return Ok(Exit::Bad);
        }
        let mut coverage = Coverage::of(&bundle);
        let mut ran = Vec::new();
        for (file, text) in &texts {
            for run in suite::runs(file, text).unwrap_or_default() {
                if self.is_wanted(&run) {
                    ran.push(try_one(run, &folder, &bundle, &mut coverage)?);
                }
            }
        }
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
            let changed = update::write(&folder, &texts, &ran)?;
            out.answer(&format!(
                "updated {changed} tests: review the change before you commit it\n"
            ))?;
            return Ok(Exit::Good);
        }
        let failed = ran.iter().any(|test| !test.differences.is_empty());
        let gaps = match self.filter {
            Some(_) => Vec::new(),
            None => coverage.gaps(),
        };
        out.answer(&match self.format {
            Format::Text => text(&ran, &gaps, self.require_coverage),
            Format::Json => json_of(&ran, &coverage)?,
            Format::Junit => junit(&ran)?,
            Format::Github => github(&ran, &folder),
        })?;
        let uncovered = self.require_coverage && !gaps.is_empty();
        Ok(if failed || uncovered {
            Exit::Bad
        } else {
            Exit::Good
        })
    }

    fn is_wanted(&self, run: &Run) -> bool {
        let filter = self.filter.as_deref();
        filter.is_none_or(|text| run.name.contains(text) || run.file.contains(text))
    }
}

fn try_one(
    run: Run,
    folder: &Path,
    bundle: &Bundle,
    coverage: &mut Coverage,
) -> Result<Ran, Failure> {
    let start = Instant::now();
    let report = run.report(folder, bundle)?;
    let took = start.elapsed();
    coverage.note(bundle, &report);
    Ok(Ran {
        differences: compare::differences(&run.expect, &report),
        run,
        took,
    })
}

fn text(ran: &[Ran], gaps: &[String], required: bool) -> String {
    let mut text = String::new();
    for test in ran.iter().filter(|test| !test.differences.is_empty()) {
        text.push_str(&format!(
            "FAILED {}:{}  {}\n",
            test.run.file, test.run.line, test.run.name
        ));
        for difference in &test.differences {
            text.push_str(&format!(
                "  {:10} expected {}\n  {:10} actual   {}\n",
                difference.what, difference.expected, "", difference.actual
            ));
        }
        text.push('\n');
    }
    for gap in gaps {
        let word = if required { "error" } else { "note" };
        text.push_str(&format!("{word}: {gap}\n"));
    }
    let failed = ran
        .iter()
        .filter(|test| !test.differences.is_empty())
        .count();
    text.push_str(&format!("{} passed, {failed} failed\n", ran.len() - failed));
    text
}

fn json_of(ran: &[Ran], coverage: &Coverage) -> Result<String, Failure> {
    let tests: Vec<Value> = ran
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
                "line": test.run.line,
                "passed": differences.is_empty(),
                "differences": differences,
            })
        })
        .collect();
    let failed = ran
        .iter()
        .filter(|test| !test.differences.is_empty())
        .count();
    let document = json!({
        "schema": "keyrail.test/v1",
        "passed": ran.len() - failed,
        "failed": failed,
        "tests": tests,
        "coverage": coverage.rows(),
    });
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::outside(format!("the results cannot be written: {error}")))?;
    Ok(text + "\n")
}

fn junit(ran: &[Ran]) -> Result<String, Failure> {
    let mut report = JunitReport::new("keyrail");
    let mut files: Vec<&str> = ran.iter().map(|test| test.run.file.as_str()).collect();
    files.dedup();
    for file in files {
        let mut suite = TestSuite::new(file);
        for test in ran.iter().filter(|test| test.run.file == file) {
            let status = if test.differences.is_empty() {
                TestCaseStatus::success()
            } else {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                let lines: Vec<String> = test.differences.iter().map(ToString::to_string).collect();
                status.set_message(lines.join("; "));
                status
            };
            let mut case = TestCase::new(test.run.name.as_str(), status);
            case.set_time(test.took);
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    let text = report
        .to_string()
        .map_err(|error| Failure::outside(format!("the results cannot be written: {error}")))?;
    Ok(text)
}

fn github(ran: &[Ran], folder: &Path) -> String {
    ran.iter()
        .filter(|test| !test.differences.is_empty())
        .map(|test| {
            let lines: Vec<String> = test.differences.iter().map(ToString::to_string).collect();
            let escape = |text: &str| text.replace('%', "%25").replace('\n', "%0A");
            format!(
                "::error file={},line={},title={}::{}\n",
                escape(&folder.join(&test.run.file).display().to_string()),
                test.run.line,
                escape(&test.run.name.replace([':', ','], " ")),
                escape(&lines.join("; "))
            )
        })
        .collect()
}
