//! Conditions about what reacts to events, and about policies of an organization.

use serde_json::Value;

use crate::json::Json;
use crate::taxonomy::entry::Condition;

/// Whether something is of a service that watches: by its name, which is all that a call shows.
pub(crate) static IS_OF_WATCHING_SERVICE: Condition = Condition {
    says: "the name has `guardduty`, `securityhub` or `cloudtrail` in it",
    example: ("requestParameters.name", r#""guardduty-findings""#),
    holds: |record| {
        let names = [
            "requestParameters.rule",
            "requestParameters.name",
            "requestParameters.configRuleName",
            "requestParameters.conformancePackName",
            "requestParameters.organizationConfigRuleName",
        ];
        let name = names.iter().find_map(|path| record.text_at(path))?;
        let name = name.to_ascii_lowercase().replace(['-', '_'], "");
        let watching = ["guardduty", "securityhub", "cloudtrail"];
        Some(watching.iter().any(|word| name.contains(word)))
    },
};

/// Other kinds guard something, or nobody knows yet (Organizations User Guide, "Managing
/// organization policies", checked 2026-11-29).
pub(crate) static GUARDS: Condition = Condition {
    says: "the policy is not one of backups, tags, chat applications, AI opt-out or upgrades",
    example: (
        "requestParameters.policyType",
        r#""SERVICE_CONTROL_POLICY""#,
    ),
    holds: |record| guards(record),
};

pub(crate) static REWRITES_GUARD: Condition = Condition {
    says: "`content` is given, and the policy is not one of backups, tags, chat applications, AI opt-out or upgrades",
    example: (
        "requestParameters.content",
        r#""{\"Version\": \"2012-10-17\", \"Statement\": []}""#,
    ),
    holds: |record| match crate::taxonomy::parameters::gives(record, "content") {
        Some(false) => Some(false),
        gives => guards(record).map_or(gives, Some),
    },
};

fn guards(record: &Json) -> Option<bool> {
    let words = [
        "requestParameters.policyType",
        "responseElements.policy.policySummary.type",
    ];
    let by_word = words.iter().find_map(|path| record.text_at(path));
    if let Some(word) = by_word {
        return Some(
            !HARMLESS
                .iter()
                .any(|(kind, _)| word.eq_ignore_ascii_case(kind)),
        );
    }
    let content = record.text_at("requestParameters.content")?;
    let content: Value = serde_json::from_str(&content).ok()?;
    let is_of = |(_, field): &(&str, &str)| content.get(field).is_some();
    Some(!HARMLESS.iter().any(is_of))
}

/// Types of policies that guard nothing, and the field with which the content of each begins.
const HARMLESS: [(&str, &str); 5] = [
    ("AISERVICES_OPT_OUT_POLICY", "services"),
    ("BACKUP_POLICY", "plans"),
    ("CHATBOT_POLICY", "chatbot"),
    ("TAG_POLICY", "tags"),
    ("UPGRADE_ROLLOUT_POLICY", "upgrade_rollout"),
];
