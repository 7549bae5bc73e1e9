//! What a check has read: plain data, with the reason wherever something could not be read.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::selectors::Selectors;
use crate::activity::{BeatCall, Slot};
use crate::id::AccountId;

/// An answer, or why there is none.
pub type Asked<T> = Result<T, Unread>;

/// Why something was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The call, AWS's code and message, in one line.
    pub why: String,
    /// Whether it may pass by itself.
    pub lasting: Lasting,
}

/// Whether something is told as soon as it is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lasting {
    /// Only if the next check sees it, too: it passes by itself as a rule.
    Passing,
    /// At once.
    Standing,
}

/// The deployment that is watched.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Its name.
    pub name: String,
    /// The AWS partition.
    pub partition: String,
    /// keyrail's own account, the hub.
    pub account: AccountId,
    /// Its Region, the home Region.
    pub home: String,
    /// The Regions in which each account has rules and a beat, the home Region among them.
    pub regions: BTreeSet<String>,
    /// The organization's id, where there is one.
    pub organization: Option<String>,
    /// The guard's name.
    pub function: String,
    /// The responder role, with its path, where there is one.
    pub responder: Option<String>,
    /// The topic for alerts.
    pub alert_topic: String,
    /// The topic for whoever runs keyrail.
    pub operator_topic: Option<String>,
    /// ARNs of the hub's queues.
    pub queues: Vec<String>,
}

/// All that one check has read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The deployment.
    pub watched: Watched,
    /// When the check was made.
    pub at: Timestamp,
    /// The accounts that are open.
    pub accounts: Asked<Vec<Account>>,
    /// By account, the last beats that the table has.
    pub beats: BTreeMap<AccountId, Asked<Vec<LastBeat>>>,
    /// By account and Region, what was read there. An account that is missing here was left for the
    /// next check, for want of time.
    pub members: BTreeMap<AccountId, Asked<BTreeMap<String, Region>>>,
    /// What the hub alone has.
    pub hub: Hub,
}

/// An account of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: Option<String>,
    /// When it became a part of the organization.
    pub joined: Option<Timestamp>,
}

/// The last beat that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastBeat {
    /// The Region that recorded it.
    pub region: String,
    /// Which of the two.
    pub call: BeatCall,
    /// The hour that it spoke for.
    pub slot: Slot,
}

/// What was read in one Region of one account.
#[derive(Debug, Clone)]
pub struct Region {
    /// The trails that record there.
    pub trails: Asked<Vec<Trail>>,
    /// keyrail's rules there.
    pub rules: Asked<Vec<Rule>>,
    /// The schedules of its beats; `None` for one that is not there.
    pub schedules: Vec<(BeatCall, Asked<Option<Schedule>>)>,
    /// Whether the role of its beats is there.
    pub beat_role: Asked<bool>,
    /// Queues of what could not be delivered.
    pub queues: Asked<Vec<Queue>>,
    /// keyrail's alarms there.
    pub alarms: Asked<Vec<Alarm>>,
}

/// A trail that records in a Region.
#[derive(Debug, Clone)]
pub struct Trail {
    /// Its ARN.
    pub arn: String,
    /// Whether it logs there.
    pub logging: Asked<bool>,
    /// What it records, where that is asked: in the account and Region that it belongs to.
    pub selectors: Option<Asked<Selectors>>,
}

/// A rule of EventBridge.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The bus that it is on, by name.
    pub bus: String,
    /// `ENABLED`, `DISABLED` or `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    pub state: String,
    /// Whether its pattern is as shipped: [`ShippedRules::has`](super::ShippedRules::has) says so while
    /// it is read, so that those of thousands of accounts are not kept.
    pub is_as_shipped: bool,
    /// What it delivers to.
    pub targets: Asked<Vec<Target>>,
}

/// A target of a rule.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its ARN.
    pub arn: String,
    /// The role in which EventBridge delivers to it.
    pub role: Option<RoleOfTarget>,
}

/// A role in which a rule delivers.
#[derive(Debug, Clone)]
pub struct RoleOfTarget {
    /// Its ARN.
    pub arn: String,
    /// Whether it is there.
    pub exists: Asked<bool>,
}

/// A schedule of EventBridge Scheduler.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// `ENABLED` or `DISABLED`.
    pub state: String,
    /// The ARN of its target.
    pub target: String,
    /// The ARN of the role that it calls in.
    pub role: String,
}

/// A queue.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// How many messages it holds.
    pub messages: Asked<u64>,
    /// Whether messages pass through it, as long as all is well.
    pub passes: bool,
}

/// An alarm.
#[derive(Debug, Clone)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Its state, where that is not OK.
    pub state: AlarmState,
}

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// It says that something is wrong.
    Alarm,
    /// It has no data to judge by.
    NoData,
    /// All is well.
    Well,
}

/// What the hub alone has.
#[derive(Debug, Clone)]
pub struct Hub {
    /// The guard; `None` if it is not there.
    pub function: Asked<Option<Function>>,
    /// The bus of the members; `None` if it is not there.
    pub bus: Asked<Option<Bus>>,
    /// keyrail's rules on that bus.
    pub bus_rules: Asked<Vec<Rule>>,
    /// The state of the table, such as `ACTIVE`; `None` if it is not there.
    pub table: Asked<Option<String>>,
    /// The topics.
    pub topics: Vec<Topic>,
    /// The queues.
    pub queues: Asked<Vec<Queue>>,
}

/// The guard.
#[derive(Debug, Clone)]
pub struct Function {
    /// How many may run at once, where that is reserved: none if it is 0.
    pub reserved: Asked<Option<u64>>,
    /// Its state, such as `Active`.
    pub state: Option<String>,
    /// What it runs: code, layers, mode and bundle, in one line.
    pub runs: String,
}

/// The bus that members deliver to.
#[derive(Debug, Clone)]
pub struct Bus {
    /// Its policy.
    pub policy: Option<Value>,
}

/// A topic.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Its ARN.
    pub arn: String,
    /// Who listens; `None` if the topic is not there.
    pub subscriptions: Asked<Option<Vec<Subscription>>>,
}

/// Who listens to a topic.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Such as `email`.
    pub protocol: String,
    /// Whether it was confirmed.
    pub is_confirmed: bool,
}

impl Watched {
    /// The ARN of the bus that members deliver to.
    #[must_use]
    pub fn members_bus(&self) -> String {
        let Self {
            partition,
            home,
            account,
            ..
        } = self;
        format!(
            "arn:{partition}:events:{home}:{account}:event-bus/{}",
            self.members_bus_name()
        )
    }

    /// Its name.
    #[must_use]
    pub fn members_bus_name(&self) -> String {
        format!("{}-members", self.name)
    }

    /// The ARN of the home Region's default bus, to which other Regions of the hub deliver.
    #[must_use]
    pub fn home_bus(&self) -> String {
        let Self {
            partition,
            home,
            account,
            ..
        } = self;
        format!("arn:{partition}:events:{home}:{account}:event-bus/default")
    }

    /// The ARN of the guard.
    #[must_use]
    pub fn function_arn(&self) -> String {
        let Self {
            partition,
            home,
            account,
            function,
            ..
        } = self;
        format!("arn:{partition}:lambda:{home}:{account}:function:{function}")
    }
}
