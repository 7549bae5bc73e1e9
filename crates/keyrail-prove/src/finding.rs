//! What is to be proved, and what becomes of it.

use std::time::Duration;

use jiff::civil::Date;
use keyrail_core::Bundle;
use serde::Serialize;

use crate::claim::Kind;
use crate::property::Property;
use crate::replay::Counterexample;

/// What is to be proved.
#[derive(Debug)]
pub struct Question<'a> {
    /// Of which bundle.
    pub bundle: &'a Bundle,
    /// The properties, beside those of every bundle.
    pub properties: &'a [Property],
    /// An older bundle, of which nothing is to be lost.
    pub against: Option<&'a Bundle>,
    /// Exemptions that have expired by then are left out.
    pub today: Date,
    /// How long each question may take.
    pub limit: Duration,
}

/// What became of one claim.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The sort of claim.
    pub kind: Kind,
    /// What was claimed, in words for people.
    pub says: String,
    /// The policies or the property that it is about.
    pub about: Vec<String>,
    /// What became of it.
    pub result: Proof,
    /// An activity that shows it to be wrong.
    pub counterexample: Option<Counterexample>,
    /// Every sort of activity for which it is wrong, as `iam:CreateAccessKey by User`;
    /// only of what another bundle caught, and else the first.
    pub wrong_for: Vec<String>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// It holds for every activity.
    Proved,
    /// It does not.
    Failed,
    /// The solver did not come to an end in time, or cannot be asked.
    Unknown,
}
