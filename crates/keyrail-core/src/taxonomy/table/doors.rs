//! Ways into an account that last, beside credentials: whom and what it trusts.
//!
//! Names and parameters are those of each service's API reference, in CloudTrail's spelling; of
//! `sso-directory`, which has none, those of the IAM Identity Center User Guide, "Logging IAM
//! Identity Center API calls with AWS CloudTrail", and of the Service Authorization Reference
//! (checked 2026-11-29).

use crate::taxonomy::conditions::doors::{
    ALLOWS_GUESTS, CHANGES_CA, GIVES_GUESTS_A_ROLE, JOINS_ORGANIZATION,
};
use crate::taxonomy::entry::{Entry, Paths};
use crate::taxonomy::group::Group;
use crate::taxonomy::kind::TargetKind;
use crate::taxonomy::table::row::{USER, call, sign_in};
use Group::{
    AdmitGuest, AdmitMachine, AssumeRole, ChangeIdentityCenter, LiftLimit, MoveAccount, OpenTrust,
    TrustProvider, UndoContainment,
};

pub(super) const TABLE: &[Entry] = &[
    // Identity providers
    provider("iam:CreateOpenIDConnectProvider").name(&[
        "responseElements.openIDConnectProviderArn",
        "requestParameters.url",
    ]),
    provider("iam:AddClientIDToOpenIDConnectProvider").name(OIDC),
    provider("iam:UpdateOpenIDConnectProviderThumbprint").name(OIDC),
    provider("iam:CreateSAMLProvider")
        .name(&["responseElements.sAMLProviderArn", "requestParameters.name"]),
    provider("iam:UpdateSAMLProvider").name(&["requestParameters.sAMLProviderArn"]),
    // Roles that let others in, and who takes one on
    call("iam:CreateRole", &[OpenTrust], TargetKind::Role)
        .name(&["requestParameters.roleName"])
        .trust("requestParameters.assumeRolePolicyDocument"),
    assume("sts:AssumeRole"),
    assume("sts:AssumeRoleWithSAML"),
    assume("sts:AssumeRoleWithWebIdentity"),
    sign_in("signin:SwitchRole", &[AssumeRole], TargetKind::Role),
    // Machines and devices
    call(
        "ssm:CreateActivation",
        &[AdmitMachine],
        TargetKind::Activation,
    )
    .id(&["responseElements.activationId"])
    .name(&["requestParameters.iamRole"])
    .in_any_region(),
    call(
        "ssm:UpdateManagedInstanceRole",
        &[AdmitMachine],
        TargetKind::Activation,
    )
    .id(&["requestParameters.instanceId"])
    .name(&["requestParameters.iamRole"])
    .in_any_region(),
    call(
        "iot:CreateRoleAlias",
        &[AdmitMachine],
        TargetKind::RoleAlias,
    )
    .name(&["requestParameters.roleAlias"])
    .in_any_region(),
    call(
        "iot:UpdateRoleAlias",
        &[AdmitMachine],
        TargetKind::RoleAlias,
    )
    .name(&["requestParameters.roleAlias"])
    .in_any_region(),
    call(
        "iot:RegisterCACertificate",
        &[AdmitMachine],
        TargetKind::TrustAnchor,
    )
    .id(&["responseElements.certificateId"])
    .in_any_region(),
    call(
        "iot:UpdateCACertificate",
        &[AdmitMachine],
        TargetKind::TrustAnchor,
    )
    .id(&["requestParameters.certificateId"])
    .when(&CHANGES_CA)
    .in_any_region(),
    // Anybody at all
    pool("cognito-identity:SetIdentityPoolRoles").when(&GIVES_GUESTS_A_ROLE),
    pool("cognito-identity:CreateIdentityPool").when(&ALLOWS_GUESTS),
    pool("cognito-identity:UpdateIdentityPool").when(&ALLOWS_GUESTS),
    // What limits sessions of Roles Anywhere
    limit("rolesanywhere:DisableCrl"),
    limit("rolesanywhere:DeleteCrl"),
    // IAM Identity Center
    directory("sso-directory:CreateBearerToken"),
    directory("sso-directory:CreateProvisioningTenant"),
    directory("sso-directory:CreateExternalIdPConfigurationForDirectory"),
    directory("sso-directory:UpdateExternalIdPConfigurationForDirectory"),
    directory("sso-directory:EnableExternalIdPConfigurationForDirectory"),
    directory("sso-directory:ImportExternalIdPCertificate"),
    call(
        "sso:CreateTrustedTokenIssuer",
        &[ChangeIdentityCenter],
        TargetKind::IdentityProvider,
    )
    .name(&[
        "responseElements.trustedTokenIssuerArn",
        "requestParameters.name",
    ])
    .in_any_region(),
    call(
        "sso:UpdateTrustedTokenIssuer",
        &[ChangeIdentityCenter],
        TargetKind::IdentityProvider,
    )
    .name(&["requestParameters.trustedTokenIssuerArn"])
    .in_any_region(),
    directory("sso:AssociateDirectory"),
    directory("sso:UpdateDirectoryAssociation"),
    person("sso-directory:UpdatePassword"),
    person("sso-directory:UpdateMfaDeviceForUser"),
    person("sso-directory:CompleteVirtualMfaDeviceRegistration"),
    person("sso-directory:CompleteWebAuthnDeviceRegistration"),
    person("sso-directory:PutMfaDeviceManagementForDirectory"),
    // The organization, and the account itself
    call(
        "organizations:AcceptHandshake",
        &[MoveAccount],
        TargetKind::Account,
    )
    .name(&["requestParameters.handshakeId"])
    .when(&JOINS_ORGANIZATION),
    call(
        "organizations:RegisterDelegatedAdministrator",
        &[],
        TargetKind::Account,
    )
    .name(&["requestParameters.accountId"]),
    call("organizations:PutResourcePolicy", &[], TargetKind::Policy),
    call(
        "iam:EnableOrganizationsRootCredentialsManagement",
        &[],
        TargetKind::Account,
    ),
    call(
        "iam:DisableOrganizationsRootCredentialsManagement",
        &[],
        TargetKind::Account,
    ),
    call(
        "iam:EnableOrganizationsRootSessions",
        &[],
        TargetKind::Account,
    ),
    call(
        "iam:DisableOrganizationsRootSessions",
        &[],
        TargetKind::Account,
    ),
    call("account:EnableRegion", &[], TargetKind::Region).name(&["requestParameters.regionName"]),
    call("iam:CreateAccountAlias", &[], TargetKind::Account)
        .name(&["requestParameters.accountAlias"]),
    // What contains a user
    call(
        "iam:PutUserPermissionsBoundary",
        &[UndoContainment],
        TargetKind::User,
    )
    .user(USER)
    .name(&["requestParameters.permissionsBoundary"]),
    call(
        "iam:DeleteUserPermissionsBoundary",
        &[UndoContainment],
        TargetKind::User,
    )
    .user(USER),
];

const OIDC: Paths = &["requestParameters.openIDConnectProviderArn"];

const fn provider(action: &'static str) -> Entry {
    call(action, &[TrustProvider], TargetKind::IdentityProvider)
}

/// A call that the account of the role sees, and that of the caller (IAM User Guide, "Logging IAM
/// and AWS STS API calls with AWS CloudTrail", checked 2026-11-29).
const fn assume(action: &'static str) -> Entry {
    call(action, &[AssumeRole], TargetKind::Role)
        .name(&["requestParameters.roleArn", "resources.0.ARN"])
        .in_any_region()
        .read_only()
}

const fn pool(action: &'static str) -> Entry {
    call(action, &[AdmitGuest], TargetKind::IdentityPool)
        .name(&[
            "requestParameters.identityPoolId",
            "responseElements.identityPoolId",
        ])
        .in_any_region()
}

const fn limit(action: &'static str) -> Entry {
    call(action, &[LiftLimit], TargetKind::Other)
        .id(&["requestParameters.crlId"])
        .in_any_region()
}

const fn directory(action: &'static str) -> Entry {
    call(action, &[ChangeIdentityCenter], TargetKind::Directory)
        .name(&["requestParameters.directoryId"])
        .in_any_region()
        .unmodelled()
}

const fn person(action: &'static str) -> Entry {
    call(action, &[], TargetKind::Other)
        .name(&["requestParameters.userId"])
        .in_any_region()
        .unmodelled()
}
