//! What the tests run the function against: an emulator, a proxy before it that
//! breaks things, and a stand-in for Lambda's Runtime API.

pub(crate) mod emulator;
pub(crate) mod function;
pub(crate) mod http;
pub(crate) mod proxy;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_iam::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};

use self::emulator::Emulator;
use self::function::Function;
use self::proxy::Proxy;

/// One deployment in an account of its own: a topic with a queue that listens to
/// it, an emulator behind a proxy, and the function.
pub(crate) struct World {
    pub account: String,
    pub proxy: Proxy,
    iam: aws_sdk_iam::Client,
    topic_arn: String,
    queue_url: String,
}

impl World {
    /// A new account; emulators keep accounts apart, so tests do not meet.
    pub(crate) async fn new() -> Self {
        static EMULATOR: OnceLock<Emulator> = OnceLock::new();
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let emulator = EMULATOR.get_or_init(Emulator::start);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let account = format!("{:012}", 444_455_000_000 + number);
        let config = aws_sdk_iam::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .endpoint_url(&emulator.endpoint)
            .credentials_provider(Credentials::for_tests_of(&account))
            .build();
        let topic = emulator
            .query(
                &account,
                "sns",
                &[("Action", "CreateTopic"), ("Name", "alerts")],
            )
            .await;
        let topic_arn = between(&topic, "<TopicArn>", "</TopicArn>");
        let queue = emulator
            .json(
                &account,
                "sqs",
                "AmazonSQS.CreateQueue",
                json!({"QueueName": "on-call"}),
            )
            .await;
        let queue_url = queue["QueueUrl"]
            .as_str()
            .expect("the emulator makes a queue")
            .to_owned();
        emulator
            .query(
                &account,
                "sns",
                &[
                    ("Action", "Subscribe"),
                    ("TopicArn", &topic_arn),
                    ("Protocol", "sqs"),
                    (
                        "Endpoint",
                        &format!("arn:aws:sqs:us-east-1:{account}:on-call"),
                    ),
                ],
            )
            .await;
        Self {
            proxy: Proxy::before(&emulator.endpoint).await,
            iam: aws_sdk_iam::Client::from_conf(config),
            account,
            topic_arn,
            queue_url,
        }
    }

    /// Starts the real binary; `mode` is `KEYRAIL_MODE`, if it is set.
    pub(crate) async fn function(&self, mode: Option<&str>) -> Function {
        let mut environment = self.environment();
        environment.extend(mode.map(|mode| ("KEYRAIL_MODE", mode.to_owned())));
        Function::start(&self.account, environment).await
    }

    /// Starts the real binary with one more variable in its environment.
    pub(crate) async fn function_with(&self, name: &'static str, value: &str) -> Function {
        let mut environment = self.environment();
        environment.push((name, value.to_owned()));
        Function::start(&self.account, environment).await
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("KEYRAIL_TOPIC_ARN", self.topic_arn.clone()),
            ("KEYRAIL_NAME", "test".to_owned()),
            ("AWS_ENDPOINT_URL", self.proxy.endpoint.clone()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", self.account.clone()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ]
    }

    /// Makes a user with one key, and returns the key's id.
    pub(crate) async fn user_with_key(&self, user: &str) -> String {
        self.iam
            .create_user()
            .user_name(user)
            .send()
            .await
            .expect("the emulator makes a user");
        let made = self
            .iam
            .create_access_key()
            .user_name(user)
            .send()
            .await
            .expect("the emulator makes a key");
        made.access_key
            .expect("the answer holds the key")
            .access_key_id
    }

    pub(crate) async fn tag(&self, user: &str, key: &str, value: &str) {
        let tag = aws_sdk_iam::types::Tag::builder().key(key).value(value);
        self.iam
            .tag_user()
            .user_name(user)
            .tags(tag.build().expect("a tag has a key and a value"))
            .send()
            .await
            .expect("the emulator tags a user");
    }

    pub(crate) async fn set_status(&self, user: &str, key: &str, status: StatusType) {
        let call = self
            .iam
            .update_access_key()
            .user_name(user)
            .access_key_id(key)
            .status(status);
        call.send().await.expect("the emulator changes a key");
    }

    pub(crate) async fn delete_key(&self, user: &str, key: &str) {
        let call = self
            .iam
            .delete_access_key()
            .user_name(user)
            .access_key_id(key);
        call.send().await.expect("the emulator deletes a key");
    }

    pub(crate) async fn delete_user(&self, user: &str) {
        self.iam
            .delete_user()
            .user_name(user)
            .send()
            .await
            .expect("the emulator deletes a user");
    }

    /// The key's status as the emulator has it, behind the proxy's back.
    pub(crate) async fn status(&self, user: &str, key: &str) -> Option<StatusType> {
        let listed = self
            .iam
            .list_access_keys()
            .user_name(user)
            .send()
            .await
            .expect("the emulator lists keys");
        listed
            .access_key_metadata
            .into_iter()
            .find(|found| found.access_key_id() == Some(key))?
            .status
    }

    /// The event of a key that was created for a user of this account.
    pub(crate) fn key_created(&self, user: &str, key: &str) -> Value {
        let mut event = self.sample("key-created-for-another");
        event["detail"]["requestParameters"]["userName"] = user.into();
        event["detail"]["responseElements"]["accessKey"]["userName"] = user.into();
        event["detail"]["responseElements"]["accessKey"]["accessKeyId"] = key.into();
        event
    }

    /// A sample event, moved into this account and to now: of an old one keyrail asks
    /// first whether things are as it says.
    pub(crate) fn sample(&self, name: &str) -> Value {
        let path = format!(
            "{}/../keyrail-cli/src/samples/{name}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(path).expect("the sample is there");
        let mut event: Value = serde_json::from_str(&text.replace("111122223333", &self.account))
            .expect("the sample is JSON");
        let now = jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        event["time"] = now.as_str().into();
        if event["detail"]["eventTime"].is_string() {
            event["detail"]["eventTime"] = now.into();
        }
        event
    }

    /// The alerts that have arrived since the last call, as SNS delivered them.
    pub(crate) async fn alerts(&self) -> Vec<Delivered> {
        let emulator = Emulator::at(&self.proxy.behind);
        let mut alerts = Vec::new();
        loop {
            let request = json!({"QueueUrl": self.queue_url, "MaxNumberOfMessages": 10});
            let received = emulator
                .json(&self.account, "sqs", "AmazonSQS.ReceiveMessage", request)
                .await;
            let Some(messages) = received["Messages"]
                .as_array()
                .filter(|messages| !messages.is_empty())
            else {
                return alerts;
            };
            for message in messages {
                let receipt =
                    json!({"QueueUrl": self.queue_url, "ReceiptHandle": message["ReceiptHandle"]});
                emulator
                    .json(&self.account, "sqs", "AmazonSQS.DeleteMessage", receipt)
                    .await;
                alerts.push(Delivered::read(
                    message["Body"].as_str().expect("a message has a body"),
                ));
            }
        }
    }
}

/// One alert, as a queue that listens to the topic got it.
#[derive(Debug)]
pub(crate) struct Delivered {
    pub subject: String,
    pub attributes: Vec<(String, String)>,
    /// `keyrail.alert/v1`
    pub alert: Value,
}

impl Delivered {
    fn read(body: &str) -> Self {
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

/// The function's secret, which must not turn up in anything that it says.
pub(crate) const SECRET: &str = "a-secret-that-nobody-may-see";

trait ForTests {
    fn for_tests_of(account: &str) -> Self;
}

impl ForTests for Credentials {
    /// The emulator takes an access key id of twelve digits for an account.
    fn for_tests_of(account: &str) -> Self {
        Self::new(account, SECRET, None, None, "tests")
    }
}

fn between(text: &str, start: &str, end: &str) -> String {
    let (_, rest) = text.split_once(start).expect("the answer holds it");
    rest.split_once(end)
        .expect("the answer ends it")
        .0
        .to_owned()
}
