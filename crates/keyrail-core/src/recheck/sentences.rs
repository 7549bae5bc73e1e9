//! What a re-check finds, in the sentences that a report quotes.

use crate::change::{Change, Instead};
use crate::effects::{CredentialKind, HeldCredential};
use crate::id::{AccessKeyId, UserName};

/// A credential is not as keyrail left it.
pub(super) fn key_is(key: &AccessKeyId, state: Instead) -> String {
    format!("key {key} is {}", state.in_words())
}

/// A change no longer holds.
pub(super) fn no_longer(change: &Change) -> String {
    let what = match change {
        Change::ServiceCredential { credential, .. } => {
            format!("service-specific credential {credential} ")
        }
        Change::SshKey { credential, .. } => format!("SSH key {credential} "),
        Change::SigningCertificate { credential, .. } => {
            format!("signing certificate {credential} ")
        }
        Change::Key { .. }
        | Change::DenyUser { .. }
        | Change::AllowUser { .. }
        | Change::AttachDenyAll { .. }
        | Change::DetachDenyAll { .. }
        | Change::Boundary { .. }
        | Change::NoBoundary { .. }
        | Change::DenyRole { .. }
        | Change::AllowRole { .. }
        | Change::DeletePassword { .. }
        | Change::DeleteKey { .. }
        | Change::DeleteRootKey { .. } => String::new(),
    };
    format!("keyrail's change no longer holds: {what}{}", change.done())
}

/// The user of a key has another name.
pub(super) fn renamed(key: &AccessKeyId, owner: &UserName) -> String {
    format!("the user of key {key} is now called {owner}")
}

/// The name is another user's.
pub(super) fn another_user(user: &UserName) -> String {
    format!("{user} is now a different user; the one keyrail contained was renamed or deleted")
}

/// The user is not found.
pub(super) fn no_user(user: &UserName) -> String {
    format!(
        "IAM has no user named {user} any more: it was deleted, or renamed to a name that keyrail has not checked"
    )
}

/// The user has got another credential.
pub(super) fn new_credential(held: &HeldCredential) -> String {
    let (kind, id) = match held.kind {
        CredentialKind::AccessKey => ("access key ", held.id.as_str()),
        CredentialKind::Password => ("password", ""),
        CredentialKind::ServiceCredential => ("service-specific credential ", held.id.as_str()),
        CredentialKind::SigningCertificate => ("signing certificate ", held.id.as_str()),
        CredentialKind::SshKey => ("SSH key ", held.id.as_str()),
    };
    format!("the user has a new {kind}{id}")
}

/// An earlier look did not come to its end.
pub(crate) const CUT_SHORT: &str = "an earlier re-check was interrupted and may have re-contained something; the containment holds now";

/// The chain of re-checks ends here.
pub(super) fn last_round(most: u8) -> String {
    format!(
        "whether this containment holds: it was undone {most} times in a row, and keyrail does not check it again; find out who undoes it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Denial, Status};

    /// Whatever keyrail changed, the sentence says what that was, and nothing that it is not.
    #[test]
    fn a_change_that_no_longer_holds_is_named() {
        let user = || "bob".parse().expect("a user");
        let status = Status::Inactive;
        for (change, expected) in [
            (Change::DeletePassword { user: user() }, "password deleted"),
            (
                Change::DenyUser {
                    user: user(),
                    denial: Denial::Everything,
                },
                "denied everything by an inline policy",
            ),
            (
                Change::SshKey {
                    user: user(),
                    credential: "APKAI44QH8DHBEXAMPLE".parse().expect("an id"),
                    status,
                },
                "SSH key APKAI44QH8DHBEXAMPLE set to Inactive",
            ),
            (
                Change::SigningCertificate {
                    user: user(),
                    credential: "TA7SMP42TDN5Z26OBPJE7EXAMPLE".parse().expect("an id"),
                    status,
                },
                "signing certificate TA7SMP42TDN5Z26OBPJE7EXAMPLE set to Inactive",
            ),
            (
                Change::ServiceCredential {
                    user: user(),
                    credential: "ACCAI44QH8DHBEXAMPLE".parse().expect("an id"),
                    status,
                },
                "service-specific credential ACCAI44QH8DHBEXAMPLE set to Inactive",
            ),
        ] {
            let expected = format!("keyrail's change no longer holds: {expected}");
            assert_eq!(no_longer(&change), expected);
        }
    }
}
