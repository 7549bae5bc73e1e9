//! A CloudTrail record → an activity.
//!
//! What the fields mean is in the CloudTrail User Guide, "Record contents" and
//! "userIdentity element" (checked 2026-11-25).

use super::particulars::{Late, Particulars};
use super::{Activity, ActorKind, CallOutcome};
use crate::arn::Arn;
use crate::event::Event;
use crate::json::{Json, first_label};
use crate::phrases::Named;
use crate::taxonomy::conditions::{doors, watch};
use crate::taxonomy::grant::policy_name;
use crate::taxonomy::parameters::is_omitted;
use crate::taxonomy::trust::Trust;
use crate::taxonomy::{Entry, Group, Kind, TargetKind, conditions};
use crate::{phrases, taxonomy};

mod identity;
mod origin;
mod target;

/// Reads a record that was delivered as `event`.
pub(super) fn read(record: &Json, event: &Event) -> Activity {
    let name = record.text(&["eventName"]).map(without_api_date);
    let action = record
        .text(&["eventSource"])
        .zip(name.as_ref())
        .map(|(source, name)| format!("{}:{name}", first_label(&source)));
    let kind = kind_of(record, event, name.as_deref());
    // What keyrail knows by name is what it is, whatever type it comes as.
    let entry = action
        .as_deref()
        .and_then(taxonomy::find)
        .filter(|_| !is_of_an_endpoint(record));
    let kind = entry.map_or(kind, |entry| entry.kind);
    let outcome = outcome(record, name.as_deref());
    let actor = identity::read(record, kind);
    let target = target::read(record, entry, &actor, &outcome);
    let account = record
        .text(&["recipientAccountId"])
        .or_else(|| event.account.clone())
        .or_else(|| actor.account.clone());
    let time = record
        .text(&["eventTime"])
        .or_else(|| event.time.clone())
        .and_then(|time| time.parse().ok());
    let mut activity = Activity {
        kind,
        action: match (entry, action) {
            (Some(entry), Some(action)) => Some(entry.name_of(&action)),
            (_, action) => action,
        },
        account,
        region: record.text(&["awsRegion"]).or_else(|| event.region.clone()),
        time,
        outcome,
        actor,
        target,
        origin: origin::read(record, kind),
        ..Activity::default()
    };
    // Of one user there is one spelling: that of the caller, which is IAM's own.
    if activity.actor.kind == ActorKind::IamUser && activity.is_on_self() {
        activity.target.user.clone_from(&activity.actor.name);
    }
    if let Some(entry) = entry {
        activity.administrator = entry.grant.and_then(|grant| grant.administrator(record));
        activity.trust = entry.trust.and_then(|path| Trust::read(record, path));
        activity.groups = groups(entry, record, &activity);
        if activity.groups.contains(&Group::LaunchCompute)
            && activity.outcome.succeeded == Some(true)
        {
            activity.launched = conditions::launched(record);
        }
    }
    activity.particulars = Particulars {
        late: Late::of(record, event, activity.time),
        expires: entry
            .filter(|entry| entry.target.is_credential())
            .and_then(|_| expiry(record)),
        quarantine: record
            .text(&["requestParameters", "policyArn"])
            .filter(|_| activity.groups.contains(&Group::ReportExposure))
            .map(|arn| policy_name(&arn).to_owned()),
        ..Particulars::default()
    };
    activity.unknown = missing_facts(&activity, entry, record);
    activity.conflicts = contradictions(&activity, record, event);
    activity
}

/// The groups that the action is in, less those that this event is shown not to
/// belong to. Where the event does not show it, the action stays in the group, so
/// that omitted parameters hide nothing.
fn groups(entry: &Entry, record: &Json, activity: &Activity) -> Vec<Group> {
    let met = entry
        .when
        .is_none_or(|condition| (condition.holds)(record) != Some(false));
    let groups = entry.groups.iter().copied().filter(|group| match group {
        Group::RootCredentials => activity.target.is_root != Some(false),
        Group::EscalatePrivilege => met && activity.administrator != Some(false),
        Group::ReportExposure => (conditions::IS_QUARANTINE.holds)(record) == Some(true),
        // Whether it is this keyrail's is for the circumstances to say. Beside another group the
        // condition is that one's.
        Group::TamperGuardrail => met || entry.groups.len() > 1,
        Group::OpenTrust => activity.trust.as_ref().is_none_or(Trust::is_open),
        Group::LiftLimit if entry.when.is_some() => {
            (doors::DROPS_SESSION_POLICY.holds)(record) == Some(true)
        }
        Group::UndoContainment => (doors::LIFTS_DENIAL.holds)(record) != Some(false),
        Group::ChangeWatch => met && !is_of_watching_service(entry, record),
        _ => met,
    });
    groups.collect()
}

/// When a credential expires: as IAM has it, or in how many days somebody asked for.
fn expiry(record: &Json) -> Option<String> {
    let credential = ["responseElements", "serviceSpecificCredential"];
    let shown = record.below(&credential).text(&["expirationDate"]);
    shown.or_else(|| {
        let days = record.text(&["requestParameters", "credentialAgeDays"])?;
        Some(format!("{days} days after it was created"))
    })
}

/// Whether what is stopped is of a service that watches, or may be: what shows no name is.
fn is_of_watching_service(entry: &Entry, record: &Json) -> bool {
    // A flow log has no name, and is of nobody but its owner.
    entry.action != "ec2:DeleteFlowLogs"
        && (watch::IS_OF_WATCHING_SERVICE.holds)(record) != Some(false)
}

/// A sign-in's verdict stands in `responseElements` under the event's own
/// name; a call failed if it has an error code (CloudTrail User Guide, "AWS
/// Management Console sign-in events" and "record contents", checked
/// 2026-11-24). The grants of `aws login` say `success` beside it.
fn outcome(record: &Json, name: Option<&str>) -> CallOutcome {
    let error_code = record.text(&["errorCode"]);
    let error_message = record.text(&["errorMessage"]);
    let verdict = name.and_then(|name| {
        record
            .text(&["responseElements", name])
            .or_else(|| record.text(&["serviceEventDetails", name]))
    });
    let succeeded = match verdict.as_deref() {
        _ if error_code.is_some() => Some(false),
        Some("Success") => Some(true),
        Some("Failure") => Some(false),
        _ if is_sign_in(record) => error_message.as_ref().map(|_| false),
        _ => record
            .flag(&["additionalEventData", "success"])
            .or(Some(true)),
    };
    CallOutcome {
        succeeded,
        error_code,
        error_message,
    }
}

/// The record's own type decides; only old records lack it, and then the
/// envelope's detail type does.
fn kind_of(record: &Json, event: &Event, name: Option<&str>) -> Kind {
    let event_type = record
        .text(&["eventType"])
        .or_else(|| event.detail_type.clone())
        .map(|kind| kind.replace(' ', "").to_ascii_lowercase());
    match event_type.as_deref() {
        // A step before the sign-in itself, and no verdict on it.
        _ if name == Some("CheckMfa") && is_sign_in_source(record) => Kind::Other,
        Some(kind) if kind.contains("consolesignin") => Kind::SignIn,
        Some(kind) if kind.contains("serviceevent") => Kind::ServiceEvent,
        Some(kind) if kind.contains("insight") || kind == "awsvpceevent" => Kind::Other,
        None if is_sign_in(record) => Kind::SignIn,
        _ => Kind::ApiCall,
    }
}

/// The same call as an endpoint of a VPC saw it, even of another account's caller; the
/// call itself is recorded too (CloudTrail User Guide, "Logging network activity
/// events", checked 2026-11-25).
fn is_of_an_endpoint(record: &Json) -> bool {
    record
        .text(&["eventType"])
        .is_some_and(|kind| kind.eq_ignore_ascii_case("AwsVpceEvent"))
}

fn is_sign_in_source(record: &Json) -> bool {
    record
        .text(&["eventSource"])
        .is_some_and(|source| first_label(&source) == "signin")
}

fn is_sign_in(record: &Json) -> bool {
    record
        .text(&["eventType"])
        .is_some_and(|kind| kind.eq_ignore_ascii_case("AwsConsoleSignIn"))
        || (is_sign_in_source(record)
            && record
                .text(&["eventName"])
                .is_some_and(|name| name == "ConsoleLogin"))
}

/// Facts that policies read and the record does not show.
fn missing_facts(activity: &Activity, entry: Option<&Entry>, record: &Json) -> Vec<String> {
    let signs_in = activity.groups.contains(&Group::SignIn);
    let succeeded = activity.outcome.succeeded;
    let person = matches!(activity.actor.kind, ActorKind::IamUser | ActorKind::Root);
    let omitted = ["requestParameters", "responseElements"]
        .iter()
        .any(|part| is_omitted(record, part));
    [
        ("account", activity.account.is_none()),
        ("region", activity.region.is_none()),
        ("time", activity.time.is_none()),
        (
            "succeeded",
            succeeded.is_none() && activity.kind != Kind::Other,
        ),
        (
            "mfa",
            signs_in && person && succeeded != Some(false) && activity.actor.mfa.is_none(),
        ),
        (
            "principal",
            activity.actor.kind == ActorKind::Unknown
                || (activity.actor.is_service_linked_by_name() && issues(activity)),
        ),
        (
            "target",
            succeeded != Some(false)
                && entry.is_some_and(|entry| target::is_missing(&activity.target, entry, omitted)),
        ),
        (
            "administrator",
            succeeded != Some(false)
                && activity.administrator.is_none()
                && entry
                    .and_then(|entry| entry.grant)
                    .is_some_and(|grant| grant.is_hidden(record)),
        ),
        (
            "trust",
            succeeded != Some(false)
                && activity.trust.is_none()
                && entry.is_some_and(|entry| entry.trust.is_some()),
        ),
    ]
    .into_iter()
    .filter(|(_, missing)| *missing)
    .map(|(fact, _)| fact.to_owned())
    .collect()
}

/// Whether somebody gets something by it that lasts.
fn issues(activity: &Activity) -> bool {
    let issuing = [
        Group::ChangePassword,
        Group::EscalatePrivilege,
        Group::IssueAccessKey,
        Group::IssueLongTermCredential,
        Group::OpenTrust,
        Group::ReactivateCredential,
        Group::TrustProvider,
    ];
    activity.groups.iter().any(|group| issuing.contains(group))
}

/// Account, user and key must agree wherever the event names them twice.
fn contradictions(activity: &Activity, record: &Json, event: &Event) -> Vec<String> {
    let request = record.name(&["requestParameters", "userName"]);
    let response = record.name(&["responseElements", "accessKey", "userName"]);
    let recipient = record.text(&["recipientAccountId"]);
    let actor = &activity.actor;
    let is_user = actor.kind == ActorKind::IamUser;
    let arn = actor.arn.as_deref().filter(|_| is_user);
    let parsed = arn.and_then(Arn::parse);
    let arn_account = parsed.map(|arn| arn.account.to_owned());
    let arn_name = parsed.map(|arn| arn.name()).or(arn).map(str::to_owned);
    let name = actor.name.clone();
    // A call that names nobody is about the caller; one whose parameters were left out
    // may have named somebody.
    let names_nobody = is_user && request.is_none() && !is_omitted(record, "requestParameters");
    let own = name.clone().filter(|_| names_nobody);
    let owner = response.clone().filter(|_| names_nobody);
    // IAM calls act in the caller's own account, so that must agree as well.
    let caller = actor.account.clone().filter(|_| {
        activity.target.kind == TargetKind::AccessKey && actor.kind != ActorKind::Unknown
    });
    [
        (
            Named::UserInRequest,
            request,
            Named::UserInResponse,
            response,
        ),
        (
            Named::AccountDelivering,
            event.account.clone(),
            Named::AccountReceiving,
            recipient,
        ),
        (
            Named::AccountOfCaller,
            caller,
            Named::AccountAffected,
            activity.account.clone(),
        ),
        (Named::NameOfCaller, own, Named::UserInResponse, owner),
        (
            Named::AccountOfCaller,
            actor.account.clone(),
            Named::AccountInCallersArn,
            arn_account,
        ),
        (Named::NameOfCaller, name, Named::NameInCallersArn, arn_name),
    ]
    .into_iter()
    .filter_map(|(one, first, two, second)| {
        let (first, second) = first.zip(second)?;
        (!first.eq_ignore_ascii_case(&second))
            .then(|| phrases::contradiction((one, &first), (two, &second)))
    })
    .collect()
}

/// `UpdateFunctionCode20150331v2` → `UpdateFunctionCode`: some services write the
/// date of their API into event names (Lambda Developer Guide, "Logging Lambda
/// API calls", checked 2026-11-24).
fn without_api_date(name: String) -> String {
    let digits_end = match name.rsplit_once('v') {
        Some((before, version)) if !version.is_empty() && is_digits(version) => before,
        _ => name.as_str(),
    };
    match digits_end
        .len()
        .checked_sub(8)
        .and_then(|at| digits_end.split_at_checked(at))
    {
        Some((bare, date)) if is_digits(date) && date.starts_with("20") && !bare.is_empty() => {
            bare.to_owned()
        }
        _ => name,
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_an_api_are_no_part_of_a_name() {
        for (name, expected) in [
            ("UpdateFunctionCode20150331v2", "UpdateFunctionCode"),
            ("DeleteFunction20150331", "DeleteFunction"),
            ("CreateAccessKey", "CreateAccessKey"),
            ("20150331", "20150331"),
            ("RunV2", "RunV2"),
        ] {
            assert_eq!(without_api_date(name.to_owned()), expected);
        }
    }
}
