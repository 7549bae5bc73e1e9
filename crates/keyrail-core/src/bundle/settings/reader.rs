//! Reading `keyrail.toml`, and telling everything that is wrong with it.

use std::collections::BTreeMap;

use ipnet::IpNet;
use jiff::tz::TimeZone;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::values::{Account, Correlation, Limits, MOST_REPEAT_MINUTES, Settings, Unit, range};
use crate::bundle::diagnostic::{Diagnostic, Source, nearest};
use crate::id::AccountId;
use crate::words::{Mode, StepName};

pub(super) struct Reader<'a> {
    pub(super) source: Source<'a>,
    pub(super) found: Vec<Diagnostic>,
}

pub(super) type Table<'i> = DeTable<'i>;
pub(super) type Place<'v, 'i> = &'v Spanned<DeValue<'i>>;

impl Reader<'_> {
    pub(super) fn settings(&mut self, table: &Table<'_>) -> Settings {
        self.only(
            table,
            "",
            &[
                "accounts",
                "allow",
                "correlation",
                "default",
                "guardrails",
                "language",
                "limits",
                "links",
                "mode",
                "networks",
                "protect",
                "time-zone",
                "units",
            ],
        );
        let mut settings = Settings {
            mode: self.mode(table),
            language: self.text(table, "language"),
            ..Settings::default()
        };
        if let Some(language) = table.get("language")
            && settings
                .language
                .as_deref()
                .is_some_and(|name| name != "en")
        {
            self.wrong(
                language,
                "settings-value",
                "there are no alerts in this language yet: `en`",
            );
        }
        if let Some(limits) = self.table(table, "limits") {
            settings.limits = self.limits(limits);
        }
        if let Some(allow) = self.table(table, "allow") {
            self.only(allow, "allow.", &["steps"]);
            for (place, word) in self.texts(allow, "steps") {
                match word.parse() {
                    Ok(step) => {
                        settings.allow.insert(step);
                    }
                    Err(error) => self.unknown(
                        place,
                        "unknown-step",
                        &word,
                        format!("{error}"),
                        StepName::ALL.map(StepName::as_str),
                    ),
                }
            }
        }
        if let Some(protect) = self.table(table, "protect") {
            self.only(protect, "protect.", &["principals"]);
            for (place, arn) in self.texts(protect, "principals") {
                if !settings.protect.insert(&arn) {
                    self.wrong(place, "settings-value", "it is no ARN of a user or role, without wildcards, such as `arn:aws:iam::111122223333:user/break-glass`");
                }
            }
        }
        if let Some(networks) = self.table(table, "networks") {
            settings.networks = self.networks(networks);
        }
        if let Some(units) = self.table(table, "units") {
            settings.units = self.units(units);
        }
        if let Some(accounts) = self.table(table, "accounts") {
            settings.accounts = self.accounts(accounts);
        }
        if let Some(links) = self.table(table, "links") {
            settings.on_alerts.portal = self.portal(links);
        }
        settings.on_alerts.time_zone = self.time_zone(table);
        if let Some(correlation) = self.table(table, "correlation") {
            self.only(correlation, "correlation.", &["instances", "minutes"]);
            settings.correlation = Correlation {
                minutes: self.count(correlation, "minutes"),
                instances: self.count(correlation, "instances"),
            };
        }
        settings
    }

    fn limits(&mut self, limits: &Table<'_>) -> Limits {
        self.only(
            limits,
            "limits.",
            &[
                "containments-per-hour",
                "event-age-minutes",
                "repeat-minutes",
            ],
        );
        let repeat_minutes = self.count(limits, "repeat-minutes");
        if let Some(place) = limits.get("repeat-minutes")
            && repeat_minutes.is_some_and(|minutes| minutes > MOST_REPEAT_MINUTES)
        {
            let message = format!("at most {MOST_REPEAT_MINUTES}: a queue delays no longer");
            self.wrong(place, "settings-value", message);
        }
        let containments_per_hour = self.count(limits, "containments-per-hour");
        if let (Some(0), Some(place)) = (containments_per_hour, limits.get("containments-per-hour"))
        {
            let message = "at least 1; to contain nothing, set `mode` to `observe`";
            self.wrong(place, "settings-value", message);
        }
        Limits {
            containments_per_hour,
            event_age_minutes: self.count(limits, "event-age-minutes"),
            repeat_minutes,
        }
    }

    fn time_zone(&mut self, table: &Table<'_>) -> Option<TimeZone> {
        let name = self.text(table, "time-zone")?;
        let zone = TimeZone::get(&name).ok();
        if let (None, Some(place)) = (&zone, table.get("time-zone")) {
            let message = "no time zone has this name: write one as `Asia/Tokyo` or `UTC`";
            self.wrong(place, "settings-value", message);
        }
        zone
    }

    fn portal(&mut self, links: &Table<'_>) -> Option<String> {
        self.only(links, "links.", &["portal"]);
        let portal = self.text(links, "portal");
        if let Some(place) = links.get("portal")
            && portal
                .as_deref()
                .is_some_and(|link| !link.starts_with("https://"))
        {
            self.wrong(place, "settings-value", "a link begins with `https://`");
        }
        portal
    }

    /// Ranges of one name may not overlap: whoever wrote both meant something else.
    fn networks(&mut self, table: &Table<'_>) -> BTreeMap<String, Vec<IpNet>> {
        let mut networks: BTreeMap<String, Vec<IpNet>> = BTreeMap::new();
        for name in table.keys() {
            let name = name.get_ref().to_string();
            networks.entry(name.clone()).or_default();
            for (place, text) in self.texts(table, &name) {
                let range = match range(&text) {
                    Ok(range) => range,
                    Err(message) => {
                        self.wrong(place, "malformed-cidr", message);
                        continue;
                    }
                };
                let overlapping = networks.iter().find_map(|(other, ranges)| {
                    let overlaps =
                        |known: &&IpNet| known.contains(&range) || range.contains(*known);
                    ranges
                        .iter()
                        .find(overlaps)
                        .map(|known| (other.clone(), *known))
                });
                if let Some((other, known)) = overlapping {
                    self.wrong(
                        place,
                        "overlapping-cidr",
                        format!("it overlaps with `{known}` of `{other}`"),
                    );
                }
                networks.entry(name.clone()).or_default().push(range);
            }
        }
        networks
    }

    fn units(&mut self, table: &Table<'_>) -> BTreeMap<String, Unit> {
        let mut units = BTreeMap::new();
        for (id, _) in table {
            let id_text = id.get_ref().to_string();
            let Some(unit) = self.table(table, &id_text) else {
                continue;
            };
            self.only(
                unit,
                &format!("units.{id_text}."),
                &["mode", "name", "parent"],
            );
            let read = Unit {
                name: self.text(unit, "name"),
                parent: self.text(unit, "parent"),
                mode: self.mode(unit),
            };
            units.insert(id_text, read);
        }
        units
    }

    fn accounts(&mut self, table: &Table<'_>) -> BTreeMap<String, Account> {
        let mut accounts = BTreeMap::new();
        for (id, _) in table {
            let id_text = id.get_ref().to_string();
            let Some(account) = self.table(table, &id_text) else {
                continue;
            };
            if id_text.parse::<AccountId>().is_err() {
                let span = id.span();
                self.found.push(self.source.error(
                    "settings-value",
                    (span.start, span.end),
                    format!("`{id_text}` is not an account: twelve digits"),
                ));
            }
            self.only(
                account,
                &format!("accounts.{id_text}."),
                &["mode", "name", "unit"],
            );
            let read = Account {
                name: self.text(account, "name"),
                unit: self.text(account, "unit"),
                mode: self.mode(account),
            };
            accounts.insert(id_text, read);
        }
        accounts
    }

    pub(super) fn only(&mut self, table: &Table<'_>, within: &str, known: &[&str]) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let span = key.span();
                let diagnostic = self.source.error(
                    "unknown-setting",
                    (span.start, span.end),
                    format!("there is no setting `{within}{name}`"),
                );
                let diagnostic = match nearest(name, known.iter().copied()) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic.help(format!("there are {}", known.join(", "))),
                };
                self.found.push(diagnostic);
            }
        }
    }

    pub(super) fn table<'v, 'i>(
        &mut self,
        table: &'v Table<'i>,
        name: &str,
    ) -> Option<&'v Table<'i>> {
        let place = table.get(name)?;
        if let DeValue::Table(inner) = place.get_ref() {
            Some(inner)
        } else {
            self.wrong(
                place,
                "settings-type",
                format!("`{name}` is a table: `[{name}]`"),
            );
            None
        }
    }

    pub(super) fn text(&mut self, table: &Table<'_>, name: &str) -> Option<String> {
        let place = table.get(name)?;
        if let DeValue::String(text) = place.get_ref() {
            Some(text.to_string())
        } else {
            self.wrong(
                place,
                "settings-type",
                format!("`{name}` is a text, in quotes"),
            );
            None
        }
    }

    pub(super) fn texts<'v, 'i>(
        &mut self,
        table: &'v Table<'i>,
        name: &str,
    ) -> Vec<(Place<'v, 'i>, String)> {
        let Some(place) = table.get(name) else {
            return Vec::new();
        };
        let DeValue::Array(items) = place.get_ref() else {
            // Whoever adds a line at the end of the file adds it to the table before it.
            let message = match name {
                "language" | "mode" | "time-zone" => {
                    format!("`{name}` belongs to no table: it stands before the first `[…]`")
                }
                "containments-per-hour" | "event-age-minutes" | "repeat-minutes" => {
                    format!("`{name}` belongs to `[limits]`")
                }
                _ => format!("`{name}` is a list of texts, in square brackets"),
            };
            self.wrong(place, "settings-type", message);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => texts.push((item, text.to_string())),
                _ => self.wrong(
                    item,
                    "settings-type",
                    format!("`{name}` is a list of texts"),
                ),
            }
        }
        texts
    }

    fn count(&mut self, table: &Table<'_>, name: &str) -> Option<u32> {
        let place = table.get(name)?;
        let count = match place.get_ref() {
            DeValue::Integer(number) => number.as_str().parse().ok(),
            _ => None,
        };
        if count.is_none() {
            self.wrong(
                place,
                "settings-type",
                format!("`{name}` is a whole number, not negative"),
            );
        }
        count
    }

    pub(super) fn mode(&mut self, table: &Table<'_>) -> Option<Mode> {
        let word = self.text(table, "mode")?;
        match word.parse() {
            Ok(mode) => Some(mode),
            Err(error) => {
                let place = table.get("mode")?;
                self.unknown(
                    place,
                    "settings-value",
                    &word,
                    format!("{error}"),
                    ["observe", "enforce"],
                );
                // The cautious reading of a word that nobody can read.
                Some(Mode::Observe)
            }
        }
    }

    pub(super) fn wrong(
        &mut self,
        place: Place<'_, '_>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        let span = place.span();
        self.found
            .push(self.source.error(code, (span.start, span.end), message));
    }

    pub(super) fn unknown<'n>(
        &mut self,
        place: Place<'_, '_>,
        code: &'static str,
        word: &str,
        message: String,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        let span = place.span();
        let diagnostic = self.source.error(code, (span.start, span.end), message);
        self.found.push(diagnostic.suggest(word, known));
    }
}
