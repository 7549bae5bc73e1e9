//! Which change a step stands for.

use super::target::Target;
use crate::change::{Change, Denial, Status, deny_all_arn};
use crate::effects::{AccountClient, EffectError, Effects, To};
use crate::plan::{Act, Effect};

/// The change that a step stands for; `None` if it is not one on such a target.
pub(super) fn first_change<H: AccountClient + Clone>(
    effect: &Effect,
    target: &Target<'_, H>,
    effects: &impl Effects<AccountClient = H>,
) -> Option<Change> {
    let status = Status::Inactive;
    let user = || target.to.user().cloned();
    Some(match &effect.act {
        Act::DeactivateKey(key) => Change::Key {
            user: user()?,
            key: key.clone(),
            status,
        },
        Act::DeactivateServiceCredential(id) => Change::ServiceCredential {
            user: user()?,
            credential: id.clone(),
            status,
        },
        Act::DeactivateSshKey(id) => Change::SshKey {
            user: user()?,
            credential: id.clone(),
            status,
        },
        Act::DeactivateSigningCertificate(id) => Change::SigningCertificate {
            user: user()?,
            credential: id.clone(),
            status,
        },
        Act::RevokeSessions => Change::DenyUser {
            user: user()?,
            denial: Denial::of_sessions_until(effects.now()),
        },
        Act::RevokeRoleSessions => match &target.to {
            To::Role(role) => Change::DenyRole {
                role: role.clone(),
                denial: Denial::of_sessions_until(effects.now()),
            },
            To::Root | To::User(_) => return None,
        },
        Act::QuarantineUser => Change::DenyUser {
            user: user()?,
            denial: Denial::Everything,
        },
        Act::DisableConsoleLogin => Change::DeletePassword { user: user()? },
        Act::DeleteKey(key) => Change::DeleteKey {
            user: user()?,
            key: key.clone(),
        },
        Act::DeleteRootKey(key) => Change::DeleteRootKey { key: key.clone() },
    })
}

/// What does the same if a quota leaves no room for a change.
pub(super) async fn next_change<H: AccountClient + Clone>(
    full: &Change,
    target: &Target<'_, H>,
    effects: &impl Effects<AccountClient = H>,
) -> Result<Option<Change>, EffectError> {
    let arn = deny_all_arn(effects.partition());
    Ok(match full {
        Change::DenyUser {
            user,
            denial: Denial::Everything,
        } => Some(Change::AttachDenyAll {
            user: user.clone(),
            arn,
        }),
        Change::AttachDenyAll { user, .. } => {
            let previous = target.client.user(user).await?.boundary;
            Some(Change::Boundary {
                user: user.clone(),
                // If it is this one already, there was none that keyrail knows of.
                previous: previous.filter(|previous| *previous != arn),
                arn,
            })
        }
        // Quotas are of policies: nothing else is refused for one, and after a boundary there is nothing
        // left that would deny as much.
        Change::Key { .. }
        | Change::ServiceCredential { .. }
        | Change::SshKey { .. }
        | Change::SigningCertificate { .. }
        | Change::DenyUser {
            denial: Denial::SessionsBefore(_),
            ..
        }
        | Change::AllowUser { .. }
        | Change::DetachDenyAll { .. }
        | Change::Boundary { .. }
        | Change::NoBoundary { .. }
        | Change::DenyRole { .. }
        | Change::AllowRole { .. }
        | Change::DeletePassword { .. }
        | Change::DeleteKey { .. }
        | Change::DeleteRootKey { .. } => None,
    })
}
