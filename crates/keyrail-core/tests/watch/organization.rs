//! The model: accounts, each with trails, rules and schedules in each Region; a hub with a bus, a
//! function, a table and topics; and the time.
//!
//! A beat goes the whole way, hop by hop, and is heard only if each of them is alive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};

use jiff::{SignedDuration, Timestamp};
use keyrail_core::activity::{BeatCall, Slot};
use keyrail_core::id::AccountId;
use keyrail_core::watch::{
    self, Asked, Change, Hears, LastBeat, Lasting, Memory, Message, Reading, Region, Rule,
    Selectors, ShippedRules, Standing, Unread,
};

use crate::parts::reading_of;

pub(crate) const REGIONS: [&str; 4] = ["ap-southeast-2", "eu-north-1", "us-east-1", "us-east-2"];
pub(crate) const HOME: &str = "us-east-1";
pub(crate) const ORGANIZATION: &str = "o-exampleorg1";

/// The minute of each hour at which the check is made.
const CHECKED_AT: i64 = 37;

pub(crate) struct Organization {
    pub now: Timestamp,
    pub reading: Reading,
    shipped: ShippedRules,
    memory: Memory,
    standing: BTreeMap<String, Standing>,
    /// What was told, and when.
    pub told: Vec<(Timestamp, Message)>,
    /// What the guard does with an event.
    pub guard: Guard,
    /// Whether the watch itself is started.
    pub is_watching: bool,
    /// When it ran last, as its metric has it.
    pub ran: Option<Timestamp>,
    /// Of which places beats are lost before CloudTrail sees them, and nothing shows it.
    pub lost: BTreeSet<(AccountId, String)>,
    /// Accounts that the watch cannot enter, or has no time for.
    pub closed: BTreeMap<AccountId, Closed>,
    /// What the table has.
    beats: BTreeMap<AccountId, BTreeMap<(String, BeatCall), Slot>>,
}

/// Why an account is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    Denied,
    NoTime,
}

/// What the function does with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    Fails,
    Works,
}

pub(crate) fn account(number: u64) -> AccountId {
    let id = format!("{:012}", 444_455_556_000 + number);
    id.parse().expect("it is an account")
}

/// The hub is the first.
pub(crate) fn hub() -> AccountId {
    account(0)
}

impl Organization {
    /// A healthy one.
    pub(crate) fn of(accounts: u64) -> Self {
        static BUILT: OnceLock<Mutex<BTreeMap<u64, Reading>>> = OnceLock::new();
        let built = BUILT.get_or_init(Mutex::default);
        let mut built = built.lock().expect("nobody has died with it");
        let reading = built
            .entry(accounts)
            .or_insert_with(|| reading_of(accounts))
            .clone();
        drop(built);
        Self {
            now: reading.at,
            memory: Memory {
                first: reading.at,
                runs: None,
                last: None,
            },
            reading,
            shipped: ShippedRules::of_this_version().expect("they can be read"),
            standing: BTreeMap::new(),
            told: Vec::new(),
            guard: Guard::Works,
            is_watching: true,
            ran: None,
            lost: BTreeSet::new(),
            closed: BTreeMap::new(),
            beats: BTreeMap::new(),
        }
    }

    /// Lets an hour pass: each place beats, each at its minute, and the check is made.
    pub(crate) fn hour(&mut self) {
        self.beat(..CHECKED_AT);
        self.check();
        self.beat(CHECKED_AT..);
        self.now += SignedDuration::from_hours(1);
    }

    pub(crate) fn hours(&mut self, count: usize) {
        for _ in 0..count {
            self.hour();
        }
    }

    /// The beats that are made, and arrive, within these minutes of the hour.
    fn beat(&mut self, minutes: impl std::ops::RangeBounds<i64>) {
        let hour = Slot::of(self.now).number();
        let narrowed = self.narrowed();
        let ids: Vec<AccountId> = self.reading.members.keys().cloned().collect();
        for id in ids {
            for region in REGIONS {
                for call in BeatCall::ALL {
                    let at_home = region == HOME;
                    let minute = minute(&id, region, hour);
                    let is_made =
                        (call == BeatCall::Region || at_home) && minutes.contains(&minute);
                    if is_made && self.arrives(&id, region, call, &narrowed) {
                        self.heard(&id, region, call, Slot::of(self.now));
                    }
                }
            }
        }
    }

    /// What the guard's conditional write leaves in the table.
    pub(crate) fn heard(&mut self, id: &AccountId, region: &str, call: BeatCall, slot: Slot) {
        let of_it = self.beats.entry(id.clone()).or_default();
        let last = of_it.entry((region.to_owned(), call)).or_insert(slot);
        *last = slot.max(*last);
    }

    /// Whether a beat of now reaches the table, by the state of each hop.
    fn arrives(
        &self,
        id: &AccountId,
        region: &str,
        call: BeatCall,
        narrowed: &BTreeSet<String>,
    ) -> bool {
        let read = self.has(id, region);
        let is_on = read.schedules.iter().any(|(of, schedule)| {
            let schedule = schedule.as_ref().expect("the model can read it");
            *of == call && schedule.as_ref().is_some_and(|it| it.state == "ENABLED")
        });
        let is_recorded = read
            .trails
            .as_ref()
            .expect("the model can read it")
            .iter()
            .any(|trail| trail.logging == Ok(true) && !narrowed.contains(&trail.arn));
        let (own, at_hub) = match call {
            BeatCall::Account => ("-AccessKeyRule-", "-MemberAccessKeyRule-"),
            BeatCall::Region => ("-RecorderRule-", "-MemberRecorderRule-"),
        };
        let rules = read.rules.as_ref().expect("the model can read it");
        let is_forwarded = delivers(rules, own);
        let hub_read = &self.reading.hub;
        let is_let_in = *id == hub()
            || (hub_read.bus.as_ref().expect("it is read").as_ref())
                .is_some_and(|bus| bus.policy.is_some())
                && delivers(hub_read.bus_rules.as_ref().expect("it is read"), at_hub);
        // What other Regions of the hub forward goes by the rules of its home.
        let goes_on = *id != hub()
            || region == HOME
            || delivers(self.has(id, HOME).rules.as_ref().expect("it is read"), own);
        let runs = self.guard == Guard::Works
            && (hub_read.function.as_ref().expect("it is read").as_ref())
                .is_some_and(|function| function.reserved != Ok(Some(0)));
        let is_kept = hub_read.table.as_ref().is_ok_and(Option::is_some);
        let is_lost = self.lost.contains(&(id.clone(), region.to_owned()));
        is_on
            && read.beat_role == Ok(true)
            && !is_lost
            && is_recorded
            && is_forwarded
            && is_let_in
            && goes_on
            && runs
            && is_kept
    }

    /// The trails that no longer record what a beat is.
    fn narrowed(&self) -> BTreeSet<String> {
        let all = self.reading.members.values().flatten().flatten();
        let trails = all.flat_map(|(_, region)| region.trails.iter().flatten());
        let narrowed = trails.filter(|trail| {
            matches!(&trail.selectors, Some(Ok(Selectors::Basic(all)))
                if !all.iter().any(|it| it.management))
        });
        narrowed.map(|trail| trail.arn.clone()).collect()
    }

    fn has(&self, id: &AccountId, region: &str) -> &Region {
        let read = self.reading.members[id].as_ref().expect("the model has it");
        &read[region]
    }

    /// What the model has in a Region, to be changed.
    pub(crate) fn at(&mut self, id: &AccountId, region: &str) -> &mut Region {
        let read = self.reading.members.get_mut(id).expect("the model has it");
        let regions = read.as_mut().expect("it can be read");
        regions.get_mut(region).expect("the model has it")
    }

    /// Changes each Region of each account.
    pub(crate) fn everywhere(&mut self, mut change: impl FnMut(&AccountId, &mut Region)) {
        for (id, regions) in &mut self.reading.members {
            for region in regions.as_mut().expect("it can be read").values_mut() {
                change(id, region);
            }
        }
    }

    fn check(&mut self) {
        if !self.is_watching {
            return;
        }
        let at = self.now + SignedDuration::from_mins(CHECKED_AT);
        self.reading.at = at;
        let has_table = self.reading.hub.table.as_ref().is_ok_and(Option::is_some);
        let accounts = self.reading.accounts.as_ref().expect("it is read");
        let beats = accounts.iter().map(|account| {
            let of_it = self.beats.get(&account.id).into_iter().flatten();
            let last = of_it.map(|((region, call), slot)| LastBeat {
                region: region.clone(),
                call: *call,
                slot: *slot,
            });
            let asked = match has_table {
                true => Ok(last.collect()),
                false => Err(gone()),
            };
            (account.id.clone(), asked)
        });
        self.reading.beats = beats.collect();
        let mut open = BTreeMap::new();
        for (id, closed) in &self.closed {
            open.extend(self.reading.members.remove_entry(id));
            if *closed == Closed::Denied {
                self.reading.members.insert(id.clone(), Err(denied()));
            }
        }
        let found = watch::check(&self.reading, &self.shipped, &self.memory);
        self.reading.members.extend(open);
        let standing: Vec<Standing> = match has_table {
            true => self.standing.values().cloned().collect(),
            false => Vec::new(),
        };
        let compared = watch::compare(found, standing, at);
        let messages = watch::messages(&compared, &BTreeMap::new(), "keyrail", at, true);
        for change in compared.changes.into_iter().filter(|_| has_table) {
            match change {
                Change::Keep(standing) => {
                    // As the table gives it back.
                    let text = serde_json::to_string(&standing).expect("it is written");
                    let kept = serde_json::from_str(&text).expect("it is read back");
                    self.standing.insert(standing.fault.key.clone(), kept);
                }
                Change::Over(standing) => {
                    self.standing.remove(&standing.fault.key);
                }
            }
        }
        let function = self.reading.hub.function.as_ref();
        if let Ok(Some(function)) = function {
            self.memory.runs = Some(function.runs.clone());
        }
        self.ran = Some(at);
        self.told
            .extend(messages.into_iter().map(|message| (at, message)));
    }

    /// The first message since then that has all of these words.
    pub(crate) fn first_told(
        &self,
        since: Timestamp,
        to: Hears,
        words: &[&str],
    ) -> Option<Timestamp> {
        let told = self.told.iter().find(|(at, message)| {
            *at >= since && message.to == to && words.iter().all(|word| message.text.contains(word))
        });
        told.map(|(at, _)| *at)
    }
}

fn gone() -> Unread {
    Unread {
        why: "dynamodb:Query: ResourceNotFoundException".to_owned(),
        lasting: Lasting::Standing,
    }
}

fn denied() -> Unread {
    Unread {
        why: "sts:AssumeRole: AccessDenied".to_owned(),
        lasting: Lasting::Standing,
    }
}

pub(crate) fn throttled() -> Unread {
    Unread {
        why: "events:ListRules: ThrottlingException".to_owned(),
        lasting: Lasting::Passing,
    }
}

/// Another each hour, as a flexible window makes them.
fn minute(id: &AccountId, region: &str, hour: i64) -> i64 {
    let seed: i64 = id
        .as_str()
        .bytes()
        .chain(region.bytes())
        .map(i64::from)
        .sum();
    5 + (seed * 31 + hour * 17).rem_euclid(45)
}

fn delivers(rules: &[Rule], id: &str) -> bool {
    let named = |rule: &&Rule| rule.name.contains(id) && rule.state != "DISABLED";
    // A pattern that was narrowed lets no beat through, in this model.
    let rule = rules.iter().find(named).filter(|rule| rule.is_as_shipped);
    let targets = rule.and_then(|rule| rule.targets.as_ref().ok());
    targets.is_some_and(|targets| {
        targets.iter().any(|target| {
            target
                .role
                .as_ref()
                .is_none_or(|role| role.exists == Ok(true))
        })
    })
}

/// Whether an answer is there, for those that a test changes.
pub(crate) fn known<T>(asked: &mut Asked<T>) -> &mut T {
    asked.as_mut().expect("the model can read it")
}
