//! `keyrail org`

use std::fs;
use std::path::PathBuf;

use clap::Subcommand;
use keyrail_aws::organizations::Organization;

use crate::bundle::{self, FOLDER_HELP};
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::runtime::wait_for;

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
/// `ListAccountsForParent`. Suspended accounts are left out.
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

impl Pull {
    fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let folder = match self.print {
            true => None,
            false => Some(bundle::folder(self.bundle.as_deref())?),
        };
        let read = Organization::read(|accounts| out.progress(&format!("{accounts} accounts")));
        let read = wait_for(read)?;
        out.progress_ends();
        let organization = read.map_err(|error| {
            Failure::outside(error.message).help(
                "use credentials of the management account or of a delegated administrator: `AWS_PROFILE=…`",
            )
        })?;
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
