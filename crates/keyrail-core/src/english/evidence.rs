//! Who, from where, where, when, and by which guardrail.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::sentence::{actor, known, place};
use crate::alert::condition;
use crate::alert::content::{Labelled, Reason};
use crate::phrases::utc;
use crate::plain::Plain;
use crate::report::Report;
use crate::taxonomy::Kind;

pub(super) fn evidence(report: &Report) -> Vec<Labelled> {
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
        && report.about.repeats().is_none()
        && report.about.comeback().is_none()
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
    }
    if activity.account.is_some() || activity.kind != Kind::Unrecognised {
        lines.push(line("Where", place(activity)));
    }
    let time = report.event.time.as_deref();
    lines.push(line("When", activity.time.map_or_else(|| known(time), utc)));
    let local = activity.time.zip(report.on_alerts.time_zone.clone());
    lines.extend(local.map(|(time, zone)| line("", local_time(time, zone))));
    let event = &report.event;
    let name = known(event.name.as_deref().or(event.detail_type.as_deref()));
    // What is the deployment's own has no id.
    let id = event.id.as_deref();
    let id = match (id, report.about.is_fault()) {
        (None, true) => String::new(),
        (id, _) => format!(" {}", known(id)),
    };
    lines.push(line("Event", format!("{name}{id}")));
    lines
}

pub(super) fn why(report: &Report) -> Vec<Reason> {
    let verdict = &report.verdict;
    let violated = verdict.violated.iter().map(|violation| Reason {
        label: "Why",
        text: format!(
            "guardrail {} ({}, {} mode)",
            violation.id,
            violation.severity.as_str(),
            violation.mode.as_str()
        ),
        policy: words_of(&violation.policy_text),
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
    let undecided = verdict.undecided.iter().map(|undecided| Reason {
        label: "Undecided",
        text: format!("{}: {}", undecided.policy, Plain(&undecided.error)),
        policy: words_of(&undecided.policy_text),
    });
    let bundle = [line("Bundle", report.bundle.clone())];
    let all = violated.chain(exempted).chain(expired).chain(undecided);
    all.chain(bundle).collect()
}

fn words_of(policy: &str) -> Vec<String> {
    condition(policy).map(str::to_owned).collect()
}

/// Free text, chosen by whoever made the call: in quotes, so that it cannot pass
/// for a sentence of keyrail's.
fn quoted(text: Option<&str>) -> String {
    text.map_or_else(
        || "user agent not known".to_owned(),
        |text| format!("\"{}\"", Plain(text).to_string().replace('"', "'")),
    )
}

fn local_time(time: Timestamp, zone: TimeZone) -> String {
    let local = time.to_zoned_datetime(zone);
    let name = local.time_zone().iana_name().unwrap_or("local").to_owned();
    format!("{} {name}", local.strftime("%Y-%m-%d %H:%M:%S %:z"))
}
