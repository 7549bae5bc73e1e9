//! IAM: stopping a key, and reading what state it is in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_iam::types::StatusType;
use jiff::Timestamp;
use keyrail_core::id::{AccessKeyId, AccountId, UserName};
use keyrail_core::lookup::{Lookup, UserFacts};
use keyrail_core::outcome::{EffectError, EffectErrorKind, Effects, KeyState};

use crate::Aws;
use crate::error::sorted;

impl Effects for Aws {
    async fn deactivate_key(
        &self,
        account: &AccountId,
        user: &UserName,
        key: &AccessKeyId,
    ) -> Result<(), EffectError> {
        self.iam_of(account)?
            .update_access_key()
            .user_name(user.as_str())
            .access_key_id(key.as_str())
            .status(StatusType::Inactive)
            .send()
            .await
            .map_err(|error| sorted("iam:UpdateAccessKey", &error))?;
        Ok(())
    }

    async fn key_state(
        &self,
        account: &AccountId,
        user: &UserName,
        key: &AccessKeyId,
    ) -> Result<KeyState, EffectError> {
        // A user has two keys at most, so the answer is never a page of many.
        let listed = self
            .iam_of(account)?
            .list_access_keys()
            .user_name(user.as_str())
            .send()
            .await;
        let keys = match listed.map_err(|error| sorted("iam:ListAccessKeys", &error)) {
            Ok(listed) => listed.access_key_metadata,
            Err(error) if error.kind == EffectErrorKind::Gone => return Ok(KeyState::UserGone),
            Err(error) => return Err(error),
        };
        let found = keys
            .into_iter()
            .find(|found| found.access_key_id() == Some(key.as_str()));
        Ok(match found.map(|found| found.status) {
            Some(Some(StatusType::Inactive)) => KeyState::Inactive,
            // A status that this SDK does not know is not proof of inactivity.
            Some(_) => KeyState::Active,
            None => KeyState::KeyGone,
        })
    }

    async fn owner(&self, account: &AccountId, key: &AccessKeyId) -> Result<UserName, EffectError> {
        const CALL: &str = "iam:GetAccessKeyLastUsed";
        let asked = self
            .iam_of(account)?
            .get_access_key_last_used()
            .access_key_id(key.as_str());
        let answer = asked.send().await.map_err(|error| sorted(CALL, &error))?;
        answer
            .user_name()
            .unwrap_or_default()
            .parse()
            .map_err(|error| EffectError {
                kind: EffectErrorKind::Other,
                message: format!("{CALL}: {error}"),
            })
    }

    async fn user_facts(
        &self,
        account: &AccountId,
        user: &UserName,
        lookups: &BTreeSet<Lookup>,
    ) -> Result<UserFacts, EffectError> {
        let iam = self.iam_of(account)?;
        let name = user.as_str();
        // A user has at most 50 tags, 10 groups and 20 policies: one page of each.
        let tags = async {
            if !lookups.contains(&Lookup::Tags) {
                return Ok(BTreeMap::new());
            }
            let listed = iam.list_user_tags().user_name(name).send().await;
            let listed = listed.map_err(|error| sorted("iam:ListUserTags", &error))?;
            Ok(listed
                .tags
                .into_iter()
                .map(|tag| (tag.key, tag.value))
                .collect())
        };
        let groups = async {
            if !lookups.contains(&Lookup::Groups) {
                return Ok(BTreeSet::new());
            }
            let listed = iam.list_groups_for_user().user_name(name).send().await;
            let listed = listed.map_err(|error| sorted("iam:ListGroupsForUser", &error))?;
            Ok(listed
                .groups
                .into_iter()
                .map(|group| group.group_name)
                .collect())
        };
        let policies = async {
            if !lookups.contains(&Lookup::Policies) {
                return Ok(BTreeSet::new());
            }
            let listed = iam
                .list_attached_user_policies()
                .user_name(name)
                .send()
                .await;
            let listed = listed.map_err(|error| sorted("iam:ListAttachedUserPolicies", &error))?;
            let attached = listed.attached_policies.unwrap_or_default().into_iter();
            Ok(attached.filter_map(|policy| policy.policy_arn).collect())
        };
        let (tags, groups, policies) = tokio::try_join!(tags, groups, policies)?;
        Ok(UserFacts {
            known: lookups.clone(),
            groups,
            policies,
            tags,
        })
    }

    async fn pause(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl Aws {
    /// The IAM client for an account: one place, where those for other accounts
    /// will come from.
    fn iam_of(&self, account: &AccountId) -> Result<&aws_sdk_iam::Client, EffectError> {
        if self.account.as_ref() == Some(account) {
            return Ok(&self.iam);
        }
        let own = self.account.as_ref().map_or("unknown", AccountId::as_str);
        Err(EffectError {
            kind: EffectErrorKind::Elsewhere,
            message: format!(
                "the key is in account {account}, and keyrail acts only in its own, {own}"
            ),
        })
    }
}
