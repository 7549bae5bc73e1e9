//! `protect-keyrail.json`.

use serde_json::Value;

use crate::{
    attacks::{
        ATTACKERS, IMITATIONS, IN_HUB, ON_MAPPINGS, ON_PARTS, ON_POLICIES, ON_ROLES, USER_IN_PATH,
        WORK, actions,
    },
    evaluate::{Attached, Call, LONGEST, Mistakes, mistakes, policy, read, shortened},
    parts::Parts,
    runbook,
};

const FILE: &str = "protect-keyrail.json";
const HUB: &str = "111122223333";
const MEMBER: &str = "444455556666";
const DEPLOYMENT: &str = "arn:aws:iam::111122223333:role/KeyrailDeployment";
const STACK_SETS: &str = "role/stacksets-exec-0123456789abcdef0123456789abcdef";
const PARTITIONS: [&str; 4] = ["aws", "aws-us-gov", "aws-cn", "aws-eusc"];

/// Like a part, and none.
const OTHERS: [(&str, &str); 10] = [
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
    // By what forwards: the bus's policy says who that is.
    "events:PutEvents",
    "lambda:GetFunctionConfiguration ListVersionsByFunction",
    "logs:DescribeLogStreams FilterLogEvents GetLogEvents ListTagsForResource StartLiveTail StartQuery Unmask",
    "sns:ConfirmSubscription GetTopicAttributes ListSubscriptionsByTopic",
    "sqs:GetQueueAttributes ListQueueTags",
    "iam:GenerateServiceLastAccessedDetails GetRole ListRolePolicies SimulatePrincipalPolicy",
    "sts:GetCallerIdentity",
];

fn in_account(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:{name}")
}

/// What must stay possible: for keyrail, for who runs it, and for everybody else.
fn needed(parts: &Parts) -> Vec<Call> {
    let mut calls = parts.granted();
    calls.extend(parts.deployed());
    calls.extend(runbook::calls(parts, DEPLOYMENT));
    let developer = in_account(MEMBER, "role/Developer");
    for reads in READS.into_iter().flat_map(actions) {
        let service = reads.split(':').next().unwrap();
        calls.push(Call::new(&developer, &reads, "*"));
        let of_service = parts.parts.iter().filter(|part| part.service() == service);
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

/// What nobody may, who is not exempt.
fn attacks(parts: &Parts) -> Vec<Call> {
    let mut calls = Vec::new();
    let own_roles = || {
        parts
            .parts
            .iter()
            .filter(|part| part.kind == "AWS::IAM::Role")
    };
    for part in &parts.parts {
        let account = part.account();
        let attackers = ATTACKERS.map(|name| in_account(account, name));
        let of_kind = |(kind, names): (&str, &str)| (kind == part.kind).then(|| actions(names));
        for action in ON_PARTS.into_iter().filter_map(of_kind).flatten() {
            // Not even by keyrail's own roles.
            let own = own_roles().map(|role| &role.arn);
            let all = attackers.iter().chain(own);
            calls.extend(all.map(|who| Call::new(who, &action, &part.arn)));
        }
        for action in WORK.into_iter().filter_map(of_kind).flatten() {
            let forwarding = own_roles().filter(|role| role.arn.contains("StackSet-"));
            let all = attackers.iter().chain(forwarding.map(|role| &role.arn));
            calls.extend(all.map(|who| Call::new(who, &action, &part.arn)));
        }
        if part.kind == "AWS::Serverless::Function" {
            calls.extend(mappings(&attackers, &part.arn));
        }
    }
    let own = own_roles().map(|role| role.arn.clone());
    calls.extend(on_roles(own.collect()));
    calls.extend(in_hub());
    calls
}

fn mappings(attackers: &[String], function: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    for who in attackers {
        for action in actions(ON_MAPPINGS) {
            for function in [function.to_owned(), format!("{function}:live")] {
                let mapping = "arn:aws:lambda:us-east-1:111122223333:event-source-mapping:1a2b";
                for resource in ["*", mapping] {
                    let call = Call::new(who, &action, resource);
                    calls.push(call.with("lambda:FunctionArn", &function));
                }
            }
        }
    }
    calls
}

fn on_roles(own: Vec<String>) -> Vec<Call> {
    let exempt = ["role/KeyrailDeployment", STACK_SETS];
    let mut calls = Vec::new();
    for account in [HUB, MEMBER] {
        let attackers = ATTACKERS.map(|name| in_account(account, name));
        let named = |names: &[&str]| names.iter().map(|name| in_account(account, name)).collect();
        let exempt: Vec<String> = named(&exempt);
        let imitations: Vec<String> = named(&IMITATIONS);
        for who in &attackers {
            for action in actions(ON_ROLES) {
                let roles = own.iter().chain(&exempt).chain(&imitations);
                calls.extend(roles.map(|role| Call::new(who, &action, role)));
            }
            for action in actions(ON_POLICIES) {
                let managed = in_account(account, "policy/keyrail-boundary");
                calls.push(Call::new(who, &action, &managed));
            }
            for action in [
                "iam:CreateUser",
                "iam:CreateAccessKey",
                "iam:AttachUserPolicy",
            ] {
                calls.push(Call::new(who, action, &in_account(account, USER_IN_PATH)));
            }
            let never_assumed = own.iter().chain(exempt.last());
            calls.extend(never_assumed.map(|role| Call::new(who, "sts:AssumeRole", role)));
        }
        // Nor by those who are exempt elsewhere: a stolen session must not last.
        for who in own.iter().map(String::as_str).chain([DEPLOYMENT]) {
            for action in actions(ON_ROLES) {
                calls.extend(exempt.iter().map(|role| Call::new(who, &action, role)));
            }
        }
    }
    calls
}

fn in_hub() -> Vec<Call> {
    let mut who: Vec<String> = ATTACKERS.map(|name| in_account(HUB, name)).into();
    who.push("arn:aws:sts::111122223333:federated-user/mallory".to_owned());
    let mut calls: Vec<Call> = IN_HUB
        .iter()
        .flat_map(|action| who.iter().map(|who| Call::new(who, action, "*")))
        .collect();
    // Outside the organization neither the policy nor the hub reaches an account.
    let leave = "organizations:LeaveOrganization";
    calls.extend(who.iter().map(|who| Call::new(who, leave, "*")));
    calls.push(Call::new(DEPLOYMENT, leave, "*"));
    calls
}

fn there(calls: &[Call], partition: &str) -> Vec<Call> {
    calls
        .iter()
        .map(|call| call.in_partition(partition))
        .collect()
}

#[test]
fn all_that_is_needed_is_allowed_and_every_attack_is_denied() {
    let parts = Parts::read();
    let (needed, attacks) = (needed(&parts), attacks(&parts));
    let attached = Attached::of(&[&policy(FILE)]);
    for partition in PARTITIONS {
        let (needed, attacks) = (there(&needed, partition), there(&attacks, partition));
        let mistakes = mistakes(&attached, &needed, &attacks);
        println!(
            "{FILE} in {partition}: {} of {} needed calls allowed, {} of {} attacks denied",
            needed.len() - mistakes.denied.len(),
            needed.len(),
            attacks.len() - mistakes.let_through.len(),
            attacks.len(),
        );
        assert_eq!(mistakes, Mistakes::default(), "{partition}");
    }
}

#[test]
fn nothing_of_it_could_be_left_out() {
    let parts = Parts::read();
    let (needed, attacks) = (needed(&parts), attacks(&parts));
    for (left_out, shorter) in shortened(&policy(FILE)) {
        let attached = Attached::of(&[&shorter]);
        let wrong = needed.iter().any(|call| !attached.allow(call))
            || attacks.iter().any(|call| attached.allow(call));
        assert!(wrong, "without {left_out} all is well");
    }
}

#[test]
fn without_it_every_attack_works() {
    let attached = Attached::of(&[]);
    let parts = Parts::read();
    let denied = attacks(&parts)
        .into_iter()
        .filter(|call| !attached.allow(call));
    assert_eq!(denied.count(), 0);
}

#[test]
fn who_is_exempt_cannot_be_imitated() {
    let attached = Attached::of(&[&policy(FILE)]);
    for pattern in exempt(&policy(FILE)) {
        for fill in ["x", "x/y", "x-keyrail"] {
            let role = pattern.replacen("arn:*:iam::*:", "arn:aws:iam::444455556666:", 1);
            let role = role.replace('*', fill);
            for action in [
                "iam:CreateRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:PassRole",
            ] {
                let call = Call::new(&in_account(MEMBER, "role/Developer"), action, &role);
                assert!(!attached.allow(&call), "{action} on {role}");
            }
        }
    }
}

/// The patterns of roles that one statement or another leaves out.
fn exempt(policy: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for statement in policy["Statement"].as_array().unwrap() {
        match &statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"] {
            Value::Array(several) => {
                found.extend(several.iter().map(|arn| arn.as_str().unwrap().to_owned()));
            }
            Value::String(one) => found.push(one.clone()),
            _ => {}
        }
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 4, "{found:?}");
    found
}

#[test]
fn it_fits_the_quota() {
    let size = read("infra/preventive/protect-keyrail.json")
        .chars()
        .count();
    println!("{FILE}: {size} of {LONGEST} characters, white space and all");
    assert!(size <= LONGEST);
}

#[test]
fn the_runbooks_are_read() {
    let actions = runbook::actions();
    for action in [
        "lambda:GetFunctionConfiguration",
        "lambda:PutFunctionConcurrency",
        "lambda:UpdateFunctionConfiguration",
        "sns:Subscribe",
        "sqs:DeleteMessage",
    ] {
        assert!(actions.contains(action), "{action} of {actions:?}");
    }
}
