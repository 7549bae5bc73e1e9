//! The `keyrail` command: parse, run, exit.

mod bundle;
#[cfg(feature = "aws")]
mod caller;
mod cli;
mod clock;
mod commands;
mod diagnostics;
mod edit;
mod events;
mod exit;
mod format;
mod github;
mod output;
mod principal;
#[cfg(feature = "prove")]
mod proofs;
mod reports;
#[cfg(feature = "aws")]
mod runtime;
mod samples;
mod suite;

use clap::{CommandFactory, Parser};

use self::cli::{Cli, Command};
use self::exit::Exit;
use self::output::Output;

fn main() -> Exit {
    let cli = Cli::parse();
    let mut out = Output::new(cli.color);
    let result = match cli.command {
        Command::Alert(args) => args.run(&mut out),
        Command::Completions(args) => args.run(&mut Cli::command(), &mut out),
        Command::Exemptions(args) => args.run(&mut out),
        Command::Explain(args) => args.run(&mut out),
        Command::Fmt(args) => args.run(&mut out),
        Command::Init(args) => args.run(&mut out),
        #[cfg(feature = "aws")]
        Command::Org(args) => args.run(&mut out),
        #[cfg(feature = "prove")]
        Command::Prove(args) => args.run(&mut out),
        #[cfg(feature = "aws")]
        Command::Redrive(args) => args.run(&mut out),
        Command::Sample(args) => args.run(&mut out),
        Command::Schema(args) => args.run(&mut out),
        Command::Show(args) => args.run(&mut out),
        Command::Taxonomy(args) => args.run(&mut out),
        Command::Test(args) => args.run(&mut out),
        #[cfg(feature = "aws")]
        Command::Undo(args) => args.run(&mut out),
        Command::Upgrade(args) => args.run(&mut out),
        Command::Validate(args) => args.run(&mut out),
    };
    result.unwrap_or_else(|failure| out.failed(&failure))
}
