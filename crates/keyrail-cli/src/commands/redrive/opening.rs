//! Reaching queue and function, before anything is read.

use keyrail_operator::caller::RegionChoice;
use keyrail_operator::redrive::{DeadLetters, Place, RedriveError, region_of};

use crate::caller::connect;
use crate::exit::Failure;
use crate::output::Output;

/// Where queue and function are, as somebody has typed it.
pub(super) struct Opening<'a> {
    pub(super) queue: &'a str,
    pub(super) function: &'a str,
    pub(super) profile: Option<&'a str>,
    pub(super) queue_profile: Option<&'a str>,
    pub(super) region: Option<&'a str>,
}

impl Opening<'_> {
    /// Connects, and reads what the queue and the function are.
    pub(super) async fn open(&self, out: &mut Output) -> Result<DeadLetters, Failure> {
        let of_queue = region_of(self.queue);
        let region = named(self.region.or(of_queue));
        let own = connect(self.profile, region, out).await;
        let own = own.map_err(nothing_read)?;
        let other = match self.queue_profile {
            Some(profile) => {
                let connected = connect(Some(profile), named(of_queue), out).await;
                Some(connected.map_err(nothing_read)?)
            }
            None => None,
        };
        let place = Place {
            queue: self.queue,
            to_queue: other.as_ref().unwrap_or(&own),
            function: self.function,
            to_function: &own,
        };
        let opened = DeadLetters::open(&place).await;
        opened.map_err(|error| nothing_read(unopened(&error)))
    }
}

/// A Region that was named comes before that of the settings.
fn named(region: Option<&str>) -> RegionChoice<'_> {
    region.map_or(
        RegionChoice::Settings { otherwise: None },
        RegionChoice::Named,
    )
}

fn nothing_read(failure: Failure) -> Failure {
    Failure {
        message: format!("{}: nothing was read", failure.message),
        ..failure
    }
}

fn unopened(error: &RedriveError) -> Failure {
    let message = error.to_string();
    match error {
        RedriveError::NoFunction(_) => Failure::outside(message).help(
            "the function is in keyrail's home Region, and maybe the queue is not: `--region`",
        ),
        RedriveError::Outside(_) | RedriveError::Throttled(_) => Failure::outside(message),
        RedriveError::Wrong(_) => Failure::input(message).help(
            "the stack's outputs name the queues, `DeadLetterQueueUrl` and `UndeliveredQueueUrl`, and the function, `FunctionName`",
        ),
    }
}
