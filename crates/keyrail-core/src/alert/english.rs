//! The words of alerts, in English. Another language is a module like this one.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use self::sentence::{actor, known, place, sentence};
use self::to_do::{to_do, undo};
use super::content::{Content, Headings, Labelled, Reason};
use super::plain::Plain;
use super::{condition, links};
use crate::activity::Kind;
use crate::bundle::Severity;
use crate::outcome::OutcomeResult;
use crate::plan::{Step, StepName, Withheld};
use crate::repeats::Repeats;
use crate::report::{Report, State};

mod instead;
mod sentence;
mod to_do;

/// What an alert says of a report.
pub(super) fn content(report: &Report) -> Content {
    Content {
        headline: headline(report),
        sentence: sentence(report),
        done: done(report),
        still: still(report),
        to_do: to_do(report),
        evidence: evidence(report),
        why: why(report),
        instead: instead::instead(&report.activity),
        undo: undo(report),
        links: links::links(report, ["user", "event", "account"]),
        before_links: before_links(report),
        headings: Headings {
            severity: "severity",
            done: "What keyrail did",
            to_do: "Do now",
            instead: "Instead of an access key",
            undo: "Undo",
            links: "Links",
        },
        in_short: in_short(report).to_owned(),
    }
}

/// What it is about, in a few words: the worst guardrail's title.
fn headline(report: &Report) -> String {
    let verdict = &report.verdict;
    let more = |count: usize| match count {
        0 | 1 => String::new(),
        _ => format!(" (+{} more)", count - 1),
    };
    if report.activity.is_fault {
        return "keyrail runs on its default rules".to_owned();
    }
    if report.activity.comeback.is_some() {
        return "Containment did not hold".to_owned();
    }
    if let Some(Repeats { follow_up, tallied }) = &report.activity.repeats {
        return format!("{} - {} more", follow_up.title, tallied.len());
    }
    if report.activity.kind == Kind::Unrecognised {
        return "Event not recognised".to_owned();
    }
    match (verdict.violated.first(), verdict.undecided.first()) {
        (Some(violation), _) => {
            let expired = if verdict.expired.is_empty() {
                ""
            } else {
                " (exemption expired)"
            };
            let more = more(verdict.violated.len());
            format!("{}{expired}{more}", violation.title)
        }
        (None, Some(undecided)) => {
            format!(
                "Guardrail {} could not be decided{}",
                undecided.policy,
                more(verdict.undecided.len())
            )
        }
        (None, None) => match verdict.exempted.first() {
            Some(exempted) => format!(
                "Exempt from {} until {}{}",
                exempted.guardrail,
                exempted.expires,
                more(verdict.exempted.len())
            ),
            None => "Nothing violated".to_owned(),
        },
    }
}

/// What a telephone shows at the end.
fn in_short(report: &Report) -> &'static str {
    if report.activity.repeats.is_some() {
        return "Read what became of each.";
    }
    let activity = &report.activity;
    if activity.is_fault {
        return "Your own rules are OFF: act now.";
    }
    let is_critical = report.severity() == Severity::Critical;
    let quarantines = |step: &Step| step.name == StepName::QuarantineUser;
    let stops_a_key = |step: &Step| {
        use StepName::{DeactivateKey, DeleteKey, DeleteRootKey};
        matches!(step.name, DeactivateKey | DeleteKey | DeleteRootKey)
    };
    let is_about_a_key = report.plan.steps.iter().any(stops_a_key);
    let has_limit = |step: &Step| step.decision == Err(Withheld::Limit);
    match report.state() {
        State::Blocked if activity.launched > 0 => "User stopped; INSTANCES RUN ON.",
        State::Blocked if activity.comeback.is_some() => "Stopped AGAIN: find out why.",
        State::Blocked if activity.kind == Kind::Exposure && is_about_a_key => {
            "Key stopped; it was in other hands: act."
        }
        State::Blocked if report.plan.steps.iter().any(quarantines) => "User stopped (verified).",
        State::Blocked if !is_about_a_key => "Stopped (verified).",
        State::Blocked if to_do::callers_key(report).is_some() => {
            "Key stopped; caller's own key NOT touched."
        }
        State::Blocked => "Key stopped (verified).",
        State::Pending => "Not yet seen to be stopped: check it.",
        State::Failed => "NOT CONTAINED: act now.",
        State::DryRun if to_do::issues_a_key(activity) => "Observe mode: the key is ACTIVE.",
        State::DryRun => "Observe mode: nothing was stopped.",
        State::Exempt => "Nothing was stopped.",
        State::Alert if report.plan.steps.iter().any(has_limit) => "NOT CONTAINED: limit reached.",
        State::Alert if activity.outcome.succeeded == Some(false) => "It failed: nothing to stop.",
        State::Alert if activity.own => "keyrail may be BLIND: act now.",
        State::Alert if is_critical && to_do::issues_a_key(activity) => {
            "The key is ACTIVE: act now."
        }
        State::Alert if is_critical => "Nothing was stopped: act now.",
        State::Alert => "Nothing was stopped.",
    }
}

fn done(report: &Report) -> Vec<String> {
    if let Some(repeats) = &report.activity.repeats {
        return repeated(&repeats.tallied);
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
        [] if report.activity.is_fault => {
            vec!["It goes on, and guards with its default bundle.".to_owned()]
        }
        [] if report.activity.comeback.is_some() => {
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
                    Err(withheld) => format!("{}{key}: {}", step.name, withheld.sentence()),
                }
            });
            planned.collect()
        }
    }
}

/// The latest are as good as the first: some are named, and all are counted.
fn repeated(tallied: &[String]) -> Vec<String> {
    const SHOWN: usize = 20;
    let shown = tallied.iter().take(SHOWN).map(|entry| {
        let (event, subject) = entry.split_once(' ').unwrap_or((entry, ""));
        format!("{} (event {})", Plain(subject), Plain(event))
    });
    let more = tallied.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("and {more} more: each is in the function's log"));
    shown.chain(more).collect()
}

/// What may be alive in spite of what was done, and until when: sessions of a user live
/// 36 hours at most, those of a role 12 (STS API reference, `GetSessionToken`,
/// `GetFederationToken` and `AssumeRole`, checked 2026-11-25).
fn still(report: &Report) -> Vec<String> {
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
        _ => Some("Still possible: the instances run on, with their roles.".to_owned()),
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
            _ => format!("sessions made with the key before it stopped, {}", by(key.at, 36)),
        };
        format!("Still possible: {sessions}; roles assumed in such a session, 12 hours longer.")
    });
    let password = done(StepName::DisableConsoleLogin).map(|password| {
        format!(
            "Still possible: console sessions that are open, {}.",
            by(password.at, 12)
        )
    });
    instances.into_iter().chain(key).chain(password).collect()
}

fn evidence(report: &Report) -> Vec<Labelled> {
    let activity = &report.activity;
    let (acted, origin) = (&activity.actor, &activity.origin);
    let has_failed = activity.outcome.succeeded == Some(false);
    let mfa = match (acted.mfa, acted.mfa_unknown_because.as_deref()) {
        (Some(false), _) if activity.kind == Kind::SignIn && has_failed => {
            "MFA: not known, as the sign-in failed".to_owned()
        }
        (Some(true), _) => "with MFA".to_owned(),
        (Some(false), _) => "without MFA".to_owned(),
        (None, Some(because)) => format!("MFA: {because}"),
        (None, None) => "MFA not known".to_owned(),
    };
    let from = match (origin.ip, origin.service.as_deref()) {
        (Some(ip), _) => ip.to_string(),
        (None, Some(service)) => format!("{} (an AWS service)", Plain(service)),
        (None, None) => "address not shown by AWS".to_owned(),
    };
    let line = |label, text| Labelled { label, text };
    let arn = acted.arn.as_deref().map(|arn| Plain(arn).to_string());
    let arn = arn.unwrap_or_else(|| "ARN not known".to_owned());
    let told = |label, texts: &[String]| -> Vec<Labelled> {
        let texts = texts.iter();
        texts
            .map(|text| line(label, Plain(text).to_string()))
            .collect()
    };
    let mut lines = told("Not known", &report.not_known);
    lines.extend(told("Conflict", &activity.conflicts));
    // Of these an event that is not recognised shows nothing, and a count no one.
    if activity.kind != Kind::Unrecognised
        && activity.repeats.is_none()
        && activity.comeback.is_none()
    {
        lines.push(line("Who", format!("{}, {arn}", actor(activity))));
        let identity = acted.source_identity.as_deref();
        lines.extend(
            identity.map(|identity| line("", format!("source identity {}", Plain(identity)))),
        );
        let key = match (activity.kind, acted.access_key_id.as_deref()) {
            (Kind::SignIn | Kind::Exposure | Kind::Finding, None) => String::new(),
            (_, key) => format!("; signed with key {}", known(key)),
        };
        lines.push(line("How", format!("{mfa}{key}")));
        let agent = quoted(origin.user_agent.as_deref());
        lines.push(line("From", format!("{from}; {agent}")));
        lines.push(line("Where", place(activity)));
    }
    let time = report.event.time.as_deref();
    lines.push(line("When", activity.time.map_or_else(|| known(time), utc)));
    let local = activity.time.zip(report.on_alerts.time_zone.clone());
    lines.extend(local.map(|(time, zone)| line("", local_time(time, zone))));
    let event = &report.event;
    let name = known(event.name.as_deref().or(event.detail_type.as_deref()));
    lines.push(line(
        "Event",
        format!("{name} {}", known(event.id.as_deref())),
    ));
    lines
}

fn why(report: &Report) -> Vec<Reason> {
    let verdict = &report.verdict;
    let violated = verdict.violated.iter().map(|violation| Reason {
        label: "Why",
        text: format!(
            "guardrail {} ({}, {} mode)",
            violation.id,
            violation.severity.as_str(),
            violation.mode.as_str()
        ),
        policy: condition(&violation.policy_text)
            .map(str::to_owned)
            .collect(),
    });
    let line = |label, text| Reason {
        label,
        text,
        policy: Vec::new(),
    };
    let exempted = verdict.exempted.iter().map(|exempted| {
        let (guardrail, exemption) = (&exempted.guardrail, &exempted.exemption);
        let until = exempted.expires;
        line(
            "Exempt",
            format!("from guardrail {guardrail} by exemption {exemption}, until {until}"),
        )
    });
    let expired = verdict.expired.iter().map(|expired| {
        let (guardrail, exemption) = (&expired.guardrail, &expired.exemption);
        let until = expired.expires;
        line(
            "Expired",
            format!("exemption {exemption} from guardrail {guardrail} covered this until {until}"),
        )
    });
    let undecided = verdict.undecided.iter().map(|undecided| {
        line(
            "Undecided",
            format!("{}: {}", undecided.policy, Plain(&undecided.error)),
        )
    });
    let bundle = [line("Bundle", report.bundle.clone())];
    let all = violated.chain(exempted).chain(expired).chain(undecided);
    all.chain(bundle).collect()
}

fn before_links(report: &Report) -> String {
    let account = known(report.activity.account.as_deref());
    match report.on_alerts.portal {
        Some(_) => "(through the access portal)".to_owned(),
        None => format!("(sign in to account {account} first)"),
    }
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

fn local_time(time: Timestamp, zone: TimeZone) -> String {
    let local = time.to_zoned_datetime(zone);
    let name = local.time_zone().iana_name().unwrap_or("local").to_owned();
    format!("{} {name}", local.strftime("%Y-%m-%d %H:%M:%S %:z"))
}
