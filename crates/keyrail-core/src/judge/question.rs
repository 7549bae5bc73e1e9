//! One activity as Cedar sees it: the only place that builds Cedar values.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cedar_policy::{
    Authorizer, Decision, Entities, Entity, PolicyId, PolicySet, Request, Response,
    RestrictedExpression,
};

use super::entity::{entity, text, uid};
use super::facts::context;
use crate::activity::{Activity, ActorKind};
use crate::arn::Arn;
use crate::bundle::{Formula, Organization, Reads, reads_fact};
use crate::lookup::Lookup;
use crate::taxonomy::{self, TargetKind};

/// One activity as Cedar sees it.
pub(super) struct Question {
    pub(super) request: Request,
    pub(super) entities: Entities,
    /// Facts that policies cannot read: the event does not show them, or shows
    /// values that Cedar refuses, such as a date before the year 0.
    pub(super) unknown: Vec<String>,
    /// Why facts that were to be looked up are unknown, if they were.
    pub(super) lookup_faults: Vec<String>,
}

impl Question {
    pub(super) fn about(activity: &Activity, organization: &Organization) -> Result<Self, String> {
        let account = activity.account.as_deref().unwrap_or("unknown");
        let principal = principal(activity, account)?;
        let action = action(activity)?;
        let resource = resource(activity, account)?;
        let (context, refused) = context(activity, organization)?;
        let mut unknown: Vec<String> = activity.unknown.iter().cloned().chain(refused).collect();
        // Who did it, and to whom, is needed to tell whether they are the same.
        if ["principal", "target"]
            .iter()
            .any(|side| unknown.iter().any(|fact| fact == side))
        {
            unknown.push("self".to_owned());
        }
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
            lookup_faults: activity.lookup_faults.clone(),
        })
    }

    /// Whether conditions hold, whatever the facts are that are not known; `None` if that depends
    /// on them.
    fn holds(&self, conditions: &Formula) -> Option<bool> {
        let response = self.ask(&conditions.parts);
        let diagnostics = response.diagnostics();
        let failed: HashSet<&str> = diagnostics
            .errors()
            .map(
                |cedar_policy::AuthorizationError::PolicyEvaluationError(error)| {
                    error.policy_id().as_ref()
                },
            )
            .collect();
        let met: HashSet<&str> = diagnostics.reason().map(AsRef::as_ref).collect();
        conditions.holds(|part| {
            let reads = conditions.reads.get(part)?;
            let is_known = !self.unknown.iter().any(|fact| match fact.as_str() {
                "target" => !self.shows_target(reads),
                fact => reads_fact(&reads.facts, fact),
            });
            let part = part.to_string();
            (is_known && !failed.contains(part.as_str())).then(|| met.contains(part.as_str()))
        })
    }

    /// Whether what is read of the target stands in the event, although not all of it does.
    fn shows_target(&self, reads: &Reads) -> bool {
        let target = self.request.resource();
        let target = target.and_then(|target| self.entities.get(target));
        let has = |name: &String| target.is_some_and(|target| target.attr(name).is_some());
        !reads.resource && reads.of_resource.iter().all(has)
    }

    pub(super) fn ask(&self, policies: &PolicySet) -> Response {
        Authorizer::new().is_authorized(&self.request, policies, &self.entities)
    }

    /// Which policies are satisfied: of `forbid`s those that deny, of `permit`s those
    /// that allow.
    pub(super) fn decide(&self, policies: &PolicySet, scopes: &PolicySet, by: Decision) -> Decided {
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
            let arn = actor.arn.as_deref().and_then(Arn::parse);
            let arn = arn.filter(|arn| arn.user().is_some());
            user(activity, own, name, arn.and_then(|arn| arn.path()))
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
            let group = format!("group/{group}");
            let arn = Arn::of_iam(activity.partition_id(), account, &group);
            parents.insert(uid("Group", &arn.to_string())?);
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

/// An action outside the taxonomy is judged by what kind of event it is; one
/// inside it is that as well. Its groups are those that the event shows it to be in.
fn action(activity: &Activity) -> Result<Entity, String> {
    let fallback = activity.kind.fallback();
    let groups = activity.groups.iter().map(|group| group.as_str());
    let known = activity
        .action
        .as_deref()
        .and_then(taxonomy::find)
        // Whoever writes findings may call them what AWS calls a call.
        .filter(|entry| entry.kind.is_report() == activity.kind.is_report());
    let (id, parents): (_, Vec<_>) = match known {
        Some(entry) => (entry.action, groups.chain([fallback]).collect()),
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

/// What a set of policies says.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) satisfied: HashSet<PolicyId>,
    /// Those whose evaluation failed, and why.
    errors: HashMap<PolicyId, String>,
    /// Those that are about the activity at all; asked only if a fact is not known.
    in_scope: HashSet<PolicyId>,
}

/// What a policy comes to with what is known.
pub(super) enum Answer {
    No,
    /// It depends on what is not known, or its evaluation fails; why.
    Undecided(String),
    Yes,
}

impl Decided {
    /// What one of the policies says. Where a fact that it reads is not known, or its evaluation
    /// fails, the rest of its conditions may decide all the same.
    pub(super) fn answer<'p>(
        &self,
        id: &PolicyId,
        reads: &BTreeSet<String>,
        formula: impl FnOnce() -> &'p Formula,
        question: &Question,
    ) -> Answer {
        if self.satisfied.contains(id) {
            return Answer::Yes;
        }
        let Some(fault) = self.fault(id, |fact| reads_fact(reads, fact), question) else {
            return Answer::No;
        };
        match question.holds(formula()) {
            Some(true) => Answer::Yes,
            Some(false) => Answer::No,
            None => Answer::Undecided(fault),
        }
    }

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
        let is_looked_up = Lookup::ALL.iter().any(|lookup| lookup.as_str() == fact);
        in_scope.then(|| match question.lookup_faults.as_slice() {
            faults @ [_, ..] if is_looked_up => {
                format!(
                    "reads `{fact}`, which could not be looked up: {}",
                    faults.join("; ")
                )
            }
            _ => format!("reads `{fact}`, which the event does not show"),
        })
    }
}
