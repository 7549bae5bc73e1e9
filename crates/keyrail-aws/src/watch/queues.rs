//! Queues: how many messages they hold.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use keyrail_core::effects::EffectError;
use keyrail_core::watch::{Asked, Queue};

use super::session::Session;
use super::watcher::unread;
use crate::error::sorted;

impl Session<'_> {
    /// The queues of a Region for what could not be delivered.
    pub(super) async fn undelivered(&self, region: &str) -> Asked<Vec<Queue>> {
        let client = self.sqs(region);
        let urls = self.list_queues(&client).await;
        let urls = urls.map_err(|error| unread(&error))?;
        let mut queues = Vec::new();
        for url in urls.iter().filter(|url| url.contains("-UndeliveredQueue-")) {
            queues.push(queue(&client, url).await);
        }
        Ok(queues)
    }

    async fn list_queues(&self, client: &Client) -> Result<Vec<String>, EffectError> {
        const CALL: &str = "sqs:ListQueues";
        let mut urls = Vec::new();
        for prefix in self.prefixes() {
            let call = client.list_queues().queue_name_prefix(prefix);
            let mut pages = call.max_results(1000).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| sorted(CALL, &error))?;
                urls.extend(page.queue_urls.unwrap_or_default());
            }
        }
        Ok(urls)
    }
}

/// A queue, by its URL. What passes through it as long as all is well is all but what is a dead end.
pub(super) async fn queue(client: &Client, url: &str) -> Queue {
    let name = url.rsplit('/').next().unwrap_or(url).to_owned();
    let counted = count(client, url).await;
    let is_end = name.contains("-DeadLetterQueue-") || name.contains("-UndeliveredQueue-");
    Queue {
        messages: counted.map_err(|error| unread(&error)),
        passes: !is_end,
        name,
    }
}

async fn count(client: &Client, url: &str) -> Result<u64, EffectError> {
    const CALL: &str = "sqs:GetQueueAttributes";
    let count = QueueAttributeName::ApproximateNumberOfMessages;
    let asked = client.get_queue_attributes().queue_url(url);
    let answer = asked.attribute_names(count.clone()).send().await;
    let answer = answer.map_err(|error| sorted(CALL, &error))?;
    let given = answer.attributes.unwrap_or_default().remove(&count);
    // Without an answer to what was asked there is none.
    Ok(given
        .and_then(|given| given.parse().ok())
        .unwrap_or_default())
}
