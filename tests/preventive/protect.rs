//! `protect-keyrail.json`.

use serde_json::Value;

use crate::{
    accounts::{DEPLOYMENT, HUB, MEMBER, STACK_SET, STACK_SETS, in_account},
    attacks::{
        ATTACKERS, IMITATIONS, IN_HUB, ON_MAPPINGS, ON_PARTS, ON_POLICIES, ON_ROLES, ON_STACK_SETS,
        USER_IN_PATH, WORK, actions,
    },
    evaluate::{Attached, Call, LONGEST, in_each_partition, policy, read, shortened},
    needed::needed,
    parts::Parts,
    runbook,
};

const FILE: &str = "protect-keyrail.json";

/// What nobody may, who is not exempt.
pub(crate) fn attacks(parts: &Parts) -> Vec<Call> {
    let mut calls = Vec::new();
    let own_roles = || {
        parts
            .made
            .iter()
            .filter(|part| part.kind == "AWS::IAM::Role")
    };
    for part in &parts.made {
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
    let own: Vec<String> = own_roles().map(|role| role.arn.clone()).collect();
    calls.extend(on_roles(&own));
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

fn on_roles(own: &[String]) -> Vec<Call> {
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
    for action in actions(ON_STACK_SETS) {
        calls.extend(who.iter().map(|who| Call::new(who, &action, STACK_SET)));
    }
    // Outside the organization neither the policy nor the hub reaches an account.
    let leave = "organizations:LeaveOrganization";
    calls.extend(who.iter().map(|who| Call::new(who, leave, "*")));
    calls.push(Call::new(DEPLOYMENT, leave, "*"));
    calls
}

#[test]
fn all_that_is_needed_is_allowed_and_every_attack_is_denied() {
    let parts = Parts::read();
    in_each_partition(FILE, &needed(&parts), &attacks(&parts));
}

#[test]
fn nothing_of_it_could_be_left_out() {
    let parts = Parts::read();
    let (mut needed, mut attacks) = (needed(&parts), attacks(&parts));
    // One of those who are nobody to the policy will do, and one session of no role.
    let alone = ["role/Developer", "federated-user/mallory"];
    attacks.retain(|call| alone.iter().any(|who| call.principal.ends_with(who)));
    // And of a hundred rules one in each Region and on each bus: fewer calls have to show it all.
    let is_among_few =
        |call: &Call| !call.resource.contains(":rule/") || call.resource.contains("SignInRule");
    needed.retain(is_among_few);
    attacks.retain(is_among_few);
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
