//! The words of alerts in English: each variant of a situation as a sentence. Nothing is decided
//! here, so that another language is a module like this one.
//!
//! Not here: commands, names of AWS's, what the bundle says (titles, advice, policies), the
//! sentences of a report, and the texts of errors, which alerts quote as AWS, Cedar or the
//! parser wrote them.

use self::done::{done, still_possible, undo};
use self::evidence::{evidence, reason};
use self::headline::{bottom_line, headline};
use self::people::known;
use self::sentence::{old_news, sentence};
use self::to_do::to_do;
use super::content::{Content, Headings, Labelled};
use crate::situation::{Page, SignIn, Situation};

pub(super) use self::people::concerned;

mod advice;
mod done;
mod evidence;
mod headline;
mod people;
mod sentence;
mod to_do;

/// What an alert says of a situation.
pub(super) fn content(situation: &Situation<'_>) -> Content {
    let account = situation.account.as_ref();
    Content {
        headline: headline(&situation.headline),
        sentence: match situation.late {
            Some(late) => format!("{} {}", old_news(late), sentence(&situation.happened)),
            None => sentence(&situation.happened),
        },
        done: situation.done.iter().map(done).collect(),
        still: situation
            .still_possible
            .iter()
            .map(still_possible)
            .collect(),
        to_do: situation.instructions.iter().map(to_do).collect(),
        before_to_do: account.map_or_else(String::new, |id| format!(" (in account {id})")),
        evidence: situation.evidence.iter().map(evidence).collect(),
        why: situation.reasons.iter().map(reason).collect(),
        instead: situation.alternatives.iter().map(advice::advice).collect(),
        undo: situation.undo.iter().map(undo).collect(),
        links: situation
            .links
            .iter()
            .map(|link| Labelled {
                label: page(link.to),
                text: link.url.clone(),
            })
            .collect(),
        before_links: match situation.sign_in {
            SignIn::ThroughPortal => "(through the access portal)".to_owned(),
            SignIn::ToAccount(account) => format!("(sign in to account {} first)", known(account)),
        },
        headings: Headings {
            severity: "severity",
            done: "What keyrail did",
            to_do: "Do now",
            instead: "Instead of an access key",
            undo: "Undo",
            links: "Links",
        },
        in_short: bottom_line(situation.bottom_line),
    }
}

/// What stands where an alert had to be cut.
pub(super) const CUT: &str = "[cut: the alert would have been too long]";

fn page(page: Page) -> &'static str {
    match page {
        Page::Account => "account",
        Page::Event => "event",
        Page::Finding => "finding",
        Page::User => "user",
    }
}
