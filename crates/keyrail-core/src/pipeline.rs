//! The whole program in two functions.
//!
//! [`examine`] is pure, and is all that offline commands run. [`respond`] is the
//! same and then acts. So the same bytes take the same path in production and on
//! a laptop.

use crate::activity::Activity;
use crate::alert::{Alert, Notifier, NotifyError};
use crate::bundle::Bundle;
use crate::circumstances::Circumstances;
use crate::event::Event;
use crate::outcome::{Effects, carry_out};
use crate::plan::Plan;
use crate::report::Report;

/// What an event means, what the bundle says about it, and what would follow.
#[must_use]
pub fn examine(event: Event, bundle: &Bundle, circumstances: &Circumstances) -> Report {
    let activity = Activity::interpret(&event, circumstances);
    let verdict = bundle.judge(&activity, circumstances);
    let plan = Plan::draw(&activity, &verdict);
    Report::new(event, activity, verdict, plan, bundle.version.clone())
}

/// Examines an event, carries out the plan, and tells of it.
///
/// The alert is sent whatever became of the plan.
pub async fn respond(
    event: Event,
    bundle: &Bundle,
    circumstances: &Circumstances,
    aws: &(impl Effects + Notifier),
) -> Response {
    let mut report = examine(event, bundle, circumstances);
    report.outcomes = carry_out(&report.plan, aws).await;
    let sent = match report.is_alerting() {
        true => Some(aws.send(&Alert::compose(&report)).await),
        false => None,
    };
    Response { report, sent }
}

/// What became of an event.
#[derive(Debug)]
pub struct Response {
    /// Everything about it.
    pub report: Report,
    /// Whether the alert was sent; `None` if there was nothing to tell.
    pub sent: Option<Result<(), NotifyError>>,
}
