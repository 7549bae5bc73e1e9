//! The schemas that `keyrail schema` prints, held to what keyrail reads and writes.

use std::collections::{BTreeMap, BTreeSet};

use keyrail_core::activity::ActorKind;
use keyrail_core::bundle::{Level, Strength};
use keyrail_core::change::Status;
use keyrail_core::judge::PolicyKind;
use keyrail_core::outcome::OutcomeResult;
use keyrail_core::plan::Withheld;
use keyrail_core::report::State;
use keyrail_core::taxonomy::{Group, Kind, TargetKind};
use keyrail_core::words::StepName;
use keyrail_core::{Mode, Severity};
use serde_json::{Value, json};

use crate::{Ran, ran};

mod read;
#[path = "../json_schema.rs"]
mod validator;
mod written;

const NAMES: [&str; 12] = [
    "alert",
    "diagnostics",
    "mutants",
    "proof",
    "redrive",
    "report",
    "settings",
    "show",
    "test",
    "tests",
    "undo",
    "upgrade",
];

/// Holds what a command printed to the schema of that name.
pub(crate) fn is_of_the_schema(name: &str, printed: &Value) {
    let found = validator::errors(&schema(name), std::slice::from_ref(printed));
    assert_eq!(found, [None]);
}

#[test]
fn each_schema_is_named_and_says_what_every_property_means() {
    for name in NAMES {
        let schema = schema(name);
        assert_eq!(schema["$id"], format!("urn:keyrail:{name}:v1"));
        for key in ["$schema", "title", "description"] {
            assert!(schema[key].is_string(), "{name}: {key}");
        }
        for (place, object) in objects(&schema) {
            let named = ["properties", "patternProperties", "$defs"].map(|key| object.get(key));
            let named = named.into_iter().flatten().filter_map(Value::as_object);
            for (key, property) in named.flatten() {
                let meaning = property.get("description").or(property.get("$ref"));
                assert!(meaning.is_some(), "{name}{place}: {key}");
            }
        }
    }
}

/// Only an event of AWS's may hold what we have not named; and programs that read
/// what keyrail writes need not ask whether a key is there.
#[test]
fn no_key_is_left_open_and_none_that_is_written_is_optional() {
    for name in NAMES {
        for (place, object) in objects(&schema(name)) {
            let Some(properties) = object
                .get("properties")
                .filter(|_| object["type"] == "object")
            else {
                continue;
            };
            assert_eq!(object["additionalProperties"], false, "{name}{place}");
            if !["settings", "tests"].contains(&name) {
                let keys = properties.as_object().into_iter().flatten();
                let keys: Vec<&String> = keys.map(|(key, _)| key).collect();
                assert_eq!(object["required"], json!(keys), "{name}{place}");
            }
        }
    }
}

/// The words of a type. A variant that is not listed does not compile.
macro_rules! words {
    ($kind:ident: $($variant:ident)*) => {{
        let listed = |value: $kind| match value { $($kind::$variant)|* => value };
        words(&[$(listed($kind::$variant)),*])
    }};
}

fn words(values: &[impl serde::Serialize]) -> BTreeSet<String> {
    let word = |value| serde_json::to_value(value).expect("it is JSON");
    let words = values.iter().map(word);
    words
        .map(|word| word.as_str().expect("it is a word").to_owned())
        .collect()
}

#[test]
fn enumerations_are_those_of_the_code() {
    let groups = words(&Group::ALL);
    let modes = words!(Mode: Enforce Observe);
    let severities = words!(Severity: Critical High Info Low Medium);
    let states = words!(State: Alert Blocked DryRun Exempt Failed Pending);
    let steps = words(&StepName::ALL);
    let withheld = words!(Withheld: Archived Evidence FailedAttempt Limit NoTarget NotAllowed Observe
        Protected Released Replay Sample TooOld);
    let kinds = words!(Kind: ApiCall Exposure Finding Other ServiceEvent SignIn Unrecognised);
    let actors = words!(ActorKind: AssumedRole AwsAccount AwsService FederatedUser IamUser
        IdentityCenterUser Root SamlUser Unknown WebIdentityUser);
    let targets = words!(TargetKind: AccessKey Account Activation BucketKey Detector Directory EventBus EventRule Function Group
        IdentityPool IdentityProvider Instance LoginProfile MfaDevice None Other Policy Profile Queue Recorder Region Role RoleAlias ServiceCredential
        SigningCertificate SshKey Table Topic Trail TrustAnchor User);
    let results = words!(OutcomeResult: Accepted Already Failed Verified Withheld);
    let policies = words!(PolicyKind: Exemption Guardrail);
    let levels = words!(Level: Error Warning);
    let mut or_none = severities.clone();
    or_none.insert("none".to_owned());
    let sources = ["guardduty", "security-hub"].map(str::to_owned).into();
    let report = [
        ("/$defs/actor_kind", actors),
        ("/$defs/finding/properties/source", sources),
        ("/$defs/group", groups),
        ("/$defs/kind", kinds),
        ("/$defs/mode", modes.clone()),
        ("/$defs/result", results),
        ("/$defs/severity", severities),
        ("/$defs/status", words!(Status: Active Inactive)),
        ("/$defs/step", steps.clone()),
        ("/$defs/target_kind", targets),
        ("/$defs/undecided/properties/kind", policies),
        ("/$defs/withheld", withheld.clone()),
    ];
    let within = |(place, words): &(&str, BTreeSet<String>)| {
        (format!("/$defs/report{place}"), words.clone())
    };
    let mut alert: BTreeMap<String, BTreeSet<String>> = report.iter().map(within).collect();
    alert.insert("/properties/state".to_owned(), states.clone());
    assert_eq!(enumerations("alert"), alert);
    assert_eq!(enumerations("report"), owned(report));
    assert_eq!(
        enumerations("diagnostics"),
        owned([("/$defs/diagnostic/properties/severity", levels)])
    );
    let strengths = Strength::ALL
        .into_iter()
        .map(|word| word.as_str().to_owned());
    let strengths = strengths.chain(["none".to_owned()]).collect();
    assert_eq!(
        enumerations("settings"),
        owned([
            ("/$defs/mode", modes.clone()),
            ("/$defs/step", steps.clone()),
            ("/properties/language", ["en".to_owned()].into()),
            ("/properties/default/properties/guardrails", strengths),
            (
                "/properties/guardrails/additionalProperties/properties/severity",
                words!(Severity: Critical High Info Low Medium),
            ),
        ])
    );
    let expect = "/$defs/expect/properties";
    assert_eq!(
        enumerations("tests"),
        owned([
            ("/$defs/mode", modes),
            ("/$defs/step", steps.clone()),
            ("/$defs/withheld", withheld),
            (&format!("{expect}/alert/properties/state/anyOf/0"), states),
            (&format!("{expect}/severity"), or_none),
        ])
    );
    let planned = schema("tests")["$defs"]["planned"]["anyOf"][1]["properties"].clone();
    assert_eq!(key_set(&planned), steps);
}

fn owned<const N: usize>(
    rows: [(&str, BTreeSet<String>); N],
) -> BTreeMap<String, BTreeSet<String>> {
    let rows = rows.into_iter();
    rows.map(|(place, words)| (place.to_owned(), words))
        .collect()
}

/// All enumerations of a schema, by their places.
fn enumerations(name: &str) -> BTreeMap<String, BTreeSet<String>> {
    let places = objects(&schema(name)).into_iter();
    places
        .filter_map(|(place, object)| Some((place, words(object.get("enum")?.as_array()?))))
        .collect()
}

#[test]
fn the_schema_of_policies_is_cedar_and_its_json_is_the_same() {
    let text = ran(&["schema", "cedar"]);
    assert_eq!((text.status, text.stderr.as_str()), (0, ""));
    let (from_text, _) = cedar_policy::SchemaFragment::from_cedarschema_str(&text.stdout)
        .expect("it is Cedar's schema syntax");
    let json = ran(&["schema", "cedar-json"]).json();
    cedar_policy::Schema::from_json_value(json.clone()).expect("it is Cedar's schema as JSON");
    assert_eq!(from_text.to_json_value().expect("it is JSON"), json);
}

#[test]
fn a_schema_that_there_is_not_is_an_error_that_names_them_all() {
    let ran = ran(&["schema", "setting"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    for name in NAMES.iter().chain(&["cedar", "cedar-json"]) {
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
    }
}

/// As the command prints it.
pub(crate) fn schema(name: &str) -> Value {
    ran(&["schema", name]).json()
}

/// Every object in a value, by its place.
fn objects(value: &Value) -> Vec<(String, Value)> {
    let children: Vec<(String, &Value)> = match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (index.to_string(), item))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, field)| (key.clone(), field))
            .collect(),
        _ => Vec::new(),
    };
    let mut found: Vec<(String, Value)> = Vec::new();
    if value.is_object() {
        found.push((String::new(), value.clone()));
    }
    for (name, child) in children {
        let below = objects(child).into_iter();
        found.extend(below.map(|(place, object)| (format!("/{name}{place}"), object)));
    }
    found
}

fn key_set(value: &Value) -> BTreeSet<String> {
    let fields = value.as_object().into_iter().flatten();
    fields.map(|(key, _)| key.clone()).collect()
}

fn printed(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).expect("it prints JSON")
}

const GUARDRAILS: &str = r#"
@id("violated") @title("Violated") @severity("high") @respond("deactivate-key")
forbid (principal, action in Action::"sign-in", resource);
@id("exempted") @title("Exempted") @severity("low") @respond("alert")
forbid (principal, action in Action::"sign-in", resource);
@id("undecided") @title("Undecided") @severity("info") @respond("alert")
forbid (principal, action in Action::"sign-in", resource) when { context has mfa && !context.mfa };
"#;
