//! From what the solver found to an event that `keyrail explain` takes.
//!
//! The solver finds values of facts; an event shows them. Each is put where keyrail reads
//! it, and then the event is judged: only one for which the condition holds is shown.

use std::collections::BTreeMap;

use cedar_policy::{Entity, EvalResult};
use cedar_policy_symcc::Env;
use keyrail_core::activity::Activity;
use keyrail_core::activity::Kind;
use keyrail_core::activity::taxonomy::{self, Group};
use keyrail_core::circumstances::History;
use keyrail_core::{Bundle, Circumstances, Event, examine};
use serde::Serialize;
use serde_json::{Value, json};

use crate::claim::Asks;
use crate::expression::{self, Condition};
use crate::place::Place;

/// An activity that shows a claim to be wrong.
#[derive(Debug, Serialize)]
pub struct Counterexample {
    /// The action.
    pub action: String,
    /// The type of who acts.
    pub principal: String,
    /// What is known of it, by the names that policies use.
    pub facts: BTreeMap<String, Value>,
    /// An event that says so, as `keyrail explain` takes it; `None` if keyrail found none.
    pub event: Option<Value>,
    /// What happens before it, for `keyrail explain --history`.
    pub history: Vec<Value>,
    /// Guardrails that the event violates, as `keyrail explain` says.
    pub violated: Vec<String>,
    /// Guardrails from which it is exempt.
    pub exempt: Vec<String>,
    /// Policies that cannot be evaluated for it.
    pub undecided: Vec<String>,
}

/// Those of AWS's documentation.
const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];
const TIME: &str = "2026-03-14T09:26:53Z";

pub(crate) fn counterexample(
    asks: &Asks,
    place: &Place,
    goal: &Condition,
    env: &Env,
    bundle: &Bundle,
) -> Counterexample {
    let facts = facts(env);
    let mut shown = Counterexample {
        action: place.action.clone(),
        principal: place.principal.to_owned(),
        facts: facts.clone(),
        event: None,
        history: Vec::new(),
        violated: Vec::new(),
        exempt: Vec::new(),
        undecided: Vec::new(),
    };
    let Some(goal) = goal_bundle(asks, goal, bundle) else {
        return shown;
    };
    let holds = |facts: &Facts, look: Look| {
        let known = Known {
            place,
            facts,
            look,
            bundle,
        };
        let (event, history) = (known.event(), known.history());
        let is_so = match (asks, judged(&event, &history, &goal)) {
            (Asks::NoError(..), Some(verdict)) => !verdict.undecided.is_empty(),
            (_, Some(verdict)) => !verdict.violated.is_empty(),
            (_, None) => false,
        };
        is_so.then_some((event, history))
    };
    let found = looks(place).find_map(|look| Some((look, holds(&facts, look)?)));
    let Some((look, mut found)) = found else {
        return shown;
    };
    // What does not matter is left out, so that what does can be seen.
    let mut facts = facts;
    for name in BESIDE {
        let mut fewer = facts.clone();
        if fewer.remove(name).is_some()
            && let Some(simpler) = holds(&fewer, look)
        {
            (facts, found) = (fewer, simpler);
        }
    }
    let (event, history) = found;
    if let Some(verdict) = judged(&event, &history, bundle) {
        shown.violated = verdict.violated.into_iter().map(|it| it.id).collect();
        shown.exempt = verdict
            .exempted
            .into_iter()
            .map(|it| it.guardrail)
            .collect();
        shown.undecided = verdict.undecided.into_iter().map(|it| it.policy).collect();
        (shown.event, shown.history) = (Some(event), history);
    }
    shown
}

type Facts = BTreeMap<String, Value>;

/// Facts without which many an event says the same.
const BESIDE: [&str; 12] = [
    "context.history",
    "context.sourceIdentity",
    "context.tlsVersion",
    "context.userAgent",
    "context.console",
    "context.service",
    "context.rootSession",
    "context.ip",
    "context.errorCode",
    "context.region",
    "context.time",
    "resource.status",
];

/// How an event is to look where nothing is known.
#[derive(Clone, Copy)]
struct Look {
    /// In which of the action's groups it shows itself to be.
    group: Option<Group>,
    /// In which account, if it says nothing of that.
    account: &'static str,
    /// Whether what is absent is taken out of it, and not just left as in the example.
    is_bare: bool,
}

fn looks(place: &Place) -> impl Iterator<Item = Look> {
    let groups = place.entry.map_or(&[][..], |entry| entry.groups);
    let groups: Vec<Option<Group>> = groups.iter().copied().map(Some).chain([None]).collect();
    [false, true].into_iter().flat_map(move |is_bare| {
        let groups = groups.clone();
        ACCOUNTS.into_iter().flat_map(move |account| {
            groups.clone().into_iter().map(move |group| Look {
                group,
                account,
                is_bare,
            })
        })
    })
}

/// A bundle with one guardrail, which is violated when the condition holds.
fn goal_bundle(asks: &Asks, goal: &Condition, of: &Bundle) -> Option<Bundle> {
    let policy = match asks {
        Asks::NoError(policy, _) => expression::policy("forbid", [expression::applies(policy)]),
        Asks::Some(_) | Asks::None(_) => expression::policy("forbid", [goal.clone()]),
    };
    let policy = cedar_policy::Policy::from_json(None, policy).ok()?;
    let text =
        format!("@id(\"goal\") @title(\"Goal\") @severity(\"info\") @respond(\"alert\")\n{policy}");
    let mut bundle = Bundle::load(&[("guardrails/goal.cedar".to_owned(), text)]).ok()?;
    // Networks, units and limits are those of the bundle in question.
    bundle.settings = of.settings.clone();
    bundle.organization = of.organization.clone();
    Some(bundle)
}

fn judged(
    event: &Value,
    history: &[Value],
    bundle: &Bundle,
) -> Option<keyrail_core::judge::Verdict> {
    let circumstances = Circumstances::of(bundle);
    let mut earlier = History::default();
    for event in history {
        let event = Event::parse(event.to_string().as_bytes()).ok()?;
        earlier.note(&Activity::interpret(&event, &circumstances), &circumstances);
    }
    let circumstances = Circumstances {
        history: (!history.is_empty()).then_some(earlier),
        ..circumstances
    };
    let event = Event::parse(event.to_string().as_bytes()).ok()?;
    Some(examine(event, bundle, &circumstances).verdict)
}

/// What the solver found, by the names that policies use.
fn facts(env: &Env) -> Facts {
    let mut facts = BTreeMap::new();
    let names = keyrail_core::schema::facts();
    if let Some(context) = env.request.context() {
        for name in names {
            if let Some(value) = context.get(name) {
                facts.insert(format!("context.{name}"), plain(&value));
            }
        }
    }
    let parts = [
        ("principal", env.request.principal()),
        ("resource", env.request.resource()),
    ];
    for (variable, uid) in parts {
        let Some(uid) = uid else { continue };
        facts.insert(variable.to_owned(), json!(uid.to_string()));
        let attributes = [
            "kind", "name", "owner", "path", "role", "root", "session", "status", "user",
        ];
        if let Some(entity) = env.entities.get(uid) {
            for name in attributes {
                if let Some(value) = attribute(entity, name) {
                    facts.insert(format!("{variable}.{name}"), value);
                }
            }
        }
        let within: Vec<String> = env
            .entities
            .ancestors(uid)
            .into_iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        if !within.is_empty() {
            facts.insert(format!("{variable} in"), json!(within));
        }
    }
    facts
}

fn attribute(entity: &Entity, name: &str) -> Option<Value> {
    entity.attr(name)?.ok().map(|value| plain(&value))
}

fn plain(value: &EvalResult) -> Value {
    match value {
        EvalResult::Bool(value) => json!(value),
        EvalResult::Long(value) => json!(value),
        EvalResult::String(value) => json!(value),
        EvalResult::Set(set) => set.iter().map(plain).collect(),
        EvalResult::Record(record) => record
            .iter()
            .map(|(name, value)| (name.clone(), plain(value)))
            .collect(),
        EvalResult::EntityUid(uid) => json!(uid.to_string()),
        EvalResult::ExtensionValue(text) => json!(text),
    }
}

/// The id of an entity that a fact names, if it is one of this type.
fn id_of(fact: Option<&Value>, kind: &str) -> Option<String> {
    let text = fact?.as_str()?;
    let id = text
        .strip_prefix(kind)?
        .strip_prefix("::\"")?
        .strip_suffix('"')?;
    Some(id.to_owned())
}

/// Of what is known, what an event shows.
struct Known<'a> {
    place: &'a Place,
    facts: &'a Facts,
    look: Look,
    bundle: &'a Bundle,
}

impl Known<'_> {
    fn fact(&self, name: &str) -> Option<&Value> {
        self.facts.get(name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.fact(name)?.as_str()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.fact(name)?.as_bool()
    }

    /// The account that somebody is in: as it says, or one of the unit that it is in.
    fn account(&self, variable: &str) -> Option<String> {
        let within = self.fact(&format!("{variable} in"))?.as_array()?;
        let within: Vec<&str> = within.iter().filter_map(Value::as_str).collect();
        let is_account = |id: &String| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
        let of = |kind: &str| -> Vec<String> {
            let ids = within.iter().map(|text| Value::from(*text));
            ids.filter_map(|text| id_of(Some(&text), kind)).collect()
        };
        let named = of("Account").into_iter().find(is_account);
        named.or_else(|| {
            let units = of("OrgUnit");
            let accounts = self.bundle.organization.accounts.keys();
            let mut accounts = accounts.filter(|account| {
                let above = self.bundle.organization.units_of(account);
                above.iter().any(|unit| units.iter().any(|of| of == unit))
            });
            accounts.next().cloned()
        })
    }

    /// A name that AWS would take; else one to stand for it.
    fn name(&self, arn: Option<&str>, fact: &str, instead: &str) -> String {
        let is_name = |name: &&str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
        };
        let in_arn = arn.filter(|arn| arn.starts_with("arn:"));
        let in_arn = in_arn.and_then(|arn| arn.rsplit('/').next());
        let named = in_arn
            .filter(is_name)
            .or_else(|| self.text(fact).filter(is_name));
        named.unwrap_or(instead).to_owned()
    }

    fn event(&self) -> Value {
        let mut event = self.example();
        let account = self
            .account("resource")
            .unwrap_or_else(|| self.look.account.to_owned());
        put(&mut event, "account", json!(account));
        if let Some(region) = self
            .text("context.region")
            .filter(|region| region.contains('-'))
        {
            put(&mut event, "region", json!(region));
        }
        if self.place.kind.is_report() {
            return event;
        }
        let time = self
            .text("context.time")
            .and_then(time)
            .unwrap_or_else(|| TIME.to_owned());
        put(&mut event, "time", json!(time));
        let region = event.get("region").cloned().unwrap_or_default();
        let Some(detail) = event.get_mut("detail") else {
            return event;
        };
        put(detail, "eventTime", json!(time));
        put(detail, "awsRegion", region);
        put(detail, "recipientAccountId", json!(account));
        let caller = self.account("principal").unwrap_or(account);
        put(detail, "userIdentity", self.identity(&caller));
        self.origin(detail);
        self.target(detail);
        if self.look.group == Some(Group::LaunchCompute) {
            self.launch(detail);
        }
        if self.flag("context.succeeded") == Some(false) {
            self.fail(detail);
        }
        event
    }

    fn example(&self) -> Value {
        if let Some(entry) = self.place.entry {
            return entry.example(self.look.group);
        }
        // What has no row of its own looks like another of its kind.
        let mut like = taxonomy::entries().filter(|entry| entry.kind == self.place.kind);
        let mut event = like
            .find(|entry| entry.groups.is_empty())
            .or_else(|| taxonomy::entries().find(|entry| entry.kind == self.place.kind))
            .map_or(Value::Null, |entry| entry.example(None));
        if self.place.kind.is_report() {
            return event;
        }
        let name = self.text("context.name").unwrap_or_default();
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
        let (service, call) = match name.split_once(':') {
            Some((service, call)) if is_word(service) && is_word(call) => (service, call),
            _ => ("example", "DoSomething"),
        };
        put(&mut event, "source", json!(format!("aws.{service}")));
        let source = json!(format!("{service}.amazonaws.com"));
        put(&mut event, "detail.eventSource", source);
        put(&mut event, "detail.eventName", json!(call));
        put(&mut event, "detail.requestParameters", Value::Null);
        put(&mut event, "detail.responseElements", Value::Null);
        if self.place.kind == Kind::ServiceEvent {
            put(&mut event, "detail.eventType", json!("AwsServiceEvent"));
        }
        event
    }

    fn identity(&self, account: &str) -> Value {
        let arn = |service: &str, rest: String| format!("arn:aws:{service}::{account}:{rest}");
        let of = |kind: &str| id_of(self.fact("principal"), kind);
        let mut identity = match self.place.principal {
            "User" => {
                let name = self.name(of("User").as_deref(), "principal.name", "anaya");
                let path = self
                    .text("principal.path")
                    .filter(|path| path.starts_with('/') && path.ends_with('/'));
                let path = path.unwrap_or("/");
                json!({
                    "type": "IAMUser", "userName": name, "principalId": "AIDACKCEVSQ6C2EXAMPLE",
                    "arn": arn("iam", format!("user{path}{name}")),
                })
            }
            "Root" => {
                json!({ "type": "Root", "principalId": account, "arn": arn("iam", "root".to_owned()) })
            }
            "RoleSession" => {
                let role = self.fact("principal in").and_then(Value::as_array);
                let role = role
                    .into_iter()
                    .flatten()
                    .find_map(|within| id_of(Some(within), "Role"));
                let instead = match self.flag("context.misused") {
                    Some(true) => "keyrail-GuardrailRole-1EXAMPLE",
                    _ => "operator",
                };
                let role = self.name(role.as_deref(), "principal.role", instead);
                let session = self.name(None, "principal.session", "session");
                json!({
                    "type": "AssumedRole", "principalId": format!("AROACKCEVSQ6C2EXAMPLE:{session}"),
                    "arn": arn("sts", format!("assumed-role/{role}/{session}")),
                    "sessionContext": { "sessionIssuer": {
                        "type": "Role", "principalId": "AROACKCEVSQ6C2EXAMPLE", "userName": role,
                        "arn": arn("iam", format!("role/{role}")), "accountId": account,
                    } },
                })
            }
            "AwsService" => {
                return json!({ "type": "AWSService", "invokedBy": "ec2.amazonaws.com" });
            }
            "ForeignAccount" => {
                return json!({ "type": "AWSAccount", "accountId": "999999999999", "principalId": "AIDAEXAMPLE" });
            }
            "FederatedUser" => json!({
                "type": "FederatedUser", "arn": arn("sts", "federated-user/anaya".to_owned()),
            }),
            "IdentityCenterUser" => json!({
                "type": "IdentityCenterUser", "onBehalfOf": { "userId": "a1b2c3d4", "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-1" },
            }),
            "SamlUser" => {
                json!({ "type": "SAMLUser", "userName": "anaya", "principalId": "example" })
            }
            "WebIdentityUser" => {
                json!({ "type": "WebIdentityUser", "userName": "anaya", "principalId": "example" })
            }
            _ => json!({ "type": "Unknown" }),
        };
        put(&mut identity, "accountId", json!(account));
        if let Some(temporary) = self.flag("context.temporary") {
            let key = self
                .text("context.accessKeyId")
                .filter(|key| key.len() >= 16);
            let instead = if temporary {
                "ASIAIOSFODNN7EXAMPLE"
            } else {
                "AKIAIOSFODNN7EXAMPLE"
            };
            put(&mut identity, "accessKeyId", json!(key.unwrap_or(instead)));
        }
        if let Some(mfa) = self.flag("context.mfa") {
            put(
                &mut identity,
                "sessionContext.attributes.mfaAuthenticated",
                json!(mfa.to_string()),
            );
        }
        if let Some(identity_of) = self.text("context.sourceIdentity") {
            put(
                &mut identity,
                "sessionContext.sourceIdentity",
                json!(identity_of),
            );
        }
        if self.flag("context.rootSession") == Some(true) {
            put(&mut identity, "sessionContext.assumedRoot", json!("true"));
        }
        if let Some(service) = self.text("context.service") {
            let service = if service.contains('.') {
                service
            } else {
                "cloudformation.amazonaws.com"
            };
            put(&mut identity, "invokedBy", json!(service));
        }
        identity
    }

    fn origin(&self, detail: &mut Value) {
        let networks = self.fact("context.networks").and_then(Value::as_array);
        let named = networks.and_then(|networks| id_of(networks.first(), "Network"));
        let range =
            named.and_then(|name| self.bundle.settings.networks.get(&name)?.first().copied());
        let address = match (range, self.text("context.ip")) {
            (Some(range), _) => Some(range.addr().to_string()),
            (None, Some(ip)) => {
                let ip = ip.trim_start_matches("ip(\"").trim_end_matches("\")");
                ip.split('/').next().map(str::to_owned)
            }
            (None, None) if !self.look.is_bare => None,
            (None, None) => {
                let service = self.text("context.service").unwrap_or("AWS Internal");
                Some(service.to_owned())
            }
        };
        if let Some(address) = address {
            put(detail, "sourceIPAddress", json!(address));
        }
        let agent = self.text("context.userAgent");
        if agent.is_some() || self.look.is_bare {
            put(detail, "userAgent", json!(agent));
        }
        if let Some(tls) = self.text("context.tlsVersion") {
            put(detail, "tlsDetails.tlsVersion", json!(tls));
        }
        if self.place.kind == Kind::SignIn {
            let used = self
                .flag("context.mfa")
                .map(|mfa| if mfa { "Yes" } else { "No" });
            put(detail, "additionalEventData.MFAUsed", json!(used));
        }
        if self.flag("context.console") == Some(true) {
            put(detail, "sessionCredentialFromConsole", json!("true"));
        }
    }

    fn target(&self, detail: &mut Value) {
        let Some(entry) = self.place.entry else {
            return;
        };
        let owner = id_of(self.fact("resource.owner"), "User");
        let is_self = self.flag("context.self") == Some(true);
        let user = match (is_self, self.place.principal) {
            (true, "User") => Some(self.name(
                id_of(self.fact("principal"), "User").as_deref(),
                "principal.name",
                "anaya",
            )),
            _ if self.flag("resource.root") == Some(true) => None,
            _ => {
                let is_users = self.flag("resource.root") == Some(false);
                let has_owner = is_users || owner.is_some();
                has_owner.then(|| self.name(owner.as_deref(), "resource.user", "bob"))
            }
        };
        for (paths, value) in [
            (entry.user, user.map(Value::from)),
            (entry.status, self.text("resource.status").map(Value::from)),
        ] {
            let is_absent = value.is_none() && (self.look.is_bare || paths == entry.user);
            if let (Some(path), true) = (paths.first(), value.is_some() || is_absent) {
                put(detail, path, value.unwrap_or(Value::Null));
            }
        }
    }

    /// As many instances as are launched since the password was changed.
    fn launch(&self, detail: &mut Value) {
        const MOST: i64 = 20;
        let past = self.fact("context.history");
        let launched = past.and_then(|past| past.get("launchedSincePasswordChange")?.as_i64());
        if let Some(launched) = launched {
            let one = json!({ "instanceId": "i-0123456789abcdef0" });
            let all: Vec<Value> = (0..launched.clamp(1, MOST)).map(|_| one.clone()).collect();
            put(detail, "responseElements.instancesSet.items", all.into());
        }
    }

    fn fail(&self, detail: &mut Value) {
        if self.place.kind == Kind::SignIn {
            let name = detail.get("eventName").and_then(Value::as_str);
            let name = name.unwrap_or_default().to_owned();
            put(detail, "errorMessage", json!("Failed authentication"));
            put(detail, "responseElements", json!({ name: "Failure" }));
        } else {
            let code = self
                .text("context.errorCode")
                .filter(|code| !code.is_empty());
            put(detail, "errorCode", json!(code.unwrap_or("AccessDenied")));
            put(
                detail,
                "errorMessage",
                json!("User is not authorized to perform this call"),
            );
            put(detail, "responseElements", Value::Null);
        }
    }

    /// A change of the password before, and launches since, where policies read them.
    fn history(&self) -> Vec<Value> {
        let Some(past) = self.fact("context.history") else {
            return Vec::new();
        };
        let Some(at) = self
            .text("context.time")
            .and_then(time)
            .unwrap_or_else(|| TIME.to_owned())
            .parse::<jiff::Timestamp>()
            .ok()
        else {
            return Vec::new();
        };
        let number = |name: &str| past.get(name).and_then(Value::as_i64);
        let mut events = Vec::new();
        let caller = self
            .account("principal")
            .unwrap_or_else(|| self.look.account.to_owned());
        if let Some(minutes) = number("minutesSincePasswordChange") {
            let minutes = minutes.clamp(0, 60 * 24 * 365);
            if let Ok(time) = at.checked_sub(jiff::SignedDuration::from_mins(minutes)) {
                let mut changed = taxonomy::find("iam:ChangePassword")
                    .map_or(Value::Null, |entry| {
                        entry.example(Some(Group::ChangePassword))
                    });
                put(&mut changed, "time", json!(time.to_string()));
                put(&mut changed, "detail.eventTime", json!(time.to_string()));
                put(&mut changed, "detail.userIdentity", self.identity(&caller));
                events.push(changed);
            }
        }
        if events.is_empty() {
            // A history is kept, and has nothing in it that matters here.
            let other = taxonomy::find("sts:GetSessionToken").map(|entry| entry.example(None));
            events.extend(other);
        }
        events
    }
}

/// `datetime("2026-03-14T09:26:53Z")`, or milliseconds, as CloudTrail writes it.
fn time(text: &str) -> Option<String> {
    let text = text
        .trim_start_matches("datetime(\"")
        .trim_end_matches("\")");
    let time: jiff::Timestamp = text.parse().ok().or_else(|| {
        let date: jiff::civil::Date = text.parse().ok()?;
        jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
    })?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Sets what is at a path of objects.
fn put(place: &mut Value, path: &str, value: Value) {
    if !place.is_object() {
        *place = json!({});
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some(object) = place.as_object_mut() else {
        return;
    };
    let inner = object.entry(first).or_insert(Value::Null);
    match rest {
        "" => *inner = value,
        rest => put(inner, rest, value),
    }
}
