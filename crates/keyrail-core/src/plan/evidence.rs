//! What the steps act on, as the event has it: account, user and id of one identity,
//! taken together, so that no step can mix one identity's key with another's name.

use std::str::FromStr;

use jiff::SignedDuration;

use super::bounds::Bounds;
use super::effect::{Act, Effect, Owner, Who};
use super::withheld::Withheld;
use crate::activity::{Activity, ActorKind, Provenance};
use crate::id::{CredentialId, KeyKind};
use crate::taxonomy::{Group, TargetKind};
use crate::words::StepName;

/// The age beyond which IAM is asked before an event is acted on, unless the settings
/// say another: an hour. CloudTrail delivers within minutes.
const EVENT_AGE: SignedDuration = SignedDuration::from_hours(1);

#[derive(Clone, Copy)]
pub(super) struct Evidence<'a> {
    account: Option<&'a str>,
    user: Option<&'a str>,
    key: Option<&'a str>,
    credential: Option<(TargetKind, Option<&'a str>)>,
    is_root: bool,
    role: Option<Role<'a>>,
}

/// The role in whose session the actor acted.
#[derive(Clone, Copy)]
struct Role<'a> {
    account: Option<&'a str>,
    name: Option<&'a str>,
    /// Identity Center's, or a service's: AWS lets nobody change them.
    is_of_aws: bool,
}

impl<'a> Evidence<'a> {
    /// The credential or user that the activity is about; else the IAM user who acted,
    /// with the long-term key that signed the call. What stops a key takes only an access
    /// key for the first.
    pub(super) fn of(activity: &'a Activity, name: StepName) -> Self {
        let (actor, target) = (&activity.actor, &activity.target);
        let nobody = Self {
            account: None,
            user: None,
            key: None,
            credential: None,
            is_root: target.is_root == Some(true),
            role: (actor.kind == ActorKind::AssumedRole).then(|| Role {
                account: actor.account.as_deref(),
                name: actor.name.as_deref(),
                is_of_aws: actor.is_service_linked()
                    || actor
                        .name
                        .as_deref()
                        .is_some_and(|name| name.starts_with("AWSReservedSSO_")),
            }),
        };
        let owned = Self {
            account: activity.account.as_deref(),
            user: target.user.as_deref(),
            ..nobody
        };
        let stops_a_key = matches!(name, StepName::DeactivateKey | StepName::DeleteKey);
        match target.kind {
            TargetKind::AccessKey => {
                return Self {
                    key: target.access_key_id.as_deref(),
                    ..owned
                };
            }
            // Whoever puts a user under quarantine is not the one to be stopped.
            _ if activity.groups.contains(&Group::ReportExposure) => return owned,
            // Whose containment it is, whoever takes it away.
            _ if activity.groups.contains(&Group::UndoContainment) => return owned,
            TargetKind::LoginProfile
            | TargetKind::ServiceCredential
            | TargetKind::SshKey
            | TargetKind::SigningCertificate
                if !stops_a_key =>
            {
                return Self {
                    credential: Some((target.kind, target.credential_id.as_deref())),
                    ..owned
                };
            }
            TargetKind::User | TargetKind::MfaDevice if !stops_a_key && owned.user.is_some() => {
                return owned;
            }
            TargetKind::Account
            | TargetKind::Activation
            | TargetKind::BucketKey
            | TargetKind::Detector
            | TargetKind::Directory
            | TargetKind::EventBus
            | TargetKind::EventRule
            | TargetKind::Function
            | TargetKind::Group
            | TargetKind::IdentityPool
            | TargetKind::IdentityProvider
            | TargetKind::Instance
            | TargetKind::LoginProfile
            | TargetKind::MfaDevice
            | TargetKind::None
            | TargetKind::Other
            | TargetKind::Policy
            | TargetKind::Profile
            | TargetKind::Queue
            | TargetKind::Recorder
            | TargetKind::Region
            | TargetKind::Role
            | TargetKind::RoleAlias
            | TargetKind::ServiceCredential
            | TargetKind::SigningCertificate
            | TargetKind::SshKey
            | TargetKind::Table
            | TargetKind::Topic
            | TargetKind::Trail
            | TargetKind::TrustAnchor
            | TargetKind::User => {}
        }
        let key = actor.access_key_id.as_deref();
        match actor.kind {
            ActorKind::IamUser => Self {
                account: actor.account.as_deref(),
                user: actor.name.as_deref(),
                key: key.filter(|key| KeyKind::of(key) == Some(KeyKind::LongTerm)),
                ..nobody
            },
            ActorKind::AssumedRole
            | ActorKind::AwsAccount
            | ActorKind::AwsService
            | ActorKind::FederatedUser
            | ActorKind::IdentityCenterUser
            | ActorKind::Root
            | ActorKind::SamlUser
            | ActorKind::Unknown
            | ActorKind::WebIdentityUser => nobody,
        }
    }

    /// That, and the same for each further key that the event names.
    pub(super) fn with_more_keys(self, activity: &'a Activity) -> Vec<Self> {
        let more = activity.target.more_keys.iter().map(|id| Self {
            account: activity.account.as_deref(),
            user: None,
            key: Some(id.as_str()),
            ..self
        });
        [self].into_iter().chain(more).collect()
    }

    /// What a step is to act on, as the event names it.
    pub(super) fn target(&self, name: StepName) -> Option<&'a str> {
        match name {
            StepName::DeactivateKey | StepName::DeleteKey | StepName::DeleteRootKey => self.key,
            StepName::DeactivateServiceCredential
            | StepName::DeactivateSshKey
            | StepName::DeactivateSigningCertificate => self.credential.and_then(|(_, id)| id),
            StepName::RevokeSessions | StepName::QuarantineUser | StepName::DisableConsoleLogin => {
                self.user
            }
            StepName::RevokeRoleSessions => self.role.and_then(|role| role.name),
        }
    }

    /// The effect of a step, or why there is none whatever the mode.
    pub(super) fn effect(
        &self,
        name: StepName,
        activity: &Activity,
        bounds: Bounds<'_>,
    ) -> Result<Effect, Withheld> {
        if !bounds.allow(name) {
            return Err(Withheld::NotAllowed);
        }
        let is_old = is_old(activity, bounds);
        let (account, who, act) = match name {
            StepName::RevokeRoleSessions => {
                let role = self.role.ok_or(Withheld::NoTarget)?;
                if role.is_of_aws {
                    return Err(Withheld::Protected);
                }
                let who = Who::Role(parsed(role.name)?);
                (parsed(role.account)?, who, Act::RevokeRoleSessions)
            }
            StepName::DeleteRootKey => {
                if !self.is_root {
                    return Err(Withheld::NoTarget);
                }
                let act = Act::DeleteRootKey(parsed(self.key)?);
                (parsed(self.account)?, Who::Root, act)
            }
            StepName::DeactivateKey
            | StepName::DeactivateServiceCredential
            | StepName::DeactivateSshKey
            | StepName::DeactivateSigningCertificate
            | StepName::RevokeSessions
            | StepName::QuarantineUser
            | StepName::DisableConsoleLogin
            | StepName::DeleteKey => {
                let owner = self.owner(activity, is_old)?;
                (parsed(self.account)?, Who::User(owner), self.act(name)?)
            }
        };
        if let Some(withheld) = bounds.forbids(name, &account, &who) {
            return Err(withheld);
        }
        // Nothing of the event's tells a role from a later one of its name.
        let is_doubtful = is_old || activity.provenance == Provenance::SecondHand;
        let is_of_role = name == StepName::RevokeRoleSessions;
        if (is_old && !name.is_reversible()) || (is_doubtful && is_of_role) {
            return Err(Withheld::TooOld);
        }
        let released = activity.past.as_ref().is_some_and(|past| past.released);
        if released && self.key.is_some() && self.key == activity.target.access_key_id.as_deref() {
            return Err(Withheld::Released);
        }
        Ok(Effect {
            account,
            who,
            act,
            evidence: self.key.and_then(|key| key.parse().ok()),
            time: activity.time,
            user_id: self.user_id(activity),
            is_new: name != StepName::DisableConsoleLogin
                || activity.target.kind == TargetKind::LoginProfile,
            restores: restores(name, activity),
        })
    }

    /// The user's unique id, if it is the user who acted.
    fn user_id(&self, activity: &Activity) -> Option<String> {
        let actor = &activity.actor;
        let is_actor = self.user.is_some()
            && self.user == actor.name.as_deref()
            && self.account == actor.account.as_deref();
        actor.user_id.clone().filter(|_| is_actor)
    }

    fn act(&self, name: StepName) -> Result<Act, Withheld> {
        let credential = |kind| {
            let id = self.credential.filter(|(of, _)| *of == kind);
            parsed::<CredentialId>(id.and_then(|(_, id)| id))
        };
        Ok(match name {
            StepName::DeactivateKey => Act::DeactivateKey(parsed(self.key)?),
            StepName::DeactivateServiceCredential => {
                Act::DeactivateServiceCredential(credential(TargetKind::ServiceCredential)?)
            }
            StepName::DeactivateSshKey => Act::DeactivateSshKey(credential(TargetKind::SshKey)?),
            StepName::DeactivateSigningCertificate => {
                Act::DeactivateSigningCertificate(credential(TargetKind::SigningCertificate)?)
            }
            StepName::RevokeSessions => Act::RevokeSessions,
            StepName::QuarantineUser => Act::QuarantineUser,
            StepName::DisableConsoleLogin => Act::DisableConsoleLogin,
            StepName::DeleteKey => Act::DeleteKey(parsed(self.key)?),
            StepName::RevokeRoleSessions | StepName::DeleteRootKey => {
                return Err(Withheld::NoTarget);
            }
        })
    }

    /// Which user it is, and whether IAM must be asked first.
    fn owner(&self, activity: &Activity, is_old: bool) -> Result<Owner, Withheld> {
        // Root's keys are nobody's that IAM could name.
        if self.is_root {
            return Err(Withheld::NoTarget);
        }
        if !is_old && activity.provenance != Provenance::SecondHand {
            return Ok(Owner::Shown(parsed(self.user)?));
        }
        match (self.key, self.user) {
            (Some(_), user) => Ok(Owner::Asked {
                key: parsed(self.key)?,
                expected: match user {
                    Some(_) => Some(parsed(user)?),
                    None => None,
                },
            }),
            (None, user) => {
                let time = activity.time.ok_or(Withheld::TooOld)?;
                Ok(Owner::Since(parsed(user)?, time))
            }
        }
    }
}

/// Whether a step restores the state from before an event.
fn restores(name: StepName, activity: &Activity) -> bool {
    match name {
        StepName::DeactivateKey
        | StepName::DeactivateServiceCredential
        | StepName::DeactivateSshKey
        | StepName::DeactivateSigningCertificate => {
            activity.groups.contains(&Group::ReactivateCredential)
        }
        StepName::DisableConsoleLogin => activity.target.kind == TargetKind::LoginProfile,
        StepName::DeleteKey | StepName::DeleteRootKey => true,
        StepName::RevokeSessions | StepName::RevokeRoleSessions | StepName::QuarantineUser => false,
    }
}

/// Whether an event is older than the settings allow; one without a time is, and where
/// nobody knows what time it is, none is.
fn is_old(activity: &Activity, bounds: Bounds<'_>) -> bool {
    let Some(now) = bounds.now else {
        return false;
    };
    let minutes = bounds.settings.limits.event_age_minutes;
    let most = minutes.map_or(EVENT_AGE, |minutes| {
        SignedDuration::from_mins(i64::from(minutes))
    });
    activity
        .time
        .is_none_or(|time| now.duration_since(time) > most)
}

fn parsed<T: FromStr>(text: Option<&str>) -> Result<T, Withheld> {
    text.and_then(|text| text.parse().ok())
        .ok_or(Withheld::NoTarget)
}
