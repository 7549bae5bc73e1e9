//! Loading the bundle that a command is to work with.

use std::fs;
use std::path::{Path, PathBuf};

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
        let loaded = match &self.bundle {
            Some(folder) => Bundle::load(&read(folder)?),
            None => Bundle::embedded(),
        };
        loaded.map_err(|error| {
            let folder = self
                .bundle
                .as_deref()
                .unwrap_or(Path::new("the default bundle"));
            let faults = error.faults.join("\n  ");
            Failure::input(format!(
                "the bundle in `{}` does not load:\n  {faults}",
                folder.display()
            ))
        })
    }
}

fn read(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let guardrails = folder.join("guardrails");
    let cannot = |path: &Path, error: std::io::Error| {
        Failure::input(format!("cannot read `{}`: {error}", path.display()))
            .help("a bundle is a folder with policies in `guardrails/*.cedar`")
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(&guardrails).map_err(|error| cannot(&guardrails, error))? {
        let path = entry.map_err(|error| cannot(&guardrails, error))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "cedar")
        {
            let text = fs::read_to_string(&path).map_err(|error| cannot(&path, error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.push((format!("guardrails/{name}"), text));
        }
    }
    Ok(files)
}
