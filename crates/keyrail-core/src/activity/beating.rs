//! Which event is a beat.
//!
//! A beat's role is denied everything, so that nothing can come of a beat. CloudTrail records a call
//! that is refused like any other, with its error code; the parameters are null where it was denied
//! (CloudTrail User Guide, "CloudTrail record contents for management, data, and network activity
//! events", `errorCode` and `requestParameters`, checked 2026-11-29). Scheduler calls in a session of
//! the role that a schedule names (EventBridge Scheduler User Guide, "Setting up Amazon EventBridge
//! Scheduler", on the execution role, checked 2026-11-29), so that the session's issuer names the role.

use super::actor::ActorKind;
use super::beat::{Beat, BeatCall, Refusal, named, role};
use super::facts::{Activity, Provenance};
use crate::event::{Body, Event};
use crate::json::Json;
use crate::taxonomy::Kind;

impl Beat {
    /// The beat that an event tells of, if it does: of the deployment of that name.
    pub(crate) fn of(event: &Event, activity: &Activity, name: &str) -> Option<Self> {
        let Body::CloudTrail(record) = &event.body else {
            return None;
        };
        let (actor, region) = (&activity.actor, activity.region.as_deref()?);
        let account = activity.account.as_deref()?;
        let is_own_role = actor.kind == ActorKind::AssumedRole
            && activity.kind == Kind::ApiCall
            && actor.name.as_deref() == Some(role(name, region).as_str())
            && actor.account.as_deref() == Some(account);
        // Not what an archive replays, what a queue or topic brings, or what contradicts itself.
        let is_believed = activity.provenance == Provenance::FirstHand
            && activity.hands_off.is_none()
            && activity.conflicts.is_empty();
        let action = activity.action.as_deref()?;
        let call = BeatCall::ALL.into_iter().find(|it| it.action() == action)?;
        let is_call = call.is_made_in(region) && has_parameters_of(call, record, name);
        if !(is_own_role && is_believed && is_call && activity.outcome.succeeded == Some(false)) {
            return None;
        }
        Some(Self {
            account: account.parse().ok()?,
            region: region.to_owned(),
            call,
            time: activity.time?,
            refusal: Refusal::of(activity.outcome.error_code.as_deref()?, call)?,
        })
    }
}

/// A beat's own parameters, or none: CloudTrail leaves out those of a call that was denied.
fn has_parameters_of(call: BeatCall, record: &Json, name: &str) -> bool {
    let given = record.below(&["requestParameters"]);
    let Some(fields) = given.value().as_object() else {
        return given.value().is_null();
    };
    fields.len() == 1 && given.name(&[call.parameter()]) == Some(named(name))
}
