//! Telling once what happens again and again, and counting the rest.

use super::{Response, examine, tell};
use crate::alert::{Alert, Notifier};
use crate::bundle::Bundle;
use crate::circumstances::Circumstances;
use crate::effects::Effects;
use crate::english::{self, Unknown};
use crate::event::{EVENT_LASTS, Event};
use crate::queue::Queue;
use crate::repeats::{FollowUp, LONGEST_ENTRY, Repeats, Repetition, Tally, Window};
use crate::report::{Report, State as ReportState};
use crate::state::{Claim, ClaimEnd, Claimant, State, StateError};

/// A repetition, and what its window says of this event.
type Opened = (Repetition, Result<Window, StateError>);

/// Opens the window of a report that may be counted instead of told; `None` for any other.
pub(super) async fn window_of(
    report: &Report,
    bundle: &Bundle,
    aws: &(impl Effects + State + Queue),
) -> Option<Opened> {
    if !aws.has_table() || !aws.has_queue() {
        return None;
    }
    let repetition = Repetition::of(report, bundle, aws.now())?;
    let window = aws.open(&repetition, &report.event.claim()?).await;
    Some((repetition, window))
}

/// Counts a report where a window promises to tell of it, and else tells it. If the table
/// does not answer, it is told.
pub(super) async fn tell_or_count(
    mut report: Report,
    (repetition, window): Opened,
    aws: &(impl Notifier + State),
) -> Response {
    let window = match window {
        Ok(Window::Promised) if is_urgent(&report) => Ok(Window::Own),
        Ok(Window::Promised) => {
            let id = report.event.id.as_deref().unwrap_or_default();
            let mut entry = format!("{id} {}", Alert::compose(&report).in_a_line());
            entry.truncate(entry.floor_char_boundary(LONGEST_ENTRY));
            let tallied = aws.tally(&repetition, &entry).await;
            tallied.map(|is_counted| match is_counted {
                true => Window::Promised,
                false => Window::Own,
            })
        }
        other => other,
    };
    match window {
        Ok(Window::Promised) => Response {
            counted: true,
            ..Response::new(report, None)
        },
        Ok(Window::Own) => tell(report, aws).await,
        Ok(Window::New) => Response {
            follow_up: Some(repetition),
            ..tell(report, aws).await
        },
        Err(error) => {
            let not_known = english::not_known(Unknown::Repeated, &error);
            report.not_known.push(not_known);
            tell(report, aws).await
        }
    }
}

/// Whether on-call must know at once, however often it has happened.
fn is_urgent(report: &Report) -> bool {
    matches!(report.state(), ReportState::Failed | ReportState::Pending) || report.leaves_undone()
}

/// Tells how often it happened in a window; `None` if it did not happen again.
///
/// # Errors
///
/// If the table does not tell: the message must then be tried again.
pub async fn follow_up(
    follow_up: &FollowUp,
    bundle: &Bundle,
    circumstances: &Circumstances,
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
            let message = "another invocation is at this follow-up".to_owned();
            return Err(StateError { message });
        }
        Claim::Mine => {}
    }
    let repeats = Repeats {
        follow_up: follow_up.clone(),
        tallied: tallied.entries,
        more: tallied.more,
    };
    let event = Event::repeats(repeats, aws.now());
    let report = examine(event, bundle, circumstances);
    let response = tell(report, aws).await;
    let end = match response.sent {
        Some(Ok(())) => ClaimEnd::Handled,
        Some(Err(_)) | None => ClaimEnd::Open,
    };
    aws.settle(&claim, by, end, EVENT_LASTS).await?;
    Ok(Some(response))
}
