//! `keyrail alert`

mod preview;

use clap::Subcommand;

use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Look at alerts before somebody gets them
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Preview(preview::Args),
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        match self.command {
            Command::Preview(args) => args.run(out),
        }
    }
}
