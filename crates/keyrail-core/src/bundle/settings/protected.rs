//! Who is never touched.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::id::{AccountId, RoleName, UserName};

/// The users and roles of `[protect] principals`, known by account and name: both are
/// unique without the path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protected {
    users: BTreeSet<(String, String)>,
    roles: BTreeSet<(String, String)>,
}

impl Protected {
    /// Adds a user or role by its ARN; nothing, and false, if it is the ARN of neither.
    pub(super) fn insert(&mut self, arn: &str) -> bool {
        let Some(arn) = Arn::parse(arn).filter(|arn| (arn.service, arn.region) == ("iam", ""))
        else {
            return false;
        };
        let names = match arn.kind() {
            Some("user") => &mut self.users,
            Some("role") => &mut self.roles,
            _ => return false,
        };
        if !arn.partition.starts_with("aws") || arn.account.parse::<AccountId>().is_err() {
            return false;
        }
        let name = arn.name();
        // A pattern would protect nobody: names are compared as they are.
        if name.parse::<UserName>().is_err() {
            return false;
        }
        names.insert((arn.account.to_owned(), name.to_owned()));
        true
    }

    /// Whether a user is one of them. Names differ only by case nowhere in an account.
    #[must_use]
    pub(crate) fn has_user(&self, account: &AccountId, user: &UserName) -> bool {
        has(&self.users, account, user.as_str())
    }

    /// Whether a role is one of them.
    #[must_use]
    pub(crate) fn has_role(&self, account: &AccountId, role: &RoleName) -> bool {
        has(&self.roles, account, role.as_str())
    }
}

fn has(known: &BTreeSet<(String, String)>, account: &AccountId, name: &str) -> bool {
    known
        .iter()
        .any(|(of, known)| of == account.as_str() && known.eq_ignore_ascii_case(name))
}
