//! What a report says that keyrail changed, and what takes each of it back.

use std::fmt;

use keyrail_core::change::{Change, Denial, Principal};
use keyrail_core::id::{AccessKeyId, AccountId, UserName};
use serde::Deserialize;
use serde_json::Value;

use crate::events;
use crate::exit::Failure;
use crate::reports;

/// What keyrail made of one event.
#[derive(Debug)]
pub(super) struct Made {
    /// The event's id.
    pub event: Option<String>,
    /// Its Region, for callers who have set none.
    pub region: Option<String>,
    /// The account that it was made in; `None` if nothing was made.
    pub account: Option<AccountId>,
    /// What was made, the last first: so is it taken back.
    pub changes: Vec<Taken>,
}

/// One change, and what takes it back.
#[derive(Debug)]
pub(super) struct Taken {
    pub change: Change,
    /// What takes it back, or why nothing does.
    pub back: Result<Change, Irreversible>,
}

/// Why nothing takes a change back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Irreversible {
    /// The change itself takes something back.
    IsUndoing,
    /// The key does not exist any more.
    KeyDeleted,
    /// Nobody knows the password.
    PasswordDeleted,
}

impl fmt::Display for Irreversible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IsUndoing => "cannot be undone",
            Self::KeyDeleted => "cannot be undone: the key is deleted",
            Self::PasswordDeleted => "the old password cannot be restored; a new one can be set",
        })
    }
}

/// Of a report, what this command reads.
#[derive(Deserialize)]
struct Report {
    event: Event,
    activity: Activity,
    outcomes: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Event {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Activity {
    account: Option<String>,
    region: Option<String>,
}

#[derive(Deserialize)]
struct Outcome {
    step: String,
    result: String,
    account: Option<AccountId>,
    changes: Vec<Change>,
}

impl Made {
    /// Reads a report or an alert from a file, or from standard input for `-`.
    pub(super) fn read(path: &str) -> Result<Self, Failure> {
        let text = events::bytes(path)?;
        let wrong = |what: String| reports::wrong(path, &what);
        let value: Value = serde_json::from_slice(&text)
            .map_err(|error| wrong(format!("it is not JSON: {error}")))?;
        let report: Report = serde_json::from_value(reports::report(value).map_err(wrong)?)
            .map_err(|error| wrong(format!("the report cannot be read: {error}")))?;
        Self::of(report).map_err(|what| Failure::input(format!("`{path}`: {what}")))
    }

    fn of(report: Report) -> Result<Self, String> {
        let mut account: Option<AccountId> = None;
        let mut changes: Vec<Change> = Vec::new();
        for outcome in report.outcomes {
            if outcome.changes.is_empty() {
                continue;
            }
            let of_activity = || report.activity.account.as_deref()?.parse().ok();
            let own = outcome.account.or_else(of_activity).ok_or_else(|| {
                let (step, result) = (outcome.step.escape_debug(), outcome.result.escape_debug());
                format!("its step `{step}` ({result}) does not say in which account it was taken")
            })?;
            match &account {
                Some(account) if *account != own => {
                    return Err(format!(
                        "its changes were made in several accounts, {account} and {own}, and credentials are of one"
                    ));
                }
                _ => account = Some(own),
            }
            for change in outcome.changes {
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
        let deleted: Vec<AccessKeyId> = changes
            .iter()
            .filter(|change| change.removes())
            .filter_map(Change::key)
            .cloned()
            .collect();
        let changes = changes.into_iter().rev().map(|change| Taken {
            back: back(&change, &deleted),
            change,
        });
        Ok(Self {
            event: report.event.id,
            region: report.activity.region,
            account,
            changes: changes.collect(),
        })
    }

    /// The keys that work again once everything is taken back.
    pub(super) fn keys(&self) -> Vec<&AccessKeyId> {
        let taken = self.changes.iter().filter(|taken| taken.back.is_ok());
        taken.filter_map(|taken| taken.change.key()).collect()
    }

    /// The user who is quarantined no longer once everything is taken back.
    pub(super) fn freed(&self) -> Option<&UserName> {
        let taken = self.changes.iter().filter(|taken| taken.back.is_ok());
        let mut users = taken.filter_map(|taken| match &taken.change {
            Change::AttachDenyAll { user, .. } | Change::Boundary { user, .. } => Some(user),
            Change::DenyUser { user, denial } if *denial == Denial::Everything => Some(user),
            Change::AllowRole { .. }
            | Change::AllowUser { .. }
            | Change::DeleteKey { .. }
            | Change::DeletePassword { .. }
            | Change::DeleteRootKey { .. }
            | Change::DenyRole { .. }
            | Change::DenyUser { .. }
            | Change::DetachDenyAll { .. }
            | Change::Key { .. }
            | Change::NoBoundary { .. }
            | Change::ServiceCredential { .. }
            | Change::SigningCertificate { .. }
            | Change::SshKey { .. } => None,
        });
        users.next()
    }

    /// The user whose key it is.
    pub(super) fn user_of(&self, key: &AccessKeyId) -> Option<&UserName> {
        let mut changes = self.changes.iter().map(|taken| &taken.change);
        let change = changes.find(|change| change.key() == Some(key))?;
        match change.principal() {
            Principal::User(user) => Some(user),
            Principal::Role(_) | Principal::Root => None,
        }
    }
}

/// What takes a change back, or why nothing does.
fn back(change: &Change, deleted: &[AccessKeyId]) -> Result<Change, Irreversible> {
    if change.key().is_some_and(|key| deleted.contains(key)) {
        return Err(Irreversible::KeyDeleted);
    }
    change.inverse().ok_or(match change {
        Change::DeletePassword { .. } => Irreversible::PasswordDeleted,
        Change::DeleteKey { .. } | Change::DeleteRootKey { .. } => Irreversible::KeyDeleted,
        Change::Key { .. }
        | Change::ServiceCredential { .. }
        | Change::SshKey { .. }
        | Change::SigningCertificate { .. }
        | Change::DenyUser { .. }
        | Change::AllowUser { .. }
        | Change::AttachDenyAll { .. }
        | Change::DetachDenyAll { .. }
        | Change::Boundary { .. }
        | Change::NoBoundary { .. }
        | Change::DenyRole { .. }
        | Change::AllowRole { .. } => Irreversible::IsUndoing,
    })
}

impl Taken {
    /// What was done to whom, for people.
    pub(super) fn words(&self) -> String {
        let who = match self.change.principal() {
            Principal::User(user) => format!("user {user}"),
            Principal::Role(role) => format!("role {role}"),
            Principal::Root => "root".to_owned(),
        };
        match self.change.key() {
            Some(key) => format!("key {key} of {who}: {}", self.change.done()),
            None => format!("{who}: {}", self.change.done()),
        }
    }
}
