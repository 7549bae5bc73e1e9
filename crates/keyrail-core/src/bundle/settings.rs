//! Settings: `keyrail.toml` of a bundle.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use jiff::tz::TimeZone;
use toml::de::DeTable;

use self::reader::Reader;
use super::diagnostic::{Diagnostic, Source};
use crate::words::{Mode, StepName};

pub use self::protected::Protected;

mod protected;
mod reader;

/// What `keyrail.toml` says. What it leaves out has the value that is documented there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The mode of the whole bundle, where it is set.
    pub mode: Option<Mode>,
    /// The language of alerts: `en`, where nothing is set.
    pub language: Option<String>,
    /// Bounds on what keyrail does by itself.
    pub limits: Limits,
    /// Steps without undo, and those on roles, that guardrails may take.
    pub allow: BTreeSet<StepName>,
    /// Users and roles that are never touched.
    pub protect: Protected,
    /// Named networks, by the name that policies use.
    pub networks: BTreeMap<String, Vec<IpNet>>,
    /// Accounts by id.
    pub accounts: BTreeMap<String, Account>,
    /// Organizational units by id.
    pub units: BTreeMap<String, Unit>,
    /// How alerts show places and times.
    pub on_alerts: OnAlerts,
    /// What belongs together in time.
    pub correlation: Correlation,
}

/// Reads a range of addresses, as settings, options and tests write it.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn range(text: &str) -> Result<IpNet, String> {
    let range: IpNet = text
        .parse()
        .map_err(|_| format!("`{text}` is no range of addresses, such as `198.51.100.0/24`"))?;
    match range.trunc() {
        whole if whole == range => Ok(range),
        whole => Err(format!(
            "`{text}` does not begin with the first address of its range, which is `{whole}`"
        )),
    }
}

/// `[limits]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// The most containments in one account within an hour.
    pub containments_per_hour: Option<u32>,
    /// The age in minutes beyond which an event is not acted on unasked.
    pub event_age_minutes: Option<u32>,
    /// Within how many minutes repeated violations are counted into one follow-up; 0 tells
    /// of each.
    pub repeat_minutes: Option<u32>,
}

/// `[accounts.ID]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// What people call it.
    pub name: Option<String>,
    /// The unit that it is in.
    pub unit: Option<String>,
    /// Its mode, where it is set.
    pub mode: Option<Mode>,
}

/// `[units.ID]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    /// What people call it.
    pub name: Option<String>,
    /// The unit above it.
    pub parent: Option<String>,
    /// Its mode, where it is set.
    pub mode: Option<Mode>,
}

/// What the settings say of alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnAlerts {
    /// The organization's access portal, which opens the console in an account.
    pub portal: Option<String>,
    /// Where on-call is: times are told in UTC, and as clocks there show them.
    pub time_zone: Option<TimeZone>,
}

/// `[correlation]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correlation {
    /// How many minutes after a password change launches still count.
    pub minutes: Option<u32>,
    /// How many instances are many.
    pub instances: Option<u32>,
}

impl Settings {
    /// Reads settings, and everything that is wrong with them.
    pub(super) fn read(source: Source<'_>) -> (Self, Vec<Diagnostic>) {
        let (table, errors) = DeTable::parse_recoverable(source.text);
        let mut reader = Reader {
            source,
            found: Vec::new(),
        };
        for error in errors {
            let span = error.span().map_or((0, 0), |span| (span.start, span.end));
            let message = error.message().trim().replace('\n', ", ");
            reader
                .found
                .push(source.error("settings-syntax", span, format!("no TOML: {message}")));
        }
        let settings = reader.settings(table.get_ref());
        (settings, reader.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let source = Source {
            name: "keyrail.toml",
            text,
        };
        let (settings, found) = Settings::read(source);
        let found = found
            .iter()
            .map(|diagnostic| {
                let help = diagnostic.help.as_deref().unwrap_or_default();
                format!("{diagnostic} [{}] {help}", diagnostic.code)
            })
            .collect();
        (settings, found)
    }

    #[test]
    fn what_is_written_is_read() {
        let (settings, found) = read(
            r#"
mode = "enforce"
[limits]
containments-per-hour = 20
[allow]
steps = ["delete-root-key"]
[networks]
office = ["203.0.113.0/24", "2001:db8::/32"]
[units.ou-sandbox]
name = "Sandbox"
[accounts.111122223333]
unit = "ou-sandbox"
mode = "observe"
"#,
        );
        assert_eq!(found, [""; 0]);
        assert_eq!(settings.mode, Some(Mode::Enforce));
        assert_eq!(settings.limits.containments_per_hour, Some(20));
        assert_eq!(settings.networks["office"].len(), 2);
        assert_eq!(settings.accounts["111122223333"].mode, Some(Mode::Observe));
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let (settings, found) = read(
            "mdoe = \"enforce\"\nmode = \"enforc\"\n[limits]\ncontainments-per-hour = \"20\"\n[networks]\noffice = [\"203.0.113.0/33\", \"203.0.113.0/24\", \"203.0.113.128/25\", \"198.51.100.7/24\"]\n[accounts.123]\nname = 7\n",
        );
        assert_eq!(
            found,
            [
                "keyrail.toml:1:1: there is no setting `mdoe` [unknown-setting] did you mean `mode`?",
                "keyrail.toml:2:8: `enforc` is not one of observe, enforce [settings-value] did you mean `enforce`?",
                "keyrail.toml:4:25: `containments-per-hour` is a whole number, not negative [settings-type] ",
                "keyrail.toml:6:11: `203.0.113.0/33` is no range of addresses, such as `198.51.100.0/24` [malformed-cidr] ",
                "keyrail.toml:6:47: it overlaps with `203.0.113.0/24` of `office` [overlapping-cidr] ",
                "keyrail.toml:6:67: `198.51.100.7/24` does not begin with the first address of its range, which is `198.51.100.0/24` [malformed-cidr] ",
                "keyrail.toml:7:11: `123` is no account: twelve digits [settings-value] ",
                "keyrail.toml:8:8: `name` is a text, in quotes [settings-type] ",
            ]
        );
        assert_eq!(settings.mode, Some(Mode::Observe));
    }
}
