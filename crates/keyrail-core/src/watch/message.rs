//! What people are told of a check: one message for each topic, if there is news for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::compare::{Compared, Standing};
use super::fault::{Fault, Hears, Hop};
use crate::id::AccountId;
use crate::phrases::utc;
use crate::plain::{Plain, ascii_line};
use crate::words::Severity;

/// So many lines of one account are told, and of all accounts together: an account with many faults
/// hides no other's.
const MOST_OF_ACCOUNT: usize = 5;
const MOST_LINES: usize = 120;

/// SNS takes subjects of fewer than 100 characters (SNS API reference, `Publish`, checked 2026-11-24).
const LONGEST_SUBJECT: usize = 99;

/// What a telephone shows (SNS Developer Guide, "Publishing SMS messages", checked 2026-11-25).
const LONGEST_SMS: usize = 140;

/// A message to one topic.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// To which: that of everybody, or the operator's.
    pub to: Hears,
    /// How bad the worst of it is.
    pub severity: Severity,
    /// At most 99 printable ASCII characters.
    pub subject: String,
    /// The plain text that people read.
    pub text: String,
    /// What telephones show.
    pub sms: String,
    /// `keyrail.watch/v1`, for programs.
    pub json: Value,
}

/// A fault, as programs read it.
#[derive(Serialize)]
struct Told<'a> {
    hop: Hop,
    account: Option<&'a AccountId>,
    region: Option<&'a str>,
    says: &'a str,
    because: Option<&'a str>,
    since: Timestamp,
}

/// What there is to tell, by topic. Without a topic of the operator's, everybody is told of all.
#[must_use]
pub fn messages(
    compared: &Compared,
    names: &BTreeMap<AccountId, String>,
    deployment: &str,
    at: Timestamp,
    has_operator: bool,
) -> Vec<Message> {
    let topics: &[Hears] = match has_operator {
        true => &[Hears::Everybody, Hears::Operator],
        false => &[Hears::Everybody],
    };
    let all = |to: Hears| to == Hears::Operator || !has_operator;
    let of = |to: Hears| News {
        new: told_to(&compared.new, all(to)),
        again: told_to(&compared.again, all(to)),
        over: told_to(&compared.over, all(to)),
        standing: (compared.standing.iter())
            .filter(|fault| all(to) || fault.hears == Hears::Everybody)
            .count(),
        names,
        deployment,
        at,
    };
    let messages = topics.iter().map(|to| (*to, of(*to)));
    messages
        .filter(|(_, news)| !news.is_quiet())
        .map(|(to, news)| news.message(to))
        .collect()
}

fn told_to(standing: &[Standing], all: bool) -> Vec<&Standing> {
    let heard = |it: &&Standing| all || it.fault.hears == Hears::Everybody;
    let mut told: Vec<&Standing> = standing.iter().filter(heard).collect();
    told.sort_by(|one, other| {
        let order = |it: &Standing| (it.fault.hears == Hears::Operator, it.fault.place.clone());
        order(one).cmp(&order(other))
    });
    told
}

/// What one topic is told.
struct News<'a> {
    new: Vec<&'a Standing>,
    again: Vec<&'a Standing>,
    over: Vec<&'a Standing>,
    standing: usize,
    names: &'a BTreeMap<AccountId, String>,
    deployment: &'a str,
    at: Timestamp,
}

impl News<'_> {
    fn is_quiet(&self) -> bool {
        self.new.is_empty() && self.again.is_empty() && self.over.is_empty()
    }

    fn message(&self, to: Hears) -> Message {
        let severity = self.severity();
        let subject = self.subject();
        let text = self.text();
        let mut sms = subject.clone();
        sms.push_str(". See e-mail.");
        let json = json!({
            "schema": "keyrail.watch/v1",
            "state": "ALERT",
            "severity": severity,
            "deployment": self.deployment,
            "time": self.at,
            "subject": subject,
            "text": text,
            "new": told(&self.new),
            "again": told(&self.again),
            "over": told(&self.over),
            "counts": {
                "new": self.new.len(), "again": self.again.len(), "over": self.over.len(),
                "standing": self.standing,
            },
        });
        Message {
            to,
            severity,
            subject,
            text,
            sms: ascii_line(&sms, LONGEST_SMS),
            json,
        }
    }

    fn severity(&self) -> Severity {
        let faults = || self.new.iter().chain(&self.again);
        if faults().any(|it| it.fault.hears == Hears::Everybody) {
            Severity::Critical
        } else if faults().next().is_some() {
            Severity::Medium
        } else {
            Severity::Info
        }
    }

    fn subject(&self) -> String {
        // What is dead says more than who is silent because of it.
        let told = if self.new.is_empty() {
            &self.again
        } else {
            &self.new
        };
        let first = told.iter().find(|it| it.fault.hop != Hop::Beat);
        let subject = match first.or(told.first()) {
            Some(it) => {
                let more = match told.len() - 1 {
                    0 => String::new(),
                    1 => " (and 1 more fault)".to_owned(),
                    more => format!(" (and {more} more faults)"),
                };
                let says = format!("{}: {}", self.whose(&it.fault), Plain(&it.fault.says));
                let room = (LONGEST_SUBJECT - 1)
                    .saturating_sub(self.deployment.len() + ": ".len() + more.len());
                format!("{}{more}", ascii_line(&says, room))
            }
            None => match self.over.len() {
                1 => "1 fault is over".to_owned(),
                over => format!("{over} faults are over"),
            },
        };
        ascii_line(&format!("{}: {subject}", self.deployment), LONGEST_SUBJECT)
    }

    fn text(&self) -> String {
        let mut text = format!(
            "keyrail ({}) looked whether it is alive, {}.\n",
            self.deployment,
            utc(self.at)
        );
        for (heading, told) in [
            ("New", &self.new),
            ("Standing since before, told once a day", &self.again),
            ("Over", &self.over),
        ] {
            if !told.is_empty() {
                text.push_str(&format!("\n{heading}\n"));
                self.list(told, &mut text);
            }
        }
        text.push_str(&match self.standing {
            0 => "\nNothing else stands.\n".to_owned(),
            count => format!(
                "\n{count} in all stand now. What each means, and what to do: docs/troubleshooting.md#what-the-watch-says\n"
            ),
        });
        text
    }

    /// The lines of each account in turn, so that none takes all the room.
    fn list(&self, told: &[&Standing], text: &mut String) {
        let mut by_account: BTreeMap<Option<&AccountId>, Vec<String>> = BTreeMap::new();
        for (place, line) in self.lines(told) {
            by_account.entry(place).or_default().push(line);
        }
        let room = (MOST_LINES / by_account.len().max(1)).clamp(1, MOST_OF_ACCOUNT);
        let mut left_out = Vec::new();
        for (number, (account, lines)) in by_account.iter().enumerate() {
            if number >= MOST_LINES {
                left_out.extend(account.map(AccountId::as_str));
                continue;
            }
            for line in lines.iter().take(room) {
                text.push_str(&format!("  - {line}\n"));
            }
            if lines.len() > room {
                let more = lines.len() - room;
                let of = account.map_or("elsewhere", |account| account.as_str());
                text.push_str(&format!("    and {more} more of {of}\n"));
            }
        }
        if !left_out.is_empty() {
            text.push_str(&format!(
                "  - and of these accounts: {}\n",
                left_out.join(", ")
            ));
        }
    }

    /// A line for each fault; those of who is silent for one reason in one.
    fn lines<'t>(&self, told: &[&'t Standing]) -> Vec<(Option<&'t AccountId>, String)> {
        let mut lines = Vec::new();
        let mut silent: BTreeMap<(Option<&AccountId>, Option<&str>), Vec<&Fault>> = BTreeMap::new();
        for it in told {
            let fault = &it.fault;
            let account = fault.place.account.as_ref();
            if fault.hop == Hop::Beat {
                let reason = (account, fault.because.as_deref());
                silent.entry(reason).or_default().push(fault);
                continue;
            }
            let says = Plain(&fault.says);
            lines.push((
                account,
                format!("{}: {says}. [{}]", self.whose(fault), fault.hop.as_str()),
            ));
        }
        for ((account, because), faults) in silent {
            let mut regions: Vec<&str> = faults
                .iter()
                .filter_map(|fault| fault.place.region.as_deref())
                .collect();
            regions.dedup();
            let whose = account.map_or_else(String::new, |account| self.named(account));
            let says = faults.first().map_or("", |fault| &fault.says);
            let because = because.map_or_else(String::new, |because| {
                format!(". Most likely: {}", Plain(because))
            });
            let line = format!(
                "{whose} is silent in {}: {says}{because}. [beat]",
                regions.join(", ")
            );
            lines.push((account, line));
        }
        lines
    }

    fn whose(&self, fault: &Fault) -> String {
        let account = fault
            .place
            .account
            .as_ref()
            .map(|account| self.named(account));
        let parts = [account, fault.place.region.clone()];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => "keyrail".to_owned(),
            false => parts.join(" "),
        }
    }

    fn named(&self, account: &AccountId) -> String {
        match self.names.get(account) {
            Some(name) => format!("account {account} ({})", Plain(name)),
            None => format!("account {account}"),
        }
    }
}

/// For programs as many as for people, by the same rule.
fn told<'a>(told: &[&'a Standing]) -> Vec<Told<'a>> {
    let mut of_account: BTreeMap<Option<&AccountId>, usize> = BTreeMap::new();
    let mut kept = Vec::new();
    for it in told.iter().copied() {
        let fault = &it.fault;
        let count = of_account.entry(fault.place.account.as_ref()).or_default();
        *count += 1;
        if *count <= MOST_OF_ACCOUNT && kept.len() < MOST_LINES {
            kept.push(Told {
                hop: fault.hop,
                account: fault.place.account.as_ref(),
                region: fault.place.region.as_deref(),
                says: &fault.says,
                because: fault.because.as_deref(),
                since: it.since,
            });
        }
    }
    kept
}
