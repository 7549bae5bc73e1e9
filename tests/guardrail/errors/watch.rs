//! Each error of each call that the watch makes: it is told, at once or by the next check, or the check
//! fails, so that Lambda tries again and the alarm on the watch tells.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use super::{Error, errors_of, page};
use crate::support::function::Function;
use crate::support::proxy::Fault;
use crate::watching::{Watched, schedule};

/// A call of the watch.
struct Scene {
    call: &'static str,
    /// What it is for.
    when: &'static str,
    /// A word by which one of many such calls is known.
    word: &'static str,
}

const fn scene(call: &'static str, when: &'static str, word: &'static str) -> Scene {
    Scene { call, when, word }
}

const SCENES: [Scene; 20] = [
    scene(
        "organizations:ListAccounts",
        "who is in the organization",
        "",
    ),
    scene("sts:AssumeRole", "into a member account", ""),
    scene("cloudtrail:DescribeTrails", "which trails record", ""),
    scene("cloudtrail:GetTrailStatus", "whether they log", ""),
    scene("cloudtrail:GetEventSelectors", "what they record", ""),
    scene("events:ListRules", "the rules", "StackSet-keyrail-"),
    scene(
        "events:ListTargetsByRule",
        "what a rule delivers to",
        "region-1a2b-SignInRule",
    ),
    scene(
        "iam:GetRole",
        "the role of the beats",
        "keyrail-beat-us-east-1",
    ),
    scene("scheduler:GetSchedule", "the schedules of the beats", ""),
    scene(
        "sqs:ListQueues",
        "queues of what was not delivered",
        "StackSet-keyrail-",
    ),
    scene(
        "sqs:GetQueueAttributes",
        "what they hold",
        "UndeliveredQueue",
    ),
    scene(
        "cloudwatch:DescribeAlarms",
        "the alarms",
        "StackSet-keyrail-",
    ),
    scene("lambda:GetFunctionConfiguration", "the guard", ""),
    scene("lambda:GetFunctionConcurrency", "whether it may run", ""),
    scene("events:DescribeEventBus", "the bus of the members", ""),
    scene("dynamodb:DescribeTable", "the state table", ""),
    scene("sns:ListSubscriptionsByTopic", "who listens", ""),
    scene("dynamodb:Query", "the last beats", "beat#"),
    scene("dynamodb:Query", "what stood before", "watch#"),
    scene("sns:Publish", "telling", ""),
];

/// How many errors one world meets: those that are waited out take their time twice.
const FEW: usize = 4;

/// How many worlds there are at a time.
const AT_ONCE: usize = 40;

pub(super) async fn run() -> String {
    let shares = SCENES.iter().enumerate().flat_map(|(place, scene)| {
        let errors = errors_of(scene.call);
        let shares: Vec<Vec<Error>> = errors.chunks(FEW).map(<[Error]>::to_vec).collect();
        shares.into_iter().map(move |share| (place, share))
    });
    let met: Vec<(usize, Vec<(Error, String)>)> = stream::iter(shares)
        .map(|(place, share)| async move { (place, meet(&SCENES[place], share).await) })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut text = String::new();
    for (place, scene) in SCENES.iter().enumerate() {
        let of_it = met.iter().filter(|(at, _)| *at == place);
        let rows: Vec<(Error, String)> = of_it.flat_map(|(_, rows)| rows.clone()).collect();
        let title = format!("`{}`: {}", scene.call, scene.when);
        text.push_str(&page::rows(&title, "told | words", &rows));
    }
    text
}

/// Each error in turn, in one world.
async fn meet(scene: &Scene, errors: Vec<Error>) -> Vec<(Error, String)> {
    let watched = Watched::small().await;
    let mut function = watched.function().await;
    // What is missing then is told once, and stands.
    watched
        .world
        .proxy
        .organization(|it| it.has_few_rules = true);
    function.invoke(&schedule()).await.expect("it is checked");
    watched.told().await;
    let kept: Vec<Value> = (watched.world.items().await.iter())
        .map(|item| item["sk"].clone())
        .collect();
    let mut rows = Vec::new();
    for error in errors {
        let way = meets(scene, &watched, &mut function, &kept, error).await;
        rows.push((error, way));
    }
    rows
}

async fn meets(
    scene: &Scene,
    watched: &Watched,
    function: &mut Function,
    kept: &[Value],
    error: Error,
) -> String {
    let action = scene.call.split_once(':').map_or("", |(_, action)| action);
    let broken = match scene.word {
        "" => action.to_owned(),
        word => format!("{action} {word}"),
    };
    // Something to tell of, where telling is what fails.
    if action == "Publish" {
        watched.breaks("444455559999 us-east-1 keyrail-beat-region");
    }
    let proxy = &watched.world.proxy;
    proxy.breaks(&broken, &[Fault::Error(error.status, error.code)]);
    let place = format!("{} {}: {}", scene.call, scene.when, error.code);
    let mut way = None;
    for when in ["at once", "by the next check"] {
        let before = proxy.calls().len();
        let checked = function.invoke(&schedule()).await;
        let calls = proxy.calls().split_off(before);
        assert!(
            calls.iter().any(|call| call.action == action),
            "{place}: it was not asked"
        );
        assert!(calls.len() < 1_000, "{place}: {} calls", calls.len());
        if let Err(failed) = checked {
            let said = failed["errorMessage"].as_str().unwrap_or_default();
            way = Some(format!(
                "the check fails: `{}` | {}",
                text(&failed, "errorType"),
                plain(said, error)
            ));
            break;
        }
        let [alerts, operator] = watched.told().await;
        for message in alerts.iter().chain(&operator) {
            assert_eq!(
                message["over"],
                serde_json::json!([]),
                "{place}: what was not read is not over"
            );
        }
        let new = alerts
            .iter()
            .chain(&operator)
            .flat_map(|it| it["new"].as_array().into_iter().flatten());
        let mut said: Vec<String> = new
            .map(|fault| plain(&text(fault, "says"), error))
            .collect();
        said.sort();
        if let Some(first) = said.first() {
            let topics = if alerts.is_empty() {
                "the operator"
            } else {
                "everybody"
            };
            way = Some(format!("{topics}, {when} | {first}"));
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let way = way.unwrap_or_else(|| panic!("{place}: nobody is told"));
    proxy.mend();
    proxy.organization(|it| it.broken.clear());
    // As if that check had not been made.
    for item in watched.world.items().await {
        if !kept.contains(&item["sk"]) {
            watched.world.delete_item(&item).await;
        }
    }
    way
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// Without what differs from run to run, and with … for the error.
fn plain(said: &str, error: Error) -> String {
    let said = said
        .replace(&format!(": {}", crate::support::proxy::MESSAGE), "")
        .replace(" (request 00000000-0000-0000-0000-000000000000)", "")
        .replace(error.code, "…");
    let words = said.split(' ').map(|word| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        if word.starts_with("arn:") && digits >= 12 {
            "ARN".to_owned()
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
