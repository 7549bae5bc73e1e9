//! What happened, in one sentence, and the words for who, whose and where.

use super::who::actor_name;
use crate::activity::{Activity, ActorKind};
use crate::plain::Plain;
use crate::report::{Report, State};
use crate::taxonomy::{Kind, TargetKind};

/// What happened, in one sentence.
pub(super) fn sentence(report: &Report) -> String {
    let activity = &report.activity;
    if let Some(what) = report.about.comeback() {
        let now = match report.state() {
            State::Blocked => " By now it is stopped again.",
            _ => "",
        };
        return format!(
            "keyrail looked again at what it had contained of {} in {}, and found: {}. Somebody undid it, or it never took effect.{now}",
            known(activity.target.user.as_deref()),
            place(activity),
            Plain(what)
        );
    }
    if let Some(repeats) = report.about.repeats() {
        let follow_up = &repeats.follow_up;
        let repetition = &follow_up.repetition;
        return format!(
            "Since the alert about event {}, {} violated {} again in {}: {} times until {}.",
            Plain(&follow_up.event),
            Plain(&repetition.actor),
            repetition.guardrails.join(", "),
            place(activity),
            repeats.count(),
            crate::phrases::utc(repetition.until),
        );
    }
    match activity.kind {
        Kind::Unrecognised if report.about.is_fault() => {
            let reason = activity.unknown.first().map_or("", String::as_str);
            format!(
                "The deployed bundle is not valid: {}. keyrail guards with its default bundle, without your guardrails, exemptions and settings.",
                Plain(reason)
            )
        }
        Kind::Unrecognised => {
            let reason = activity.unknown.first().map_or("", String::as_str);
            format!(
                "keyrail received an event that it does not recognise: {}.",
                Plain(reason)
            )
        }
        Kind::Exposure if activity.outcome.succeeded.is_none() => format!(
            "{} says that {} is known to others: {}, in {}.",
            actor(activity),
            credentials_of(report),
            report_name(activity),
            place(activity)
        ),
        Kind::Finding => format!(
            "A finding is about {}: {}, in {}.",
            credentials_of(report),
            report_name(activity),
            place(activity)
        ),
        Kind::ApiCall | Kind::Exposure | Kind::Other | Kind::ServiceEvent | Kind::SignIn => {
            deed(activity)
        }
    }
}

fn deed(activity: &Activity) -> String {
    let who = actor(activity);
    let place = place(activity);
    let error = activity
        .outcome
        .error_code
        .as_deref()
        .or(activity.outcome.error_message.as_deref());
    let error = error
        .map(|error| format!(": {}", Plain(error)))
        .unwrap_or_default();
    let (did, to_do) = verbs(activity);
    match activity.outcome.succeeded {
        Some(true) => format!("{who} {did} {place}."),
        // Who it was is just what a failed sign-in does not show.
        Some(false) if activity.kind == Kind::SignIn => {
            format!("Somebody tried to {to_do} {place} as {who}, and failed{error}.")
        }
        Some(false) => format!("{who} tried to {to_do} {place}, and failed{error}."),
        None => {
            format!("{who} tried to {to_do} {place}; the event does not say whether it succeeded.")
        }
    }
}

/// The same deed as done and as attempted.
fn verbs(activity: &Activity) -> (String, String) {
    let target = &activity.target;
    match activity.action.as_deref() {
        Some("iam:CreateAccessKey") => {
            let key = key(activity);
            let owner = owner(activity);
            (
                format!("created {key} for {owner} in"),
                format!("create {key} for {owner} in"),
            )
        }
        Some("iam:UpdateAccessKey") => {
            let key = key_of(activity);
            let status = known(target.status.as_deref());
            (
                format!("set {key} to {status} in"),
                format!("set the status of {key} in"),
            )
        }
        Some("signin:ConsoleLogin") => {
            let without = match activity.actor.mfa {
                Some(false) => "without MFA ",
                Some(true) | None => "",
            };
            (
                format!("signed in {without}to the console of"),
                "sign in to the console of".to_owned(),
            )
        }
        Some("signin:CreateOAuth2Token") => (
            "was given a session for the command line (OAuth, as by aws login) in".to_owned(),
            "get a session for the command line (OAuth, as by aws login) in".to_owned(),
        ),
        Some(action) if action.starts_with("signin:CreateOAuth2Token") => {
            let action = Plain(action);
            (
                format!("was given an OAuth token ({action}) in"),
                format!("get an OAuth token ({action}) in"),
            )
        }
        Some(action) if activity.launched > 0 => {
            let (action, count) = (Plain(action), activity.launched);
            let past = activity.past.as_ref().and_then(|past| past.password_change);
            let since = past.map(|change| {
                let (since, minutes) = (change.launched_since, change.minutes_before);
                match since == activity.launched {
                    true => format!(", {minutes} minutes after its password was changed,"),
                    false => format!(
                        ", {since} since its password was changed {minutes} minutes before,"
                    ),
                }
            });
            let since = since.unwrap_or_default();
            let instances = if count == 1 { "instance" } else { "instances" };
            (
                format!("launched {count} {instances} with {action}{since} in"),
                format!("launch instances by {action} in"),
            )
        }
        action => {
            let action = known(action);
            let on = on(activity);
            (
                format!("called {action}{on} in"),
                format!("call {action}{on} in"),
            )
        }
    }
}

/// ` on trail main`, ` on login profile of IAM user bob`; nothing where there is nothing.
fn on(activity: &Activity) -> String {
    let target = &activity.target;
    if target.kind == TargetKind::None {
        return String::new();
    }
    let kind = match target.kind {
        TargetKind::Other | TargetKind::User => String::new(),
        kind => format!("{} ", kind.as_str().replace('-', " ")),
    };
    let name = target
        .name
        .as_deref()
        .or(target.credential_id.as_deref())
        .map(|name| Plain(name).to_string());
    let user = match (target.user.as_deref(), target.is_root) {
        (_, Some(true)) => Some("root".to_owned()),
        (Some(user), _) => Some(format!("IAM user {}", Plain(user))),
        (None, _) => None,
    };
    match (name, user) {
        (Some(name), Some(user)) => format!(" on {kind}{name} of {user}"),
        (Some(name), None) => format!(" on {kind}{name}"),
        (None, Some(user)) if kind.is_empty() => format!(" on {user}"),
        (None, Some(user)) => format!(" on {kind}of {user}"),
        (None, None) => String::new(),
    }
}

/// `securityhub:TTPs/…` → its words; AWS's name for what it reports.
fn report_name(activity: &Activity) -> String {
    known(activity.action.as_deref())
}

fn key(activity: &Activity) -> String {
    match activity.target.access_key_id.as_deref() {
        Some(key) => format!("access key {}", Plain(key)),
        None => "an access key".to_owned(),
    }
}

/// The key of a report and any further ones, or just a credential where it names none.
fn credentials_of(report: &Report) -> String {
    let activity = &report.activity;
    let id = activity.target.access_key_id.as_deref();
    let as_iam_says = id
        .and_then(|id| id.parse().ok())
        .and_then(|id| report.owner_of(&id));
    let key = match (id, as_iam_says) {
        (Some(_), Some(owner)) => format!("{} of IAM user {owner}", key(activity)),
        (Some(_), None) => key_of(activity),
        (None, _) => key_of(activity).replacen("an access key", "a credential", 1),
    };
    activity.target.more_keys.iter().fold(key, |keys, more| {
        format!("{keys}, and access key {}", Plain(more))
    })
}

fn key_of(activity: &Activity) -> String {
    let owner = match (activity.target.user.as_deref(), activity.target.is_root) {
        (_, Some(true)) => " of root".to_owned(),
        (Some(user), _) => format!(" of IAM user {}", Plain(user)),
        (None, _) => match activity.target.name.as_deref() {
            Some(name) => format!(" of {}", Plain(name)),
            None => " of an owner that the event does not name".to_owned(),
        },
    };
    format!("{}{owner}", key(activity))
}

/// Who acted, by what sort of identity and name.
pub(super) fn actor(activity: &Activity) -> String {
    let name = actor_name(activity);
    let name = Plain(&name);
    let on_behalf = activity.actor.on_behalf_of_service.as_deref();
    let service = on_behalf
        .filter(|_| activity.actor.kind != ActorKind::AwsService)
        .map(|service| format!(", through {}", Plain(service)))
        .unwrap_or_default();
    let kind = match activity.actor.kind {
        ActorKind::Root => return format!("root{service}"),
        ActorKind::AssumedRole => "role session",
        ActorKind::AwsAccount => "another account",
        ActorKind::AwsService => "AWS service",
        ActorKind::FederatedUser => "federated user",
        ActorKind::IamUser => "IAM user",
        ActorKind::IdentityCenterUser => "Identity Center user",
        ActorKind::SamlUser => "SAML user",
        ActorKind::WebIdentityUser => "web identity",
        ActorKind::Unknown => return format!("{name}{service}"),
    };
    format!("{kind} {name}{service}")
}

fn owner(activity: &Activity) -> String {
    match (activity.target.user.as_deref(), activity.target.is_root) {
        (_, Some(true)) => "root".to_owned(),
        (Some(user), _) if activity.is_on_self() => format!("itself ({})", Plain(user)),
        (Some(user), _) => format!("IAM user {}", Plain(user)),
        (None, _) => "a user that the event does not name".to_owned(),
    }
}

/// The affected account, and the Region.
pub(super) fn place(activity: &Activity) -> String {
    let account = known(activity.account.as_deref());
    match activity.region.as_deref() {
        Some(region) => format!("account {account} ({})", Plain(region)),
        None => format!("account {account}"),
    }
}

/// A text of the event, or that it is not known.
pub(super) fn known(text: Option<&str>) -> String {
    text.map_or_else(|| "not known".to_owned(), |text| Plain(text).to_string())
}
