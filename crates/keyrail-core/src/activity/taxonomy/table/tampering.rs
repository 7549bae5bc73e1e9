//! Tampering: with what records and watches, and with keyrail's own parts.
//!
//! Names and parameters are those of each service's API reference, in CloudTrail's
//! spelling (checked 2026-11-25).

use super::super::conditions::trail::{
    EXPIRES_TRAIL, IS_TRAIL_BUCKET, NARROWS_DATA_STORE, NARROWS_INSIGHTS, NARROWS_SELECTORS,
    NARROWS_TRAIL, OPENS_TRAIL_BUCKET, SUSPENDS_VERSIONS_OF_TRAIL,
};
use super::super::conditions::{
    ARCHIVES_FINDINGS, DISABLES_DETECTOR, DISABLES_MEMBERS, DISABLES_RULE, IS_WATCHING_SERVICE,
    LIFTS_TERMINATION_PROTECTION, NARROWS_RECORDER, PAUSES, STOPS_AUTOMATIC_MEMBERS,
    TRUSTS_ADDRESSES,
};
use super::{Group, Paths, call};
use crate::activity::TargetKind;
use crate::activity::taxonomy::Entry;
use Group::{TamperAudit, TamperGuardrail};

const AUDIT: &[Group] = &[TamperAudit];
const BOTH: &[Group] = &[TamperAudit, TamperGuardrail];
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
    // GuardDuty
    detector("guardduty:DeleteDetector"),
    detector("guardduty:UpdateDetector").when(&DISABLES_DETECTOR),
    detector("guardduty:StopMonitoringMembers"),
    detector("guardduty:DisassociateMembers"),
    detector("guardduty:DeleteMembers"),
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
    audit(
        "config:DeleteConfigRule",
        &["requestParameters.configRuleName"],
    ),
    audit(
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
    audit("macie2:DisableMacie", &[]),
    audit("macie2:UpdateMacieSession", &[]).when(&PAUSES),
    audit("inspector2:Disable", &[]),
    audit("detective:DeleteGraph", &["requestParameters.graphArn"]),
    audit(
        "ec2:DeleteFlowLogs",
        &["requestParameters.DeleteFlowLogsRequest.FlowLogId.content"],
    ),
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
    // EventBridge: the flow of events, and keyrail's part of it
    rule("events:DisableRule", BOTH),
    rule("events:DeleteRule", BOTH),
    rule("events:RemoveTargets", BOTH).name(RULE),
    rule("events:PutRule", BOTH).when(&DISABLES_RULE),
    rule("events:PutTargets", OWN).name(RULE),
    bus("events:DeleteEventBus", BOTH),
    bus("events:UpdateEventBus", OWN),
    bus("events:RemovePermission", OWN),
    bus("events:PutPermission", OWN),
    // keyrail's function
    function("lambda:DeleteFunction"),
    function("lambda:UpdateFunctionCode"),
    function("lambda:UpdateFunctionConfiguration"),
    function("lambda:UpdateAlias"),
    function("lambda:DeleteAlias"),
    function("lambda:CreateFunctionUrlConfig"),
    function("lambda:PutFunctionConcurrency"),
    function("lambda:DeleteFunctionConcurrency"),
    function("lambda:AddPermission"),
    function("lambda:RemovePermission"),
    function("lambda:PutFunctionEventInvokeConfig"),
    function("lambda:UpdateFunctionEventInvokeConfig"),
    function("lambda:DeleteFunctionEventInvokeConfig"),
    function("lambda:CreateEventSourceMapping"),
    function("lambda:UpdateEventSourceMapping"),
    function("lambda:DeleteEventSourceMapping"),
    own(
        "lambda:DeleteLayerVersion",
        TargetKind::Other,
        &["requestParameters.layerName"],
    ),
    // its role
    role("iam:DeleteRole"),
    role("iam:UpdateRole"),
    role("iam:DeleteRolePolicy"),
    role("iam:DetachRolePolicy"),
    role("iam:PutRolePermissionsBoundary"),
    role("iam:DeleteRolePermissionsBoundary"),
    // what it attaches to users
    own(
        "iam:DeleteUserPolicy",
        TargetKind::Policy,
        &["requestParameters.policyName"],
    )
    .user(super::USER),
    own(
        "iam:DetachUserPolicy",
        TargetKind::Policy,
        &["requestParameters.policyArn"],
    )
    .user(super::USER),
    // its topics and queues
    topic("sns:DeleteTopic", &["requestParameters.topicArn"]),
    topic("sns:SetTopicAttributes", &["requestParameters.topicArn"]),
    topic("sns:AddPermission", &["requestParameters.topicArn"]),
    topic("sns:RemovePermission", &["requestParameters.topicArn"]),
    topic("sns:Subscribe", &["requestParameters.topicArn"]),
    topic("sns:Unsubscribe", &["requestParameters.subscriptionArn"]),
    topic(
        "sns:SetSubscriptionAttributes",
        &["requestParameters.subscriptionArn"],
    ),
    topic(
        "sns:PutDataProtectionPolicy",
        &["requestParameters.resourceArn"],
    ),
    queue("sqs:AddPermission"),
    queue("sqs:RemovePermission"),
    queue("sqs:DeleteQueue"),
    queue("sqs:PurgeQueue"),
    queue("sqs:SetQueueAttributes"),
    // its table, log, alarms and stack
    table("dynamodb:DeleteTable"),
    table("dynamodb:UpdateTable"),
    table("dynamodb:UpdateTimeToLive"),
    own(
        "dynamodb:PutResourcePolicy",
        TargetKind::Table,
        &["requestParameters.resourceArn"],
    ),
    own("logs:DeleteLogGroup", TargetKind::Other, LOG_GROUP),
    own("logs:DeleteLogStream", TargetKind::Other, LOG_GROUP),
    own("logs:PutRetentionPolicy", TargetKind::Other, LOG_GROUP),
    own(
        "logs:DeleteSubscriptionFilter",
        TargetKind::Other,
        LOG_GROUP,
    ),
    own(
        "monitoring:DeleteAlarms",
        TargetKind::Other,
        &["requestParameters.alarmNames.0"],
    )
    .in_any_region(),
    own(
        "monitoring:DisableAlarmActions",
        TargetKind::Other,
        &["requestParameters.alarmNames.0"],
    )
    .in_any_region(),
    own(
        "monitoring:PutMetricAlarm",
        TargetKind::Other,
        &["requestParameters.alarmName"],
    )
    .in_any_region(),
    own(
        "monitoring:SetAlarmState",
        TargetKind::Other,
        &["requestParameters.alarmName"],
    )
    .in_any_region(),
    own("cloudformation:DeleteStack", TargetKind::Other, STACK).in_any_region(),
    own("cloudformation:UpdateStack", TargetKind::Other, STACK).in_any_region(),
    // By its ARN a change set is carried out without the stack's name.
    own("cloudformation:CreateChangeSet", TargetKind::Other, STACK).in_any_region(),
    own("cloudformation:ExecuteChangeSet", TargetKind::Other, STACK).in_any_region(),
    own("cloudformation:RollbackStack", TargetKind::Other, STACK).in_any_region(),
    own(
        "cloudformation:DeleteStackInstances",
        TargetKind::Other,
        STACK_SET,
    )
    .in_any_region(),
    own(
        "cloudformation:DeleteStackSet",
        TargetKind::Other,
        STACK_SET,
    )
    .in_any_region(),
    own(
        "cloudformation:UpdateStackInstances",
        TargetKind::Other,
        STACK_SET,
    )
    .in_any_region(),
    own(
        "cloudformation:UpdateStackSet",
        TargetKind::Other,
        STACK_SET,
    )
    .in_any_region(),
    own("cloudformation:SetStackPolicy", TargetKind::Other, STACK).in_any_region(),
    own(
        "cloudformation:UpdateTerminationProtection",
        TargetKind::Other,
        STACK,
    )
    .in_any_region()
    .when(&LIFTS_TERMINATION_PROTECTION),
    own(
        "scheduler:DeleteSchedule",
        TargetKind::Other,
        &["requestParameters.name"],
    ),
    own(
        "scheduler:UpdateSchedule",
        TargetKind::Other,
        &["requestParameters.name"],
    ),
];

const RULE: Paths = &["requestParameters.rule"];
const TRAIL_NAME: Paths = &[
    "requestParameters.trailName",
    "requestParameters.eventDataStore",
];
const DATA_STORE: Paths = &["requestParameters.eventDataStore"];
const LOG_GROUP: Paths = &["requestParameters.logGroupName"];
const STACK_SET: Paths = &["requestParameters.stackSetName"];
const STACK: Paths = &[
    "requestParameters.stackName",
    "requestParameters.changeSetName",
];

const fn audit(action: &'static str, name: Paths) -> Entry {
    call(action, AUDIT, TargetKind::Other)
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

/// A part of keyrail, which is deployed at home.
const fn own(action: &'static str, target: TargetKind, name: Paths) -> Entry {
    call(action, OWN, target).name(name)
}

const fn function(action: &'static str) -> Entry {
    own(
        action,
        TargetKind::Function,
        &[
            "requestParameters.functionName",
            "responseElements.functionArn",
        ],
    )
}

const fn role(action: &'static str) -> Entry {
    own(action, TargetKind::Role, &["requestParameters.roleName"])
}

const fn topic(action: &'static str, name: Paths) -> Entry {
    own(action, TargetKind::Topic, name).in_any_region()
}

const fn queue(action: &'static str) -> Entry {
    own(action, TargetKind::Queue, &["requestParameters.queueUrl"]).in_any_region()
}

const fn table(action: &'static str) -> Entry {
    own(action, TargetKind::Table, &["requestParameters.tableName"])
}
