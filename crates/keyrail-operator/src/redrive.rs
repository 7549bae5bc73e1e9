//! Dead-letter queues of keyrail, read and handed to its function again, with the
//! credentials that people have.
//!
//! A message is handed over by invoking the function, and not by moving it.
//! `StartMessageMoveTask` serves only queues that other queues feed, and not Lambda (SQS
//! API reference, checked 2026-11-29); it moves everything or nothing, and sends in its
//! caller's name, which the queue of re-checks refuses to everybody. An invocation says at
//! once whether the function has handled the message, and only then is it deleted.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use aws_config::Region;
use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, MessageSystemAttributeName, QueueAttributeName,
};
use serde::Deserialize;
use tokio::time::Instant;

pub use self::error::RedriveError;
pub use self::function::Function;
pub use self::message::Message;
pub use self::queue_url::region_of;
use crate::caller::{Connection, timeouts};
use keyrail_aws::error::sorted;

mod error;
mod function;
mod message;
mod queue_url;

/// How long a message that was read is hidden from other readers, unless it is kept
/// hidden. What a run had in hand when it was interrupted comes back after that.
pub const HIDDEN: Duration = Duration::from_mins(4);

/// How long a call of SQS may take, its retries included: so short that what waits stays
/// hidden during an invocation and a deletion.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the function may take to answer: longer than its own timeout, and so short
/// that what waits meanwhile can be kept hidden.
const INVOKE_TIMEOUT: Duration = Duration::from_secs(65);

/// How many messages SQS gives or takes at a time (SQS API reference, `ReceiveMessage`
/// and `ChangeMessageVisibilityBatch`, checked 2026-11-29).
const BATCH: usize = 10;

/// With any waiting at all SQS asks all of its servers, so that an empty answer means an
/// empty queue (SQS Developer Guide, "Short and long polling", checked 2026-11-29).
const WAIT_SECONDS: i32 = 2;

/// A dead-letter queue, and the function that its messages are handed to.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    sqs: aws_sdk_sqs::Client,
    lambda: aws_sdk_lambda::Client,
    /// The queue's URL.
    url: String,
    /// The queue's ARN.
    pub arn: String,
    /// The function.
    pub function: Function,
}

/// Where they are, and by which connections they are reached.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The queue's URL. The Region in it, if there is one, comes before the connection's.
    pub queue: &'a str,
    /// In the queue's account.
    pub to_queue: &'a Connection,
    /// The function's name or ARN.
    pub function: &'a str,
    /// In the function's account and Region.
    pub to_function: &'a Connection,
}

/// What came of handing a message over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The function failed on it, or its answer did not come; why.
    Failed(String),
    /// The function has handled it.
    Handled,
}

/// What a function's error looks like (Lambda Developer Guide, "Understanding retry
/// behavior" and the Runtime API's "Invocation error", checked 2026-11-29).
#[derive(Deserialize)]
struct FunctionError {
    #[serde(rename = "errorType")]
    kind: Option<String>,
    #[serde(rename = "errorMessage")]
    message: Option<String>,
}

impl DeadLetters {
    /// Reads what the queue and the function are, and nothing else.
    ///
    /// # Errors
    ///
    /// If one of them does not tell, the queue passes messages on by itself, or the
    /// function is not keyrail's: another one would take the messages and do nothing.
    pub async fn open(place: &Place<'_>) -> Result<Self, RedriveError> {
        let mut sqs = aws_sdk_sqs::config::Builder::from(&place.to_queue.config)
            .timeout_config(timeouts(CALL_TIMEOUT / 2, CALL_TIMEOUT));
        if let Some(region) = region_of(place.queue) {
            sqs = sqs.region(Region::new(region.to_owned()));
        }
        let sqs = aws_sdk_sqs::Client::from_conf(sqs.build());
        let lambda = aws_sdk_lambda::config::Builder::from(&place.to_function.config)
            .timeout_config(timeouts(INVOKE_TIMEOUT, INVOKE_TIMEOUT))
            .build();
        let lambda = aws_sdk_lambda::Client::from_conf(lambda);
        let arn = dead_letter_queue(&sqs, place.queue).await?;
        let function = Function::read(&lambda, place.function).await?;
        Ok(Self {
            sqs,
            lambda,
            url: place.queue.to_owned(),
            arn,
            function,
        })
    }

    /// The account that the queue is in.
    #[must_use]
    pub fn account(&self) -> &str {
        function::account_of(&self.arn)
    }

    /// Reads some messages, at most so many, and hides them. None are left if none come.
    ///
    /// # Errors
    ///
    /// If SQS does not give them.
    pub async fn receive(&self, most: usize) -> Result<Vec<Message>, RedriveError> {
        let held_until = Instant::now() + HIDDEN;
        let call = self
            .sqs
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(most.min(BATCH)).unwrap_or(1))
            .wait_time_seconds(WAIT_SECONDS)
            .visibility_timeout(seconds(HIDDEN))
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All");
        let received = call.send().await;
        let received = received.map_err(|error| outside("sqs:ReceiveMessage", &error))?;
        let messages = received.messages.unwrap_or_default();
        Ok(messages
            .into_iter()
            .map(|message| Message::new(message, held_until))
            .collect())
    }

    /// Keeps messages hidden that would soon be shown to others. One that this does not
    /// succeed with is not [held](Message::is_held) any more.
    ///
    /// # Errors
    ///
    /// If SQS does not answer, or refuses altogether.
    pub async fn keep(
        &self,
        messages: impl IntoIterator<Item = &mut Message>,
    ) -> Result<(), RedriveError> {
        let soon = Instant::now() + HIDDEN / 2;
        let mut due: Vec<&mut Message> = messages
            .into_iter()
            .filter(|message| message.held_until.is_some_and(|until| until < soon))
            .collect();
        for some in due.chunks_mut(BATCH) {
            let until = Instant::now() + HIDDEN;
            let receipts = some.iter().map(|message| message.receipt.as_str());
            let lost = self.hide(receipts, HIDDEN).await?;
            for (place, message) in some.iter_mut().enumerate() {
                message.held_until = (!lost.contains(&place)).then_some(until);
            }
        }
        Ok(())
    }

    /// Shows messages to all readers again. One that cannot be shown is shown already, or
    /// will be before long.
    ///
    /// # Errors
    ///
    /// If SQS does not answer, or refuses altogether.
    pub async fn release(
        &self,
        messages: impl IntoIterator<Item = &Message>,
    ) -> Result<(), RedriveError> {
        let held = messages.into_iter().filter(|message| message.is_held());
        let receipts: Vec<&str> = held.map(|message| message.receipt.as_str()).collect();
        for some in receipts.chunks(BATCH) {
            self.hide(some.iter().copied(), Duration::ZERO).await?;
        }
        Ok(())
    }

    /// Hands a message to the function, as Lambda would from the queue that it was moved
    /// from, or else from this one: so the function takes an event for what came by way
    /// of a queue, and asks IAM before it acts on it.
    ///
    /// The longest message, 1 MiB (SQS Developer Guide, "Message quotas", checked
    /// 2026-11-29), stays far below the 6 MB that an invocation may have.
    ///
    /// # Errors
    ///
    /// If the function was not started: what could be said of the next message as well.
    pub async fn hand_over(&self, message: &Message) -> Result<Answer, RedriveError> {
        let call = self
            .lambda
            .invoke()
            .function_name(&self.function.arn)
            .payload(Blob::new(message.as_batch(&self.arn).to_string()));
        let invoked = match call.send().await {
            Ok(invoked) => invoked,
            Err(error @ SdkError::TimeoutError(_)) => {
                return Ok(Answer::Failed(sorted(INVOKE, &error).message));
            }
            Err(error) => {
                let is_throttled = error
                    .as_service_error()
                    .is_some_and(InvokeError::is_too_many_requests_exception);
                let message = sorted(INVOKE, &error).message;
                return Err(match is_throttled {
                    true => RedriveError::Throttled(message),
                    false => RedriveError::Outside(message),
                });
            }
        };
        let Some(kind) = invoked.function_error() else {
            return Ok(Answer::Handled);
        };
        let payload = invoked.payload().map(Blob::as_ref).unwrap_or_default();
        let said: Option<FunctionError> = serde_json::from_slice(payload).ok();
        let said = said.map(|said| [said.kind, said.message]);
        let said: Vec<String> = said.into_iter().flatten().flatten().collect();
        Ok(Answer::Failed(match said.is_empty() {
            true => format!("{kind} error without a text"),
            false => said.join(": "),
        }))
    }

    /// Deletes a message for good.
    ///
    /// # Errors
    ///
    /// If SQS does not.
    pub async fn delete(&self, message: &Message) -> Result<(), RedriveError> {
        let call = self.sqs.delete_message().queue_url(&self.url);
        let deleted = call.receipt_handle(&message.receipt).send().await;
        deleted.map_err(|error| outside("sqs:DeleteMessage", &error))?;
        Ok(())
    }

    /// About how many messages are hidden, which somebody has read and not deleted.
    ///
    /// # Errors
    ///
    /// If SQS does not tell.
    pub async fn hidden(&self) -> Result<u64, RedriveError> {
        const COUNT: QueueAttributeName = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let call = self.sqs.get_queue_attributes().queue_url(&self.url);
        let told = call.attribute_names(COUNT).send().await;
        let told = told.map_err(|error| outside(ATTRIBUTES, &error))?;
        let count = told.attributes().and_then(|told| told.get(&COUNT));
        Ok(count.and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    /// Hides messages for so long; which of them could not be, by their places.
    async fn hide(
        &self,
        receipts: impl Iterator<Item = &str>,
        how_long: Duration,
    ) -> Result<BTreeSet<usize>, RedriveError> {
        const CALL: &str = "sqs:ChangeMessageVisibility";
        let entries = receipts.enumerate().map(|(place, receipt)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(place.to_string())
                .receipt_handle(receipt)
                .visibility_timeout(seconds(how_long))
                .build()
        });
        let entries: Result<Vec<_>, _> = entries.collect();
        let entries = entries.map_err(|error| RedriveError::Outside(format!("{CALL}: {error}")))?;
        let call = self.sqs.change_message_visibility_batch();
        let changed = call.queue_url(&self.url).set_entries(Some(entries)).send();
        let changed = changed.await.map_err(|error| outside(CALL, &error))?;
        let failed = changed.failed.iter();
        Ok(failed.filter_map(|failed| failed.id.parse().ok()).collect())
    }
}

/// The ARN of a queue that keeps what it gets. One that has a dead-letter queue of its
/// own is at work: reading it would take its messages from those that they are for.
async fn dead_letter_queue(sqs: &aws_sdk_sqs::Client, url: &str) -> Result<String, RedriveError> {
    let call = sqs.get_queue_attributes().queue_url(url);
    let told = call
        .attribute_names(QueueAttributeName::QueueArn)
        .attribute_names(QueueAttributeName::RedrivePolicy)
        .send()
        .await;
    let mut told = told
        .map_err(|error| outside(ATTRIBUTES, &error))?
        .attributes
        .unwrap_or_default();
    if told.contains_key(&QueueAttributeName::RedrivePolicy) {
        return Err(RedriveError::Wrong(
            "it has a dead-letter queue of its own, so that it is none".to_owned(),
        ));
    }
    let arn = told.remove(&QueueAttributeName::QueueArn);
    arn.ok_or_else(|| {
        RedriveError::Outside(format!("{ATTRIBUTES}: an answer without the queue's ARN"))
    })
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

/// Why a call failed.
fn outside<E>(call: &str, error: &SdkError<E, HttpResponse>) -> RedriveError
where
    E: Error + ProvideErrorMetadata + 'static,
    SdkError<E, HttpResponse>: RequestId,
{
    RedriveError::Outside(sorted(call, error).message)
}

const ATTRIBUTES: &str = "sqs:GetQueueAttributes";

const INVOKE: &str = "lambda:InvokeFunction";

#[cfg(test)]
mod tests;
