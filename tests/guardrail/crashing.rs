//! The process is killed at every call of AWS, before it arrives and once it has, and the
//! event is delivered again: somebody is told, and nothing else is touched.

use std::time::Duration;

use aws_sdk_iam::types::StatusType;
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::support::World;
use crate::support::bundles::bundle_with;
use crate::support::function::Function;

/// What an invocation gets, so that its claim has run out when Lambda tries again.
const TIME: Duration = Duration::from_secs(3);

/// A world with what an event is about, and somebody else in it.
struct Scene {
    world: World,
    key: String,
    other: String,
    memory: Vec<(&'static str, String)>,
    event: Value,
}

impl Scene {
    async fn new(remembers: bool) -> Self {
        let world = World::new().await;
        let key = world.user_with_key("bob").await;
        let other = world.user_with_key("alice").await;
        let memory = match remembers {
            true => world.memory().await,
            false => Vec::new(),
        };
        let event = world.key_created("bob", &key);
        Self {
            world,
            key,
            other,
            memory,
            event,
        }
    }

    async fn function(&self, folder: &str) -> Function {
        let mut environment = self.memory.clone();
        environment.push(("KEYRAIL_BUNDLE", folder.to_owned()));
        let function = self.world.enforcing(&environment).await;
        function.ends_after(TIME);
        function
    }

    /// What must be so at the end.
    async fn check(&self, place: &str) {
        let world = &self.world;
        let policy = world
            .try_iam(&[
                ("Action", "GetUserPolicy"),
                ("UserName", "bob"),
                ("PolicyName", "KeyrailQuarantine"),
            ])
            .await;
        assert!(policy.is_some(), "{place}: the user is denied everything");
        assert_eq!(world.status("bob", &self.key).await, None, "{place}");
        let other = world.status("alice", &self.other).await;
        assert_eq!(other, Some(StatusType::Active), "{place}");
        let states: Vec<String> = world
            .alerts()
            .await
            .iter()
            .map(|alert| alert.state().to_owned())
            .collect();
        // On a busy machine the time may not have sufficed to read everything back.
        let is_told = |state: &String| ["BLOCKED", "PENDING"].contains(&state.as_str());
        assert!(states.iter().any(is_told), "{place}: {states:?}");
    }
}

/// How many calls it makes if nothing kills it.
async fn calls(remembers: bool, folder: &str) -> usize {
    let scene = Scene::new(remembers).await;
    let mut function = scene.function(folder).await;
    function
        .invoke(&scene.event)
        .await
        .expect("it is contained");
    scene.check("nothing kills it").await;
    scene.world.proxy.calls().len()
}

async fn killed(remembers: bool, number: usize, reaches: bool, folder: &str) {
    let place = format!("call {number}, table {remembers}, reaches {reaches}");
    let scene = Scene::new(remembers).await;
    let mut function = scene.function(folder).await;
    let struck = scene.world.proxy.dies_at(number, reaches);
    tokio::select! {
        () = struck.notified() => {}
        // Calls that are made at the same time may be fewer at times.
        answered = function.invoke(&scene.event) => answered.expect("it is contained"),
    }
    function.stop().await;
    scene.world.proxy.mend();
    let mut function = scene.function(folder).await;
    // As Lambda does: on a busy machine an invocation may run out of time, too.
    let mut last = None;
    for _ in 0..3 {
        if remembers {
            tokio::time::sleep(TIME).await;
        }
        last = function.invoke(&scene.event).await.err();
        if last.is_none() {
            break;
        }
    }
    assert!(last.is_none(), "{place}: {last:?}");
    scene.check(&place).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wherever_the_process_is_killed_the_key_is_stopped_and_somebody_is_told() {
    let is_soak = std::env::var_os("KEYRAIL_SOAK").is_some();
    let folder = bundle_with("deactivate-key quarantine-user delete-key");
    let mut deaths = Vec::new();
    for remembers in [false, true] {
        for number in 0..calls(remembers, &folder).await {
            deaths.extend([false, true].map(|reaches| (remembers, number, reaches)));
        }
    }
    assert!(deaths.len() > 20, "{deaths:?}");
    // A seventh of them each time; `make soak` runs them all.
    let chosen = deaths.iter().enumerate();
    let chosen = chosen.filter(|(place, _)| is_soak || place % 7 == 0);
    let mut running = stream::iter(chosen)
        .map(|(_, &(remembers, number, reaches))| killed(remembers, number, reaches, &folder))
        .buffer_unordered(8);
    while running.next().await.is_some() {}
    std::fs::remove_dir_all(&folder).expect("the bundle can be removed");
    if is_soak {
        println!(
            "{} deaths of the process: each told, nobody else touched",
            deaths.len()
        );
    }
}
