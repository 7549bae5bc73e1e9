//! What the hub alone has.

use keyrail_core::watch::{Asked, Bus, Function, Hub, Queue, Subscription, Topic, Unread};
use serde_json::{Value, json};

use super::answer::{items, text};
use super::asking::{EVENTS, Question, is_absent};
use super::session::Session;
use super::watcher::{Watcher, unread};
use super::{queues, rules};
use crate::error::sorted;
use keyrail_core::effects::EffectError;

impl Watcher {
    /// Reads it. `queues` are the URLs of the hub's queues.
    pub async fn hub(&self, queues: &[String]) -> Hub {
        let entered = self.own().await.map_err(|error| unread(&error));
        let session = match &entered {
            Ok(session) => session,
            Err(unread) => return nothing_of(unread),
        };
        let topics = [
            Some(&self.watched.alert_topic),
            self.watched.operator_topic.as_ref(),
        ];
        let mut read = Vec::new();
        for topic in topics.into_iter().flatten() {
            read.push(self.topic(topic).await);
        }
        let bus = self.watched.members_bus_name();
        let has_members = self.watched.organization.is_some();
        Hub {
            function: session.function().await,
            bus: match has_members {
                true => session.bus(&bus).await,
                false => Ok(None),
            },
            bus_rules: match has_members {
                true => rules::of_bus(session, &session.asker(&self.watched.home), &bus).await,
                false => Ok(Vec::new()),
            },
            table: self.table_state().await,
            topics: read,
            queues: Ok(session.queues_at(queues).await),
        }
    }

    /// Who listens to a topic; one that waits for confirmation has no ARN yet (SNS API reference,
    /// `ListSubscriptionsByTopic`, and SNS Developer Guide on `PendingConfirmation`, checked 2026-11-29).
    async fn topic(&self, arn: &str) -> Topic {
        let subscriptions = match self.subscriptions(arn).await {
            Ok(all) => Ok(Some(all)),
            Err(error) if error.message.contains(": NotFound") => Ok(None),
            Err(error) => Err(unread(&error)),
        };
        Topic {
            arn: arn.to_owned(),
            subscriptions,
        }
    }

    async fn subscriptions(&self, arn: &str) -> Result<Vec<Subscription>, EffectError> {
        const CALL: &str = "sns:ListSubscriptionsByTopic";
        let client = aws_sdk_sns::Client::new(&self.config);
        let call = client.list_subscriptions_by_topic().topic_arn(arn);
        let mut pages = call.into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| sorted(CALL, &error))?;
            let listed = page.subscriptions.unwrap_or_default().into_iter();
            all.extend(listed.map(|it| {
                Subscription {
                    is_confirmed: it
                        .subscription_arn
                        .is_some_and(|arn| arn.starts_with("arn:")),
                    protocol: it.protocol.unwrap_or_default(),
                }
            }));
        }
        Ok(all)
    }

    async fn table_state(&self) -> Asked<Option<String>> {
        const CALL: &str = "dynamodb:DescribeTable";
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let found = client
            .describe_table()
            .table_name(&self.places.table)
            .send()
            .await;
        match found.map_err(|error| sorted(CALL, &error)) {
            Ok(found) => {
                let state = found.table.and_then(|table| table.table_status);
                Ok(state.map(|state| state.as_str().to_owned()))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(unread(&error)),
        }
    }
}

impl Session<'_> {
    /// The guard (Lambda API reference, `GetFunctionConfiguration` and `GetFunctionConcurrency`, checked
    /// 2026-11-29).
    async fn function(&self) -> Asked<Option<Function>> {
        let watched = &self.watcher.watched;
        let asker = self.asker(&watched.home);
        let path = format!("/2015-03-31/functions/{}/configuration", watched.function);
        let question = Question::of_lambda("lambda:GetFunctionConfiguration", path);
        let found = asker
            .ask_for(question)
            .await
            .map_err(|error| unread(&error))?;
        let Some(found) = found else {
            return Ok(None);
        };
        let path = format!("/2019-09-30/functions/{}/concurrency", watched.function);
        let question = Question::of_lambda("lambda:GetFunctionConcurrency", path);
        let reserved = asker.ask(question).await.map_err(|error| unread(&error));
        Ok(Some(Function {
            reserved: reserved.map(|it| it.get("ReservedConcurrentExecutions")?.as_u64()),
            state: Some(text(&found, "State")).filter(|state| !state.is_empty()),
            runs: runs(&found),
        }))
    }

    async fn bus(&self, name: &str) -> Asked<Option<Bus>> {
        let asker = self.asker(&self.watcher.watched.home);
        let question = Question::of(&EVENTS, "events:DescribeEventBus", json!({"Name": name}));
        let found = asker
            .ask_for(question)
            .await
            .map_err(|error| unread(&error))?;
        Ok(found.map(|bus| Bus {
            policy: serde_json::from_str(&text(&bus, "Policy")).ok(),
        }))
    }

    async fn queues_at(&self, urls: &[String]) -> Vec<Queue> {
        let client = self.sqs(&self.watcher.watched.home);
        let mut read = Vec::new();
        for url in urls {
            read.push(queues::queue(&client, url).await);
        }
        read
    }
}

/// What a function runs, in one line: its code, its layers, and what of its environment decides what it
/// does. Nothing else of the environment is kept.
fn runs(configuration: &Value) -> String {
    let layers: Vec<String> = items(configuration, "Layers")
        .map(|layer| text(layer, "Arn"))
        .collect();
    let variable = |name: &str| {
        let value = configuration.pointer(&format!("/Environment/Variables/{name}"));
        value
            .and_then(Value::as_str)
            .unwrap_or("not set")
            .to_owned()
    };
    format!(
        "code {}, layers {}, KEYRAIL_MODE {}, KEYRAIL_BUNDLE {}, KEYRAIL_DUTY {}",
        text(configuration, "CodeSha256"),
        match layers.is_empty() {
            true => "none".to_owned(),
            false => layers.join(" "),
        },
        variable("KEYRAIL_MODE"),
        variable("KEYRAIL_BUNDLE"),
        variable("KEYRAIL_DUTY"),
    )
}

fn nothing_of(unread: &Unread) -> Hub {
    Hub {
        function: Err(unread.clone()),
        bus: Err(unread.clone()),
        bus_rules: Err(unread.clone()),
        table: Err(unread.clone()),
        topics: Vec::new(),
        queues: Err(unread.clone()),
    }
}
