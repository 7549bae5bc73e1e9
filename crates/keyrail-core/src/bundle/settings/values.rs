//! What settings say, as values.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use jiff::tz::TimeZone;

use super::protected::Protected;
use crate::bundle::strength::Strength;
use crate::words::{Mode, Severity, StepName};

/// The most that `repeat-minutes` may be: SQS delays a message by 15 minutes (SQS API reference,
/// `SendMessage`, checked 2026-11-25), and the follow-up comes after the window.
pub(crate) const MOST_REPEAT_MINUTES: u32 = 14;

/// What `keyrail.toml` says. What it leaves out has the value that is documented there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The mode of the whole bundle, where it is set.
    pub mode: Option<Mode>,
    /// What it builds on of the default bundle; without it, nothing.
    pub default: Option<BuildsOn>,
    /// What is otherwise about guardrails of the default bundle, by their ids.
    pub guardrails: BTreeMap<String, Adjustment>,
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
        .map_err(|_| format!("`{text}` is not a range of addresses, such as `198.51.100.0/24`"))?;
    match range.trunc() {
        whole if whole == range => Ok(range),
        whole => Err(format!(
            "`{text}` does not begin with the first address of its range, which is `{whole}`"
        )),
    }
}

/// `[default]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildsOn {
    /// The guardrails of this strength; none of them without it.
    pub strength: Option<Strength>,
    /// Those that it leaves out.
    pub without: Vec<Named>,
    /// The mode of those that have none of their own.
    pub mode: Option<Mode>,
}

/// An id that the settings name, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The id.
    pub id: String,
    /// Its bytes in `keyrail.toml`.
    pub(crate) span: (usize, usize),
}

/// `[guardrails.ID]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adjustment {
    /// In place of the mode that the guardrail has.
    pub mode: Option<Mode>,
    /// In place of its severity.
    pub severity: Option<Severity>,
    /// In place of its steps.
    pub respond: Option<Vec<StepName>>,
    /// Where its table begins in `keyrail.toml`.
    pub(crate) span: (usize, usize),
    /// Where its steps stand.
    pub(crate) respond_span: (usize, usize),
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
