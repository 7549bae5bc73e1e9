//! The people in it, in a few words.

use crate::activity::{Activity, ActorKind};
use crate::arn::Arn;
use crate::report::Report;
use crate::taxonomy::{Kind, TargetKind};

/// The people in it, in a few words: `bob, by anaya`; nobody where the event is about
/// nobody, or nobody can read it.
pub(crate) fn who(report: &Report) -> Option<String> {
    let activity = &report.activity;
    let actor = actor_name(activity);
    if let Some(repeats) = report.about.repeats() {
        // `user/anaya`, `assumed-role/deploy/anaya`
        let actor = &repeats.follow_up.repetition.actor;
        let in_arn = Arn::parse(actor).map(|arn| arn.resource);
        return Some(in_arn.unwrap_or(actor).to_owned());
    }
    if report.about.comeback().is_some() {
        return Some(activity.target.user.clone().unwrap_or(actor));
    }
    if activity.kind.is_report() {
        // The service that reports it did nothing.
        let target = &activity.target;
        let about = target.user.as_ref().or(target.access_key_id.as_ref());
        return Some(about.cloned().unwrap_or(actor));
    }
    if let (ActorKind::Root, Kind::ApiCall, Some(action)) =
        (activity.actor.kind, activity.kind, &activity.action)
    {
        return Some(format!("root, {action}"));
    }
    match (activity.kind, activity.target.kind, &activity.target.user) {
        (Kind::Unrecognised, ..) => None,
        (_, kind, Some(user))
            if (kind.is_credential() || kind == TargetKind::User)
                && activity.actor.name.as_ref() != Some(user) =>
        {
            Some(format!("{user}, by {actor}"))
        }
        _ => Some(actor),
    }
}

/// The actor, in a word.
pub(super) fn actor_name(activity: &Activity) -> String {
    let actor = &activity.actor;
    let name = actor.name.as_deref();
    match (actor.kind, name, actor.session_name.as_deref()) {
        (ActorKind::Root, ..) => "root".to_owned(),
        (_, Some(role), Some(session)) if role != session => format!("{session} ({role})"),
        (_, Some(name), _) => name.to_owned(),
        _ => "somebody unknown".to_owned(),
    }
}
