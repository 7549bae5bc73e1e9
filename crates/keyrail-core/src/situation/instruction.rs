//! Something to do now, as a value.

use jiff::civil::Date;

use super::command::{Command, Slug};
use super::people::ActorName;
use crate::change::Change;
use crate::id::{AccessKeyId, UserName};
use crate::report::Report;

/// Something to do now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Instruction<'a> {
    /// A guardrail's own.
    Advice(&'a str),
    /// The key that signed the call was left as it was: its user has to be asked.
    AskCaller {
        name: ActorName<'a>,
        /// Whether to go on without an answer.
        goes_without_answer: bool,
        deactivation: Change,
    },
    /// The session of a role that made the call goes on: whoever has it has to be asked.
    AskSession {
        name: ActorName<'a>,
        /// What ends it; `None` where AWS lets nobody change the role.
        revocation: Option<Change>,
    },
    /// AWS has accepted a key's change, and does not show it yet.
    CheckKey(Command),
    /// A change that keyrail tried in vain.
    ChangeByHand(Change),
    /// A key that was left as it was.
    DeactivateKey {
        why: Deactivate,
        change: Change,
    },
    /// An exposed key's sessions outlive it.
    EndSessions(Change),
    FindEvent,
    FindKeyOwner(Command),
    FindWhoUndid(Command),
    FixBundle,
    InvestigateRepetition,
    InvestigateStorm,
    /// Which keys a user has, where the event names none.
    ListKeys {
        command: Command,
        user: UserName,
    },
    JudgeUndecided {
        policy: &'a str,
    },
    /// Root has an access key, as a control says.
    DeleteRootsKey,
    /// See what the actor of a repetition did.
    LookUpActor(Command),
    /// See what a key did.
    LookUpKey {
        key: AccessKeyId,
        /// Whether another key was named before it.
        is_further: bool,
        /// The Region that records IAM's calls.
        home_region: Option<&'static str>,
        command: Command,
    },
    RenewExemption {
        exemption: &'a str,
        until: Date,
    },
    Runbook(&'a str),
    /// What takes a credential back that is no access key.
    TakeBack(Change),
    /// The same, where IAM does not know it.
    TakeBackBy(Command),
    /// A user signed in who should not have.
    StopSignedIn {
        user: UserName,
        password: Change,
        everything: Change,
    },
}

/// Why a key is to be deactivated by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deactivate {
    /// If it is found to be active.
    IfStillActive,
    /// A new or re-activated key was left as it was.
    IsActive,
    /// A step failed.
    MayBeActive,
    /// Nobody knows whether it was active before.
    WasLeft,
}

/// The Region of the call, for commands.
pub(super) fn region(report: &Report) -> Option<Slug> {
    Slug::parse(report.activity.region.as_deref()?)
}
