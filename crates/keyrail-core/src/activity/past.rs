//! What came before an activity, as far as it bears on it.

use serde::{Deserialize, Serialize};

/// What of the history bears on one activity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Whether keyrail had deactivated the access key that it is about, or quarantined the user
    /// whose containment it takes away, and nobody has released them since.
    pub contained: bool,
    /// Whether somebody has released that key from containment, and the release holds.
    pub released: bool,
    /// The last change of the actor's password, if there was one before.
    pub password_change: Option<PasswordChange>,
    /// What is a surge here.
    #[serde(skip)]
    pub surge: Surge,
}

/// A password that was changed, seen from what came later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordChange {
    /// How many whole minutes before.
    pub minutes_before: i64,
    /// How many instances its user has launched since, this time included.
    pub launched_since: u64,
}

/// Within how many minutes after a password change how many launched instances are a surge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surge {
    /// Minutes after the password change.
    pub minutes: i64,
    /// Instances that its user launches in that time.
    pub instances: i64,
}

impl Default for Surge {
    /// Where the settings say nothing.
    fn default() -> Self {
        Self {
            minutes: 60,
            instances: 5,
        }
    }
}
