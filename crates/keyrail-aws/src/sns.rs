//! SNS: publishing an alert.

use std::fmt::Display;

use aws_sdk_sns::operation::publish::builders::PublishFluentBuilder;
use aws_sdk_sns::types::MessageAttributeValue;
use keyrail_core::alert::{Alert, Notifier, NotifyError};

use crate::Aws;
use crate::error::sorted;

impl Notifier for Aws {
    async fn send(&self, alert: &Alert<'_>) -> Result<(), NotifyError> {
        let topic = self.places.topic_arn.clone();
        let publish = self.sns.publish().message_structure("json");
        let publish = publish.subject(&alert.subject);
        publish_to(topic, alert.message(), publish, alert).await
    }

    async fn send_to_chat(&self, alert: &Alert<'_>) -> Result<(), NotifyError> {
        match self.places.chat_topic_arn.clone() {
            Some(topic) => publish_to(topic, alert.chat(), self.sns.publish(), alert).await,
            None => Ok(()),
        }
    }
}

async fn publish_to(
    topic: String,
    message: Result<String, impl Display>,
    publish: PublishFluentBuilder,
    alert: &Alert<'_>,
) -> Result<(), NotifyError> {
    let failed = |message| NotifyError { message };
    let message = message.map_err(|error| failed(error.to_string()))?;
    let mut publish = publish.topic_arn(topic).message(message);
    for (name, value) in alert.attributes() {
        let value = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        publish = publish.message_attributes(name, value);
    }
    let sent = publish.send().await;
    sent.map_err(|error| failed(sorted("sns:Publish", &error).message))?;
    Ok(())
}
