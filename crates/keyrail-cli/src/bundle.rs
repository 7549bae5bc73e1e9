//! Finding and loading the bundle that a command is to work with.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use ipnet::IpNet;
use keyrail_core::Bundle;
use keyrail_core::bundle::{Files, settings};

use crate::exit::Failure;

/// Which bundle to judge with; shared by the commands that judge.
#[derive(Debug, clap::Args)]
pub(crate) struct BundleArgs {
    /// Folder of the bundle; without it, the default bundle
    #[arg(long, value_name = "DIR", env = "KEYRAIL_BUNDLE")]
    bundle: Option<PathBuf>,
}

pub(crate) const FOLDER_HELP: &str =
    "Folder of the bundle; without it, the nearest folder upwards with a `keyrail.toml`";

impl BundleArgs {
    pub(crate) fn load(&self) -> Result<Bundle, Failure> {
        let folder = self.bundle.as_ref();
        let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) else {
            return Bundle::embedded().map_err(|error| {
                Failure::bug(format!("the default bundle does not load: {error}"))
            });
        };
        load(&self::folder(Some(folder))?)
    }

    /// That another bundle is nearer than the one that answers, if so.
    pub(crate) fn caution(&self) -> Option<String> {
        let named = self.bundle.as_deref();
        if named.is_some_and(|folder| !folder.as_os_str().is_empty()) {
            return None;
        }
        let folder = folder(None).ok()?;
        let folder = folder.display();
        Some(format!(
            "note: the default bundle answers; `--bundle {folder}` asks the one that you are in\n"
        ))
    }
}

/// The bundle in a folder.
pub(crate) fn load(folder: &Path) -> Result<Bundle, Failure> {
    files(folder).check().into_bundle().map_err(|error| {
        let faults: Vec<String> = error.diagnostics.iter().map(ToString::to_string).collect();
        let (folder, faults) = (folder.display(), faults.join("\n  "));
        Failure::input(format!(
            "the bundle in `{folder}` does not load:\n  {faults}"
        ))
        .help(format!(
            "`keyrail validate {folder}` shows where, and what to do"
        ))
    })
}

/// The same, if all of its policies are of the schema: others cannot be evaluated.
#[cfg(feature = "prove")]
pub(crate) fn load_typed(folder: &Path) -> Result<Bundle, Failure> {
    let mut checked = files(folder).check();
    checked.lint(None);
    let is_wrong = |code: &str| matches!(code, "attribute-by-name" | "cedar-type");
    let mut wrong = checked.diagnostics.iter();
    if let Some(wrong) = wrong.find(|diagnostic| is_wrong(diagnostic.code)) {
        let folder = folder.display();
        let message = format!("the bundle in `{folder}` is not valid:\n  {wrong}");
        let help = format!("`keyrail validate {folder}` shows where, and what to do");
        return Err(Failure::input(message).help(help));
    }
    load(folder)
}

/// The folder that is named, or the nearest one upwards that holds settings.
pub(crate) fn folder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(folder) = named.filter(|folder| !folder.as_os_str().is_empty()) {
        return match folder.is_dir() {
            true => Ok(folder.to_owned()),
            false => Err(Failure::input(format!(
                "there is no folder `{}`",
                folder.display()
            ))),
        };
    }
    let here = env::current_dir()
        .map_err(|error| Failure::outside(format!("the current folder is not known: {error}")))?;
    here.ancestors()
        .find(|folder| folder.join("keyrail.toml").is_file())
        .map(Path::to_owned)
        .ok_or_else(|| {
            Failure::input("there is no bundle here: no `keyrail.toml` in this folder or above")
                .help("name its folder, or make one with `keyrail init`")
        })
}

/// The files of the bundle in a folder.
pub(crate) fn files(folder: &Path) -> Files {
    Files::gather(
        |below| names(&folder.join(below)),
        |file| text_of(&folder.join(file)),
    )
}

/// The text of a file that somebody wrote; the error says what stands there instead.
pub(crate) fn text_of(path: &Path) -> io::Result<String> {
    let kind = fs::metadata(path)?;
    if kind.is_dir() {
        return Err(io::Error::other("a folder stands where a file belongs"));
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    String::from_utf8(fs::read(path)?).map_err(|error| {
        let until = error.utf8_error().valid_up_to();
        let valid = error.as_bytes().get(..until).unwrap_or_default();
        let line = String::from_utf8_lossy(valid).matches('\n').count() + 1;
        let encoding = match error.as_bytes() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => ", but UTF-16",
            _ => "",
        };
        io::Error::other(format!("line {line} is not UTF-8{encoding}"))
    })
}

/// Whether a file's name has one of these extensions.
pub(crate) fn has_extension(name: &str, extensions: &[&str]) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|found| extensions.iter().any(|wanted| found == *wanted))
}

/// The names in a folder, in order.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// `office=198.51.100.0/24`: a named network, as options have it.
pub(crate) fn network(text: &str) -> Result<(String, IpNet), String> {
    let (name, range) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or("write it as `name=range`, such as `office=198.51.100.0/24`")?;
    Ok((name.to_owned(), settings::range(range)?))
}
