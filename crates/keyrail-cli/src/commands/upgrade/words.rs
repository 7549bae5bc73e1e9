//! An upgrade in words.

use super::changes::{Change, ExemptionChange, GroupChange, GuardrailChange, Pair};
use super::proved::Outcome;
use super::tests::TestChange;
use super::told::{Against, Upgrade};

pub(super) fn text(upgrade: &Upgrade) -> String {
    let mut text = head(upgrade);
    let is_copy = upgrade.against == Against::Copy;
    let guardrails = upgrade.guardrails.iter();
    let guardrails = guardrails.map(|change| guardrail(change, upgrade.against));
    section(&mut text, "Guardrails", guardrails);
    section(&mut text, "Events", upgrade.groups.iter().map(group));
    let attributes = &upgrade.attributes;
    let named = [("new", &attributes.added), ("gone", &attributes.removed)];
    let named = named.into_iter().filter(|(_, names)| !names.is_empty());
    section(
        &mut text,
        "What policies can read",
        named.map(|(word, names)| format!("{word:8}  {}", names.join(", "))),
    );
    section(&mut text, "Tests that fail", upgrade.tests.iter().map(test));
    section(
        &mut text,
        "Exemptions",
        upgrade.exemptions.iter().map(exemption),
    );
    let lost = upgrade.lost.iter().map(|lost| {
        let guardrails = lost.guardrails.join(", ");
        match lost.steps.as_slice() {
            [] => format!("{} ({guardrails})", lost.says),
            steps => format!("{}: no {} ({guardrails})", lost.says, steps.join(", ")),
        }
    });
    section(&mut text, "No longer caught", lost);
    if text == head(upgrade) {
        text.push_str(match is_copy {
            true => "The bundle is as the default bundle is.\n",
            false => "Nothing is otherwise.\n",
        });
        return text;
    }
    text.push('\n');
    text.push_str(&ending(upgrade));
    text
}

fn head(upgrade: &Upgrade) -> String {
    let from = upgrade.from.as_deref();
    match (upgrade.against, from) {
        (Against::Stamp, from) => format!(
            "keyrail {}, against keyrail {} that stamped the bundle\n",
            upgrade.to,
            from.unwrap_or("unknown")
        ),
        (Against::Copy, _) => format!(
            "The bundle does not build on the default one: an upgrade changes none of its guardrails.\nWhat the default bundle of keyrail {} has otherwise:\n",
            upgrade.to
        ),
    }
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: String = lines.map(|line| format!("  {line}\n")).collect();
    if !lines.is_empty() {
        text.push_str(&format!("\n{title}\n{lines}"));
    }
}

fn guardrail(change: &GuardrailChange, against: Against) -> String {
    let id = &change.id;
    let after = |pair: &Option<Pair<_>>| pair.as_ref().and_then(|pair| pair.after);
    match (change.change, against) {
        (Change::Added, _) => {
            let severity = after(&change.severity).map_or("", keyrail_core::Severity::as_str);
            let respond = change.respond.as_ref().and_then(|pair| pair.after.as_ref());
            let respond = steps(respond);
            let held_back = match change.held_back {
                true => format!("; observes until `[guardrails.{id}]` sets its mode"),
                false => String::new(),
            };
            format!("added    {id}: {severity}, {respond}{held_back}")
        }
        (Change::Changed, _) => {
            let mut parts = Vec::new();
            if let Some(Pair { before, after }) = &change.severity {
                let word = |severity: &Option<keyrail_core::Severity>| {
                    severity.map_or("none", keyrail_core::Severity::as_str)
                };
                parts.push(format!("severity {}, now {}", word(before), word(after)));
            }
            if let Some(Pair { before, after }) = &change.respond {
                let (before, after) = (steps(before.as_ref()), steps(after.as_ref()));
                parts.push(format!("steps {before}, now {after}"));
            }
            if change.conditions {
                parts.push("what violates it".to_owned());
            }
            if change.held_back {
                parts.push(format!("observes until `[guardrails.{id}]` sets its mode"));
            }
            format!("changed  {id}: {}", parts.join("; "))
        }
        (Change::Dropped, Against::Stamp) => format!("dropped  {id}"),
        (Change::Dropped, Against::Copy) => {
            format!("own      {id}: not, or no longer, in the default bundle")
        }
        (Change::Retired, _) => format!("retired  {id}: now {}", change.replaced_by.join(", ")),
    }
}

fn steps(steps: Option<&Vec<String>>) -> String {
    match steps.map(Vec::as_slice) {
        None | Some([]) => "alert".to_owned(),
        Some(steps) => steps.join(" "),
    }
}

fn group(change: &GroupChange) -> String {
    let mut parts = Vec::new();
    if !change.added.is_empty() {
        parts.push(format!("also {}", change.added.join(", ")));
    }
    if !change.removed.is_empty() {
        parts.push(format!("no longer {}", change.removed.join(", ")));
    }
    let guardrails = match change.guardrails.as_slice() {
        [] => "no guardrail".to_owned(),
        ids => ids.join(", "),
    };
    format!("{}: {} ({guardrails})", change.group, parts.join("; "))
}

fn test(change: &TestChange) -> String {
    let before = match change.passed_before {
        Some(false) => ", as before",
        Some(true) | None => "",
    };
    let place = format!("{}:{}", change.file, change.line);
    let differences = change.differences.join("; ");
    format!("{place}  {}{before}: {differences}", change.name)
}

fn exemption(change: &ExemptionChange) -> String {
    let mut parts = Vec::new();
    if !change.more.is_empty() {
        parts.push(format!("also covers {}", change.more.join(", ")));
    }
    if !change.fewer.is_empty() {
        parts.push(format!("no longer covers {}", change.fewer.join(", ")));
    }
    if !change.changed.is_empty() {
        let ids = change.changed.join(", ");
        parts.push(format!("covers more or less of {ids}, which has changed"));
    }
    format!("{}: {}", change.id, parts.join("; "))
}

fn ending(upgrade: &Upgrade) -> String {
    let because = upgrade.proof.because.as_deref().unwrap_or_default();
    let proof = match upgrade.proof.result {
        Outcome::Failed | Outcome::NotNeeded => String::new(),
        Outcome::NotRun => {
            format!("note: nothing was proved, only examples and tests were compared: {because}\n")
        }
        Outcome::Proved => "Proved for all activities: what was caught is caught.\n".to_owned(),
        Outcome::Unknown => format!("note: {because}\n"),
    };
    let lost = match upgrade.lost.len() {
        0 => "0 no longer caught\n".to_owned(),
        lost => format!("{lost} no longer caught\n"),
    };
    proof + &lost
}
