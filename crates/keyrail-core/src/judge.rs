//! Activity → verdict: the only place that builds Cedar values.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicyId,
    PolicySet, Request, Response, RestrictedExpression,
};
use jiff::tz::Offset;
use serde::Serialize;

use crate::activity::taxonomy;
use crate::activity::{Activity, ActorKind, Kind, TargetKind};
use crate::bundle::{Bundle, Mode, Organization, Severity, reads_fact};
use crate::circumstances::{Circumstances, Past};
use crate::lookup::Lookup;
use crate::plan::StepName;

pub mod why;

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
    /// Which setting decided the mode.
    #[serde(skip)]
    pub mode_from: ModeFrom,
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
    /// A `permit`.
    Exemption,
    /// A `forbid`.
    Guardrail,
}

/// Which of the places where a mode can be set decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModeFrom {
    /// The account's, in the settings.
    Account(String),
    /// The deployment's, or the command's option.
    Deployment,
    /// The guardrail's own `@mode`.
    Guardrail,
    /// None is set.
    Nothing,
    /// The whole bundle's, in the settings.
    Settings,
    /// A unit's, in the settings.
    Unit(String),
}

impl Bundle {
    /// Judges one activity.
    ///
    /// A fault of one guardrail is in the verdict and hides no other.
    #[must_use]
    pub fn judge(&self, activity: &Activity, circumstances: &Circumstances) -> Verdict {
        let mut verdict = Verdict {
            severity: None,
            mode: self.mode_of(activity, circumstances, None).0,
            violated: Vec::new(),
            exempted: Vec::new(),
            expired: Vec::new(),
            undecided: Vec::new(),
        };
        if matches!(activity.kind, Kind::Other | Kind::Unrecognised) {
            return verdict;
        }
        match Question::about(activity, &self.organization) {
            Ok(mut question) => {
                if self.lookups().next().is_some() {
                    question.unknown.extend(missing_lookups(activity));
                }
                self.answer(&question, activity, circumstances, &mut verdict);
            }
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
        let modes = verdict.violated.iter().map(|violation| violation.mode);
        if let Some(highest) = modes.max() {
            verdict.mode = highest;
        }
        verdict
    }

    fn answer(
        &self,
        question: &Question,
        activity: &Activity,
        circumstances: &Circumstances,
        verdict: &mut Verdict,
    ) {
        let forbids = question.decide(&self.policies, &self.scopes, Decision::Deny);
        let permits = match self.exemptions.is_empty() || forbids.satisfied.is_empty() {
            true => Decided::default(),
            false => question.decide(&self.permits, &self.permit_scopes, Decision::Allow),
        };
        let time = activity.time.max(circumstances.now);
        let today = time.map(|time| Offset::UTC.to_datetime(time).date());
        for (id, guardrail) in &self.guardrails {
            if !forbids.satisfied.contains(id) {
                if let Some(error) =
                    forbids.fault(id, |fact| reads_fact(&guardrail.reads, fact), question)
                {
                    verdict.undecided.push(Undecided {
                        policy: id.to_string(),
                        kind: PolicyKind::Guardrail,
                        error,
                        severity: guardrail.severity,
                    });
                }
                continue;
            }
            let covering = self.exemptions.iter().filter(|(exemption, about)| {
                about.covers(id.as_ref()) && permits.satisfied.contains(&PolicyId::new(exemption))
            });
            let (valid, expired): (Vec<_>, Vec<_>) = covering
                .map(|(exemption, about)| Exempted {
                    guardrail: id.to_string(),
                    exemption: exemption.clone(),
                    expires: about.expires,
                })
                // Without a time nobody knows whether it still applies.
                .partition(|exempted| today.is_some_and(|today| today <= exempted.expires));
            if !valid.is_empty() {
                verdict.exempted.extend(valid);
                continue;
            }
            verdict.expired.extend(expired);
            for (exemption, about) in &self.exemptions {
                let policy = PolicyId::new(exemption);
                let reads = |fact: &str| reads_fact(&about.reads, fact);
                if let (true, Some(error)) = (
                    about.covers(id.as_ref()) && !permits.satisfied.contains(&policy),
                    permits.fault(&policy, reads, question),
                ) {
                    verdict.undecided.push(Undecided {
                        policy: exemption.clone(),
                        kind: PolicyKind::Exemption,
                        error,
                        severity: guardrail.severity,
                    });
                }
            }
            let (mode, mode_from) = self.mode_of(activity, circumstances, guardrail.mode);
            verdict.violated.push(Violation {
                id: id.to_string(),
                title: guardrail.title.clone(),
                severity: guardrail.severity,
                mode,
                policy_text: guardrail.text.clone(),
                mode_from,
                respond: guardrail.respond.clone(),
                advice: guardrail.advice.clone(),
                runbook: guardrail.runbook.clone(),
            });
        }
    }

    /// The lowest of the modes that are set, and which one that is.
    fn mode_of(
        &self,
        activity: &Activity,
        circumstances: &Circumstances,
        guardrail: Option<Mode>,
    ) -> (Mode, ModeFrom) {
        let organization = &self.organization;
        let account = activity.account.as_deref().unwrap_or_default();
        let of_account = organization
            .accounts
            .get(account)
            .and_then(|known| known.mode);
        let of_units = organization.units_of(account).into_iter().map(|unit| {
            let mode = organization.units.get(unit).and_then(|known| known.mode);
            (mode, ModeFrom::Unit(unit.to_owned()))
        });
        [
            (circumstances.mode, ModeFrom::Deployment),
            (self.settings.mode, ModeFrom::Settings),
            (of_account, ModeFrom::Account(account.to_owned())),
        ]
        .into_iter()
        .chain(of_units)
        .chain([(guardrail, ModeFrom::Guardrail)])
        .filter_map(|(mode, from)| Some((mode?, from)))
        .min_by_key(|(mode, _)| *mode)
        .unwrap_or((Mode::Observe, ModeFrom::Nothing))
    }
}

/// The facts that have not been looked up of some user in the activity.
fn missing_lookups(activity: &Activity) -> impl Iterator<Item = String> {
    let missing = |lookup: &Lookup| {
        activity.users_in_it().into_iter().any(|(account, name)| {
            let facts = activity.users.get(&activity.user_arn(account, name));
            !facts.is_some_and(|facts| facts.known.contains(lookup))
        })
    };
    Lookup::ALL
        .into_iter()
        .filter(missing)
        .map(|lookup| lookup.as_str().to_owned())
}

/// What a set of policies says.
#[derive(Default)]
struct Decided {
    satisfied: HashSet<PolicyId>,
    /// Those whose evaluation failed, and why.
    errors: HashMap<PolicyId, String>,
    /// Those that are about the activity at all; asked only if a fact is not known.
    in_scope: HashSet<PolicyId>,
}

impl Decided {
    /// Why a policy that is not satisfied has not decided either.
    fn fault(
        &self,
        id: &PolicyId,
        reads: impl Fn(&str) -> bool,
        question: &Question,
    ) -> Option<String> {
        if let Some(error) = self.errors.get(id) {
            return Some(error.clone());
        }
        let fact = question.unknown.iter().find(|fact| reads(fact))?;
        let in_scope = self.in_scope.contains(id);
        in_scope.then(|| format!("reads `{fact}`, which the event does not show"))
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
    fn about(activity: &Activity, organization: &Organization) -> Result<Self, String> {
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
        let accounts = accounts(activity, organization)?;
        let owner = owner(activity, account, &principal)?;
        let all = [principal, action, resource].into_iter().chain(accounts);
        let all = all.chain(owner);
        let entities = Entities::from_entities(all, None).map_err(|error| error.to_string())?;
        Ok(Self {
            request,
            entities,
            unknown,
        })
    }

    fn ask(&self, policies: &PolicySet) -> Response {
        Authorizer::new().is_authorized(&self.request, policies, &self.entities)
    }

    /// Which policies are satisfied: of `forbid`s those that deny, of `permit`s those
    /// that allow.
    fn decide(&self, policies: &PolicySet, scopes: &PolicySet, by: Decision) -> Decided {
        let satisfied = |response: &Response| -> HashSet<PolicyId> {
            match response.decision() == by {
                true => response.diagnostics().reason().cloned().collect(),
                false => HashSet::new(),
            }
        };
        let response = self.ask(policies);
        let errors = response.diagnostics().errors().map(
            |cedar_policy::AuthorizationError::PolicyEvaluationError(error)| {
                (error.policy_id().clone(), error.inner().to_string())
            },
        );
        Decided {
            satisfied: satisfied(&response),
            errors: errors.collect(),
            in_scope: match self.unknown.is_empty() {
                true => HashSet::new(),
                false => satisfied(&self.ask(scopes)),
            },
        }
    }
}

/// The accounts in it that the organization knows, with the units that they are in.
fn accounts(activity: &Activity, organization: &Organization) -> Result<Vec<Entity>, String> {
    let named: BTreeSet<&str> = [
        &activity.account,
        &activity.actor.account,
        &activity.target.account,
    ]
    .into_iter()
    .flatten()
    .map(String::as_str)
    .collect();
    let mut entities = BTreeMap::new();
    for account in named {
        let mut child = ("Account", account);
        for unit in organization.units_of(account) {
            let parent = uid("OrgUnit", unit)?;
            entities.insert(child, entity(uid(child.0, child.1)?, [], [parent])?);
            child = ("OrgUnit", unit);
        }
    }
    Ok(entities.into_values().collect())
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
            let path = actor.arn.as_deref().and_then(path_of_user);
            user(activity, own, name, path.as_deref())
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
            let names = [("role", &actor.name), ("session", &actor.session_name)];
            let names = names
                .into_iter()
                .filter_map(|(name, value)| Some((name, text(value.as_deref()?))));
            entity(
                uid("RoleSession", id)?,
                names,
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

/// A user, with whatever was looked up of it.
fn user(
    activity: &Activity,
    account: &str,
    name: &str,
    path: Option<&str>,
) -> Result<Entity, String> {
    let id = activity.user_arn(account, name);
    let facts = activity.users.get(&id);
    let mut attributes = HashMap::from([("name".to_owned(), text(name))]);
    attributes.extend(path.map(|path| ("path".to_owned(), text(path))));
    let mut parents = HashSet::from([uid("Account", account)?]);
    let mut tags = HashMap::new();
    if let Some(facts) = facts {
        if facts.known.contains(&Lookup::Policies) {
            let policies = facts.policies.iter().map(|arn| text(arn));
            let policies = RestrictedExpression::new_set(policies);
            attributes.insert("policies".to_owned(), policies);
        }
        for group in &facts.groups {
            let partition = activity.partition();
            let arn = format!("arn:{partition}:iam::{account}:group/{group}");
            parents.insert(uid("Group", &arn)?);
        }
        tags.extend(
            facts
                .tags
                .iter()
                .map(|(key, value)| (key.clone(), text(value))),
        );
    }
    Entity::new_with_tags(uid("User", &id)?, attributes, parents, tags)
        .map_err(|error| error.to_string())
}

/// The user that the target belongs to, where that is not the actor.
fn owner(activity: &Activity, affected: &str, actor: &Entity) -> Result<Option<Entity>, String> {
    let account = activity.target.account.as_deref().unwrap_or(affected);
    let Some(name) = &activity.target.user else {
        return Ok(None);
    };
    let owner = user(activity, account, name, None)?;
    Ok((owner.uid() != actor.uid()).then_some(owner))
}

/// `arn:aws:iam::111122223333:user/team/anaya` → `/team/`.
fn path_of_user(arn: &str) -> Option<String> {
    let (_, path) = arn.split_once(":user/")?;
    let (path, _) = path.rsplit_once('/').unwrap_or(("", path));
    Some(match path {
        "" => "/".to_owned(),
        path => format!("/{path}/"),
    })
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
    let as_owner = match (&target.user, target.is_root) {
        (_, Some(true)) | (None, _) => None,
        (Some(_), _) => owner.clone().map(RestrictedExpression::new_entity_uid),
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
    let as_owner = as_owner.map(|owner| ("owner", owner));
    let attributes = root.into_iter().chain(as_owner).chain(texts);
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
    let uids = activity
        .origin
        .networks
        .iter()
        .filter_map(|name| uid("Network", name).ok());
    named.then(|| RestrictedExpression::new_set(uids.map(RestrictedExpression::new_entity_uid)))
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
