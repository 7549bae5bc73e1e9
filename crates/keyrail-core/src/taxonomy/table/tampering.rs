//! Tampering with what records and watches.
//!
//! Names and parameters are those of each service's API reference, in CloudTrail's
//! spelling (checked 2026-11-25).

use crate::taxonomy::conditions::trail::{
    EXPIRES_TRAIL, EXPIRES_TRAIL_LOG, IS_TRAIL_BUCKET, IS_TRAIL_LOG_GROUP,
    LIFTS_BLOCK_OF_TRAIL_BUCKET, NARROWS_DATA_STORE, NARROWS_INSIGHTS, NARROWS_SELECTORS,
    NARROWS_TRAIL, OPENS_TRAIL_BUCKET, STOPS_ACCESS_LOG_OF_TRAIL, SUSPENDS_VERSIONS_OF_TRAIL,
};
use crate::taxonomy::conditions::watch::{GUARDS, REWRITES_GUARD};
use crate::taxonomy::conditions::{
    A_RULE_SETTLES_FINDINGS, ARCHIVES_FINDINGS, DISABLES_CONTROL, DISABLES_CONTROLS,
    DISABLES_DETECTOR, DISABLES_MEMBERS, DISABLES_RULE, IS_WATCHING_SERVICE, NARROWS_RECORDER,
    PAUSES, SETTLES_FINDINGS, STOPS_AUTOMATIC_MEMBERS, SUPPRESSES_FINDINGS, TRUSTS_ADDRESSES,
};
use crate::taxonomy::entry::{Entry, Paths};
use crate::taxonomy::group::Group;
use crate::taxonomy::kind::TargetKind;
use crate::taxonomy::table::row::call;
use Group::{ChangeWatch, TamperAudit, TamperGuardrail};

const AUDIT: &[Group] = &[TamperAudit];
const BOTH: &[Group] = &[TamperAudit, TamperGuardrail];
const RULE_GROUPS: &[Group] = &[ChangeWatch, TamperAudit, TamperGuardrail];
const WATCH: &[Group] = &[ChangeWatch, TamperAudit];
const OWN: &[Group] = &[TamperGuardrail];

pub(super) const TABLE: &[Entry] = &[
    // CloudTrail
    trail("cloudtrail:StopLogging"),
    trail("cloudtrail:DeleteTrail"),
    trail("cloudtrail:UpdateTrail").when(&NARROWS_TRAIL),
    trail("cloudtrail:PutEventSelectors")
        .name(TRAIL_NAME)
        .when(&NARROWS_SELECTORS),
    trail("cloudtrail:PutInsightSelectors")
        .name(TRAIL_NAME)
        .when(&NARROWS_INSIGHTS),
    trail("cloudtrail:DeleteEventDataStore").name(DATA_STORE),
    trail("cloudtrail:StopEventDataStoreIngestion").name(DATA_STORE),
    trail("cloudtrail:UpdateEventDataStore")
        .name(DATA_STORE)
        .when(&NARROWS_DATA_STORE),
    audit("cloudtrail:DeleteChannel", &["requestParameters.channel"]),
    audit("cloudtrail:UpdateChannel", &["requestParameters.channel"]),
    audit(
        "cloudtrail:DeleteResourcePolicy",
        &["requestParameters.resourceArn"],
    ),
    audit(
        "cloudtrail:DeregisterOrganizationDelegatedAdmin",
        &["requestParameters.delegatedAdminAccountId"],
    ),
    // The bucket of a trail, by its name
    bucket("s3:DeleteBucket"),
    bucket("s3:DeleteBucketPolicy"),
    bucket("s3:PutBucketPolicy").when(&OPENS_TRAIL_BUCKET),
    bucket("s3:PutBucketLifecycle").when(&EXPIRES_TRAIL),
    bucket("s3:PutBucketVersioning").when(&SUSPENDS_VERSIONS_OF_TRAIL),
    // Called by other names than they are recorded by.
    bucket("s3:PutBucketPublicAccessBlock")
        .when(&LIFTS_BLOCK_OF_TRAIL_BUCKET)
        .unmodelled(),
    bucket("s3:DeleteBucketPublicAccessBlock").unmodelled(),
    bucket("s3:PutBucketLogging").when(&STOPS_ACCESS_LOG_OF_TRAIL),
    // Whose key it is, and where the copies go, the name of neither tells.
    bucket("s3:PutBucketEncryption"),
    bucket("s3:PutBucketReplication"),
    bucket("s3:DeleteBucketReplication"),
    // Its log group, or keyrail's own
    log("logs:DeleteLogGroup"),
    log("logs:DeleteLogStream"),
    log("logs:DeleteSubscriptionFilter"),
    log("logs:DeleteMetricFilter"),
    log("logs:PutRetentionPolicy").when(&EXPIRES_TRAIL_LOG),
    // GuardDuty
    detector("guardduty:DeleteDetector"),
    detector("guardduty:UpdateDetector").when(&DISABLES_DETECTOR),
    detector("guardduty:StopMonitoringMembers"),
    detector("guardduty:DisassociateMembers"),
    detector("guardduty:DeleteMembers"),
    detector("guardduty:DeleteInvitations"),
    detector("guardduty:DisassociateFromMasterAccount"),
    detector("guardduty:DisassociateFromAdministratorAccount"),
    detector("guardduty:DisableOrganizationAdminAccount"),
    detector("guardduty:CreateFilter").when(&ARCHIVES_FINDINGS),
    detector("guardduty:UpdateFilter").when(&ARCHIVES_FINDINGS),
    detector("guardduty:CreateIPSet").when(&TRUSTS_ADDRESSES),
    detector("guardduty:UpdateIPSet").when(&TRUSTS_ADDRESSES),
    detector("guardduty:CreateTrustedEntitySet").when(&TRUSTS_ADDRESSES),
    detector("guardduty:UpdateTrustedEntitySet").when(&TRUSTS_ADDRESSES),
    detector("guardduty:DeletePublishingDestination"),
    detector("guardduty:UpdateMemberDetectors").when(&DISABLES_MEMBERS),
    detector("guardduty:UpdateOrganizationConfiguration").when(&STOPS_AUTOMATIC_MEMBERS),
    // Security Hub, Config, and the other services that look for trouble
    audit("securityhub:DisableSecurityHub", &[]),
    audit("securityhub:DisableSecurityHubV2", &[]),
    audit(
        "securityhub:BatchDisableStandards",
        &["requestParameters.StandardsSubscriptionArns.0"],
    ),
    audit(
        "securityhub:UpdateStandardsControl",
        &["requestParameters.StandardsControlArn"],
    )
    .when(&DISABLES_CONTROL),
    audit(
        "securityhub:BatchUpdateStandardsControlAssociations",
        &["requestParameters.StandardsControlAssociationUpdates.0.SecurityControlId"],
    )
    .when(&DISABLES_CONTROLS),
    audit("securityhub:CreateAutomationRule", RULE_NAME).when(&SETTLES_FINDINGS),
    audit("securityhub:CreateAutomationRuleV2", RULE_NAME).when(&SETTLES_FINDINGS),
    audit("securityhub:UpdateAutomationRuleV2", RULE_NAME).when(&SETTLES_FINDINGS),
    audit(
        "securityhub:BatchUpdateAutomationRules",
        &["requestParameters.UpdateAutomationRulesRequestItems.0.RuleArn"],
    )
    .when(&A_RULE_SETTLES_FINDINGS),
    audit(
        "securityhub:DeleteMembers",
        &["requestParameters.AccountIds.0"],
    ),
    audit(
        "securityhub:DisassociateMembers",
        &["requestParameters.AccountIds.0"],
    ),
    audit("securityhub:DisassociateFromAdministratorAccount", &[]),
    audit("securityhub:DisassociateFromMasterAccount", &[]),
    audit(
        "securityhub:DisableImportFindingsForProduct",
        &["requestParameters.ProductSubscriptionArn"],
    ),
    audit(
        "securityhub:DisableOrganizationAdminAccount",
        &["requestParameters.AdminAccountId"],
    ),
    recorder(
        "config:StopConfigurationRecorder",
        &["requestParameters.configurationRecorderName"],
    ),
    recorder(
        "config:DeleteConfigurationRecorder",
        &["requestParameters.configurationRecorderName"],
    ),
    recorder(
        "config:DeleteServiceLinkedConfigurationRecorder",
        &[
            "responseElements.name",
            "requestParameters.servicePrincipal",
        ],
    ),
    recorder(
        "config:DisassociateResourceTypes",
        &["requestParameters.configurationRecorderArn"],
    ),
    recorder(
        "config:PutConfigurationRecorder",
        &["requestParameters.configurationRecorder.name"],
    )
    .when(&NARROWS_RECORDER),
    recorder(
        "config:DeleteDeliveryChannel",
        &["requestParameters.deliveryChannelName"],
    ),
    watch(
        "config:DeleteConfigRule",
        &["requestParameters.configRuleName"],
    ),
    watch(
        "config:DeleteConformancePack",
        &["requestParameters.conformancePackName"],
    ),
    watch(
        "config:DeleteOrganizationConfigRule",
        &["requestParameters.organizationConfigRuleName"],
    ),
    audit(
        "config:DeleteConfigurationAggregator",
        &["requestParameters.configurationAggregatorName"],
    ),
    audit(
        "access-analyzer:DeleteAnalyzer",
        &["requestParameters.analyzerName"],
    ),
    audit(
        "access-analyzer:CreateArchiveRule",
        &["requestParameters.analyzerName"],
    ),
    audit("macie2:DisableMacie", &[]),
    audit("macie2:UpdateMacieSession", &[]).when(&PAUSES),
    audit("macie2:CreateFindingsFilter", &["requestParameters.name"]).when(&ARCHIVES_FINDINGS),
    audit("inspector2:Disable", &[]),
    audit("inspector2:CreateFilter", &["requestParameters.name"]).when(&SUPPRESSES_FINDINGS),
    // Control Tower detaches policies for whoever calls these.
    audit(
        "controltower:DisableControl",
        &["requestParameters.controlIdentifier"],
    ),
    audit(
        "controltower:DeleteLandingZone",
        &["requestParameters.landingZoneIdentifier"],
    ),
    audit("detective:DeleteGraph", &["requestParameters.graphArn"]),
    call("ec2:DeleteFlowLogs", WATCH, TargetKind::Other)
        .name(&["requestParameters.DeleteFlowLogsRequest.FlowLogId.content"])
        .in_any_region(),
    audit(
        "route53resolver:DeleteResolverQueryLogConfig",
        &["requestParameters.resolverQueryLogConfigId"],
    ),
    audit(
        "route53resolver:DisassociateResolverQueryLogConfig",
        &["requestParameters.resolverQueryLogConfigId"],
    ),
    audit("bedrock:DeleteModelInvocationLoggingConfiguration", &[]),
    organization("organizations:LeaveOrganization"),
    organization("organizations:RemoveAccountFromOrganization"),
    organization("organizations:DisableAWSServiceAccess").when(&IS_WATCHING_SERVICE),
    organization("organizations:DeregisterDelegatedAdministrator").when(&IS_WATCHING_SERVICE),
    // What the organization forbids, its policies of all types
    policy("organizations:DetachPolicy").when(&GUARDS),
    policy("organizations:DeletePolicy").when(&GUARDS),
    policy("organizations:UpdatePolicy").when(&REWRITES_GUARD),
    call("organizations:DisablePolicyType", AUDIT, TargetKind::Policy)
        .name(&["requestParameters.policyType"])
        .when(&GUARDS),
    // From where one may sign in
    call(
        "signin:DeleteConsoleAuthorizationConfiguration",
        AUDIT,
        TargetKind::Other,
    ),
    call(
        "signin:DeleteResourcePermissionStatement",
        AUDIT,
        TargetKind::Other,
    ),
    // EventBridge: the flow of events, and keyrail's part of it
    rule("events:DisableRule", RULE_GROUPS),
    rule("events:DeleteRule", RULE_GROUPS),
    rule("events:RemoveTargets", RULE_GROUPS).name(RULE),
    rule("events:PutRule", RULE_GROUPS).when(&DISABLES_RULE),
    rule("events:PutTargets", OWN).name(RULE),
    audit("events:DeleteArchive", &["requestParameters.archiveName"]),
    audit("events:DeactivateEventSource", &["requestParameters.name"]),
    bus("events:DeleteEventBus", BOTH),
    bus("events:UpdateEventBus", OWN),
    bus("events:RemovePermission", OWN),
    bus("events:PutPermission", OWN),
];

const RULE_NAME: Paths = &["requestParameters.RuleName"];
const RULE: Paths = &["requestParameters.rule"];
const TRAIL_NAME: Paths = &[
    "requestParameters.trailName",
    "requestParameters.eventDataStore",
];
const DATA_STORE: Paths = &["requestParameters.eventDataStore"];

const fn audit(action: &'static str, name: Paths) -> Entry {
    call(action, AUDIT, TargetKind::Other)
        .name(name)
        .in_any_region()
}

/// What anybody may have, and AWS's own services too.
const fn watch(action: &'static str, name: Paths) -> Entry {
    call(action, WATCH, TargetKind::Other)
        .name(name)
        .in_any_region()
}

const fn trail(action: &'static str) -> Entry {
    call(action, AUDIT, TargetKind::Trail)
        .name(&["requestParameters.name"])
        .in_any_region()
}

const fn bucket(action: &'static str) -> Entry {
    audit(action, &["requestParameters.bucketName"]).when(&IS_TRAIL_BUCKET)
}

const fn log(action: &'static str) -> Entry {
    call(action, BOTH, TargetKind::Other)
        .name(&["requestParameters.logGroupName"])
        .when(&IS_TRAIL_LOG_GROUP)
        .in_any_region()
}

const fn detector(action: &'static str) -> Entry {
    call(action, AUDIT, TargetKind::Detector)
        .name(&[
            "requestParameters.detectorId",
            "requestParameters.adminAccountId",
        ])
        .in_any_region()
}

const fn recorder(action: &'static str, name: Paths) -> Entry {
    call(action, AUDIT, TargetKind::Recorder)
        .name(name)
        .in_any_region()
}

const fn organization(action: &'static str) -> Entry {
    call(action, AUDIT, TargetKind::Account).name(&["requestParameters.accountId"])
}

const fn policy(action: &'static str) -> Entry {
    call(action, AUDIT, TargetKind::Policy).name(&["requestParameters.policyId"])
}

const fn rule(action: &'static str, groups: &'static [Group]) -> Entry {
    call(action, groups, TargetKind::EventRule)
        .name(&["requestParameters.name"])
        .in_any_region()
}

const fn bus(action: &'static str, groups: &'static [Group]) -> Entry {
    call(action, groups, TargetKind::EventBus)
        .name(&["requestParameters.name", "requestParameters.eventBusName"])
        .in_any_region()
}
