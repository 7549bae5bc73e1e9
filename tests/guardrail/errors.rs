//! Each error that AWS models or documents for a call, all the time that the invocation has: what
//! becomes of the event, and that nothing is told which is not so.
//!
//! The errors are those of `tests/fixtures/aws-errors.json`, which `tests/wire` makes of AWS's
//! models. What came of each is the table of `docs/aws-errors.md`; `KEYRAIL_UPDATE=1` writes it anew.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;

use self::met::Met;
use self::stage::{Scene, Stage};
use crate::support::proxy::Fault;

mod met;
mod page;
mod scenes;
mod stage;
mod watch;

/// An error of AWS's, as it is on the wire.
#[derive(Debug, Clone, Copy)]
struct Error {
    code: &'static str,
    status: u16,
}

/// A call of a scene has no more than so many in an invocation of some seconds.
const MOST_CALLS: usize = 60;

/// Of which three seconds are for containing.
const INVOCATION: Duration = Duration::from_secs(11);

/// What a look-up may wait for, and as much for containing.
const WITH_LOOK_UP: Duration = Duration::from_secs(16);

/// How many errors one world meets, one after the other.
const SHARE: usize = 12;

/// How many worlds there are at the same time: most of the time they wait.
const WAITING: usize = 24;

/// The same where nothing waits: an answer that a busy machine delays looks like another error.
const WORKING: usize = 6;

/// What errors have in common, and which they are.
type Groups = BTreeMap<String, Vec<String>>;

/// The list.
#[derive(Deserialize)]
struct Listed {
    groups: Groups,
    /// By call and source, each error's status by its code.
    calls: BTreeMap<String, BTreeMap<String, BTreeMap<String, u16>>>,
}

fn listed() -> Listed {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/aws-errors.json"
    );
    let text = std::fs::read_to_string(path).expect("the list is there");
    serde_json::from_str(&text).expect("the list is as it should be")
}

/// The errors of a call.
fn errors_of(call: &str) -> Vec<Error> {
    let of_it = listed().calls.remove(call).expect("the list has the call");
    let errors = of_it.into_values().flatten();
    errors
        .map(|(code, status)| Error {
            // As long as the test, like the faults that are made of it.
            code: code.leak(),
            status,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_error_of_a_change_hides_a_credential_that_works() {
    page::holds("changes", &run(&scenes::CHANGES, WAITING).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_error_of_a_read_makes_an_alert_untrue() {
    page::holds("reads", &run(&scenes::READS, WAITING).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_error_of_a_look_up_exempts_anybody() {
    page::holds("look-ups", &run(&scenes::LOOK_UPS, WAITING).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_error_around_containment_stops_it_or_the_alert() {
    page::holds("around", &run(&scenes::AROUND, WORKING).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_error_of_a_re_check_makes_it_silent() {
    page::holds("re-checks", &run(&scenes::AFTERWARDS, WAITING).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_error_of_a_read_makes_the_watch_silent() {
    page::holds("watch", &watch::run().await);
}

/// Runs scenes, each with each error of its call: the section of the page.
async fn run(scenes: &[Scene], at_once: usize) -> String {
    let shares = scenes.iter().enumerate().flat_map(|(place, scene)| {
        let errors = errors_of(scene.call);
        let shares: Vec<Vec<Error>> = errors.chunks(SHARE).map(<[Error]>::to_vec).collect();
        shares.into_iter().map(move |share| (place, scene, share))
    });
    let met: Vec<(usize, Vec<(Error, Met)>)> = stream::iter(shares)
        .map(|(place, scene, share)| async move {
            let mut stage = Stage::set(scene).await;
            let mut rows = Vec::new();
            for error in share {
                rows.push((error, meets(scene, &mut stage, error).await));
            }
            (place, rows)
        })
        .buffered(at_once)
        .collect()
        .await;
    let mut by_scene: BTreeMap<usize, Vec<(Error, Met)>> = BTreeMap::new();
    for (place, rows) in met {
        by_scene.entry(place).or_default().extend(rows);
    }
    let sections = scenes.iter().zip(by_scene.values());
    sections
        .map(|(scene, rows)| page::section(scene, rows))
        .collect()
}

/// Runs a scene with one error of its call; once more if the machine was too busy for the error to
/// come in time.
async fn meets(scene: &Scene, stage: &mut Stage, error: Error) -> Met {
    let mut met = meets_once(scene, stage, error).await;
    for _ in 0..3 {
        if !met.is_late() {
            break;
        }
        met = meets_once(scene, stage, error).await;
    }
    met
}

async fn meets_once(scene: &Scene, stage: &mut Stage, error: Error) -> Met {
    let place = format!("{} {}: {}", scene.call, scene.when, error.code);
    stage.reset().await;
    let broken = stage.broken.unwrap_or_else(|| scene.action());
    let proxy = &stage.world.proxy;
    proxy.mend();
    for (action, fault) in &stage.standing {
        proxy.breaks(action, std::slice::from_ref(fault));
    }
    proxy.breaks(broken, &[Fault::Error(error.status, error.code)]);
    let before = proxy.calls().len();
    let event = stage.next_event();
    let answered = stage.function.invoke(&event).await;
    let calls = stage.world.proxy.calls().split_off(before);
    stage.world.proxy.mend();
    let is_done = stage.is_done().await;

    let met = Met::new(scene, error, &answered, &calls);
    assert!(met.tries > 0, "{place}: the call was not made");
    let most = calls.len();
    assert!(most <= MOST_CALLS, "{place}: {most} calls");
    if !scene.is_answered_by(error.code) {
        scene.check(&met, is_done, &place);
    }
    met
}
