//! `keyrail fmt`

use std::fs;
use std::path::PathBuf;

use similar::TextDiff;

use crate::bundle::{self, FOLDER_HELP};
use crate::exit::{Exit, Failure};
use crate::format::formatted;
use crate::output::Output;

/// Format the policies of a bundle, in Cedar's own style
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail fmt
  keyrail fmt bundle --check")]
pub(crate) struct Args {
    #[arg(help = FOLDER_HELP, env = "KEYRAIL_BUNDLE")]
    bundle: Option<PathBuf>,
    /// Change nothing; show what would change, and exit with 1 if anything would
    #[arg(long)]
    check: bool,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        if self
            .bundle
            .as_deref()
            .is_some_and(|path| path.as_os_str() == "-")
        {
            return self.standard_input(out);
        }
        let folder = bundle::folder(self.bundle.as_deref())?;
        let mut differ = 0_usize;
        for below in ["guardrails", "exemptions", "properties"] {
            let names = bundle::names(&folder.join(below)).unwrap_or_default();
            for name in names
                .iter()
                .filter(|name| bundle::has_extension(name, &["cedar"]))
            {
                let file = format!("{below}/{name}");
                let path = folder.join(&file);
                let text = fs::read_to_string(&path).map_err(|error| {
                    Failure::input(format!("cannot read `{}`: {error}", path.display()))
                })?;
                let formatted = formatted(&text, &path.display().to_string())?;
                if formatted == text {
                    continue;
                }
                differ += 1;
                if self.check {
                    out.answer(&difference(&file, &text, &formatted))?;
                } else {
                    fs::write(&path, formatted).map_err(|error| {
                        Failure::outside(format!("cannot write `{}`: {error}", path.display()))
                    })?;
                    out.answer(&format!("formatted {file}\n"))?;
                }
            }
        }
        Ok(match self.check && differ > 0 {
            true => Exit::Bad,
            false => Exit::Good,
        })
    }

    fn standard_input(&self, out: &mut Output) -> Result<Exit, Failure> {
        let text = std::io::read_to_string(std::io::stdin())
            .map_err(|error| Failure::input(format!("cannot read `-`: {error}")))?;
        let formatted = formatted(&text, "-")?;
        match self.check {
            true => out.answer(&difference("-", &text, &formatted))?,
            false => out.answer(&formatted)?,
        }
        Ok(match self.check && formatted != text {
            true => Exit::Bad,
            false => Exit::Good,
        })
    }
}

fn difference(file: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after)
        .unified_diff()
        .header(file, &format!("{file}, formatted"))
        .to_string()
}
