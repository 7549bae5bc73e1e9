//! The role of the beats: nothing is ever allowed to it, and nobody but its schedules gets it.

use iam_rs::{
    Arn, Context, Decision, IAMPolicy, IAMRequest, PolicyEvaluator, Principal, PrincipalId,
};
use serde_json::json;

use crate::{
    attacks::{ON_PARTS, actions},
    evaluate::{Attached, Call},
    needed::needed,
    parts::{BeatRole, Parts},
    protect::attacks,
};

/// What the beats themselves ask for, and what would be worst.
const ASKED: [&str; 3] = [
    "iam:CreateAccessKey CreateLoginProfile CreateServiceSpecificCredential CreateUser PutUserPolicy \
     UpdateAccessKey",
    "cloudtrail:DeleteTrail StartLogging StopLogging",
    "sts:AssumeRole AssumeRoot GetFederationToken GetSessionToken TagSession",
];

/// Every call of the other tests, by this role.
fn calls(parts: &Parts, role: &str) -> Vec<Call> {
    let mut calls = needed(parts);
    calls.extend(attacks(parts));
    for call in &mut calls {
        role.clone_into(&mut call.principal);
    }
    let named = ON_PARTS.into_iter().map(|(_, names)| names);
    for action in ASKED.into_iter().chain(named).flat_map(actions) {
        for resource in [
            "*",
            "arn:aws:iam::111122223333:user/keyrail-beat",
            "arn:aws:iam::111122223333:user/bob",
            "arn:aws:cloudtrail:us-east-1:111122223333:trail/keyrail-beat",
        ] {
            calls.push(Call::new(role, &action, resource));
        }
    }
    calls
}

#[test]
fn nothing_is_ever_allowed_to_it_whatever_else_it_is_granted() {
    let parts = Parts::read();
    assert_eq!(parts.beats.len(), 2);
    for beat in &parts.beats {
        // Of somebody who may do everything, and has these policies, too.
        let own: Vec<_> = beat.policies.iter().collect();
        let (with, without) = (Attached::of(&own), Attached::of(&[]));
        let calls = calls(&parts, &beat.arn);
        println!("{}: {} calls, none of them allowed", beat.arn, calls.len());
        assert!(calls.len() > 5000);
        for call in &calls {
            assert!(!with.allow(call), "{call:?}");
            assert!(without.allow(call), "{call:?}");
        }
    }
}

#[test]
fn its_schedules_get_it_and_nobody_else() {
    for beat in Parts::read().beats {
        let role = &beat.group;
        let region = role.split(':').nth(3).unwrap();
        let elsewhere = role.replace(region, "ap-southeast-2");
        let scheduler = "scheduler.amazonaws.com";
        for (service, account, source, is_let_in) in [
            (scheduler, "111122223333", role.as_str(), true),
            // A group of the same name in another account, which cannot have its own id here.
            (scheduler, "444455556666", role, false),
            (
                scheduler,
                "111122223333",
                &role.replace("keyrail-beat", "default"),
                false,
            ),
            (
                scheduler,
                "111122223333",
                &role.replace("111122223333", "444455556666"),
                false,
            ),
            (scheduler, "111122223333", &elsewhere, false),
            ("lambda.amazonaws.com", "111122223333", role, false),
            ("events.amazonaws.com", "111122223333", role, false),
        ] {
            let context = Context::new()
                .with_string("aws:SourceAccount", account)
                .with_string("aws:SourceArn", source);
            let service = Principal::Service(PrincipalId::String(service.to_owned()));
            assert_eq!(
                is_assumed(&beat, service, context),
                is_let_in,
                "{source} of {account}"
            );
        }
        // Without saying for whom, and by whoever may do everything in the account.
        let unsaid = Principal::Service(PrincipalId::String(scheduler.to_owned()));
        assert!(!is_assumed(&beat, unsaid, Context::new()));
        for who in ["role/Developer", "user/alice", "role/keyrail-watch", "root"] {
            let arn = format!("arn:aws:iam::111122223333:{who}");
            let context = Context::new()
                .with_string("aws:SourceAccount", "111122223333")
                .with_string("aws:SourceArn", role);
            let who = Principal::Aws(PrincipalId::String(arn));
            assert!(!is_assumed(&beat, who, context));
        }
    }
}

/// Whether a role's trust policy lets somebody in.
fn is_assumed(beat: &BeatRole, who: Principal, context: Context) -> bool {
    let mut trust = beat.trust.clone();
    // A trust policy names no resource, since it stands on one; the evaluator wants one.
    for statement in trust["Statement"].as_array_mut().unwrap() {
        statement["Resource"] = json!("*");
    }
    let policy = IAMPolicy::from_json(&trust.to_string()).unwrap();
    let arn = Arn::parse(&beat.arn).unwrap();
    let request = IAMRequest::new_with_context(who, "sts:AssumeRole", arn, context);
    let decision = PolicyEvaluator::with_policies(vec![policy]).evaluate(&request);
    decision.unwrap().decision == Decision::Allow
}
