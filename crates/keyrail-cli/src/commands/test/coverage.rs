//! Which guardrails and exemptions the tests have seen match, and not match.

use std::collections::{BTreeMap, BTreeSet};

use keyrail_core::Bundle;
use keyrail_core::report::Report;
use serde_json::{Value, json};

/// How often each policy matched, and how often it was asked and did not.
pub(super) struct Coverage {
    guardrails: BTreeMap<String, Seen>,
    exemptions: BTreeMap<String, Seen>,
    /// Guardrails whose tests are the default bundle's.
    default: BTreeSet<String>,
}

#[derive(Default)]
struct Seen {
    matched: usize,
    /// Its scope was met, and it did not match.
    near: usize,
    /// Its scope was not met.
    far: usize,
    /// Whether anything in its scope matches, so that there is no near miss.
    has_no_conditions: bool,
}

impl Coverage {
    pub(super) fn of(bundle: &Bundle) -> Self {
        let none = |id: &str| (id.to_owned(), Seen::default());
        Self {
            guardrails: bundle.guardrail_ids().map(none).collect(),
            exemptions: bundle.exemptions.keys().map(|id| none(id)).collect(),
            default: bundle
                .guardrail_ids()
                .filter(|id| bundle.is_default(id))
                .map(str::to_owned)
                .collect(),
        }
    }

    pub(super) fn note(&mut self, bundle: &Bundle, report: &Report) {
        let activity = &report.activity;
        for (seen, reaching) in [
            (
                &mut self.guardrails,
                bundle.guardrails_reaching(activity, &report.verdict),
            ),
            (&mut self.exemptions, bundle.exemptions_reaching(activity)),
        ] {
            for reach in reaching {
                let seen = seen.entry(reach.policy).or_default();
                match (reach.satisfied, reach.in_scope) {
                    (true, _) => {
                        seen.matched += 1;
                        seen.has_no_conditions |= !reach.has_conditions;
                    }
                    (false, true) => seen.near += 1,
                    (false, false) => seen.far += 1,
                }
            }
        }
    }

    /// What has no test that it matches, or none that it does not. What is of the default
    /// bundle is tested there.
    pub(super) fn gaps(&self) -> Vec<String> {
        let of = |kind: &str, seen: &BTreeMap<String, Seen>| -> Vec<String> {
            seen.iter()
                .filter(|(id, _)| !self.default.contains(*id))
                .filter_map(|(id, seen)| {
                    let misses = seen.near > 0 || (seen.has_no_conditions && seen.far > 0);
                    let what = match (seen.matched > 0, misses) {
                        (true, true) => return None,
                        (false, true) => "no test that it matches",
                        (true, false) => {
                            "no test that it does not match, although its scope is met"
                        }
                        (false, false) => "no test",
                    };
                    Some(format!("{kind} `{id}` has {what}"))
                })
                .collect()
        };
        let mut gaps = of("guardrail", &self.guardrails);
        gaps.extend(of("exemption", &self.exemptions));
        gaps
    }

    pub(super) fn rows(&self) -> Value {
        let of = |kind: &str, seen: &BTreeMap<String, Seen>| -> Vec<Value> {
            seen.iter()
                .map(|(id, seen)| {
                    json!({"policy": id, "kind": kind, "matched": seen.matched, "missed_in_scope": seen.near})
                })
                .collect()
        };
        let mut rows = of("guardrail", &self.guardrails);
        rows.extend(of("exemption", &self.exemptions));
        Value::from(rows)
    }
}
