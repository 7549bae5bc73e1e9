//! SNS: publishing an alert.

use aws_sdk_sns::types::MessageAttributeValue;
use keyrail_core::alert::{Alert, Notifier, NotifyError};

use crate::Aws;
use crate::error::sorted;

impl Notifier for Aws {
    async fn send(&self, alert: &Alert<'_>) -> Result<(), NotifyError> {
        let message = alert.message().map_err(|error| NotifyError {
            message: error.to_string(),
        })?;
        let mut publish = self
            .sns
            .publish()
            .topic_arn(&self.places.topic_arn)
            .subject(&alert.subject)
            .message(message)
            .message_structure("json");
        for (name, value) in alert.attributes() {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .map_err(|error| NotifyError {
                    message: error.to_string(),
                })?;
            publish = publish.message_attributes(name, value);
        }
        publish.send().await.map_err(|error| NotifyError {
            message: sorted("sns:Publish", &error).message,
        })?;
        Ok(())
    }
}
