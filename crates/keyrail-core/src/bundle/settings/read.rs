//! `keyrail.toml` → settings.

use toml::de::DeTable;

use super::reader::Reader;
use super::values::Settings;
use crate::bundle::diagnostic::{Diagnostic, Source};

impl Settings {
    /// Reads settings, and everything that is wrong with them.
    pub(in crate::bundle) fn read(source: Source<'_>) -> (Self, Vec<Diagnostic>) {
        let (table, errors) = DeTable::parse_recoverable(source.text);
        let mut reader = Reader {
            source,
            found: Vec::new(),
        };
        for error in errors {
            let span = error.span().map_or((0, 0), |span| (span.start, span.end));
            let message = error.message().trim().replace('\n', ", ");
            reader
                .found
                .push(source.error("settings-syntax", span, format!("no TOML: {message}")));
        }
        let mut settings = reader.settings(table.get_ref());
        reader.composition(table.get_ref(), &mut settings);
        (settings, reader.found)
    }
}
