//! Conditions under which an action belongs to its groups: questions about a
//! record's parameters.

use serde_json::Value;

use super::entry::Condition;
use super::grant::{is_by_aws, policy_name};
use super::parameters::{gives, is, is_false, known, text_is};
use super::trust::Trust;
use crate::json::Json;

pub(crate) mod doors;
pub(super) mod trail;
pub(crate) mod watch;

pub(super) static ARCHIVES_FINDINGS: Condition = Condition {
    says: "`action` is `ARCHIVE`",
    example: ("requestParameters.action", r#""ARCHIVE""#),
    // Left out it is `NOOP` for a new filter, and what it was for one that is changed.
    holds: |record| {
        known(record, |parameters| {
            text_is(parameters, "action", "ARCHIVE")
        })
    },
};

pub(super) static BECOMES_ACTIVE: Condition = Condition {
    says: "`status` is `Active`",
    example: ("requestParameters.status", r#""Active""#),
    holds: |record| is(record, "status", "Active"),
};

pub(super) static CHANGES_ROLES: Condition = Condition {
    says: "`roleArns` is given: other roles can be assumed",
    example: (
        "requestParameters.roleArns",
        r#"["arn:aws:iam::111122223333:role/deploy"]"#,
    ),
    holds: |record| gives(record, "roleArns"),
};

pub(super) static CHANGES_SOURCE: Condition = Condition {
    says: "`source` is given: another certificate authority is trusted",
    example: (
        "requestParameters.source",
        r#"{"sourceType": "AWS_ACM_PCA"}"#,
    ),
    holds: |record| gives(record, "source"),
};

pub(super) static DISABLES_CONTROL: Condition = Condition {
    says: "`ControlStatus` is `DISABLED`",
    example: ("requestParameters.ControlStatus", r#""DISABLED""#),
    holds: |record| is(record, "ControlStatus", "DISABLED"),
};

pub(super) static DISABLES_CONTROLS: Condition = Condition {
    says: "an `AssociationStatus` is `DISABLED`",
    example: (
        "requestParameters.StandardsControlAssociationUpdates",
        r#"[{"SecurityControlId": "IAM.4", "AssociationStatus": "DISABLED"}]"#,
    ),
    holds: |record| {
        known(record, |parameters| {
            parameters
                .items(&["StandardsControlAssociationUpdates"])
                .any(|update| {
                    update.get("AssociationStatus").and_then(Value::as_str) == Some("DISABLED")
                })
        })
    },
};

pub(super) static DISABLES_DETECTOR: Condition = Condition {
    says: "`enable` is false, or a feature or data source is disabled",
    example: ("requestParameters.enable", "false"),
    holds: |record| {
        known(record, |parameters| {
            is_false(parameters, "enable") || disables_any(parameters)
        })
    },
};

pub(super) static DISABLES_MEMBERS: Condition = Condition {
    says: "a feature or data source is disabled",
    example: (
        "requestParameters.features",
        r#"[{"name": "S3_DATA_EVENTS", "status": "DISABLED"}]"#,
    ),
    holds: |record| known(record, disables_any),
};

// A rule that somebody failed to make is no rule that somebody failed to disable.
pub(super) static DISABLES_RULE: Condition = Condition {
    says: "`state` is `DISABLED`",
    example: ("requestParameters.state", r#""DISABLED""#),
    holds: |record| {
        Some(text_is(
            &record.below(&["requestParameters"]),
            "state",
            "DISABLED",
        ))
    },
};

pub(super) static IS_DEFAULT_VERSION: Condition = Condition {
    says: "`setAsDefault` is true",
    example: ("requestParameters.setAsDefault", "true"),
    holds: |record| {
        known(record, |parameters| {
            parameters.flag(&["setAsDefault"]) == Some(true)
        })
    },
};

pub(super) static IS_GRANT: Condition = Condition {
    says: "it is not the refresh of an earlier grant (`grant_type`)",
    example: ("additionalEventData.success", r#""true""#),
    holds: |record| {
        let grant_type = [
            ["additionalEventData", "grant_type"],
            ["requestParameters", "grant_type"],
            ["requestParameters", "grantType"],
        ]
        .iter()
        .find_map(|path| record.text(path));
        Some(grant_type.as_deref() != Some("refresh_token"))
    },
};

pub(crate) static IS_QUARANTINE: Condition = Condition {
    says: "`policyArn` is AWS's quarantine, of any version",
    example: (
        "requestParameters.policyArn",
        r#""arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3""#,
    ),
    holds: |record| {
        let arn = record.text(&["requestParameters", "policyArn"]);
        Some(arn.is_some_and(|arn| {
            is_by_aws(&arn) && policy_name(&arn).starts_with("AWSCompromisedKeyQuarantine")
        }))
    },
};

pub(super) static IS_WATCHING_SERVICE: Condition = Condition {
    says: "`servicePrincipal` is that of a service that records or watches",
    example: (
        "requestParameters.servicePrincipal",
        r#""guardduty.amazonaws.com""#,
    ),
    holds: |record| {
        let service = record.text(&["requestParameters", "servicePrincipal"])?;
        Some(
            WATCHING.contains(&service.split('.').next().unwrap_or_default())
                || service.starts_with("config-multiaccountsetup."),
        )
    },
};

pub(super) static LIFTS_TERMINATION_PROTECTION: Condition = Condition {
    says: "`enableTerminationProtection` is false",
    example: ("requestParameters.enableTerminationProtection", "false"),
    holds: |record| {
        known(record, |parameters| {
            is_false(parameters, "enableTerminationProtection")
        })
    },
};

pub(super) static NARROWS_RECORDER: Condition = Condition {
    says: "not all resource types are recorded",
    example: (
        "requestParameters.configurationRecorder.recordingGroup.allSupported",
        "false",
    ),
    holds: |record| {
        known(record, |parameters| {
            let recorder = parameters.below(&["configurationRecorder"]);
            // Global types are meant to be recorded in one Region only.
            recorder.at(&["recordingGroup"]).is_some_and(|group| {
                let group = Json::new(group.clone());
                let strategy = group.text(&["recordingStrategy", "useOnly"]);
                let all = group.flag(&["allSupported"]) == Some(true);
                strategy.map_or(!all, |only| only != "ALL_SUPPORTED_RESOURCE_TYPES")
            })
        })
    },
};

pub(super) static OPENS_TRUST: Condition = Condition {
    says: "the policy trusts anybody, or another account",
    example: (
        "requestParameters.policyDocument",
        r#""{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"sts:AssumeRole\"}}""#,
    ),
    holds: |record| {
        let trust = Trust::read(record, "requestParameters.policyDocument")?;
        Some(trust.anybody || !trust.accounts.is_empty() || !trust.vendors.is_empty())
    },
};

pub(super) static PAUSES: Condition = Condition {
    says: "`status` is `PAUSED`",
    example: ("requestParameters.status", r#""PAUSED""#),
    holds: |record| known(record, |parameters| text_is(parameters, "status", "PAUSED")),
};

// `StatusId` is OCSF's, which the newer Security Hub writes: 3 is suppressed, 4 resolved, 5 archived.
pub(super) static SETTLES_FINDINGS: Condition = Condition {
    says: "an action suppresses, resolves or archives findings",
    example: (
        "requestParameters.Actions",
        r#"[{"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": {"Workflow": {"Status": "SUPPRESSED"}}}]"#,
    ),
    holds: |record| known(record, |parameters| settles(parameters.items(&["Actions"]))),
};

pub(super) static A_RULE_SETTLES_FINDINGS: Condition = Condition {
    says: "an action of a rule suppresses, resolves or archives findings",
    example: (
        "requestParameters.UpdateAutomationRulesRequestItems",
        r#"[{"RuleArn": "example", "Actions": [{"FindingFieldsUpdate": {"Workflow": {"Status": "SUPPRESSED"}}}]}]"#,
    ),
    holds: |record| {
        known(record, |parameters| {
            let rules = parameters.items(&["UpdateAutomationRulesRequestItems"]);
            let mut actions = rules.filter_map(|rule| rule.get("Actions")?.as_array());
            actions.any(|actions| settles(actions.iter()))
        })
    },
};

pub(super) static SUPPRESSES_FINDINGS: Condition = Condition {
    says: "`action` is `SUPPRESS`",
    example: ("requestParameters.action", r#""SUPPRESS""#),
    holds: |record| {
        known(record, |parameters| {
            text_is(parameters, "action", "SUPPRESS")
        })
    },
};

fn settles<'v>(mut actions: impl Iterator<Item = &'v Value>) -> bool {
    actions.any(|action| {
        let status = action.pointer("/FindingFieldsUpdate/Workflow/Status");
        let id = action.pointer("/FindingFieldsUpdate/StatusId");
        status.is_some_and(|status| status == "SUPPRESSED" || status == "RESOLVED")
            || id
                .and_then(Value::as_u64)
                .is_some_and(|id| (3..=5).contains(&id))
    })
}

pub(super) static STOPS_AUTOMATIC_MEMBERS: Condition = Condition {
    says: "new members are no longer enabled",
    example: (
        "requestParameters.autoEnableOrganizationMembers",
        r#""NONE""#,
    ),
    holds: |record| {
        known(record, |parameters| {
            is_false(parameters, "autoEnable")
                || text_is(parameters, "autoEnableOrganizationMembers", "NONE")
                || parameters.items(&["features"]).any(|feature| {
                    feature.get("autoEnable").and_then(Value::as_str) == Some("NONE")
                })
        })
    },
};

pub(super) static TRUSTS_ADDRESSES: Condition = Condition {
    says: "the list of trusted addresses is activated, or comes from elsewhere",
    example: ("requestParameters.activate", "true"),
    holds: |record| known(record, |parameters| !is_false(parameters, "activate")),
};

/// Services whose being switched off in an organization leaves its accounts unwatched.
const WATCHING: [&str; 9] = [
    "access-analyzer",
    "cloudtrail",
    "config",
    "detective",
    "guardduty",
    "inspector2",
    "macie",
    "malware-protection",
    "securityhub",
];

/// GuardDuty's features say `status: DISABLED`; its older data sources say `enable:
/// false`, two or three levels down.
fn disables_any(parameters: &Json) -> bool {
    fn off(value: &Value, depth: u8) -> bool {
        match value {
            Value::Object(fields) if depth > 0 => fields.iter().any(|(name, value)| {
                let word = value.as_str().unwrap_or_default();
                (name == "enable"
                    && (value == &Value::Bool(false) || word.eq_ignore_ascii_case("false")))
                    || (name == "status" && word.eq_ignore_ascii_case("DISABLED"))
                    || off(value, depth - 1)
            }),
            Value::Array(items) if depth > 0 => items.iter().any(|item| off(item, depth - 1)),
            _ => false,
        }
    }
    ["features", "dataSources"]
        .iter()
        .filter_map(|name| parameters.at(&[name]))
        .any(|value| off(value, 6))
}

/// How many instances a successful launch shows or asks for; at least one.
pub(crate) fn launched(record: &Json) -> u64 {
    let started = record
        .items(&["responseElements", "instancesSet", "items"])
        .count();
    let named = record
        .items(&["requestParameters", "instanceNames"])
        .count();
    let asked = [
        "requestParameters.instancesSet.items.0.maxCount",
        "requestParameters.instanceCount",
        "requestParameters.spotFleetRequestConfig.targetCapacity",
        "requestParameters.CreateFleetRequest.TargetCapacitySpecification.TotalTargetCapacity",
    ];
    let asked = asked
        .iter()
        .find_map(|path| record.text_at(path)?.parse().ok());
    [started, named]
        .into_iter()
        .filter_map(|count| u64::try_from(count).ok())
        .find(|count| *count > 0)
        .or(asked)
        .unwrap_or(1)
}
