//! Activity → verdict: the only place that builds Cedar values.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicyId,
    PolicySet, Request, Response, RestrictedExpression,
};
use serde::Serialize;

use crate::activity::taxonomy;
use crate::activity::{Activity, ActorKind, Kind, TargetKind};
use crate::bundle::{Bundle, Mode, Severity};
use crate::circumstances::Past;
use crate::plan::StepName;

/// What the guardrails say about one activity. Serialises as `verdict` of
/// `keyrail.report/v1`.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// The highest of those violated and undecided.
    pub severity: Option<Severity>,
    /// The highest of the violations' own; without any, the deployment's.
    pub mode: Mode,
    /// Guardrails that are violated, the worst first.
    pub violated: Vec<Violation>,
    /// Violations that an exemption covers.
    pub exempted: Vec<Exempted>,
    /// Violations that an exemption covered until it expired.
    pub expired: Vec<Exempted>,
    /// Policies that could not be decided; alerted, never acted on.
    pub undecided: Vec<Undecided>,
}

/// One violated guardrail.
#[derive(Debug, Serialize)]
pub struct Violation {
    /// The guardrail's `@id`.
    pub id: String,
    /// Its `@title`.
    pub title: String,
    /// Its `@severity`.
    pub severity: Severity,
    /// The mode that applies to it.
    pub mode: Mode,
    /// Its text, as written.
    pub policy_text: String,
    #[serde(skip)]
    pub(crate) respond: Vec<StepName>,
    #[serde(skip)]
    pub(crate) advice: Option<String>,
    #[serde(skip)]
    pub(crate) runbook: Option<String>,
}

/// A violation and the exemption that covers it, or did.
#[derive(Debug, Serialize)]
pub struct Exempted {
    /// The guardrail's id.
    pub guardrail: String,
    /// The exemption's id.
    pub exemption: String,
    /// The last day of the exemption, in UTC.
    pub expires: jiff::civil::Date,
}

/// A policy that could not be decided, and why.
#[derive(Debug, Serialize)]
pub struct Undecided {
    /// The policy's id.
    pub policy: String,
    /// Whether it is a guardrail or an exemption.
    pub kind: PolicyKind,
    /// What went wrong, or which fact is not known.
    pub error: String,
    #[serde(skip)]
    pub(crate) severity: Severity,
}

/// Which of the two sets a policy is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyKind {
    /// A `forbid`.
    Guardrail,
}

impl Bundle {
    /// Judges one activity. `mode` is the deployment's, where it is set.
    ///
    /// A fault of one guardrail is in the verdict and hides no other.
    #[must_use]
    pub fn judge(&self, activity: &Activity, mode: Option<Mode>) -> Verdict {
        let mut verdict = Verdict {
            severity: None,
            mode: mode.unwrap_or(Mode::Observe),
            violated: Vec::new(),
            exempted: Vec::new(),
            expired: Vec::new(),
            undecided: Vec::new(),
        };
        if matches!(activity.kind, Kind::Other | Kind::Unrecognised) {
            return verdict;
        }
        match Question::about(activity) {
            Ok(question) => self.answer(&question, mode, &mut verdict),
            // No value of an event can do this, but ids that Cedar refuses would.
            Err(error) => {
                verdict
                    .undecided
                    .extend(self.guardrails.iter().map(|(id, guardrail)| Undecided {
                        policy: id.to_string(),
                        kind: PolicyKind::Guardrail,
                        error: error.clone(),
                        severity: guardrail.severity,
                    }));
            }
        }
        verdict
            .violated
            .sort_by(|a, b| (b.severity, &a.id).cmp(&(a.severity, &b.id)));
        verdict
            .undecided
            .sort_by(|a, b| (b.severity, &a.policy).cmp(&(a.severity, &b.policy)));
        let violated = verdict.violated.iter().map(|violation| violation.severity);
        let undecided = verdict.undecided.iter().map(|undecided| undecided.severity);
        verdict.severity = violated.chain(undecided).max();
        if let Some(highest) = verdict
            .violated
            .iter()
            .map(|violation| violation.mode)
            .max()
        {
            verdict.mode = highest;
        }
        verdict
    }

    fn answer(&self, question: &Question, mode: Option<Mode>, verdict: &mut Verdict) {
        let response = question.ask(&self.policies);
        let satisfied = satisfied(&response);
        for (id, guardrail) in &self.guardrails {
            if satisfied.contains(id) {
                verdict.violated.push(Violation {
                    id: id.to_string(),
                    title: guardrail.title.clone(),
                    severity: guardrail.severity,
                    mode: [mode, guardrail.mode]
                        .into_iter()
                        .flatten()
                        .min()
                        .unwrap_or(Mode::Observe),
                    policy_text: guardrail.text.clone(),
                    respond: guardrail.respond.clone(),
                    advice: guardrail.advice.clone(),
                    runbook: guardrail.runbook.clone(),
                });
            }
        }
        let mut errors: HashMap<&PolicyId, String> = response
            .diagnostics()
            .errors()
            .map(
                |cedar_policy::AuthorizationError::PolicyEvaluationError(error)| {
                    (error.policy_id(), error.inner().to_string())
                },
            )
            .collect();
        let in_scope = if question.unknown.is_empty() {
            None
        } else {
            Some(question.ask(&self.scopes))
        };
        let in_scope = in_scope.as_ref().map(self::satisfied).unwrap_or_default();
        for (id, guardrail) in &self.guardrails {
            let missing = || {
                let fact = question
                    .unknown
                    .iter()
                    .find(|fact| guardrail.reads_fact(fact))?;
                let matters = in_scope.contains(id) && !satisfied.contains(id);
                matters.then(|| format!("reads `{fact}`, which the event does not show"))
            };
            if let Some(error) = errors.remove(id).or_else(missing) {
                verdict.undecided.push(Undecided {
                    policy: id.to_string(),
                    kind: PolicyKind::Guardrail,
                    error,
                    severity: guardrail.severity,
                });
            }
        }
    }
}

/// The ids of the `forbid`s that are satisfied.
fn satisfied(response: &Response) -> HashSet<&PolicyId> {
    match response.decision() {
        Decision::Deny => response.diagnostics().reason().collect(),
        Decision::Allow => HashSet::new(),
    }
}

/// One activity as Cedar sees it.
struct Question {
    request: Request,
    entities: Entities,
    /// Facts that policies cannot read: the event does not show them, or shows
    /// values that Cedar refuses, such as a date before the year 0.
    unknown: Vec<String>,
}

impl Question {
    fn about(activity: &Activity) -> Result<Self, String> {
        let account = activity.account.as_deref().unwrap_or("unknown");
        let principal = principal(activity, account)?;
        let action = action(activity)?;
        let resource = resource(activity, account)?;
        let (facts, refused): (Vec<_>, Vec<_>) = facts(activity).partition(|(name, value)| {
            Context::from_pairs([(name.clone(), value.clone())]).is_ok()
        });
        let refused = refused.into_iter().map(|(name, _)| name);
        let unknown = activity.unknown.iter().cloned().chain(refused).collect();
        let context = Context::from_pairs(facts).map_err(|error| error.to_string())?;
        let request = Request::new(principal.uid(), action.uid(), resource.uid(), context, None)
            .map_err(|error| error.to_string())?;
        let entities = Entities::from_entities([principal, action, resource], None)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            request,
            entities,
            unknown,
        })
    }

    fn ask(&self, policies: &PolicySet) -> Response {
        Authorizer::new().is_authorized(&self.request, policies, &self.entities)
    }
}

fn uid(type_name: &str, id: &str) -> Result<EntityUid, String> {
    let type_name: EntityTypeName = type_name.parse().map_err(|error| format!("{error}"))?;
    Ok(EntityUid::from_type_name_and_id(
        type_name,
        EntityId::new(id),
    ))
}

fn entity(
    uid: EntityUid,
    attributes: impl IntoIterator<Item = (&'static str, RestrictedExpression)>,
    parents: impl IntoIterator<Item = EntityUid>,
) -> Result<Entity, String> {
    let attributes = attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Entity::new(uid, attributes, parents.into_iter().collect()).map_err(|error| error.to_string())
}

fn text(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

/// Who acted. A session of a service-linked role is its service: nobody else can
/// assume such a role.
fn principal(activity: &Activity, affected: &str) -> Result<Entity, String> {
    let actor = &activity.actor;
    let own = actor.account.as_deref().unwrap_or(affected);
    let account = uid("Account", own)?;
    let name = actor.name.as_deref().unwrap_or("unknown");
    let id = actor.arn.as_deref().unwrap_or(name);
    match actor.kind {
        ActorKind::IamUser => {
            let id = activity.user_arn(own, name);
            entity(uid("User", &id)?, [("name", text(name))], [account])
        }
        ActorKind::Root => entity(uid("Root", &activity.root_arn(own))?, [], [account]),
        ActorKind::AssumedRole if actor.is_service_linked() => {
            let service = actor.on_behalf_of_service.as_deref().unwrap_or(name);
            entity(uid("AwsService", service)?, [], [])
        }
        ActorKind::AssumedRole => {
            let role = actor
                .issuer_arn
                .as_deref()
                .map(|arn| uid("Role", arn))
                .transpose()?;
            entity(
                uid("RoleSession", id)?,
                [],
                role.into_iter().chain([account]),
            )
        }
        ActorKind::AwsService => entity(uid("AwsService", name)?, [], []),
        ActorKind::AwsAccount => entity(uid("ForeignAccount", own)?, [], []),
        ActorKind::FederatedUser => entity(uid("FederatedUser", id)?, [], [account]),
        ActorKind::IdentityCenterUser => entity(uid("IdentityCenterUser", id)?, [], [account]),
        ActorKind::SamlUser => entity(uid("SamlUser", id)?, [], [account]),
        ActorKind::WebIdentityUser => entity(uid("WebIdentityUser", id)?, [], [account]),
        ActorKind::Unknown => entity(uid("Unknown", id)?, [], [account]),
    }
}

/// An action outside the taxonomy is judged by what kind of event it is; one
/// inside it is that as well. Its groups are those that the event shows it to be in.
fn action(activity: &Activity) -> Result<Entity, String> {
    let fallback = activity.kind.fallback();
    let groups = activity.groups.iter().map(|group| group.as_str());
    let known = activity
        .action
        .as_deref()
        .filter(|name| taxonomy::find(name).is_some());
    let (id, parents): (_, Vec<_>) = match known {
        Some(name) => (name, groups.chain([fallback]).collect()),
        None => (fallback, groups.collect()),
    };
    let parents = parents
        .into_iter()
        .map(|group| uid("Action", group))
        .collect::<Result<Vec<_>, _>>()?;
    entity(uid("Action", id)?, [], parents)
}

/// What it was done to: an access key, another credential, or a resource of some kind.
fn resource(activity: &Activity, affected: &str) -> Result<Entity, String> {
    let target = &activity.target;
    let own = target.account.as_deref().unwrap_or(affected);
    let account = uid("Account", own)?;
    let owner = match (&target.user, target.is_root) {
        (_, Some(true)) => Some(uid("Root", &activity.root_arn(own))?),
        (Some(user), _) => Some(uid("User", &activity.user_arn(own, user))?),
        (None, _) => None,
    };
    let parents = owner.into_iter().chain([account]);
    let root = target
        .is_root
        .map(|root| ("root", RestrictedExpression::new_bool(root)));
    let texts = [
        ("user", &target.user),
        ("status", &target.status),
        ("name", &target.name),
    ];
    let texts = texts
        .into_iter()
        .filter_map(|(name, value)| Some((name, text(value.as_deref()?))));
    let attributes = root.into_iter().chain(texts);
    let id = target
        .arn
        .as_deref()
        .or(target.access_key_id.as_deref())
        .or(target.credential_id.as_deref())
        .or(target.name.as_deref())
        .unwrap_or("unknown");
    let kind = ("kind", text(target.kind.as_str()));
    match target.kind {
        TargetKind::None => entity(uid("Resource", "none")?, [kind], parents),
        TargetKind::AccessKey => {
            let id = target.access_key_id.as_deref().unwrap_or("unknown");
            entity(uid("AccessKey", id)?, attributes, parents)
        }
        credential if credential.is_credential() => {
            entity(uid("Credential", id)?, attributes.chain([kind]), parents)
        }
        _ => entity(uid("Resource", id)?, attributes.chain([kind]), parents),
    }
}

/// The typed context. A fact that the event does not show is left out, so that a
/// guardrail that reads it fails, and is undecided, rather than reading an
/// invented value.
fn facts(activity: &Activity) -> impl Iterator<Item = (String, RestrictedExpression)> {
    let bool = RestrictedExpression::new_bool;
    let actor = &activity.actor;
    let origin = &activity.origin;
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
        ("accessKeyId", key.map(text)),
        ("temporary", key.map(|key| bool(key.starts_with("ASIA")))),
        ("self", Some(bool(activity.is_on_self()))),
        ("own", Some(bool(activity.own))),
        ("administrator", activity.administrator.map(bool)),
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

/// The named networks that the address is in, if there are names and an address.
fn networks(activity: &Activity) -> Option<RestrictedExpression> {
    let named = activity.networks_are_named && activity.origin.ip.is_some();
    named.then(|| {
        RestrictedExpression::new_set(activity.origin.networks.iter().map(|name| text(name)))
    })
}

fn history(past: &Past) -> RestrictedExpression {
    let contained = RestrictedExpression::new_bool(past.contained);
    let mut fields = vec![("contained".to_owned(), contained)];
    if let Some((minutes, launched)) = past.password_change {
        let launched = i64::try_from(launched).unwrap_or(i64::MAX);
        for (name, number) in [
            ("minutesSincePasswordChange", minutes),
            ("launchedSincePasswordChange", launched),
        ] {
            fields.push((name.to_owned(), RestrictedExpression::new_long(number)));
        }
    }
    // Only a name that stands twice could make it fail.
    RestrictedExpression::new_record(fields)
        .unwrap_or_else(|_| RestrictedExpression::new_bool(false))
}

#[cfg(test)]
mod tests;
