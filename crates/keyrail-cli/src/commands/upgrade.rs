//! `keyrail upgrade`

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use keyrail_core::Bundle;
use keyrail_core::bundle::{Files, Record};

use self::caught::Lost;
use self::changes::{Attributes, GuardrailChange};
use self::proved::Proved;
use self::tests::TestChange;
use self::told::{Against, SCHEMA, Upgrade};
use crate::bundle::{self, FOLDER_HELP};
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};

mod caught;
mod changes;
mod proved;
mod tests;
mod told;
mod words;

/// Say what this keyrail changes for a bundle, against the one that stamped it
///
/// Of a bundle that builds on the default one: which guardrails are new, dropped or changed,
/// which events and facts, which of its own tests come out otherwise, what its exemptions now
/// cover, and what is no longer caught: by examples of all events, by its tests, and, where
/// the solver cvc5 is installed, for all activities. Of a copy of the default bundle: what the
/// default bundle has otherwise. Exits with 1 if something that was caught no longer is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail upgrade
  keyrail upgrade bundle --format json")]
pub(crate) struct Args {
    #[arg(help = FOLDER_HELP, env = "KEYRAIL_BUNDLE")]
    bundle: Option<PathBuf>,
    /// The solver, as a command; without it, `cvc5` or Python's package of that name
    #[cfg(feature = "prove")]
    #[arg(long, value_name = "COMMAND", env = "KEYRAIL_SOLVER")]
    solver: Option<String>,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// `keyrail.upgrade/v1`
    Json,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let folder = bundle::folder(self.bundle.as_deref())?;
        let files = bundle::files(&folder);
        let bundle = bundle::load(&folder)?;
        let upgrade = match (files.record(), &bundle.settings.default) {
            (Some(record), Some(_)) => self.of_composed(&folder, files, &bundle, &record, out)?,
            (None, Some(_)) => {
                let folder = folder.display();
                return Err(Failure::input(format!(
                    "no stamp in `{folder}` says on which keyrail the bundle was built"
                ))
                .help(format!(
                    "with the keyrail that you deploy, `keyrail validate {folder} --stamp`; commit `keyrail.stamp` with the bundle"
                )));
            }
            (_, None) => of_copy(&folder, &files, &bundle)?,
        };
        out.answer(&match self.format {
            Format::Text => words::text(&upgrade),
            Format::Json => output::json(&upgrade)?,
        })?;
        Ok(match upgrade.lost.is_empty() {
            true => Exit::Good,
            false => Exit::Bad,
        })
    }

    fn of_composed(
        &self,
        folder: &Path,
        files: Files,
        now: &Bundle,
        record: &Record,
        out: &mut Output,
    ) -> Result<Upgrade, Failure> {
        // What is wrong with the settings as to the older default bundle, such as a guardrail
        // that it did not have yet, is no matter: nothing is done with that bundle.
        let before = files.check_before(record).bundle;
        let guardrails = changes::of_guardrails(&before, now)?;
        let groups = changes::of_groups(record, now);
        let mut lost = caught::lost(&before, now)?;
        let tests = tests::changed(folder, &before, now);
        lost.extend(tests.iter().filter_map(TestChange::lost));
        lost.extend(caught::gone(&groups));
        let matters = !groups.is_empty() || guardrails.iter().any(GuardrailChange::matters);
        let proof = match matters {
            true => self.prove(&before, now, &mut lost, out)?,
            false => Proved::not_needed(),
        };
        Ok(Upgrade {
            schema: SCHEMA,
            from: Some(record.keyrail.clone()),
            to: env!("CARGO_PKG_VERSION"),
            against: Against::Stamp,
            exemptions: changes::of_exemptions(&before, now, &guardrails),
            attributes: changes::of_attributes(record),
            guardrails,
            groups,
            tests,
            lost,
            proof,
        })
    }

    #[cfg(feature = "prove")]
    fn prove(
        &self,
        before: &Bundle,
        now: &Bundle,
        lost: &mut Vec<Lost>,
        out: &mut Output,
    ) -> Result<Proved, Failure> {
        proved::prove(self.solver.as_deref(), before, now, lost, out)
    }

    #[cfg(not(feature = "prove"))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the same as with the prover"
    )]
    fn prove(
        &self,
        _: &Bundle,
        _: &Bundle,
        _: &mut Vec<Lost>,
        _: &mut Output,
    ) -> Result<Proved, Failure> {
        Ok(Proved::without_prover())
    }
}

/// Of a bundle with guardrails of its own alone: an upgrade changes none of them.
fn of_copy(folder: &Path, files: &Files, bundle: &Bundle) -> Result<Upgrade, Failure> {
    let default = Bundle::embedded()
        .map_err(|error| Failure::bug(format!("the default bundle does not load: {error}")))?;
    let stamp = files.text("keyrail.stamp");
    let from = stamp.and_then(|stamp| stamp.split_whitespace().nth(2));
    let tests = tests::failing(folder, bundle);
    Ok(Upgrade {
        schema: SCHEMA,
        from: from.map(str::to_owned),
        to: env!("CARGO_PKG_VERSION"),
        against: Against::Copy,
        guardrails: changes::of_guardrails(bundle, &default)?,
        groups: Vec::new(),
        attributes: Attributes::default(),
        lost: tests.iter().filter_map(TestChange::lost).collect(),
        tests,
        exemptions: Vec::new(),
        proof: Proved::not_needed(),
    })
}
