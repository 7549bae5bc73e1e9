//! SNS: publishing an alert.

use std::error::Error;

use aws_sdk_sns::operation::publish::builders::PublishFluentBuilder;
use aws_sdk_sns::types::MessageAttributeValue;
use keyrail_core::alert::{Alert, Notifier, NotifyError};
use keyrail_core::cause::Cause;
use keyrail_core::effects::EffectError;

use crate::Aws;
use crate::error::sorted;

impl Notifier for Aws {
    async fn send(&self, alert: &Alert<'_>) -> Result<(), NotifyError> {
        self.publish_alert(self.places.topic_arn.clone(), alert)
            .await
    }

    async fn send_to_operator(&self, alert: &Alert<'_>) -> Result<(), NotifyError> {
        match self.places.operator_topic_arn.clone() {
            Some(topic) => self.publish_alert(topic, alert).await,
            None => Ok(()),
        }
    }

    async fn send_to_chat(&self, alert: &Alert<'_>) -> Result<(), NotifyError> {
        match self.places.chat_topic_arn.clone() {
            Some(topic) => publish_to(topic, alert.chat(), self.sns.publish(), alert).await,
            None => Ok(()),
        }
    }
}

impl Aws {
    async fn publish_alert(&self, topic: String, alert: &Alert<'_>) -> Result<(), NotifyError> {
        let publish = self.sns.publish().message_structure("json");
        let publish = publish.subject(&alert.subject);
        publish_to(topic, alert.message(), publish, alert).await
    }
}

async fn publish_to(
    topic: String,
    message: Result<String, impl Error + 'static>,
    publish: PublishFluentBuilder,
    alert: &Alert<'_>,
) -> Result<(), NotifyError> {
    let message = message.map_err(|error| unsent(&error))?;
    let mut publish = publish.topic_arn(topic).message(message);
    for (name, value) in alert.attributes() {
        let value = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value)
            .build()
            .map_err(|error| unsent(&error))?;
        publish = publish.message_attributes(name, value);
    }
    let sent = publish.send().await;
    sent.map_err(|error| {
        let EffectError { message, cause, .. } = sorted("sns:Publish", &error);
        NotifyError { message, cause }
    })?;
    Ok(())
}

/// Of an alert that could not be put into words, or into a request.
fn unsent(error: &(impl Error + 'static)) -> NotifyError {
    NotifyError {
        message: error.to_string(),
        cause: Some(Cause::of(error)),
    }
}
