//! Credentials: issued, changed, given more rights, used to begin a session.
//!
//! Names and parameters are those of the IAM, STS, Sign-In, Roles Anywhere and
//! Account Management API references, in CloudTrail's spelling (checked 2026-11-25).

use crate::taxonomy::conditions::{
    BECOMES_ACTIVE, CHANGES_ROLES, CHANGES_SOURCE, IS_DEFAULT_VERSION, IS_GRANT, OPENS_TRUST,
};
use crate::taxonomy::entry::{Entry, Grant, Place};
use crate::taxonomy::group::Group;
use crate::taxonomy::kind::TargetKind;
use crate::taxonomy::table::row::{USER, call, sign_in};
use Group::{
    ChangePassword, EscalatePrivilege, IssueAccessKey, IssueLongTermCredential, IssueSession,
    LaunchCompute, LiftLimit, OpenTrust, ReactivateCredential, ReportExposure, RootCredentials,
    SignIn, TamperGuardrail, WeakenMfa,
};

pub(super) const TABLE: &[Entry] = &[
    // Access keys
    call(
        "iam:CreateAccessKey",
        &[IssueAccessKey],
        TargetKind::AccessKey,
    )
    .user(&[
        "responseElements.accessKey.userName",
        "requestParameters.userName",
    ])
    .id(&["responseElements.accessKey.accessKeyId"])
    .status(&["responseElements.accessKey.status"]),
    call(
        "iam:UpdateAccessKey",
        &[ReactivateCredential],
        TargetKind::AccessKey,
    )
    .user(USER)
    .id(&["requestParameters.accessKeyId"])
    .status(&["requestParameters.status"])
    .when(&BECOMES_ACTIVE),
    call("iam:DeleteAccessKey", &[], TargetKind::AccessKey)
        .user(USER)
        .id(&["requestParameters.accessKeyId"]),
    // Other long-term credentials
    call(
        "iam:CreateServiceSpecificCredential",
        &[IssueLongTermCredential],
        TargetKind::ServiceCredential,
    )
    .user(&[
        "responseElements.serviceSpecificCredential.userName",
        "requestParameters.userName",
    ])
    .id(&["responseElements.serviceSpecificCredential.serviceSpecificCredentialId"])
    .name(&["requestParameters.serviceName"]),
    call(
        "iam:ResetServiceSpecificCredential",
        &[IssueLongTermCredential],
        TargetKind::ServiceCredential,
    )
    .user(&[
        "responseElements.serviceSpecificCredential.userName",
        "requestParameters.userName",
    ])
    .id(&["requestParameters.serviceSpecificCredentialId"])
    .name(&["responseElements.serviceSpecificCredential.serviceName"]),
    call(
        "iam:UpdateServiceSpecificCredential",
        &[ReactivateCredential],
        TargetKind::ServiceCredential,
    )
    .user(USER)
    .id(&["requestParameters.serviceSpecificCredentialId"])
    .status(&["requestParameters.status"])
    .when(&BECOMES_ACTIVE),
    call(
        "iam:UploadSSHPublicKey",
        &[IssueLongTermCredential],
        TargetKind::SshKey,
    )
    .user(&[
        "responseElements.sSHPublicKey.userName",
        "requestParameters.userName",
    ])
    .id(&["responseElements.sSHPublicKey.sSHPublicKeyId"])
    .status(&["responseElements.sSHPublicKey.status"]),
    call(
        "iam:UpdateSSHPublicKey",
        &[ReactivateCredential],
        TargetKind::SshKey,
    )
    .user(USER)
    .id(&["requestParameters.sSHPublicKeyId"])
    .status(&["requestParameters.status"])
    .when(&BECOMES_ACTIVE),
    call(
        "iam:UploadSigningCertificate",
        &[IssueLongTermCredential],
        TargetKind::SigningCertificate,
    )
    .user(&[
        "responseElements.certificate.userName",
        "requestParameters.userName",
    ])
    .id(&["responseElements.certificate.certificateId"])
    .status(&["responseElements.certificate.status"]),
    call(
        "iam:UpdateSigningCertificate",
        &[ReactivateCredential],
        TargetKind::SigningCertificate,
    )
    .user(USER)
    .id(&["requestParameters.certificateId"])
    .status(&["requestParameters.status"])
    .when(&BECOMES_ACTIVE),
    call(
        "rolesanywhere:CreateTrustAnchor",
        &[IssueLongTermCredential],
        TargetKind::TrustAnchor,
    )
    .id(&["responseElements.trustAnchor.trustAnchorId"])
    .name(&[
        "responseElements.trustAnchor.trustAnchorArn",
        "requestParameters.name",
    ])
    .in_any_region(),
    call(
        "rolesanywhere:UpdateTrustAnchor",
        &[IssueLongTermCredential],
        TargetKind::TrustAnchor,
    )
    .id(&["requestParameters.trustAnchorId"])
    .name(&[
        "responseElements.trustAnchor.trustAnchorArn",
        "requestParameters.name",
    ])
    .when(&CHANGES_SOURCE)
    .in_any_region(),
    call(
        "rolesanywhere:EnableTrustAnchor",
        &[ReactivateCredential],
        TargetKind::TrustAnchor,
    )
    .id(&["requestParameters.trustAnchorId"])
    .name(&["responseElements.trustAnchor.trustAnchorArn"])
    .in_any_region(),
    call(
        "rolesanywhere:CreateProfile",
        &[IssueLongTermCredential],
        TargetKind::Profile,
    )
    .id(&["responseElements.profile.profileId"])
    .name(&[
        "responseElements.profile.profileArn",
        "requestParameters.name",
    ])
    .in_any_region(),
    call(
        "rolesanywhere:UpdateProfile",
        &[IssueLongTermCredential, LiftLimit],
        TargetKind::Profile,
    )
    .id(&["requestParameters.profileId"])
    .name(&[
        "responseElements.profile.profileArn",
        "requestParameters.name",
    ])
    .when(&CHANGES_ROLES)
    .in_any_region(),
    call(
        "rolesanywhere:EnableProfile",
        &[ReactivateCredential],
        TargetKind::Profile,
    )
    .id(&["requestParameters.profileId"])
    .name(&["responseElements.profile.profileArn"])
    .in_any_region(),
    call(
        "lightsail:CreateBucketAccessKey",
        &[IssueLongTermCredential],
        TargetKind::BucketKey,
    )
    .id(&["responseElements.accessKey.accessKeyId"])
    .name(&["requestParameters.bucketName"])
    .in_any_region(),
    // Passwords
    call(
        "iam:CreateLoginProfile",
        &[IssueLongTermCredential, ChangePassword, RootCredentials],
        TargetKind::LoginProfile,
    )
    .user(&[
        "responseElements.loginProfile.userName",
        "requestParameters.userName",
    ]),
    call(
        "iam:UpdateLoginProfile",
        &[ChangePassword, RootCredentials],
        TargetKind::LoginProfile,
    )
    .user(USER),
    call(
        "iam:DeleteLoginProfile",
        &[RootCredentials],
        TargetKind::LoginProfile,
    )
    .user(USER),
    call(
        "iam:ChangePassword",
        &[ChangePassword],
        TargetKind::LoginProfile,
    ),
    // Sessions
    call("sts:GetFederationToken", &[IssueSession], TargetKind::Other)
        .id(&["responseElements.credentials.accessKeyId"])
        .name(&[
            "responseElements.federatedUser.arn",
            "requestParameters.name",
        ])
        .in_any_region(),
    call("sts:GetSessionToken", &[IssueSession], TargetKind::Other)
        .id(&["responseElements.credentials.accessKeyId"])
        .in_any_region(),
    call("sts:AssumeRoot", &[IssueSession], TargetKind::Account)
        .id(&["responseElements.credentials.accessKeyId"])
        .name(&["requestParameters.targetPrincipal"])
        .in_any_region()
        .read_only(),
    // `CreateOAuth2Token` is `aws login` and what signs in like it. `CreateOAuth2TokenWithIAM` gives
    // an application that has AWS credentials a bearer token for a service, of an hour at most, and
    // `CreateOAuth2TokenWithTokenExchange` one for another token (AWS Sign-In API reference; one
    // permission, `signin:CreateOAuth2Token`, is for the first two; checked 2026-11-29). AWS's
    // examples of records have only the first name.
    sign_in(
        "signin:CreateOAuth2Token",
        &[IssueSession],
        TargetKind::Other,
    )
    .name(&[
        "requestParameters.resource",
        "requestParameters.client_id",
        "requestParameters.clientId",
    ])
    .when(&IS_GRANT)
    .and_what_begins_so()
    .read_only(),
    sign_in("signin:AuthorizeOAuth2Access", &[], TargetKind::Other)
        .name(&[
            "requestParameters.resource",
            "requestParameters.client_id",
            "requestParameters.clientId",
        ])
        .unmodelled()
        .read_only(),
    // Signing in
    sign_in("signin:ConsoleLogin", &[SignIn], TargetKind::None),
    sign_in("signin:GetSigninToken", &[], TargetKind::None),
    sign_in("signin:ExitRole", &[], TargetKind::None),
    sign_in("signin:RenewRole", &[], TargetKind::None),
    // Root's own
    root_sign_in("signin:PasswordRecoveryRequested"),
    root_sign_in("signin:PasswordRecoveryCompleted"),
    root_sign_in("signin:PasswordUpdated"),
    root_sign_in("signin:EmailUpdated"),
    call(
        "account:StartPrimaryEmailUpdate",
        &[RootCredentials],
        TargetKind::Account,
    )
    .name(&["requestParameters.accountId"]),
    call(
        "account:AcceptPrimaryEmailUpdate",
        &[RootCredentials],
        TargetKind::Account,
    )
    .name(&["requestParameters.accountId"]),
    // Second factors
    call(
        "iam:EnableMFADevice",
        &[RootCredentials],
        TargetKind::MfaDevice,
    )
    .user(USER)
    .name(&["requestParameters.serialNumber"]),
    call(
        "iam:ResyncMFADevice",
        &[RootCredentials],
        TargetKind::MfaDevice,
    )
    .user(USER)
    .name(&["requestParameters.serialNumber"]),
    call(
        "iam:DeactivateMFADevice",
        &[WeakenMfa, RootCredentials],
        TargetKind::MfaDevice,
    )
    .user(USER)
    .name(&["requestParameters.serialNumber"]),
    call(
        "iam:CreateVirtualMFADevice",
        &[RootCredentials],
        TargetKind::MfaDevice,
    )
    .name(&[
        "responseElements.virtualMFADevice.serialNumber",
        "requestParameters.virtualMFADeviceName",
    ]),
    call(
        "iam:DeleteVirtualMFADevice",
        &[RootCredentials],
        TargetKind::MfaDevice,
    )
    .name(&["requestParameters.serialNumber"]),
    call(
        "sso-directory:DeleteMfaDeviceForUser",
        &[WeakenMfa],
        TargetKind::Other,
    )
    .name(&["requestParameters.deviceId"])
    .in_any_region()
    .unmodelled(),
    // Rights
    call(
        "iam:AttachUserPolicy",
        &[EscalatePrivilege, ReportExposure],
        TargetKind::User,
    )
    .user(USER)
    .grant(Grant::ManagedPolicy("requestParameters.policyArn")),
    call(
        "iam:PutUserPolicy",
        &[EscalatePrivilege, TamperGuardrail],
        TargetKind::User,
    )
    .user(USER)
    .grant(Grant::PolicyDocument("requestParameters.policyDocument")),
    call(
        "iam:AttachGroupPolicy",
        &[EscalatePrivilege],
        TargetKind::Group,
    )
    .name(&["requestParameters.groupName"])
    .grant(Grant::ManagedPolicy("requestParameters.policyArn")),
    call(
        "iam:PutGroupPolicy",
        &[EscalatePrivilege],
        TargetKind::Group,
    )
    .name(&["requestParameters.groupName"])
    .grant(Grant::PolicyDocument("requestParameters.policyDocument")),
    call("iam:AddUserToGroup", &[EscalatePrivilege], TargetKind::User)
        .user(USER)
        .name(&["requestParameters.groupName"])
        .grant(Grant::Group("requestParameters.groupName")),
    call(
        "iam:AttachRolePolicy",
        &[EscalatePrivilege, TamperGuardrail],
        TargetKind::Role,
    )
    .name(&["requestParameters.roleName"])
    .grant(Grant::ManagedPolicy("requestParameters.policyArn")),
    call(
        "iam:PutRolePolicy",
        &[EscalatePrivilege, TamperGuardrail],
        TargetKind::Role,
    )
    .name(&["requestParameters.roleName"])
    .grant(Grant::PolicyDocument("requestParameters.policyDocument")),
    call(
        "iam:UpdateAssumeRolePolicy",
        &[EscalatePrivilege, OpenTrust, TamperGuardrail],
        TargetKind::Role,
    )
    .trust("requestParameters.policyDocument")
    .name(&["requestParameters.roleName"])
    .grant(Grant::Unseen)
    .when(&OPENS_TRUST),
    call(
        "iam:CreatePolicyVersion",
        &[EscalatePrivilege, TamperGuardrail],
        TargetKind::Policy,
    )
    .name(&["requestParameters.policyArn"])
    .grant(Grant::PolicyDocument("requestParameters.policyDocument"))
    .when(&IS_DEFAULT_VERSION),
    call(
        "iam:SetDefaultPolicyVersion",
        &[EscalatePrivilege, TamperGuardrail],
        TargetKind::Policy,
    )
    .name(&["requestParameters.policyArn"])
    .grant(Grant::Unseen),
    // Compute
    launch("ec2:RunInstances"),
    launch("ec2:RequestSpotInstances"),
    launch("ec2:RequestSpotFleet"),
    launch("ec2:CreateFleet"),
    launch("lightsail:CreateInstances"),
];

/// What only root can do while signing in (CloudTrail User Guide, "AWS Management
/// Console sign-in events", checked 2026-11-25).
const fn root_sign_in(action: &'static str) -> Entry {
    let mut entry = sign_in(action, &[RootCredentials], TargetKind::LoginProfile);
    entry.place = Place::Home;
    entry
}

const fn launch(action: &'static str) -> Entry {
    call(action, &[LaunchCompute], TargetKind::Instance).in_any_region()
}
