//! What the model is made of: each part of a deployment as it is when all is well.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::Timestamp;
use keyrail_core::activity::BeatCall;
use keyrail_core::id::AccountId;
use keyrail_core::watch::{
    Account, Alarm, AlarmState, Basic, Bus, Function, Hub, Queue, Reading, Region, RoleOfTarget,
    Rule, Schedule, Selectors, Subscription, Target, Topic, Trail, Watched,
};
use serde_json::{Value, json};

use crate::organization::{HOME, ORGANIZATION, REGIONS, account, hub};

const SHIPPED: &str = include_str!("../../src/watch/rules.json");

pub(crate) fn reading_of(accounts: u64) -> Reading {
    let at: Timestamp = "2026-03-14T00:00:00Z".parse().expect("it is a time");
    let ids: Vec<AccountId> = (0..accounts).map(account).collect();
    let watched = watched();
    let members = ids.iter().map(|id| {
        let regions = REGIONS.map(|region| (region.to_owned(), region_of(id, region, &watched)));
        (id.clone(), Ok(regions.into()))
    });
    let joined = Some("2025-01-01T00:00:00Z".parse().expect("it is a time"));
    let accounts = ids.iter().map(|id| Account {
        id: id.clone(),
        name: None,
        joined,
    });
    Reading {
        at,
        accounts: Ok(accounts.collect()),
        beats: BTreeMap::new(),
        members: members.collect(),
        hub: hub_of(&watched),
        watched,
    }
}

fn watched() -> Watched {
    let queue = |name: &str| format!("arn:aws:sqs:{HOME}:{}:keyrail-{name}-1A2B", hub());
    Watched {
        name: "keyrail".to_owned(),
        partition: "aws".to_owned(),
        account: hub(),
        home: HOME.to_owned(),
        regions: REGIONS.map(str::to_owned).into(),
        organization: Some(ORGANIZATION.to_owned()),
        function: "keyrail".to_owned(),
        responder: Some("security/keyrail-responder".to_owned()),
        alert_topic: format!("arn:aws:sns:{HOME}:{}:keyrail-AlertTopic-1A2B", hub()),
        operator_topic: Some(format!(
            "arn:aws:sns:{HOME}:{}:keyrail-OperatorTopic-1A2B",
            hub()
        )),
        queues: vec![queue("SignInQueue"), queue("DeadLetterQueue")],
    }
}

/// The organization's trail, which is the hub's.
pub(crate) fn trail() -> String {
    format!("arn:aws:cloudtrail:{HOME}:{}:trail/organization", hub())
}

fn region_of(id: &AccountId, region: &str, watched: &Watched) -> Region {
    let is_owner = *id == hub() && region == HOME;
    let selectors = Selectors::Basic(vec![Basic {
        read_write: "All".to_owned(),
        management: true,
        excluded: Vec::new(),
    }]);
    let calls = BeatCall::ALL.into_iter();
    let calls = calls.filter(|call| *call == BeatCall::Region || region == HOME);
    Region {
        trails: Ok(vec![Trail {
            arn: trail(),
            logging: Ok(true),
            selectors: is_owner.then_some(Ok(selectors)),
        }]),
        rules: Ok(rules_of(id, region, "default", watched)),
        schedules: calls
            .map(|call| (call, Ok(Some(schedule_of(id, region, call)))))
            .collect(),
        beat_role: Ok(true),
        queues: Ok(vec![Queue {
            name: "StackSet-keyrail-region-UndeliveredQueue-1A2B".to_owned(),
            messages: Ok(0),
            passes: false,
        }]),
        alarms: Ok(vec![Alarm {
            name: "keyrail-ErrorAlarm-1A2B".to_owned(),
            state: AlarmState::Well,
        }]),
    }
}

fn schedule_of(id: &AccountId, region: &str, call: BeatCall) -> Schedule {
    let operation = match call {
        BeatCall::Account => "iam:createAccessKey",
        BeatCall::Region => "cloudtrail:stopLogging",
    };
    Schedule {
        state: "ENABLED".to_owned(),
        target: format!("arn:aws:scheduler:::aws-sdk:{operation}"),
        role: format!("arn:aws:iam::{id}:role/security/keyrail-beat-{region}"),
    }
}

/// The rules as a deployment has them, by the file that ships with them.
fn rules_of(id: &AccountId, region: &str, bus: &str, watched: &Watched) -> Vec<Rule> {
    static PARSED: OnceLock<Value> = OnceLock::new();
    let shipped = PARSED.get_or_init(|| serde_json::from_str(SHIPPED).expect("it is JSON"));
    let is_hubs = *id == hub() && region == HOME;
    let (template, stack) = match is_hubs {
        true => ("template.yaml", "keyrail"),
        false => ("infra/region.yaml", "StackSet-keyrail-region-1a2b3c4d"),
    };
    let all = shipped[template]
        .as_object()
        .expect("they are by their ids");
    let of_here = all
        .iter()
        .filter(|(_, rule)| rule["bus"] == bus && (rule["regions"] == "each" || region == HOME));
    of_here
        .map(|(name, rule)| Rule {
            name: format!("{stack}-{name}-1A2B3C"),
            bus: bus.to_owned(),
            state: rule["state"].as_str().expect("it has a state").to_owned(),
            is_as_shipped: true,
            targets: Ok(targets_of(id, &rule["targets"], watched)),
        })
        .collect()
}

fn targets_of(id: &AccountId, to: &Value, watched: &Watched) -> Vec<Target> {
    let to = to
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str);
    to.map(|to| match to {
        "GuardrailFunction" => (watched.function_arn(), None),
        "SignInQueue" => (watched.queues[0].clone(), None),
        "OperatorTopic" => (watched.operator_topic.clone().expect("there is one"), None),
        _ if *id == hub() => (watched.home_bus(), Some("ForwardingRole")),
        _ => (watched.members_bus(), Some("ForwardingRole")),
    })
    .map(|(arn, role)| Target {
        arn,
        role: role.map(|role| RoleOfTarget {
            arn: format!("arn:aws:iam::{id}:role/{role}"),
            exists: Ok(true),
        }),
    })
    .collect()
}

pub(crate) fn policy() -> Value {
    json!({"Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
    }]})
}

fn hub_of(watched: &Watched) -> Hub {
    let listening = |arn: &str| Topic {
        arn: arn.to_owned(),
        subscriptions: Ok(Some(vec![Subscription {
            protocol: "email".to_owned(),
            is_confirmed: true,
        }])),
    };
    Hub {
        function: Ok(Some(Function {
            reserved: Ok(None),
            state: Some("Active".to_owned()),
            runs: "code 1, bundle 1".to_owned(),
        })),
        bus: Ok(Some(Bus {
            policy: Some(policy()),
        })),
        bus_rules: Ok(rules_of(&hub(), HOME, "members", watched)),
        table: Ok(Some("ACTIVE".to_owned())),
        topics: vec![
            listening(&watched.alert_topic),
            listening(watched.operator_topic.as_deref().expect("there is one")),
        ],
        queues: Ok(vec![Queue {
            name: "keyrail-DeadLetterQueue-1A2B".to_owned(),
            messages: Ok(0),
            passes: false,
        }]),
    }
}
