//! Places: the sorts of activity that policies can tell apart, and what holds in each
//! by the way in which keyrail reads events.
//!
//! The taxonomy has hundreds of actions, and most of them no policy tells from others of
//! the same groups. One of each sort stands for all.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{EntityId, EntityTypeName, EntityUid, Policy, RequestEnv, Schema};
use cedar_policy_symcc::{CompiledSchema, SymEnv};
use keyrail_core::activity::Kind;
use keyrail_core::activity::taxonomy::{self, Entry, Group};
use keyrail_core::schema::{self, PRINCIPALS};
use keyrail_core::{Bundle, Circumstances};
use serde_json::Value;

use crate::ProveError;
use crate::expression::{Condition, conditions, parts};

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
    /// The action and the groups that it is in.
    pub(crate) groups: BTreeSet<String>,
    pub(crate) env: RequestEnv,
    pub(crate) symbols: SymEnv,
    /// What holds of every activity here.
    pub(crate) world: Condition,
}

/// All sorts of activity for some policies, and the schema that has them.
pub(crate) struct Places {
    pub(crate) all: Vec<Place>,
    pub(crate) schema: Schema,
}

/// What policies can tell actions apart by: their texts, and patterns.
struct Told {
    texts: BTreeSet<String>,
    patterns: Vec<Vec<Value>>,
}

impl Told {
    fn by<'a>(policies: impl Iterator<Item = &'a Value>) -> Self {
        let mut told = Self {
            texts: BTreeSet::new(),
            patterns: Vec::new(),
        };
        for policy in policies {
            for part in parts(policy) {
                if let Some(text) = part.as_str() {
                    told.texts.insert(text.to_owned());
                }
                if let Some(pattern) = part.pointer("/like/pattern").and_then(Value::as_array) {
                    told.patterns.push(pattern.clone());
                }
            }
        }
        told
    }

    /// The types of who acts, of those that no policy names one.
    fn principals(&self) -> Vec<&'static str> {
        // Of these the world says more than of others. People know them best, and what is
        // shown is of the first that has one.
        let known = ["User", "RoleSession", "Root", "AwsService"];
        let rest = PRINCIPALS.into_iter().filter(|kind| !known.contains(kind));
        let (named, others): (Vec<&str>, Vec<&str>) =
            rest.partition(|kind| self.texts.contains(*kind));
        // It is in no account, as the others are.
        let (outside, inside): (Vec<&str>, Vec<&str>) = others
            .into_iter()
            .partition(|kind| *kind == "ForeignAccount");
        let one = inside.into_iter().take(1);
        let all = known.into_iter().chain(named).chain(one);
        all.chain(outside).collect()
    }

    /// What distinguishes an action by its name.
    fn marks(&self, name: &str) -> (Option<String>, Vec<usize>) {
        let matched = self.patterns.iter().enumerate();
        let matched = matched.filter(|(_, pattern)| is_like(name, pattern));
        (
            self.texts.get(name).cloned(),
            matched.map(|(place, _)| place).collect(),
        )
    }
}

impl Places {
    /// The sorts of activity that these policies can tell apart.
    pub(crate) fn of<'a>(
        bundle: &Bundle,
        networks: &BTreeSet<&str>,
        policies: impl Iterator<Item = &'a Value>,
    ) -> Result<Self, ProveError> {
        let told = Told::by(policies);
        let mut sorts: BTreeMap<_, &'static Entry> = BTreeMap::new();
        for entry in taxonomy::entries() {
            let is_told = |group: &Group| told.texts.contains(group.as_str());
            let groups = entry.groups.iter().copied().filter(is_told);
            let groups: BTreeSet<Group> = groups.collect();
            let target = schema::resource(entry);
            let kind = entry.target.as_str();
            let kind = told.marks(kind);
            let sort = (
                told.texts
                    .contains(entry.kind.fallback())
                    .then_some(entry.kind.fallback()),
                entry.kind.is_report(),
                entry.kind == Kind::ApiCall,
                groups,
                target,
                kind,
                !entry.status.is_empty(),
                told.marks(entry.action),
            );
            sorts.entry(sort).or_insert(entry);
        }
        let chosen: BTreeSet<&str> = sorts.values().map(|entry| entry.action).collect();
        let text = schema::cedar_of(networks.iter().copied(), |entry| {
            chosen.contains(entry.action)
        });
        let (schema, _) = Schema::from_cedarschema_str(&text)
            .map_err(|error| ProveError::Bug(format!("the schema: {error}")))?;
        let bug =
            |error: &dyn ToString| ProveError::Bug(format!("the schema: {}", error.to_string()));
        let compiled = CompiledSchema::new(&schema).map_err(|error| bug(&error))?;
        let principals = told.principals();
        let mut all = Vec::new();
        for (action, entry, kind, resource) in schema::KINDS
            .into_iter()
            .map(|kind| (kind.fallback(), None, kind, schema::resource_of(kind)))
            .chain(sorts.into_values().map(|entry| {
                let resource = schema::resource(entry);
                (entry.action, Some(entry), entry.kind, resource)
            }))
        {
            // An exposure is AWS's own notice; a finding is about whoever it names.
            let principals = match kind == Kind::Exposure {
                true => &["AwsService"][..],
                false => &principals,
            };
            for principal in principals {
                let sort = Sort {
                    bundle,
                    told: &told,
                    action,
                    entry,
                    kind,
                    principal,
                    resource,
                };
                all.push(sort.place(&compiled)?);
            }
        }
        Ok(Self { all, schema })
    }
}

/// One sort of activity, before it is compiled.
struct Sort<'a> {
    bundle: &'a Bundle,
    told: &'a Told,
    action: &'a str,
    entry: Option<&'static Entry>,
    kind: Kind,
    principal: &'static str,
    resource: &'static str,
}

impl Sort<'_> {
    fn place(&self, schema: &CompiledSchema) -> Result<Place, ProveError> {
        let Self {
            action,
            entry,
            kind,
            principal,
            resource,
            ..
        } = *self;
        let type_name = |name: &str| -> Result<EntityTypeName, ProveError> {
            name.parse()
                .map_err(|error| ProveError::Bug(format!("the type `{name}`: {error}")))
        };
        let uid = EntityUid::from_type_name_and_id(type_name("Action")?, EntityId::new(action));
        let env = RequestEnv::new(type_name(principal)?, uid, type_name(resource)?);
        let mut groups = BTreeSet::from([action.to_owned(), kind.fallback().to_owned()]);
        let of_entry = entry.map_or(kind.groups(), |entry| entry.groups);
        groups.extend(of_entry.iter().map(|group| group.as_str().to_owned()));
        let text = self.world();
        let world = Policy::parse(
            None,
            format!("permit (principal, action, resource) when {{ {text} }};"),
        )
        .map_err(|error| ProveError::Bug(format!("what holds of `{action}`: {error}")))?
        .to_json()
        .map_err(|error| ProveError::Bug(format!("what holds of `{action}`: {error}")))?;
        let symbols = schema
            .sym_env(&env)
            .map_err(|error| ProveError::Bug(format!("what is known of `{action}`: {error}")))?;
        Ok(Place {
            action: action.to_owned(),
            entry,
            kind,
            principal,
            resource,
            groups,
            env,
            symbols,
            world: crate::expression::all(conditions(&world)),
        })
    }

    /// What holds by the way in which keyrail reads events, in Cedar's own words.
    fn world(&self) -> String {
        let Self {
            bundle,
            told,
            entry,
            kind,
            principal,
            resource,
            ..
        } = *self;
        let mut lines: Vec<String> = Vec::new();
        if let Some(entry) = entry {
            lines.push(format!("context.name == {:?}", entry.action));
        } else {
            lines.push("context.name like \"*:*\"".to_owned());
            let named = told.texts.iter();
            for name in named.filter(|name| taxonomy::find(name).is_some()) {
                lines.push(format!("context.name != {name:?}"));
            }
        }
        lines.extend(
        [
            "context.time > datetime(\"2015-01-01\") && context.time < datetime(\"2100-01-01\")",
            "(context has temporary) == (context has accessKeyId)",
            "!(context has networks) || context has ip",
            "!(resource has owner) || (resource has user && !(resource has root && resource.root))",
        ]
        .map(str::to_owned),
    );
        if !kind.is_report() {
            lines.push("!(context has errorCode) || !context.succeeded".to_owned());
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
            "RoleSession" => lines.push("if context has mfa then context.mfa else true".to_owned()),
            _ => lines.push("!(context has mfa)".to_owned()),
        }
        if resource != "AccessKey" {
            let of = entry.map_or("none", |entry| entry.target.as_str());
            lines.push(format!("resource.kind == {of:?}"));
        }
        if entry.is_none_or(|entry| entry.status.is_empty()) {
            lines.push("!(resource has status)".to_owned());
        }
        lines.push(format!(
            "if context has history then {} else true",
            past(bundle, principal, resource)
        ));
        let lines: Vec<String> = lines.iter().map(|line| format!("({line})")).collect();
        lines.join(" && ")
    }
}

fn past(bundle: &Bundle, principal: &str, resource: &str) -> String {
    let (minutes, instances) = Circumstances::of(bundle).correlation;
    let mut lines = vec![format!(
        "context.history.surgeMinutes == {minutes} && context.history.surgeInstances == {instances}"
    )];
    lines.push(
        match principal {
            "User" => {
                "(context.history has minutesSincePasswordChange) == (context.history has launchedSincePasswordChange) \
                 && (if context.history has minutesSincePasswordChange then context.history.minutesSincePasswordChange >= 0 else true) \
                 && (if context.history has launchedSincePasswordChange then context.history.launchedSincePasswordChange >= 0 && context.history.launchedSincePasswordChange <= 100000 else true)"
            }
            _ => {
                "!(context.history has minutesSincePasswordChange) && !(context.history has launchedSincePasswordChange)"
            }
        }
        .to_owned(),
    );
    if resource != "AccessKey" {
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

/// Whether a name matches a pattern of Cedar's `like`.
fn is_like(name: &str, pattern: &[Value]) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return name.is_empty();
    };
    match first.get("Literal").and_then(Value::as_str) {
        Some(literal) => name
            .strip_prefix(literal)
            .is_some_and(|name| is_like(name, rest)),
        None => name
            .char_indices()
            .map(|(at, _)| at)
            .chain([name.len()])
            .filter_map(|at| name.get(at..))
            .any(|name| is_like(name, rest)),
    }
}
