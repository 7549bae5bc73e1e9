//! Loading a bundle: the one that is compiled in, or one from files.

use super::content::Bundle;
use super::default::{DEFAULT, DEFAULT_PROPERTIES, DEFAULT_TESTS};
use super::diagnostic::LoadBundleError;
use super::files::Files;

impl Bundle {
    /// The bundle that is compiled in.
    ///
    /// # Errors
    ///
    /// None as released: a test loads it.
    pub fn embedded() -> Result<Self, LoadBundleError> {
        let mut bundle = Self::embedded_files().check().into_bundle()?;
        bundle.version.insert_str(0, "default ");
        Ok(bundle)
    }

    /// The files of the bundle that is compiled in.
    #[must_use]
    pub fn embedded_files() -> Files {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        DEFAULT.iter().map(owned).collect()
    }

    /// The tests of the bundle that is compiled in: each file's path in the bundle
    /// and its text. Judging does not need them.
    pub fn embedded_tests() -> impl Iterator<Item = (&'static str, &'static str)> {
        DEFAULT_TESTS.iter().copied()
    }

    /// The properties of the bundle that is compiled in: the file's path in the bundle and
    /// its text. Judging does not need them.
    pub fn embedded_properties() -> impl Iterator<Item = (&'static str, &'static str)> {
        DEFAULT_PROPERTIES.iter().copied()
    }

    /// Loads a bundle from its files: each file's name and its text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with every file, not just the first.
    pub fn load(files: &[(String, String)]) -> Result<Self, LoadBundleError> {
        files
            .iter()
            .cloned()
            .collect::<Files>()
            .check()
            .into_bundle()
    }
}
