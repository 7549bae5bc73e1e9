//! Events that are damaged in every way that JSON allows: none panics, none is lost,
//! and what comes out stays bounded whatever goes in.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::LazyLock;

use keyrail_core::activity::Activity;
use keyrail_core::alert::Alert;
use keyrail_core::report::Report;
use keyrail_core::taxonomy::Kind;
use keyrail_core::{Bundle, Circumstances, Event, Mode, examine, taxonomy};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use self::damage::{damage, damaged, pointers, remove};

mod damage;

static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| Bundle::embedded().expect("it loads"));

/// An example of each event of the taxonomy, in each of its groups.
static EXAMPLES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let groups = |entry: &'static taxonomy::Entry| {
        let groups = entry.groups.iter().copied().map(Some);
        groups.chain(entry.groups.is_empty().then_some(None))
    };
    taxonomy::entries()
        .flat_map(|entry| groups(entry).map(|group| entry.example(group)))
        .collect()
});

/// What the function does with bytes, up to the alert.
fn reports(bytes: &[u8]) -> Vec<Report> {
    let events =
        Event::parse_all(bytes).unwrap_or_else(|error| vec![Event::unreadable(bytes, &error)]);
    let circumstances = Circumstances::in_mode(Mode::Enforce);
    events
        .into_iter()
        .map(|event| examine(event, &BUNDLE, &circumstances))
        .collect()
}

/// More than any report needs: texts are cut at 1 KB, and there are some thirty.
const LONGEST_REPORT: usize = 100_000;

fn check(bytes: &[u8]) {
    let reports = reports(bytes);
    assert!(!reports.is_empty(), "an event was lost");
    for report in &reports {
        let json = serde_json::to_string(report).expect("it serialises");
        assert!(json.len() < LONGEST_REPORT, "{} bytes", json.len());
        let alert = Alert::compose(report);
        let message = alert.message().expect("it serialises");
        assert!(message.len() < 256_000, "{} bytes", message.len());
        assert!(!alert.subject.is_empty() && alert.subject.len() < 100);
        if report.activity.kind == Kind::Unrecognised {
            assert!(report.is_alerting(), "not recognised, and nobody is told");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damaged_event_panics_or_is_lost(
        example in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), damage()), 1..6),
    ) {
        let event = damaged(example.get(&EXAMPLES).clone(), &changes);
        check(event.to_string().as_bytes());
    }

    #[test]
    fn no_damaged_bytes_panic_or_are_lost(
        example in any::<Index>(),
        edits in prop::collection::vec((any::<Index>(), any::<u8>(), 0_u8..3), 0..8),
        cut in prop::option::of(any::<Index>()),
    ) {
        let mut bytes = example.get(&EXAMPLES).to_string().into_bytes();
        for (index, byte, how) in edits {
            let at = index.index(bytes.len());
            match how {
                0 => bytes.insert(at, byte),
                1 => { bytes.remove(at); }
                _ => bytes.splice(at..at, [byte, byte]).for_each(drop),
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        check(&bytes);
    }

    /// What is not an event of AWS's at all.
    #[test]
    fn nothing_at_all_panics_or_is_lost(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&bytes);
    }
}

/// Every text at once is as long as AWS lets an event be.
#[test]
fn long_texts_are_cut_wherever_they_stand() {
    fn lengthen(value: &mut Value) {
        match value {
            Value::String(text) => text.push_str(&"x".repeat(10_000)),
            Value::Array(items) => items.iter_mut().for_each(lengthen),
            Value::Object(fields) => fields.values_mut().for_each(lengthen),
            _ => {}
        }
    }
    for example in EXAMPLES.iter() {
        let mut event = example.clone();
        let mut pointers_of = Vec::new();
        pointers(&event, "", &mut pointers_of);
        // What names the event stays, or it would be another one.
        let kept = [
            "detail-type",
            "eventName",
            "eventSource",
            "eventTypeCode",
            "check-name",
            "type",
            "service",
        ];
        for pointer in pointers_of {
            let name = pointer.rsplit('/').next().unwrap_or_default();
            let place = event.pointer_mut(&pointer).expect("it is there");
            if place.is_string() && !kept.contains(&name) {
                lengthen(place);
            }
        }
        check(event.to_string().as_bytes());
    }
}

/// A key that is created is told whatever field of its event is missing or of
/// another type: by the guardrail, as undecided, or as not recognised.
#[test]
fn no_single_damage_hides_a_created_key() {
    let entry = taxonomy::find("iam:CreateAccessKey").expect("it is in the table");
    let event = entry.example(None);
    let mut all = Vec::new();
    pointers(&event, "", &mut all);
    let values = [
        Value::Null,
        json!(""),
        json!({}),
        json!([]),
        json!(7),
        json!(true),
        json!("x".repeat(10_000)),
    ];
    for pointer in &all {
        let mut without = event.clone();
        remove(&mut without, pointer);
        let changed = values.iter().map(|value| {
            let mut changed = event.clone();
            *changed.pointer_mut(pointer).expect("it is there") = value.clone();
            changed
        });
        // Another name is another event.
        let named = ["/detail/eventName", "/detail/eventSource", "/detail-type"];
        for damaged in changed.chain([without]) {
            let text = damaged.pointer(pointer).and_then(Value::as_str);
            if named.contains(&pointer.as_str()) && text.is_some_and(|text| !text.is_empty()) {
                continue;
            }
            for report in reports(damaged.to_string().as_bytes()) {
                assert!(report.is_alerting(), "{pointer}: {damaged}");
            }
        }
    }
}

/// JSON allows a name twice. The last one counts, as for most readers.
#[test]
fn a_name_that_stands_twice_hides_nothing() {
    let text = taxonomy::find("iam:CreateAccessKey")
        .expect("it is in the table")
        .example(None)
        .to_string();
    let twice = text.replacen('{', r#"{"detail-type":"x","detail":{},"#, 1);
    let reports = reports(twice.as_bytes());
    let [report] = reports.as_slice() else {
        panic!("one report");
    };
    assert!(report.is_alerting());
}

/// CloudTrail shows session tokens, and could show more than it should.
#[test]
fn no_secret_in_a_record_is_reported_or_told() {
    const SECRET: &str = "IQoJb3JpZ2luX2VjEXAMPLESECRET";
    for example in EXAMPLES.iter() {
        let mut event = example.clone();
        let Some(detail) = event["detail"].as_object_mut() else {
            panic!("{example}");
        };
        for part in [
            "requestParameters",
            "responseElements",
            "serviceEventDetails",
            "additionalEventData",
        ] {
            let part = detail.entry(part).or_insert(Value::Null);
            if !part.is_object() {
                *part = json!({});
            }
            for name in [
                "credentials",
                "accessKey",
                "loginProfile",
                "serviceSpecificCredential",
                "sSHPublicKey",
                "certificate",
                "virtualMFADevice",
                "trustAnchor",
            ] {
                let inner = &mut part[name];
                if !inner.is_object() {
                    *inner = json!({});
                }
                for secret in [
                    "sessionToken",
                    "secretAccessKey",
                    "password",
                    "servicePassword",
                    "serviceCredentialSecret",
                    "sSHPublicKeyBody",
                    "certificateBody",
                    "base32StringSeed",
                    "qRCodePNG",
                ] {
                    inner[secret] = SECRET.into();
                }
            }
            for secret in [
                "password",
                "otp",
                "auth_code",
                "code_verifier",
                "refresh_token",
                "sessionToken",
            ] {
                part[secret] = SECRET.into();
            }
        }
        for report in reports(event.to_string().as_bytes()) {
            let alert = Alert::compose(&report);
            let told = [
                serde_json::to_string(&report).expect("it serialises"),
                alert.message().expect("it serialises"),
                alert.subject.clone(),
                format!("{report:?}"),
            ];
            assert!(!told.iter().any(|text| text.contains(SECRET)), "{event}");
        }
    }
}

/// Names that no sample has: the event is still judged by what kind it is.
#[test]
fn unknown_names_types_and_actors_are_judged_by_their_kind() {
    let root = json!({"type": "Root", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:root"});
    let call = |identity: Value, name: &str| {
        json!({
            "detail-type": "AWS API Call via CloudTrail", "source": "aws.newservice", "account": "111122223333",
            "region": "us-east-1", "time": "2026-03-14T09:26:53Z",
            "detail": {"eventSource": "newservice.amazonaws.com", "eventName": name, "userIdentity": identity, "eventType": "AwsApiCall"},
        })
    };
    let finding = json!({
        "detail-type": "GuardDuty Finding", "source": "aws.guardduty", "account": "111122223333", "region": "eu-north-1",
        "time": "2026-03-14T09:26:53Z",
        "detail": {"type": "Impact:IAMUser/SomethingNew", "resource": {"resourceType": "AccessKey", "accessKeyDetails": {
            "accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userName": "bob", "userType": "IAMUser"}}},
    });
    let notice = json!({
        "detail-type": "AWS Health Event", "source": "aws.health", "account": "111122223333", "region": "us-east-1",
        "time": "2026-03-14T09:26:53Z",
        "detail": {"service": "RISK", "eventTypeCode": "AWS_RISK_SOMETHING_NEW"},
    });
    let mut unknown_actor = call(
        json!({"type": "QuantumUser", "accountId": "111122223333"}),
        "CreateAccessKey",
    );
    unknown_actor["detail"]["eventSource"] = "iam.amazonaws.com".into();
    unknown_actor["detail"]["responseElements"] =
        json!({"accessKey": {"accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userName": "bob"}});
    for (event, violated) in [
        (call(root, "DoSomethingNew"), vec!["root-activity"]),
        (
            call(json!({"type": "QuantumUser"}), "DoSomethingNew"),
            vec![],
        ),
        (unknown_actor, vec!["access-key-issued"]),
        (finding, vec!["credential-finding"]),
        (notice, vec!["exposed-access-key"]),
    ] {
        let [report] = reports(event.to_string().as_bytes())
            .try_into()
            .expect("one report");
        let ids: Vec<&str> = report
            .verdict
            .violated
            .iter()
            .map(|violation| violation.id.as_str())
            .collect();
        assert_eq!(ids, violated, "{event}");
    }
}

/// `Activity` is what everything else stands on: it is never refused.
#[test]
fn a_bare_record_and_its_event_mean_the_same() {
    for example in EXAMPLES
        .iter()
        .filter(|example| example["detail"]["eventName"].is_string())
    {
        let whole = Event::parse(example.to_string().as_bytes()).expect("one event");
        let bare = Event::parse(example["detail"].to_string().as_bytes()).expect("one event");
        let circumstances = Circumstances::default();
        let [whole, bare] = [whole, bare].map(|event| {
            Activity::interpret(&event, &circumstances.deployment, &circumstances.known)
        });
        assert_eq!(
            serde_json::to_value(&whole).expect("it serialises"),
            serde_json::to_value(&bare).expect("it serialises")
        );
    }
}
