//! Finding the report in what keyrail has written.

use serde_json::Value;

use crate::exit::Failure;

/// What a report's file may be, as an error's help says it.
const EXPECTED: &str =
    "expected a `keyrail.report/v1`, or the `keyrail.alert/v1` that holds one, as JSON";

/// Something is wrong with the report in this file.
pub(crate) fn wrong(path: &str, what: &str) -> Failure {
    Failure::input(format!("`{path}`: {what}")).help(EXPECTED)
}

/// Whether it is something that keyrail has written: events have no `schema` of ours.
pub(crate) fn is_ours(value: &Value) -> bool {
    let schema = value.get("schema").and_then(Value::as_str);
    schema.is_some_and(|schema| schema.starts_with("keyrail."))
}

/// The report in a report or an alert; else what it is instead.
pub(crate) fn report(mut value: Value) -> Result<Value, String> {
    let schema = value.get("schema").and_then(Value::as_str);
    match schema {
        Some("keyrail.report/v1") => Ok(value),
        Some("keyrail.alert/v1") => match value.get_mut("report").map(Value::take) {
            Some(report) => match report.get("schema").and_then(Value::as_str) {
                Some("keyrail.report/v1") => Ok(report),
                _ => Err("the alert's `report` is not a report".to_owned()),
            },
            None => Err("the alert has no `report`".to_owned()),
        },
        Some(other) => Err(format!(
            "it is not a report: its schema is `{}`",
            other.escape_debug()
        )),
        None => Err("it is not a report: it has no `schema`".to_owned()),
    }
}
