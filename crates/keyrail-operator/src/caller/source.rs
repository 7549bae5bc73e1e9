//! Where credentials come from.

use std::fmt;

/// Where the SDK takes credentials from, in the order in which it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Variables of the environment.
    Environment,
    /// A profile of `~/.aws/config` and `~/.aws/credentials`.
    Profile(Profile),
    /// A web identity token, a container or an EC2 instance, if one of them has any.
    Machine,
}

/// A profile of the AWS command line's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Whether it was named to the command, and not by `AWS_PROFILE` or as the default.
    pub is_named: bool,
    /// The role that it assumes, if any.
    pub role: Option<String>,
    /// Whether it, or a profile that it builds on, names an MFA device. The SDK asks for no
    /// code, and so goes without it.
    pub has_mfa: bool,
    /// The profile whose credentials it begins with: its own, but for `source_profile`.
    pub base: String,
    /// How these are made.
    pub way: Way,
}

/// How a profile's credentials are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Access keys that stand there.
    Keys,
    /// `login_session`, of `aws login`.
    Login,
    /// Another source that `credential_source` names.
    Other,
    /// A program, `credential_process`.
    Process,
    /// IAM Identity Center.
    Sso,
    /// A file with a token of an identity provider, `web_identity_token_file`.
    WebIdentity,
}

impl Source {
    /// The profile that was named to the command.
    pub(super) fn named(&self) -> Option<&str> {
        match self {
            Self::Profile(profile) if profile.is_named => Some(&profile.name),
            Self::Environment | Self::Machine | Self::Profile(_) => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("the environment (`AWS_ACCESS_KEY_ID`)"),
            Self::Machine => f.write_str("a web identity token, a container or an EC2 instance"),
            Self::Profile(profile) => profile.fmt(f),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "profile `{}` ({}", self.name, self.way.in_words())?;
        if self.base != self.name {
            write!(f, " of profile `{}`", self.base)?;
        }
        match &self.role {
            Some(role) if self.way != Way::WebIdentity => write!(f, ", role {role})"),
            _ => f.write_str(")"),
        }
    }
}

impl Way {
    fn in_words(self) -> &'static str {
        match self {
            Self::Keys => "access key",
            Self::Login => "`aws login`",
            Self::Other => "`credential_source`",
            Self::Process => "`credential_process`",
            Self::Sso => "IAM Identity Center",
            Self::WebIdentity => "web identity token",
        }
    }
}
