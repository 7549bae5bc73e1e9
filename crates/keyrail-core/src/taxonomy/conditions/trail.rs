//! Conditions about what CloudTrail records, and where.

use serde_json::Value;

use crate::arn::Arn;
use crate::json::Json;
use crate::taxonomy::entry::Condition;
use crate::taxonomy::grant::lets_in_just_cloudtrail;
use crate::taxonomy::parameters::{home, is_false, known};

pub(crate) static EXPIRES_TRAIL: Condition = Condition {
    says: "`bucketName` contains `cloudtrail`, and objects expire",
    example: (
        "requestParameters",
        r#"{"bucketName": "aws-cloudtrail-logs-111122223333-example", "LifecycleConfiguration": {"Rule": {"Expiration": {"Days": 1}}}}"#,
    ),
    holds: |record| {
        let rules = record.at(&["requestParameters", "LifecycleConfiguration"]);
        // Rules that are not shown may let anything expire.
        of_trail_bucket(record, || {
            rules.is_none_or(|rules| rules.to_string().contains("Expiration\":"))
        })
    },
};

pub(crate) static EXPIRES_TRAIL_LOG: Condition = Condition {
    says: "`logGroupName` contains `cloudtrail` or `CloudTrail`, and events are kept for less than 90 days",
    example: (
        "requestParameters",
        r#"{"logGroupName": "aws-cloudtrail-logs-111122223333-example", "retentionInDays": 1}"#,
    ),
    holds: |record| {
        let days = record.text_at("requestParameters.retentionInDays");
        Some((IS_TRAIL_LOG_GROUP.holds)(record)? && is_short(days))
    },
};

pub(crate) static IS_TRAIL_BUCKET: Condition = Condition {
    says: "`bucketName` contains `cloudtrail`",
    example: (
        "requestParameters.bucketName",
        r#""aws-cloudtrail-logs-111122223333-example""#,
    ),
    holds: |record| Some(is_of_trail(record, "bucketName")),
};

pub(crate) static IS_TRAIL_LOG_GROUP: Condition = Condition {
    says: "`logGroupName` contains `cloudtrail` or `CloudTrail`",
    example: (
        "requestParameters.logGroupName",
        r#""aws-cloudtrail-logs-111122223333-example""#,
    ),
    holds: |record| Some(is_of_trail(record, "logGroupName")),
};

pub(crate) static LIFTS_BLOCK_OF_TRAIL_BUCKET: Condition = Condition {
    says: "`bucketName` contains `cloudtrail`, and some public access is not blocked",
    example: (
        "requestParameters",
        r#"{"bucketName": "aws-cloudtrail-logs-111122223333-example", "PublicAccessBlockConfiguration": {"BlockPublicPolicy": false}}"#,
    ),
    holds: |record| {
        let block = record.below(&["requestParameters", "PublicAccessBlockConfiguration"]);
        let blocked = |name: &&str| block.flag(&[name]) == Some(true);
        of_trail_bucket(record, || !PUBLIC_ACCESS.iter().all(blocked))
    },
};

pub(crate) static NARROWS_DATA_STORE: Condition = Condition {
    says: "protection, Regions or organization are given up, events are kept for less than 90 days, or selectors do not take all management events",
    example: ("requestParameters.multiRegionEnabled", "false"),
    holds: |record| {
        known(record, |parameters| {
            [
                "terminationProtectionEnabled",
                "multiRegionEnabled",
                "organizationEnabled",
            ]
            .iter()
            .any(|name| is_false(parameters, name))
                || is_short(parameters.text(&["retentionPeriod"]))
                || parameters.at(&["advancedEventSelectors"]).is_some() && !selects_all(parameters)
        })
    },
};

pub(crate) static NARROWS_INSIGHTS: Condition = Condition {
    says: "`insightSelectors` is empty",
    example: ("requestParameters.insightSelectors", "[]"),
    holds: |record| {
        known(record, |parameters| {
            parameters.items(&["insightSelectors"]).next().is_none()
        })
    },
};

pub(crate) static NARROWS_SELECTORS: Condition = Condition {
    says: "no selector takes all management events",
    example: (
        "requestParameters.eventSelectors",
        r#"[{"readWriteType": "ReadOnly", "includeManagementEvents": true}]"#,
    ),
    holds: |record| known(record, |parameters| !selects_all(parameters)),
};

pub(crate) static NARROWS_TRAIL: Condition = Condition {
    says: "something is switched off, taken away or pointed elsewhere, or nothing is added",
    example: ("requestParameters.isMultiRegionTrail", "false"),
    holds: |record| {
        known(record, |parameters| {
            let widens = [
                "isMultiRegionTrail",
                "includeGlobalServiceEvents",
                "enableLogFileValidation",
                "isOrganizationTrail",
            ];
            let elsewhere = ["s3BucketName", "s3KeyPrefix"];
            // A key, a log group and a topic besides, if they are of this account; an empty one is none.
            let home = home(record);
            let further = [
                "kmsKeyId",
                "cloudWatchLogsLogGroupArn",
                "cloudWatchLogsRoleArn",
                "snsTopicName",
            ];
            let gains = |name: &&&str| {
                let arn = parameters.text(&[name]);
                arn.is_some_and(|arn| {
                    Arn::parse(&arn).is_none_or(|arn| home.as_deref() == Some(arn.account))
                })
            };
            let mut given = further
                .iter()
                .filter(|name| parameters.at(&[name]).is_some());
            let gained = given.clone().any(|name| gains(&name));
            let wider = |name: &&str| parameters.flag(&[name]) == Some(true);
            widens.iter().any(|name| is_false(parameters, name))
                || given.any(|name| !gains(&name))
                || elsewhere
                    .iter()
                    .any(|name| parameters.at(&[name]).is_some())
                || (!gained && !widens.iter().any(wider))
        })
    },
};

pub(crate) static OPENS_TRAIL_BUCKET: Condition = Condition {
    says: "`bucketName` contains `cloudtrail`, and the policy does more than let CloudTrail write for this account, or less",
    example: (
        "requestParameters.bucketName",
        r#""aws-cloudtrail-logs-111122223333-example""#,
    ),
    holds: |record| {
        of_trail_bucket(record, || {
            !lets_in_just_cloudtrail(record, "requestParameters.bucketPolicy")
        })
    },
};

pub(crate) static STOPS_ACCESS_LOG_OF_TRAIL: Condition = Condition {
    says: "`bucketName` contains `cloudtrail`, and access to it is no longer logged",
    example: (
        "requestParameters",
        r#"{"bucketName": "aws-cloudtrail-logs-111122223333-example", "BucketLoggingStatus": ""}"#,
    ),
    holds: |record| {
        let log = record.at(&["requestParameters", "BucketLoggingStatus", "LoggingEnabled"]);
        of_trail_bucket(record, || log.is_none())
    },
};

pub(crate) static SUSPENDS_VERSIONS_OF_TRAIL: Condition = Condition {
    says: "`bucketName` contains `cloudtrail`, and versioning is not enabled",
    example: (
        "requestParameters",
        r#"{"bucketName": "aws-cloudtrail-logs-111122223333-example", "VersioningConfiguration": {"Status": "Suspended"}}"#,
    ),
    holds: |record| {
        let status = record.text_at("requestParameters.VersioningConfiguration.Status");
        of_trail_bucket(record, || status.as_deref() != Some("Enabled"))
    },
};

/// Whether that many days are too few to look into what somebody did.
fn is_short(days: Option<String>) -> bool {
    days.and_then(|days| days.parse::<u64>().ok())
        .is_some_and(|days| days < 90)
}

/// What a bucket's block of public access can leave open, one by one.
const PUBLIC_ACCESS: [&str; 4] = [
    "BlockPublicAcls",
    "BlockPublicPolicy",
    "IgnorePublicAcls",
    "RestrictPublicBuckets",
];

/// Whether a name says that a trail's events are there. Buckets have no capitals.
fn is_of_trail(record: &Json, parameter: &str) -> bool {
    let name = record.text(&["requestParameters", parameter]);
    name.is_some_and(|name| name.contains("cloudtrail") || name.contains("CloudTrail"))
}

/// Asks on, if the bucket's name says that a trail is in it.
fn of_trail_bucket(record: &Json, question: impl Fn() -> bool) -> Option<bool> {
    Some((IS_TRAIL_BUCKET.holds)(record)? && question())
}

/// Whether the selectors together take management events of every kind (CloudTrail API
/// reference, `PutEventSelectors`, checked 2026-11-25).
fn selects_all(parameters: &Json) -> bool {
    let selectors = |name: &str| -> Vec<Json> {
        let path = [name];
        let items = parameters.items(&path);
        items.map(|selector| Json::new(selector.clone())).collect()
    };
    let basic = selectors("eventSelectors");
    let basic = basic.iter().filter_map(basic_selection);
    let advanced = selectors("advancedEventSelectors");
    let advanced = advanced.iter().filter_map(advanced_selection);
    let (mut reads, mut writes) = (false, false);
    for selection in basic.chain(advanced) {
        reads |= selection != Selection::Writes;
        writes |= selection != Selection::Reads;
    }
    reads && writes
}

/// Which management events a selector takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Selection {
    All,
    Reads,
    Writes,
}

/// `None` if it takes no management events, or not those of every source.
fn basic_selection(selector: &Json) -> Option<Selection> {
    // Both default to taking everything.
    let takes_any = selector.flag(&["includeManagementEvents"]) != Some(false);
    let mut excluded = selector.items(&["excludeManagementEventSources"]);
    if !takes_any || excluded.next().is_some() {
        return None;
    }
    match selector.text(&["readWriteType"]).as_deref() {
        None | Some("All") => Some(Selection::All),
        Some("ReadOnly") => Some(Selection::Reads),
        Some("WriteOnly") => Some(Selection::Writes),
        Some(_) => None,
    }
}

/// `None` if it takes no management events, or is about more than reading and writing.
fn advanced_selection(selector: &Json) -> Option<Selection> {
    let mut selection = Selection::All;
    let mut of_management = false;
    for field in selector.items(&["fieldSelectors"]) {
        let only = field.pointer("/equals/0").and_then(Value::as_str);
        match (field.get("field").and_then(Value::as_str), only) {
            (Some("eventCategory"), Some("Management")) => of_management = true,
            (Some("readOnly"), Some("true")) => selection = Selection::Reads,
            (Some("readOnly"), Some("false")) => selection = Selection::Writes,
            _ => return None,
        }
    }
    of_management.then_some(selection)
}
