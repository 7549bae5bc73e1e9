//! What `protect-keyrail.json` must let through.

use crate::{
    accounts::{DEPLOYMENT, HUB, MEMBER, STACK_SET, STACK_SETS, in_account},
    attacks::{IN_HUB, ON_MAPPINGS, ON_PARTS, ON_POLICIES, ON_ROLES, ON_STACK_SETS, WORK, actions},
    evaluate::Call,
    parts::Parts,
    runbook,
};

/// What must stay possible: for keyrail, for who runs it, and for everybody else.
pub(crate) fn needed(parts: &Parts) -> Vec<Call> {
    let mut calls = parts.granted();
    calls.extend(parts.deployed());
    // The hub may be among the accounts of a StackSet.
    let by_stack_sets = |mut call: Call| {
        call.principal = in_account(HUB, STACK_SETS);
        call
    };
    let in_hub = parts
        .deployed()
        .into_iter()
        .filter(|call| call.principal == DEPLOYMENT);
    calls.extend(in_hub.map(by_stack_sets));
    calls.extend(runbook::calls(parts, DEPLOYMENT));
    let developer = in_account(MEMBER, "role/Developer");
    for reads in READS.into_iter().flat_map(actions) {
        let service = reads.split(':').next().unwrap();
        calls.push(Call::new(&developer, &reads, "*"));
        let of_service = parts.made.iter().filter(|part| part.service() == service);
        calls.extend(of_service.map(|part| {
            Call::new(
                &in_account(part.account(), "role/Developer"),
                &reads,
                &part.arn,
            )
        }));
    }
    let exempt = [DEPLOYMENT.to_owned(), in_account(MEMBER, STACK_SETS)];
    for action in READS
        .into_iter()
        .filter(|reads| reads.starts_with("iam:"))
        .flat_map(actions)
    {
        calls.extend(
            exempt
                .iter()
                .map(|role| Call::new(&developer, &action, role)),
        );
    }
    // Whom the deployment role trusts is for its trust policy to say.
    for pipeline in ["role/Pipeline", "user/alice"] {
        for action in ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] {
            calls.push(Call::new(&in_account(HUB, pipeline), action, DEPLOYMENT));
        }
    }
    for action in actions(ON_STACK_SETS) {
        calls.push(Call::new(DEPLOYMENT, &action, STACK_SET));
        let other = "arn:aws:cloudformation:us-east-1:111122223333:stackset/baseline:1a2b";
        calls.push(Call::new(
            &in_account(HUB, "role/Developer"),
            &action,
            other,
        ));
    }
    calls.extend(elsewhere(&developer));
    calls
}

/// What `protect-keyrail.json` denies on keyrail's parts, done to those of others.
fn elsewhere(developer: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    for (kind, names) in ON_PARTS.into_iter().chain(WORK) {
        let (_, other) = OTHERS
            .into_iter()
            .find(|(other, _)| *other == kind)
            .unwrap();
        let other = format!("arn:aws:{other}");
        calls.extend(
            actions(names)
                .iter()
                .map(|action| Call::new(developer, action, &other)),
        );
    }
    for action in actions(ON_ROLES)
        .iter()
        .chain([&"sts:AssumeRole".to_owned()])
    {
        for role in [
            "role/Application",
            "role/service/Keyrailway",
            "role/keyrailway",
        ] {
            calls.push(Call::new(developer, action, &in_account(MEMBER, role)));
        }
    }
    for action in actions(ON_POLICIES) {
        calls.push(Call::new(
            developer,
            &action,
            &in_account(MEMBER, "policy/orders"),
        ));
    }
    for action in actions(ON_MAPPINGS) {
        let web = "arn:aws:lambda:eu-west-1:444455556666:function:web";
        calls.push(Call::new(developer, &action, "*").with("lambda:FunctionArn", web));
    }
    // In accounts that are not the hub's.
    calls.extend(IN_HUB.map(|action| Call::new(developer, action, "*")));
    calls
}

/// Like a part, and none.
const OTHERS: [(&str, &str); 12] = [
    (
        "AWS::CloudFormation::Stack",
        "cloudformation:eu-west-1:444455556666:stack/shop/1a2b",
    ),
    (
        "AWS::CloudWatch::Alarm",
        "cloudwatch:eu-west-1:444455556666:alarm:cpu",
    ),
    (
        "AWS::DynamoDB::Table",
        "dynamodb:eu-west-1:444455556666:table/orders",
    ),
    (
        "AWS::Events::EventBus",
        "events:eu-west-1:444455556666:event-bus/default",
    ),
    (
        "AWS::Events::Rule",
        "events:eu-west-1:444455556666:rule/nightly",
    ),
    (
        "AWS::Logs::LogGroup",
        "logs:eu-west-1:444455556666:log-group:/aws/lambda/web:log-stream:x",
    ),
    (
        "AWS::Scheduler::Schedule",
        "scheduler:eu-west-1:444455556666:schedule/default/nightly",
    ),
    (
        "AWS::Scheduler::ScheduleGroup",
        "scheduler:eu-west-1:444455556666:schedule-group/default",
    ),
    ("AWS::SNS::Topic", "sns:eu-west-1:444455556666:orders"),
    ("AWS::SQS::Queue", "sqs:eu-west-1:444455556666:orders"),
    (
        "AWS::Serverless::Function",
        "lambda:eu-west-1:444455556666:function:web",
    ),
    (
        "AWS::Serverless::LayerVersion",
        "lambda:eu-west-1:444455556666:layer:web:1",
    ),
];

/// What reads a part, and what else is nobody's harm, by its service.
const READS: [&str; 11] = [
    "cloudformation:DescribeStacks DetectStackDrift GetTemplate ListStackResources",
    "cloudwatch:DescribeAlarms ListTagsForResource",
    "dynamodb:BatchGetItem ConditionCheckItem CreateBackup DescribeTable GetItem ListTagsOfResource \
     PartiQLSelect Query Scan StartAwsBackupJob",
    "events:DescribeRule ListTargetsByRule",
    "lambda:GetFunctionConfiguration ListVersionsByFunction",
    "logs:DescribeLogStreams FilterLogEvents GetLogEvents ListTagsForResource StartLiveTail StartQuery Unmask",
    "scheduler:GetSchedule GetScheduleGroup ListTagsForResource",
    "sns:ConfirmSubscription GetTopicAttributes ListSubscriptionsByTopic",
    "sqs:GetQueueAttributes ListQueueTags",
    "iam:GenerateServiceLastAccessedDetails GetRole ListRolePolicies SimulatePrincipalPolicy",
    "sts:GetCallerIdentity",
];
