//! The accounts of an organization, and who is exempt there.

pub(crate) const HUB: &str = "111122223333";
pub(crate) const MEMBER: &str = "444455556666";
pub(crate) const DEPLOYMENT: &str = "arn:aws:iam::111122223333:role/KeyrailDeployment";
pub(crate) const STACK_SETS: &str = "role/stacksets-exec-0123456789abcdef0123456789abcdef";
pub(crate) const STACK_SET: &str =
    "arn:aws:cloudformation:us-east-1:111122223333:stackset/keyrail-region:1a2b";

pub(crate) fn in_account(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:{name}")
}
