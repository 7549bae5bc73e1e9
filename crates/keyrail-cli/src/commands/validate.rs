//! `keyrail validate`

#[cfg(feature = "prove")]
use std::path::Path;
use std::path::PathBuf;

use clap::ValueEnum;
use jiff::civil::Date;
#[cfg(feature = "prove")]
use keyrail_core::Bundle;
use keyrail_core::bundle::{Checked, Diagnostic, Level};
use serde_json::json;

use crate::bundle::{self, FOLDER_HELP};
use crate::clock;
use crate::diagnostics;
use crate::exit::{Exit, Failure};
use crate::github::{Loudness, annotation};
use crate::output::{self, Output};
use crate::suite::Texts;

/// Say what is wrong with a bundle: every mistake, where it is, and what to do
///
/// Checks settings, organization, guardrails, exemptions and tests against each other
/// and against the schema. Exits with 1 if anything is wrong; warnings are not, and an
/// exemption that has expired is one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail validate
  keyrail validate bundle --format json
  keyrail validate bundle --strict-dates --format github")]
pub(crate) struct Args {
    #[arg(help = FOLDER_HELP, env = "KEYRAIL_BUNDLE")]
    bundle: Option<PathBuf>,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
    /// Write `keyrail.stamp` if nothing is wrong, so that the function need not validate
    #[arg(long)]
    stamp: bool,
    /// Exit with 1 if an exemption has expired, too: what was valid is so on any day without it
    #[arg(long)]
    strict_dates: bool,
    /// The day on which exemptions are to be valid; today without it
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people, with the lines in question
    Text,
    /// `keyrail.diagnostics/v1`
    Json,
    /// Annotations for GitHub Actions
    Github,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let folder = bundle::folder(self.bundle.as_deref())?;
        let files = bundle::files(&folder);
        let mut checked = files.clone().check();
        checked.lint(Some(self.today.unwrap_or_else(clock::today)));
        let suites = Texts::of(&folder);
        let (_, wrong) = suites.check(&folder, &checked.bundle, &checked.broken);
        checked.diagnostics.extend(wrong);
        #[cfg(feature = "prove")]
        checked
            .diagnostics
            .extend(wrong_property(&folder, &checked.bundle)?);
        if !self.strict_dates {
            let expired = |found: &&mut Diagnostic| found.code == "expired-exemption";
            for found in checked.diagnostics.iter_mut().filter(expired) {
                found.severity = Level::Warning;
            }
        }
        checked.sort();
        let is_wrong = |diagnostic: &Diagnostic| diagnostic.severity == Level::Error;
        let errors = checked
            .diagnostics
            .iter()
            .filter(|found| is_wrong(found))
            .count();
        let warnings = checked.diagnostics.len() - errors;
        match self.format {
            Format::Text => {
                out.answer(&diagnostics::text(
                    &checked.diagnostics,
                    &files,
                    &suites.read,
                ))?;
                out.answer(&summary(&checked, errors, warnings))?;
                out.answer(&lookups(&checked))?;
            }
            Format::Json => out.answer(&json_of(&checked.diagnostics)?)?,
            Format::Github => {
                let lines = checked
                    .diagnostics
                    .iter()
                    .map(|found| github(&folder, found));
                out.answer(&lines.collect::<String>())?;
            }
        }
        if errors > 0 {
            return Ok(Exit::Bad);
        }
        if self.stamp {
            let path = folder.join("keyrail.stamp");
            let stamp = checked
                .stamp()
                .map_err(|error| Failure::bug(format!("the stamp cannot be written: {error}")))?;
            std::fs::write(&path, stamp).map_err(|error| {
                Failure::outside(format!("cannot write `{}`: {error}", path.display()))
            })?;
        }
        Ok(Exit::Good)
    }
}

/// What is wrong with the first property that is.
#[cfg(feature = "prove")]
fn wrong_property(folder: &Path, bundle: &Bundle) -> Result<Option<Diagnostic>, Failure> {
    use keyrail_prove::ProveError;
    Ok(match crate::proofs::properties(folder, bundle)? {
        Ok(_) => None,
        Err(ProveError::Property {
            file,
            line,
            column,
            message,
        }) => Some(Diagnostic {
            code: "property",
            severity: Level::Error,
            message,
            help: Some("a property is a `permit` with `@id`, `@title` and `@expect`".to_owned()),
            file,
            line,
            column,
            length: 0,
        }),
        Err(error) => return Err(crate::proofs::failure(error)),
    })
}

fn summary(checked: &Checked, errors: usize, warnings: usize) -> String {
    let bundle = &checked.bundle;
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    };
    let default = bundle.guardrail_ids().filter(|id| bundle.is_default(id));
    let guardrails = count(bundle.guardrail_ids().count(), "guardrail");
    let what = [
        match default.count() {
            0 => guardrails,
            default => format!("{guardrails} ({default} of the default bundle)"),
        },
        count(bundle.exemptions.len(), "exemption"),
    ]
    .join(", ");
    match (errors, warnings) {
        (0, 0) => format!("valid: {what}; version {}\n", bundle.version),
        (0, _) => format!(
            "valid, with {}: {what}; version {}\n",
            count(warnings, "warning"),
            bundle.version
        ),
        (_, 0) => format!("{}\n", count(errors, "error")),
        _ => format!(
            "{}, {}\n",
            count(errors, "error"),
            count(warnings, "warning")
        ),
    }
}

/// The policies that wait for IAM, each with what is asked for.
fn lookups(checked: &Checked) -> String {
    checked
        .bundle
        .lookups()
        .map(|(id, lookups)| {
            let facts: Vec<&str> = lookups.iter().map(|lookup| lookup.as_str()).collect();
            let facts = facts.join(", ");
            format!("note: `{id}` waits for a look at IAM, for {facts} of the user\n")
        })
        .collect()
}

fn json_of(diagnostics: &[Diagnostic]) -> Result<String, Failure> {
    output::json(&json!({"schema": "keyrail.diagnostics/v1", "diagnostics": diagnostics}))
}

fn github(folder: &std::path::Path, found: &Diagnostic) -> String {
    let loudness = match found.severity {
        Level::Error => Loudness::Error,
        Level::Warning => Loudness::Warning,
    };
    let help = found.help.as_deref();
    let help = help.map(|help| format!("; {help}")).unwrap_or_default();
    let file = folder.join(&found.file);
    let place = (file.as_path(), found.line, Some(found.column));
    let message = format!("{}{help}", found.message);
    annotation(loudness, Some(place), found.code, &message)
}
