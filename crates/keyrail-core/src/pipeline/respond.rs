//! From an event to an alert.

use futures_util::future::join;

use super::Response;
use super::counting::{Opened, tell_or_count, window_of};
use super::examine::Examined;
use super::hear::hear;
use super::limit::keep_to_the_limit;
use super::look_up::look_up;
use super::recall::{Recalled, recall};
use super::remember::remember;
use super::tell::tell;
use crate::alert::Notifier;
use crate::bundle::Bundle;
use crate::circumstances::{Known, Setup};
use crate::effects::Effects;
use crate::event::Event;
use crate::outcome::execute;
use crate::queue::Queue;
use crate::recheck::FIRST_ROUND;
use crate::report::Report;
use crate::state::{Claimant, State};

/// Examines an event, carries out the plan, and tells of it.
///
/// Each stage takes what the one before has made, and only the last judgement is acted on: claimed
/// and recalled, looked up, limited, carried out, told, remembered. The alert is sent whatever
/// became of the plan. `by` claims the event in the state table. The largest stages are boxed: each
/// holds all that it is about.
pub async fn respond(
    event: Event,
    setup: Setup<'_>,
    by: &Claimant,
    aws: &(impl Effects + Notifier + State + Queue),
) -> Response {
    let bundle = setup.bundle;
    let now = aws.now();
    let known = Known {
        now: Some(now),
        ..Known::default()
    };
    let examined = Examined::of(event, setup, &known);
    if examined.activity.beat.is_some() {
        return hear(examined, bundle, now, aws).await;
    }
    let recalled = match recall(examined, setup, now, by, aws).await {
        Ok(recalled) => recalled,
        Err(duplicate) => {
            return Response::of(duplicate.examined.report(bundle), duplicate.handled);
        }
    };
    let Recalled {
        examined,
        claimed,
        again,
        not_known,
    } = recalled;
    let looked_up = look_up(examined, setup, now, aws).await;
    let decided = keep_to_the_limit(looked_up, not_known, bundle, aws).await;
    let carried_out = Box::pin(CarriedOut::of(decided, bundle, aws)).await;
    let told = Box::pin(carried_out.told(aws)).await;
    let remembered = remember(told, claimed.as_ref(), FIRST_ROUND, aws).await;
    Response {
        again,
        ..remembered
    }
}

/// A report with what became of its plan, and the window that may count it.
struct CarriedOut {
    report: Report,
    window: Option<Opened>,
}

impl CarriedOut {
    async fn of(decided: Report, bundle: &Bundle, aws: &(impl Effects + State + Queue)) -> Self {
        let protected = &bundle.settings.protect;
        let event = decided.event.id.as_deref();
        let executing = execute(&decided.plan, protected, event, aws);
        let (outcomes, window) = join(executing, window_of(&decided, bundle, aws)).await;
        let report = Report {
            outcomes,
            ..decided
        };
        Self { report, window }
    }

    async fn told(self, aws: &(impl Notifier + State)) -> Response {
        match self.window {
            None if self.report.is_alerting() => tell(self.report, aws).await,
            None => Response::new(self.report, None),
            Some(window) => tell_or_count(self.report, window, aws).await,
        }
    }
}
