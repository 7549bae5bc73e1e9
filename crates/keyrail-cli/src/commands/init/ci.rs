//! What checks a bundle in continuous integration, and before it is committed.

use std::path::{Component, Path, PathBuf};

use crate::exit::Failure;

/// The files, for a bundle in a folder below this one.
pub(super) fn files(bundle: &Path) -> Result<Vec<(PathBuf, String)>, Failure> {
    let parts: Option<Vec<&str>> = bundle.components().filter_map(part).collect();
    let is_plain = |part: &&str| {
        part.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let parts = parts.filter(|parts| parts.iter().all(|part| is_plain(part)));
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

/// A folder's name; `None` within for what leads elsewhere.
fn part(component: Component<'_>) -> Option<Option<&str>> {
    match component {
        Component::CurDir => None,
        Component::Normal(name) => Some(name.to_str()),
        Component::ParentDir | Component::Prefix(_) | Component::RootDir => Some(None),
    }
}
