//! What keyrail did, what may still work in spite of that, and how to take it back.

use crate::outcome::OutcomeResult;
use crate::outcome::sentences::withheld as why_withheld;
use crate::phrases::utc;
use crate::plain::Plain;
use crate::situation::{Done, ROLE_SESSION_HOURS, StillPossible, Undo, Until};
use crate::words::StepName;

pub(super) fn done(done: &Done<'_>) -> String {
    match *done {
        Done::Counted { event, came_to } => {
            format!("{} (event {})", Plain(came_to), Plain(event))
        }
        Done::CountedMore(more) => format!("and {more} more: each is in the function's log"),
        Done::NothingAsExempt { exemption, until } => {
            format!("Nothing: exemption {exemption} allows it until {until}.")
        }
        Done::NothingAgain => "Nothing further: there is no step against it.".to_owned(),
        Done::NothingAsked => "Nothing was stopped: this guardrail only alerts.".to_owned(),
        Done::NothingUndecided => "Nothing: a guardrail could not be decided.".to_owned(),
        Done::NothingUnread => "Nothing: keyrail does not know what it says.".to_owned(),
        Done::Planned {
            step: name,
            target,
            withheld,
        } => {
            let what = withheld.map_or("would be done", why_withheld);
            format!("{}: {what}", step(name, target))
        }
        Done::Step {
            step: name,
            target,
            result,
            detail,
            millis,
        } => {
            let step = step(name, target);
            let word = match result {
                OutcomeResult::Accepted => "not confirmed",
                OutcomeResult::Already => "nothing left to do",
                OutcomeResult::Failed => "FAILED",
                OutcomeResult::Verified => "verified",
                OutcomeResult::Withheld => "not done",
            };
            let time = millis.map(|millis| format!(" ({millis} ms)"));
            let time = time.unwrap_or_default();
            format!("{step}: {word} - {}{time}", Plain(detail))
        }
        Done::UsesDefaultBundle => "It goes on, and guards with its default bundle.".to_owned(),
    }
}

fn step(name: StepName, target: Option<&str>) -> String {
    match target {
        Some(target) => format!("{name} {}", Plain(target)),
        None => name.to_string(),
    }
}

pub(super) fn still_possible(what: &StillPossible) -> String {
    let of_key = |sessions: String| {
        format!(
            "Still possible: {sessions}; roles assumed in such a session, up to {ROLE_SESSION_HOURS} hours after that."
        )
    };
    match what {
        StillPossible::ConsoleSessions(end) => format!(
            "Still possible: console sessions that are open, {}.",
            until(end)
        ),
        StillPossible::Instances { count: 1 } => {
            "Still possible: the instance is running, with its role.".to_owned()
        }
        StillPossible::Instances { .. } => {
            "Still possible: the instances are running, with their roles.".to_owned()
        }
        StillPossible::Key { hours } => of_key(format!(
            "the key itself, until IAM shows the change; sessions made with it, for {hours} hours after that"
        )),
        // Some 3 to 4 seconds were measured (OFFENSAI, "AWS IAM eventual consistency", 2025).
        StillPossible::KeySessions(end) => of_key(format!(
            "sessions made with the key, which may have been accepted for some seconds after that, {}",
            until(end)
        )),
        StillPossible::NewSessions(end) => format!(
            "Still possible: new sessions, and calls with keys that work; sessions of roles that the user has assumed, {}.",
            until(end)
        ),
        StillPossible::RoleSessions(end) => format!(
            "Still possible: sessions of roles that the user has assumed, {}.",
            until(end)
        ),
    }
}

fn until(until: &Until) -> String {
    match until {
        Until::At(end) => format!("until {} at the latest", utc(*end)),
        Until::HoursLater(hours) => format!("for {hours} hours"),
    }
}

pub(super) fn undo(undo: &Undo) -> String {
    match undo {
        Undo::Call(change) => change.to_string(),
        Undo::KeyIsExposed => {
            "The key is in other hands: do not activate it. Its user needs another credential."
                .to_owned()
        }
        Undo::KeyIsGone => "a deleted key cannot be restored".to_owned(),
        Undo::OnlyIfLegitimate => {
            "Only once you know that it was legitimate: keyrail undo ALERT.json --apply (ALERT.json is this alert as JSON, which queues and HTTPS subscriptions get). It records a release: a key that is activated without one is stopped again, and its user may be denied everything. Only where keyrail does not run any more, by hand:".to_owned()
        }
        Undo::NewPassword { command } => format!("the password is gone; a new one: {command}"),
    }
}
