//! `deny-access-keys.json`.

use crate::{
    accounts::{MEMBER, in_account},
    attacks::{ATTACKERS, ON_ROLES, USER_IN_PATH, actions},
    evaluate::{Attached, Call, LONGEST, in_each_partition, mistakes, policy, read, shortened},
    parts::Parts,
};

const FILE: &str = "deny-access-keys.json";
const ISSUER: &str = "arn:aws:iam::444455556666:role/CredentialIssuer";
const STACK_SETS: &str = "arn:aws:iam::444455556666:role/stacksets-exec-0123456789abcdef";
const TAG: &str = "aws:ResourceTag/long-term-credentials";
const TAGS: &str = "aws:TagKeys";

/// What gives a user a credential that lasts.
const ON_USERS: &str = "iam:CreateAccessKey CreateLoginProfile CreateServiceSpecificCredential \
     ResetServiceSpecificCredential UpdateLoginProfile UploadSSHPublicKey UploadSigningCertificate";

/// What does so without a user.
const ELSEWHERE: [&str; 3] = [
    "lightsail:CreateBucketAccessKey",
    "rolesanywhere:CreateProfile CreateTrustAnchor EnableProfile EnableTrustAnchor UpdateProfile \
     UpdateTrustAnchor",
    "sts:GetFederationToken",
];

/// What people do with users and their credentials, and may go on doing: taking them away, and what
/// makes none that lasts.
const STILL: [&str; 3] = [
    "iam:ChangePassword CreateRole CreateServiceLinkedRole CreateUser DeleteAccessKey DeleteLoginProfile \
     DeleteSSHPublicKey GetUser ListAccessKeys TagUser UntagUser UpdateAccessKey UpdateUser",
    "rolesanywhere:DisableTrustAnchor EnableCrl",
    "sts:AssumeRole GetSessionToken",
];

fn in_member(name: &str) -> String {
    in_account(MEMBER, name)
}

fn needed(parts: &Parts) -> Vec<Call> {
    let bob = in_member("user/bob");
    let developer = in_member("role/Developer");
    let mut calls = parts.granted();
    calls.extend(parts.deployed());
    for action in STILL.into_iter().flat_map(actions) {
        let call = Call::new(&developer, &action, &bob);
        calls.push(call.clone().with_list(TAGS, &["team", "kind"]));
        calls.push(call);
    }
    for action in actions(ON_USERS) {
        calls.push(Call::new(ISSUER, &action, &bob));
        // The user who gets it may have it, whoever asks.
        calls.push(Call::new(&developer, &action, &bob).with(TAG, "allowed"));
    }
    for action in ELSEWHERE.into_iter().flat_map(actions) {
        calls.push(Call::new(ISSUER, &action, "*"));
    }
    for action in ["iam:CreateUser", "iam:TagUser"] {
        calls.push(Call::new(ISSUER, action, &bob).with_list(TAGS, &["long-term-credentials"]));
    }
    for action in actions(ON_ROLES) {
        calls.push(Call::new(STACK_SETS, &action, ISSUER));
        calls.push(Call::new(
            &developer,
            &action,
            &in_member("role/Application"),
        ));
    }
    // Whom the role trusts is for its trust policy to say; and everybody may look.
    for action in [
        "sts:AssumeRole",
        "iam:GenerateServiceLastAccessedDetails",
        "iam:GetRole",
    ] {
        calls.push(Call::new(&developer, action, ISSUER));
    }
    for action in ["iam:ListRolePolicies", "iam:SimulatePrincipalPolicy"] {
        calls.push(Call::new(&developer, action, ISSUER));
    }
    calls
}

fn attacks() -> Vec<Call> {
    let mut calls = Vec::new();
    let attackers = ATTACKERS.into_iter().chain([
        "role/credentialissuer",
        "role/x/CredentialIssuer",
        "role/CredentialIssuer2",
        "role/keyrail-GuardrailRole-1TCLUMCY77KXG",
    ]);
    for who in attackers.map(in_member) {
        for action in actions(ON_USERS) {
            // Their own, another's, and root's.
            for whose in [&who, &in_member("user/bob"), &in_member("root"), "*"] {
                let call = Call::new(&who, &action, whose);
                calls.push(call.clone().with(TAG, "denied"));
                calls.push(call.clone().with(TAG, "Allowed"));
                // A tag of whoever asks, which a session can be given, is no exception.
                calls.push(
                    call.clone()
                        .with("aws:PrincipalTag/long-term-credentials", "allowed"),
                );
                calls.push(call);
            }
        }
        for action in ELSEWHERE.into_iter().flat_map(actions) {
            calls.push(Call::new(&who, &action, "*").with(TAG, "allowed"));
        }
        for action in ["iam:CreateUser", "iam:TagUser"] {
            let call = Call::new(&who, action, &in_member("user/bob"));
            for tags in [
                &["long-term-credentials"][..],
                &["Long-Term-Credentials"],
                &["team", "LONG-TERM-CREDENTIALS"],
            ] {
                calls.push(call.clone().with_list(TAGS, tags));
            }
        }
        for action in actions(ON_ROLES) {
            for role in [ISSUER, STACK_SETS, &in_member("role/stacksets-exec-x/y")] {
                calls.push(Call::new(&who, &action, role));
            }
        }
        // See `IMITATIONS`.
        for path in ["user/x:role/CredentialIssuer", USER_IN_PATH] {
            calls.push(Call::new(&who, "iam:CreateUser", &in_member(path)));
        }
    }
    // A stolen session of the role that may must not last.
    calls.extend(
        actions(ON_ROLES)
            .iter()
            .map(|action| Call::new(ISSUER, action, ISSUER)),
    );
    calls
}

#[test]
fn credentials_that_last_are_denied_and_nothing_else() {
    in_each_partition(FILE, &needed(&Parts::read()), &attacks());
}

#[test]
fn keyrail_works_with_both_policies_attached() {
    let parts = Parts::read();
    let both = Attached::of(&[&policy(FILE), &policy("protect-keyrail.json")]);
    let calls = [parts.granted(), parts.deployed()].concat();
    let denied = mistakes(&both, &calls, &[]).denied;
    assert_eq!(denied, Vec::<String>::new());
}

#[test]
fn nothing_of_it_could_be_left_out() {
    let (needed, attacks) = (needed(&Parts::read()), attacks());
    for (left_out, shorter) in shortened(&policy(FILE)) {
        let attached = Attached::of(&[&shorter]);
        let wrong = needed.iter().any(|call| !attached.allow(call))
            || attacks.iter().any(|call| attached.allow(call));
        assert!(wrong, "without {left_out} all is well");
    }
}

#[test]
fn it_fits_the_quota() {
    let size = read("infra/preventive/deny-access-keys.json")
        .chars()
        .count();
    println!("{FILE}: {size} of {LONGEST} characters, white space and all");
    assert!(size <= LONGEST);
}
