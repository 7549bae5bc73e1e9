//! Why each guardrail is violated or not, in words.

use keyrail_core::Bundle;
use keyrail_core::judge::ModeFrom;
use keyrail_core::judge::why::{Condition, Why};
use keyrail_core::report::Report;

/// A section that explains each guardrail that is about the event.
pub(super) fn text(report: &Report, bundle: &Bundle, today: Option<jiff::civil::Date>) -> String {
    if !report.activity.kind.is_judged() {
        return String::new();
    }
    let guardrails = bundle.guardrails_on(&report.activity);
    let about = guardrails.iter().filter(|why| why.in_scope).count();
    let mut text = String::from("Why, guardrail by guardrail\n");
    for why in guardrails.iter().filter(|why| why.in_scope) {
        text.push_str(&format!("  {}: {}\n", why.policy, state(why, report)));
        text.push_str(&conditions(why));
        text.push_str(&exemptions(why, report, bundle, today));
    }
    let others = guardrails.len() - about;
    text.push_str(&format!("  {others} others are not about such an event\n"));
    let taken: Vec<Why> = bundle.exemptions_on(&report.activity);
    let relevant: Vec<&Why> = taken
        .iter()
        .filter(|why| why.in_scope && !why.satisfied)
        .collect();
    if !relevant.is_empty() {
        text.push_str("Exemptions that do not apply\n");
        for why in relevant {
            text.push_str(&format!("  {}\n", why.policy));
            text.push_str(&conditions(why));
        }
    }
    text
}

fn state(why: &Why, report: &Report) -> String {
    let verdict = &report.verdict;
    let id = &why.policy;
    if let Some(violation) = verdict.violated.iter().find(|found| found.id == *id) {
        let mode = violation.mode.as_str();
        let from = match &violation.mode_from {
            ModeFrom::Account(account) => format!("as the settings say of account {account}"),
            ModeFrom::Default => "as `[default]` in the settings says".to_owned(),
            ModeFrom::Deployment => "as the deployment or this command says".to_owned(),
            ModeFrom::Guardrail => "as the guardrail itself says".to_owned(),
            ModeFrom::Named => format!("as `[guardrails.{id}]` in the settings says"),
            ModeFrom::NewlyContains => format!(
                "as it contains since an upgrade of keyrail and no `[guardrails.{id}] mode` names it"
            ),
            ModeFrom::Nothing => "as nothing sets another".to_owned(),
            ModeFrom::Settings => "as the settings say".to_owned(),
            ModeFrom::Unit(unit) => format!("as the settings say of unit {unit}"),
        };
        return format!("violated; mode {mode}, {from}");
    }
    if verdict.exempted.iter().any(|found| found.guardrail == *id) {
        return "exempted".to_owned();
    }
    match verdict.undecided.iter().find(|found| found.policy == *id) {
        Some(undecided) => format!("undecided: {}", undecided.error),
        None => "not violated".to_owned(),
    }
}

/// Cedar stops asking at the first condition that is not met.
fn conditions(why: &Why) -> String {
    let mut asked = true;
    let mut text = String::new();
    for condition in &why.conditions {
        match asked || condition.met.is_ok() {
            true => text.push_str(&line(condition)),
            false => text.push_str(&format!("    -       {}  (not asked)\n", condition.text)),
        }
        asked &= condition.met == Ok(true);
    }
    text
}

fn line(condition: &Condition) -> String {
    let word = match &condition.met {
        Ok(true) => "met    ",
        Ok(false) => "NOT MET",
        Err(_) => "ERROR  ",
    };
    let values: Vec<String> = condition
        .reads
        .iter()
        .map(|(name, value)| match value {
            Some(value) => format!("{name} is {value}"),
            None => format!("there is no {name}"),
        })
        .collect();
    let values = match values.is_empty() {
        true => String::new(),
        false => format!("  ({})", values.join("; ")),
    };
    let error = match (&condition.met, condition.text.starts_with("unless ")) {
        (Err(error), _) => format!(": {error}"),
        (Ok(true), true) => ": the exception does not apply".to_owned(),
        (Ok(false), true) => ": the exception applies".to_owned(),
        (Ok(_), false) => String::new(),
    };
    // What an event says may hold anything.
    let text = format!("    {word} {}{values}{error}", condition.text);
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    plain + "\n"
}

fn exemptions(
    why: &Why,
    report: &Report,
    bundle: &Bundle,
    today: Option<jiff::civil::Date>,
) -> String {
    let mut text = String::new();
    let id = &why.policy;
    let of = |found: &&keyrail_core::judge::Exempted| found.guardrail == *id;
    for found in report.verdict.exempted.iter().filter(of) {
        let left = today.and_then(|today| today.until(found.expires).ok());
        let left = left.map_or_else(String::new, |span| {
            format!(", {} days from now", span.get_days())
        });
        let owner = bundle
            .exemptions
            .get(&found.exemption)
            .map(|exemption| format!("; {} ({})", exemption.reason, exemption.owner))
            .unwrap_or_default();
        text.push_str(&format!(
            "    exempted by {} through {}{left}{owner}\n",
            found.exemption, found.expires
        ));
    }
    for found in report.verdict.expired.iter().filter(of) {
        text.push_str(&format!(
            "    would have been exempted by {}, which expired after {}\n",
            found.exemption, found.expires
        ));
    }
    text
}
