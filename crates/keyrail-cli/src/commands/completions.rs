//! `keyrail completions`

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Print a script that completes keyrail's commands in your shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail completions bash > ~/.local/share/bash-completion/completions/keyrail
  keyrail completions zsh > ~/.zfunc/_keyrail")]
pub(crate) struct Args {
    shell: Shell,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "keyrail", &mut script);
        out.answer(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Good)
    }
}
