//! `keyrail init`

use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use jiff::ToSpan;
use keyrail_core::bundle::Files;
use keyrail_core::{Bundle, Mode, schema};

use self::break_glass::BreakGlass;
use self::wishes::{Account, Wishes};
use crate::bundle::network;
use crate::clock;
use crate::commands::schema::{SETTINGS, TESTS};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::principal::Principal;

mod break_glass;
mod ci;
mod settings;
mod wishes;

/// Write a bundle to start from: settings, an example of an exemption, and a test
///
/// It builds on the default bundle, so that an upgrade of keyrail reaches it. With `--full`
/// it is a copy of that, with all guardrails and their tests, and nothing changes it but you.
/// Asks what it needs to know if it runs in a terminal; Enter skips a question. Writes
/// only files that are missing, and says which it wrote and which it kept.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail init bundle
  keyrail init bundle --ci
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
    /// Write a copy of the default bundle, with its tests, in place of one that builds on it
    #[arg(long)]
    full: bool,
    /// Also write a workflow for GitHub Actions and hooks for pre-commit, in this folder
    #[arg(long)]
    ci: bool,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

/// How much of the default bundle is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// A copy of all of it.
    Full,
    /// Settings that build on it.
    Short,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let asks = !self.yes && io::stdin().is_terminal() && io::stdout().is_terminal();
        let folder = self.folder.clone();
        let extent = match self.full {
            true => Extent::Full,
            false => Extent::Short,
        };
        let beside = match self.ci {
            true => ci::files(&folder)?,
            false => Vec::new(),
        };
        let mut wishes = self.wishes();
        if asks {
            wishes.ask(&mut io::stdin().lock(), |text| out.note(text))?;
        }
        let settings = folder.join("keyrail.toml");
        let files = files(&wishes, extent)?.into_iter();
        let mut files: Vec<(PathBuf, String)> = files
            .map(|(file, text)| (folder.join(file), text))
            .collect();
        if settings.exists() {
            // It would be the stamp of a bundle that is not there.
            files.retain(|(path, _)| *path != folder.join("keyrail.stamp"));
        }
        files.extend(beside);
        let (mut wrote, mut list) = (0_usize, String::new());
        let mut settings_kept = false;
        for (path, text) in &files {
            let is_new = write_if_missing(path, text)?;
            wrote += usize::from(is_new);
            settings_kept |= !is_new && *path == settings;
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
fn files(wishes: &Wishes, extent: Extent) -> Result<Vec<(String, String)>, Failure> {
    let settings = match extent {
        Extent::Full => settings::full(wishes),
        Extent::Short => settings::short(wishes),
    };
    check(&settings, extent)?;
    let mut files = vec![("keyrail.toml".to_owned(), settings)];
    let owned = |(file, text): (&str, &str)| (file.to_owned(), text.to_owned());
    let mut tests: Vec<(String, String)> = Vec::new();
    match extent {
        Extent::Full => {
            files.extend(Bundle::embedded_files().iter().map(owned));
            tests.extend(Bundle::embedded_tests().map(owned));
        }
        Extent::Short => {
            tests.push(owned((
                "tests/example.yaml",
                include_str!("init/tests.yaml"),
            )));
        }
    }
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
    if extent == Extent::Short {
        files.push(("keyrail.stamp".to_owned(), stamp(&files)?));
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

/// What the default bundle was when the bundle began, for `keyrail upgrade`.
fn stamp(files: &[(String, String)]) -> Result<String, Failure> {
    let stamp = files.iter().cloned().collect::<Files>().check().stamp();
    stamp.map_err(|error| Failure::bug(format!("the stamp cannot be written: {error}")))
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
fn check(settings: &str, extent: Extent) -> Result<(), Failure> {
    let defaults = match extent {
        Extent::Full => Bundle::embedded_files(),
        Extent::Short => Files::default(),
    };
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
        let uncommented = |text: String| -> String {
            text.lines()
                .map(|line| match line.strip_prefix('#') {
                    Some(rest) if rest.starts_with(|c: char| c == '[' || c.is_alphabetic()) => rest,
                    _ => line,
                })
                .flat_map(|line| [line, "\n"])
                .collect()
        };
        let text = uncommented(settings::full(&Wishes::default()));
        assert_eq!(
            check(&text, Extent::Full).map_err(|failure| failure.message),
            Ok(())
        );
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
        let text = uncommented(settings::short(&Wishes::default()));
        assert_eq!(
            check(&text, Extent::Short).map_err(|failure| failure.message),
            Ok(())
        );
        for part in [
            "\n[default]\n",
            "\nwithout = [",
            "\nmode = ",
            "\n[guardrails.access-key-issued]\n",
            "\n[accounts.111122223333]\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
