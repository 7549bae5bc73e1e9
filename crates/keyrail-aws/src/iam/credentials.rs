//! A user's credentials, by kind.

use aws_sdk_iam::config::http::HttpResponse;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::StatusType;
use keyrail_core::effects::{EffectError, EffectErrorKind, Held, HeldKind};
use keyrail_core::id::UserName;

use super::time;
use crate::error::sorted;
use crate::reach::IamHands;

impl IamHands {
    // A user has two keys, five SSH keys, two certificates and two credentials of a
    // service at most: none of these answers is a page of many.

    pub(super) async fn access_keys(&self, user: &UserName) -> Result<Vec<Held>, EffectError> {
        let listed = self.iam.list_access_keys().user_name(user.as_str()).send();
        let listed = listed
            .await
            .map_err(|error| sorted("iam:ListAccessKeys", &error))?;
        let keys = listed.access_key_metadata.into_iter();
        Ok(keys
            .map(|key| Held {
                kind: HeldKind::AccessKey,
                active: key.status != Some(StatusType::Inactive),
                created: key.create_date.as_ref().and_then(time),
                id: key.access_key_id.unwrap_or_default(),
            })
            .collect())
    }

    pub(super) async fn service_credentials(
        &self,
        user: &UserName,
    ) -> Result<Vec<Held>, EffectError> {
        let listed = self
            .iam
            .list_service_specific_credentials()
            .user_name(user.as_str())
            .send();
        let listed = match listed.await {
            Err(error) if is_unknown(&error) => return Ok(Vec::new()),
            listed => {
                listed.map_err(|error| sorted("iam:ListServiceSpecificCredentials", &error))?
            }
        };
        let credentials = listed.service_specific_credentials.unwrap_or_default();
        Ok(credentials
            .into_iter()
            .map(|credential| Held {
                kind: HeldKind::ServiceCredential,
                active: credential.status != StatusType::Inactive,
                created: time(&credential.create_date),
                id: credential.service_specific_credential_id,
            })
            .collect())
    }

    pub(super) async fn ssh_keys(&self, user: &UserName) -> Result<Vec<Held>, EffectError> {
        let listed = self
            .iam
            .list_ssh_public_keys()
            .user_name(user.as_str())
            .send();
        let listed = match listed.await {
            Err(error) if is_unknown(&error) => return Ok(Vec::new()),
            listed => listed.map_err(|error| sorted("iam:ListSSHPublicKeys", &error))?,
        };
        let keys = listed.ssh_public_keys.unwrap_or_default();
        Ok(keys
            .into_iter()
            .map(|key| Held {
                kind: HeldKind::SshKey,
                active: key.status != StatusType::Inactive,
                created: time(&key.upload_date),
                id: key.ssh_public_key_id,
            })
            .collect())
    }

    pub(super) async fn certificates(&self, user: &UserName) -> Result<Vec<Held>, EffectError> {
        let listed = self
            .iam
            .list_signing_certificates()
            .user_name(user.as_str())
            .send();
        let listed = match listed.await {
            Err(error) if is_unknown(&error) => return Ok(Vec::new()),
            listed => listed.map_err(|error| sorted("iam:ListSigningCertificates", &error))?,
        };
        Ok(listed
            .certificates
            .into_iter()
            .map(|certificate| Held {
                kind: HeldKind::SigningCertificate,
                active: certificate.status != StatusType::Inactive,
                created: certificate.upload_date.as_ref().and_then(time),
                id: certificate.certificate_id,
            })
            .collect())
    }

    pub(super) async fn password(&self, user: &UserName) -> Result<Vec<Held>, EffectError> {
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
            .map(|profile| Held {
                kind: HeldKind::Password,
                active: true,
                created: time(&profile.create_date),
                id: String::new(),
            })
            .collect())
    }
}

/// Where IAM does not know the action, there is no such kind of credential: not every
/// partition has them all.
fn is_unknown<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.code() == Some("InvalidAction")
}
