//! IAM: what acts in one account.

use std::collections::{BTreeMap, BTreeSet};

use keyrail_core::cause::Cause;
use keyrail_core::change::{Change, ObservedState};
use keyrail_core::effects::{
    AccountClient, CredentialKind, EffectError, EffectErrorKind, HeldCredential, UserRecord,
};
use keyrail_core::id::{AccessKeyId, UserName};
use keyrail_core::lookup::{Lookup, UserFacts};

use self::credentials::none_of_unknown;
use crate::error::{sorted, without_hint};
use crate::reach::IamAccountClient;

mod credentials;
mod making;
mod seeing;
mod time;
mod user;

impl AccountClient for IamAccountClient {
    async fn make(&self, change: &Change) -> Result<(), EffectError> {
        self.bounded(Box::pin(self.make_unbounded(change))).await
    }

    async fn see(&self, change: &Change) -> Result<ObservedState, EffectError> {
        self.bounded(Box::pin(self.see_unbounded(change))).await
    }

    async fn owner(&self, key: &AccessKeyId) -> Result<UserName, EffectError> {
        const CALL: &str = "iam:GetAccessKeyLastUsed";
        let asked = self
            .iam
            .get_access_key_last_used()
            .access_key_id(key.as_str());
        self.bounded(Box::pin(async {
            // Denied is what IAM answers for a deleted key, too.
            let answer = asked
                .send()
                .await
                .map_err(|error| without_hint(CALL, &error))?;
            answer
                .user_name()
                .unwrap_or_default()
                .parse()
                .map_err(|error| EffectError {
                    kind: EffectErrorKind::Refused,
                    message: format!("{CALL}: {error}"),
                    cause: Some(Cause::of(&error)),
                })
        }))
        .await
    }

    async fn user(&self, user: &UserName) -> Result<UserRecord, EffectError> {
        self.bounded(Box::pin(self.user_unbounded(user))).await
    }

    async fn credentials(
        &self,
        user: &UserName,
        kind: CredentialKind,
    ) -> Result<Vec<HeldCredential>, EffectError> {
        self.bounded(Box::pin(async {
            match kind {
                CredentialKind::AccessKey => self.access_keys(user).await,
                CredentialKind::Password => self.password(user).await,
                CredentialKind::ServiceCredential => {
                    none_of_unknown(self.service_credentials(user).await)
                }
                CredentialKind::SigningCertificate => {
                    none_of_unknown(self.certificates(user).await)
                }
                CredentialKind::SshKey => none_of_unknown(self.ssh_keys(user).await),
            }
        }))
        .await
    }

    async fn facts(
        &self,
        user: &UserName,
        lookups: &BTreeSet<Lookup>,
    ) -> Result<UserFacts, EffectError> {
        self.bounded(Box::pin(self.facts_unbounded(user, lookups)))
            .await
    }
}

impl IamAccountClient {
    async fn facts_unbounded(
        &self,
        user: &UserName,
        lookups: &BTreeSet<Lookup>,
    ) -> Result<UserFacts, EffectError> {
        let iam = &self.iam;
        let name = user.as_str();
        // IAM may answer with a page of fewer than there are, and fewer than it could (IAM API
        // reference, `IsTruncated`, checked 2026-11-29).
        let tags = async {
            if !lookups.contains(&Lookup::Tags) {
                return Ok(BTreeMap::new());
            }
            let listed = iam.list_user_tags().user_name(name).into_paginator();
            let listed: Result<Vec<_>, _> = listed.items().send().collect().await;
            let listed = listed.map_err(|error| sorted("iam:ListUserTags", &error))?;
            Ok(listed.into_iter().map(|tag| (tag.key, tag.value)).collect())
        };
        let groups = async {
            if !lookups.contains(&Lookup::Groups) {
                return Ok(BTreeSet::new());
            }
            let listed = iam.list_groups_for_user().user_name(name).into_paginator();
            let listed: Result<Vec<_>, _> = listed.items().send().collect().await;
            let listed = listed.map_err(|error| sorted("iam:ListGroupsForUser", &error))?;
            Ok(listed.into_iter().map(|group| group.group_name).collect())
        };
        let policies = async {
            if !lookups.contains(&Lookup::Policies) {
                return Ok(BTreeSet::new());
            }
            let attached = self.attached(user).await?.into_iter();
            Ok(attached.collect())
        };
        let (tags, groups, policies) = tokio::try_join!(tags, groups, policies)?;
        Ok(UserFacts {
            known: lookups.clone(),
            groups,
            policies,
            tags,
        })
    }
}
