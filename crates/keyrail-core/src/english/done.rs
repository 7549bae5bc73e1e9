//! What keyrail did, and what may be alive in spite of that.

use jiff::{SignedDuration, Timestamp};

use crate::outcome::OutcomeResult;
use crate::outcome::sentences::withheld;
use crate::phrases::utc;
use crate::plain::Plain;
use crate::plan::Step;
use crate::repeats::Repeats;
use crate::report::{Report, State};
use crate::taxonomy::Kind;
use crate::words::StepName;

pub(super) fn done(report: &Report) -> Vec<String> {
    if let Some(repeats) = report.about.repeats() {
        return repeated(repeats);
    }
    let steps = &report.plan.steps;
    // One of several has to say which it is.
    let key =
        |step: Option<&Step>| match (step.and_then(|step| step.target.as_deref()), steps.len()) {
            (Some(target), 2..) => format!(" {}", Plain(target)),
            _ => String::new(),
        };
    if !report.outcomes.is_empty() {
        let told = report.outcomes.iter().enumerate().map(|(place, outcome)| {
            let word = match outcome.result {
                OutcomeResult::Accepted => "not confirmed",
                OutcomeResult::Already => "nothing left to do",
                OutcomeResult::Failed => "FAILED",
                OutcomeResult::Verified => "verified",
                OutcomeResult::Withheld => "not done",
            };
            let step = format!("{}{}", outcome.step, key(steps.get(place)));
            let detail = Plain(&outcome.detail);
            match outcome.millis {
                0 => format!("{step}: {word} - {detail}"),
                millis => format!("{step}: {word} - {detail} ({millis} ms)"),
            }
        });
        return told.collect();
    }
    match steps.as_slice() {
        [] if !report.verdict.undecided.is_empty() => {
            vec!["Nothing: a guardrail could not be decided.".to_owned()]
        }
        [] if report.state() == State::Exempt => {
            let exempted = report.verdict.exempted.iter();
            let lines = exempted.map(|exempted| {
                let (exemption, until) = (&exempted.exemption, exempted.expires);
                format!("Nothing: exemption {exemption} allows it until {until}.")
            });
            lines.collect()
        }
        [] if report.about.is_fault() => {
            vec!["It goes on, and guards with its default bundle.".to_owned()]
        }
        [] if report.about.comeback().is_some() => {
            vec!["Nothing further: there is no step against it.".to_owned()]
        }
        [] if report.activity.kind == Kind::Unrecognised => {
            vec!["Nothing: keyrail does not know what it says.".to_owned()]
        }
        [] => vec!["Nothing was stopped: this guardrail only alerts.".to_owned()],
        steps => {
            let planned = steps.iter().map(|step| {
                let key = key(Some(step));
                match step.decision {
                    Ok(_) => format!("{}{key}: would be done", step.name),
                    Err(why) => format!("{}{key}: {}", step.name, withheld(why)),
                }
            });
            planned.collect()
        }
    }
}

/// The latest are as good as the first: some are named, and all are counted.
fn repeated(repeats: &Repeats) -> Vec<String> {
    const SHOWN: usize = 20;
    let shown = repeats.tallied.iter().take(SHOWN).map(|entry| {
        let (event, subject) = entry.split_once(' ').unwrap_or((entry, ""));
        format!("{} (event {})", Plain(subject), Plain(event))
    });
    let more = repeats.count().saturating_sub(SHOWN as u64);
    let more = (more > 0).then(|| format!("and {more} more: each is in the function's log"));
    shown.chain(more).collect()
}

/// What may be alive in spite of what was done, and until when: sessions of a user live
/// 36 hours at most, those of a role 12 (STS API reference, `GetSessionToken`,
/// `GetFederationToken` and `AssumeRole`, checked 2026-11-25).
pub(super) fn still(report: &Report) -> Vec<String> {
    let done = |name: StepName| {
        report.outcomes.iter().find(|outcome| {
            outcome.step == name
                && matches!(
                    outcome.result,
                    OutcomeResult::Accepted | OutcomeResult::Already | OutcomeResult::Verified
                )
        })
    };
    let by = |at: Option<Timestamp>, hours: i64| {
        let end = at.and_then(|at| at.checked_add(SignedDuration::from_hours(hours)).ok());
        end.map_or_else(
            || format!("for {hours} hours"),
            |end| format!("until {} at the latest", utc(end)),
        )
    };
    let instances = match report.activity.launched {
        0 => None,
        1 => Some("Still possible: the instance is running, with its role.".to_owned()),
        _ => Some("Still possible: the instances are running, with their roles.".to_owned()),
    };
    if let Some(quarantined) = done(StepName::QuarantineUser) {
        let sessions = format!(
            "Still possible: sessions of roles that the user has assumed, {}.",
            by(quarantined.at, 12)
        );
        return instances.into_iter().chain([sessions]).collect();
    }
    if let Some(revoked) = done(StepName::RevokeSessions) {
        let sessions = format!(
            "Still possible: new sessions, and calls with keys that work; sessions of roles that the user has assumed, {}.",
            by(revoked.at, 12)
        );
        return instances.into_iter().chain([sessions]).collect();
    }
    let key = done(StepName::DeactivateKey).or(done(StepName::DeleteKey));
    let key = key.map(|key| {
        let sessions = match key.result {
            OutcomeResult::Accepted => {
                "the key itself, until IAM shows the change; sessions made with it, for 36 hours after that".to_owned()
            }
            // Some 3 to 4 seconds were measured (OFFENSAI, "AWS IAM eventual consistency", 2025).
            _ => format!(
                "sessions made with the key, which may have been accepted for some seconds after that, {}",
                by(key.at, 36)
            ),
        };
        format!("Still possible: {sessions}; roles assumed in such a session, up to 12 hours after that.")
    });
    let password = done(StepName::DisableConsoleLogin).map(|password| {
        format!(
            "Still possible: console sessions that are open, {}.",
            by(password.at, 12)
        )
    });
    instances.into_iter().chain(key).chain(password).collect()
}
