//! The calls of IAM: looking before, making, and looking after.

use std::time::Duration;

use keyrail_core::change::{Change, ObservedState};
use keyrail_core::effects::{AccountClient, EffectError, Effects};
use serde::Serialize;

use super::made::Made;
use crate::exit::{Exit, Failure};

/// How often what was undone is read back, and how long to wait in between: somebody
/// waits for it, and IAM takes seconds.
const READ_BACKS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// What became of taking a change back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StepResult {
    Printed,
    Undone,
    Already,
    Failed,
    Impossible,
}

/// How a change of keyrail's stands before it is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// As keyrail left it, or what cannot be taken back.
    Holds,
    /// Somebody has taken it back already.
    Undone,
}

/// How each change stands. What is not undone must be as keyrail left it.
pub(super) async fn look(
    made: &Made,
    client: &impl AccountClient,
) -> Result<Vec<Standing>, Failure> {
    let mut standings = Vec::new();
    let mut otherwise = Vec::new();
    for taken in &made.changes {
        let Ok(back) = &taken.back else {
            standings.push(Standing::Holds);
            continue;
        };
        let observed = client
            .see(&taken.change)
            .await
            .map_err(|error| untouched(&error))?;
        let is_undone = match observed {
            ObservedState::Made => false,
            ObservedState::NotMade(_) | ObservedState::TargetGone | ObservedState::OwnerGone => {
                client.see(back).await.map_err(|error| untouched(&error))? == ObservedState::Made
            }
        };
        if observed != ObservedState::Made && !is_undone {
            otherwise.push(format!("{}, and is {}", taken.words(), state(observed)));
        }
        standings.push(match is_undone {
            true => Standing::Undone,
            false => Standing::Holds,
        });
    }
    if otherwise.is_empty() {
        return Ok(standings);
    }
    Err(Failure {
        exit: Exit::Bad,
        ..Failure::input(format!(
            "the state has changed since: {}: nothing was touched",
            otherwise.join("; ")
        ))
    }
    .help("see who changed it, and undo by hand what should be: without `--apply` the calls are printed"))
}

/// Makes one change and reads it back.
pub(super) async fn undo(
    back: &Change,
    aws: &impl Effects,
    client: &impl AccountClient,
) -> (StepResult, Option<String>) {
    let made = client.make(back).await;
    // An answer that got lost on its way leaves the change made: only a look tells.
    let looks = if made.is_ok() { READ_BACKS } else { 1 };
    let mut seen = String::new();
    for look in 0..looks {
        if look > 0 {
            aws.pause(PAUSE).await;
        }
        match client.see(back).await {
            Ok(ObservedState::Made) => return (StepResult::Undone, None),
            Ok(observed) => seen = format!("what was read back is {}", state(observed)),
            Err(error) => seen = format!("it could not be read back: {error}"),
        }
    }
    let detail = match made {
        Ok(()) => format!("AWS accepted it, and {seen}"),
        Err(error) => error.message,
    };
    (StepResult::Failed, Some(detail))
}

pub(super) fn state(observed: ObservedState) -> &'static str {
    match observed {
        ObservedState::Made => "as it should be",
        ObservedState::NotMade(state) => state.in_words(),
        ObservedState::TargetGone => "gone",
        ObservedState::OwnerGone => "gone with its user or role",
    }
}

pub(super) fn untouched(error: &EffectError) -> Failure {
    nothing_touched(Failure::outside(error.message.clone()))
}

/// The same failure, before which nothing was done.
pub(super) fn nothing_touched(failure: Failure) -> Failure {
    Failure {
        message: format!("{}: nothing was touched", failure.message),
        ..failure
    }
}
