//! The door to AWS: what carrying out a plan needs from outside.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::cause::Cause;
use crate::change::{Change, ObservedState, Principal};
use crate::id::{AccessKeyId, AccountId, RoleName, UserName};
use crate::lookup::{Lookup, UserFacts};

/// Access to accounts. Each call has a timeout of its own and is sent once: whether and when
/// to send it again is decided in `patience.rs`.
#[expect(
    async_fn_in_trait,
    reason = "both callers are in this workspace, and neither moves the futures between threads"
)]
pub trait Effects {
    /// What acts in one account, on one user, role or root.
    type AccountClient: AccountClient + Clone;

    /// Reaches into an account, no further than is asked for: in another account than
    /// keyrail's own, in a session that can do no more.
    ///
    /// # Errors
    ///
    /// If there is no way into the account.
    async fn reach(&self, reach: &SessionScope) -> Result<Self::AccountClient, EffectError>;

    /// The AWS partition that it acts in, such as `aws`.
    fn partition(&self) -> &str;

    /// Waits.
    async fn pause(&self, duration: Duration);

    /// Waits for a random time of at most `most`, so that callers that were throttled
    /// together do not come back together.
    async fn pause_up_to(&self, most: Duration);

    /// The time, which the core never asks for by itself.
    fn now(&self) -> Timestamp;

    /// When containment must be over, so that the alert keeps its share of the
    /// invocation; `None` if nothing ends the invocation.
    fn deadline(&self) -> Option<Timestamp>;
}

/// What is asked for in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionScope {
    /// The account.
    pub account: AccountId,
    /// Whom it is about; `None` where that is still to be found out.
    pub to: Option<To>,
    /// The IAM actions that are needed.
    pub actions: BTreeSet<&'static str>,
    /// The event that it is for, which names the session.
    pub event: Option<String>,
}

/// Whom a session is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what it says")]
pub enum To {
    Role(RoleName),
    Root,
    User(UserName),
}

impl From<Principal<'_>> for To {
    fn from(principal: Principal<'_>) -> Self {
        match principal {
            Principal::Role(role) => Self::Role(role.clone()),
            Principal::Root => Self::Root,
            Principal::User(user) => Self::User(user.clone()),
        }
    }
}

impl To {
    /// The user, if it is one.
    #[must_use]
    pub(crate) fn user(&self) -> Option<&UserName> {
        match self {
            Self::User(user) => Some(user),
            Self::Role(_) | Self::Root => None,
        }
    }

    /// The name of the user or role.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Role(role) => role.as_str(),
            Self::Root => "root",
            Self::User(user) => user.as_str(),
        }
    }
}

/// Calls of IAM in one account.
#[expect(async_fn_in_trait, reason = "as above")]
pub trait AccountClient {
    /// Makes a change. Making it twice is no error, but for what removes something.
    ///
    /// # Errors
    ///
    /// As IAM answers, or does not.
    async fn make(&self, change: &Change) -> Result<(), EffectError>;

    /// Reads whether the state is as a change leaves it.
    ///
    /// # Errors
    ///
    /// As IAM answers, or does not. That it is gone is an observed state, and no error.
    async fn see(&self, change: &Change) -> Result<ObservedState, EffectError>;

    /// Finds the user that a key belongs to now: users can be renamed.
    ///
    /// # Errors
    ///
    /// [`EffectErrorKind::Denied`] if IAM does not say whose the key is. `AccessDenied` is
    /// what AWS answers for a key that was deleted, or that is in another account, too: of
    /// the errors that the API reference lists none says that there is no such key (IAM API
    /// reference, `GetAccessKeyLastUsed`, checked 2026-11-29).
    async fn owner(&self, key: &AccessKeyId) -> Result<UserName, EffectError>;

    /// Reads what IAM has on a user.
    ///
    /// # Errors
    ///
    /// [`EffectErrorKind::Gone`] if there is no such user.
    async fn user(&self, user: &UserName) -> Result<UserRecord, EffectError>;

    /// Lists a user's credentials of one kind.
    ///
    /// # Errors
    ///
    /// [`EffectErrorKind::Gone`] if there is no such user.
    async fn credentials(
        &self,
        user: &UserName,
        kind: CredentialKind,
    ) -> Result<Vec<HeldCredential>, EffectError>;

    /// Looks up facts about a user.
    ///
    /// # Errors
    ///
    /// As IAM answers, or does not; the facts are then not known.
    async fn facts(
        &self,
        user: &UserName,
        lookups: &BTreeSet<Lookup>,
    ) -> Result<UserFacts, EffectError>;
}

/// What IAM has on a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// The unique id (`AIDA…`), which another user of the same name does not have.
    pub id: String,
    /// When it was created.
    pub created: Timestamp,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
}

/// One credential that a user holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCredential {
    /// Which kind.
    pub kind: CredentialKind,
    /// Its id; a password has none.
    pub id: String,
    /// Whether it works.
    pub active: bool,
    /// When it was created, in so far as IAM says.
    pub created: Option<Timestamp>,
}

/// A kind of long-term credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is AWS's own name for it")]
pub enum CredentialKind {
    AccessKey,
    Password,
    ServiceCredential,
    SigningCertificate,
    SshKey,
}

impl CredentialKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AccessKey,
        Self::Password,
        Self::ServiceCredential,
        Self::SigningCertificate,
        Self::SshKey,
    ];
}

/// Why a call to AWS did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EffectError {
    /// What sort of failure, which decides what happens next.
    pub kind: EffectErrorKind,
    /// Service, operation, error code and request id, in one line.
    pub message: String,
    /// What the service or the SDK said.
    #[source]
    pub cause: Option<Cause>,
}

/// What sort of failure a call to AWS ended in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectErrorKind {
    /// keyrail may not do it.
    Denied,
    /// A failure inside the service, or a connection that broke: the change may have been
    /// made or not.
    Doubtful,
    /// The account is not one that this deployment can act in.
    Elsewhere,
    /// AWS answers that a quota is reached; IAM documents that of changes that only remove
    /// something, too (`DeleteAccessKey`, `LimitExceeded`).
    Full,
    /// IAM knows no such user, role or credential. Of something new that is no proof: what
    /// was made or changed seconds ago may not be known everywhere yet (IAM User Guide,
    /// "Changes that I make are not always immediately visible", checked 2026-11-29).
    Gone,
    /// AWS refused, and will refuse the same call again.
    Refused,
    /// AWS refused for now: another change of the same thing is under way, or the
    /// credentials have just expired. The change was not made.
    RefusedForNow,
    /// AWS limits the rate of calls. The change was not made.
    Throttled,
    /// No answer in time: the change may have been made or not.
    TimedOut,
    /// No connection: nothing was sent.
    Unreachable,
}

impl EffectErrorKind {
    /// Whether the change may have been made in spite of the error.
    pub(crate) fn leaves_doubt(self) -> bool {
        match self {
            Self::Doubtful | Self::TimedOut => true,
            Self::Denied
            | Self::Elsewhere
            | Self::Full
            | Self::Gone
            | Self::Refused
            | Self::RefusedForNow
            | Self::Throttled
            | Self::Unreachable => false,
        }
    }

    /// Whether the same call may succeed a little later: worth waiting for within the
    /// invocation, and another try of the whole event after it.
    pub(crate) fn may_pass(self) -> bool {
        match self {
            Self::Doubtful
            | Self::RefusedForNow
            | Self::Throttled
            | Self::TimedOut
            | Self::Unreachable => true,
            Self::Denied | Self::Elsewhere | Self::Full | Self::Gone | Self::Refused => false,
        }
    }
}
