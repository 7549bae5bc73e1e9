use super::{Change, Denial, Status, deny_all_arn};

fn user() -> crate::id::UserName {
    "bob".parse().expect("a user's name")
}

fn key() -> crate::id::AccessKeyId {
    "AKIAI44QH8DHBEXAMPLE".parse().expect("a key's id")
}

fn credential() -> crate::id::CredentialId {
    "ACCAI44QH8DHBEXAMPLE".parse().expect("an id")
}

/// One of each.
fn all() -> Vec<Change> {
    let (user, key, credential, status) = (user(), key(), credential(), Status::Inactive);
    let (denial, arn) = (Denial::Everything, deny_all_arn("aws"));
    let role: crate::id::RoleName = "build".parse().expect("a role's name");
    vec![
        Change::Key {
            user: user.clone(),
            key: key.clone(),
            status,
        },
        Change::ServiceCredential {
            user: user.clone(),
            credential: credential.clone(),
            status,
        },
        Change::SshKey {
            user: user.clone(),
            credential: credential.clone(),
            status,
        },
        Change::SigningCertificate {
            user: user.clone(),
            credential,
            status,
        },
        Change::DenyUser {
            user: user.clone(),
            denial,
        },
        Change::AllowUser {
            user: user.clone(),
            denial,
        },
        Change::AttachDenyAll {
            user: user.clone(),
            arn: arn.clone(),
        },
        Change::DetachDenyAll {
            user: user.clone(),
            arn: arn.clone(),
        },
        Change::Boundary {
            user: user.clone(),
            arn: arn.clone(),
            previous: None,
        },
        Change::NoBoundary {
            user: user.clone(),
            previous: arn,
        },
        Change::DenyRole {
            role: role.clone(),
            denial,
        },
        Change::AllowRole { role, denial },
        Change::DeletePassword { user: user.clone() },
        Change::DeleteKey {
            user,
            key: key.clone(),
        },
        Change::DeleteRootKey { key },
    ]
}

/// What `keyrail undo` calls, or that there is nothing.
#[test]
fn each_change_has_its_inverse_or_none() {
    let inverses: Vec<(&str, Option<String>)> = all()
        .iter()
        .map(|change| {
            let inverse = change.inverse();
            assert_ne!(inverse.as_ref(), Some(change), "it is not its own inverse");
            (change.action(), inverse.map(|inverse| inverse.to_string()))
        })
        .collect();
    let call = |text: &str| Some(format!("aws iam {text}"));
    assert_eq!(
        inverses,
        [
            (
                "iam:UpdateAccessKey",
                call(
                    "update-access-key --user-name bob --access-key-id AKIAI44QH8DHBEXAMPLE --status Active"
                )
            ),
            (
                "iam:UpdateServiceSpecificCredential",
                call(
                    "update-service-specific-credential --user-name bob --service-specific-credential-id ACCAI44QH8DHBEXAMPLE --status Active"
                )
            ),
            (
                "iam:UpdateSSHPublicKey",
                call(
                    "update-ssh-public-key --user-name bob --ssh-public-key-id ACCAI44QH8DHBEXAMPLE --status Active"
                )
            ),
            (
                "iam:UpdateSigningCertificate",
                call(
                    "update-signing-certificate --user-name bob --certificate-id ACCAI44QH8DHBEXAMPLE --status Active"
                )
            ),
            (
                "iam:PutUserPolicy",
                call("delete-user-policy --user-name bob --policy-name KeyrailQuarantine")
            ),
            ("iam:DeleteUserPolicy", None),
            (
                "iam:AttachUserPolicy",
                call(
                    "detach-user-policy --user-name bob --policy-arn arn:aws:iam::aws:policy/AWSDenyAll"
                )
            ),
            ("iam:DetachUserPolicy", None),
            (
                "iam:PutUserPermissionsBoundary",
                call("delete-user-permissions-boundary --user-name bob")
            ),
            ("iam:DeleteUserPermissionsBoundary", None),
            (
                "iam:PutRolePolicy",
                call("delete-role-policy --role-name build --policy-name KeyrailQuarantine")
            ),
            ("iam:DeleteRolePolicy", None),
            ("iam:DeleteLoginProfile", None),
            ("iam:DeleteAccessKey", None),
            ("iam:DeleteAccessKey", None),
        ]
    );
}
