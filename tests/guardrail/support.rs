//! What the tests run the function against: an emulator, a proxy before it that
//! breaks things, and a stand-in for Lambda's Runtime API.

pub(crate) mod bundles;
pub(crate) mod delivered;
pub(crate) mod emf;
pub(crate) mod emulator;
pub(crate) mod events;
pub(crate) mod function;
pub(crate) mod http;
pub(crate) mod organization;
pub(crate) mod proxy;
pub(crate) mod stand_in;
mod users;
#[path = "../wire/record.rs"]
mod wire;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock};

use aws_sdk_iam::config::{AppName, BehaviorVersion, Credentials, Region};
use serde_json::{Value, json};

use self::delivered::Delivered;
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
        let emulator = EMULATOR.get_or_init(Emulator::shared_or_started);
        let account = new_account();
        let config = aws_sdk_iam::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .endpoint_url(&emulator.endpoint)
            // By it the record tells what a test sets up from what keyrail asks.
            .app_name(AppName::new("tests").expect("it is a name"))
            .credentials_provider(Credentials::for_tests_of(&account))
            .build();
        let mut world = Self {
            proxy: Proxy::before(&emulator.endpoint).await,
            iam: aws_sdk_iam::Client::from_conf(config),
            account,
            topic_arn: String::new(),
            queue_url: String::new(),
        };
        world.topic_arn = world.new_topic("alerts").await;
        world.queue_url = world.listen("on-call", &world.topic_arn, None).await;
        world
    }

    /// Makes a topic, and returns its ARN.
    pub(crate) async fn new_topic(&self, name: &str) -> String {
        let fields = [("Action", "CreateTopic"), ("Name", name)];
        let made = self.emulator().query(&self.account, "sns", &fields).await;
        between(&made, "<TopicArn>", "</TopicArn>")
    }

    /// The topic that alerts go to.
    pub(crate) fn on_call(&self) -> &str {
        &self.topic_arn
    }

    /// Makes a queue, and returns its URL.
    pub(crate) async fn new_queue(&self, name: &str) -> String {
        let request = json!({"QueueName": name});
        let emulator = self.emulator();
        let making = emulator.json(&self.account, "sqs", "AmazonSQS.CreateQueue", request);
        let queue = making.await;
        let url = queue["QueueUrl"].as_str();
        url.expect("the emulator makes a queue").to_owned()
    }

    /// Makes a queue that listens to a topic, with a filter policy if there is one, and
    /// returns its URL.
    pub(crate) async fn listen(&self, name: &str, topic: &str, filter: Option<&str>) -> String {
        let url = self.new_queue(name).await;
        let endpoint = format!("arn:aws:sqs:us-east-1:{}:{name}", self.account);
        let mut fields = vec![
            ("Action", "Subscribe"),
            ("TopicArn", topic),
            ("Protocol", "sqs"),
            ("Endpoint", endpoint.as_str()),
        ];
        if let Some(filter) = filter {
            fields.extend([
                ("Attributes.entry.1.key", "FilterPolicy"),
                ("Attributes.entry.1.value", filter),
            ]);
        }
        self.emulator().query(&self.account, "sns", &fields).await;
        url
    }

    /// The emulator, behind the proxy's back.
    fn emulator(&self) -> Emulator {
        Emulator::at(&self.proxy.behind)
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
        let emulator = self.emulator();
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
        vec![
            ("KEYRAIL_TABLE", "state".to_owned()),
            (
                "KEYRAIL_RECHECK_QUEUE_URL",
                self.new_queue("rechecks").await,
            ),
        ]
    }

    /// Starts the real binary as the watch of an organization, with more in its environment.
    pub(crate) async fn watch(&self, more: &[(&'static str, String)]) -> Function {
        let mut environment = self.environment();
        environment.extend([
            ("KEYRAIL_DUTY", "watch".to_owned()),
            ("KEYRAIL_FUNCTION", "keyrail".to_owned()),
        ]);
        environment.retain(|(name, _)| *name != "KEYRAIL_NAME");
        environment.push(("KEYRAIL_NAME", "keyrail".to_owned()));
        environment.extend(more.iter().cloned());
        Function::start(&self.account, environment).await
    }

    /// What is in the state table, as `DynamoDB` writes it.
    pub(crate) async fn items(&self) -> Vec<Value> {
        let scan = json!({"TableName": "state"});
        let action = "DynamoDB_20120810.Scan";
        let found = self
            .emulator()
            .json(&self.account, "dynamodb", action, scan)
            .await;
        found["Items"].as_array().cloned().expect("a list of items")
    }

    /// Puts an item into the state table, as `DynamoDB` writes it.
    pub(crate) async fn put_item(&self, item: &Value) {
        let put = json!({"TableName": "state", "Item": item});
        let action = "DynamoDB_20120810.PutItem";
        let emulator = self.emulator();
        emulator.json(&self.account, "dynamodb", action, put).await;
    }

    /// Takes an item out of the state table.
    pub(crate) async fn delete_item(&self, item: &Value) {
        let key = json!({"pk": item["pk"], "sk": item["sk"]});
        let delete = json!({"TableName": "state", "Key": key});
        let action = "DynamoDB_20120810.DeleteItem";
        let emulator = self.emulator();
        emulator
            .json(&self.account, "dynamodb", action, delete)
            .await;
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
        self.sent("keyrail.recheck/v1")
    }

    /// The same of follow-ups to repeated violations.
    pub(crate) fn follow_ups(&self) -> Vec<Value> {
        self.sent("keyrail.follow-up/v1")
    }

    fn sent(&self, schema: &str) -> Vec<Value> {
        let messages = self.messages(schema).into_iter();
        messages
            .map(|message| self.delivered(message["MessageBody"].as_str().unwrap_or_default()))
            .collect()
    }

    /// A message of the function's own queue, as Lambda would deliver it.
    pub(crate) fn delivered(&self, body: &str) -> Value {
        json!({"Records": [{
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:{}:rechecks", self.account),
            "messageId": "m-1",
            "body": body,
        }]})
    }

    /// What the function sent to its own queue, of one schema.
    fn messages(&self, schema: &str) -> Vec<Value> {
        let calls = self.proxy.calls().into_iter();
        let sent = calls.filter(|call| call.action == "SendMessage");
        let messages = sent.map(|call| serde_json::from_str(&call.body).expect("SQS speaks JSON"));
        messages
            .filter(|message: &Value| {
                let body = message["MessageBody"].as_str().unwrap_or_default();
                body.contains(schema)
            })
            .collect()
    }

    /// After how many seconds each re-check is to be delivered.
    pub(crate) fn delays(&self) -> Vec<u64> {
        let messages = self.messages("keyrail.recheck/v1").into_iter();
        let mut delays: Vec<u64> = messages
            .filter_map(|message| message["DelaySeconds"].as_u64())
            .collect();
        delays.sort_unstable();
        delays
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

    /// The alerts that have arrived since the last call, as SNS delivered them.
    pub(crate) async fn alerts(&self) -> Vec<Delivered> {
        let bodies = self.bodies_in(&self.queue_url).await;
        bodies.iter().map(|body| Delivered::read(body)).collect()
    }

    /// The bodies of the messages in a queue, which is empty afterwards.
    pub(crate) async fn bodies_in(&self, queue_url: &str) -> Vec<String> {
        let emulator = self.emulator();
        let mut bodies = Vec::new();
        loop {
            let request = json!({"QueueUrl": queue_url, "MaxNumberOfMessages": 10});
            let received = emulator
                .json(&self.account, "sqs", "AmazonSQS.ReceiveMessage", request)
                .await;
            let Some(messages) = received["Messages"]
                .as_array()
                .filter(|messages| !messages.is_empty())
            else {
                return bodies;
            };
            for message in messages {
                let receipt =
                    json!({"QueueUrl": queue_url, "ReceiptHandle": message["ReceiptHandle"]});
                emulator
                    .json(&self.account, "sqs", "AmazonSQS.DeleteMessage", receipt)
                    .await;
                let body = message["Body"].as_str();
                bodies.push(body.expect("a message has a body").to_owned());
            }
        }
    }
}

/// The function's secret, which must not turn up in anything that it says.
pub(crate) const SECRET: &str = "a-secret-that-nobody-may-see";

/// An account that no test has had, in this process or in another one that shares the emulator:
/// one after the other, from a number that each process draws.
fn new_account() -> String {
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
        let drawn = RandomState::new().build_hasher().finish();
        AtomicU64::new(400_000_000_000 + drawn % 100_000_000_000)
    });
    format!("{:012}", NEXT.fetch_add(1, Ordering::Relaxed))
}

trait ForTests {
    fn for_tests_of(account: &str) -> Self;
}

impl ForTests for Credentials {
    /// The emulator takes an access key id of twelve digits for an account.
    fn for_tests_of(account: &str) -> Self {
        Self::new(account, SECRET, None, None, "tests")
    }
}

pub(crate) fn between(text: &str, start: &str, end: &str) -> String {
    let (_, rest) = text.split_once(start).expect("the answer holds it");
    rest.split_once(end)
        .expect("the answer ends it")
        .0
        .to_owned()
}
