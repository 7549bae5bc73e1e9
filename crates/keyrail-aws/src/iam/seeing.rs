//! Reading what changes left.

use keyrail_core::change::{Change, Denial, Instead, ObservedState, Status};
use keyrail_core::effects::{EffectError, EffectErrorKind, HeldCredential};
use keyrail_core::id::{RoleName, UserName};
use percent_encoding::percent_decode_str;

use super::credentials::NotListed;
use crate::error::sorted;
use crate::reach::IamAccountClient;

impl IamAccountClient {
    pub(super) async fn see_unbounded(
        &self,
        change: &Change,
    ) -> Result<ObservedState, EffectError> {
        match change {
            Change::Key { user, key, status } => {
                listed(self.access_keys(user).await, key.as_str(), *status)
            }
            Change::ServiceCredential {
                user,
                credential,
                status,
            } => listed(
                self.service_credentials(user)
                    .await
                    .map_err(NotListed::error),
                credential.as_str(),
                *status,
            ),
            Change::SshKey {
                user,
                credential,
                status,
            } => listed(
                self.ssh_keys(user).await.map_err(NotListed::error),
                credential.as_str(),
                *status,
            ),
            Change::SigningCertificate {
                user,
                credential,
                status,
            } => listed(
                self.certificates(user).await.map_err(NotListed::error),
                credential.as_str(),
                *status,
            ),
            Change::DenyUser { user, denial } => self.policy_of_user(user, *denial).await.map(put),
            Change::AllowUser { user, denial } => {
                self.policy_of_user(user, *denial).await.map(taken_off)
            }
            Change::AttachDenyAll { user, arn } => self.is_attached(user, arn).await,
            Change::DetachDenyAll { user, arn } => {
                self.is_attached(user, arn)
                    .await
                    .map(|observed| match observed {
                        ObservedState::Made => ObservedState::NotMade(Instead::Present),
                        ObservedState::NotMade(_) => ObservedState::Made,
                        gone => gone,
                    })
            }
            Change::Boundary { user, arn, .. } => {
                let is_set = |boundary: Option<String>| match boundary.as_ref() == Some(arn) {
                    true => ObservedState::Made,
                    false => ObservedState::NotMade(Instead::Another),
                };
                self.boundary(user, is_set).await
            }
            Change::NoBoundary { user, .. } => {
                let is_gone = |boundary: Option<String>| match boundary {
                    None => ObservedState::Made,
                    Some(_) => ObservedState::NotMade(Instead::Present),
                };
                self.boundary(user, is_gone).await
            }
            Change::DenyRole { role, denial } => self.policy_of_role(role, *denial).await.map(put),
            Change::AllowRole { role, denial } => {
                self.policy_of_role(role, *denial).await.map(taken_off)
            }
            Change::DeletePassword { user } => Ok(match self.password(user).await?.is_empty() {
                true => ObservedState::Made,
                false => ObservedState::NotMade(Instead::Present),
            }),
            Change::DeleteKey { user, key } => Ok(
                match listed(self.access_keys(user).await, key.as_str(), Status::Active)? {
                    ObservedState::TargetGone | ObservedState::OwnerGone => ObservedState::Made,
                    ObservedState::Made | ObservedState::NotMade(_) => {
                        ObservedState::NotMade(Instead::Present)
                    }
                },
            ),
            Change::DeleteRootKey { key } => {
                const CALL: &str = "iam:ListAccessKeys";
                let listed = self.iam.list_access_keys().into_paginator();
                let listed: Result<Vec<_>, _> = listed.items().send().collect().await;
                let listed = listed.map_err(|error| sorted(CALL, &error))?;
                let is_there = listed
                    .iter()
                    .any(|found| found.access_key_id() == Some(key.as_str()));
                Ok(match is_there {
                    false => ObservedState::Made,
                    true => ObservedState::NotMade(Instead::Present),
                })
            }
        }
    }

    async fn boundary(
        &self,
        user: &UserName,
        observed: impl FnOnce(Option<String>) -> ObservedState,
    ) -> Result<ObservedState, EffectError> {
        match self.user_unbounded(user).await {
            Ok(record) => Ok(observed(record.boundary)),
            Err(error) if error.kind == EffectErrorKind::Gone => Ok(ObservedState::OwnerGone),
            Err(error) => Err(error),
        }
    }

    async fn policy_of_user(
        &self,
        user: &UserName,
        denial: Denial,
    ) -> Result<Option<bool>, EffectError> {
        let asked = self
            .iam
            .get_user_policy()
            .user_name(user.as_str())
            .policy_name(denial.policy_name())
            .send();
        let answer = asked.await.map(|answer| answer.policy_document);
        denies(
            answer.map_err(|error| sorted("iam:GetUserPolicy", &error)),
            denial,
        )
    }

    async fn policy_of_role(
        &self,
        role: &RoleName,
        denial: Denial,
    ) -> Result<Option<bool>, EffectError> {
        let asked = self
            .iam
            .get_role_policy()
            .role_name(role.as_str())
            .policy_name(denial.policy_name())
            .send();
        let answer = asked.await.map(|answer| answer.policy_document);
        denies(
            answer.map_err(|error| sorted("iam:GetRolePolicy", &error)),
            denial,
        )
    }

    async fn is_attached(&self, user: &UserName, arn: &str) -> Result<ObservedState, EffectError> {
        match self.attached(user).await {
            Ok(attached) => Ok(match attached.iter().any(|attached| attached == arn) {
                true => ObservedState::Made,
                false => ObservedState::NotMade(Instead::Absent),
            }),
            Err(error) if error.kind == EffectErrorKind::Gone => Ok(ObservedState::OwnerGone),
            Err(error) => Err(error),
        }
    }

    /// The managed policies of a user.
    pub(super) async fn attached(&self, user: &UserName) -> Result<Vec<String>, EffectError> {
        let listed = self.iam.list_attached_user_policies();
        let listed = listed.user_name(user.as_str()).into_paginator();
        let listed: Result<Vec<_>, _> = listed.items().send().collect().await;
        let listed = listed.map_err(|error| sorted("iam:ListAttachedUserPolicies", &error))?;
        let policies = listed.into_iter();
        Ok(policies.filter_map(|policy| policy.policy_arn).collect())
    }
}

fn listed(
    held: Result<Vec<HeldCredential>, EffectError>,
    id: &str,
    status: Status,
) -> Result<ObservedState, EffectError> {
    let held = match held {
        Ok(held) => held,
        Err(error) if error.kind == EffectErrorKind::Gone => return Ok(ObservedState::OwnerGone),
        Err(error) => return Err(error),
    };
    // A status that this SDK does not know is not proof of inactivity.
    Ok(match held.iter().find(|held| held.id == id) {
        Some(held) if held.active == (status == Status::Active) => ObservedState::Made,
        Some(held) if held.active => ObservedState::NotMade(Instead::Active),
        Some(_) => ObservedState::NotMade(Instead::Inactive),
        None => ObservedState::TargetGone,
    })
}

/// Whether a policy denies as much as keyrail's; `None` if none of that name is there. IAM
/// gives its text percent-encoded (IAM API reference, `GetUserPolicy`, checked
/// 2026-11-25).
fn denies(
    document: Result<String, EffectError>,
    denial: Denial,
) -> Result<Option<bool>, EffectError> {
    match document {
        Ok(document) => {
            let text = percent_decode_str(&document).decode_utf8_lossy();
            Ok(Some(denial.is_met_by(&text)))
        }
        Err(error) if error.kind == EffectErrorKind::Gone => Ok(None),
        Err(error) => Err(error),
    }
}

fn put(denies: Option<bool>) -> ObservedState {
    match denies {
        Some(true) => ObservedState::Made,
        Some(false) => ObservedState::NotMade(Instead::Another),
        None => ObservedState::NotMade(Instead::Absent),
    }
}

fn taken_off(denies: Option<bool>) -> ObservedState {
    match denies {
        None => ObservedState::Made,
        Some(_) => ObservedState::NotMade(Instead::Present),
    }
}
