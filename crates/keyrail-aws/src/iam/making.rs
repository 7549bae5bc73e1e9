//! Making changes: one call each.

use aws_sdk_iam::types::StatusType;
use keyrail_core::change::{Change, Status};
use keyrail_core::effects::EffectError;

use crate::error::sorted;
use crate::reach::IamAccountClient;

/// Sends a call, sorts its error under the change's action, and forgets the answer.
macro_rules! make {
    ($change:expr, $call:expr) => {
        $call
            .send()
            .await
            .map(drop)
            .map_err(|error| sorted($change.action(), &error))
    };
}

impl IamAccountClient {
    #[expect(clippy::too_many_lines, reason = "a table: one call for each change")]
    pub(super) async fn make_unbounded(&self, change: &Change) -> Result<(), EffectError> {
        let iam = &self.iam;
        match change {
            Change::Key { user, key, status } => make!(
                change,
                iam.update_access_key()
                    .user_name(user.as_str())
                    .access_key_id(key.as_str())
                    .status(status_type(*status))
            ),
            Change::ServiceCredential {
                user,
                credential,
                status,
            } => make!(
                change,
                iam.update_service_specific_credential()
                    .user_name(user.as_str())
                    .service_specific_credential_id(credential.as_str())
                    .status(status_type(*status))
            ),
            Change::SshKey {
                user,
                credential,
                status,
            } => make!(
                change,
                iam.update_ssh_public_key()
                    .user_name(user.as_str())
                    .ssh_public_key_id(credential.as_str())
                    .status(status_type(*status))
            ),
            Change::SigningCertificate {
                user,
                credential,
                status,
            } => make!(
                change,
                iam.update_signing_certificate()
                    .user_name(user.as_str())
                    .certificate_id(credential.as_str())
                    .status(status_type(*status))
            ),
            Change::DenyUser { user, denial } => make!(
                change,
                iam.put_user_policy()
                    .user_name(user.as_str())
                    .policy_name(denial.policy_name())
                    .policy_document(denial.document())
            ),
            Change::AllowUser { user, denial } => make!(
                change,
                iam.delete_user_policy()
                    .user_name(user.as_str())
                    .policy_name(denial.policy_name())
            ),
            Change::AttachDenyAll { user, arn } => make!(
                change,
                iam.attach_user_policy()
                    .user_name(user.as_str())
                    .policy_arn(arn)
            ),
            Change::DetachDenyAll { user, arn } => make!(
                change,
                iam.detach_user_policy()
                    .user_name(user.as_str())
                    .policy_arn(arn)
            ),
            Change::Boundary { user, arn, .. } => make!(
                change,
                iam.put_user_permissions_boundary()
                    .user_name(user.as_str())
                    .permissions_boundary(arn)
            ),
            Change::NoBoundary { user, .. } => make!(
                change,
                iam.delete_user_permissions_boundary()
                    .user_name(user.as_str())
            ),
            Change::DenyRole { role, denial } => make!(
                change,
                iam.put_role_policy()
                    .role_name(role.as_str())
                    .policy_name(denial.policy_name())
                    .policy_document(denial.document())
            ),
            Change::AllowRole { role, denial } => make!(
                change,
                iam.delete_role_policy()
                    .role_name(role.as_str())
                    .policy_name(denial.policy_name())
            ),
            Change::DeletePassword { user } => {
                make!(change, iam.delete_login_profile().user_name(user.as_str()))
            }
            Change::DeleteKey { user, key } => make!(
                change,
                iam.delete_access_key()
                    .user_name(user.as_str())
                    .access_key_id(key.as_str())
            ),
            // In a root session the call is about its caller.
            Change::DeleteRootKey { key } => {
                make!(change, iam.delete_access_key().access_key_id(key.as_str()))
            }
        }
    }
}

fn status_type(status: Status) -> StatusType {
    match status {
        Status::Active => StatusType::Active,
        Status::Inactive => StatusType::Inactive,
    }
}
