//! What is not as keyrail left it.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::message::Recheck;
use super::sentences;
use crate::change::{Change, Denial, ObservedState};
use crate::effects::{
    AccountClient, CredentialKind, EffectError, EffectErrorKind, Effects, HeldCredential,
};
use crate::id::{AccessKeyId, UserName};
use crate::patience::Patience;
use crate::plan::Act;

/// Something that is not as keyrail left it, and what to do about it.
pub(crate) struct Found {
    /// In words for people.
    pub(crate) what: String,
    pub(crate) act: Option<Act>,
}

/// Whether a look is for now, or can be put off where IAM throttles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haste {
    MayWait,
    Now,
}

pub(crate) async fn found(
    recheck: &Recheck,
    released: &BTreeSet<String>,
    haste: Haste,
    effects: &impl Effects,
) -> Result<Vec<Found>, EffectError> {
    let patience = match haste {
        Haste::MayWait => Patience::until_deadline(effects).leaving_allowance(),
        Haste::Now => Patience::until_deadline(effects),
    };
    let reach = recheck.reach();
    let mut reaching = patience.clone();
    let client = reaching.repeat(effects, async || effects.reach(&reach).await);
    let client = client.await?;
    let changes: Vec<&Change> = recheck
        .changes
        .iter()
        .filter(|change| {
            !change
                .key()
                .is_some_and(|key| released.contains(key.as_str()))
        })
        .collect();
    let looking = changes.iter().map(async |change| {
        let mut patience = patience.clone();
        patience
            .repeat(effects, async || client.see(change).await)
            .await
    });
    let to = recheck.to();
    let listing = async {
        match to.user() {
            Some(user) => all_credentials(user, &client, &patience, effects).await,
            None => Ok(Vec::new()),
        }
    };
    // One after the other: where IAM throttles, one call is enough to know.
    let holder = holder(recheck, &client, &patience, effects).await?;
    let observations = join_all(looking).await;
    if let Some(Err(error)) = observations.iter().find(|observed| is_throttled(observed)) {
        return Err(error.clone());
    }
    let held = listing.await;
    let is_there = matches!(holder, Holder::Same);
    let holder = match holder {
        Holder::Gone | Holder::Same => None,
        Holder::StillMissing => return Ok(Vec::new()),
        Holder::Elsewhere(key, owner) => Some((key, owner)),
        // Somebody else, or nobody that can be found: nothing is touched.
        Holder::Lost(what) => return Ok(vec![Found { what, act: None }]),
    };
    if let Some((key, owner)) = holder {
        // Whoever has the user's name by now is somebody else.
        let again = changes.iter().map(|change| Found {
            what: sentences::renamed(key, &owner),
            act: Some(act_of(change)),
        });
        return Ok(again.collect());
    }
    let mut found = Vec::new();
    for (change, observed) in changes.iter().zip(observations) {
        let what = match (observed?, change.key()) {
            (ObservedState::Made, _) => continue,
            (ObservedState::TargetGone, _) if !change.is_put() => continue,
            (ObservedState::OwnerGone, _) if is_there => return Err(contradiction(change)),
            // A renamed user takes what was put on it along.
            (ObservedState::OwnerGone, _) => continue,
            (ObservedState::NotMade(state), Some(key)) => sentences::key_is(key, state),
            (ObservedState::NotMade(_) | ObservedState::TargetGone, _) => {
                sentences::no_longer(change)
            }
        };
        found.push(Found {
            what,
            act: Some(act_of(change)),
        });
    }
    let held = match held {
        Ok(held) => held,
        Err(error) if error.kind == EffectErrorKind::Gone && !is_there => Vec::new(),
        Err(error) => return Err(error),
    };
    let known: BTreeSet<&str> = recheck.changes.iter().filter_map(id_of).collect();
    for held in held
        .iter()
        .filter(|held| recheck.is_new(held, &known, released))
    {
        found.push(Found {
            what: sentences::new_credential(held),
            act: act_on(held),
        });
    }
    Ok(found)
}

/// IAM has just named the user: that it has none of that name now is no proof of anything.
fn contradiction(change: &Change) -> EffectError {
    EffectError {
        kind: EffectErrorKind::Gone,
        message: format!(
            "{}: IAM has no such user, although it names it",
            change.reading_action()
        ),
        cause: None,
    }
}

fn is_throttled(observed: &Result<ObservedState, EffectError>) -> bool {
    matches!(observed, Err(error) if error.kind == EffectErrorKind::Throttled)
}

/// A user's credentials of every kind, one after the other: where IAM throttles, one call waits,
/// and none is made in vain.
pub(super) async fn all_credentials(
    user: &UserName,
    client: &impl AccountClient,
    patience: &Patience,
    effects: &impl Effects,
) -> Result<Vec<HeldCredential>, EffectError> {
    let mut all = Vec::new();
    for kind in CredentialKind::ALL {
        let mut patience = patience.clone();
        let listing = patience.repeat(effects, async || client.credentials(user, kind).await);
        all.extend(listing.await?);
    }
    Ok(all)
}

/// Who the user of the name is by now.
enum Holder<'a> {
    /// Nobody, and what the user held went with it.
    Gone,
    /// Whom keyrail contained, as far as IAM tells.
    Same,
    /// Nobody, as was alerted.
    StillMissing,
    /// Another one: whom keyrail contained has another name, by which a key finds it.
    Elsewhere(&'a AccessKeyId, UserName),
    /// Nobody, or another one, and nothing finds whom keyrail contained.
    Lost(String),
}

async fn holder<'a>(
    recheck: &'a Recheck,
    client: &impl AccountClient,
    patience: &Patience,
    effects: &impl Effects,
) -> Result<Holder<'a>, EffectError> {
    let to = recheck.to();
    let Some(user) = to.user() else {
        return Ok(Holder::Same);
    };
    if let Some(key) = recheck.key() {
        let mut patience = patience.clone();
        let asking = patience.repeat(effects, async || client.owner(key).await);
        match asking.await {
            Ok(owner) if owner == *user => return Ok(Holder::Same),
            Ok(owner) if recheck.is_compared => {
                return Ok(Holder::Lost(sentences::renamed(key, &owner)));
            }
            Ok(owner) => return Ok(Holder::Elsewhere(key, owner)),
            // IAM does not tell: the key may have been deleted since.
            Err(error) if matches!(error.kind, EffectErrorKind::Denied | EffectErrorKind::Gone) => {
            }
            Err(error) => return Err(error),
        }
    }
    let mut patience = patience.clone();
    let asking = patience.repeat(effects, async || client.user(user).await);
    match asking.await {
        // Where the user's creation could not be read, one that is younger than the event is
        // another.
        Ok(record) => Ok(match recheck.created {
            Some(created) if record.created == created => Holder::Same,
            None if record.created <= recheck.since => Holder::Same,
            Some(_) | None => Holder::Lost(sentences::another_user(user)),
        }),
        Err(error) if error.kind == EffectErrorKind::Gone => {
            Ok(match recheck.changes.iter().any(Change::is_put) {
                _ if recheck.is_user_missing => Holder::StillMissing,
                // What was put on the user, a new name takes along.
                true => Holder::Lost(sentences::no_user(user)),
                false => Holder::Gone,
            })
        }
        Err(error) => Err(error),
    }
}

impl Recheck {
    /// Whether a credential works that did not when keyrail was done, or was made after
    /// the event.
    fn is_new(
        &self,
        held: &HeldCredential,
        known: &BTreeSet<&str>,
        released: &BTreeSet<String>,
    ) -> bool {
        let deleted_password = held.kind == CredentialKind::Password
            && self
                .changes
                .iter()
                .any(|change| matches!(change, Change::DeletePassword { .. }));
        let is_younger = held.created.is_some_and(|created| created > self.since);
        let works_again = self
            .working
            .as_ref()
            .is_some_and(|working| !working.contains(&held.id));
        held.active
            && !deleted_password
            && !known.contains(held.id.as_str())
            && !released.contains(&held.id)
            && (is_younger || works_again)
    }
}

fn id_of(change: &Change) -> Option<&str> {
    match change {
        Change::Key { key, .. } | Change::DeleteKey { key, .. } => Some(key.as_str()),
        Change::ServiceCredential { credential, .. }
        | Change::SshKey { credential, .. }
        | Change::SigningCertificate { credential, .. } => Some(credential.as_str()),
        // The re-check of a key of root lists nobody's credentials.
        Change::DeleteRootKey { .. }
        | Change::DenyUser { .. }
        | Change::AllowUser { .. }
        | Change::AttachDenyAll { .. }
        | Change::DetachDenyAll { .. }
        | Change::Boundary { .. }
        | Change::NoBoundary { .. }
        | Change::DenyRole { .. }
        | Change::AllowRole { .. }
        | Change::DeletePassword { .. } => None,
    }
}

/// What makes a change again.
fn act_of(change: &Change) -> Act {
    match change {
        Change::Key { key, .. } => Act::DeactivateKey(key.clone()),
        Change::ServiceCredential { credential, .. } => {
            Act::DeactivateServiceCredential(credential.clone())
        }
        Change::SshKey { credential, .. } => Act::DeactivateSshKey(credential.clone()),
        Change::SigningCertificate { credential, .. } => {
            Act::DeactivateSigningCertificate(credential.clone())
        }
        Change::DenyUser { denial, .. } | Change::AllowUser { denial, .. } => match denial {
            Denial::Everything => Act::QuarantineUser,
            Denial::SessionsBefore(_) => Act::RevokeSessions,
        },
        Change::AttachDenyAll { .. }
        | Change::DetachDenyAll { .. }
        | Change::Boundary { .. }
        | Change::NoBoundary { .. } => Act::QuarantineUser,
        Change::DenyRole { .. } | Change::AllowRole { .. } => Act::RevokeRoleSessions,
        Change::DeletePassword { .. } => Act::DisableConsoleLogin,
        Change::DeleteKey { key, .. } => Act::DeleteKey(key.clone()),
        Change::DeleteRootKey { key } => Act::DeleteRootKey(key.clone()),
    }
}

/// What stops a new credential. A password is only told: the quarantine denies what it
/// could do, and without one nobody asked for the user to be stopped.
fn act_on(held: &HeldCredential) -> Option<Act> {
    let id = &held.id;
    Some(match held.kind {
        CredentialKind::AccessKey => Act::DeactivateKey(id.parse().ok()?),
        CredentialKind::ServiceCredential => Act::DeactivateServiceCredential(id.parse().ok()?),
        CredentialKind::SshKey => Act::DeactivateSshKey(id.parse().ok()?),
        CredentialKind::SigningCertificate => Act::DeactivateSigningCertificate(id.parse().ok()?),
        CredentialKind::Password => return None,
    })
}
