//! Changes of keyrail's own parts. Whether a part is this keyrail's is for the
//! circumstances to say.
//!
//! Names and parameters are those of each service's API reference, in CloudTrail's
//! spelling (checked 2026-11-25).

use crate::taxonomy::conditions::LIFTS_TERMINATION_PROTECTION;
use crate::taxonomy::entry::{Entry, Paths};
use crate::taxonomy::group::Group;
use crate::taxonomy::kind::TargetKind;
use crate::taxonomy::table::row::{USER, call};

const OWN: &[Group] = &[Group::TamperGuardrail];

pub(super) const TABLE: &[Entry] = &[
    // keyrail's function
    function("lambda:DeleteFunction"),
    function("lambda:UpdateFunctionCode"),
    function("lambda:UpdateFunctionConfiguration"),
    // Whatever function it is of, if that gets keyrail's role.
    own(
        "lambda:CreateFunction",
        TargetKind::Role,
        &["requestParameters.role"],
    ),
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
    .user(USER),
    call(
        "iam:DetachUserPolicy",
        &[Group::TamperGuardrail, Group::UndoContainment],
        TargetKind::Policy,
    )
    .name(&["requestParameters.policyArn"])
    .user(USER),
    // the user that its beats ask a key for, and who does not exist
    own(
        "iam:CreateUser",
        TargetKind::User,
        &["requestParameters.userName"],
    ),
    own(
        "iam:UpdateUser",
        TargetKind::User,
        &["requestParameters.newUserName"],
    ),
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
    own(
        "sqs:StartMessageMoveTask",
        TargetKind::Queue,
        &["requestParameters.sourceArn"],
    )
    .in_any_region(),
    queue("sqs:SetQueueAttributes"),
    // its table, alarms and stack; its log is also in `tampering.rs`
    table("dynamodb:DeleteTable"),
    table("dynamodb:UpdateTable"),
    table("dynamodb:UpdateTimeToLive"),
    own(
        "dynamodb:PutResourcePolicy",
        TargetKind::Table,
        &["requestParameters.resourceArn"],
    ),
    own(
        "dynamodb:DeleteResourcePolicy",
        TargetKind::Table,
        &["requestParameters.resourceArn"],
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
    own(
        "monitoring:PutAlarmMuteRule",
        TargetKind::Other,
        &["requestParameters.muteTargets.alarmNames.0"],
    )
    .in_any_region(),
    own("cloudformation:DeleteStack", TargetKind::Other, STACK).in_any_region(),
    own("cloudformation:UpdateStack", TargetKind::Other, STACK).in_any_region(),
    // By its ARN a change set is carried out without the stack's name.
    own("cloudformation:CreateChangeSet", TargetKind::Other, STACK).in_any_region(),
    own("cloudformation:ExecuteChangeSet", TargetKind::Other, STACK).in_any_region(),
    own("cloudformation:RollbackStack", TargetKind::Other, STACK).in_any_region(),
    own("cloudformation:CancelUpdateStack", TargetKind::Other, STACK).in_any_region(),
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
    // its schedules
    schedule("scheduler:CreateSchedule"),
    schedule("scheduler:UpdateSchedule"),
    schedule("scheduler:DeleteSchedule"),
    own(
        "scheduler:DeleteScheduleGroup",
        TargetKind::Other,
        &["requestParameters.name"],
    )
    .in_any_region(),
    // whatever it is, by what identifies its type (Cloud Control API User Guide, "Identifying
    // resources", and CloudFormation's schemas of the types, checked 2026-11-29)
    own(
        "cloudcontrolapi:UpdateResource",
        TargetKind::Other,
        IDENTIFIER,
    )
    .in_any_region(),
    own(
        "cloudcontrolapi:DeleteResource",
        TargetKind::Other,
        IDENTIFIER,
    )
    .in_any_region(),
];

const IDENTIFIER: Paths = &["requestParameters.identifier"];

const STACK_SET: Paths = &["requestParameters.stackSetName"];
const STACK: Paths = &[
    "requestParameters.stackName",
    "requestParameters.changeSetName",
];

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

const fn schedule(action: &'static str) -> Entry {
    let name = &["requestParameters.groupName", "requestParameters.name"];
    own(action, TargetKind::Other, name).in_any_region()
}

const fn table(action: &'static str) -> Entry {
    own(action, TargetKind::Table, &["requestParameters.tableName"])
}
