//! The watch: checks of an organization, through the real binary.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::World;
use crate::support::function::Function;
use crate::support::organization::{HOME, ORGANIZATION, Organization};

/// A member account; the emulator has no such.
const MEMBER: &str = "444455559999";
const OTHER: &str = "444455558888";
const REGION: &str = "eu-north-1";

pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.expect("it is later than 1970").as_secs()).expect("it fits for long")
}

pub(crate) fn at(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .expect("it is a time")
        .to_string()
}

/// A hub with two members, all well, and who listens.
pub(crate) struct Watched {
    pub(crate) world: World,
    more: Vec<(&'static str, String)>,
    operators: String,
}

impl Watched {
    async fn new() -> Self {
        Self::of(&[MEMBER, OTHER], REGION).await
    }

    /// With one member, and in one Region.
    pub(crate) async fn small() -> Self {
        Self::of(&[MEMBER], "").await
    }

    async fn of(members: &[&str], regions: &str) -> Self {
        let world = World::new().await;
        let mut more = world.memory().await;
        more.retain(|(name, _)| *name == "KEYRAIL_TABLE");
        let topic = world.new_topic("operators").await;
        let operators = world.listen("operator", &topic, None).await;
        let queue =
            |name: &str| format!("https://sqs.{HOME}.amazonaws.com/{}/{name}", world.account);
        more.extend([
            ("KEYRAIL_OPERATOR_TOPIC_ARN", topic),
            (
                "KEYRAIL_WATCHER_ROLE",
                "/security/keyrail-watcher".to_owned(),
            ),
            (
                "KEYRAIL_RESPONDER_ROLE",
                "security/keyrail-responder".to_owned(),
            ),
            ("KEYRAIL_EXTERNAL_ID", "example".to_owned()),
            ("KEYRAIL_ORGANIZATION", ORGANIZATION.to_owned()),
            ("KEYRAIL_REGIONS", regions.to_owned()),
            (
                "KEYRAIL_QUEUES",
                [
                    queue("keyrail-SignInQueue-1A2B"),
                    queue("keyrail-DeadLetterQueue-1A2B"),
                ]
                .join(","),
            ),
        ]);
        for name in ["keyrail-SignInQueue-1A2B", "keyrail-DeadLetterQueue-1A2B"] {
            world.new_queue(name).await;
        }
        let organization = Organization::of(&world.account, members);
        world.proxy.is_before(organization);
        let watched = Self {
            world,
            more,
            operators,
        };
        watched.all_beat(now()).await;
        watched
    }

    /// Each account and Region was heard at that time.
    async fn all_beat(&self, seconds: i64) {
        for account in [self.world.account.as_str(), MEMBER, OTHER] {
            for place in ["us-east-1#account", "us-east-1#region", "eu-north-1#region"] {
                self.was_heard(account, place, seconds).await;
            }
        }
    }

    async fn was_heard(&self, account: &str, place: &str, seconds: i64) {
        let item = json!({
            "pk": {"S": format!("beat#{account}")}, "sk": {"S": place},
            "slot": {"N": (seconds / 3600).to_string()}, "at": {"N": seconds.to_string()},
        });
        self.world.put_item(&item).await;
    }

    /// As if the first check had been made so long ago.
    async fn since(&self, hours: i64) {
        let memory = json!({"first": at(now() - hours * 3600), "runs": null, "last": null});
        let item = json!({"pk": {"S": "watch#keyrail"}, "sk": {"S": "!memory"}, "memory": {"S": memory.to_string()}});
        self.world.put_item(&item).await;
    }

    pub(crate) async fn function(&self) -> Function {
        self.world.watch(&self.more).await
    }

    pub(crate) fn breaks(&self, what: &str) {
        self.world
            .proxy
            .organization(|it| it.broken.insert(what.to_owned()));
    }

    /// What both topics were told since the last call: texts for programs.
    pub(crate) async fn told(&self) -> [Vec<Value>; 2] {
        let alerts = self
            .world
            .alerts()
            .await
            .into_iter()
            .map(|it| it.alert)
            .collect();
        let bodies = self.world.bodies_in(&self.operators).await;
        let messages = bodies.iter().map(|body| {
            let envelope: Value = serde_json::from_str(body).expect("SNS delivers JSON");
            serde_json::from_str(envelope["Message"].as_str().expect("a text"))
                .expect("programs get JSON")
        });
        [alerts, messages.collect()]
    }
}

/// What is new in a message: hop, account, Region, what it says.
fn new_in(message: &Value) -> Vec<[String; 4]> {
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap_or("-").to_owned();
    let new = message["new"].as_array().expect("a list").iter();
    new.map(|fault| ["hop", "account", "region", "says"].map(|name| text(fault, name)))
        .collect()
}

/// What EventBridge starts the watch with.
pub(crate) fn schedule() -> Value {
    json!({"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}})
}

#[tokio::test]
async fn a_check_of_a_healthy_organization_tells_nobody() {
    let watched = Watched::new().await;
    let mut function = watched.function().await;
    for _ in 0..2 {
        function.invoke(&schedule()).await.expect("it is checked");
    }
    assert_eq!(watched.told().await, [vec![], vec![]] as [Vec<Value>; 2]);
    let log = function.stop().await;
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let runs = lines
        .iter()
        .filter(|line| line["WatchRuns"] == 1 && line["_aws"].is_object());
    assert_eq!(runs.count(), 2, "{log}");
    let checks: Vec<&Value> = lines
        .iter()
        .filter(|line| line["message"] == "watch")
        .collect();
    assert_eq!(
        (checks.len(), &checks[0]["not_well"], &checks[0]["unread"]),
        (2, &json!("[]"), &json!(0)),
        "{log}"
    );
    assert!(!log.contains("a-secret"), "{log}");
    // All of it was looked at: three accounts in two Regions.
    let actions = watched.world.proxy.actions();
    let count = |name: &str| actions.iter().filter(|action| *action == name).count();
    assert_eq!(
        (
            count("AssumeRole"),
            count("DescribeTrails"),
            count("GetEventSelectors"),
            count("GetSchedule")
        ),
        (4, 12, 2, 18)
    );
    assert_eq!(count("Publish"), 0);
}

#[tokio::test]
async fn a_dead_hop_is_told_to_both_topics_once_and_again_when_it_is_over() {
    let watched = Watched::new().await;
    let mut function = watched.function().await;
    function.invoke(&schedule()).await.expect("it is checked");
    let rule = "StackSet-keyrail-region-1a2b-RecorderRule-1A2B3C";
    watched.breaks(&format!("{MEMBER} {REGION} {rule}"));
    function.invoke(&schedule()).await.expect("it is checked");
    let [alerts, operator] = watched.told().await;
    let says = format!("the rule {rule} is DISABLED, and should be ENABLED");
    let fault = ["rule-state", MEMBER, REGION, &says].map(str::to_owned);
    assert_eq!(new_in(&alerts[0]), std::slice::from_ref(&fault));
    assert_eq!(new_in(&operator[0]), [fault]);
    assert_eq!(
        (alerts.len(), operator.len(), &alerts[0]["severity"]),
        (1, 1, &json!("critical"))
    );
    assert!(
        alerts[0]["text"]
            .as_str()
            .expect("a text")
            .contains("account 444455559999 (payments) eu-north-1: the rule")
    );
    // It stands: nobody is told again today.
    function.invoke(&schedule()).await.expect("it is checked");
    assert_eq!(watched.told().await, [vec![], vec![]] as [Vec<Value>; 2]);
    watched.world.proxy.organization(|it| it.broken.clear());
    function.invoke(&schedule()).await.expect("it is checked");
    let [alerts, operator] = watched.told().await;
    assert_eq!(alerts[0]["over"][0]["says"], says);
    assert_eq!(
        (alerts[0]["subject"].as_str(), operator.len()),
        (Some("keyrail: 1 fault is over"), 1)
    );
    let log = function.stop().await;
    assert!(
        log.contains("444455559999 eu-north-1 rule-state: the rule"),
        "{log}"
    );
}

/// Each read that finds something wrong, all at once.
#[tokio::test]
async fn what_is_read_of_each_hop_is_told() {
    let watched = Watched::new().await;
    let hub = watched.world.account.clone();
    let mut function = watched.function().await;
    function.invoke(&schedule()).await.expect("it is checked");
    for broken in [
        format!("{MEMBER} {REGION} trail"),
        format!("{MEMBER} {HOME} no keyrail-beat-account"),
        format!("{MEMBER} {REGION} keyrail-beat-region"),
        format!("{MEMBER} * keyrail-beat-{REGION}"),
        format!("{MEMBER} {HOME} undelivered"),
        format!("{OTHER} * keyrail-ForwardingRole-1A2B"),
        format!("{OTHER} {REGION} no StackSet-keyrail-region-1a2b-SignInRule-1A2B3C"),
        format!("{hub} {HOME} selectors"),
        format!("{hub} {HOME} concurrency"),
        format!("{hub} {HOME} bus policy"),
        format!("{hub} {HOME} keyrail-MemberAccessKeyRule-1A2B3C"),
        format!("{hub} {HOME} code"),
    ] {
        watched.breaks(&broken);
    }
    function.invoke(&schedule()).await.expect("it is checked");
    let [_, operator] = watched.told().await;
    let text = operator[0]["text"].as_str().expect("a text").to_owned();
    let counts = &operator[0]["counts"];
    for words in [
        format!(
            "account {MEMBER} (payments) us-east-1: the schedule keyrail-beat-account is not there"
        ),
        format!(
            "account {MEMBER} (payments) eu-north-1: the schedule keyrail-beat-region is DISABLED"
        ),
        format!("account {MEMBER} (payments) eu-north-1: the role keyrail-beat-eu-north-1"),
        "UndeliveredQueue-1A2B holds events that could not be delivered".to_owned(),
        format!(
            "account {OTHER} (payments) eu-north-1: the role arn:aws:iam::{OTHER}:role/security/keyrail-ForwardingRole-1A2B, in which the rule"
        ),
        format!("account {hub} (payments) us-east-1: the trail arn"),
        "reserved concurrency is 0".to_owned(),
        "the policy of the bus keyrail-members does not let".to_owned(),
    ] {
        assert!(text.contains(&words), "{words}: {counts}\n{text}");
    }
}

#[tokio::test]
async fn who_is_silent_is_told_with_the_likely_reason() {
    let watched = Watched::new().await;
    watched.since(9).await;
    let long_ago = now() - 5 * 3600;
    for place in ["us-east-1#account", "us-east-1#region", "eu-north-1#region"] {
        watched.was_heard(MEMBER, place, long_ago).await;
    }
    watched
        .was_heard(OTHER, "eu-north-1#region", long_ago)
        .await;
    watched.breaks(&format!("{OTHER} {REGION} keyrail-beat-region"));
    watched.breaks(&format!("{MEMBER} * watcher"));
    let mut function = watched.function().await;
    function.invoke(&schedule()).await.expect("it is checked");
    let [alerts, operator] = watched.told().await;
    let text = alerts[0]["text"].as_str().expect("a text");
    for words in [
        "account 444455559999 (payments) is silent in eu-north-1, us-east-1: no region beat since the hour of",
        "Most likely: keyrail's stacks are not in this account, or were taken away",
        "account 444455558888 (payments) is silent in eu-north-1",
        "Most likely: the schedule keyrail-beat-region is DISABLED",
    ] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    let text = operator[0]["text"].as_str().expect("a text");
    assert!(
        text.contains("the account cannot be read: sts:AssumeRole: AccessDenied"),
        "{text}"
    );
}

/// An account that is closed is nobody's business any more.
#[tokio::test]
async fn a_closed_account_is_left_out() {
    let watched = Watched::new().await;
    watched.since(9).await;
    for place in ["us-east-1#account", "us-east-1#region", "eu-north-1#region"] {
        watched.was_heard(MEMBER, place, now() - 9 * 3600).await;
    }
    watched.breaks(&format!("{MEMBER} * closed"));
    let mut function = watched.function().await;
    function.invoke(&schedule()).await.expect("it is checked");
    assert_eq!(watched.told().await, [vec![], vec![]] as [Vec<Value>; 2]);
}

/// Without an organization the watch looks at keyrail's own account, and asks Organizations nothing.
#[tokio::test]
async fn an_account_of_its_own_is_watched_alone() {
    let mut watched = Watched::new().await;
    watched
        .more
        .retain(|(name, _)| !["KEYRAIL_ORGANIZATION", "KEYRAIL_WATCHER_ROLE"].contains(name));
    watched.since(9).await;
    let account = watched.world.account.clone();
    watched
        .was_heard(&account, "eu-north-1#region", now() - 9 * 3600)
        .await;
    let mut function = watched.function().await;
    function.invoke(&schedule()).await.expect("it is checked");
    let [alerts, _] = watched.told().await;
    let text = alerts[0]["text"].as_str().expect("a text");
    assert!(
        text.contains(&format!("account {account} is silent in eu-north-1")),
        "{text}"
    );
    let actions = watched.world.proxy.actions();
    for never in ["ListAccounts", "AssumeRole", "DescribeEventBus"] {
        assert!(!actions.iter().any(|action| action == never), "{never}");
    }
}

/// The table is gone: that is told, and so is all else that is found, each time.
#[tokio::test]
async fn without_a_table_the_watch_tells_all_the_same() {
    let mut watched = Watched::new().await;
    watched.more.retain(|(name, _)| *name != "KEYRAIL_TABLE");
    watched.more.push(("KEYRAIL_TABLE", "gone".to_owned()));
    let mut function = watched.function().await;
    for _ in 0..2 {
        function.invoke(&schedule()).await.expect("it is checked");
        let [alerts, _] = watched.told().await;
        let text = alerts[0]["text"].as_str().expect("a text");
        assert!(text.contains("the state table is not there"), "{text}");
    }
}

/// What could not be told is not kept as told.
#[tokio::test]
async fn a_message_that_could_not_be_sent_is_sent_by_the_next_check() {
    let watched = Watched::new().await;
    watched.breaks(&format!("{MEMBER} {REGION} keyrail-beat-region"));
    let mut function = watched.function().await;
    watched.world.proxy.breaks(
        "Publish",
        &[crate::support::proxy::Fault::Error(
            403,
            "AuthorizationError",
        )],
    );
    let failed = function
        .invoke(&schedule())
        .await
        .expect_err("nobody was told");
    assert_eq!(failed["errorType"], "NotTold");
    watched.world.proxy.mend();
    function.invoke(&schedule()).await.expect("it is checked");
    let [alerts, operator] = watched.told().await;
    assert_eq!((alerts.len(), operator.len()), (1, 1));
}

/// A duty that nobody knows is no reason to do the one or the other.
#[tokio::test]
async fn a_function_of_an_unknown_duty_does_not_start() {
    let watched = Watched::new().await;
    let mut more = watched.more.clone();
    more.push(("KEYRAIL_DUTY", "wach".to_owned()));
    let function = watched.world.watch(&more).await;
    assert!(!function.ended().await);
}
