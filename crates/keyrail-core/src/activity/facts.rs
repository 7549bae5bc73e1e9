//! What happened, in keyrail's terms.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::actor::{Actor, ActorKind};
use super::beat::Beat;
use super::origin::Origin;
use super::particulars::Particulars;
use super::past::Past;
use super::target::Target;
use crate::arn::Arn;
use crate::event::Event;
use crate::lookup::UserFacts;
use crate::partition::Partition;
use crate::taxonomy::trust::Trust;
use crate::taxonomy::{Group, Kind};

/// What happened, in keyrail's terms. Serialises as `activity` of
/// `keyrail.report/v1`, in which texts stand as the event had them: only
/// [`crate::plan`] decides which of them are ids that may be acted on.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Activity {
    /// What sort of thing happened.
    pub kind: Kind,
    /// AWS's name for it, such as `iam:CreateAccessKey`.
    pub action: Option<String>,
    /// The taxonomy's groups that it belongs to, as far as the event shows.
    pub groups: Vec<Group>,
    /// The affected account, which may not be the one that delivered the event.
    pub account: Option<String>,
    /// The Region of the call.
    pub region: Option<String>,
    /// When it happened, in UTC.
    pub time: Option<Timestamp>,
    /// Whether it succeeded.
    pub outcome: CallOutcome,
    /// Who did it.
    pub actor: Actor,
    /// What it was done to.
    pub target: Target,
    /// From where.
    pub origin: Origin,
    /// Facts whose evidence is missing or malformed, by the name that policies
    /// use; for what is not recognised, the reason.
    pub unknown: Vec<String>,
    /// Whether administrator rights are involved: those that are granted, or those
    /// of the user that a credential is issued for.
    #[serde(skip)]
    pub administrator: Option<bool>,
    /// Whom a role's trust policy lets in, where one is set and can be read.
    #[serde(skip)]
    pub(crate) trust: Option<Trust>,
    /// What else the event tells, for whoever reads the alert.
    #[serde(default)]
    pub(crate) particulars: Particulars,
    /// Whether the target is a part of this keyrail.
    pub own: bool,
    /// Whether a role of keyrail's function did what that function never does.
    #[serde(skip)]
    pub misused: bool,
    /// The beat that it is: a call of keyrail's own schedules that failed, as it has to. No guardrail
    /// is asked about it.
    #[serde(skip)]
    pub beat: Option<Beat>,
    /// The control about credentials that failed, where it is a finding of one: something that
    /// stays so until somebody changes it.
    #[serde(skip)]
    pub control: Option<String>,
    /// How many instances it launched.
    pub launched: u64,
    /// Whether networks have names here at all.
    #[serde(skip)]
    pub networks_are_named: bool,
    /// What came before it, where a history is kept. The report writes it.
    #[serde(skip_serializing)]
    pub past: Option<Past>,
    /// What was looked up of the users in it, by their ARNs without paths.
    #[serde(skip)]
    pub users: BTreeMap<String, UserFacts>,
    /// Why facts of those users could not be looked up.
    #[serde(skip)]
    pub lookup_faults: Vec<String>,
    /// Parts of the evidence that contradict each other. If there are any,
    /// nothing is acted on. The report writes them.
    #[serde(skip_serializing)]
    pub conflicts: Vec<String>,
    /// Why nothing may be acted on, whatever the evidence says.
    #[serde(skip)]
    pub hands_off: Option<HandsOff>,
    /// How far the event is to be believed.
    #[serde(skip)]
    pub provenance: Provenance,
}

/// How far an event is to be believed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Provenance {
    /// AWS tells what it has just seen (`source` begins with `aws.`, which EventBridge
    /// refuses to others; `aws.partner` is others').
    #[default]
    FirstHand,
    /// It tells of something earlier, or came by way of a queue: IAM must be asked
    /// before anything is changed.
    SecondHand,
    /// It did not come from AWS: nothing is acted on.
    Stranger,
}

/// Why an event is only told, and never acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandsOff {
    /// The finding is archived, resolved or suppressed: somebody has dealt with it.
    Archived,
    /// An archive of EventBridge replays the event.
    Replay,
    /// The finding is a sample, made to try things out.
    Sample,
}

impl HandsOff {
    /// Why a finding is only told, if it is a sample or has been dealt with.
    pub(super) fn of(sample: bool, dealt_with: bool) -> Option<Self> {
        match (sample, dealt_with) {
            (true, _) => Some(Self::Sample),
            (false, true) => Some(Self::Archived),
            (false, false) => None,
        }
    }
}

/// Whether a call or sign-in succeeded, with AWS's own words if not.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct CallOutcome {
    /// `None` if the event does not tell.
    pub succeeded: Option<bool>,
    /// AWS's error code, such as `AccessDenied`.
    pub error_code: Option<String>,
    /// AWS's error message.
    pub error_message: Option<String>,
}

impl Activity {
    /// What the envelope alone says, of something that keyrail need not read.
    pub(crate) fn noted(event: &Event) -> Self {
        Self {
            action: event
                .source
                .as_deref()
                .and_then(|source| source.strip_prefix("aws."))
                .zip(event.name.as_deref())
                .map(|(source, name)| format!("{source}:{name}")),
            account: event.account.clone(),
            region: event.region.clone(),
            time: event.time.as_ref().and_then(|time| time.parse().ok()),
            ..Self::default()
        }
    }

    /// Whether the actor acted on itself.
    #[must_use]
    pub(crate) fn is_on_self(&self) -> bool {
        match self.actor.kind {
            ActorKind::IamUser => {
                let affected = self.target.account.as_ref().or(self.account.as_ref());
                let own = self.actor.account.as_ref();
                let elsewhere = own.zip(affected).is_some_and(|(own, other)| own != other);
                let names = self.actor.name.as_ref().zip(self.target.user.as_ref());
                // IAM's names are the same in capitals and small letters.
                names.is_some_and(|(own, other)| own.eq_ignore_ascii_case(other)) && !elsewhere
            }
            ActorKind::Root => self.target.is_root == Some(true),
            ActorKind::AssumedRole
            | ActorKind::AwsAccount
            | ActorKind::AwsService
            | ActorKind::FederatedUser
            | ActorKind::IdentityCenterUser
            | ActorKind::SamlUser
            | ActorKind::Unknown
            | ActorKind::WebIdentityUser => false,
        }
    }

    /// The AWS partition that it happened in: by its Region, and without one by the
    /// actor's ARN. None if it is not one that keyrail knows.
    #[must_use]
    pub(crate) fn partition(&self) -> Option<&'static Partition> {
        match self.region.as_deref() {
            Some(region) => Partition::of_region(region),
            None => Partition::by_id(self.partition_id()),
        }
    }

    /// The id of that partition for ARNs, of one that keyrail does not know too.
    #[must_use]
    pub(crate) fn partition_id(&self) -> &str {
        let by_region = self.region.as_deref().and_then(Partition::of_region);
        let by_actor = || Partition::id_in(self.actor.arn.as_deref()?);
        by_region
            .map(|partition| partition.id)
            .or_else(by_actor)
            .unwrap_or("aws")
    }

    /// The ARN of a user of the affected account, without the path.
    #[must_use]
    pub(crate) fn user_arn(&self, account: &str, name: &str) -> String {
        Arn::of_iam(self.partition_id(), account, &format!("user/{name}")).to_string()
    }

    /// The ARN of the user that the target is, or belongs to.
    pub(crate) fn targets_user_arn(&self) -> Option<String> {
        let account = self.account.as_deref()?;
        Some(self.user_arn(account, self.target.user.as_deref()?))
    }

    /// The ARN of the actor, if that is an IAM user.
    pub(crate) fn actors_user_arn(&self) -> Option<String> {
        let (account, name) = (self.actor.account.as_deref()?, self.actor.user()?);
        Some(self.user_arn(account, name))
    }

    /// The IAM users in it, of whom facts can be looked up: actor, and target's owner.
    /// Account and name.
    #[must_use]
    pub(crate) fn users_in_it(&self) -> Vec<(&str, &str)> {
        let actor = self.actor.user();
        let account = self.account.as_deref();
        let actor = self.actor.account.as_deref().or(account).zip(actor);
        let owner = self.target.account.as_deref().or(account);
        let owner = owner.zip(self.target.user.as_deref());
        let mut users: Vec<(&str, &str)> = actor.into_iter().chain(owner).collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    /// The ARN of root in an account.
    #[must_use]
    pub(crate) fn root_arn(&self, account: &str) -> String {
        Arn::of_iam(self.partition_id(), account, "root").to_string()
    }
}
