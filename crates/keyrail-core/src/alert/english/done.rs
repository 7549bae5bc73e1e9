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
        Done::NothingAgain => "Nothing more: keyrail has no step for this.".to_owned(),
        Done::NothingAsked => "Nothing was stopped: this guardrail only alerts.".to_owned(),
        Done::NothingUndecided => "Nothing: a guardrail could not be decided.".to_owned(),
        Done::NothingUnread => "Nothing: keyrail cannot read this event.".to_owned(),
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
        Done::UsesDefaultBundle => "keyrail is still running, with its default bundle.".to_owned(),
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
            "Still active: {sessions}; roles assumed in such a session, up to {ROLE_SESSION_HOURS} hours longer."
        )
    };
    match what {
        StillPossible::ConsoleSessions(end) => {
            format!("Still active: open console sessions, {}.", until(end))
        }
        StillPossible::Instances { count: 1 } => {
            "Still active: the instance, with its role.".to_owned()
        }
        StillPossible::Instances { .. } => {
            "Still active: the instances, with their roles.".to_owned()
        }
        StillPossible::Key { hours } => of_key(format!(
            "the key itself, until the change takes effect; sessions created with it, for {hours} hours after that"
        )),
        // Some 3 to 4 seconds were measured (OFFENSAI, "AWS IAM eventual consistency", 2025).
        StillPossible::KeySessions(end) => of_key(format!(
            "sessions created with the key before it was deactivated or in the seconds after, {}",
            until(end)
        )),
        StillPossible::NewSessions(end) => format!(
            "Still active: new sessions, and calls signed with other active keys; sessions of roles that the user has assumed, {}.",
            until(end)
        ),
        StillPossible::RoleSessions(end) => format!(
            "Still active: sessions of roles that the user has assumed, {}.",
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
            "The key is exposed: do not activate it. Its user needs another credential."
                .to_owned()
        }
        Undo::KeyIsGone => "a deleted key cannot be restored".to_owned(),
        Undo::OnlyIfLegitimate => {
            "If you have confirmed this was legitimate, run keyrail undo ALERT.json --apply (ALERT.json is this alert as JSON, which queues and HTTPS subscriptions get). This records a release; without one, keyrail deactivates the key again and may quarantine the user. If keyrail is no longer running:".to_owned()
        }
        Undo::NewPassword { command } => format!("the password was deleted; to create a new one: {command}"),
    }
}
