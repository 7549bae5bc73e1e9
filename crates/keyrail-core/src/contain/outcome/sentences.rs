//! How a step ended, in the sentence that is the outcome's `detail`.

use jiff::Timestamp;

use super::ending::{Ending, Seen};
use crate::change::{Change, ObservedState};
use crate::effects::{EffectError, EffectErrorKind};
use crate::plan::Withheld;

/// How a step ended, with what was read back and when.
pub(crate) fn ending(ending: &Ending) -> String {
    match ending {
        Ending::Verified { change, at, .. } => {
            let (done, shown) = (change.done(), change.shown());
            format!("{done}, and read back {shown} at {}", to_second(*at))
        }
        Ending::AlreadyMade {
            change, at, failed, ..
        } => already_made(change, *at, failed.as_ref()),
        Ending::AlreadyGone { what, change, at } => format!(
            "{}; read at {}",
            already_gone(*what, change.key().is_some()),
            to_second(*at)
        ),
        Ending::Found { owner, ending } => {
            format!("IAM says that it is {owner}'s; {}", self::ending(ending))
        }
        Ending::Mismatch { owner } => format!(
            "nothing was touched: IAM says that the key is {owner}'s, and the event names another user; assume that the key is active"
        ),
        Ending::Protected { owner } => {
            format!("withheld: IAM says that it is {owner}'s, whom the settings protect")
        }
        Ending::Renamed { owner, ending } => {
            format!("the user is now called {owner}; {}", self::ending(ending))
        }
        Ending::Unattributed { key, error } => format!(
            "nothing was touched: IAM does not say whose key {key} is: it was deleted, or belongs to another account, or keyrail may not ask ({error})"
        ),
        Ending::Unproven { user, what } => format!(
            "nothing was touched: IAM does not say whose {} is, and user {user} does not have it and may be a different user of that name; if it is the same user, do it by hand",
            match what.key() {
                Some(key) => format!("key {key}"),
                None => "the credential".to_owned(),
            }
        ),
        Ending::Unseen { change, last, .. } => format!(
            "IAM does not show {}: it was deleted, or is so new that IAM does not know it everywhere yet; keyrail looks again; {}",
            match change.key() {
                Some(key) => format!("key {key}"),
                None => "what was to be changed".to_owned(),
            },
            last_seen(last.as_ref())
        ),
        Ending::Vanished { user, .. } => {
            format!("IAM has no user named {user}: it was deleted or renamed; find out which")
        }
        Ending::Younger { user } => format!(
            "nothing was touched: the user {user} that exists now was created after the event, so it is a different user"
        ),
        Ending::Accepted { last, .. } => format!(
            "AWS accepted the change, and it is not yet visible: {}",
            last_seen(last.as_ref())
        ),
        Ending::Failed {
            change: None,
            error,
            ..
        } => format!(
            "{}: {error}; nothing was changed: assume that it works",
            failure(error.kind)
        ),
        Ending::Failed {
            change: Some(change),
            error,
            last,
            ..
        } => {
            let risk = match change.key() {
                None => "assume the change was not made",
                Some(_) => "assume that the key is active",
            };
            let doubt = match error.kind.leaves_doubt() {
                true => ", and the change may have been made or not",
                false => "",
            };
            let (kind, last) = (failure(error.kind), last_seen(last.as_ref()));
            format!("{kind}{doubt}: {error}; {last}; {risk}")
        }
    }
}

fn already_made(change: &Change, at: Timestamp, failed: Option<&EffectError>) -> String {
    let (shown, at) = (change.shown(), to_second(at));
    match failed {
        None => {
            format!("was {shown} before keyrail's change was confirmed; read {shown} at {at}")
        }
        Some(error) => format!("was {shown} at {at}; keyrail's own change was not made: {error}"),
    }
}

fn already_gone(what: ObservedState, of_key: bool) -> &'static str {
    match (what, of_key) {
        (ObservedState::OwnerGone, true) => {
            "the user no longer exists, and so neither does the key"
        }
        (ObservedState::OwnerGone, false) => "it does not exist",
        (_, true) => "IAM says that the key has been deleted",
        (_, false) => "IAM says that there is none, or none any more",
    }
}

/// Why nothing is done.
pub(crate) fn withheld(withheld: Withheld) -> &'static str {
    match withheld {
        Withheld::Archived => "withheld: the finding is archived, resolved or suppressed",
        Withheld::Evidence => "withheld: the event contradicts itself or did not come from AWS",
        Withheld::FailedAttempt => "withheld: the attempt failed, so there is nothing to take back",
        Withheld::Limit => {
            "withheld: this account has reached its hourly containment limit; until the hour is over keyrail stops nothing more here"
        }
        Withheld::NoTarget => "withheld: the event does not identify a target for this step",
        Withheld::NotAllowed => "withheld: the settings do not allow it",
        Withheld::Observe => "withheld: observe mode",
        Withheld::Protected => "withheld: the settings protect it, or it is keyrail's or AWS's own",
        Withheld::Released => "withheld: the key has been released from containment for a time",
        Withheld::Replay => "withheld: the event is a replay from an archive",
        Withheld::Sample => "withheld: the finding is a sample",
        Withheld::TooOld => "withheld: the event is too old for this step",
    }
}

/// What went wrong, in the words that an alert begins with.
fn failure(kind: EffectErrorKind) -> &'static str {
    match kind {
        EffectErrorKind::Denied => "access denied",
        EffectErrorKind::Doubtful => "AWS failed",
        EffectErrorKind::Elsewhere => "not in this deployment's reach",
        EffectErrorKind::Full => "AWS answers that a quota is reached",
        EffectErrorKind::Gone => "IAM answers that it does not exist",
        EffectErrorKind::Refused => "AWS refused",
        EffectErrorKind::RefusedForNow => "AWS refused for now",
        EffectErrorKind::Throttled => "throttled",
        EffectErrorKind::TimedOut => "timed out",
        EffectErrorKind::Unreachable => "AWS could not be reached",
    }
}

fn last_seen(seen: Option<&Seen>) -> String {
    let Some(Seen { state, at }) = seen else {
        return "its state was not read".to_owned();
    };
    let state = match state {
        Ok(ObservedState::Made) => "as it should be",
        Ok(ObservedState::NotMade(state)) => state.in_words(),
        Ok(ObservedState::TargetGone) => "not found for this user",
        Ok(ObservedState::OwnerGone) => "no user of this name",
        Err(error) => return format!("its state could not be read: {error}"),
    };
    format!("last read as {state} at {}", to_second(*at))
}

/// Alerts give times to the second: people read them.
fn to_second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
