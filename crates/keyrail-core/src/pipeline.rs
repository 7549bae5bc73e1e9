//! The whole program, by its ways in.
//!
//! [`examine`] is pure, and is all that offline commands run. [`respond`] is the
//! same and then acts. So the same bytes take the same path in production and on
//! a laptop. What keyrail has put into its own queue comes back by two more:
//! [`recheck`] looks again at what was contained, and [`follow_up`] tells how often
//! something happened that was counted instead of told.

use futures_util::future::join;

use self::afterwards::{Claimed, afterwards};
use self::counting::{tell_or_count, window_of};
use self::look_up::look_up;
use self::recall::{Bearing, keep_to_the_limit, recall};
use crate::activity::Activity;
use crate::alert::{Alert, Notifier};
use crate::bundle::Bundle;
use crate::circumstances::Circumstances;
use crate::effects::Effects;
use crate::event::Event;
use crate::history::History;
use crate::judge::Verdict;
use crate::outcome::carry_out;
use crate::plan::{Bounds, Plan};
use crate::queue::Queue;
use crate::report::Report;
use crate::state::{Claim, Claimant, Fact, State, launch_to_judge_again};

pub use self::counting::follow_up;
pub use self::look_again::{Looked, recheck};
pub use self::response::{Handled, Response};

mod afterwards;
mod counting;
mod look_again;
mod look_up;
mod not_known;
mod recall;
mod response;

/// What an event means, what the bundle says about it, and what would follow.
#[must_use]
pub fn examine(event: Event, bundle: &Bundle, circumstances: &Circumstances) -> Report {
    let activity = Activity::interpret(&event, &circumstances.deployment, &circumstances.known);
    let (verdict, plan) = judged(&activity, bundle, circumstances);
    Report::new(event, activity, verdict, plan, bundle)
}

fn judged(activity: &Activity, bundle: &Bundle, circumstances: &Circumstances) -> (Verdict, Plan) {
    let verdict = bundle.judge(activity, circumstances.mode, circumstances.known.now);
    let now = circumstances.known.now;
    let bounds = Bounds::new(&bundle.settings, &circumstances.deployment, now);
    let plan = Plan::draw(activity, &verdict, bounds);
    (verdict, plan)
}

/// Examines an event, carries out the plan, and tells of it.
///
/// The alert is sent whatever became of the plan. `by` claims the event in the state table.
pub async fn respond(
    event: Event,
    bundle: &Bundle,
    circumstances: &Circumstances,
    by: &Claimant,
    aws: &(impl Effects + Notifier + State + Queue),
) -> Response {
    let mut circumstances = circumstances.clone();
    circumstances.known.now = Some(aws.now());
    let mut report = examine(event, bundle, &circumstances);
    let mut again = None;
    let mut claimed = None;
    let bearing = match aws.has_table() {
        true => Bearing::of(&report),
        false => None,
    };
    if let Some(bearing) = bearing {
        let recalled = recall(&report, &bearing, by, aws).await;
        match recalled.claim {
            Some(Claim::Done) => return Response::of(report, Handled::Before),
            Some(Claim::Elsewhere) => return Response::of(report, Handled::Elsewhere),
            // Where the table did not answer it may have taken the claim all the same.
            Some(Claim::Mine) | None => {}
        }
        let lasts = report.event.claim_lasts();
        claimed = report
            .event
            .claim()
            .map(|event| Claimed { event, by, lasts });
        if !bearing.subjects.is_empty() {
            // What is remembered of this very event is not what came before it.
            let mut before = recalled.memories.clone();
            before.retain(|memory| {
                let is_own = Some(&memory.event) == report.event.id.as_ref();
                !(is_own && matches!(memory.fact, Fact::Contained | Fact::Launched { .. }))
            });
            circumstances.known.history = Some(History::of(&before));
            report = examine(report.event, bundle, &circumstances);
            again = launch_to_judge_again(&report.activity, &recalled.memories);
        }
        report.not_known = recalled.not_known;
    }
    let lookups = bundle.lookups_for(&report.verdict);
    if !lookups.is_empty() {
        look_up(&mut report, &lookups, aws).await;
        (report.verdict, report.plan) = judged(&report.activity, bundle, &circumstances);
    }
    if aws.has_table() {
        keep_to_the_limit(&mut report, bundle, aws).await;
    }
    let protected = &bundle.settings.protect;
    let carrying_out = carry_out(&report.plan, protected, report.event.id.as_deref(), aws);
    let (outcomes, window) = join(carrying_out, window_of(&report, bundle, aws)).await;
    report.outcomes = outcomes;
    let mut response = match window {
        None if report.is_alerting() => tell(report, aws).await,
        None => Response::new(report, None),
        Some(window) => tell_or_count(report, window, aws).await,
    };
    response.again = again;
    afterwards(&mut response, claimed.as_ref(), 0, aws).await;
    response
}

/// Sends the alert of a report to everybody at the same time.
async fn tell(report: Report, aws: &impl Notifier) -> Response {
    let alert = Alert::compose(&report);
    let (sent, chat) = join(aws.send(&alert), aws.send_to_chat(&alert)).await;
    drop(alert);
    Response {
        chat_failed: chat.err(),
        ..Response::new(report, Some(sent))
    }
}
