//! A fault that a check has found.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::reading::Lasting;
use crate::activity::BeatCall;
use crate::id::AccountId;

/// A hop that is dead or not as it should be, an account or Region that is silent, or something that
/// could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What tells it from all others, from check to check.
    pub key: String,
    /// Which hop.
    pub hop: Hop,
    /// Where.
    pub place: Place,
    /// What is wrong, without where, in one line.
    pub says: String,
    /// Which fault it most likely comes of, in that one's words; of who is silent only.
    pub because: Option<String>,
    /// Who is told.
    pub hears: Hears,
    /// Whether it is told at once.
    pub lasting: Lasting,
    /// Which beats cannot come as long as it stands.
    #[serde(skip)]
    pub(super) stops: Stops,
}

/// A hop on the way of an event, from the call to who is on call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "each is AWS's own name for it, but for the first three and the last"
)]
pub enum Hop {
    /// No beat comes.
    Beat,
    /// Something cannot be read.
    Reading,
    /// The list of accounts.
    Accounts,
    Schedule,
    BeatRole,
    Trail,
    Selectors,
    Rule,
    RulePattern,
    RuleState,
    RuleTarget,
    TargetRole,
    Bus,
    Function,
    Table,
    Topic,
    Subscription,
    Queue,
    Alarm,
    /// What the guard runs has changed.
    Deployment,
}

/// Where a fault is.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The account; none for what is in no account of its own.
    pub account: Option<AccountId>,
    /// The Region; none for what is in none, or in all of them.
    pub region: Option<String>,
}

/// What was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Where.
    pub place: Place,
    /// Which hop there; all of them if it is none.
    pub hop: Option<Hop>,
}

/// Who is told of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hears {
    /// Who is on call, and who runs keyrail.
    Everybody,
    /// Who runs keyrail.
    Operator,
}

/// Which beats a fault stops.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Stops {
    /// All of them: a part of the hub that all go through is dead.
    All,
    /// Those of other accounts than the hub's, of one call or of both.
    Members(Option<BeatCall>),
    /// None.
    #[default]
    None,
    /// Those of these accounts and Regions, of one call or of both.
    Places(BTreeSet<(AccountId, String)>, Option<BeatCall>),
}

impl Hop {
    /// Its name in keys, messages and the documentation.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Alarm => "alarm",
            Self::Beat => "beat",
            Self::BeatRole => "beat-role",
            Self::Bus => "bus",
            Self::Deployment => "deployment",
            Self::Function => "function",
            Self::Queue => "queue",
            Self::Reading => "reading",
            Self::Rule => "rule",
            Self::RulePattern => "rule-pattern",
            Self::RuleState => "rule-state",
            Self::RuleTarget => "rule-target",
            Self::Schedule => "schedule",
            Self::Selectors => "selectors",
            Self::Subscription => "subscription",
            Self::Table => "table",
            Self::TargetRole => "target-role",
            Self::Topic => "topic",
            Self::Trail => "trail",
        }
    }
}

impl Fault {
    /// One that everybody is told of at once. `name` tells it from others of that hop and place.
    pub(super) fn new(hop: Hop, place: Place, name: &str, says: String) -> Self {
        let account = place.account.as_ref().map_or("-", AccountId::as_str);
        let region = place.region.as_deref().unwrap_or("-");
        Self {
            key: format!("{account}#{region}#{}#{name}", hop.as_str()),
            hop,
            place,
            says,
            because: None,
            hears: Hears::Everybody,
            lasting: Lasting::Standing,
            stops: Stops::None,
        }
    }

    pub(super) fn stopping(self, stops: Stops) -> Self {
        Self { stops, ..self }
    }

    pub(super) fn for_the_operator(self) -> Self {
        Self {
            hears: Hears::Operator,
            ..self
        }
    }

    /// The same, told only if the next check sees it, too.
    pub(super) fn that_may_pass(self) -> Self {
        Self {
            lasting: Lasting::Passing,
            ..self
        }
    }

    /// Whether a beat cannot come as long as this stands.
    pub(super) fn stops(
        &self,
        hub: &AccountId,
        account: &AccountId,
        region: &str,
        call: BeatCall,
    ) -> bool {
        let is_of = |only: &Option<BeatCall>| only.is_none_or(|only| only == call);
        match &self.stops {
            Stops::All => true,
            Stops::Members(only) => account != hub && is_of(only),
            Stops::None => false,
            Stops::Places(places, only) => {
                is_of(only) && places.contains(&(account.clone(), region.to_owned()))
            }
        }
    }
}

impl Place {
    pub(super) fn of(account: &AccountId) -> Self {
        Self {
            account: Some(account.clone()),
            region: None,
        }
    }

    pub(super) fn at(account: &AccountId, region: &str) -> Self {
        Self {
            account: Some(account.clone()),
            region: Some(region.to_owned()),
        }
    }

    /// The beats of this place.
    pub(super) fn beats(&self, only: Option<BeatCall>) -> Stops {
        match (&self.account, &self.region) {
            (Some(account), Some(region)) => {
                Stops::Places([(account.clone(), region.clone())].into(), only)
            }
            _ => Stops::None,
        }
    }
}

impl Scope {
    /// Whether a fault is in what was not read.
    pub(super) fn holds(&self, fault: &Fault) -> bool {
        let within =
            |mine: &Option<String>, of_it: &Option<String>| mine.is_none() || mine == of_it;
        let account = self.place.account.is_none() || self.place.account == fault.place.account;
        account
            && within(&self.place.region, &fault.place.region)
            // Who is silent is seen in the table, whatever was read of the account.
            && self
                .hop
                .map_or(fault.hop != Hop::Beat, |hop| hop.covers(fault.hop))
    }
}

impl Hop {
    /// Whether one that was not read leaves open whether there is a fault of the other.
    fn covers(self, other: Self) -> bool {
        self == other
            || match self {
                Self::Rule => matches!(
                    other,
                    Self::RulePattern | Self::RuleState | Self::RuleTarget | Self::TargetRole
                ),
                Self::RuleTarget => other == Self::TargetRole,
                Self::Topic => other == Self::Subscription,
                Self::Trail => other == Self::Selectors,
                Self::Function => other == Self::Deployment,
                Self::Accounts => other == Self::Beat,
                _ => false,
            }
    }
}
