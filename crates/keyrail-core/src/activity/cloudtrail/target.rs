//! What a call was done to: read from where the taxonomy says that it stands.

use serde_json::Value;

use crate::activity::target::ROOT_PLACEHOLDERS;
use crate::activity::{Actor, ActorKind, CallOutcome, Target};
use crate::arn::Arn;
use crate::id::AccountId;
use crate::json::Json;
use crate::taxonomy::parameters::is_omitted;
use crate::taxonomy::{Entry, Kind, Paths, TargetKind};

pub(super) fn read(
    record: &Json,
    entry: Option<&Entry>,
    actor: &Actor,
    outcome: &CallOutcome,
) -> Target {
    let Some(entry) = entry.filter(|entry| entry.target != TargetKind::None) else {
        return Target::default();
    };
    let first = |paths: Paths| paths.iter().find_map(|path| record.text_at(path));
    let in_message = outcome
        .error_message
        .as_deref()
        .filter(|_| outcome.succeeded == Some(false))
        .and_then(resource_in_message);
    let (user, is_root) = owner(record, entry, actor, outcome, in_message.as_ref());
    let id = first(entry.id);
    let shown = first(entry.name).or_else(|| role_switched_to(entry, actor));
    let (arn, name) = match (shown, in_message) {
        (Some(text), _) => named(text),
        (None, Some(Resource::Arn(text) | Resource::Named(text)))
            if entry.target != TargetKind::User =>
        {
            named(text)
        }
        _ => (None, None),
    };
    let is_key = entry.target == TargetKind::AccessKey;
    let account = record
        .text(&["recipientAccountId"])
        .or_else(|| actor.account.clone());
    Target {
        kind: entry.target,
        account: match entry.target {
            // The account that is acted on, by an administrator of another one.
            TargetKind::Account => account_in(arn.as_deref(), name.as_deref()).or(account),
            _ => account,
        },
        arn,
        user,
        is_root,
        access_key_id: id.clone().filter(|_| is_key),
        credential_id: id.filter(|_| !is_key),
        name,
        status: first(entry.status).map(status),
        more_keys: Vec::new(),
        more_names: more_names(record, entry),
        inline_policy: record
            .name_at("requestParameters.policyName")
            .filter(|_| entry.action.starts_with("iam:")),
        given_role: record
            .text_at("requestParameters.role")
            .filter(|_| entry.action.starts_with("lambda:")),
    }
}

/// A state as IAM spells it: a record has what the caller wrote.
fn status(text: String) -> String {
    let known = ["Active", "Inactive"].iter();
    let mut known = known.filter(|known| text.eq_ignore_ascii_case(known));
    known.next().map_or(text, |known| (*known).to_owned())
}

/// The console records the session that it gets, in the role's account, and no parameters.
fn role_switched_to(entry: &Entry, actor: &Actor) -> Option<String> {
    let session = actor.arn.as_deref().and_then(Arn::parse)?;
    let is_switch = entry.action == "signin:SwitchRole";
    let role = session.role().filter(|_| is_switch)?;
    let resource = format!("role/{role}");
    Some(Arn::of_iam(session.partition, session.account, &resource).to_string())
}

/// The rest of a list whose first item stands for the target, and what a stack takes in.
fn more_names(record: &Json, entry: &Entry) -> Vec<String> {
    let lists = entry.name.iter().filter_map(|path| path.strip_suffix(".0"));
    let rest = lists
        .filter_map(|path| record.at_path(path)?.as_array())
        .flat_map(|names| names.iter().skip(1));
    let takes_in = entry.action == "cloudformation:CreateChangeSet";
    let imported = record
        .items(&["requestParameters", "resourcesToImport"])
        .filter(|_| takes_in)
        .filter_map(|resource| resource.get("resourceIdentifier")?.as_object())
        // By which of its properties a type is identified, it says itself.
        .flat_map(|identifier| identifier.values());
    rest.chain(imported)
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Whose credential it is, or which user is changed. A call that names nobody is
/// about the caller; a denied call names the user only in its message.
fn owner(
    record: &Json,
    entry: &Entry,
    actor: &Actor,
    outcome: &CallOutcome,
    in_message: Option<&Resource>,
) -> (Option<String>, Option<bool>) {
    if !entry.target.is_credential() && entry.user.is_empty() {
        return (None, None);
    }
    if entry.kind == Kind::SignIn {
        return (None, (actor.kind == ActorKind::Root).then_some(true));
    }
    if is_device_of_root(record, entry) {
        return (None, Some(true));
    }
    // A virtual device is made and deleted without its user being named. Nobody but
    // root can have its hands on root's.
    if entry.target == TargetKind::MfaDevice && entry.user.is_empty() {
        return (None, Some(actor.kind == ActorKind::Root));
    }
    // Root's own call names nobody; a name in the response would be the
    // account's alias.
    let named = entry
        .user
        .iter()
        .filter(|path| actor.kind != ActorKind::Root || path.starts_with("requestParameters"))
        .find_map(|path| record.name_at(path));
    // Parameters that were left out would have named somebody, for all we know.
    // So may those of a denied call, which CloudTrail leaves out.
    let denied = outcome
        .error_code
        .as_deref()
        .is_some_and(|code| code.contains("AccessDenied") || code.contains("Unauthorized"));
    let about_caller =
        !is_omitted(record, "requestParameters") && !denied && entry.target.is_credential();
    match (named, actor.kind) {
        (Some(name), _) if ROOT_PLACEHOLDERS.contains(&name.as_str()) && name != "Root" => {
            (None, Some(true))
        }
        (Some(name), _) => (Some(name), Some(false)),
        (None, ActorKind::Root) if about_caller => (None, Some(true)),
        (None, ActorKind::IamUser) if about_caller => (actor.name.clone(), Some(false)),
        (None, _) => match in_message {
            Some(Resource::User(name)) => (Some(name.clone()), Some(false)),
            // Nobody but root can have its hands on root's.
            Some(Resource::Arn(_) | Resource::Named(_)) | None => {
                let other = entry.target.is_credential()
                    && !matches!(actor.kind, ActorKind::Root | ActorKind::Unknown);
                (None, other.then_some(false))
            }
        },
    }
}

/// A virtual device that is made or deleted is named without its user; root's has a
/// name of its own (CloudTrail User Guide, "AWS Management Console sign-in events",
/// checked 2026-11-25).
fn is_device_of_root(record: &Json, entry: &Entry) -> bool {
    // Anybody may give a device of a user's such a name.
    let user = entry.user.iter().find_map(|path| record.name_at(path));
    let serial = record.text_at("requestParameters.serialNumber");
    let name = record.text_at("requestParameters.virtualMFADeviceName");
    user.is_none_or(|user| ROOT_PLACEHOLDERS.contains(&user.as_str()))
        && (serial.is_some_and(|serial| serial.ends_with(":mfa/root-account-mfa-device"))
            || name.is_some_and(|name| name == "root-account-mfa-device"))
}

/// Whether a call that did not fail must have shown a target that the record lacks.
pub(super) fn is_missing(target: &Target, entry: &Entry, omitted: bool) -> bool {
    let has_owner = target.user.is_some() || target.is_root == Some(true);
    match entry.target {
        TargetKind::AccessKey => {
            target.access_key_id.is_none() || !has_owner || !has_status(target, entry)
        }
        _ if entry.target.is_credential() && !entry.user.is_empty() => {
            !has_owner || !has_status(target, entry)
        }
        TargetKind::User => omitted && !has_owner,
        _ => omitted && !entry.name.is_empty() && target.name.is_none(),
    }
}

/// The state matters where it decides what the call was.
fn has_status(target: &Target, entry: &Entry) -> bool {
    entry.when.is_none() || entry.status.is_empty() || target.status.is_some()
}

/// A text that may be a name or an ARN → both, as far as it shows them.
fn named(text: String) -> (Option<String>, Option<String>) {
    match Arn::parse(&text).map(|arn| arn.name().to_owned()) {
        Some(name) => (Some(text), Some(name)),
        None => (None, Some(text)),
    }
}

/// The account in an ARN, or a name that is an account's id.
fn account_in(arn: Option<&str>, name: Option<&str>) -> Option<String> {
    let in_arn = arn.and_then(Arn::parse).map(|arn| arn.account);
    let account = in_arn.or(name)?.parse::<AccountId>().ok()?;
    Some(account.to_string())
}

/// What a denied call was denied on.
enum Resource {
    Arn(String),
    User(String),
    Named(String),
}

/// `… on resource: user NAME because …`, or an ARN in the name's place; `role NAME` and
/// `policy ARN` likewise.
fn resource_in_message(message: &str) -> Option<Resource> {
    let (_, rest) = message.split_once("on resource: ")?;
    let mut words = rest.split_whitespace();
    let mut word = words.next()?;
    if matches!(word, "group" | "policy" | "role") {
        word = words.next()?;
        if Arn::parse(word).is_none() {
            return Some(Resource::Named(word.to_owned()));
        }
    }
    match word {
        "user" => words.next().map(|name| Resource::User(name.to_owned())),
        word => Arn::parse(word).map(|arn| match arn.user() {
            Some(name) => Resource::User(name.to_owned()),
            None => Resource::Arn(word.to_owned()),
        }),
    }
}
