//! `keyrail init`

use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use jiff::ToSpan;
use keyrail_core::bundle::Files;
use keyrail_core::{Bundle, Mode, schema};

use self::break_glass::BreakGlass;
use self::wishes::{Account, Principal, Wishes};
use crate::bundle::network;
use crate::clock;
use crate::commands::schema::{SETTINGS, TESTS};
use crate::exit::{Exit, Failure};
use crate::output::Output;

mod break_glass;
mod settings;
mod wishes;

/// Write a bundle to start from: settings, guardrails and tests, with comments
///
/// Asks what it needs to know if it runs in a terminal; Enter skips a question. Writes
/// only files that are missing, and says which it wrote and which it kept.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail init bundle
  keyrail init bundle --yes --account 111122223333=sandbox --network office=198.51.100.0/24")]
pub(crate) struct Args {
    /// Where to write it
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The mode of the whole bundle: observe or enforce; without it, the deployment's
    #[arg(long, value_parser = str::parse::<Mode>)]
    mode: Option<Mode>,
    /// An account that policies may name, and what people call it; may be repeated
    #[arg(long, value_name = "ID[=NAME]", value_parser = str::parse::<Account>)]
    account: Vec<Account>,
    /// A network that policies may name: its name, and a range; may be repeated
    #[arg(long, value_name = "NAME=CIDR", value_parser = network)]
    network: Vec<(String, IpNet)>,
    /// The user or role for emergencies, which keyrail must not stop
    #[arg(long, value_name = "ARN", value_parser = str::parse::<Principal>, requires = "owner")]
    break_glass: Option<Principal>,
    /// Who answers for the break-glass user or role: a team, or an address
    #[arg(long, value_parser = wishes::line, requires = "break_glass")]
    owner: Option<String>,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let asks = !self.yes && io::stdin().is_terminal() && io::stdout().is_terminal();
        let folder = self.folder.clone();
        let mut wishes = self.wishes();
        if asks {
            wishes.ask(&mut io::stdin().lock(), |text| out.note(text))?;
        }
        let files = files(&wishes)?;
        let (mut wrote, mut list) = (0_usize, String::new());
        let mut settings_kept = false;
        for (file, text) in &files {
            let path = folder.join(file);
            let is_new = write_if_missing(&path, text)?;
            wrote += usize::from(is_new);
            settings_kept |= !is_new && file == "keyrail.toml";
            let word = if is_new { "wrote" } else { "kept " };
            list.push_str(&format!("{word}  {}\n", path.display()));
        }
        let kept = files.len() - wrote;
        let noun = if wrote == 1 { "file" } else { "files" };
        list.push_str(&format!("{wrote} {noun} written, {kept} kept\n"));
        out.answer(&list)?;
        if settings_kept && wishes != Wishes::default() {
            out.note(
                "note: `keyrail.toml` is kept as it was: what was asked for is not in it unless you add it\n",
            )?;
        }
        Ok(Exit::Good)
    }

    fn wishes(self) -> Wishes {
        let mut wishes = Wishes {
            mode: self.mode,
            accounts: self.account,
            break_glass: self.break_glass.zip(self.owner),
            ..Wishes::default()
        };
        for (name, range) in self.network {
            wishes.networks.entry(name).or_default().push(range);
        }
        wishes
    }
}

/// The files of the bundle that is wished for: paths within it, and texts.
fn files(wishes: &Wishes) -> Result<Vec<(String, String)>, Failure> {
    let settings = settings::text(wishes);
    check(&settings)?;
    let mut files = vec![("keyrail.toml".to_owned(), settings)];
    let owned = |(file, text): (&str, &str)| (file.to_owned(), text.to_owned());
    files.extend(Bundle::embedded_files().iter().map(owned));
    let mut tests: Vec<_> = Bundle::embedded_tests().map(owned).collect();
    if let Some((principal, owner)) = &wishes.break_glass {
        let break_glass = BreakGlass {
            principal,
            owner,
            expires: clock::today().saturating_add(1.year()),
            networks: &wishes.networks,
        };
        files.push((
            "guardrails/break-glass.cedar".to_owned(),
            break_glass.guardrail()?,
        ));
        files.push((
            "exemptions/break-glass.cedar".to_owned(),
            break_glass.exemption()?,
        ));
        tests.push(("tests/break-glass.yaml".to_owned(), break_glass.tests()));
    } else {
        files.push(owned((
            "exemptions/example.cedar",
            include_str!("init/exemption.cedar"),
        )));
    }
    files.extend(
        tests
            .into_iter()
            .map(|(file, text)| (file, with_schema(&text))),
    );
    let networks = wishes.networks.keys().map(String::as_str);
    files.extend([
        (
            ".keyrail/keyrail.cedarschema".to_owned(),
            schema::cedar(networks),
        ),
        (
            ".keyrail/settings.schema.json".to_owned(),
            SETTINGS.to_owned(),
        ),
        (".keyrail/tests.schema.json".to_owned(), TESTS.to_owned()),
    ]);
    files.sort();
    Ok(files)
}

/// Tells editors which schema a file of tests follows.
fn with_schema(text: &str) -> String {
    const LINE: &str = "# yaml-language-server: $schema=../.keyrail/tests.schema.json\n";
    match text.contains("yaml-language-server") {
        true => text.to_owned(),
        false => format!("{LINE}{text}"),
    }
}

/// Says what is wrong with wishes that cannot be written down, such as two networks
/// that overlap.
fn check(settings: &str) -> Result<(), Failure> {
    let defaults = Bundle::embedded_files();
    let file = ("keyrail.toml".to_owned(), settings.to_owned());
    let files: Files = defaults
        .iter()
        .map(|(file, text)| (file.to_owned(), text.to_owned()))
        .chain([file])
        .collect();
    let Err(error) = files.check().into_bundle() else {
        return Ok(());
    };
    let faults: Vec<String> = error
        .diagnostics
        .iter()
        .map(|fault| {
            let line = settings.lines().nth(fault.line.saturating_sub(1));
            format!("`{}`: {}", line.unwrap_or_default(), fault.message)
        })
        .collect();
    Err(Failure::input(format!(
        "these settings would not be valid: {}",
        faults.join("; ")
    )))
}

/// Whether the file was missing, and now is there.
fn write_if_missing(path: &Path, text: &str) -> Result<bool, Failure> {
    let failed =
        |error: io::Error| Failure::outside(format!("cannot write `{}`: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    match File::create_new(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes()).map_err(failed)?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands there as an example must be an example that works.
    #[test]
    fn every_setting_that_is_commented_out_is_valid() {
        let text: String = settings::text(&Wishes::default())
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest) if rest.starts_with(|c: char| c == '[' || c.is_alphabetic()) => rest,
                _ => line,
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        assert_eq!(check(&text).map_err(|failure| failure.message), Ok(()));
        for table in [
            "accounts.111122223333",
            "units.ou-sandbox",
            "networks",
            "allow",
            "protect",
            "limits",
            "correlation",
            "links",
        ] {
            assert!(text.contains(&format!("\n[{table}]\n")), "{table}");
        }
    }
}
