//! What follows the alert.

use std::time::Duration;

use futures_util::future::{join, join_all};
use jiff::Timestamp;

use super::Response;
use super::not_known::{Unknown, not_known};
use super::recall::Claimed;
use crate::effects::Effects;
use crate::outcome::Outcome;
use crate::plan::{Act, Who};
use crate::queue::{Later, Queue};
use crate::recheck::{DELAYS, Recheck};
use crate::report::Report;
use crate::state::{ClaimEnd, Fact, Memory, State, Subject};

/// What nobody waits for any more: later events must know, and somebody must look again.
pub(super) async fn remember(
    mut response: Response,
    claimed: Option<&Claimed<'_>>,
    round: u8,
    aws: &(impl Effects + State + Queue),
) -> Response {
    let report = &response.report;
    let remembering = async {
        let contained = match aws.has_table() {
            true => contained(report, aws.now()),
            false => Vec::new(),
        };
        let results = join_all(contained.iter().map(|memory| aws.remember(memory))).await;
        results
            .into_iter()
            .filter_map(Result::err)
            .collect::<Vec<_>>()
    };
    let scheduling = async {
        let rechecks = match aws.has_queue() {
            true => Recheck::all_of(report, round, aws.now()),
            false => Vec::new(),
        };
        let sending = rechecks.into_iter().map(|mut recheck| async move {
            let stock = recheck.take_stock(aws).await;
            let recheck = Later::Recheck(recheck);
            let sent = join_all(DELAYS.map(|delay| aws.send_later(&recheck, delay))).await;
            (stock.err(), sent)
        });
        join_all(sending).await
    };
    let (forgotten, scheduled) = join(remembering, scheduling).await;
    let (mut notes, mut failed) = (Vec::new(), Vec::new());
    for (stock, sent) in scheduled {
        // What is younger than the event is found without the list.
        let unlisted = stock.map(|error| format!("credentials could not be listed: {error}"));
        notes.extend(unlisted);
        for error in sent.into_iter().filter_map(Result::err) {
            failed.push(format!("the re-check could not be scheduled: {error}"));
        }
    }
    let is_finished =
        failed.is_empty() && !matches!(response.sent, Some(Err(_))) && !report.is_worth_a_retry();
    let end = match is_finished {
        true => ClaimEnd::Handled,
        false => ClaimEnd::Open,
    };
    if let Some(Claimed { event, by, lasts }) = claimed
        && let Err(error) = aws.complete_claim(event, by, end, *lasts).await
    {
        notes.push(format!("the claim on it could not be ended: {error}"));
    }
    // A later event is judged without it: another try, with another alert, would be worse.
    let forgotten = forgotten
        .into_iter()
        .map(|error| not_known(Unknown::ContainedLater, &error));
    response.report.not_known.extend(forgotten);
    response.notes.extend(notes);
    response.failed_afterwards = failed;
    response
}

/// The keys that were stopped, for when somebody activates them again: a read that seems
/// to show that they had been may be stale.
fn contained(report: &Report, now: Timestamp) -> Vec<Memory> {
    let event = report.event.id.clone().unwrap_or_default();
    let steps = report.plan.steps.iter().zip(&report.outcomes);
    steps
        .filter(|(_, outcome)| outcome.holds.is_some())
        .filter_map(|(step, outcome)| match &step.decision {
            Ok(effect) => match &effect.act {
                Act::DeactivateKey(key) => Some(Memory {
                    about: Subject::Key(key.to_string()),
                    // When keyrail began: whoever activates it since answers that.
                    time: began(outcome).unwrap_or(now),
                    event: event.clone(),
                    fact: Fact::Contained,
                }),
                // Whoever takes the quarantine away answers that.
                Act::QuarantineUser => Some(Memory {
                    about: Subject::User(quarantined(report, &effect.who)?),
                    time: began(outcome).unwrap_or(now),
                    event: event.clone(),
                    fact: Fact::Contained,
                }),
                // Of what is not a key nothing is asked when it comes back: the re-check finds it.
                Act::DeactivateServiceCredential(_)
                | Act::DeactivateSigningCertificate(_)
                | Act::DeactivateSshKey(_)
                | Act::DeleteKey(_)
                | Act::DeleteRootKey(_)
                | Act::DisableConsoleLogin
                | Act::RevokeRoleSessions
                | Act::RevokeSessions => None,
            },
            Err(_) => None,
        })
        .collect()
}

/// The user's ARN.
fn quarantined(report: &Report, who: &Who) -> Option<String> {
    let Who::User(owner) = who else {
        return None;
    };
    let account = report.activity.account.as_deref()?;
    Some(report.activity.user_arn(account, owner.name()?.as_str()))
}

fn began(outcome: &Outcome) -> Option<Timestamp> {
    outcome
        .at?
        .checked_sub(Duration::from_millis(outcome.millis))
        .ok()
}
