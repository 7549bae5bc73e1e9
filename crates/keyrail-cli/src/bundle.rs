//! Loading the bundle that a command is to work with.

use std::path::{Path, PathBuf};
use std::{fs, io};

use keyrail_core::Bundle;

use crate::exit::Failure;

/// Which bundle to judge with; shared by the commands that judge.
#[derive(Debug, clap::Args)]
pub(crate) struct BundleArgs {
    /// Folder of the bundle, with its policies in `guardrails/`; without it, the default bundle
    #[arg(long, value_name = "DIR", env = "KEYRAIL_BUNDLE")]
    bundle: Option<PathBuf>,
}

impl BundleArgs {
    pub(crate) fn load(&self) -> Result<Bundle, Failure> {
        let Some(folder) = self
            .bundle
            .as_ref()
            .filter(|folder| !folder.as_os_str().is_empty())
        else {
            return Bundle::embedded().map_err(|error| {
                Failure::bug(format!("the default bundle does not load: {error}"))
            });
        };
        Bundle::gather(
            |below| names(&folder.join(below)),
            |file| fs::read_to_string(folder.join(file)),
        )
        .map_err(|error| {
            let faults = error.faults.join("\n  ");
            Failure::input(format!(
                "the bundle in `{}` does not load:\n  {faults}",
                folder.display()
            ))
            .help("a bundle is a folder with policies in `guardrails/*.cedar`")
        })
    }
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
