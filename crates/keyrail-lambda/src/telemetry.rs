//! What the function says of itself: JSON log lines, and metrics in CloudWatch's
//! embedded format. Ids and words of keyrail's own, never an event's content.

use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use keyrail_core::effects::EffectError;
use keyrail_core::id::AccountId;
use keyrail_core::outcome::OutcomeResult;
use keyrail_core::pipeline::{Handled, Looked, Response};
use keyrail_core::taxonomy::Kind;
use keyrail_core::watch::Fault;
use serde_json::{Value, json};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

/// Starts logging, at the level that Lambda's logging configuration names
/// (`AWS_LAMBDA_LOG_LEVEL`), else at INFO. Below warnings, what other crates log
/// may quote requests, so that it is left out at any level.
pub(crate) fn start() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok());
    let own = level.unwrap_or(LevelFilter::INFO);
    let targets = Targets::new()
        .with_default(own.min(LevelFilter::WARN))
        // The runtime repeats each error and panic of the handler, without its ids.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
        .with_targets([
            ("bootstrap", own),
            ("keyrail_core", own),
            ("keyrail_aws", own),
        ]);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines.with_filter(targets))
        .init();
    // Where a panic happened, and never its message, which may quote an event.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(
            place,
            "a bug in keyrail: please report it; Lambda tries the event again"
        );
    }));
}

/// Writes one log line and one line of metrics for an event.
pub(crate) fn record(response: &Response, deployment: &str) {
    // Hundreds an hour, each of which says nothing but that it came: the table has that.
    if response.report.activity.beat.is_some() && response.report.not_known.is_empty() {
        return;
    }
    log(response);
    if let Err(error) = write_metrics(response, deployment) {
        tracing::error!(%error, "the metrics could not be written");
    }
}

/// The same for a containment that was looked at again.
pub(crate) fn record_recheck(looked: &Result<Looked, EffectError>, deployment: &str) {
    match looked {
        Ok(Looked::Contained) => tracing::info!("contained still"),
        Ok(Looked::PutOff) => tracing::warn!("IAM throttles: the look is put off"),
        Ok(Looked::Told(response)) => {
            let what = response.report.about.comeback();
            tracing::error!(what, "containment did not hold");
            record(response, deployment);
        }
        Err(error) => {
            tracing::error!(%error, "it could not be looked at again");
        }
    }
    let counts = json!({
        "Rechecks": 1,
        "RechecksHeld": u8::from(matches!(looked, Ok(Looked::Contained))),
        "RechecksPutOff": u8::from(matches!(looked, Ok(Looked::PutOff))),
        "Comebacks": u8::from(matches!(looked, Ok(Looked::Told(_)))),
    });
    if let Err(error) = write_counts(counts, deployment) {
        tracing::error!(%error, "the metrics could not be written");
    }
}

/// Writes one line with all that is not well, and one of metrics: that the watch has looked.
pub(crate) fn record_watch(standing: &[Fault], unread: usize, deployment: &str) {
    let not_well: Vec<String> = standing.iter().take(MOST_NOT_WELL).map(in_a_line).collect();
    let not_well = Value::from(not_well).to_string();
    tracing::info!(faults = standing.len(), unread, not_well, "watch");
    if let Err(error) = write_counts(json!({ "WatchRuns": 1 }), deployment) {
        tracing::error!(%error, "the metrics could not be written");
    }
}

/// Some 200 KB: an event of a log takes 256 KB, and by newer pages 1 MB (`CloudWatch` Logs API
/// reference, `InputLogEvent`, checked 2026-11-29).
const MOST_NOT_WELL: usize = 800;

/// `444455556666 us-east-1 rule-state: …`.
fn in_a_line(fault: &Fault) -> String {
    let account = fault.place.account.as_ref().map_or("-", AccountId::as_str);
    let region = fault.place.region.as_deref().unwrap_or("-");
    let says: String = fault.says.chars().take(200).collect();
    format!("{account} {region} {}: {says}", fault.hop.as_str())
}

fn log(response: &Response) {
    let report = &response.report;
    match response.handled {
        Handled::Here => {}
        Handled::Before => {
            tracing::info!("another invocation has handled this event");
            return;
        }
        Handled::Elsewhere => {
            tracing::warn!("another invocation is at this event: trying again later");
            return;
        }
    }
    for failed in &response.failed_afterwards {
        tracing::error!(failed, "after the alert");
    }
    if let Some(error) = &response.chat_failed {
        tracing::error!(%error, "chat channels were not told");
    }
    if let Some(error) = &response.operator_failed {
        tracing::error!(%error, "the operator was not told");
    }
    for note in report.not_known.iter().chain(&response.notes) {
        tracing::warn!(note, "not known, or not done");
    }
    let ids = |ids: Vec<&str>| ids.join(" ");
    let violated = ids(report
        .verdict
        .violated
        .iter()
        .map(|violation| violation.id.as_str())
        .collect());
    let undecided = ids(report
        .verdict
        .undecided
        .iter()
        .map(|undecided| undecided.policy.as_str())
        .collect());
    let state = report.is_alerting().then(|| report.state().as_str());
    for outcome in &report.outcomes {
        match outcome.result {
            OutcomeResult::Failed => {
                tracing::error!(step = %outcome.step, detail = outcome.detail, "the step failed");
            }
            OutcomeResult::Accepted => {
                tracing::warn!(step = %outcome.step, detail = outcome.detail, "not yet visible");
            }
            OutcomeResult::Already | OutcomeResult::Verified | OutcomeResult::Withheld => {
                tracing::info!(step = %outcome.step, detail = outcome.detail, millis = outcome.millis, "step");
            }
        }
    }
    for undecided in &report.verdict.undecided {
        tracing::error!(
            guardrail = undecided.policy,
            error = undecided.error,
            "the guardrail could not be decided"
        );
    }
    if let Some(Err(error)) = &response.sent {
        tracing::error!(%error, "the alert was not sent");
    }
    if report.activity.kind == Kind::Unrecognised {
        let because = report.activity.unknown.first();
        tracing::warn!(
            because,
            detail_type = report.event.detail_type,
            source = report.event.source,
            "not recognised"
        );
    }
    tracing::info!(
        action = report.activity.action,
        account = report.activity.account,
        state,
        violated,
        undecided,
        bundle = report.bundle,
        "judged"
    );
}

/// What an event counts for.
fn write_metrics(response: &Response, deployment: &str) -> io::Result<()> {
    let report = &response.report;
    if response.handled != Handled::Here {
        return write_counts(json!({ "Events": 1, "Duplicates": 1 }), deployment);
    }
    let with = |results: &[OutcomeResult]| {
        report
            .outcomes
            .iter()
            .filter(|outcome| results.contains(&outcome.result))
            .count()
    };
    let counts = json!({
        "Events": 1,
        "Violations": report.verdict.violated.len(),
        "Contained": with(&[OutcomeResult::Verified, OutcomeResult::Already]),
        "ContainmentFailures": with(&[OutcomeResult::Failed]),
        "Alerts": usize::from(matches!(response.sent, Some(Ok(())))),
        "ChatFailures": usize::from(response.chat_failed.is_some()),
        "AlertsCounted": usize::from(response.counted),
        "Unrecognised": usize::from(report.activity.kind == Kind::Unrecognised),
        "Undecided": report.verdict.undecided.len(),
        "StateFailures": report.not_known.len(),
    });
    write_counts(counts, deployment)
}

/// One line of CloudWatch's embedded metric format.
fn write_counts(mut line: Value, deployment: &str) -> io::Result<()> {
    let millis = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    if let Some(line) = line.as_object_mut() {
        let metrics: Vec<Value> = line
            .keys()
            .map(|name| json!({ "Name": name, "Unit": "Count" }))
            .collect();
        let header = json!({
            "Timestamp": u64::try_from(millis).unwrap_or_default(),
            "CloudWatchMetrics": [{
                "Namespace": "keyrail",
                "Dimensions": [["Deployment"]],
                "Metrics": metrics,
            }],
        });
        line.insert("_aws".to_owned(), header);
        line.insert("Deployment".to_owned(), deployment.into());
        // Lambda takes a line without a level for INFO, and drops what is below the function's log
        // level: metrics are to outlive that (Lambda Developer Guide, "Log-level filtering",
        // checked 2026-11-29). Nothing else in the log is FATAL.
        line.insert("level".to_owned(), "FATAL".into());
    }
    writeln!(io::stdout().lock(), "{line}")
}
