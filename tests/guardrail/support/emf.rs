//! What AWS says of embedded metric format in words, which its JSON schema does not: held
//! against each such line of the log of each function that a test runs.
//!
//! `CloudWatch` User Guide, "Specification: Embedded metric format" and "Metrics concepts";
//! `CloudWatch` API Reference, "Dimension", `MetricDatum`, `PutMetricData`; read 2026-11-29.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// What was wrong with the metrics among the lines of a log.
#[derive(Clone, Default)]
pub(crate) struct Broken(Arc<Mutex<Vec<String>>>);

impl Broken {
    pub(crate) fn see(&self, line: &str) {
        if let Err(why) = check(line) {
            let mut broken = self.0.lock().expect("no test panics holding it");
            broken.push(format!("{why}: {line}"));
        }
    }
}

/// Fails the test, once dropped, if anything was wrong.
pub(crate) struct Watch(pub Broken);

impl Drop for Watch {
    fn drop(&mut self) {
        let broken = self.0.0.lock().expect("no test panics holding it");
        assert!(
            broken.is_empty() || std::thread::panicking(),
            "the function wrote metrics that CloudWatch would not take: {broken:#?}"
        );
    }
}

/// What is wrong with a line, if it is one of metrics.
pub(crate) fn check(line: &str) -> Result<(), String> {
    let Ok(line) = serde_json::from_str::<Value>(line) else {
        return match line.contains("CloudWatchMetrics") {
            true => Err("it is not JSON".to_owned()),
            false => Ok(()),
        };
    };
    let Some(header) = line.get("_aws") else {
        return Ok(());
    };
    that(line.to_string().len() <= MOST_BYTES, "it is too long")?;
    that(
        header["Timestamp"].as_u64().is_some_and(is_taken),
        "CloudWatch drops metrics of that time",
    )?;
    for directive in list(&header["CloudWatchMetrics"])? {
        check_directive(directive, &line)?;
    }
    Ok(())
}

fn check_directive(directive: &Value, line: &Value) -> Result<(), String> {
    let namespace = directive["Namespace"].as_str().unwrap_or_default();
    that(is_namespace(namespace), "the namespace is none")?;
    for dimensions in list(&directive["Dimensions"])? {
        let dimensions = list(dimensions)?;
        that(dimensions.len() <= 30, "more than 30 dimensions")?;
        for dimension in dimensions {
            let name = dimension.as_str().unwrap_or_default();
            that(
                is_ascii(name, 250) && !name.starts_with(':'),
                "a dimension's name is none",
            )?;
            let value = line[name].as_str().unwrap_or_default();
            that(is_ascii(value, 1024), "a dimension has no value")?;
        }
    }
    let metrics = list(&directive["Metrics"])?;
    that(metrics.len() <= 100, "more than 100 metrics")?;
    let mut names = BTreeSet::new();
    for metric in metrics {
        let name = metric["Name"].as_str().unwrap_or_default();
        that(is_ascii(name, 255), "a metric's name is none")?;
        that(names.insert(name), "a metric is named twice")?;
        that(is_metric(&line[name]), "a metric has no number")?;
        let resolution = metric.get("StorageResolution").map(Value::as_u64);
        that(
            matches!(resolution, None | Some(Some(1 | 60))),
            "the resolution is neither 1 nor 60",
        )?;
    }
    Ok(())
}

fn that(holds: bool, why: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why.to_owned()) }
}

fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value
        .as_array()
        .ok_or_else(|| format!("{value} is no list"))
}

/// Two weeks back and two hours ahead is what `CloudWatch` takes.
fn is_taken(millis: u64) -> bool {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is later than 1970");
    let at = Duration::from_millis(millis);
    at + Duration::from_hours(14 * 24) >= now && at <= now + Duration::from_hours(2)
}

/// A namespace of one's own: those that begin with `AWS/` are AWS's.
fn is_namespace(text: &str) -> bool {
    let is_known = |it: char| it.is_ascii_alphanumeric() || ".-_/#: ".contains(it);
    is_ascii(text, 255)
        && text.chars().all(is_known)
        && !text.starts_with(':')
        && !text.starts_with("AWS/")
}

fn is_ascii(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text
            .chars()
            .all(|it| it.is_ascii() && !it.is_ascii_control())
        && !text.trim().is_empty()
}

fn is_metric(value: &Value) -> bool {
    let is_number = |value: &Value| value.as_f64().is_some_and(|it| it.abs() <= 2_f64.powi(360));
    match value {
        Value::Array(values) => values.len() <= 100 && values.iter().all(is_number),
        value => is_number(value),
    }
}

/// That of an event of `CloudWatch` Logs.
const MOST_BYTES: usize = 1024 * 1024;
