//! What IAM holds: accounts, users, and what users hold; the writes that change it, and
//! what a read shows of a change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use keyrail_core::change::{
    Change, Denial, Instead, ObservedState, Principal, Status, deny_all_arn,
};
use keyrail_core::effects::{CredentialKind, EffectError, EffectErrorKind, HeldCredential};
use keyrail_core::id::UserName;

/// A credential: whether it works, and since when there is one.
pub(crate) type Credential = (bool, Timestamp);

/// A user as IAM has it. `uid` stays when the name changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub uid: u64,
    pub created: Timestamp,
    pub keys: BTreeMap<String, Credential>,
    pub password: Option<Timestamp>,
    pub services: BTreeMap<String, Credential>,
    pub ssh_keys: BTreeMap<String, Credential>,
    pub certificates: BTreeMap<String, Credential>,
    /// Inline policies: name and text.
    pub inline: BTreeMap<String, String>,
    pub attached: BTreeSet<String>,
    pub boundary: Option<String>,
}

/// Users by account and name.
pub(crate) type Iam = BTreeMap<(String, String), User>;

/// What somebody who is still in does to one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attack {
    /// Activates a key.
    Activate(String),
    /// Makes a key, and deletes another to have room.
    CreateKey(String, String),
    /// Takes off whatever denies everything.
    DropQuarantine,
    /// Makes a service-specific credential.
    MakeCredential(String),
    /// Sets a password where there was none, or deletes the old one first.
    MakePassword,
}

/// One write: keyrail's, or somebody else's.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    Change {
        account: String,
        change: Change,
    },
    Attack {
        account: String,
        user: String,
        attack: Attack,
    },
}

pub(crate) fn error(kind: EffectErrorKind) -> EffectError {
    EffectError {
        kind,
        message: "as the model has it".to_owned(),
        cause: None,
    }
}

impl User {
    /// Whether nothing that the user's own permissions allow is allowed any more, in
    /// sessions of `GetSessionToken` and `GetFederationToken` too: they can do what
    /// their user can at that time.
    pub(crate) fn is_denied(&self) -> bool {
        let arn = deny_all_arn("aws");
        self.inline
            .values()
            .any(|text| *text == Denial::Everything.document())
            || self.attached.contains(&arn)
            || self.boundary.as_ref() == Some(&arn)
    }

    /// The credentials of one kind, as IAM lists them.
    pub(crate) fn held(&self, kind: CredentialKind) -> Vec<HeldCredential> {
        let password = || {
            self.password
                .map(|created| (String::new(), (true, created)))
        };
        let all: Vec<(String, Credential)> = match kind {
            CredentialKind::AccessKey => self.keys.clone().into_iter().collect(),
            CredentialKind::Password => password().into_iter().collect(),
            CredentialKind::ServiceCredential => self.services.clone().into_iter().collect(),
            CredentialKind::SigningCertificate => self.certificates.clone().into_iter().collect(),
            CredentialKind::SshKey => self.ssh_keys.clone().into_iter().collect(),
        };
        all.into_iter()
            .map(|(id, (active, created))| HeldCredential {
                kind,
                id,
                active,
                created: Some(created),
            })
            .collect()
    }

    fn attack(&mut self, attack: &Attack, at: Timestamp) {
        match attack {
            Attack::Activate(key) => {
                if let Some(known) = self.keys.get_mut(key) {
                    known.0 = true;
                }
            }
            Attack::CreateKey(key, instead_of) => {
                self.keys.remove(instead_of);
                self.keys.insert(key.clone(), (true, at));
            }
            Attack::DropQuarantine => {
                self.inline.remove(Denial::Everything.policy_name());
                self.attached.remove(&deny_all_arn("aws"));
                if self.boundary.as_ref() == Some(&deny_all_arn("aws")) {
                    self.boundary = None;
                }
            }
            Attack::MakeCredential(id) => {
                self.services.insert(id.clone(), (true, at));
            }
            Attack::MakePassword => self.password = Some(at),
        }
    }

    /// Whether what an attack brought about is there.
    pub(crate) fn shows(&self, attack: &Attack, at: Timestamp) -> bool {
        match attack {
            Attack::Activate(key) | Attack::CreateKey(key, _) => {
                self.keys.get(key).is_some_and(|(active, _)| *active)
            }
            Attack::DropQuarantine => !self.is_denied(),
            Attack::MakeCredential(id) => self.services.get(id).is_some_and(|(active, _)| *active),
            Attack::MakePassword => self.password == Some(at),
        }
    }
}

/// Makes a write, as IAM does.
pub(crate) fn apply(iam: &mut Iam, write: &Write, at: Timestamp) -> Result<(), EffectError> {
    match write {
        Write::Change { account, change } => make(iam, account, change),
        Write::Attack {
            account,
            user,
            attack,
        } => {
            if let Some(user) = iam.get_mut(&(account.clone(), user.clone())) {
                user.attack(attack, at);
            }
            Ok(())
        }
    }
}

fn make(iam: &mut Iam, account: &str, change: &Change) -> Result<(), EffectError> {
    let gone = || error(EffectErrorKind::Gone);
    let Principal::User(name) = change.principal() else {
        panic!("the model has no {change}");
    };
    let place = (account.to_owned(), name.to_string());
    let user = iam.get_mut(&place).ok_or_else(gone)?;
    let set = |all: &mut BTreeMap<String, Credential>, id: &str, status: Status| {
        let known = all.get_mut(id).ok_or_else(gone)?;
        known.0 = status == Status::Active;
        Ok(())
    };
    match change {
        Change::Key { key, status, .. } => set(&mut user.keys, key.as_str(), *status)?,
        Change::ServiceCredential {
            credential, status, ..
        } => set(&mut user.services, credential.as_str(), *status)?,
        Change::SshKey {
            credential, status, ..
        } => set(&mut user.ssh_keys, credential.as_str(), *status)?,
        Change::SigningCertificate {
            credential, status, ..
        } => set(&mut user.certificates, credential.as_str(), *status)?,
        Change::DenyUser { denial, .. } => {
            user.inline
                .insert(denial.policy_name().to_owned(), denial.document());
        }
        Change::AttachDenyAll { arn, .. } => {
            user.attached.insert(arn.clone());
        }
        Change::Boundary { arn, .. } => user.boundary = Some(arn.clone()),
        Change::DeletePassword { .. } => {
            user.password.take().ok_or_else(gone)?;
        }
        Change::DeleteKey { key, .. } => {
            user.keys.remove(key.as_str()).ok_or_else(gone)?;
        }
        other => panic!("the model has no {other}"),
    }
    Ok(())
}

/// What a read of a state shows of a change, as `keyrail-aws` reads it.
pub(crate) fn observed(iam: &Iam, account: &str, change: &Change) -> ObservedState {
    let of = |name: &UserName| iam.get(&(account.to_owned(), name.to_string()));
    let made = |is: bool| match is {
        true => ObservedState::Made,
        false => ObservedState::NotMade(Instead::Another),
    };
    let status = |all: &BTreeMap<String, Credential>, id: &str, wanted: Status| match all.get(id) {
        None => ObservedState::TargetGone,
        Some((active, _)) if *active == (wanted == Status::Active) => ObservedState::Made,
        Some((true, _)) => ObservedState::NotMade(Instead::Active),
        Some((false, _)) => ObservedState::NotMade(Instead::Inactive),
    };
    let Principal::User(name) = change.principal() else {
        panic!("the model has no {change}");
    };
    let user = match (of(name), change) {
        (Some(user), _) => user,
        (None, Change::DenyUser { .. }) => return ObservedState::NotMade(Instead::Absent),
        (None, Change::DeletePassword { .. } | Change::DeleteKey { .. }) => {
            return ObservedState::Made;
        }
        (None, _) => return ObservedState::OwnerGone,
    };
    match change {
        Change::Key {
            key, status: is, ..
        } => status(&user.keys, key.as_str(), *is),
        Change::ServiceCredential {
            credential,
            status: is,
            ..
        } => status(&user.services, credential.as_str(), *is),
        Change::SshKey {
            credential,
            status: is,
            ..
        } => status(&user.ssh_keys, credential.as_str(), *is),
        Change::SigningCertificate {
            credential,
            status: is,
            ..
        } => status(&user.certificates, credential.as_str(), *is),
        Change::DenyUser { denial, .. } => {
            let text = user.inline.get(denial.policy_name());
            made(text.is_some_and(|text| denial.is_met_by(text)))
        }
        Change::AttachDenyAll { arn, .. } => made(user.attached.contains(arn)),
        Change::Boundary { arn, .. } => made(user.boundary.as_ref() == Some(arn)),
        Change::DeletePassword { .. } => made(user.password.is_none()),
        Change::DeleteKey { key, .. } => made(!user.keys.contains_key(key.as_str())),
        other => panic!("the model has no {other}"),
    }
}
