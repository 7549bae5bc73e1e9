//! The actor: `userIdentity` of a record, for every type that AWS writes
//! (CloudTrail User Guide, "userIdentity element", checked 2026-11-24).

use std::net::IpAddr;

use crate::activity::actor::is_shown;
use crate::activity::{Actor, ActorKind};
use crate::arn::Arn;
use crate::id::KeyKind;
use crate::json::{Json, first_label};
use crate::phrases::mfa as because;
use crate::taxonomy::Kind;

pub(super) fn read(record: &Json, kind: Kind) -> Actor {
    let identity = |name: &str| record.text(&["userIdentity", name]);
    let issuer =
        |name: &str| record.text(&["userIdentity", "sessionContext", "sessionIssuer", name]);
    let invoked_by = identity("invokedBy");
    let actor_kind = kind_of(identity("type").as_deref(), invoked_by.as_deref(), kind);
    let arn = identity("arn");
    // The part after the last slash; a role session's ARN ends in its name.
    let parsed = arn.as_deref().and_then(Arn::parse);
    let last = parsed
        .filter(|arn| arn.path().is_some())
        .map(|arn| arn.name().to_owned());
    // A user who signs a call exists, whatever the name.
    let is_user = actor_kind == ActorKind::IamUser && kind != Kind::SignIn;
    let user_name = record
        .name(&["userIdentity", "userName"])
        .filter(|name| is_user || is_shown(name));
    let name = match actor_kind {
        ActorKind::Root => None,
        ActorKind::AssumedRole => issuer("userName").or_else(|| parsed?.role().map(str::to_owned)),
        ActorKind::AwsService => invoked_by.clone(),
        ActorKind::FederatedUser => last.clone(),
        ActorKind::IamUser => user_name.or_else(|| last.clone()),
        ActorKind::IdentityCenterUser => record
            .text(&["userIdentity", "onBehalfOf", "userId"])
            .or(user_name),
        ActorKind::AwsAccount
        | ActorKind::SamlUser
        | ActorKind::Unknown
        | ActorKind::WebIdentityUser => user_name,
    };
    let session_name = match actor_kind {
        ActorKind::AssumedRole | ActorKind::FederatedUser => last,
        ActorKind::AwsAccount
        | ActorKind::AwsService
        | ActorKind::IamUser
        | ActorKind::IdentityCenterUser
        | ActorKind::Root
        | ActorKind::SamlUser
        | ActorKind::Unknown
        | ActorKind::WebIdentityUser => None,
    };
    let access_key_id = identity("accessKeyId");
    let root_session = match actor_kind {
        ActorKind::Root => root_session(record, kind, access_key_id.as_deref()),
        ActorKind::AssumedRole
        | ActorKind::AwsAccount
        | ActorKind::AwsService
        | ActorKind::FederatedUser
        | ActorKind::IamUser
        | ActorKind::IdentityCenterUser
        | ActorKind::SamlUser
        | ActorKind::Unknown
        | ActorKind::WebIdentityUser => Some(false),
    };
    let (mfa, mfa_unknown_because) = mfa(record, actor_kind, kind);
    Actor {
        kind: actor_kind,
        account: identity("accountId").filter(|id| is_shown(id)),
        arn,
        name,
        user_id: match actor_kind {
            ActorKind::IamUser => identity("principalId").filter(|id| id.starts_with("AIDA")),
            ActorKind::AssumedRole
            | ActorKind::AwsAccount
            | ActorKind::AwsService
            | ActorKind::FederatedUser
            | ActorKind::IdentityCenterUser
            | ActorKind::Root
            | ActorKind::SamlUser
            | ActorKind::Unknown
            | ActorKind::WebIdentityUser => None,
        },
        session_name,
        access_key_id,
        mfa,
        mfa_unknown_because: mfa_unknown_because.map(Into::into),
        on_behalf_of_service: invoked_by.filter(|service| !is_a_person(service, record)),
        issuer_arn: issuer("arn"),
        source_identity: record.text(&["userIdentity", "sessionContext", "sourceIdentity"]),
        root_session,
    }
}

fn kind_of(text: Option<&str>, invoked_by: Option<&str>, kind: Kind) -> ActorKind {
    match text {
        Some("Root") => ActorKind::Root,
        Some("IAMUser") => ActorKind::IamUser,
        Some("AssumedRole" | "Role") => ActorKind::AssumedRole,
        Some("FederatedUser") => ActorKind::FederatedUser,
        Some("AWSAccount") => ActorKind::AwsAccount,
        Some("AWSService") => ActorKind::AwsService,
        Some("IdentityCenterUser") => ActorKind::IdentityCenterUser,
        Some("SAMLUser") => ActorKind::SamlUser,
        Some("WebIdentityUser") => ActorKind::WebIdentityUser,
        // Service events may name only the service, or nobody.
        None if invoked_by.is_some() || kind == Kind::ServiceEvent => ActorKind::AwsService,
        _ => ActorKind::Unknown,
    }
}

/// The consoles sign calls for the person in front of them. `AWS Internal` stands
/// in records of such calls too, and then beside the person's address; a number may
/// follow it.
fn is_a_person(service: &str, record: &Json) -> bool {
    let has_address = || {
        let address = record.text(&["sourceIPAddress"]);
        address.is_some_and(|address| address.parse::<IpAddr>().is_ok())
    };
    let name = first_label(service);
    name == "signin"
        || name.ends_with("console")
        || (service.starts_with("AWS Internal") && has_address())
}

/// The marker is documented for the session itself; calls made in one may lack
/// it, and root's own console calls have temporary keys as well (IAM User Guide,
/// "Track privileged tasks in CloudTrail", checked 2026-11-24).
fn root_session(record: &Json, kind: Kind, access_key_id: Option<&str>) -> Option<bool> {
    match record.flag(&["userIdentity", "sessionContext", "assumedRoot"]) {
        Some(marked) => Some(marked),
        None if kind == Kind::SignIn => Some(false),
        None if access_key_id.and_then(KeyKind::of) == Some(KeyKind::Temporary) => None,
        None => Some(false),
    }
}

/// `MFAUsed` says nothing about federated sign-in, where the identity provider
/// asks for the second factor.
fn mfa(record: &Json, actor: ActorKind, kind: Kind) -> (Option<bool>, Option<&'static str>) {
    let signed_in = record.flag(&["additionalEventData", "MFAUsed"]);
    let session = record.flag(&[
        "userIdentity",
        "sessionContext",
        "attributes",
        "mfaAuthenticated",
    ]);
    match actor {
        ActorKind::IamUser | ActorKind::Root => match (kind, signed_in, session) {
            (Kind::SignIn, Some(mfa), _) => (Some(mfa), None),
            (_, _, Some(mfa)) => (Some(mfa), None),
            (Kind::SignIn, None, None) => (None, Some(because::NOT_IN_SIGN_IN)),
            (_, _, None) => {
                let key = record.text(&["userIdentity", "accessKeyId"]);
                match key.as_deref().and_then(KeyKind::of) {
                    Some(KeyKind::LongTerm) => (None, Some(because::WITH_LONG_TERM_KEY)),
                    Some(KeyKind::Temporary) | None => (None, Some(because::NOT_IN_EVENT)),
                }
            }
        },
        ActorKind::AssumedRole if session == Some(true) => (Some(true), None),
        ActorKind::AssumedRole | ActorKind::FederatedUser => (None, Some(because::IN_SESSION)),
        ActorKind::IdentityCenterUser | ActorKind::SamlUser | ActorKind::WebIdentityUser => {
            (None, Some(because::BY_PROVIDER))
        }
        ActorKind::AwsService => (None, Some(because::BY_SERVICE)),
        ActorKind::AwsAccount | ActorKind::Unknown => (None, Some(because::NOT_IN_EVENT)),
    }
}
