//! How to take back what was done.

use crate::change::Change;
use crate::report::Report;
use crate::taxonomy::Kind;

/// The calls that take back what was done, the last first.
pub(super) fn undo(report: &Report) -> Vec<String> {
    let changes = report.outcomes.iter().flat_map(|outcome| &outcome.changes);
    let changes: Vec<&Change> = changes.collect();
    let is_about_a_key = changes.iter().any(|change| change.key().is_some());
    let is_exposed = report.activity.kind == Kind::Exposure && is_about_a_key;
    let back = changes
        .iter()
        .rev()
        .filter(|change| !is_exposed || change.key().is_none())
        .map(|change| match (change.inverse(), change.instead()) {
            (Some(inverse), _) => inverse.to_string(),
            (None, Some(instead)) => format!("the password is gone; a new one: {instead}"),
            (None, None) => "a deleted key cannot be restored".to_owned(),
        });
    let back: Vec<String> = back.collect();
    if !is_about_a_key {
        return back;
    }
    let first = match is_exposed {
        true => "The key is in other hands: do not activate it. Its user needs another credential.",
        false => {
            "Only once you know that it was legitimate: keyrail undo ALERT.json --apply (ALERT.json is this alert as JSON, which queues and HTTPS subscriptions get). It records a release: a key that is activated without one is stopped again, and its user may be denied everything. Only where keyrail does not run any more, by hand:"
        }
    };
    [first.to_owned()].into_iter().chain(back).collect()
}
