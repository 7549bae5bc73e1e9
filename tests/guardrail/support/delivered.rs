//! What on-call gets.

use serde_json::Value;

/// One alert, as a queue that listens to the topic got it.
#[derive(Debug)]
pub(crate) struct Delivered {
    pub subject: String,
    pub attributes: Vec<(String, String)>,
    /// `keyrail.alert/v1`
    pub alert: Value,
}

impl Delivered {
    pub(super) fn read(body: &str) -> Self {
        let envelope: Value = serde_json::from_str(body).expect("SNS delivers JSON");
        let message = envelope["Message"].as_str().expect("SNS delivers a text");
        let mut attributes: Vec<_> = envelope["MessageAttributes"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| {
                (
                    name.clone(),
                    value["Value"].as_str().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        attributes.sort();
        Self {
            subject: envelope["Subject"].as_str().unwrap_or_default().to_owned(),
            attributes,
            alert: serde_json::from_str(message).expect("programs get JSON"),
        }
    }

    pub(crate) fn state(&self) -> &str {
        self.alert["state"].as_str().unwrap_or_default()
    }

    pub(crate) fn severity(&self) -> &str {
        self.attributes
            .iter()
            .find(|(name, _)| name == "severity")
            .map_or("", |(_, value)| value)
    }

    pub(crate) fn outcome(&self) -> (&str, &str) {
        let outcome = &self.alert["report"]["outcomes"][0];
        (
            outcome["result"].as_str().unwrap_or_default(),
            outcome["detail"].as_str().unwrap_or_default(),
        )
    }
}
