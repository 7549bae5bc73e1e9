//! Who is never touched.

use std::collections::BTreeSet;

use crate::bundle::Settings;
use crate::id::{AccountId, RoleName, UserName};

/// The users and roles of `[protect] principals`, known by account and name: both are
/// unique without the path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protected {
    users: BTreeSet<(String, String)>,
    roles: BTreeSet<(String, String)>,
}

impl Protected {
    pub(crate) fn of(settings: &Settings) -> Self {
        let mut protected = Self::default();
        for arn in &settings.protect {
            let Some((account, resource)) = in_iam(arn) else {
                continue;
            };
            let Some((kind, path)) = resource.split_once('/') else {
                continue;
            };
            let name = path.rsplit('/').next().unwrap_or(path).to_owned();
            match kind {
                "user" => protected.users.insert((account.to_owned(), name)),
                _ => protected.roles.insert((account.to_owned(), name)),
            };
        }
        protected
    }

    /// Whether a user is one of them. Names differ only by case nowhere in an account.
    #[must_use]
    pub fn has_user(&self, account: &AccountId, user: &UserName) -> bool {
        has(&self.users, account, user.as_str())
    }

    /// Whether a role is one of them.
    #[must_use]
    pub fn has_role(&self, account: &AccountId, role: &RoleName) -> bool {
        has(&self.roles, account, role.as_str())
    }
}

fn has(known: &BTreeSet<(String, String)>, account: &AccountId, name: &str) -> bool {
    known
        .iter()
        .any(|(of, known)| of == account.as_str() && known.eq_ignore_ascii_case(name))
}

/// `arn:aws:iam::111122223333:user/a/b` → `111122223333` and `user/a/b`.
fn in_iam(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':').skip(4);
    Some((parts.next()?, parts.next()?))
}
