//! `[default]` and `[guardrails.ID]`: what a bundle builds on, and what it has otherwise.

use std::collections::BTreeMap;

use toml::Spanned;

use super::reader::{Reader, Table};
use super::values::{Adjustment, BuildsOn, Named, Settings};
use crate::bundle::strength::Strength;
use crate::words::{Severity, StepName};

impl Reader<'_> {
    pub(super) fn composition(&mut self, table: &Table<'_>, settings: &mut Settings) {
        if let Some(default) = self.table(table, "default") {
            settings.default = Some(self.builds_on(default));
        }
        if let Some(guardrails) = self.table(table, "guardrails") {
            settings.guardrails = self.adjustments(guardrails);
        }
    }

    fn builds_on(&mut self, default: &Table<'_>) -> BuildsOn {
        self.only(default, "default.", &["guardrails", "mode", "without"]);
        let mut strength = Some(Strength::default());
        if let (Some(word), Some(place)) =
            (self.text(default, "guardrails"), default.get("guardrails"))
        {
            match (word.as_str(), word.parse()) {
                ("none", _) => strength = None,
                (_, Ok(found)) => strength = Some(found),
                (_, Err(error)) => self.unknown(
                    place,
                    "settings-value",
                    &word,
                    format!("{error}, none"),
                    Strength::ALL
                        .map(Strength::as_str)
                        .into_iter()
                        .chain(["none"]),
                ),
            }
        }
        let without = self.texts(default, "without").into_iter();
        BuildsOn {
            strength,
            without: without
                .map(|(place, id)| Named {
                    id,
                    span: (place.span().start, place.span().end),
                })
                .collect(),
            mode: self.mode(default),
        }
    }

    fn adjustments(&mut self, table: &Table<'_>) -> BTreeMap<String, Adjustment> {
        let mut adjustments = BTreeMap::new();
        for (id, _) in table {
            let name = id.get_ref().to_string();
            let Some(of) = self.table(table, &name) else {
                continue;
            };
            let within = format!("guardrails.{name}.");
            self.only(of, &within, &["mode", "respond", "severity"]);
            let respond = of.get("respond").map(Spanned::span);
            let adjustment = Adjustment {
                mode: self.mode(of),
                severity: self.severity(of),
                respond: self.respond(of),
                span: (id.span().start, id.span().end),
                respond_span: respond.map_or((0, 0), |span| (span.start, span.end)),
            };
            adjustments.insert(name, adjustment);
        }
        adjustments
    }

    fn severity(&mut self, table: &Table<'_>) -> Option<Severity> {
        let word = self.text(table, "severity")?;
        let place = table.get("severity")?;
        word.parse()
            .map_err(|error| {
                let known = Severity::ALL.map(Severity::as_str);
                self.unknown(place, "unknown-severity", &word, format!("{error}"), known);
            })
            .ok()
    }

    /// As `@respond` has them: steps, or `alert` alone.
    fn respond(&mut self, table: &Table<'_>) -> Option<Vec<StepName>> {
        let place = table.get("respond")?;
        let words = self.texts(table, "respond");
        if let [(_, alert)] = words.as_slice()
            && alert == "alert"
        {
            return Some(Vec::new());
        }
        let mut steps = Vec::new();
        let wrong_before = self.found.len();
        for (place, word) in words {
            match word.parse::<StepName>() {
                Ok(step) => steps.push(step),
                Err(error) => {
                    let known = StepName::ALL.map(StepName::as_str);
                    self.unknown(place, "unknown-step", &word, format!("{error}"), known);
                }
            }
        }
        if steps.is_empty() && self.found.len() == wrong_before {
            self.wrong(
                place,
                "settings-value",
                "name at least one step, or `[\"alert\"]` for none",
            );
        }
        Some(steps)
    }
}
