//! The bounds of a plan: what may be done, and to whom not.

use jiff::Timestamp;

use super::effect::Who;
use super::withheld::Withheld;
use crate::bundle::Settings;
use crate::deployment::Deployment;
use crate::id::AccountId;
use crate::words::StepName;

/// What a plan needs to know beside the activity and the verdict.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds<'a> {
    /// What may be done, and to whom not.
    pub(super) settings: &'a Settings,
    /// Whose roles are keyrail's own.
    deployment: &'a Deployment,
    /// The time, where it is known.
    pub(super) now: Option<Timestamp>,
}

impl<'a> Bounds<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        deployment: &'a Deployment,
        now: Option<Timestamp>,
    ) -> Self {
        Self {
            settings,
            deployment,
            now,
        }
    }

    /// Why a step is not taken on somebody, if the settings or who it is forbid it.
    pub(crate) fn forbids(
        &self,
        name: StepName,
        account: &AccountId,
        who: &Who,
    ) -> Option<Withheld> {
        if !self.allow(name) {
            return Some(Withheld::NotAllowed);
        }
        let protect = &self.settings.protect;
        let is_protected = match who {
            Who::Role(role) => {
                protect.has_role(account, role) || self.deployment.is_own_name(role.as_str())
            }
            Who::Root => false,
            Who::User(owner) => owner
                .name()
                .is_some_and(|user| protect.has_user(account, user)),
        };
        is_protected.then_some(Withheld::Protected)
    }

    pub(super) fn allow(&self, name: StepName) -> bool {
        !name.needs_permission() || self.settings.allow.contains(&name)
    }
}
