//! The bundle that is compiled in, as its files are; and its policies in Cedar's JSON form,
//! which takes a quarter of the time to read.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::guardrail::steps;
use super::split;
use super::strength::Strength;
use crate::words::StepName;

macro_rules! default_bundle {
    ($($name:literal),*) => {
        /// Guardrails of the default bundle, by their paths in it, in order.
        pub(super) const DEFAULT: &[(&str, &str)] = &[$((
            concat!("guardrails/", $name, ".cedar"),
            include_str!(concat!("../../default-bundle/guardrails/", $name, ".cedar")),
        )),*];

        /// Their tests, which `keyrail init --full` writes out.
        pub(super) const DEFAULT_TESTS: &[(&str, &str)] = &[$((
            concat!("tests/", $name, ".yaml"),
            include_str!(concat!("../../default-bundle/tests/", $name, ".yaml")),
        )),*];
    };
}

/// Its properties, which `keyrail prove` proves.
pub(super) const DEFAULT_PROPERTIES: &[(&str, &str)] = &[(
    "properties/always.cedar",
    include_str!("../../default-bundle/properties/always.cedar"),
)];

default_bundle!(
    "access-keys",
    "compute",
    "credentials",
    "doors",
    "reports",
    "rights",
    "root",
    "sign-in",
    "tampering"
);

/// What only the strength `strict` adds: a folder of its own, so that the default bundle as its
/// files are stays what is recommended.
const STRICT: &[(&str, &str)] = &[(
    "guardrails/strict.cedar",
    include_str!("../../strict-bundle/guardrails/strict.cedar"),
)];

/// For each policy of both a line: its id, and what Cedar's JSON form of it is. A test compares
/// it with the texts, and writes it anew with `KEYRAIL_UPDATE=1`.
pub(super) const COMPILED: &str = include_str!("default/policies.jsonl");

/// A guardrail of the default bundle.
#[derive(Debug)]
pub(super) struct Entry<'e> {
    pub id: &'e str,
    /// The file that it stands in.
    pub file: &'e str,
    pub text: &'e str,
    /// Cedar's JSON form of it; empty if that is not known.
    pub json: &'e str,
    pub strength: Strength,
    /// Ids that it had before, or shares in what they were.
    pub replaces: Vec<&'e str>,
}

/// Guardrails by their ids.
pub(super) type Catalogue<'e> = BTreeMap<&'e str, Entry<'e>>;

/// All guardrails of the default bundle, of whatever strength.
pub(super) fn catalogue() -> &'static Catalogue<'static> {
    &CATALOGUE
}

/// The guardrails that an id stands for: the one that has it, or those that have come in its
/// place.
pub(super) fn named<'c, 'e>(catalogue: &'c Catalogue<'e>, id: &str) -> Vec<&'c Entry<'e>> {
    match catalogue.get(id) {
        Some(entry) => vec![entry],
        None => catalogue
            .values()
            .filter(|entry| entry.replaces.contains(&id))
            .collect(),
    }
}

impl<'e> Entry<'e> {
    pub(super) fn of(file: &'e str, text: &'e str, json: &'e str) -> Self {
        let strength = annotation(text, "strength").and_then(|word| word.parse().ok());
        let replaces = annotation(text, "replaces").unwrap_or_default();
        Self {
            id: annotation(text, "id").unwrap_or_default(),
            file,
            text,
            json,
            strength: strength.unwrap_or_default(),
            replaces: replaces.split_whitespace().collect(),
        }
    }

    /// The steps by which it contains, as its text has them.
    pub(super) fn respond(&self) -> Vec<StepName> {
        steps(annotation(self.text, "respond").unwrap_or_default()).unwrap_or_default()
    }
}

static CATALOGUE: LazyLock<Catalogue<'static>> = LazyLock::new(|| {
    let compiled = COMPILED.lines().filter_map(|line| line.split_once(' '));
    let compiled: BTreeMap<&str, &str> = compiled.collect();
    let files = DEFAULT.iter().chain(STRICT);
    let entries = files.flat_map(|(file, whole)| {
        let texts = split::policies(whole).into_iter();
        texts.map(|(start, end)| (*file, whole.get(start..end).unwrap_or_default()))
    });
    entries
        .map(|(file, text)| {
            let mut entry = Entry::of(file, text, "");
            entry.json = compiled.get(entry.id).copied().unwrap_or_default();
            (entry.id, entry)
        })
        .collect()
});

/// Cedar's JSON form of a policy, if that is one of the default bundle's to the letter.
pub(super) fn compiled(text: &str) -> Option<&'static str> {
    let entry = CATALOGUE.get(annotation(text, "id")?)?;
    (entry.text == text && !entry.json.is_empty()).then_some(entry.json)
}

/// What an annotation says that stands on a line of its own, as those of the default bundle do.
fn annotation<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let says = |line: &'t str| {
        let rest = line.strip_prefix('@')?.strip_prefix(name)?;
        rest.strip_prefix("(\"")?.strip_suffix("\")")
    };
    text.lines().find_map(says)
}
