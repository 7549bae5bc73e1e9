//! The format of test files, as they are written.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_saphyr::Spanned;

/// A file of tests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Suite {
    pub tests: Vec<Spanned<Test>>,
}

/// An event, the circumstances, and what is to come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    pub name: Spanned<String>,
    /// One of `keyrail sample --list`, or an event of `keyrail taxonomy`.
    #[serde(default)]
    pub sample: Option<Spanned<String>>,
    /// The event itself.
    #[serde(default)]
    pub event: Option<Spanned<Value>>,
    /// A file, by its path from the file of tests.
    #[serde(default)]
    pub file: Option<Spanned<String>>,
    /// Who did it: the ARN of a user or role.
    #[serde(default)]
    pub by: Option<Spanned<String>>,
    #[serde(default)]
    pub set: BTreeMap<String, Spanned<Value>>,
    #[serde(default)]
    pub unset: Vec<Spanned<String>>,
    #[serde(default)]
    pub at: Option<Spanned<String>>,
    #[serde(default)]
    pub mode: Option<Spanned<String>>,
    /// Named networks, in place of those in the settings.
    #[serde(default)]
    pub networks: Option<BTreeMap<String, Vec<Spanned<String>>>>,
    /// Events that came before, in order.
    #[serde(default)]
    pub history: Option<Vec<Earlier>>,
    /// What IAM would say of users, by name.
    #[serde(default)]
    pub users: Option<BTreeMap<String, UserRow>>,
    #[serde(default)]
    pub expect: Option<Spanned<Expectation>>,
    /// Rows of a table: each is a test of its own, and says only what is different
    /// from the test that it stands in.
    #[serde(default)]
    pub cases: Vec<Spanned<Test>>,
}

/// What IAM would say of a user.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserRow {
    #[serde(default)]
    pub groups: BTreeSet<String>,
    #[serde(default)]
    pub policies: BTreeSet<String>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// An event that came before.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Earlier {
    #[serde(default)]
    pub sample: Option<Spanned<String>>,
    #[serde(default)]
    pub event: Option<Spanned<Value>>,
    #[serde(default)]
    pub file: Option<Spanned<String>>,
    #[serde(default)]
    pub by: Option<Spanned<String>>,
    #[serde(default)]
    pub set: BTreeMap<String, Spanned<Value>>,
    #[serde(default)]
    pub unset: Vec<Spanned<String>>,
}

/// What is to come of an event; only what is given is compared, lists in full.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    #[serde(default, deserialize_with = "given")]
    pub violated: Option<Spanned<Vec<String>>>,
    #[serde(default, deserialize_with = "given")]
    pub exempted: Option<Spanned<Vec<String>>>,
    #[serde(default, deserialize_with = "given")]
    pub undecided: Option<Spanned<Vec<String>>>,
    /// A severity, or `none`.
    #[serde(default, deserialize_with = "given")]
    pub severity: Option<Spanned<String>>,
    /// Steps in order: `deactivate-key`, or `deactivate-key: observe` for one that is withheld.
    #[serde(default, deserialize_with = "given")]
    pub plan: Option<Spanned<Vec<Value>>>,
    #[serde(default, deserialize_with = "given")]
    pub alert: Option<Spanned<AlertExpectation>>,
}

/// What the alert is to say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertExpectation {
    /// A state, or `none` if there is to be no alert.
    #[serde(default, deserialize_with = "given")]
    pub state: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "given")]
    pub subject: Option<Spanned<String>>,
}

/// A key without a value is a mistake: it would look as if something were compared.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

impl Expectation {
    /// What it says, and of the rest what another one says.
    pub(super) fn or(self, other: Self) -> Self {
        let alert = match (self.alert, other.alert) {
            (Some(mut own), Some(other)) => {
                own.value.state = own.value.state.or(other.value.state);
                own.value.subject = own.value.subject.or(other.value.subject);
                Some(own)
            }
            (own, other) => own.or(other),
        };
        Self {
            violated: self.violated.or(other.violated),
            exempted: self.exempted.or(other.exempted),
            undecided: self.undecided.or(other.undecided),
            severity: self.severity.or(other.severity),
            plan: self.plan.or(other.plan),
            alert,
        }
    }

    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        let alert = self.alert.as_ref().map(|alert| &alert.value);
        self.violated.is_none()
            && self.exempted.is_none()
            && self.undecided.is_none()
            && self.severity.is_none()
            && self.plan.is_none()
            && alert.is_none_or(|alert| alert.state.is_none() && alert.subject.is_none())
    }
}
