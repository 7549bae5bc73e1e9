//! Hearing a beat: the one event that is neither judged nor told.

use jiff::Timestamp;

use super::Response;
use super::examine::Examined;
use super::not_known::{Unknown, not_known};
use crate::bundle::Bundle;
use crate::report::Report;
use crate::state::State;

/// Keeps a beat in the table, by one write, and does nothing else. A beat that the table did not take
/// is not tried again: whoever watches will miss it, if there is not another in an hour.
pub(super) async fn hear(
    beating: Examined,
    bundle: &Bundle,
    now: Timestamp,
    state: &impl State,
) -> Response {
    let beat = beating.activity.beat.clone();
    let counted = beat.filter(|beat| beat.counts(now) && state.has_table());
    let heard = match &counted {
        Some(beat) => state.hear(beat).await,
        None => Ok(()),
    };
    let not_known = heard.err().map(|error| not_known(Unknown::Beat, &error));
    let report = Report {
        not_known: not_known.into_iter().collect(),
        ..beating.report(bundle)
    };
    Response::new(report, None)
}
