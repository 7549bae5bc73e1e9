//! The limit of containments in an account.

use super::examine::Examined;
use super::not_known::{Unknown, not_known};
use crate::bundle::Bundle;
use crate::plan::Withheld;
use crate::report::Report;
use crate::state::State;

/// Counts a containment, if the bundle sets a limit for the account, and withholds it
/// beyond that. Where nobody can count it is carried out.
pub(super) async fn keep_to_the_limit(
    looked_up: Examined,
    unknown: Vec<String>,
    bundle: &Bundle,
    state: &impl State,
) -> Report {
    let mut report = Report {
        not_known: unknown,
        ..looked_up.report(bundle)
    };
    if !state.has_table() {
        return report;
    }
    let most = bundle.settings.limits.containments_per_hour;
    let account = report
        .plan
        .effects()
        .next()
        .map(|(_, effect)| effect.account.clone());
    let (Some(most), Some(account), Some(event)) = (most, account, report.event.claim()) else {
        return report;
    };
    match state.count(&account, &event, most).await {
        Ok(true) => {}
        Ok(false) => report.plan.withhold(Withheld::Limit),
        Err(error) => {
            let unknown = not_known(Unknown::Limit, &error.message);
            report.not_known.push(unknown);
        }
    }
    report
}
