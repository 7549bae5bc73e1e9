//! Telling once what happens again and again, and counting the rest.

use std::time::Duration;

use super::Response;
use super::not_known::{Unknown, not_known, storm};
use super::repetition::{follow_up_to, repetition_of, storm_around};
use super::tell::tell;
use crate::alert::{Alert, Notifier};
use crate::bundle::Bundle;
use crate::effects::Effects;
use crate::queue::{Later, Queue, QueueError};
use crate::repeats::{LONGEST_ENTRY, MOST_ALONE, Repetition, Window};
use crate::report::{Report, State as ReportState};
use crate::state::{State, StateError};

/// How often, and after how long, it is looked again whether a window that another event has just
/// opened promises a follow-up. The promise takes two calls; whoever waits for it in vain promises
/// one itself.
const LOOKS: u32 = 8;
const BETWEEN_LOOKS: Duration = Duration::from_millis(150);

/// A repetition, and what its window says of an event.
pub(super) struct Opened {
    repetition: Repetition,
    window: Result<Window, StateError>,
    /// Why a follow-up could not be promised.
    unpromised: Option<NotPromised>,
}

/// Opens the window of a report that may be counted instead of told; `None` for any other.
///
/// The follow-up is promised before the first alert is out: of events that come at the same time
/// one is told. If that alert fails, its event is tried again for it, and the follow-up tells of
/// the others all the same.
pub(super) async fn window_of(
    report: &Report,
    bundle: &Bundle,
    aws: &(impl Effects + State + Queue),
) -> Option<Opened> {
    if !aws.has_table() || !aws.has_queue() {
        return None;
    }
    let own = repetition_of(report, bundle, aws.now())?;
    let event = report.event.claim()?;
    let repetition = match storm_around(&own, report) {
        None => own,
        Some(storm) => match aws.is_among_first(&own, &storm, MOST_ALONE).await {
            Ok(true) => own,
            Ok(false) => storm,
            Err(error) => {
                return Some(Opened {
                    repetition: own,
                    window: Err(error),
                    unpromised: None,
                });
            }
        },
    };
    let mut window = aws.open(&repetition, &event).await;
    for _ in 0..LOOKS {
        if window != Ok(Window::Opening) {
            break;
        }
        aws.pause(BETWEEN_LOOKS).await;
        window = aws.open(&repetition, &event).await;
    }
    let unpromised = match window {
        Ok(Window::New | Window::Opening) => promise(report, &repetition, aws).await.err(),
        Ok(Window::Own | Window::Promised) | Err(_) => None,
    };
    Some(Opened {
        repetition,
        window,
        unpromised,
    })
}

/// Sees to it that a follow-up comes, and says so: only what will be told may be counted.
async fn promise(
    report: &Report,
    repetition: &Repetition,
    aws: &(impl Effects + State + Queue),
) -> Result<(), NotPromised> {
    let (follow_up, delay) = follow_up_to(report, repetition.clone(), aws.now());
    let delay = Duration::try_from(delay).unwrap_or_default();
    aws.send_later(&Later::FollowUp(follow_up), delay).await?;
    aws.promise(repetition).await?;
    Ok(())
}

/// Why nobody can rely on a follow-up.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum NotPromised {
    /// The queue did not take it.
    NotSent(#[from] QueueError),
    /// The table does not say that it comes.
    NotNoted(#[from] StateError),
}

/// Counts a report where a window promises to tell of it, and else tells it. If the table
/// does not answer, it is told.
pub(super) async fn tell_or_count(
    mut report: Report,
    opened: Opened,
    aws: &(impl Notifier + State),
) -> Response {
    let repetition = &opened.repetition;
    let is_counted = match opened.window {
        Ok(Window::Promised) if !is_urgent(&report) => {
            let id = report.event.id.as_deref().unwrap_or_default();
            let mut entry = format!("{id} {}", Alert::compose(&report).in_a_line());
            entry.truncate(entry.floor_char_boundary(LONGEST_ENTRY));
            aws.tally(repetition, &entry).await
        }
        Ok(_) => Ok(false),
        Err(error) => Err(error),
    };
    match is_counted {
        Ok(true) => {
            return Response {
                counted: true,
                ..Response::new(report, None)
            };
        }
        Ok(false) if repetition.is_storm() => {
            let storm = storm(MOST_ALONE, repetition.until);
            report.not_known.push(storm);
        }
        Ok(false) => {}
        Err(error) => {
            let not_known = not_known(Unknown::Repeated, &error);
            report.not_known.push(not_known);
        }
    }
    let mut response = tell(report, aws).await;
    // Then repetitions are told one by one.
    let unpromised = opened.unpromised.into_iter();
    response
        .notes
        .extend(unpromised.map(|error| format!("repetitions cannot be counted: {error}")));
    response
}

/// Whether on-call must know at once, however often it has happened.
fn is_urgent(report: &Report) -> bool {
    matches!(report.state(), ReportState::Failed | ReportState::Pending) || report.leaves_undone()
}
