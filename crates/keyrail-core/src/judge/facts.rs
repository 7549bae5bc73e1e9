//! What policies read as `context`: the facts of one activity.

use cedar_policy::{Context, RestrictedExpression};

use super::entity::{text, uid};
use crate::activity::{Activity, Past};
use crate::bundle::Organization;
use crate::id::KeyKind;

/// The context, and the facts in it that Cedar refuses. That is found by trying each
/// alone, which only an event with such a value has to pay for.
pub(super) fn context(
    activity: &Activity,
    organization: &Organization,
) -> Result<(Context, Vec<String>), String> {
    if let Ok(context) = Context::from_pairs(facts(activity, organization)) {
        return Ok((context, Vec::new()));
    }
    let (taken, refused): (Vec<_>, Vec<_>) =
        facts(activity, organization).partition(|fact| Context::from_pairs([fact.clone()]).is_ok());
    let context = Context::from_pairs(taken).map_err(|error| error.to_string())?;
    Ok((context, refused.into_iter().map(|(name, _)| name).collect()))
}

/// The typed context. A fact that the event does not show is left out, so that a
/// guardrail that reads it fails, and is undecided, rather than reading an
/// invented value.
pub(super) fn facts(
    activity: &Activity,
    organization: &Organization,
) -> impl Iterator<Item = (String, RestrictedExpression)> {
    let bool = RestrictedExpression::new_bool;
    let actor = &activity.actor;
    let origin = &activity.origin;
    let finding = activity.particulars.finding.as_ref();
    let key = actor.access_key_id.as_deref();
    let time = activity
        .time
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    [
        ("name", activity.action.as_deref().map(text)),
        ("succeeded", activity.outcome.succeeded.map(bool)),
        (
            "errorCode",
            activity.outcome.error_code.as_deref().map(text),
        ),
        ("time", time.map(RestrictedExpression::new_datetime)),
        ("region", activity.region.as_deref().map(text)),
        ("mfa", actor.mfa.map(bool)),
        (
            "ip",
            origin
                .ip
                .map(|ip| RestrictedExpression::new_ip(ip.to_canonical().to_string())),
        ),
        ("service", actor.on_behalf_of_service.as_deref().map(text)),
        ("console", origin.console.map(bool)),
        ("userAgent", origin.user_agent.as_deref().map(text)),
        ("tlsVersion", origin.tls_version.as_deref().map(text)),
        ("sourceIdentity", actor.source_identity.as_deref().map(text)),
        ("accessKeyId", key.map(text)),
        (
            "temporary",
            key.map(|key| bool(KeyKind::of(key) == Some(KeyKind::Temporary))),
        ),
        ("self", Some(bool(activity.is_on_self()))),
        ("own", Some(bool(activity.own))),
        ("misused", Some(bool(activity.misused))),
        ("administrator", activity.administrator.map(bool)),
        ("trust", trust(activity, organization).map(text)),
        ("control", activity.control.as_deref().map(text)),
        (
            "findingSeverity",
            finding
                .and_then(|finding| finding.severity)
                .map(|severity| text(severity.as_str())),
        ),
        (
            "workflow",
            finding.and_then(|finding| finding.workflow.as_deref().map(text)),
        ),
        (
            "sentBy",
            finding.and_then(|finding| finding.sent_by.as_deref().map(text)),
        ),
        ("networks", networks(activity)),
        ("history", activity.past.as_ref().map(history)),
        ("rootSession", Some(bool(actor.root_session == Some(true)))),
        (
            "unknown",
            Some(RestrictedExpression::new_set(
                activity.unknown.iter().map(|fact| text(fact)),
            )),
        ),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
}

/// The widest of those whom a role's trust policy lets in, if it lets in anybody whom the
/// organization does not know.
fn trust(activity: &Activity, organization: &Organization) -> Option<&'static str> {
    let trust = activity.trust.as_ref()?;
    let is_foreign = |account: &String| !organization.accounts.contains_key(account);
    [
        ("anybody", trust.anybody),
        ("issuer", !trust.issuers.is_empty()),
        ("account", trust.accounts.iter().any(is_foreign)),
        ("organization", trust.organization),
        ("vendor", trust.vendors.iter().any(is_foreign)),
    ]
    .into_iter()
    .find_map(|(whom, is_let_in)| is_let_in.then_some(whom))
}

/// The named networks that the address is in, if there are names and an address.
fn networks(activity: &Activity) -> Option<RestrictedExpression> {
    let named = activity.networks_are_named && activity.origin.ip.is_some();
    let uids = activity
        .origin
        .networks
        .iter()
        .filter_map(|name| uid("Network", name).ok());
    named.then(|| RestrictedExpression::new_set(uids.map(RestrictedExpression::new_entity_uid)))
}

/// More than that is no more for a policy, and can be reckoned with: a number that an event
/// asks for has no bound.
const MOST_LAUNCHED: i64 = 100_000;

/// In minutes.
const TEN_YEARS: i64 = 5_256_000;

fn history(past: &Past) -> RestrictedExpression {
    let contained = RestrictedExpression::new_bool(past.contained);
    let surge = past.surge;
    let mut fields = vec![
        ("contained".to_owned(), contained),
        (
            "surgeMinutes".to_owned(),
            RestrictedExpression::new_long(surge.minutes),
        ),
        (
            "surgeInstances".to_owned(),
            RestrictedExpression::new_long(surge.instances),
        ),
    ];
    if let Some(change) = past.password_change {
        let launched = i64::try_from(change.launched_since).unwrap_or(i64::MAX);
        let launched = launched.min(MOST_LAUNCHED);
        for (name, number) in [
            (
                "minutesSincePasswordChange",
                change.minutes_before.min(TEN_YEARS),
            ),
            ("launchedSincePasswordChange", launched),
        ] {
            fields.push((name.to_owned(), RestrictedExpression::new_long(number)));
        }
    }
    // Only a name that stands twice could make it fail.
    RestrictedExpression::new_record(fields)
        .unwrap_or_else(|_| RestrictedExpression::new_bool(false))
}
