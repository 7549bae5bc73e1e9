//! What keyrail noticed or could not find out, as alerts quote it.

use jiff::Timestamp;

use crate::alert::instead::Hint;
use crate::change::{Change, Instead};
use crate::effects::{Held, HeldKind};
use crate::id::{AccessKeyId, UserName};

use super::outcome::{done, instead, shown};
use super::utc;

/// Why it is not known whether somebody used a second factor.
pub(crate) mod mfa {
    pub(crate) const BY_PROVIDER: &str = "the identity provider checks it";
    pub(crate) const BY_SERVICE: &str = "an AWS service acted";
    pub(crate) const IN_SESSION: &str =
        "it is checked where the session began, and not recorded here";
    pub(crate) const NOT_IN_EVENT: &str = "the event does not say";
    pub(crate) const NOT_IN_FINDING: &str = "the finding does not say";
    pub(crate) const NOT_IN_SIGN_IN: &str = "the sign-in event does not say";
    pub(crate) const WITH_LONG_TERM_KEY: &str = "a call with a long-term key carries none";
}

/// What is not known because the table did not answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unknown {
    /// What happened before.
    Before,
    /// What a containment means for later events.
    ContainedLater,
    /// What the event means for later ones.
    Later,
    /// Whether the limit is reached.
    Limit,
    /// Whether a key has been released.
    Released,
    /// Whether it repeats an alert.
    Repeated,
    /// Whether the same alert is sent twice.
    Twice,
}

/// What is not known, and the error because of which it is not.
pub(crate) fn not_known(what: Unknown, error: &impl std::fmt::Display) -> String {
    let what = match what {
        Unknown::Before => "what happened before",
        Unknown::ContainedLater => "what was contained, for later events",
        Unknown::Later => "what this means for later events",
        Unknown::Limit => "whether the limit of containments is reached",
        Unknown::Released => "whether somebody has released it",
        Unknown::Repeated => "whether it repeats another alert",
        Unknown::Twice => "whether you get this alert twice",
    };
    format!("{what}: {error}")
}

/// More were refused the same than are told of one by one.
pub(crate) fn storm(most: u32, until: Timestamp) -> String {
    format!(
        "how many more there are: this was refused to more than {most} actors within minutes, so that from here on those to come are counted, and a follow-up after {} tells of them",
        utc(until)
    )
}

/// What an event names in more than one place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named {
    AccountAffected,
    AccountDelivering,
    AccountInCallersArn,
    AccountOfCaller,
    AccountReceiving,
    NameInCallersArn,
    NameOfCaller,
    UserInRequest,
    UserInResponse,
}

/// In what an event contradicts itself.
pub(crate) fn contradiction(one: (Named, &str), two: (Named, &str)) -> String {
    let name = |named: Named| match named {
        Named::AccountAffected => "the affected account",
        Named::AccountDelivering => "the delivering account",
        Named::AccountInCallersArn => "the account in the caller's ARN",
        Named::AccountOfCaller => "the caller's account",
        Named::AccountReceiving => "the receiving account",
        Named::NameInCallersArn => "the name in the caller's ARN",
        Named::NameOfCaller => "the caller's name",
        Named::UserInRequest => "the user in the request",
        Named::UserInResponse => "the user in the response",
    };
    let ((one, first), (two, second)) = ((name(one.0), one.1), (name(two.0), two.1));
    format!("{one} is `{first}`, {two} is `{second}`")
}

/// Findings of which only one can be judged.
pub(crate) fn many_findings(count: usize) -> String {
    format!("the event holds {count} findings about credentials")
}

/// What a guess where a key is used rests on.
pub(super) fn because(hint: Hint) -> String {
    match hint {
        Hint::Name(word) => format!("the user's name says {word}"),
        Hint::OnSelf => "the user made it for itself".to_owned(),
    }
}

/// A credential is not as keyrail left it.
pub(crate) fn key_is(key: &AccessKeyId, state: Instead) -> String {
    format!("key {key} is {}", instead(state))
}

/// A change no longer holds.
pub(crate) fn no_longer(change: &Change) -> String {
    let (done, shown) = (done(change), shown(change));
    format!("what keyrail had {done} is {shown} no longer")
}

/// The user of a key has another name.
pub(crate) fn renamed(key: &AccessKeyId, owner: &UserName) -> String {
    format!("the user of key {key} is called {owner} by now")
}

/// The name is another user's.
pub(crate) fn another_user(user: &UserName) -> String {
    format!(
        "the user {user} is another one by now: whom keyrail had contained has another name, or was deleted"
    )
}

/// The user is not found.
pub(crate) fn no_user(user: &UserName) -> String {
    format!(
        "IAM knows no user {user} any more: it was deleted, or has another name, under which nobody has looked"
    )
}

/// The user has got another credential.
pub(crate) fn new_credential(held: &Held) -> String {
    let (kind, id) = match held.kind {
        HeldKind::AccessKey => ("access key ", held.id.as_str()),
        HeldKind::Password => ("password", ""),
        HeldKind::ServiceCredential => ("service-specific credential ", held.id.as_str()),
        HeldKind::SigningCertificate => ("signing certificate ", held.id.as_str()),
        HeldKind::SshKey => ("SSH key ", held.id.as_str()),
    };
    format!("the user has a new {kind}{id}")
}

/// An earlier look did not come to its end.
pub(crate) const CUT_SHORT: &str = "an earlier look at it was cut short, and may have stopped something that had come back; now it holds";

/// The chain of re-checks ends here.
pub(crate) fn last_round(most: u8) -> String {
    format!(
        "whether this containment holds: it was undone {most} times in a row, and keyrail does not look again by itself; find who undoes it"
    )
}
