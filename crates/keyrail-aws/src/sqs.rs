//! SQS: what keyrail sends to itself, to be delivered after a while.

use std::time::Duration;

use keyrail_core::cause::Cause;
use keyrail_core::effects::EffectError;
use keyrail_core::queue::{Later, Queue, QueueError};

use crate::Aws;
use crate::error::sorted;

impl Queue for Aws {
    fn has_queue(&self) -> bool {
        self.places.recheck_queue_url.is_some()
    }

    async fn send_later(&self, message: &Later, delay: Duration) -> Result<(), QueueError> {
        let body = serde_json::to_string(message).map_err(|error| QueueError {
            message: format!("sqs:SendMessage: {error}"),
            cause: Some(Cause::of(&error)),
        })?;
        let call = self
            .sqs
            .send_message()
            .set_queue_url(self.places.recheck_queue_url.clone())
            .message_body(body)
            // At most 900 (SQS API reference, `SendMessage`, checked 2026-11-25).
            .delay_seconds(i32::try_from(delay.as_secs()).unwrap_or(900).min(900));
        let sent = call.send().await;
        sent.map_err(|error| {
            let EffectError { message, cause, .. } = sorted("sqs:SendMessage", &error);
            QueueError { message, cause }
        })?;
        Ok(())
    }
}
