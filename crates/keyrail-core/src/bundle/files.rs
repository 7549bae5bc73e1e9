//! The files of a bundle: found in a folder, identified by their content, and read.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::default::{DEFAULT, catalogue};
use super::diagnostic::{Diagnostic, Source, nearest};
use super::names::{EXEMPTIONS, GUARDRAILS, ORGANIZATION, SETTINGS, STAMP};
use super::settings::Settings;
use crate::digest;

/// The files of a bundle: path within the bundle, and text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    texts: BTreeMap<String, String>,
    faults: Vec<Diagnostic>,
}

impl Files {
    /// Reads the files of the bundle in a folder. `list` gives the names in a
    /// subfolder, or in the folder itself for `""`; `read` gives the text of a file.
    /// What cannot be read, and what nobody would look for there, is a mistake.
    pub fn gather(
        list: impl Fn(&str) -> io::Result<Vec<String>>,
        read: impl Fn(&str) -> io::Result<String>,
    ) -> Self {
        let mut files = Self::default();
        let top = match list("") {
            Ok(top) => top,
            Err(error) => {
                files.fault(
                    ".",
                    "unreadable",
                    format!("the folder cannot be read: {error}"),
                );
                return files;
            }
        };
        for name in top {
            match name.as_str() {
                SETTINGS | ORGANIZATION | STAMP => files.read(&name, &read),
                GUARDRAILS | EXEMPTIONS => files.gather_policies(&name, &list, &read),
                other => {
                    let known = [
                        SETTINGS,
                        ORGANIZATION,
                        GUARDRAILS,
                        EXEMPTIONS,
                        "tests",
                        "properties",
                    ];
                    if let (Some(near), false) = (nearest(other, known), known.contains(&other)) {
                        let message = format!("`{other}` is not part of a bundle");
                        let fault = Source {
                            name: other,
                            text: "",
                        }
                        .error("unknown-file", (0, 0), message);
                        files
                            .faults
                            .push(fault.help(format!("did you mean `{near}`?")));
                    }
                }
            }
        }
        files
    }

    fn gather_policies(
        &mut self,
        folder: &str,
        list: &impl Fn(&str) -> io::Result<Vec<String>>,
        read: &impl Fn(&str) -> io::Result<String>,
    ) {
        let names = match list(folder) {
            Ok(names) => names,
            Err(error) => {
                self.fault(
                    folder,
                    "unreadable",
                    format!("the folder cannot be read: {error}"),
                );
                return;
            }
        };
        for name in names {
            let file = format!("{folder}/{name}");
            let extension = Path::new(&name).extension();
            if extension.is_some_and(|extension| extension == "cedar") {
                self.read(&file, read);
            } else {
                self.fault(
                    &file,
                    "unknown-file",
                    "it is not a `.cedar` file".to_owned(),
                );
            }
        }
    }

    fn read(&mut self, file: &str, read: &impl Fn(&str) -> io::Result<String>) {
        match read(file) {
            Ok(text) => {
                // Some editors begin a file with a mark that nobody sees.
                let text = text
                    .strip_prefix('\u{feff}')
                    .map(str::to_owned)
                    .unwrap_or(text);
                self.texts.insert(file.to_owned(), text);
            }
            Err(error) => self.fault(file, "unreadable", format!("it cannot be read: {error}")),
        }
    }

    fn fault(&mut self, file: &str, code: &'static str, message: String) {
        let source = Source {
            name: file,
            text: "",
        };
        self.faults.push(source.error(code, (0, 0), message));
    }

    /// What could not be read, and what does not belong there.
    pub(super) fn faults(&self) -> &[Diagnostic] {
        &self.faults
    }

    /// The text of a file, by its path within the bundle.
    #[must_use]
    pub fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(file).map(String::as_str)
    }

    /// Each file's path within the bundle and its text, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pair = |(file, text)| (String::as_str(file), String::as_str(text));
        self.texts.iter().map(pair)
    }

    /// The files of policies in a folder, with their texts.
    pub(super) fn policies<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = Source<'a>> {
        self.texts
            .iter()
            .filter(move |(name, _)| {
                name.strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
            .map(|(name, text)| Source { name, text })
    }

    /// What identifies the bundle in alerts: the beginning of the SHA-256 of its files; of one
    /// that builds on the default bundle, also of that, and it says of which keyrail.
    pub(super) fn version(&self, settings: &Settings) -> String {
        let content = self.iter().filter(|(name, _)| *name != STAMP);
        if settings.default.is_none() {
            return fingerprint(content);
        }
        let default = catalogue().values().map(|entry| (entry.id, entry.text));
        let keyrail = env!("CARGO_PKG_VERSION");
        let digest = fingerprint(content.chain(default).chain([("keyrail", keyrail)]));
        format!("{digest} on keyrail {keyrail}")
    }

    /// Whether they are exactly those of the bundle that is compiled in.
    pub(super) fn are_embedded(&self) -> bool {
        let content = self.iter().filter(|(name, _)| *name != STAMP);
        content.eq(DEFAULT.iter().copied())
    }
}

/// Lengths go in with the texts, so that no two sets of files give the same bytes.
fn fingerprint<'f>(content: impl Iterator<Item = (&'f str, &'f str)>) -> String {
    let mut bytes = Vec::new();
    for text in content.flat_map(|(name, text)| [name, text]) {
        bytes.extend(text.len().to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    digest::short(&bytes)
}

impl FromIterator<(String, String)> for Files {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(files: T) -> Self {
        Self {
            texts: files.into_iter().collect(),
            faults: Vec::new(),
        }
    }
}
