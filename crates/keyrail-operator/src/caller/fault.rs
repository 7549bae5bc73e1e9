//! Why nobody could connect, told apart by what to do about it.

use std::error::Error;
use std::fmt;
use std::iter::successors;
use std::time::Duration;

use aws_config::meta::ProviderChainError;
use aws_credential_types::provider::error::{CredentialsError, TokenError};
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;

use super::source::{Profile, Source, Way};
use keyrail_aws::error::sorted;

/// Why there are no credentials, or none that AWS takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The configuration's files cannot be read.
    Configuration(String),
    /// The session has expired.
    Expired(Source),
    /// AWS does not know the access key; the Region in which it was asked.
    KeyUnknown(Source, String),
    /// There is no such profile.
    NoProfile(String),
    /// There are no credentials anywhere.
    None(Source),
    /// Something else, in the SDK's or AWS's words.
    Other(Source, String),
    /// The program that makes them failed.
    Process(Profile, String),
    /// A profile is wrong.
    Profile(String, String),
    /// The role that the profile names cannot be assumed.
    Role(Profile, String),
    /// The secret is not the key's, or the clock is wrong.
    Signature(Source, String),
    /// A person must sign in.
    SignIn(Profile, String),
    /// They did not come in time.
    Slow(Source, Duration),
    /// Nobody answers.
    Unreachable(Source, String),
    /// STS answered without an account or an ARN.
    Unreadable,
}

impl Fault {
    pub(super) fn configuration(error: &(dyn Error + 'static)) -> Self {
        Self::Configuration(words(error))
    }

    /// Sorts why credentials could not be loaded.
    pub(super) fn of_loading(source: &Source, outer: &CredentialsError) -> Self {
        // A profile's provider wraps the error of the one that it has asked.
        let error = chain(outer).filter_map(|error| error.downcast_ref()).last();
        let error: &CredentialsError = error.unwrap_or(outer);
        let what = what(error);
        if let Some(cause) = find(error) {
            return Self::Unreachable(source.clone(), because(what, cause));
        }
        if let CredentialsError::ProviderTimedOut(timed_out) = error {
            return Self::Slow(source.clone(), timed_out.timeout_duration());
        }
        let profile = match source {
            Source::Environment => return Self::Other(source.clone(), what),
            Source::Machine if matches!(error, CredentialsError::CredentialsNotLoaded(_)) => {
                return Self::None(source.clone());
            }
            Source::Machine => return Self::Other(source.clone(), what),
            Source::Profile(profile) => profile.clone(),
        };
        if has::<SdkError<AssumeRoleError, HttpResponse>>(error) {
            return Self::Role(profile, what);
        }
        let is_wrong = matches!(
            error,
            CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_)
        );
        if is_wrong && profile.way != Way::Other {
            return Self::Profile(profile.name, what);
        }
        let must_sign_in = |error: &GetRoleCredentialsError| error.is_unauthorized_exception();
        match profile.way {
            Way::Process => Self::Process(profile, what),
            // Without a token there is no call; AWS refuses one that it has ended.
            Way::Sso if !has::<SdkError<GetRoleCredentialsError, HttpResponse>>(error) => {
                Self::SignIn(profile, what)
            }
            Way::Sso if find(error).is_some_and(must_sign_in) => Self::SignIn(profile, what),
            Way::Login => Self::SignIn(profile, what),
            Way::Keys | Way::Other | Way::Sso | Way::WebIdentity => {
                Self::Other(source.clone(), what)
            }
        }
    }

    /// Sorts why STS did not say whose credentials they are.
    pub(super) fn of_asking(
        source: &Source,
        region: &str,
        error: &SdkError<GetCallerIdentityError, HttpResponse>,
    ) -> Self {
        let what = sorted("sts:GetCallerIdentity", error).message;
        let source = source.clone();
        match error {
            SdkError::DispatchFailure(_) => {
                let what = match find(error) {
                    Some(cause) => because(what, cause),
                    None => what,
                };
                Self::Unreachable(source, what)
            }
            SdkError::TimeoutError(_) | SdkError::ResponseError(_) => {
                Self::Unreachable(source, what)
            }
            // Codes: STS API reference, "Common errors", and AWS re:Post on
            // `InvalidClientTokenId`, checked 2026-11-29.
            _ => match error.code() {
                Some("InvalidClientTokenId" | "UnrecognizedClientException") => {
                    Self::KeyUnknown(source, region.to_owned())
                }
                Some("ExpiredToken" | "ExpiredTokenException") => Self::Expired(source),
                Some("SignatureDoesNotMatch" | "InvalidSignatureException") => {
                    Self::Signature(source, what)
                }
                _ => Self::Other(source, what),
            },
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Configuration(_) => {
                "correct the file; `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` name others"
                    .to_owned()
            }
            Self::Expired(source) => renewed(source),
            Self::KeyUnknown(source, _) => format!(
                "it was deleted or deactivated, its session has ended or lacks its token, or it is of another partition than that Region: {}",
                renewed(source)
            ),
            Self::NoProfile(_) => "`aws configure list-profiles` lists those that there are".to_owned(),
            Self::None(_) => {
                "name a profile, `AWS_PROFILE=…` (`aws configure list-profiles` lists them), or make one: `aws configure sso`".to_owned()
            }
            Self::Other(..) | Self::Unreadable => {
                "`aws sts get-caller-identity` with the same profile may tell more".to_owned()
            }
            Self::Process(profile, _) => format!(
                "run the program by hand: `aws configure get credential_process --profile {}` prints it",
                profile.base
            ),
            Self::Profile(name, _) => format!("see `[profile {name}]` in `~/.aws/config`"),
            Self::Role(profile, _) if profile.has_mfa => with_mfa(profile),
            Self::Role(..) => "its trust policy must admit you, and your own policies must allow `sts:AssumeRole`".to_owned(),
            Self::Signature(..) => "see that the secret access key is the one of this key id, and that the clock is right".to_owned(),
            Self::SignIn(profile, _) => signed_in(profile),
            Self::Slow(..) => "see what they wait for: `aws sts get-caller-identity` with the same profile".to_owned(),
            Self::Unreachable(..) => "see that there is a network, and that the Region is right, as named to the command or by `AWS_REGION`".to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(what) => write!(f, "the AWS configuration cannot be read: {what}"),
            Self::Expired(source) => write!(f, "the session of {source} has expired"),
            Self::KeyUnknown(source, region) => write!(
                f,
                "AWS does not know the access key of {source}, as asked in {region}"
            ),
            Self::NoProfile(name) => write!(f, "the AWS configuration has no profile `{name}`"),
            Self::None(source) => write!(
                f,
                "there are no AWS credentials: none in the environment, none in the default profile, and none from {source}"
            ),
            Self::Other(source, what) => write!(f, "no credentials from {source}: {what}"),
            Self::Process(profile, what) => write!(f, "no credentials from {profile}: {what}"),
            Self::Profile(name, what) => write!(f, "profile `{name}` is wrong: {what}"),
            Self::Role(profile, what) if profile.has_mfa => write!(
                f,
                "{profile} wants a code of MFA (`mfa_serial`), for which keyrail cannot ask: {what}"
            ),
            Self::Role(profile, what) => {
                write!(f, "the role of {profile} cannot be assumed: {what}")
            }
            Self::Signature(source, what) => {
                write!(f, "AWS does not accept what {source} signs: {what}")
            }
            Self::SignIn(profile, what) => {
                write!(f, "nobody is signed in for {profile}, or no longer: {what}")
            }
            Self::Slow(source, limit) => write!(
                f,
                "no credentials from {source} within {} s",
                limit.as_secs()
            ),
            Self::Unreachable(source, what) => {
                write!(f, "{what}; the credentials are from {source}")
            }
            Self::Unreadable => {
                f.write_str("sts:GetCallerIdentity: an answer without account and ARN")
            }
        }
    }
}

/// How credentials of a source are made anew.
fn renewed(source: &Source) -> String {
    match source {
        Source::Environment => "put new ones into the environment, or take them out of it: they come before `AWS_PROFILE`".to_owned(),
        Source::Machine => "see what makes them".to_owned(),
        Source::Profile(profile) => match profile.way {
            Way::Keys => format!("put new ones into `[{}]` of `~/.aws/credentials`", profile.base),
            Way::Login | Way::Sso => signed_in(profile),
            Way::Other | Way::Process | Way::WebIdentity => "see what makes them".to_owned(),
        },
    }
}

fn signed_in(profile: &Profile) -> String {
    let command = match profile.way {
        Way::Login => "aws login",
        Way::Keys | Way::Other | Way::Process | Way::Sso | Way::WebIdentity => "aws sso login",
    };
    format!("`{command} --profile {}`", profile.base)
}

/// The AWS command line asks for the code (AWS CLI Command Reference, "configure
/// export-credentials", checked 2026-11-29).
fn with_mfa(profile: &Profile) -> String {
    let name = &profile.name;
    match profile.is_named {
        false => format!(
            "let the AWS command line ask: `eval \"$(aws configure export-credentials --profile {name} --format env)\"`"
        ),
        // What is in the environment would be taken for the other account too.
        true => format!(
            "let the AWS command line ask, `aws sts get-caller-identity --profile {name}`, and name a profile with `credential_process = aws configure export-credentials --profile {name}`"
        ),
    }
}

/// An error and its causes.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error| (**error).source())
}

/// The first error of that type in the chain.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn has<T: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    find::<T>(error).is_some()
}

/// What AWS or the SDK says, without what every such error begins with.
fn what(error: &CredentialsError) -> String {
    if let Some(error) = find::<SdkError<AssumeRoleError, HttpResponse>>(error) {
        return sorted("sts:AssumeRole", error).message;
    }
    if let Some(error) = find::<SdkError<GetRoleCredentialsError, HttpResponse>>(error) {
        return sorted("sso:GetRoleCredentials", error).message;
    }
    if let Some(error) = find::<TokenError>(error) {
        return error.source().map_or_else(|| words(error), words);
    }
    // Of a chain that found nothing, the profile is what somebody meant.
    let chain: Option<&ProviderChainError<CredentialsError>> = find(error);
    let attempt = chain.and_then(|chain| {
        let mut attempts = chain.attempts().iter();
        attempts.find(|attempt| attempt.name() == "Profile")
    });
    let error = attempt.map_or(error, |attempt| attempt.error());
    let text = error.source().map_or_else(|| words(error), words);
    // The profile and its program are named already.
    let plain =
        text.strip_prefix("Error retrieving credentials: external process exited with code ");
    plain.map_or_else(|| text.clone(), str::to_owned)
}

/// With the last cause of no connection: the name, the port, the certificate.
fn because(what: String, error: &ConnectorError) -> String {
    match chain(error).last() {
        Some(cause) => format!("{what} ({})", words(cause)),
        None => what,
    }
}

/// An error and its causes on one line, short enough to be read.
fn words(error: &(dyn Error + 'static)) -> String {
    const LONGEST: usize = 600;
    let texts: Vec<String> = chain(error).map(ToString::to_string).collect();
    let text = texts.join(": ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    match text.chars().count() > LONGEST {
        true => text.chars().take(LONGEST).chain(['…']).collect(),
        false => text,
    }
}
