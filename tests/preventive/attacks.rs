//! Who attacks, and by which calls.

/// Whoever is an administrator of an account, and those who make themselves look like somebody exempt.
/// Names in policies are case-sensitive.
pub(crate) const ATTACKERS: [&str; 11] = [
    "role/Developer",
    "user/alice",
    "root",
    "role/OrganizationAccountAccessRole",
    "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Administrator_0123456789abcdef",
    "role/keyraildeployment",
    "role/KeyrailDeployment2",
    "role/x/KeyrailDeployment",
    "role/Stacksets-exec-1",
    "role/x/stacksets-exec-1",
    "user/keyrail-x",
];

/// Names by which a role would be taken for one that is exempt, or for a forwarding role by the bus.
///
/// A path may contain colons. By IAM's User Guide, "IAM JSON policy elements: Condition operators", the
/// six components of an ARN are compared one by one, so that the last two are not exempt; `iam-rs`
/// compares the text as a whole. Nobody may make them, so that it does not matter.
pub(crate) const IMITATIONS: [&str; 11] = [
    "role/KeyrailDeployment",
    "role/stacksets-exec-evil",
    "role/stacksets-exec-x/y",
    "role/keyrail-evil",
    "role/keyrail-x/y",
    "role/a/keyrail-b",
    "role/a/keyrail-b/c",
    "role/StackSet-keyrail-evil-ForwardingRole-1",
    "role/a/StackSet-keyrail-evil-ForwardingRole-1",
    "role/x:role/KeyrailDeployment",
    "role/x:role/stacksets-exec-1/mallory",
];

/// A user in such a path.
pub(crate) const USER_IN_PATH: &str = "user/x:role/stacksets-exec-1/mallory";

/// What changes a part, switches it off, or empties it, by type of part. `lambda:InvokeFunction` hands the
/// function an invented event.
pub(crate) const ON_PARTS: [(&str, &str); 12] = [
    (
        "AWS::CloudFormation::Stack",
        "cloudformation:CancelUpdateStack ContinueUpdateRollback CreateChangeSet CreateStack \
         CreateStackRefactor DeleteChangeSet DeleteStack ExecuteChangeSet ExecuteStackRefactor \
         RecordHandlerProgress RollbackStack SetStackPolicy SignalResource TagResource UntagResource \
         UpdateStack UpdateTerminationProtection",
    ),
    (
        "AWS::CloudWatch::Alarm",
        "cloudwatch:DeleteAlarms DisableAlarmActions EnableAlarmActions PutAlarmMuteRule \
         PutCompositeAlarm PutMetricAlarm SetAlarmState TagResource UntagResource",
    ),
    (
        "AWS::DynamoDB::Table",
        "dynamodb:BatchWriteItem CreateTable CreateTableReplica DeleteItem DeleteResourcePolicy \
         DeleteTable DisableKinesisStreamingDestination PartiQLDelete PartiQLInsert PartiQLUpdate \
         PutResourcePolicy RestoreTableFromBackup RestoreTableToPointInTime UpdateContinuousBackups \
         UpdateTable UpdateTimeToLive",
    ),
    (
        "AWS::Events::EventBus",
        "events:CreateArchive CreateEventBus DeleteEventBus StartReplay TagResource UpdateEventBus",
    ),
    (
        "AWS::Events::Rule",
        "events:DeleteRule DisableRule EnableRule PutRule PutTargets RemoveTargets TagResource",
    ),
    (
        "AWS::Logs::LogGroup",
        "logs:AssociateKmsKey CreateLogGroup DeleteDataProtectionPolicy DeleteLogGroup DeleteMetricFilter \
         DeleteRetentionPolicy DeleteSubscriptionFilter DisassociateKmsKey PutDataProtectionPolicy \
         PutLogGroupDeletionProtection PutMetricFilter PutRetentionPolicy PutTransformer TagResource",
    ),
    (
        "AWS::Scheduler::Schedule",
        "scheduler:CreateSchedule DeleteSchedule UpdateSchedule",
    ),
    (
        "AWS::Scheduler::ScheduleGroup",
        "scheduler:CreateScheduleGroup DeleteScheduleGroup TagResource UntagResource",
    ),
    (
        "AWS::SNS::Topic",
        "sns:AddPermission CreateTopic DeleteTopic PutDataProtectionPolicy RemovePermission \
         SetTopicAttributes Subscribe TagResource",
    ),
    (
        "AWS::SQS::Queue",
        "sqs:AddPermission CancelMessageMoveTask ChangeMessageVisibility CreateQueue DeleteQueue \
         PurgeQueue RemovePermission SetQueueAttributes StartMessageMoveTask TagQueue",
    ),
    (
        "AWS::Serverless::Function",
        "lambda:AddPermission CreateAlias CreateFunction CreateFunctionUrlConfig DeleteAlias \
         DeleteFunction DeleteFunctionConcurrency DeleteFunctionEventInvokeConfig InvokeAsync \
         InvokeFunction InvokeFunctionUrl PublishVersion PutFunctionCodeSigningConfig \
         PutFunctionConcurrency PutFunctionEventInvokeConfig PutFunctionRecursionConfig \
         PutRuntimeManagementConfig RemovePermission TagResource UpdateAlias UpdateFunctionCode \
         UpdateFunctionConfiguration UpdateFunctionEventInvokeConfig UpdateFunctionUrlConfig",
    ),
    (
        "AWS::Serverless::LayerVersion",
        "lambda:AddLayerVersionPermission DeleteLayerVersion PublishLayerVersion \
         RemoveLayerVersionPermission",
    ),
];

/// What keyrail's own roles do, and nobody else: writing to its table, log and queues, and forging alerts.
pub(crate) const WORK: [(&str, &str); 4] = [
    ("AWS::DynamoDB::Table", "dynamodb:PutItem UpdateItem"),
    ("AWS::Logs::LogGroup", "logs:CreateLogStream PutLogEvents"),
    ("AWS::SNS::Topic", "sns:Publish"),
    (
        "AWS::SQS::Queue",
        "sqs:DeleteMessage ReceiveMessage SendMessage",
    ),
];

/// What makes a role, changes it, or gives it to somebody.
pub(crate) const ON_ROLES: &str = "iam:AttachRolePolicy CreateRole DeleteRole \
     DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy PassRole PutRolePermissionsBoundary \
     PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription";

/// What changes the members' stacks from a delegated administrator's account. Making a `StackSet` takes no
/// resource.
pub(crate) const ON_STACK_SETS: &str = "cloudformation:CreateStackInstances DeleteStackInstances \
     DeleteStackSet ImportStacksToStackSet StopStackSetOperation TagResource UpdateStackInstances \
     UpdateStackSet";

/// What makes a managed policy or changes it.
pub(crate) const ON_POLICIES: &str = "iam:CreatePolicy CreatePolicyVersion DeletePolicy \
     DeletePolicyVersion SetDefaultPolicyVersion TagPolicy";

/// With the function, whichever queue or stream feeds it.
pub(crate) const ON_MAPPINGS: &str =
    "lambda:CreateEventSourceMapping DeleteEventSourceMapping UpdateEventSourceMapping";

/// In the hub's account. None of them takes a resource (Service Authorization Reference, 2026-11-29).
pub(crate) const IN_HUB: [&str; 4] = [
    "events:PutPermission",
    "events:RemovePermission",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
];

/// `service:A B C` as `service:A`, `service:B`, `service:C`.
pub(crate) fn actions(of_service: &str) -> Vec<String> {
    let (service, names) = of_service.split_once(':').unwrap();
    names
        .split_whitespace()
        .map(|name| format!("{service}:{name}"))
        .collect()
}
