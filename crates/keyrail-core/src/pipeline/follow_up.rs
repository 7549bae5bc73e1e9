//! Telling, at the end of a window, what was counted in it.

use jiff::Timestamp;

use super::Response;
use super::tell::tell;
use crate::activity::Activity;
use crate::alert::Notifier;
use crate::bundle::Bundle;
use crate::effects::Effects;
use crate::event::{EVENT_LASTS, Event};
use crate::plan::Plan;
use crate::repeats::{FollowUp, Repeats, Tally};
use crate::report::{About, Report};
use crate::state::{Claim, ClaimEnd, Claimant, State, StateError};
use crate::words::Mode;

/// Tells how often it happened in a window; `None` if it did not happen again.
///
/// # Errors
///
/// If the table does not tell: the message must then be tried again.
pub async fn follow_up(
    follow_up: &FollowUp,
    bundle: &Bundle,
    mode: Option<Mode>,
    by: &Claimant,
    aws: &(impl Effects + State + Notifier),
) -> Result<Option<Response>, StateError> {
    let repetition = &follow_up.repetition;
    let tallied = match aws.tallied(repetition).await? {
        Some(tally) if tally == Tally::default() => return Ok(None),
        Some(tally) => tally,
        // Whether it happened again, nobody knows any more.
        None => {
            let event = &follow_up.event;
            let entry = format!("{event} what was counted is not known any more");
            Tally {
                entries: vec![entry],
                more: 0,
            }
        }
    };
    // Of several that were promised for one window, one is told.
    let claim = format!("follow-up {} {}", repetition.key(), repetition.until);
    match aws.claim(&claim, by, EVENT_LASTS).await? {
        Claim::Done => return Ok(None),
        Claim::Elsewhere => {
            return Err(StateError {
                message: "another invocation is at this follow-up".to_owned(),
                cause: None,
            });
        }
        Claim::Mine => {}
    }
    let repeats = Repeats {
        follow_up: follow_up.clone(),
        tallied: tallied.entries,
        more: tallied.more,
    };
    let response = tell(report(repeats, bundle, mode, aws.now()), aws).await;
    let end = match response.sent {
        Some(Ok(())) => ClaimEnd::Handled,
        Some(Err(_)) | None => ClaimEnd::Open,
    };
    aws.complete_claim(&claim, by, end, EVENT_LASTS).await?;
    Ok(Some(response))
}

/// What is told of what was counted.
pub(crate) fn report(
    repeats: Repeats,
    bundle: &Bundle,
    mode: Option<Mode>,
    now: Timestamp,
) -> Report {
    let follow_up = &repeats.follow_up;
    let event = Event {
        id: Some(follow_up.event.clone()),
        account: Some(follow_up.repetition.account.clone()),
        region: follow_up.region.clone(),
        ..Event::own("FollowUp", now)
    };
    let activity = Activity {
        action: Some("keyrail:FollowUp".to_owned()),
        ..Activity::noted(&event)
    };
    let verdict = bundle.judge(&activity, mode, Some(now));
    let report = Report::new(event, activity, verdict, Plan::default(), bundle);
    Report {
        about: About::FollowUp(repeats),
        ..report
    }
}
