//! The function as a process: how long its cold start takes, how much memory it
//! wants, and how long a warm invocation takes. Run by `make bench`, on the binary
//! that `KEYRAIL_BOOTSTRAP` names.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, and prints its figures"
)]

use std::time::Instant;

use figures::report;
use support::World;

#[path = "../figures.rs"]
mod figures;

#[expect(dead_code, reason = "the tests use the rest of it")]
mod support;

const STARTS: usize = 20;
const INVOCATIONS: usize = 300;
const CONTAINMENTS: usize = 40;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let world = World::new().await;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let start = Instant::now();
        let function = world.function(Some("enforce")).await;
        function.ready().await;
        starts.push(start.elapsed());
    }
    report("cold start, process to first event asked for", starts);

    let mut function = world.function(Some("enforce")).await;
    let unrelated = world.sample("unrelated-call");
    let mut warm = Vec::new();
    for _ in 0..INVOCATIONS {
        let start = Instant::now();
        function.invoke(&unrelated).await.expect("it is judged");
        warm.push(start.elapsed());
    }
    report(
        "warm invocation without AWS, with the Runtime API's HTTP",
        warm,
    );

    let mut calls_made = Vec::new();
    let (mut trips, mut inactive, mut read_back, mut told) = (vec![], vec![], vec![], vec![]);
    for number in 0..CONTAINMENTS {
        let user = format!("user-{number}");
        let key = world.user_with_key(&user).await;
        let created = world.key_created(&user, &key);
        let start = Instant::now();
        world.status(&user, &key).await;
        trips.push(start.elapsed());
        let before = world.proxy.calls().len();
        let start = Instant::now();
        function.invoke(&created).await.expect("it is contained");
        told.push(start.elapsed());
        let calls = world.proxy.calls().split_off(before);
        calls_made = calls.iter().map(|call| call.action.clone()).collect();
        let last = |action: &str| {
            let of = calls.iter().filter(|call| call.action == action);
            of.filter_map(|call| call.answered)
                .max()
                .map(|at| at - start)
        };
        inactive.extend(last("UpdateAccessKey"));
        read_back.extend(last("ListAccessKeys"));
    }
    report("one call of the emulator's IAM", trips);
    report("containment: from the event to the key inactive", inactive);
    report("containment: until that is read back", read_back);
    report("containment: until the alert is sent, and it answers", told);

    let count = calls_made.len();
    println!(
        "{:58} {count}: {}",
        "AWS calls of a containment",
        calls_made.join(", ")
    );
    let peak = function.peak_memory().map_or_else(
        || "not known".to_owned(),
        |bytes| format!("{:.1} MB", mega(bytes)),
    );
    println!("{:58} {peak}", "peak memory after all of that");
}

#[expect(clippy::cast_precision_loss, reason = "megabytes, to one digit")]
fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
