//! What a test expects against what came of its event.

use std::fmt;

use keyrail_core::Bundle;
use keyrail_core::alert::Alert;
use keyrail_core::report::Report;
use serde_json::{Value, json};
use serde_saphyr::Spanned;

use crate::suite::Expectation;

/// One thing that came out otherwise.
#[derive(Debug)]
pub(super) struct Difference {
    pub what: &'static str,
    pub expected: Value,
    pub actual: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            expected,
            actual,
        } = self;
        write!(f, "{what}: expected {expected}, actual {actual}")
    }
}

pub(super) fn differences(
    expect: &Expectation,
    report: &Report,
    bundle: &Bundle,
) -> Vec<Difference> {
    let actual = Actual::of(report);
    let list = |list: &Option<Spanned<Vec<String>>>, actual: &[String]| {
        let list = list.as_ref()?;
        let now = list.value.iter().flat_map(|id| named(id, actual, bundle));
        Some(json!(sorted(now.collect())))
    };
    let text = |text: &Option<Spanned<String>>| Some(Value::from(text.as_ref()?.value.as_str()));
    let steps = expect.plan.as_ref().map(|steps| {
        let steps = steps
            .value
            .iter()
            .zip(actual.plan.iter().map(Some).chain(std::iter::repeat(None)));
        json!(
            steps
                .map(|(step, real)| whole(step, real))
                .collect::<Vec<_>>()
        )
    });
    let alert = expect.alert.as_ref().map(|alert| &alert.value);
    [
        (
            "violated",
            list(&expect.violated, &actual.violated),
            json!(actual.violated),
        ),
        (
            "exempted",
            list(&expect.exempted, &actual.exempted),
            json!(actual.exempted),
        ),
        (
            "undecided",
            list(&expect.undecided, &actual.undecided),
            json!(actual.undecided),
        ),
        ("severity", text(&expect.severity), json!(actual.severity)),
        ("plan", steps, json!(actual.plan)),
        (
            "state",
            alert.and_then(|alert| text(&alert.state)),
            json!(actual.state),
        ),
        (
            "subject",
            alert.and_then(|alert| text(&alert.subject)),
            json!(actual.subject),
        ),
    ]
    .into_iter()
    .filter_map(|(what, expected, actual)| {
        let expected = expected?;
        (expected != actual).then_some(Difference {
            what,
            expected,
            actual,
        })
    })
    .collect()
}

/// The guardrails that an id stands for: of those that have come in its place each that is there.
fn named(id: &str, actual: &[String], bundle: &Bundle) -> Vec<String> {
    let now = bundle.replaced_by(id).iter();
    let now: Vec<String> = now.filter(|id| actual.contains(id)).cloned().collect();
    match now.is_empty() {
        true => vec![id.to_owned()],
        false => now,
    }
}

/// What came of an event, in the words of a test.
pub(super) struct Actual {
    pub violated: Vec<String>,
    pub exempted: Vec<String>,
    pub undecided: Vec<String>,
    pub severity: &'static str,
    /// Each `step: withheld`, or the step alone.
    pub plan: Vec<Value>,
    /// `none` where there is no alert, as for the subject.
    pub state: &'static str,
    pub subject: String,
}

impl Actual {
    pub(super) fn of(report: &Report) -> Self {
        let verdict = &report.verdict;
        let alerting = report.is_alerting();
        let plan = serde_json::to_value(&report.plan).unwrap_or_default();
        let steps = plan.as_array().into_iter().flatten();
        Self {
            violated: sorted(
                verdict
                    .violated
                    .iter()
                    .map(|found| found.id.clone())
                    .collect(),
            ),
            exempted: sorted(
                verdict
                    .exempted
                    .iter()
                    .map(|found| found.guardrail.clone())
                    .collect(),
            ),
            undecided: sorted(
                verdict
                    .undecided
                    .iter()
                    .map(|found| found.policy.clone())
                    .collect(),
            ),
            severity: verdict
                .severity
                .map_or("none", keyrail_core::Severity::as_str),
            plan: steps
                .map(|step| planned(&step["step"], &step["withheld"]))
                .collect(),
            state: match alerting {
                true => report.state().as_str(),
                false => "none",
            },
            subject: match alerting {
                true => Alert::compose(report).subject,
                false => "none".to_owned(),
            },
        }
    }
}

fn planned(step: &Value, withheld: &Value) -> Value {
    match (step.as_str(), withheld) {
        (Some(step), Value::String(why)) => json!({ step: why }),
        _ => step.clone(),
    }
}

/// A step that a test names alone is compared by its name alone.
fn whole(step: &Value, real: Option<&Value>) -> Value {
    let real_name = real.and_then(|real| match real {
        Value::Object(fields) => fields.keys().next().cloned(),
        other => other.as_str().map(str::to_owned),
    });
    match (step, real) {
        (Value::String(name), Some(real)) if real_name.as_ref() == Some(name) => real.clone(),
        (Value::Object(fields), _) if fields.contains_key("step") => planned(
            fields.get("step").unwrap_or(&Value::Null),
            fields.get("withheld").unwrap_or(&Value::Null),
        ),
        _ => step.clone(),
    }
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list.dedup();
    list
}
