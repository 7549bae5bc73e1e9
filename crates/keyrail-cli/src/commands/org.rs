//! `keyrail org`

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use clap::Subcommand;
use keyrail_core::effects::EffectErrorKind;
use keyrail_operator::caller::RegionChoice;
use keyrail_operator::organizations::Organization;

use crate::bundle::{self, FOLDER_HELP};
use crate::caller::connect;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::runtime::{telling, wait_for};

/// Work with the organization that a bundle knows
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Pull(Pull),
}

/// Write `organization.json` from AWS Organizations: accounts, and the units that they are in
///
/// Uses the credentials of the AWS command line (`AWS_PROFILE` and so on), which must
/// be of the management account or a delegated administrator, and only reads:
/// `organizations:ListRoots`, `ListOrganizationalUnitsForParent` and
/// `ListAccountsForParent`. Accounts that are suspended or closed are left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  AWS_PROFILE=management keyrail org pull bundle
  keyrail org pull bundle --print")]
struct Pull {
    #[arg(help = FOLDER_HELP, env = "KEYRAIL_BUNDLE")]
    bundle: Option<PathBuf>,
    /// Print it instead of writing it
    #[arg(long)]
    print: bool,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        match self.command {
            Command::Pull(pull) => pull.run(out),
        }
    }
}

/// Says on a terminal how far it has come, and that it goes on where AWS throttles.
async fn read(out: &mut Output) -> Result<Organization, Failure> {
    let connection = connect(None, RegionChoice::Settings { otherwise: None }, out).await?;
    let seen = Cell::new((0, 0));
    let reading = Organization::read(&connection, |so_far| {
        seen.set((so_far.accounts.len(), so_far.units.len()));
    });
    let read = telling(Box::pin(reading), |waited| {
        let ((accounts, units), seconds) = (seen.get(), waited.as_secs());
        out.progress(&format!(
            "{accounts} accounts in {units} units: {seconds} s"
        ));
    });
    let read = read.await;
    out.progress_ends();
    read.map_err(|error| {
        let help = match error.kind {
            EffectErrorKind::Throttled => {
                "Organizations limits how often it is asked, for all of the organization's tools together: run it again later"
            }
            EffectErrorKind::Doubtful
            | EffectErrorKind::TimedOut
            | EffectErrorKind::Unreachable => "see that there is a network, and run it again",
            EffectErrorKind::RefusedForNow => {
                "run it again, with a new session if this one has expired"
            }
            EffectErrorKind::Denied
            | EffectErrorKind::Elsewhere
            | EffectErrorKind::Full
            | EffectErrorKind::Gone
            | EffectErrorKind::Refused => {
                "use credentials of the management account or of a delegated administrator: `AWS_PROFILE=…`"
            }
        };
        Failure::outside(error.message).help(help)
    })
}

impl Pull {
    fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let folder = match self.print {
            true => None,
            false => Some(bundle::folder(self.bundle.as_deref())?),
        };
        let organization = wait_for(read(out))??;
        let text = output::json(&organization)?;
        let Some(folder) = folder else {
            out.answer(&text)?;
            return Ok(Exit::Good);
        };
        let path = folder.join("organization.json");
        fs::write(&path, text).map_err(|error| {
            Failure::outside(format!("cannot write `{}`: {error}", path.display()))
        })?;
        out.answer(&format!(
            "wrote {}: {} accounts in {} units\n",
            path.display(),
            organization.accounts.len(),
            organization.units.len()
        ))?;
        Ok(Exit::Good)
    }
}
