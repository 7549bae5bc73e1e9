//! Who acted.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::arn::Arn;
use crate::phrases::mfa;

/// Who acted. What the record does not show is `None`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Actor {
    /// What sort of identity.
    pub kind: ActorKind,
    /// The account that the identity belongs to.
    pub account: Option<String>,
    /// The identity's ARN, as recorded.
    pub arn: Option<String>,
    /// The user's or role's name; never root's `userName`, which is the alias of
    /// the account.
    pub name: Option<String>,
    /// An IAM user's unique id (`AIDA…`), which another user of the same name does not have.
    #[serde(skip)]
    pub user_id: Option<String>,
    /// The name of the role or federated session.
    pub session_name: Option<String>,
    /// The access key that signed the call.
    pub access_key_id: Option<String>,
    /// Whether AWS checked a second factor.
    pub mfa: Option<bool>,
    /// Why `mfa` is `None`.
    pub mfa_unknown_because: Option<Cow<'static, str>>,
    /// The AWS service that acted for the identity.
    pub on_behalf_of_service: Option<String>,
    /// The role, user or root that issued the session.
    pub issuer_arn: Option<String>,
    /// Who began the chain of role sessions, where that was set (`sourceIdentity`): it
    /// cannot be changed on the way.
    pub source_identity: Option<String>,
    /// Whether this is a centralised root session (`sts:AssumeRoot`); `None` if
    /// the record could be one and does not say.
    pub root_session: Option<bool>,
}

/// What sort of identity acted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is AWS's own name for it")]
pub enum ActorKind {
    AssumedRole,
    AwsAccount,
    AwsService,
    FederatedUser,
    IamUser,
    IdentityCenterUser,
    Root,
    SamlUser,
    #[default]
    Unknown,
    WebIdentityUser,
}

impl Actor {
    /// The user's name, if an IAM user acted.
    #[must_use]
    pub(crate) fn user(&self) -> Option<&str> {
        let name = self.name.as_deref();
        name.filter(|_| self.kind == ActorKind::IamUser)
    }

    /// An AWS service that reports what others did or what befell them.
    pub(super) fn reporting(service: &str) -> Self {
        Self {
            kind: ActorKind::AwsService,
            name: Some(service.to_owned()),
            mfa_unknown_because: Some(mfa::BY_SERVICE.into()),
            root_session: Some(false),
            ..Self::default()
        }
    }

    /// Whether AWS may act on its own, and only a name says so that anybody can give a role: the
    /// session does not show whose role it is.
    #[must_use]
    pub(crate) fn is_service_linked_by_name(&self) -> bool {
        self.issuer_arn.is_none() && self.is_service_linked()
    }

    /// Whether AWS acts on its own, in a role that only the service can assume
    /// (IAM User Guide, "Service-linked roles", checked 2026-11-25).
    #[must_use]
    pub(crate) fn is_service_linked(&self) -> bool {
        self.kind == ActorKind::AssumedRole
            // Nobody else can make a role in that path; the name alone anybody may choose.
            && match (self.issuer_arn.as_deref(), self.name.as_deref()) {
                (Some(arn), _) => Arn::parse(arn)
                    .is_some_and(|arn| arn.resource.starts_with("role/aws-service-role/")),
                (None, Some(name)) => {
                    self.on_behalf_of_service.is_some() && name.starts_with("AWSServiceRoleFor")
                }
                (None, None) => false,
            }
    }
}

/// Not what AWS writes where it does not show something: what was typed at sign-in and
/// is no user's name, callers without an identity, the placeholders of samples. Anybody
/// may give a user such a name, so that it says nothing where IAM took it for one.
pub(super) fn is_shown(text: &str) -> bool {
    !text.is_empty()
        && text != "HIDDEN_DUE_TO_SECURITY_REASONS"
        && text != "ANONYMOUS_PRINCIPAL"
        && !text.starts_with("GeneratedFinding")
}
