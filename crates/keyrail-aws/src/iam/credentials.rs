//! A user's credentials, by kind.

use std::error::Error;

use aws_sdk_iam::config::http::HttpResponse;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::RequestId;
use aws_sdk_iam::types::StatusType;
use keyrail_core::effects::{CredentialKind, EffectError, EffectErrorKind, HeldCredential};
use keyrail_core::id::UserName;

use super::time::time;
use crate::error::sorted;
use crate::reach::IamAccountClient;

/// Why a kind of credential could not be listed.
pub(super) enum NotListed {
    Failed(EffectError),
    /// IAM does not know the action: not every partition has every kind.
    UnknownKind(EffectError),
}

impl NotListed {
    fn sorted<E>(call: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
        SdkError<E, HttpResponse>: RequestId,
    {
        match error.code() {
            Some("InvalidAction") => Self::UnknownKind(sorted(call, error)),
            _ => Self::Failed(sorted(call, error)),
        }
    }

    /// To whoever seeks one of that kind it is an error like any other: nothing says that it
    /// is gone.
    pub(super) fn error(self) -> EffectError {
        match self {
            Self::Failed(error) | Self::UnknownKind(error) => error,
        }
    }
}

/// Where IAM does not know a kind of credential, nobody has one.
pub(super) fn none_of_unknown(
    listed: Result<Vec<HeldCredential>, NotListed>,
) -> Result<Vec<HeldCredential>, EffectError> {
    match listed {
        Err(NotListed::UnknownKind(_)) => Ok(Vec::new()),
        Err(NotListed::Failed(error)) => Err(error),
        Ok(held) => Ok(held),
    }
}

impl IamAccountClient {
    // All pages: IAM may answer with fewer than there are (IAM API reference, `IsTruncated`), and
    // the quota of two keys can be raced. A status that this SDK does not know is taken to work.

    pub(super) async fn access_keys(
        &self,
        user: &UserName,
    ) -> Result<Vec<HeldCredential>, EffectError> {
        let listed = self.iam.list_access_keys().user_name(user.as_str());
        let listed = listed.into_paginator().items().send();
        let listed: Result<Vec<_>, _> = listed.collect().await;
        let keys = listed.map_err(|error| sorted("iam:ListAccessKeys", &error))?;
        Ok(keys
            .into_iter()
            .map(|key| HeldCredential {
                kind: CredentialKind::AccessKey,
                active: key.status.as_ref().is_none_or(works),
                created: key.create_date.as_ref().and_then(time),
                id: key.access_key_id.unwrap_or_default(),
            })
            .collect())
    }

    pub(super) async fn service_credentials(
        &self,
        user: &UserName,
    ) -> Result<Vec<HeldCredential>, NotListed> {
        const CALL: &str = "iam:ListServiceSpecificCredentials";
        let mut held = Vec::new();
        let mut marker = None;
        // The SDK has no paginator for this list.
        loop {
            let listed = self
                .iam
                .list_service_specific_credentials()
                .user_name(user.as_str())
                .set_marker(marker)
                .send();
            let listed = listed.await;
            let listed = listed.map_err(|error| NotListed::sorted(CALL, &error))?;
            let page = listed.service_specific_credentials.unwrap_or_default();
            held.extend(page.into_iter().map(|credential| HeldCredential {
                kind: CredentialKind::ServiceCredential,
                active: works(&credential.status),
                created: time(&credential.create_date),
                id: credential.service_specific_credential_id,
            }));
            marker = listed.marker.filter(|_| listed.is_truncated);
            if marker.is_none() {
                return Ok(held);
            }
        }
    }

    pub(super) async fn ssh_keys(&self, user: &UserName) -> Result<Vec<HeldCredential>, NotListed> {
        let listed = self
            .iam
            .list_ssh_public_keys()
            .user_name(user.as_str())
            .into_paginator()
            .items()
            .send();
        let listed: Result<Vec<_>, _> = listed.collect().await;
        let keys = listed.map_err(|error| NotListed::sorted("iam:ListSSHPublicKeys", &error))?;
        Ok(keys
            .into_iter()
            .map(|key| HeldCredential {
                kind: CredentialKind::SshKey,
                active: works(&key.status),
                created: time(&key.upload_date),
                id: key.ssh_public_key_id,
            })
            .collect())
    }

    pub(super) async fn certificates(
        &self,
        user: &UserName,
    ) -> Result<Vec<HeldCredential>, NotListed> {
        let listed = self
            .iam
            .list_signing_certificates()
            .user_name(user.as_str())
            .into_paginator()
            .items()
            .send();
        let listed: Result<Vec<_>, _> = listed.collect().await;
        let certificates =
            listed.map_err(|error| NotListed::sorted("iam:ListSigningCertificates", &error))?;
        Ok(certificates
            .into_iter()
            .map(|certificate| HeldCredential {
                kind: CredentialKind::SigningCertificate,
                active: works(&certificate.status),
                created: certificate.upload_date.as_ref().and_then(time),
                id: certificate.certificate_id,
            })
            .collect())
    }

    pub(super) async fn password(
        &self,
        user: &UserName,
    ) -> Result<Vec<HeldCredential>, EffectError> {
        let asked = self.iam.get_login_profile().user_name(user.as_str()).send();
        let answer = match asked
            .await
            .map_err(|error| sorted("iam:GetLoginProfile", &error))
        {
            Ok(answer) => answer,
            Err(error) if error.kind == EffectErrorKind::Gone => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        Ok(answer
            .login_profile
            .into_iter()
            .map(|profile| HeldCredential {
                kind: CredentialKind::Password,
                active: true,
                created: time(&profile.create_date),
                id: String::new(),
            })
            .collect())
    }
}

/// Whether a credential of this status is accepted: not after its time, either (IAM API
/// reference, `ServiceSpecificCredentialMetadata`, checked 2026-11-29).
fn works(status: &StatusType) -> bool {
    !matches!(status, StatusType::Inactive | StatusType::Expired)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_expired_does_not_work_and_what_nobody_knows_does() {
        for (status, is_working) in [
            ("Active", true),
            ("Inactive", false),
            ("Expired", false),
            ("Suspended", true),
        ] {
            assert_eq!(works(&StatusType::from(status)), is_working, "{status}");
        }
    }
}
