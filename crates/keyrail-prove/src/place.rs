//! Places: the sorts of activity that policies can tell apart, and what holds in each
//! by the way in which keyrail reads events.
//!
//! The taxonomy has hundreds of actions, and most of them no policy tells from others of
//! the same groups. One of each sort stands for all.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{EntityId, EntityTypeName, EntityUid, Policy, RequestEnv, Schema};
use cedar_policy_symcc::{CompiledSchema, SymEnv};
use keyrail_core::activity::Surge;
use keyrail_core::taxonomy::{Entry, Group, Kind};
use keyrail_core::{Bundle, Deployment, schema, taxonomy};
use serde_json::Value;

use crate::error::ProveError;
use crate::expression::{Condition, conditions};

use self::known::Known;
use self::told::Told;
use self::variant::{Variant, variants};

mod known;
mod told;
mod variant;

/// One sort of activity.
pub(crate) struct Place {
    /// The action that stands for those of its sort.
    pub action: String,
    /// Its row in the taxonomy; `None` for what has none.
    pub entry: Option<&'static Entry>,
    /// What sort of event.
    pub kind: Kind,
    /// The type of who acts.
    pub principal: &'static str,
    /// The type of what is acted on.
    pub resource: &'static str,
    /// The groups in which an event of it shows itself to be.
    pub(crate) shows: Vec<Group>,
    /// Those of the action's groups in which it does not.
    pub(crate) shows_not: Vec<Group>,
    /// Which of the schemas has it.
    pub(crate) schema: usize,
    /// The action and the groups that it is in.
    pub(crate) groups: BTreeSet<String>,
    pub(crate) env: RequestEnv,
    pub(crate) symbols: SymEnv,
    /// What holds of every activity here.
    pub(crate) world: Condition,
    /// The plainest of that, by which conditions become simpler.
    pub(crate) known: Known,
}

/// All sorts of activity for some policies, and the schemas that have them.
pub(crate) struct Places {
    pub(crate) all: Vec<Place>,
    pub(crate) schemas: Vec<Schema>,
}

impl Places {
    /// The sorts of activity that these policies can tell apart.
    pub(crate) fn of<'a>(
        bundle: &Bundle,
        networks: &BTreeSet<&str>,
        policies: impl Iterator<Item = &'a Value>,
    ) -> Result<Self, ProveError> {
        let told = Told::by(policies);
        let sorts = sorts(&told);
        let schemas = schemas(networks, &sorts)?;
        let principals = told.principals();
        let mut all = Vec::new();
        let unnamed = schema::KINDS.into_iter().map(|kind| Sort {
            action: kind.fallback(),
            entry: None,
            variant: Variant::default(),
            schema: 0,
            kind,
            resource: schema::resource_of(kind),
        });
        for sort in unnamed.chain(sorts) {
            // An exposure is AWS's own notice; a finding is about whoever it names.
            let principals = match sort.kind == Kind::Exposure {
                true => &["AwsService"][..],
                false => &principals,
            };
            for principal in principals {
                all.push(sort.place(principal, bundle, &told, &schemas)?);
            }
        }
        let schemas = schemas.into_iter().map(|(schema, _)| schema).collect();
        Ok(Self { all, schemas })
    }
}

/// One of each sort of activity with a name in the taxonomy.
fn sorts(told: &Told) -> Vec<Sort> {
    let mut variants: Vec<(&'static Entry, Variant)> = taxonomy::entries()
        .flat_map(|entry| {
            let variants = variants(entry, told);
            variants.into_iter().map(move |variant| (entry, variant))
        })
        .collect();
    // What is in all of its groups, whatever it says, is the plainest of its sort.
    variants.sort_by_key(|(_, variant)| variant.without);
    let mut sorts: BTreeMap<_, (&'static Entry, Variant)> = BTreeMap::new();
    for (entry, variant) in variants {
        let fallback = entry.kind.fallback();
        let sort = (
            told.texts.contains(fallback).then_some(fallback),
            entry.kind.is_report(),
            entry.kind == Kind::ApiCall,
            variant.groups.clone(),
            variant.world.clone(),
            schema::resource(entry),
            told.marks(entry.target.as_str()),
            !entry.status.is_empty(),
            entry.grant.is_none(),
            entry.trust.is_none(),
            told.marks(entry.action),
        );
        sorts.entry(sort).or_insert((entry, variant));
    }
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let sorts = sorts.into_values().map(|(entry, variant)| {
        let times = times.entry(entry.action).or_default();
        let schema = *times;
        *times += 1;
        Sort {
            action: entry.action,
            entry: Some(entry),
            variant,
            schema,
            kind: entry.kind,
            resource: schema::resource(entry),
        }
    });
    sorts.collect()
}

/// A schema says once and for all in which groups an action is: where one is in these
/// at one place and in those at another, there is a schema for each.
fn schemas(
    networks: &BTreeSet<&str>,
    sorts: &[Sort],
) -> Result<Vec<(Schema, CompiledSchema)>, ProveError> {
    let bug = |error: &dyn ToString| ProveError::Bug(format!("the schema: {}", error.to_string()));
    let count = sorts.iter().map(|sort| sort.schema).max().unwrap_or(0);
    let schema = |number: usize| {
        let text = schema::cedar_of(networks.iter().copied(), |entry| {
            // Policies may name an action at a place of another one.
            let of_action = sorts.iter().filter(|sort| sort.action == entry.action);
            let sort = of_action
                .filter(|sort| sort.schema <= number)
                .max_by_key(|sort| sort.schema)?;
            Some(sort.variant.groups.clone())
        });
        let (schema, _) = Schema::from_cedarschema_str(&text).map_err(|error| bug(&error))?;
        let compiled = CompiledSchema::new(&schema).map_err(|error| bug(&error))?;
        Ok((schema, compiled))
    };
    (0..=count).map(schema).collect()
}

/// One sort of activity, whoever acts.
struct Sort {
    action: &'static str,
    entry: Option<&'static Entry>,
    variant: Variant,
    /// Which of the schemas has it.
    schema: usize,
    kind: Kind,
    resource: &'static str,
}

impl Sort {
    fn place(
        &self,
        principal: &'static str,
        bundle: &Bundle,
        told: &Told,
        schemas: &[(Schema, CompiledSchema)],
    ) -> Result<Place, ProveError> {
        let Self {
            action,
            entry,
            schema,
            kind,
            resource,
            ..
        } = *self;
        let (_, compiled) = schemas
            .get(schema)
            .ok_or_else(|| ProveError::Bug(format!("no schema has `{action}`")))?;
        let type_name = |name: &str| -> Result<EntityTypeName, ProveError> {
            name.parse()
                .map_err(|error| ProveError::Bug(format!("the type `{name}`: {error}")))
        };
        let uid = EntityUid::from_type_name_and_id(type_name("Action")?, EntityId::new(action));
        let env = RequestEnv::new(type_name(principal)?, uid, type_name(resource)?);
        let mut groups = BTreeSet::from([action.to_owned(), kind.fallback().to_owned()]);
        let of_kind = kind.groups().iter();
        groups.extend(
            of_kind
                .chain(&self.variant.groups)
                .map(|group| group.as_str().to_owned()),
        );
        let (shows, shows_not) = self.shows(told);
        let text = self.world(principal, bundle, told);
        let world = Policy::parse(
            None,
            format!("permit (principal, action, resource) when {{ {text} }};"),
        )
        .map_err(|error| ProveError::Bug(format!("what holds of `{action}`: {error}")))?
        .to_json()
        .map_err(|error| ProveError::Bug(format!("what holds of `{action}`: {error}")))?;
        let world = crate::expression::all(conditions(&world));
        let types = [("principal", principal), ("resource", resource)];
        let known = Known::by(&world, action, &groups, types);
        let symbols = compiled
            .sym_env(&env)
            .map_err(|error| ProveError::Bug(format!("what is known of `{action}`: {error}")))?;
        Ok(Place {
            action: action.to_owned(),
            entry,
            kind,
            principal,
            resource,
            shows,
            shows_not,
            groups,
            schema,
            env,
            symbols,
            known,
            world,
        })
    }

    /// The groups in which an event of it shows itself to be, and those in which it does
    /// not. It may be in a group or not if no policy names that.
    fn shows(&self, told: &Told) -> (Vec<Group>, Vec<Group>) {
        let groups = self.entry.map_or(&[][..], |entry| entry.groups).iter();
        let is_in = |group: &Group| self.variant.groups.contains(group) || !told.names(*group);
        groups.copied().partition(is_in)
    }

    /// What holds by the way in which keyrail reads events, in Cedar's own words.
    fn world(&self, principal: &str, bundle: &Bundle, told: &Told) -> String {
        let Self {
            entry,
            kind,
            resource,
            ..
        } = *self;
        let mut lines: Vec<String> = self
            .variant
            .world
            .iter()
            .map(|line| (*line).to_owned())
            .collect();
        if let Some(entry) = entry {
            lines.push(match entry.begins {
                true => format!("context.name like \"{}*\"", entry.action),
                false => format!("context.name == {:?}", entry.action),
            });
        } else {
            lines.push("context.name like \"*:*\"".to_owned());
            let named = told.texts.iter();
            let is_named = |name: &&String| {
                let entry = taxonomy::find(name);
                entry.is_some_and(|entry| entry.kind.is_report() == kind.is_report())
            };
            for name in named.filter(is_named) {
                lines.push(format!("context.name != {name:?}"));
            }
        }
        lines.extend(
        [
            "context.time > datetime(\"1970-01-01\") && context.time < datetime(\"2100-01-01\")",
            "(context has temporary) == (context has accessKeyId)",
            "!(context has networks) || context has ip",
            "!(resource has owner) || (resource has user && !(resource has root && resource.root))",
        ]
        .map(str::to_owned),
    );
        if !kind.is_report() {
            lines.push("!(context has errorCode) || !context.succeeded".to_owned());
        }
        // Those of Security Hub have no name in the taxonomy.
        if entry.is_some() || kind != Kind::Finding {
            lines.push("!(context has control)".to_owned());
        }
        if entry.is_none_or(|entry| entry.trust.is_none()) {
            lines.push("!(context has trust)".to_owned());
        }
        if kind != Kind::Finding {
            let of_finding = ["findingSeverity", "workflow", "sentBy"];
            lines.extend(of_finding.map(|fact| format!("!(context has {fact})")));
        }
        if principal != "Root" {
            lines.push("!context.rootSession".to_owned());
        }
        if principal != "RoleSession" || kind != Kind::ApiCall {
            lines.push("!context.misused".to_owned());
        }
        lines.push(match principal {
            "User" => {
                "context.self == (resource has owner && resource.owner == principal)".to_owned()
            }
            "Root" => "context.self == (resource has root && resource.root)".to_owned(),
            _ => "!context.self".to_owned(),
        });
        match principal {
            "User" | "Root" => {}
            // A session of a service-linked role is its service.
            "RoleSession" | "AwsService" => {
                lines.push("if context has mfa then context.mfa else true".to_owned());
            }
            _ => lines.push("!(context has mfa)".to_owned()),
        }
        if resource != "AccessKey" {
            let of = entry.map_or("none", |entry| entry.target.as_str());
            lines.push(format!("resource.kind == {of:?}"));
        }
        // By the rights that are granted; else by those that a user was given before.
        if entry.is_none_or(|entry| entry.grant.is_none()) {
            lines.push(match resource {
                "Resource" => "!(context has administrator)".to_owned(),
                _ => "if context has administrator then context.administrator && resource has user && !(resource has root && resource.root) else true".to_owned(),
            });
        }
        if entry.is_none_or(|entry| entry.status.is_empty()) {
            lines.push("!(resource has status)".to_owned());
        }
        lines.push(format!(
            "if context has history then {} else true",
            past(bundle, principal, resource, entry)
        ));
        let lines: Vec<String> = lines.iter().map(|line| format!("({line})")).collect();
        lines.join(" && ")
    }
}

fn past(bundle: &Bundle, principal: &str, resource: &str, entry: Option<&Entry>) -> String {
    let Surge { minutes, instances } = Deployment::of(bundle).surge;
    let mut lines = vec![format!(
        "context.history.surgeMinutes == {minutes} && context.history.surgeInstances == {instances}"
    )];
    lines.push(
        match principal {
            "User" => {
                "(context.history has minutesSincePasswordChange) == (context.history has launchedSincePasswordChange) \
                 && (if context.history has minutesSincePasswordChange then context.history.minutesSincePasswordChange >= 0 && context.history.minutesSincePasswordChange <= 5256000 else true) \
                 && (if context.history has launchedSincePasswordChange then context.history.launchedSincePasswordChange >= 0 && context.history.launchedSincePasswordChange <= 100000 else true)"
            }
            _ => {
                "!(context.history has minutesSincePasswordChange) && !(context.history has launchedSincePasswordChange)"
            }
        }
        .to_owned(),
    );
    let undoes = entry.is_some_and(|entry| entry.groups.contains(&Group::UndoContainment));
    if resource != "AccessKey" && !undoes {
        lines.push("!context.history.contained".to_owned());
    }
    lines.join(" && ")
}

impl Place {
    /// Whether a policy can be about it at all, by its scope.
    pub(crate) fn is_in_scope(&self, policy: &Value) -> bool {
        let text = |variable: &str, field: &str| {
            let scope = policy.get(variable)?;
            scope.pointer(field)?.as_str().map(str::to_owned)
        };
        let is_type = |variable: &str, of: &str| match text(variable, "/op").as_deref() {
            Some("==") => text(variable, "/entity/type").as_deref() == Some(of),
            Some("is") => text(variable, "/entity_type").as_deref() == Some(of),
            _ => true,
        };
        let action = policy.get("action");
        let named = |action: &Value| {
            let one = action.get("entity").into_iter();
            let more = action.get("entities").and_then(Value::as_array);
            one.chain(more.into_iter().flatten())
                .filter_map(|entity| entity.get("id")?.as_str())
                .any(|id| self.groups.contains(id))
        };
        let is_action = match text("action", "/op").as_deref() {
            Some("==") => text("action", "/entity/id").as_deref() == Some(self.action.as_str()),
            Some("in") => action.is_some_and(named),
            _ => true,
        };
        is_action && is_type("principal", self.principal) && is_type("resource", self.resource)
    }
}

#[cfg(test)]
mod tests;
