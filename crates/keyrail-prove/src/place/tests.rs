//! What is taken to hold of every event, held against events.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cedar_policy::Policy;

use keyrail_core::activity::{Activity, ActorKind};
use keyrail_core::schema::{self, PRINCIPALS};
use keyrail_core::taxonomy::{Group, Kind};
use keyrail_core::{Bundle, Circumstances, Event, examine, taxonomy};
use serde_json::{Value, json};

use super::told::Told;
use super::variant::{Variant, variants};
use super::{Entry, Sort};

fn of_all_groups() -> Told {
    let groups: Vec<Value> = Group::ALL
        .iter()
        .map(|group| json!(group.as_str()))
        .collect();
    Told::by(groups.iter())
}

fn default_bundle() -> Bundle {
    Bundle::embedded().expect("it loads")
}

/// The examples of every row in every group, and of each what is like it.
fn events() -> Vec<Value> {
    let examples = taxonomy::entries().flat_map(|entry| {
        let groups = entry.groups.iter().copied().map(Some).chain([None]);
        groups.map(|group| entry.example(group))
    });
    let in_just = taxonomy::entries().flat_map(|entry| {
        let groups = entry.groups.iter().copied().map(Some).chain([None]);
        groups.map(|group| entry.example_in_just(group))
    });
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/events");
    let fixtures = fs::read_dir(fixtures).expect("there are fixtures");
    let fixtures = fixtures.filter_map(|file| {
        let text = fs::read_to_string(file.ok()?.path()).ok()?;
        serde_json::from_str::<Value>(&text).ok()
    });
    examples
        .chain(fixtures)
        .flat_map(|event| like(&event))
        .chain(in_just)
        .collect()
}

fn like(event: &Value) -> Vec<Value> {
    let changed = |path: &str, value: Value| {
        let mut changed = event.clone();
        let place = changed.pointer_mut(path)?;
        let is_same = *place == value;
        *place = value;
        (!is_same).then_some(changed)
    };
    let root = json!({"type": "Root", "principalId": "111122223333", "accountId": "111122223333",
        "arn": "arn:aws:iam::111122223333:root", "accessKeyId": "AKIAI44QH8DHBEXAMPLE"});
    let role = json!({"type": "AssumedRole", "principalId": "AROAEXAMPLE:anaya",
        "arn": "arn:aws:sts::111122223333:assumed-role/deploy/anaya", "accountId": "111122223333",
        "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "deploy",
            "arn": "arn:aws:iam::111122223333:role/deploy", "accountId": "111122223333"}}});
    let with_key = "AKIAIOSFODNN7EXAMPLE";
    let mut failed = event.clone();
    if let Some(detail) = failed.get_mut("detail").and_then(Value::as_object_mut) {
        detail.insert("errorCode".to_owned(), json!("AccessDenied"));
    }
    let more = [
        changed("/detail/requestParameters", Value::Null),
        changed("/detail/requestParameters", json!({})),
        changed("/detail/requestParameters", json!({"omitted": true})),
        changed("/detail/requestParameters/status", json!("Inactive")),
        changed("/detail/requestParameters/status", json!("active")),
        changed(
            "/detail/requestParameters/policyArn",
            json!("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ),
        changed(
            "/detail/requestParameters/policyArn",
            json!("arn:aws:iam::aws:policy/AdministratorAccess"),
        ),
        changed("/detail/requestParameters/policyDocument", json!("{}")),
        changed("/detail/requestParameters/state", json!("ENABLED")),
        changed("/detail/requestParameters/userName", json!("somebody")),
        changed("/detail/userIdentity", root),
        changed("/detail/userIdentity", role),
        changed("/detail/userIdentity/accessKeyId", json!(with_key)),
        Some(failed),
    ];
    more.into_iter().flatten().chain([event.clone()]).collect()
}

fn interpreted(event: &Value, circumstances: &Circumstances) -> Option<(Event, Activity)> {
    let event = Event::parse(event.to_string().as_bytes()).ok()?;
    let activity = Activity::interpret(&event, &circumstances.deployment, &circumstances.known);
    let is_judged = activity.kind.is_judged();
    is_judged.then_some((event, activity))
}

fn sort(entry: Option<&'static Entry>, variant: Variant, kind: Kind) -> Sort {
    Sort {
        action: entry.map_or(kind.fallback(), |entry| entry.action),
        entry,
        variant,
        schema: 0,
        kind,
        resource: entry.map_or(schema::resource_of(kind), schema::resource),
    }
}

/// A bundle with a guardrail for each sort of actor.
fn of_each_principal() -> Bundle {
    let guardrails = PRINCIPALS.map(|principal| {
        format!(
            "@id(\"{}\") @title(\"T\") @severity(\"info\") @respond(\"alert\")\nforbid (principal is {principal}, action, resource) when {{ false }};\n",
            id_of(principal)
        )
    });
    Bundle::load(&[("guardrails/world.cedar".to_owned(), guardrails.concat())]).expect("it loads")
}

fn id_of(principal: &str) -> String {
    principal.to_ascii_lowercase()
}

/// As which types keyrail shows who acts to policies.
fn principals(actor: ActorKind) -> &'static [&'static str] {
    match actor {
        ActorKind::AssumedRole => &["RoleSession", "AwsService"],
        ActorKind::AwsAccount => &["ForeignAccount"],
        ActorKind::AwsService => &["AwsService"],
        ActorKind::FederatedUser => &["FederatedUser"],
        ActorKind::IamUser => &["User"],
        ActorKind::IdentityCenterUser => &["IdentityCenterUser"],
        ActorKind::Root => &["Root"],
        ActorKind::SamlUser => &["SamlUser"],
        ActorKind::Unknown => &["Unknown"],
        ActorKind::WebIdentityUser => &["WebIdentityUser"],
    }
}

/// Makes the guardrail for a sort of actor one that each event violates for which the
/// world of a place does not hold.
fn turn_against_world(bundle: &mut Bundle, principal: &str, world: &str) {
    let text = format!("forbid (principal is {principal}, action, resource) unless {{ {world} }};");
    let policy = Policy::parse(None, text).expect("it is Cedar");
    let policy = policy.to_json().expect("it has a JSON form");
    bundle
        .change_guardrail(&id_of(principal), &policy)
        .expect("it is one");
}

#[test]
fn each_event_is_of_a_variant_of_its_action_and_in_its_world() {
    let (told, bundle) = (of_all_groups(), default_bundle());
    let (mut world, circumstances) = (of_each_principal(), Circumstances::of(&bundle));
    let mut is: BTreeMap<&str, String> = BTreeMap::new();
    let (mut seen, mut outside) = (0, BTreeSet::new());
    for event in events() {
        let Some((parsed, activity)) = interpreted(&event, &circumstances) else {
            continue;
        };
        let entry = activity.action.as_deref().and_then(taxonomy::find);
        let groups: BTreeSet<Group> = activity.groups.iter().copied().collect();
        let variants = match entry {
            Some(entry) => variants(entry, &told),
            None => vec![Variant {
                groups: groups.clone(),
                ..Variant::default()
            }],
        };
        let full: BTreeSet<Group> = entry
            .into_iter()
            .flat_map(|entry| entry.groups)
            .copied()
            .collect();
        if groups != full {
            outside.extend(activity.action.clone());
        }
        let fitting: Vec<&Variant> = variants.iter().filter(|it| it.groups == groups).collect();
        assert!(!fitting.is_empty(), "{groups:?} of {variants:?}: {event}");
        let misses: Vec<Vec<String>> = fitting
            .into_iter()
            .map(|variant| {
                let sort = sort(entry, variant.clone(), activity.kind);
                for principal in principals(activity.actor.kind) {
                    let text = sort.world(principal, &bundle, &told);
                    if is.insert(principal, text.clone()) != Some(text.clone()) {
                        turn_against_world(&mut world, principal, &text);
                    }
                }
                let verdict = examine(parsed.clone(), &world, &circumstances).verdict;
                verdict.violated.into_iter().map(|it| it.id).collect()
            })
            .collect();
        assert!(misses.iter().any(Vec::is_empty), "{misses:?}: {event}");
        seen += 1;
    }
    assert!(seen > 4_000, "{seen}");
    for action in [
        "iam:UpdateAccessKey",
        "iam:AttachUserPolicy",
        "events:PutRule",
        "lambda:DeleteFunction",
    ] {
        assert!(outside.contains(action), "{action} of {outside:?}");
    }
}
