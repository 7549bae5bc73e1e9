//! The whole program in two functions.
//!
//! [`examine`] is pure, and is all that offline commands run. [`respond`] is the
//! same and then acts. So the same bytes take the same path in production and on
//! a laptop.

use std::collections::BTreeSet;

use crate::activity::Activity;
use crate::alert::{Alert, Notifier, NotifyError};
use crate::bundle::Bundle;
use crate::circumstances::Circumstances;
use crate::event::Event;
use crate::lookup::{Lookup, UserFacts};
use crate::outcome::{EffectErrorKind, Effects, carry_out};
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
    let lookups = bundle.lookups_for(&report.verdict);
    if !lookups.is_empty() {
        look_up(&mut report.activity, &lookups, aws).await;
        report.verdict = bundle.judge(&report.activity, circumstances);
        report.plan = Plan::draw(&report.activity, &report.verdict);
    }
    report.outcomes = carry_out(&report.plan, aws).await;
    let sent = match report.is_alerting() {
        true => Some(aws.send(&Alert::compose(&report)).await),
        false => None,
    };
    Response { report, sent }
}

/// Looks up what policies need to know of the users in an activity. What cannot be
/// looked up stays unknown, and the policies undecided.
async fn look_up(activity: &mut Activity, lookups: &BTreeSet<Lookup>, aws: &impl Effects) {
    let users = activity.users_in_it();
    let asked = users.into_iter().filter_map(|(account, name)| {
        let (account_id, user) = (account.parse().ok()?, name.parse().ok()?);
        let arn = activity.user_arn(account, name);
        Some(async move { (arn, aws.user_facts(&account_id, &user, lookups).await) })
    });
    let answers = futures_util::future::join_all(asked).await;
    for (arn, answer) in answers {
        let facts = match answer {
            Ok(facts) => facts,
            // A user that is gone has no tags, and is in no group.
            Err(error) if error.kind == EffectErrorKind::Gone => UserFacts {
                known: lookups.clone(),
                ..UserFacts::default()
            },
            Err(error) => {
                activity.lookup_faults.push(error.message);
                continue;
            }
        };
        activity.users.insert(arn, facts);
    }
}

/// What became of an event.
#[derive(Debug)]
pub struct Response {
    /// Everything about it.
    pub report: Report,
    /// Whether the alert was sent; `None` if there was nothing to tell.
    pub sent: Option<Result<(), NotifyError>>,
}
