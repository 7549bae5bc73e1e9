//! What the tests run the function against: an emulator, a proxy before it that
//! breaks things, and a stand-in for Lambda's Runtime API.

pub(crate) mod emulator;
pub(crate) mod function;
pub(crate) mod http;
pub(crate) mod proxy;
pub(crate) mod stand_in;

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

    /// Makes a state table and a re-check queue, and returns the variables that name them.
    pub(crate) async fn memory(&self) -> Vec<(&'static str, String)> {
        let emulator = Emulator::at(&self.proxy.behind);
        let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
        let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
        let table = json!({
            "TableName": "state",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "AttributeDefinitions": [attribute("pk"), attribute("sk")],
        });
        emulator
            .json(
                &self.account,
                "dynamodb",
                "DynamoDB_20120810.CreateTable",
                table,
            )
            .await;
        let queue = emulator
            .json(
                &self.account,
                "sqs",
                "AmazonSQS.CreateQueue",
                json!({"QueueName": "rechecks"}),
            )
            .await;
        let url = queue["QueueUrl"]
            .as_str()
            .expect("the emulator makes a queue");
        vec![
            ("KEYRAIL_TABLE", "state".to_owned()),
            ("KEYRAIL_RECHECK_QUEUE_URL", url.to_owned()),
        ]
    }

    /// Starts the real binary in enforce mode, with more in its environment.
    pub(crate) async fn enforcing(&self, more: &[(&'static str, String)]) -> Function {
        let mut environment = self.environment();
        environment.push(("KEYRAIL_MODE", "enforce".to_owned()));
        environment.extend(more.iter().cloned());
        Function::start(&self.account, environment).await
    }

    /// The re-checks that have been scheduled, as Lambda would deliver each; what the
    /// queue would hold back is taken from what the function sent.
    pub(crate) fn rechecks(&self) -> Vec<Value> {
        let sent = self.proxy.calls().into_iter();
        let sent = sent.filter(|call| call.action == "SendMessage");
        sent.map(|call| {
            let message: Value = serde_json::from_str(&call.body).expect("SQS speaks JSON");
            json!({"Records": [{
                "eventSource": "aws:sqs",
                "eventSourceARN": format!("arn:aws:sqs:us-east-1:{}:rechecks", self.account),
                "messageId": "m-1",
                "body": message["MessageBody"],
            }]})
        })
        .collect()
    }

    /// Calls IAM of this account behind the proxy's back.
    pub(crate) async fn iam(&self, fields: &[(&str, &str)]) -> String {
        Emulator::at(&self.proxy.behind)
            .query(&self.account, "iam", fields)
            .await
    }

    /// The same, of a call that may fail.
    pub(crate) async fn try_iam(&self, fields: &[(&str, &str)]) -> Option<String> {
        let emulator = Emulator::at(&self.proxy.behind);
        emulator.try_query(&self.account, "iam", fields).await
    }

    /// Has the proxy see what a read shows now to a caller.
    pub(crate) async fn prime(&self, caller: &str, action: &str, fields: &[(&str, &str)]) {
        let mut all = vec![("Action", action)];
        all.extend(fields);
        let proxy = Emulator::at(&self.proxy.endpoint);
        proxy.try_query(caller, "iam", &all).await;
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

    /// A further key of a user.
    pub(crate) async fn new_key(&self, user: &str) -> String {
        let made = self.iam.create_access_key().user_name(user).send().await;
        let key = made.expect("the emulator makes a key").access_key;
        key.expect("the answer holds the key").access_key_id
    }

    /// The event of a key that was set to Active.
    pub(crate) fn key_activated(&self, user: &str, key: &str) -> Value {
        self.call(
            "iam.amazonaws.com",
            "UpdateAccessKey",
            json!({"userName": user, "accessKeyId": key, "status": "Active"}),
            Value::Null,
        )
    }

    /// The event of a password that was set for a user, some seconds from now.
    pub(crate) fn password_changed(&self, user: &str, seconds: i64) -> Value {
        let parameters = json!({"userName": user, "passwordResetRequired": false});
        let event = self.call(
            "iam.amazonaws.com",
            "UpdateLoginProfile",
            parameters,
            Value::Null,
        );
        at(event, seconds)
    }

    /// The event of instances that a user launched with a key, some seconds from now.
    pub(crate) fn launched(&self, user: &str, key: &str, count: usize, seconds: i64) -> Value {
        let items: Vec<Value> = (0..count)
            .map(|number| json!({"instanceId": format!("i-{number:017}")}))
            .collect();
        let mut event = self.call(
            "ec2.amazonaws.com",
            "RunInstances",
            json!({"instancesSet": {"items": [{"minCount": count, "maxCount": count}]}}),
            json!({"instancesSet": {"items": items}}),
        );
        let identity = &mut event["detail"]["userIdentity"];
        identity["userName"] = user.into();
        identity["arn"] = format!("arn:aws:iam::{}:user/{user}", self.account).into();
        identity["accessKeyId"] = key.into();
        at(event, seconds)
    }

    /// The example event of an action, of now, in this account; `bob` is its user.
    pub(crate) fn example(&self, action: &str) -> Value {
        let entry = keyrail_core::activity::taxonomy::find(action).expect("keyrail knows it");
        let event = entry.example(None).to_string();
        let event = event
            .replace("111122223333", &self.account)
            .replace("anaya", "bob");
        at(serde_json::from_str(&event).expect("it is JSON"), 0)
    }

    /// The event of a call that anaya made, other than those of the samples.
    pub(crate) fn call(
        &self,
        service: &str,
        name: &str,
        parameters: Value,
        response: Value,
    ) -> Value {
        let mut event = self.sample("key-created-for-another");
        event["source"] = format!("aws.{}", service.split('.').next().unwrap_or_default()).into();
        let detail = &mut event["detail"];
        detail["eventSource"] = service.into();
        detail["eventName"] = name.into();
        detail["eventID"] = format!("event-{name}").into();
        detail["requestParameters"] = parameters;
        detail["responseElements"] = response;
        event
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

/// A bundle of the fixtures.
pub(crate) fn bundle(name: &str) -> String {
    format!(
        "{}/../../tests/fixtures/bundles/{name}",
        env!("CARGO_MANIFEST_DIR")
    )
}

/// A bundle in a folder of its own, with one guardrail that asks for one step.
pub(crate) fn bundle_with(step: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("keyrail-{}-{number}", std::process::id()));
    let guardrails = folder.join("guardrails");
    std::fs::create_dir_all(&guardrails).expect("the folder can be made");
    let allow =
        "[allow]\nsteps = [\"delete-key\", \"delete-root-key\", \"revoke-role-sessions\"]\n";
    std::fs::write(folder.join("keyrail.toml"), allow).expect("the file can be written");
    let guardrail = format!(
        "@id(\"one-step\") @title(\"One step\") @severity(\"high\") @respond(\"{step}\")\n\
         forbid (principal, action in [Action::\"issue-access-key\", Action::\"issue-long-term-credential\"], resource) when {{ context.succeeded }};\n"
    );
    std::fs::write(guardrails.join("a.cedar"), guardrail).expect("the file can be written");
    folder.to_string_lossy().into_owned()
}

/// An event of some seconds from now.
fn at(mut event: Value, seconds: i64) -> Value {
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    let time = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    event["time"] = time.as_str().into();
    event["detail"]["eventTime"] = time.into();
    event
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
