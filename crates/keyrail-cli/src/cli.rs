//! What can be typed.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ColorChoice, Parser, Subcommand};

use crate::commands::{
    alert, completions, exemptions, explain, fmt, init, sample, schema, show, taxonomy, test,
    upgrade, validate,
};

/// A guardrail for AWS accounts that must not have long-lived credentials.
#[derive(Debug, Parser)]
#[command(name = "keyrail", version, styles = STYLES, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Alert(alert::Args),
    Completions(completions::Args),
    Exemptions(exemptions::Args),
    Explain(explain::Args),
    Fmt(fmt::Args),
    Init(init::Args),
    #[cfg(feature = "aws")]
    Org(crate::commands::org::Args),
    #[cfg(feature = "prove")]
    Prove(crate::commands::prove::Args),
    #[cfg(feature = "aws")]
    Redrive(crate::commands::redrive::Args),
    Sample(sample::Args),
    Schema(schema::Args),
    Show(show::Args),
    Taxonomy(taxonomy::Args),
    Test(test::Args),
    #[cfg(feature = "aws")]
    Undo(crate::commands::undo::Args),
    Upgrade(upgrade::Args),
    Validate(validate::Args),
}

/// Cargo's colours.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER_HELP: &str = "\
Exit codes: 0 success; 1 problems found; 2 invalid input; 3 environment failure.

Examples:
  keyrail sample key-created-for-another | keyrail explain -
  keyrail explain event.json --format json";
