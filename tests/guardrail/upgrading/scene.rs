//! A deployment, and what its function has written.

use std::time::Duration;

use serde_json::Value;

use super::fixture::{ACCOUNT, Ids};
use crate::faults::{Step, prepared};
use crate::repeating::early_in_a_window;
use crate::support::World;
use crate::support::bundles::{bundle, bundle_with};
use crate::support::function::Function;

/// A deployment with a table and a queue, and what its function has written so far.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) function: Function,
    pub(super) event: Value,
    pub(super) ids: Ids,
}

impl Scene {
    /// One in which an event brings a step about, by a bundle of its own.
    pub(super) async fn of_step(step: &Step) -> Self {
        let world = World::new().await;
        let (event, key) = prepared(&world, step).await;
        let mut environment = world.memory().await;
        environment.push(("KEYRAIL_BUNDLE", bundle_with(step.name)));
        let function = world.enforcing(&environment).await;
        function.ends_after(TIME);
        let ids = match event.to_string().contains(&key) && key.starts_with("AKIA") {
            true => Ids::new(&world.account, &key),
            false => Ids(vec![(world.account.clone(), ACCOUNT)]),
        };
        Self {
            world,
            function,
            event,
            ids,
        }
    }

    /// One in which a key was created for bob, with the default bundle or another.
    pub(super) async fn of_key(other: Option<&str>) -> Self {
        early_in_a_window().await;
        let world = World::new().await;
        let key = world.user_with_key("bob").await;
        let mut environment = world.memory().await;
        environment.extend(other.map(|name| ("KEYRAIL_BUNDLE", bundle(name))));
        let function = world.enforcing(&environment).await;
        function.ends_after(TIME);
        Self {
            event: world.key_created("bob", &key),
            ids: Ids::new(&world.account, &key),
            world,
            function,
        }
    }

    pub(super) fn key(&self) -> String {
        self.ids.0[1].0.clone()
    }

    pub(super) async fn handled(mut self) -> Self {
        let event = self.event.clone();
        self.function
            .invoke(&event)
            .await
            .expect("the event is handled");
        self
    }

    /// The messages of one schema, each once.
    fn messages(&self, batches: &[Value]) -> Vec<Value> {
        let bodies = batches.iter().map(|batch| {
            let body = batch["Records"][0]["body"].as_str().unwrap_or_default();
            let body: Value = serde_json::from_str(body).expect("it is JSON");
            self.ids.documented(&body)
        });
        let mut messages: Vec<Value> = bodies.collect();
        messages.dedup();
        messages
    }

    pub(super) fn rechecks(&self) -> Vec<Value> {
        self.messages(&self.world.rechecks())
    }

    pub(super) fn follow_ups(&self) -> Vec<Value> {
        self.messages(&self.world.follow_ups())
    }

    pub(super) async fn alert(&self) -> Value {
        let alerts = self.world.alerts().await;
        let last = alerts.last().expect("there is an alert");
        self.ids.documented(&last.alert)
    }

    /// The item of the table whose keys begin so.
    pub(super) async fn item(&self, pk: &str, sk: &str) -> Value {
        let items = self.world.items().await;
        let begins = |item: &Value, name: &str, with: &str| {
            item[name]["S"]
                .as_str()
                .is_some_and(|key| key.starts_with(with))
        };
        let found = items
            .iter()
            .find(|item| begins(item, "pk", pk) && begins(item, "sk", sk));
        let found = found.unwrap_or_else(|| panic!("no item {pk} {sk} in {items:?}"));
        self.ids.documented(found)
    }
}

/// What an invocation gets: three seconds for containing.
const TIME: Duration = Duration::from_secs(11);
