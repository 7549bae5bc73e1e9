//! What checks a bundle in continuous integration, and before it is committed.

use std::path::{Component, Path, PathBuf};

use crate::exit::Failure;

/// The files, for a bundle in a folder below this one.
pub(super) fn files(bundle: &Path) -> Result<Vec<(PathBuf, String)>, Failure> {
    let is_here = |part: &Component<'_>| matches!(part, Component::CurDir);
    let parts = bundle.components().filter(|part| !is_here(part));
    let parts: Option<Vec<&str>> = parts.map(name).collect();
    let Some(parts) = parts else {
        return Err(Failure::input(format!(
            "`--ci` writes into this folder, and `{}` is not a plain path below it",
            bundle.display()
        ))
        .help("run it at the top of the repository, with the bundle\'s path from there"));
    };
    let (folder, below) = match parts.join("/") {
        whole if whole.is_empty() => (".".to_owned(), String::new()),
        folder => {
            let below = format!("^{}/", folder.replace('.', "\\."));
            (folder, below)
        }
    };
    let text = |template: &str| {
        template
            .replace("@BUNDLE@", &folder)
            .replace("@FILES@", &below)
    };
    Ok(vec![
        (
            PathBuf::from(".github/workflows/keyrail.yml"),
            text(include_str!("ci/workflow.yml")),
        ),
        (
            PathBuf::from(".pre-commit-config.yaml"),
            text(include_str!("ci/pre-commit.yaml")),
        ),
    ])
}

/// A folder's name, if it is one below and needs no quotes.
fn name(part: Component<'_>) -> Option<&str> {
    let Component::Normal(name) = part else {
        return None;
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.to_str().filter(|name| name.chars().all(is_plain))
}
