//! Settings by which guardrails mean something else: what another bundle caught by other
//! ones is not compared.

use keyrail_core::{Bundle, Deployment};

use crate::claim::Kind;
use crate::finding::{Finding, Proof};

/// One finding for each of them that differs; nobody knows what is lost by that.
pub(crate) fn changed(bundle: &Bundle, old: &Bundle) -> impl Iterator<Item = Finding> {
    let surge = |bundle: &Bundle| Deployment::of(bundle).surge;
    let differs = [
        (
            "[networks]",
            bundle.settings.networks != old.settings.networks,
        ),
        ("[correlation]", surge(bundle) != surge(old)),
        ("the organization", bundle.organization != old.organization),
    ];
    let differs = differs.into_iter().filter(|(_, differs)| *differs);
    differs.map(|(what, _)| Finding {
        kind: Kind::Superset,
        says: format!("{what} differs, and what was caught by it is not compared"),
        about: vec![what.to_owned()],
        result: Proof::Unknown,
        counterexample: None,
        wrong_for: Vec::new(),
        millis: 0,
    })
}
