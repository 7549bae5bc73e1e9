//! `keyrail completions`

use clap::Command;
use clap_complete::Shell;

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
    /// Prints the script for what can be typed.
    pub(crate) fn run(self, command: &mut Command, out: &mut Output) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, command, "keyrail", &mut script);
        out.answer(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Good)
    }
}
