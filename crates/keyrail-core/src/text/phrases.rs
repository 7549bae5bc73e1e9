//! The sentences about an event that are in its activity, and with that in reports and what
//! policies read: a language of alerts quotes them as they are.

use jiff::Timestamp;

/// Why it is not known whether somebody used a second factor.
pub(crate) mod mfa {
    pub(crate) const BY_PROVIDER: &str = "the identity provider checks it";
    pub(crate) const BY_SERVICE: &str = "an AWS service acted";
    pub(crate) const IN_SESSION: &str =
        "it is checked where the session began, and not recorded here";
    pub(crate) const NOT_IN_EVENT: &str = "the event does not say";
    pub(crate) const NOT_IN_FINDING: &str = "the finding does not say";
    pub(crate) const NOT_IN_SIGN_IN: &str = "the sign-in event does not say";
    pub(crate) const WITH_LONG_TERM_KEY: &str =
        "not recorded for calls signed with a long-term key";
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

/// A time as sentences give it.
pub(crate) fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
