//! The plain text of an alert, in English.
//!
//! The order is the order in which somebody who has just been woken needs it:
//! what happened, what keyrail did, what to do now, and then the evidence.

use std::fmt::{self, Write as _};

use jiff::{SignedDuration, Timestamp};

use super::plain::Plain;
use super::sentence::{actor, issues_a_key, known, place, sentence};
use super::to_do::{write_to_do, write_undo};
use crate::activity::{ActorKind, Kind};
use crate::id::UserName;
use crate::outcome::OutcomeResult;
use crate::plan::{Step, StepName};
use crate::report::Report;

/// What it is about, in a few words: the worst guardrail's title.
pub(super) fn headline(report: &Report) -> String {
    let verdict = &report.verdict;
    let more = |count: usize| match count {
        0 | 1 => String::new(),
        _ => format!(" (+{} more)", count - 1),
    };
    if report.activity.is_fault {
        return "keyrail is not guarding as it was deployed to".to_owned();
    }
    if report.activity.comeback.is_some() {
        return "Containment did not hold".to_owned();
    }
    if report.activity.kind == Kind::Unrecognised {
        return "Event not recognised".to_owned();
    }
    match (verdict.violated.first(), verdict.undecided.first()) {
        (Some(violation), _) => format!("{}{}", violation.title, more(verdict.violated.len())),
        (None, Some(undecided)) => {
            format!(
                "Guardrail {} could not be decided{}",
                undecided.policy,
                more(verdict.undecided.len())
            )
        }
        (None, None) => "Nothing violated".to_owned(),
    }
}

/// The whole text.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let written = write_all(report, &mut text);
    debug_assert!(
        written.is_ok(),
        "a `String` takes whatever is written to it"
    );
    text
}

fn write_all(report: &Report, out: &mut String) -> fmt::Result {
    writeln!(
        out,
        "{}  severity {}\n",
        report.state().as_str(),
        report.severity().as_str()
    )?;
    writeln!(out, "{}\n", sentence(report))?;
    write_done(report, out)?;
    write_to_do(report, out)?;
    write_evidence(report, out)?;
    write_why(report, out)?;
    write_instead(report, out)?;
    write_undo(report, out)?;
    write_links(report, out)
}

fn write_done(report: &Report, out: &mut String) -> fmt::Result {
    writeln!(out, "What keyrail did")?;
    let steps = &report.plan.steps;
    // One of several has to say which it is.
    let key =
        |step: Option<&Step>| match (step.and_then(|step| step.target.as_deref()), steps.len()) {
            (Some(target), 2..) => format!(" {}", Plain(target)),
            _ => String::new(),
        };
    for (place, outcome) in report.outcomes.iter().enumerate() {
        let word = match outcome.result {
            OutcomeResult::Accepted => "accepted, not yet visible",
            OutcomeResult::Already => "nothing left to do",
            OutcomeResult::Failed => "FAILED",
            OutcomeResult::Verified => "verified",
            OutcomeResult::Withheld => "not done",
        };
        let step = format!("{}{}", outcome.step, key(steps.get(place)));
        match outcome.millis {
            0 => writeln!(out, "  {step}: {word} - {}", Plain(&outcome.detail))?,
            millis => writeln!(
                out,
                "  {step}: {word} - {} ({millis} ms)",
                Plain(&outcome.detail)
            )?,
        }
    }
    if report.outcomes.is_empty() {
        match steps.as_slice() {
            [] if !report.verdict.undecided.is_empty() => {
                writeln!(out, "  Nothing: a guardrail could not be decided.")?;
            }
            [] => writeln!(out, "  Nothing: this alert is all that was asked for.")?,
            steps => {
                for step in steps {
                    let key = key(Some(step));
                    match step.decision {
                        Ok(_) => writeln!(out, "  {}{key}: would be done", step.name)?,
                        Err(withheld) => {
                            writeln!(out, "  {}{key}: {}", step.name, withheld.sentence())?;
                        }
                    }
                }
            }
        }
    }
    write_still(report, out)?;
    writeln!(out)
}

/// What may be alive in spite of what was done, and until when: sessions of a user live
/// 36 hours at most, those of a role 12 (STS API reference, `GetSessionToken`,
/// `GetFederationToken` and `AssumeRole`, checked 2026-11-25).
fn write_still(report: &Report, out: &mut String) -> fmt::Result {
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
    let (key, revoked, quarantined, password) = (
        done(StepName::DeactivateKey).or(done(StepName::DeleteKey)),
        done(StepName::RevokeSessions),
        done(StepName::QuarantineUser),
        done(StepName::DisableConsoleLogin),
    );
    if let Some(quarantined) = quarantined {
        return writeln!(
            out,
            "  Still possible: sessions of roles that the user has assumed live on, {}.",
            by(quarantined.at, 12)
        );
    }
    if let Some(revoked) = revoked {
        return writeln!(
            out,
            "  Still possible: new sessions, and calls with keys that work; sessions of roles that the user has assumed, {}.",
            by(revoked.at, 12)
        );
    }
    if let Some(key) = key {
        writeln!(
            out,
            "  Still possible: sessions made with the key before it stopped live on, {}.",
            by(key.at, 36)
        )?;
    }
    if let Some(password) = password {
        writeln!(
            out,
            "  Still possible: console sessions that are open, {}.",
            by(password.at, 12)
        )?;
    }
    Ok(())
}

fn write_evidence(report: &Report, out: &mut String) -> fmt::Result {
    let activity = &report.activity;
    let actor_arn = activity.actor.arn.as_deref();
    let mfa = match (activity.actor.mfa, activity.actor.mfa_unknown_because) {
        (Some(true), _) => "with MFA".to_owned(),
        (Some(false), _) => "without MFA".to_owned(),
        (None, Some(because)) => format!("MFA not known: {because}"),
        (None, None) => "MFA not known".to_owned(),
    };
    let from = match (activity.origin.ip, activity.origin.service.as_deref()) {
        (Some(ip), _) => ip.to_string(),
        (None, Some(service)) => format!("{} (an AWS service)", Plain(service)),
        (None, None) => "address not shown by AWS".to_owned(),
    };
    writeln!(out, "Who     {}, {}", actor(activity), known(actor_arn))?;
    if let Some(identity) = activity.actor.source_identity.as_deref() {
        writeln!(out, "        source identity {}", Plain(identity))?;
    }
    writeln!(
        out,
        "How     {mfa}; key {}",
        known(activity.actor.access_key_id.as_deref())
    )?;
    writeln!(
        out,
        "From    {from}; {}",
        quoted(activity.origin.user_agent.as_deref())
    )?;
    writeln!(out, "Where   {}", place(activity))?;
    writeln!(
        out,
        "When    {}",
        activity
            .time
            .map_or_else(|| known(report.event.time.as_deref()), utc)
    )?;
    for not_known in &report.not_known {
        writeln!(out, "Not known  {}", Plain(not_known))?;
    }
    for conflict in &activity.conflicts {
        writeln!(out, "Conflict  {}", Plain(conflict))?;
    }
    writeln!(
        out,
        "Event   {} {}\n",
        known(
            report
                .event
                .name
                .as_deref()
                .or(report.event.detail_type.as_deref())
        ),
        known(report.event.id.as_deref())
    )
}

fn write_why(report: &Report, out: &mut String) -> fmt::Result {
    for violation in &report.verdict.violated {
        writeln!(
            out,
            "Why     guardrail {} ({}, {} mode)",
            violation.id,
            violation.severity.as_str(),
            violation.mode.as_str()
        )?;
        for line in condition(&violation.policy_text) {
            writeln!(out, "        {line}")?;
        }
    }
    for undecided in &report.verdict.undecided {
        writeln!(
            out,
            "Undecided  {}: {}",
            undecided.policy,
            Plain(&undecided.error)
        )?;
    }
    writeln!(out, "Bundle  {}\n", report.bundle)
}

/// The policy without its annotations, which the text says in its own places.
fn condition(policy: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    let start = policy.char_indices().find(|&(at, c)| {
        let ends_a_quote = c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        quoted ^= ends_a_quote;
        !quoted
            && policy
                .get(at..)
                .is_some_and(|rest| rest.starts_with("forbid"))
    });
    let policy = start.and_then(|(at, _)| policy.get(at..)).unwrap_or(policy);
    policy.lines().filter(|line| !line.trim().is_empty())
}

fn write_instead(report: &Report, out: &mut String) -> fmt::Result {
    if !issues_a_key(&report.activity) {
        return Ok(());
    }
    writeln!(out, "Instead of an access key")?;
    for line in [
        "on EC2, ECS, Lambda: a role of the workload",
        "in CI: a role assumed through OpenID Connect",
        "on a laptop: IAM Identity Center, or aws login",
        "outside AWS: IAM Roles Anywhere",
    ] {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)
}

/// Links are made only of parsed ids, so that no event can aim them elsewhere.
fn write_links(report: &Report, out: &mut String) -> fmt::Result {
    let activity = &report.activity;
    let console = match activity.partition() {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    let user = activity
        .target
        .user
        .as_deref()
        .or(match activity.actor.kind {
            ActorKind::IamUser => activity.actor.name.as_deref(),
            _ => None,
        })
        .and_then(|user| user.parse::<UserName>().ok());
    let user = user.map(|user| {
        format!(
            "  user   https://{console}/iam/home#/users/details/{user}?section=security_credentials"
        )
    });
    let region = activity.region.as_deref().filter(|region| is_slug(region));
    let id = report.event.id.as_deref().filter(|id| is_slug(id));
    let event = region.zip(id).map(|(region, id)| {
        format!(
            "  event  https://{region}.{console}/cloudtrailv2/home?region={region}#/events/{id}"
        )
    });
    let links: Vec<String> = user.into_iter().chain(event).collect();
    if links.is_empty() {
        return Ok(());
    }
    let account = known(activity.account.as_deref());
    writeln!(
        out,
        "Links   (sign in to account {account} first)\n{}",
        links.join("\n")
    )
}

fn is_slug(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Free text, chosen by whoever made the call: in quotes, so that it cannot pass
/// for a sentence of keyrail's.
fn quoted(text: Option<&str>) -> String {
    text.map_or_else(
        || "user agent not known".to_owned(),
        |text| format!("\"{}\"", Plain(text).to_string().replace('"', "'")),
    )
}

fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
