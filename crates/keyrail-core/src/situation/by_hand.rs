//! What people do by hand about a credential or a session that keyrail left as it was.

use super::command::{Command, Slug};
use super::credentials::issues_a_key;
use super::instruction::{Instruction, region};
use super::people::ActorName;
use crate::activity::ActorKind;
use crate::change::{Change, Denial, Status};
use crate::id::{CredentialId, RoleName, UserName};
use crate::report::{Report, State};
use crate::taxonomy::{Group, Kind, TargetKind};

impl<'a> Instruction<'a> {
    /// The keys of a user, where one of them is the matter and the event does not name it.
    pub(super) fn list_keys(report: &Report) -> Option<Self> {
        let activity = &report.activity;
        let target = &activity.target;
        let is_quarantine = activity.particulars.quarantine.is_some();
        let is_hidden = issues_a_key(activity)
            && target.access_key_id.is_none()
            && activity.outcome.succeeded != Some(false);
        let user: UserName = target.user.as_deref()?.parse().ok()?;
        (is_quarantine || is_hidden).then(|| Self::ListKeys {
            command: Command::ListKeys(user.clone()),
            user,
        })
    }

    /// What takes back a credential that keyrail left as it was, and that is no access key.
    pub(super) fn take_back(report: &Report) -> Option<Self> {
        let activity = &report.activity;
        let target = &activity.target;
        let is_violation = activity.outcome.succeeded == Some(true)
            && !report.verdict.violated.is_empty()
            && [
                Group::ChangePassword,
                Group::IssueLongTermCredential,
                Group::ReactivateCredential,
            ]
            .iter()
            .any(|group| activity.groups.contains(group));
        let mut steps = report.plan.steps.iter();
        let is_explained = report.outcomes.is_empty() && steps.any(|step| step.decision.is_ok());
        let is_left = matches!(report.state(), State::DryRun | State::Alert) && !is_explained;
        if !is_violation || !is_left {
            return None;
        }
        let id = target.credential_id.as_deref();
        let user = || target.user.as_deref()?.parse::<UserName>().ok();
        let credential = || id?.parse::<CredentialId>().ok();
        let status = Status::Inactive;
        let slug = || Slug::parse(id?);
        let region = region(report);
        Some(match target.kind {
            TargetKind::ServiceCredential => Self::TakeBack(Change::ServiceCredential {
                user: user()?,
                credential: credential()?,
                status,
            }),
            TargetKind::SshKey => Self::TakeBack(Change::SshKey {
                user: user()?,
                credential: credential()?,
                status,
            }),
            TargetKind::SigningCertificate => Self::TakeBack(Change::SigningCertificate {
                user: user()?,
                credential: credential()?,
                status,
            }),
            TargetKind::LoginProfile => Self::TakeBack(Change::DeletePassword { user: user()? }),
            TargetKind::BucketKey => Self::TakeBackBy(Command::DeleteBucketKey {
                bucket: Slug::parse(target.name.as_deref()?)?,
                key: id?.parse().ok()?,
                region,
            }),
            TargetKind::Profile => Self::TakeBackBy(Command::DisableProfile {
                id: slug()?,
                region,
            }),
            TargetKind::TrustAnchor => Self::TakeBackBy(Command::DisableTrustAnchor {
                id: slug()?,
                region,
            }),
            _ => return None,
        })
    }

    /// Who has the session of a role by which a guardrail was violated, and what ends that. AWS
    /// lets nobody change the roles of IAM Identity Center.
    pub(super) fn ask_session(report: &'a Report) -> Option<Self> {
        let activity = &report.activity;
        let actor = &activity.actor;
        let is_session = actor.kind == ActorKind::AssumedRole
            && !actor.is_service_linked()
            && actor.on_behalf_of_service.is_none();
        let is_violation = activity.kind == Kind::ApiCall
            && activity.outcome.succeeded != Some(false)
            && !report.verdict.violated.is_empty();
        if !is_session || !is_violation || activity.misused {
            return None;
        }
        let role: RoleName = actor.name.as_deref()?.parse().ok()?;
        let is_own = actor.name.as_deref()?.starts_with("AWSReservedSSO_");
        let at = activity.time.filter(|_| !is_own);
        Some(Self::AskSession {
            name: ActorName::of(activity),
            revocation: at.map(|at| Change::DenyRole {
                role,
                denial: Denial::of_sessions_until(at),
            }),
        })
    }
}
