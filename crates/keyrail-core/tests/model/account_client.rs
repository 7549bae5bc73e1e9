//! What acts in one account of the model: each call of IAM within the session, the allowance and
//! the invocation's time.

use std::collections::BTreeSet;

use keyrail_core::change::{Change, ObservedState, Principal};
use keyrail_core::effects::{
    AccountClient, CredentialKind, EffectError, EffectErrorKind, HeldCredential, SessionScope, To,
    UserRecord,
};
use keyrail_core::id::{AccessKeyId, UserName};
use keyrail_core::lookup::{Lookup, UserFacts};

use crate::model::{Inner, Made, Model, Seen};
use crate::world::{Iam, Write, apply, error, observed};

/// What acts in one account, as far as its session allows.
#[derive(Debug, Clone)]
pub(crate) struct ModelClient {
    pub model: Model,
    pub account: String,
    pub scope: SessionScope,
}

impl ModelClient {
    /// One call of IAM: within the session, the allowance and the invocation's time.
    async fn iam<T>(
        &self,
        action: &'static str,
        user: Option<&str>,
        effect: impl FnOnce(&mut Inner) -> Result<T, EffectError>,
    ) -> Result<T, EffectError> {
        let is_its = match &self.scope.to {
            Some(To::User(of)) => user.is_none_or(|user| user == of.as_str()),
            Some(To::Role(_) | To::Root) => false,
            None => user.is_none(),
        };
        assert!(
            is_its && self.scope.actions.contains(action),
            "{action} on {user:?} is not in the session: {:?}",
            self.scope
        );
        let deadline = self.model.1;
        let lists = self.scope.actions.contains("iam:ListSSHPublicKeys");
        let calling = self.model.call(|inner| {
            inner.listing_calls += u64::from(lists);
            if deadline.is_some_and(|deadline| inner.now > deadline) {
                return Err(error(EffectErrorKind::TimedOut));
            }
            match inner.refusal(action) {
                Some(kind) => Err(error(kind)),
                None => effect(inner),
            }
        });
        calling.await
    }
}

impl AccountClient for ModelClient {
    async fn make(&self, change: &Change) -> Result<(), EffectError> {
        let account = self.account.clone();
        let Principal::User(user) = change.principal() else {
            panic!("the model has no {change}");
        };
        let making = self.iam(change.action(), Some(user.as_str()), |inner| {
            let sides = inner.faults.lost;
            let is_lost = sides > 0 && inner.dice.one_in(sides);
            let write = Write::Change {
                account: account.clone(),
                change: change.clone(),
            };
            let known = inner.known(inner.iam.clone());
            let result = match (apply(&mut known.clone(), &write, inner.now), is_lost) {
                (Err(unknown), _) => Err(unknown),
                // IAM accepts no more than it would otherwise.
                (Ok(()), true) => Ok(()),
                (Ok(()), false) => inner.write(write),
            };
            let uid = inner.iam.get(&(account.clone(), user.to_string()));
            let uid = uid
                .map(|user| user.uid)
                .filter(|_| result.is_ok() && !is_lost);
            inner.made.push(Made {
                at: inner.now,
                account,
                change: change.clone(),
                uid,
                is_lost,
            });
            result
        });
        making.await
    }

    async fn see(&self, change: &Change) -> Result<ObservedState, EffectError> {
        let Principal::User(user) = change.principal() else {
            panic!("the model has no {change}");
        };
        let reading = self.iam(change.reading_action(), Some(user.as_str()), |inner| {
            let observed = inner.read(|iam| observed(iam, &self.account, change));
            Ok(observed)
        });
        let observed = reading.await?;
        let mut inner = self.model.0.borrow_mut();
        let seen = Seen {
            at: inner.now,
            account: self.account.clone(),
            change: change.clone(),
            observed,
        };
        inner.seen.push(seen);
        Ok(observed)
    }

    /// Of a key that is not in the account AWS says as much as of one that keyrail may not ask for.
    async fn owner(&self, key: &AccessKeyId) -> Result<UserName, EffectError> {
        let find = |iam: &Iam| {
            let found = iam.iter().find(|((account, _), user)| {
                *account == self.account && user.keys.contains_key(key.as_str())
            });
            found.map(|((_, name), _)| name.parse().expect("a user"))
        };
        let asking = self.iam("iam:GetAccessKeyLastUsed", None, |inner| {
            inner
                .read(find)
                .ok_or_else(|| error(EffectErrorKind::Denied))
        });
        asking.await
    }

    async fn user(&self, user: &UserName) -> Result<UserRecord, EffectError> {
        let find = |iam: &Iam| {
            let found = iam.get(&(self.account.clone(), user.to_string()));
            found.map(|found| UserRecord {
                id: format!("AIDA{:017}", found.uid),
                created: found.created,
                boundary: found.boundary.clone(),
            })
        };
        let asking = self.iam("iam:GetUser", Some(user.as_str()), |inner| {
            inner.read(find).ok_or_else(|| error(EffectErrorKind::Gone))
        });
        asking.await
    }

    async fn credentials(
        &self,
        user: &UserName,
        kind: CredentialKind,
    ) -> Result<Vec<HeldCredential>, EffectError> {
        let action = match kind {
            CredentialKind::AccessKey => "iam:ListAccessKeys",
            CredentialKind::Password => "iam:GetLoginProfile",
            CredentialKind::ServiceCredential => "iam:ListServiceSpecificCredentials",
            CredentialKind::SigningCertificate => "iam:ListSigningCertificates",
            CredentialKind::SshKey => "iam:ListSSHPublicKeys",
        };
        let find = |iam: &Iam| {
            let found = iam.get(&(self.account.clone(), user.to_string()));
            found.map(|user| user.held(kind))
        };
        let asking = self.iam(action, Some(user.as_str()), |inner| {
            inner.read(find).ok_or_else(|| error(EffectErrorKind::Gone))
        });
        asking.await
    }

    async fn facts(&self, _: &UserName, _: &BTreeSet<Lookup>) -> Result<UserFacts, EffectError> {
        Err(error(EffectErrorKind::Denied))
    }
}
