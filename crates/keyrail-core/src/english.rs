//! Everything that people read of an event, in English. Another language is a module
//! like this one.
//!
//! Not here: commands, names of AWS's, what the bundle says (titles, advice, policies),
//! and the texts of errors, which alerts quote as AWS, Cedar or the parser wrote them.

use self::done::{done as what_was_done, still};
use self::evidence::{evidence, why};
use self::headline::{headline, in_short};
use self::sentence::{known, sentence};
use self::to_do::to_do;
use self::undo::undo;
pub(crate) use self::who::who;
use crate::alert::content::{Content, Headings};
use crate::alert::links;
use crate::id::AccountId;
use crate::report::Report;

mod advice;
mod done;
mod evidence;
mod headline;
mod sentence;
mod to_do;
mod undo;
mod who;

/// What an alert says of a report.
pub(crate) fn content(report: &Report) -> Content {
    Content {
        headline: headline(report),
        sentence: sentence(report),
        done: what_was_done(report),
        still: still(report),
        to_do: to_do(report),
        evidence: evidence(report),
        why: why(report),
        instead: advice::instead(&report.activity),
        undo: undo(report),
        links: links::links(report, ["user", "event", "account"]),
        before_links: before_links(report),
        before_to_do: before_to_do(report),
        headings: Headings {
            severity: "severity",
            done: "What keyrail did",
            to_do: "Do now",
            instead: "Instead of an access key",
            undo: "Undo",
            links: "Links",
        },
        in_short: in_short(report).to_owned(),
    }
}

/// What stands where an alert had to be cut.
pub(crate) const CUT: &str = "[cut: the alert would have been too long]";

/// Commands name users, and another account may have one of the same name.
fn before_to_do(report: &Report) -> String {
    let account = report.activity.account.as_deref();
    let account = account.and_then(|id| id.parse::<AccountId>().ok());
    account.map_or_else(String::new, |account| format!(" (in account {account})"))
}

fn before_links(report: &Report) -> String {
    let account = known(report.activity.account.as_deref());
    match report.on_alerts.portal {
        Some(_) => "(through the access portal)".to_owned(),
        None => format!("(sign in to account {account} first)"),
    }
}
