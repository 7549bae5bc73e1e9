//! Each call that the function makes, and what makes it.

use super::stage::{Holds, Scene, Set};

const fn scene(call: &'static str, when: &'static str, set: Set, holds: Holds) -> Scene {
    Scene {
        call,
        when,
        set,
        standing: &[],
        holds,
    }
}

/// A change of a step.
const fn change(call: &'static str, step: &'static str) -> Scene {
    scene(call, step, Set::Step(step), Holds::Truth)
}

/// The way out of a quota that is full.
const fn in_place(
    call: &'static str,
    when: &'static str,
    full: &'static [(&'static str, u16, &'static str)],
) -> Scene {
    Scene {
        standing: full,
        ..scene(call, when, Set::Step("quarantine-user"), Holds::Truth)
    }
}

const INLINE_IS_FULL: &[(&str, u16, &str)] = &[("PutUserPolicy", 409, "LimitExceeded")];
const BOTH_ARE_FULL: &[(&str, u16, &str)] = &[
    ("PutUserPolicy", 409, "LimitExceeded"),
    ("AttachUserPolicy", 409, "LimitExceeded"),
];
/// What AWS answers for a key that it does not attribute.
const NOT_TOLD: &[(&str, u16, &str)] = &[("GetAccessKeyLastUsed", 403, "AccessDenied")];

const fn looks_again(call: &'static str, step: &'static str) -> Scene {
    scene(call, step, Set::Recheck(step), Holds::NotSilent)
}

/// What changes something.
pub(super) const CHANGES: [Scene; 13] = [
    change("iam:UpdateAccessKey", "deactivate-key"),
    change(
        "iam:UpdateServiceSpecificCredential",
        "deactivate-service-credential",
    ),
    change("iam:UpdateSSHPublicKey", "deactivate-ssh-key"),
    change(
        "iam:UpdateSigningCertificate",
        "deactivate-signing-certificate",
    ),
    change("iam:PutUserPolicy", "quarantine-user"),
    in_place(
        "iam:AttachUserPolicy",
        "quarantine-user, where the quota of inline policies is full",
        INLINE_IS_FULL,
    ),
    in_place(
        "iam:PutUserPermissionsBoundary",
        "quarantine-user, where both quotas are full",
        BOTH_ARE_FULL,
    ),
    change("iam:PutUserPolicy", "revoke-sessions"),
    change("iam:PutRolePolicy", "revoke-role-sessions"),
    change("iam:DeleteLoginProfile", "disable-console-login"),
    change("iam:DeleteAccessKey", "delete-key"),
    change("iam:DeleteAccessKey", "delete-root-key"),
    change("sts:AssumeRoot", "delete-root-key"),
];

/// What reads back, and what finds out whose it is.
pub(super) const READS: [Scene; 14] = [
    change("iam:ListAccessKeys", "deactivate-key"),
    change(
        "iam:ListServiceSpecificCredentials",
        "deactivate-service-credential",
    ),
    change("iam:ListSSHPublicKeys", "deactivate-ssh-key"),
    change(
        "iam:ListSigningCertificates",
        "deactivate-signing-certificate",
    ),
    change("iam:GetUserPolicy", "quarantine-user"),
    in_place(
        "iam:ListAttachedUserPolicies",
        "quarantine-user, where the quota of inline policies is full",
        INLINE_IS_FULL,
    ),
    in_place(
        "iam:GetUser",
        "quarantine-user, where both quotas are full",
        BOTH_ARE_FULL,
    ),
    change("iam:GetRolePolicy", "revoke-role-sessions"),
    change("iam:GetLoginProfile", "disable-console-login"),
    change("iam:ListAccessKeys", "delete-key"),
    change("iam:ListAccessKeys", "delete-root-key"),
    scene(
        "iam:GetAccessKeyLastUsed",
        "whose a reported key is",
        Set::Reported,
        Holds::Truth,
    ),
    scene(
        "iam:GetUser",
        "who had the name when an old event happened",
        Set::Old,
        Holds::Truth,
    ),
    scene(
        "sts:AssumeRole",
        "into a member account",
        Set::Member,
        Holds::Truth,
    ),
];

/// What is looked up before containment begins.
pub(super) const LOOK_UPS: [Scene; 3] = [
    scene(
        "iam:ListUserTags",
        "whether an exemption applies",
        Set::LookedUp("resource has owner && resource.owner.hasTag(\"bot\")"),
        Holds::Contained,
    ),
    scene(
        "iam:ListGroupsForUser",
        "whether an exemption applies",
        Set::LookedUp("resource in Group::\"arn:aws:iam::111122223333:group/keys\""),
        Holds::Contained,
    ),
    scene(
        "iam:ListAttachedUserPolicies",
        "whether an exemption applies",
        Set::LookedUp(
            "resource has owner && resource.owner has policies && resource.owner.policies.contains(\"arn:aws:iam::aws:policy/ReadOnlyAccess\")",
        ),
        Holds::Contained,
    ),
];

/// What containment does not wait for, or does not depend on.
pub(super) const AROUND: [Scene; 6] = [
    scene(
        "dynamodb:PutItem",
        "the claim of the event, and what is remembered",
        Set::Remembered,
        Holds::Contained,
    ),
    scene(
        "dynamodb:UpdateItem",
        "the limit of containments, and the end of the claim",
        Set::Remembered,
        Holds::Contained,
    ),
    scene(
        "dynamodb:Query",
        "what happened before",
        Set::Activated,
        Holds::Contained,
    ),
    scene(
        "sqs:SendMessage",
        "the re-checks",
        Set::Remembered,
        Holds::Contained,
    ),
    scene(
        "sns:Publish",
        "the alert",
        Set::Step("deactivate-key"),
        Holds::ContainedUntold,
    ),
    scene("sns:Publish", "the chat", Set::Chat, Holds::Contained),
];

/// What looks again, after somebody has taken back what was done, and what follows up.
pub(super) const AFTERWARDS: [Scene; 11] = [
    looks_again("iam:GetAccessKeyLastUsed", "deactivate-key"),
    looks_again("iam:ListAccessKeys", "deactivate-key"),
    Scene {
        standing: NOT_TOLD,
        ..looks_again("iam:GetUser", "deactivate-key")
    },
    looks_again("iam:GetLoginProfile", "disable-console-login"),
    looks_again(
        "iam:ListServiceSpecificCredentials",
        "deactivate-service-credential",
    ),
    looks_again("iam:ListSSHPublicKeys", "deactivate-ssh-key"),
    looks_again(
        "iam:ListSigningCertificates",
        "deactivate-signing-certificate",
    ),
    looks_again("iam:GetUserPolicy", "quarantine-user"),
    looks_again("iam:GetRolePolicy", "revoke-role-sessions"),
    scene(
        "dynamodb:Query",
        "whether somebody has released it",
        Set::Recheck("deactivate-key"),
        Holds::NotSilent,
    ),
    scene(
        "dynamodb:GetItem",
        "what was counted in a window",
        Set::FollowUp,
        Holds::ComesAgain,
    ),
];
