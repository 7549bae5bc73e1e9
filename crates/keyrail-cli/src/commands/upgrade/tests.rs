//! Which of a bundle's own tests come out otherwise.

use std::collections::BTreeSet;
use std::path::Path;

use keyrail_core::Bundle;
use serde::Serialize;

use super::caught::{Lost, ShownBy, difference};
use crate::commands::test::compare::differences;
use crate::suite::{Ready, Texts};

/// A test that fails now.
#[derive(Debug, Serialize)]
pub(super) struct TestChange {
    pub name: String,
    pub file: String,
    pub line: usize,
    /// Whether it passed with the default bundle that the stamp tells of; null where there is
    /// none to compare with.
    pub passed_before: Option<bool>,
    /// In words.
    pub differences: Vec<String>,
    #[serde(skip)]
    lost: Option<Lost>,
}

impl TestChange {
    pub(super) fn lost(&self) -> Option<Lost> {
        let lost = self.lost.as_ref()?;
        Some(Lost {
            shown_by: ShownBy::Test,
            says: lost.says.clone(),
            guardrails: lost.guardrails.clone(),
            steps: lost.steps.clone(),
        })
    }
}

/// Tests that fail, and whether they did before.
pub(super) fn changed(folder: &Path, before: &Bundle, now: &Bundle) -> Vec<TestChange> {
    let tried = ready(folder, now).into_iter().filter_map(|ready| {
        let (old, new) = (ready.try_with(before), ready.try_with(now));
        let found = differences(&ready.run.expect, &new, now);
        let name = ready.run.name.clone();
        (!found.is_empty()).then(|| TestChange {
            lost: difference(name.clone(), ShownBy::Test, &old, &new),
            name,
            file: ready.run.file.clone(),
            line: ready.run.place.0,
            passed_before: Some(differences(&ready.run.expect, &old, before).is_empty()),
            differences: found.iter().map(ToString::to_string).collect(),
        })
    });
    tried.collect()
}

/// Tests that fail. One that expects more to be violated than is says that it is lost.
pub(super) fn failing(folder: &Path, now: &Bundle) -> Vec<TestChange> {
    let tried = ready(folder, now).into_iter().filter_map(|ready| {
        let report = ready.try_with(now);
        let found = differences(&ready.run.expect, &report, now);
        let expected = ready.run.expect.violated.iter();
        let expected = expected.flat_map(|ids| ids.value.clone());
        let is_violated = |id: &String| report.verdict.violated.iter().any(|found| found.id == *id);
        let missing: Vec<String> = expected.filter(|id| !is_violated(id)).collect();
        (!found.is_empty()).then(|| TestChange {
            lost: (!missing.is_empty()).then(|| Lost {
                shown_by: ShownBy::Test,
                says: ready.run.name.clone(),
                guardrails: missing,
                steps: Vec::new(),
            }),
            name: ready.run.name.clone(),
            file: ready.run.file.clone(),
            line: ready.run.place.0,
            passed_before: None,
            differences: found.iter().map(ToString::to_string).collect(),
        })
    });
    tried.collect()
}

/// What a test cannot be made of is told by `keyrail validate`.
fn ready(folder: &Path, bundle: &Bundle) -> Vec<Ready> {
    let (ready, _) = Texts::of(folder).check(folder, bundle, &BTreeSet::new());
    ready
}
