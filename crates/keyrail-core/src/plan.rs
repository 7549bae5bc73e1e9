//! Plan: what should be done about a verdict, as data, computed without I/O.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use self::evidence::Evidence;
pub use self::protected::Protected;
use crate::activity::{Activity, HandsOff, Provenance};
use crate::bundle::{Mode, Settings, UnknownWordError};
use crate::circumstances::Circumstances;
use crate::id::{AccessKeyId, AccountId, CredentialId, RoleName, UserName};
use crate::judge::Verdict;

mod evidence;
mod protected;

/// The steps that violated guardrails name, each once, in the order in which
/// they must be taken. Steps that are withheld are in it, with the reason.
#[derive(Debug, serde::Serialize)]
#[serde(transparent)]
pub struct Plan {
    /// In order.
    pub steps: Vec<Step>,
    /// Who is never touched, for users whom IAM names only later.
    #[serde(skip)]
    pub protected: Protected,
}

/// One containment step on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which step.
    pub name: StepName,
    /// What it is to act on, as the event names it.
    pub target: Option<String>,
    /// The change to make, or why none is made.
    pub decision: Result<Effect, Withheld>,
}

/// The steps that `@respond` may name, in the order in which they are taken: first what
/// stops a credential, then sessions, then the user, and last what cannot be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepName {
    /// Sets a user's access key to Inactive.
    DeactivateKey,
    /// Sets a service-specific credential to Inactive.
    DeactivateServiceCredential,
    /// Sets an SSH key to Inactive.
    DeactivateSshKey,
    /// Sets a signing certificate to Inactive.
    DeactivateSigningCertificate,
    /// Denies a user's sessions that are older than now.
    RevokeSessions,
    /// Denies a role's sessions that are older than now.
    RevokeRoleSessions,
    /// Denies a user everything that its own permissions allow.
    QuarantineUser,
    /// Deletes a user's password.
    DisableConsoleLogin,
    /// Deletes a user's access key, for good.
    DeleteKey,
    /// Deletes root's access key, for good.
    DeleteRootKey,
}

/// What a step does, and to whom: parsed ids only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The account that it is done in.
    pub account: AccountId,
    /// Who it is done to.
    pub who: Who,
    /// What is done.
    pub act: Act,
    /// A key of that user's, by which IAM finds the user under another name.
    pub evidence: Option<AccessKeyId>,
}

/// Who a step is taken against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A role.
    Role(RoleName),
    /// The account's root.
    Root,
    /// A user.
    User(Owner),
}

/// What is done. A closed list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the step of the same name")]
pub enum Act {
    DeactivateKey(AccessKeyId),
    DeactivateServiceCredential(CredentialId),
    DeactivateSshKey(CredentialId),
    DeactivateSigningCertificate(CredentialId),
    RevokeSessions,
    RevokeRoleSessions,
    QuarantineUser,
    DisableConsoleLogin,
    DeleteKey(AccessKeyId),
    DeleteRootKey(AccessKeyId),
}

/// Which user it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The event itself shows it, and is fresh.
    Shown(UserName),
    /// The event is old or second-hand, so IAM is asked whose the key is before
    /// anything is changed; where the event names a user, IAM must name the same.
    Asked {
        /// The key.
        key: AccessKeyId,
        /// The user, as the event has it.
        expected: Option<UserName>,
    },
    /// The event is old or second-hand, and names no key: IAM must say that the user
    /// existed then, so that it is not another one of the same name.
    Since(UserName, Timestamp),
}

/// Why a step is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// The finding is archived, resolved or suppressed.
    Archived,
    /// The event's own evidence contradicts itself, or is not AWS's.
    Evidence,
    /// The attempt failed: there is nothing to take back.
    FailedAttempt,
    /// More was contained in this account within the hour than the settings allow.
    Limit,
    /// The event does not name the target well enough to act on it.
    NoTarget,
    /// The step cannot be undone, or is taken on a role, and the settings do not allow it.
    NotAllowed,
    /// The mode is observe.
    Observe,
    /// The settings protect who it would be taken against; or it is a role that is
    /// keyrail's own, or AWS's.
    Protected,
    /// Somebody has released the key from containment, for a time.
    Released,
    /// An archive replays the event: it may be long past.
    Replay,
    /// The finding is a sample.
    Sample,
    /// The event is older than the settings allow for a step that cannot be undone, or
    /// whose target cannot be compared with the event's.
    TooOld,
}

impl Effect {
    /// The IAM actions that taking the step needs, what reads it back and what finds a
    /// renamed user included.
    #[must_use]
    pub fn actions(&self) -> Vec<&'static str> {
        let own: &[&str] = match self.act {
            Act::DeactivateKey(_) => &["iam:UpdateAccessKey", "iam:ListAccessKeys"],
            Act::DeactivateServiceCredential(_) => &[
                "iam:UpdateServiceSpecificCredential",
                "iam:ListServiceSpecificCredentials",
            ],
            Act::DeactivateSshKey(_) => &["iam:UpdateSSHPublicKey", "iam:ListSSHPublicKeys"],
            Act::DeactivateSigningCertificate(_) => &[
                "iam:UpdateSigningCertificate",
                "iam:ListSigningCertificates",
            ],
            Act::RevokeSessions => &["iam:PutUserPolicy", "iam:GetUserPolicy"],
            Act::RevokeRoleSessions => return vec!["iam:PutRolePolicy", "iam:GetRolePolicy"],
            Act::QuarantineUser => &[
                "iam:PutUserPolicy",
                "iam:GetUserPolicy",
                "iam:AttachUserPolicy",
                "iam:ListAttachedUserPolicies",
                "iam:PutUserPermissionsBoundary",
            ],
            Act::DisableConsoleLogin => &["iam:DeleteLoginProfile", "iam:GetLoginProfile"],
            Act::DeleteKey(_) => &["iam:DeleteAccessKey", "iam:ListAccessKeys"],
            Act::DeleteRootKey(_) => return vec!["iam:DeleteAccessKey", "iam:ListAccessKeys"],
        };
        own.iter()
            .copied()
            .chain(["iam:GetAccessKeyLastUsed", "iam:GetUser"])
            .collect()
    }
}

/// What a plan needs to know beside the activity and the verdict.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<'a> {
    /// What may be done, and to whom not.
    pub settings: &'a Settings,
    /// The deployment, and the time, where it is known.
    pub circumstances: &'a Circumstances,
}

impl Plan {
    /// Draws the plan for a verdict. Pure: the same arguments give the same plan.
    #[must_use]
    pub fn draw(activity: &Activity, verdict: &Verdict, bounds: Bounds<'_>) -> Self {
        let mut named: Vec<(StepName, Mode)> = Vec::new();
        for violation in &verdict.violated {
            for &name in &violation.respond {
                match named.iter_mut().find(|(known, _)| *known == name) {
                    // One violation that enforces is enough to take the step.
                    Some((_, mode)) => *mode = violation.mode.max(*mode),
                    None => named.push((name, violation.mode)),
                }
            }
        }
        named.sort_unstable();
        let steps = named
            .into_iter()
            .flat_map(|(name, mode)| Step::decide(name, mode, activity, bounds))
            .collect();
        Self {
            steps,
            protected: Protected::of(bounds.settings),
        }
    }

    /// The changes that the plan makes, with their steps.
    pub fn effects(&self) -> impl Iterator<Item = (&Step, &Effect)> {
        self.steps
            .iter()
            .filter_map(|step| Some((step, step.decision.as_ref().ok()?)))
    }

    /// Takes no step, for this reason.
    pub fn withhold(&mut self, because: Withheld) {
        for step in &mut self.steps {
            if step.decision.is_ok() {
                step.decision = Err(because);
            }
        }
    }
}

impl Step {
    /// One step, or one for each access key that the event names.
    fn decide(name: StepName, mode: Mode, activity: &Activity, bounds: Bounds<'_>) -> Vec<Self> {
        let evidence = Evidence::of(activity, name);
        let all = match name {
            StepName::DeactivateKey | StepName::DeleteKey => evidence.with_more_keys(activity),
            _ => vec![evidence],
        };
        all.into_iter()
            .map(|evidence| Self::decide_on(name, evidence, mode, activity, bounds))
            .collect()
    }

    /// Reasons that hold in every mode come before the mode itself, so that
    /// observe mode tells what enforce mode would do.
    fn decide_on(
        name: StepName,
        evidence: Evidence<'_>,
        mode: Mode,
        activity: &Activity,
        bounds: Bounds<'_>,
    ) -> Self {
        let doubtful =
            !activity.conflicts.is_empty() || activity.provenance == Provenance::Stranger;
        // What AWS reports is no attempt that could have failed.
        let succeeded = activity
            .outcome
            .succeeded
            .or(activity.kind.is_report().then_some(true));
        let decision = match (
            succeeded,
            activity.hands_off,
            evidence.effect(name, activity, bounds),
        ) {
            (Some(false), ..) => Err(Withheld::FailedAttempt),
            (None, ..) => Err(Withheld::Evidence),
            (Some(true), ..) if doubtful => Err(Withheld::Evidence),
            // Samples name keys that do not exist.
            (Some(true), Some(HandsOff::Sample), _) => Err(Withheld::Sample),
            (Some(true), _, Err(withheld)) => Err(withheld),
            (Some(true), Some(HandsOff::Archived), Ok(_)) => Err(Withheld::Archived),
            (Some(true), Some(HandsOff::Replay), Ok(_)) => Err(Withheld::Replay),
            (Some(true), None, Ok(_)) if mode == Mode::Observe => Err(Withheld::Observe),
            (Some(true), None, Ok(effect)) => Ok(effect),
        };
        Self {
            name,
            target: evidence.target(name).map(str::to_owned),
            decision,
        }
    }
}

impl StepName {
    /// All steps, in the order in which they are taken.
    pub const ALL: [Self; 10] = [
        Self::DeactivateKey,
        Self::DeactivateServiceCredential,
        Self::DeactivateSshKey,
        Self::DeactivateSigningCertificate,
        Self::RevokeSessions,
        Self::RevokeRoleSessions,
        Self::QuarantineUser,
        Self::DisableConsoleLogin,
        Self::DeleteKey,
        Self::DeleteRootKey,
    ];

    /// Whether it is taken only where `[allow] steps` lists it: it has no undo, or
    /// stops everybody who uses a role.
    #[must_use]
    pub fn needs_permission(self) -> bool {
        !self.is_reversible() || self == Self::RevokeRoleSessions
    }

    /// The step's name in annotations and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeactivateKey => "deactivate-key",
            Self::DeactivateServiceCredential => "deactivate-service-credential",
            Self::DeactivateSshKey => "deactivate-ssh-key",
            Self::DeactivateSigningCertificate => "deactivate-signing-certificate",
            Self::RevokeSessions => "revoke-sessions",
            Self::RevokeRoleSessions => "revoke-role-sessions",
            Self::QuarantineUser => "quarantine-user",
            Self::DisableConsoleLogin => "disable-console-login",
            Self::DeleteKey => "delete-key",
            Self::DeleteRootKey => "delete-root-key",
        }
    }

    /// Whether it can be undone. A deleted password can be replaced by a new one, and
    /// by that user's access; nothing brings a deleted key back.
    #[must_use]
    pub fn is_reversible(self) -> bool {
        !matches!(self, Self::DeleteKey | Self::DeleteRootKey)
    }
}

impl FromStr for StepName {
    type Err = UnknownWordError;

    fn from_str(word: &str) -> Result<Self, UnknownWordError> {
        Self::ALL
            .into_iter()
            .find(|step| step.as_str() == word)
            .ok_or_else(|| {
                let steps = Self::ALL.map(Self::as_str).join(", ");
                UnknownWordError::new(word, &format!("{steps}, or `alert` alone"))
            })
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for StepName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut step = serializer.serialize_struct("Step", 4)?;
        step.serialize_field("step", &self.name)?;
        step.serialize_field("target", &self.target)?;
        step.serialize_field("reversible", &self.name.is_reversible())?;
        step.serialize_field("withheld", &self.decision.as_ref().err())?;
        step.end()
    }
}

#[cfg(test)]
mod tests;
