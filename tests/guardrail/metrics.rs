//! The metrics that the function writes, held to AWS's schema of embedded metric format. What AWS
//! says in words is held against each line that any test sees: `support::emf`.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::json_schema::errors;
use crate::support::World;
use crate::support::emf::{Broken, Watch, check};
use crate::watching::{Watched, schedule};

/// `CloudWatch` User Guide, "Specification: Embedded metric format", as it was on 2026-11-29.
const SCHEMA: &str = include_str!("../fixtures/aws/embedded-metric-format.json");

/// The words of the format that telemetry.rs writes, besides the names of metrics.
const WORDS: [&str; 10] = [
    "CloudWatchMetrics",
    "Count",
    "Deployment",
    "Dimensions",
    "FATAL",
    "Metrics",
    "Name",
    "Namespace",
    "Timestamp",
    "Unit",
];

#[tokio::test]
async fn each_metric_is_written_as_aws_asks() {
    let lines = written().await;

    let mut seen = BTreeSet::new();
    for line in &lines {
        check(&line.to_string()).expect("AWS takes it");
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
            .as_array()
            .expect("a list")
        {
            let name = metric["Name"].as_str().expect("a name");
            seen.insert(name.to_owned());
        }
    }
    assert_eq!(errors(&schema(), &lines), vec![None; lines.len()]);
    assert_eq!(seen, named_in_the_code());
}

#[tokio::test]
async fn a_line_that_aws_would_not_take_is_found() {
    let line = written().await.swap_remove(0);
    let many = |number: usize| -> Vec<String> { (0..number).map(|it| format!("M{it}")).collect() };
    let millis =
        |days: u64| line["_aws"]["Timestamp"].as_u64().expect("a number") - days * 86_400_000;
    let cases = [
        ("/_aws/Timestamp", json!("2026-03-14T09:26:53Z")),
        ("/_aws/Timestamp", json!(millis(0) / 1000)),
        ("/_aws/Timestamp", json!(millis(15))),
        ("/_aws/Timestamp", json!(millis(0) + 3 * 3_600_000)),
        ("/_aws/CloudWatchMetrics", json!({})),
        ("/_aws/CloudWatchMetrics/0/Namespace", json!("")),
        ("/_aws/CloudWatchMetrics/0/Namespace", json!("AWS/keyrail")),
        ("/_aws/CloudWatchMetrics/0/Namespace", json!("key=rail")),
        (
            "/_aws/CloudWatchMetrics/0/Dimensions",
            json!(["Deployment"]),
        ),
        ("/_aws/CloudWatchMetrics/0/Dimensions", json!([["Nobody"]])),
        ("/_aws/CloudWatchMetrics/0/Dimensions", json!([many(31)])),
        (
            "/_aws/CloudWatchMetrics/0/Metrics/0",
            json!({"Unit": "Count"}),
        ),
        ("/_aws/CloudWatchMetrics/0/Metrics/0/Unit", json!("count")),
        ("/_aws/CloudWatchMetrics/0/Metrics/0/Name", json!("Nothing")),
        (
            "/_aws/CloudWatchMetrics/0/Metrics/0/StorageResolution",
            json!(30),
        ),
        ("/Deployment", json!("")),
        ("/Deployment", json!("ü")),
        ("/Deployment", json!("d".repeat(1025))),
        ("/Deployment", json!(1)),
        ("/Events", json!("1")),
        ("/Events", json!(vec![1; 101])),
    ];
    let broken = cases.clone().map(|(place, value)| {
        let mut broken = line.clone();
        set(&mut broken, place, value);
        broken
    });
    let by_schema = errors(&schema(), &broken);
    for ((case, broken), by_schema) in cases.iter().zip(&broken).zip(by_schema) {
        let by_words = check(&broken.to_string()).err();
        assert!(by_words.or(by_schema).is_some(), "{case:?}");
    }
    let mut broken = line.clone();
    let metrics = many(101);
    for name in &metrics {
        broken[name] = 1.into();
    }
    let named: Vec<_> = metrics.iter().map(|it| json!({"Name": it})).collect();
    set(
        &mut broken,
        "/_aws/CloudWatchMetrics/0/Metrics",
        named.into(),
    );
    assert!(check(&broken.to_string()).is_err(), "101 metrics");
    let no_json = line.to_string().replacen('}', "", 1);
    assert!(check(&no_json).is_err(), "{no_json}");
}

#[test]
#[should_panic(expected = "a dimension has no value")]
fn a_test_that_sees_such_a_line_fails() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since.expect("it is later than 1970").as_secs() * 1000;
    let line = json!({
        "_aws": {
            "Timestamp": now,
            "CloudWatchMetrics": [{
                "Namespace": "keyrail",
                "Dimensions": [["Deployment"]],
                "Metrics": [{"Name": "Events", "Unit": "Count"}],
            }],
        },
        "Events": 1,
    });
    let watch = Watch(Broken::default());
    watch.0.see(&line.to_string());
    drop(watch);
}

/// Lines of metrics of each kind: of an event, of one that came twice, of a re-check, and of the watch.
async fn written() -> Vec<Value> {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.enforcing(&world.memory().await).await;
    let event = world.key_created("bob", &key);
    for _ in 0..2 {
        function.invoke(&event).await.expect("it is handled");
    }
    let recheck = &world.rechecks()[0];
    function.invoke(recheck).await.expect("it holds");
    let watched = Watched::small().await;
    let mut watch = watched.function().await;
    watch.invoke(&schedule()).await.expect("it is checked");
    let log = function.stop().await + &watch.stop().await;
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .filter(|line: &Value| line.get("_aws").is_some())
        .collect();
    assert_eq!(lines.len(), 4, "{log}");
    lines
}

/// AWS's names no draft; its `$id`s are of a draft before 2019-09.
fn schema() -> Value {
    let mut schema: Value = serde_json::from_str(SCHEMA).expect("it is JSON");
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema
}

/// The names that telemetry.rs has: each text in quotes that begins with a capital letter and has
/// no blank.
fn named_in_the_code() -> BTreeSet<String> {
    include_str!("../../crates/keyrail-lambda/src/telemetry.rs")
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .filter(|text| text.starts_with(|it: char| it.is_ascii_uppercase()))
        .filter(|text| text.chars().all(char::is_alphanumeric))
        .filter(|text| !WORDS.contains(text))
        .map(str::to_owned)
        .collect()
}

fn set(line: &mut Value, place: &str, value: Value) {
    let (parent, last) = place.rsplit_once('/').expect("a path");
    let parent = line.pointer_mut(parent).expect("it is there");
    match parent {
        Value::Array(values) => {
            let at: usize = last.parse().expect("a number");
            values[at] = value;
        }
        parent => parent[last] = value,
    }
}
