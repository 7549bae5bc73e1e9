//! `keyrail prove`

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use clap::ValueEnum;
use jiff::civil::Date;
use keyrail_prove::{Finding, Proof, Question, SolverCommand, prove};
use serde_json::json;

use crate::bundle::{self, FOLDER_HELP};
use crate::clock;
use crate::exit::{Exit, Failure};
use crate::github::{Loudness, annotation};
use crate::output::{self, Output};
use crate::proofs::{failure, properties};

/// Prove a bundle's guardrails, for all activities that the schema allows
///
/// Each policy can be evaluated; each guardrail can be violated, and not by everything,
/// and not only where it is exempt; each exemption exempts from something, and reaches
/// nobody beyond its `@only`; and each property in `properties/` holds (without that
/// folder, those of the default bundle). With `--against`, whatever another bundle
/// catches is caught. What is not so is shown by an event that `keyrail explain` takes.
///
/// Needs the solver cvc5, 1.3.1 or later: as a program (named by `CVC5` if it is not on the
/// path), or as the package of a Python (named by `KEYRAIL_PYTHON` if it is not `python3`).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail prove
  keyrail prove bundle --format github
  keyrail prove bundle --against deployed-bundle")]
pub(crate) struct Args {
    #[arg(help = FOLDER_HELP, env = "KEYRAIL_BUNDLE")]
    bundle: Option<PathBuf>,
    /// Folder of an older bundle, of which nothing is to be lost
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
    /// The solver, as a command; without it, `cvc5` or Python's package of that name
    #[arg(long, value_name = "COMMAND", env = "KEYRAIL_SOLVER")]
    solver: Option<String>,
    /// How many seconds each question may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    limit: u64,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
    /// The day on which exemptions are to be valid; today without it
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// `keyrail.proof/v1`
    Json,
    /// Annotations for GitHub Actions
    Github,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let folder = bundle::folder(self.bundle.as_deref())?;
        let bundle = bundle::load_typed(&folder)?;
        let old = self.against.as_deref();
        let old = old.map(|old| bundle::load_typed(&bundle::folder(Some(old))?));
        let old = old.transpose()?;
        let properties = properties(&folder, &bundle)?.map_err(failure)?;
        let limit = Duration::from_secs(self.limit);
        let solver = SolverCommand::find(self.solver.as_deref(), limit).map_err(failure)?;
        let question = Question {
            bundle: &bundle,
            properties: &properties,
            against: old.as_ref(),
            today: self.today.unwrap_or_else(clock::today),
            limit,
        };
        let shown = Mutex::new(&mut *out);
        let findings = prove(&question, &solver, &|done, total| {
            if let Ok(mut out) = shown.lock() {
                out.progress(&format!("proving: {done} of {total}"));
            }
        });
        out.progress_ends();
        let findings = findings.map_err(failure)?;
        let text = match self.format {
            Format::Text => text(&findings)?,
            Format::Json => output::json(&json!({
                "schema": "keyrail.proof/v1",
                "bundle": bundle.version,
                "findings": findings,
            }))?,
            Format::Github => findings.iter().map(github).collect(),
        };
        out.answer(&text)?;
        let is = |proof: Proof| findings.iter().any(|finding| finding.result == proof);
        Ok(match (is(Proof::Failed), is(Proof::Unknown)) {
            (true, _) => Exit::Bad,
            (false, true) => Exit::Outside,
            (false, false) => Exit::Good,
        })
    }
}

fn text(findings: &[Finding]) -> Result<String, Failure> {
    let mut text = String::new();
    for finding in findings {
        let word = match finding.result {
            Proof::Proved => continue,
            Proof::Failed => "FAILED ",
            Proof::Unknown => "unknown",
        };
        let about = finding.about.join(", ");
        let says = finding.says.replace(char::is_control, " ");
        text.push_str(&format!("{word}  {says} ({about})\n"));
        if finding.wrong_for.len() > 1 {
            let all = finding.wrong_for.join(", ");
            text.push_str(&format!("  not so for {all}\n"));
        }
        if let Some(shown) = &finding.counterexample {
            text.push_str(&format!(
                "  such as {} by {}:\n",
                shown.action, shown.principal
            ));
            let list = |ids: &[String]| match ids {
                [] => "nothing".to_owned(),
                ids => ids.join(", "),
            };
            if let Some(event) = &shown.event {
                text.push_str(&format!(
                    "    violates {}; exempt from {}; undecided {}\n    event    {event}\n",
                    list(&shown.violated),
                    list(&shown.exempt),
                    list(&shown.undecided),
                ));
                if !shown.history.is_empty() {
                    text.push_str(&format!("    history  {}\n", output::line(&shown.history)?));
                }
            } else {
                text.push_str("    keyrail found no event that shows it; these are the facts:\n");
                for (name, value) in &shown.facts {
                    text.push_str(&format!("    {name}: {value}\n"));
                }
            }
        }
    }
    let count = |proof: Proof| {
        findings
            .iter()
            .filter(|finding| finding.result == proof)
            .count()
    };
    let (proved, failed) = (count(Proof::Proved), count(Proof::Failed));
    text.push_str(&match count(Proof::Unknown) {
        0 => format!("{proved} proved, {failed} failed\n"),
        unknown => format!("{proved} proved, {failed} failed, {unknown} not decided\n"),
    });
    Ok(text)
}

fn github(finding: &Finding) -> String {
    let (loudness, word) = match finding.result {
        Proof::Proved => return String::new(),
        Proof::Failed => (Loudness::Error, "not so"),
        Proof::Unknown => (Loudness::Warning, "not decided"),
    };
    let shown = finding.counterexample.as_ref();
    let shown = shown.map(|shown| format!(", for {} by {}", shown.action, shown.principal));
    let message = format!("{word}: {}{}", finding.says, shown.unwrap_or_default());
    annotation(loudness, None, &finding.about.join(" "), &message)
}
