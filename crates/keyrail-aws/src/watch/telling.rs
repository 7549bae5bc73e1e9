//! Telling people what a check came to.

use aws_sdk_sns::types::MessageAttributeValue;
use keyrail_core::effects::{EffectError, EffectErrorKind};
use keyrail_core::watch::{Hears, Message};
use serde_json::json;

use super::watcher::Watcher;
use crate::error::sorted;

impl Watcher {
    /// Publishes a message to its topic.
    ///
    /// # Errors
    ///
    /// If it could not be published.
    pub async fn tell(&self, message: &Message) -> Result<(), EffectError> {
        let topic = match message.to {
            Hears::Everybody => Some(&self.watched.alert_topic),
            Hears::Operator => self.watched.operator_topic.as_ref(),
        };
        let forms = json!({
            "default": message.json.to_string(),
            "email": message.text,
            "sms": message.sms,
        });
        let client = aws_sdk_sns::Client::new(&self.config);
        let mut publish = client
            .publish()
            .set_topic_arn(topic.cloned())
            .message_structure("json")
            .subject(&message.subject)
            .message(forms.to_string());
        // As alerts have them, for the same filter policies.
        for (name, value) in [
            ("state", "ALERT"),
            ("severity", message.severity.as_str()),
            ("action", "keyrail:Watch"),
        ] {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .map_err(|error| EffectError {
                    kind: EffectErrorKind::Refused,
                    message: format!("sns:Publish: {error}"),
                    cause: None,
                })?;
            publish = publish.message_attributes(name, value);
        }
        let sent = publish.send().await;
        sent.map(drop)
            .map_err(|error| sorted("sns:Publish", &error))
    }
}
