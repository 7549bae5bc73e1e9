use serde_json::{Value, json};

use crate::event::Event;
use crate::event::claim::{EVENT_LASTS, FINDING_LASTS};

const PRODUCT: &str = "arn:aws:securityhub:eu-north-1::product";

/// A finding of the control about old keys, as the fixture of it, in an event of its own.
fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/../../tests/fixtures/events/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).expect("it is there");
    serde_json::from_str(&text).expect("it is JSON")
}

fn changed(event: &Value, changes: &[(&str, Value)]) -> Value {
    let mut event = event.clone();
    for (path, value) in changes {
        let (place, name) = path.rsplit_once('/').expect("a path");
        let place = event.pointer_mut(place).expect("it is there");
        place[name] = value.clone();
    }
    event
}

fn event(event: &Value) -> Event {
    Event::parse(event.to_string().as_bytes()).expect("it is an event")
}

fn claim(of: &Value) -> String {
    event(of).claim().expect("it has a claim")
}

/// Another event, in another account and Region, hours or weeks later.
fn updated(of: &Value, day: &str) -> Value {
    let at = format!("{day}T09:26:53Z");
    changed(
        of,
        &[
            ("/id", json!(format!("id-of-{day}"))),
            ("/account", json!("444455556666")),
            ("/region", json!("us-west-2")),
            ("/time", json!(at)),
            ("/detail/findings/0/UpdatedAt", json!(at)),
            ("/detail/findings/0/LastObservedAt", json!(at)),
            ("/detail/findings/0/ProcessedAt", json!(at)),
            (
                "/detail/findings/0/Note",
                json!({"Text": "seen", "UpdatedAt": at}),
            ),
        ],
    )
}

const DAYS: [&str; 4] = ["2026-03-15", "2026-03-16", "2026-04-20", "2026-06-11"];

#[test]
fn an_update_of_a_finding_is_no_other_piece_of_work() {
    for name in [
        "security-hub-control-failed-of-user",
        "security-hub-control-failed-of-root",
        "security-hub-other-product",
    ] {
        let first = fixture(name);
        for day in DAYS {
            assert_eq!(claim(&first), claim(&updated(&first, day)), "{name} {day}");
        }
    }
}

#[test]
fn a_finding_is_known_for_longer_than_an_event() {
    let lasts = |name: &str| event(&fixture(name)).claim_lasts();
    for name in [
        "security-hub-control-failed-of-user",
        "security-hub-other-product",
        "security-hub-v2-control-failed",
        "security-hub-v2-key",
    ] {
        assert_eq!(lasts(name), FINDING_LASTS, "{name}");
    }
    // Of several the event itself is known, and that does not come again.
    for name in ["guardduty-key-of-user", "security-hub-two-findings"] {
        assert_eq!(lasts(name), EVENT_LASTS, "{name}");
    }
}

/// Three standards and two Regions find the same, each in a finding of its own.
#[test]
fn a_control_is_told_once_for_all_standards_and_regions() {
    let first = fixture("security-hub-control-failed-of-user");
    let subscription = "arn:aws:securityhub:us-west-2:111122223333:subscription";
    for (region, id) in [
        (
            "eu-north-1",
            format!("{subscription}/cis-aws-foundations-benchmark/v/1.4.0/1.14/finding/a"),
        ),
        (
            "us-west-2",
            format!("{subscription}/pci-dss/v/3.2.1/PCI.IAM.3/finding/b"),
        ),
        (
            "us-west-2",
            "arn:aws:securityhub:us-west-2:111122223333:security-control/IAM.3/finding/c"
                .to_owned(),
        ),
    ] {
        let product = format!("arn:aws:securityhub:{region}::product/aws/securityhub");
        let made = "2026-05-01T00:00:00.000Z";
        let other = changed(
            &updated(&first, "2026-05-01"),
            &[
                ("/detail/findings/0/Id", json!(id)),
                ("/detail/findings/0/ProductArn", json!(product)),
                ("/detail/findings/0/Region", json!(region)),
                ("/detail/findings/0/GeneratorId", json!("a standard's")),
                ("/detail/findings/0/CreatedAt", json!(made)),
                ("/detail/findings/0/FirstObservedAt", json!(made)),
            ],
        );
        assert_eq!(claim(&first), claim(&other), "{id}");
    }
    for (path, value) in [
        ("/detail/findings/0/AwsAccountId", json!("444455556666")),
        (
            "/detail/findings/0/Compliance/SecurityControlId",
            json!("IAM.8"),
        ),
        (
            "/detail/findings/0/Resources/0/Id",
            json!("arn:aws:iam::111122223333:user/carol"),
        ),
    ] {
        let other = changed(&first, &[(path, value)]);
        assert_ne!(claim(&first), claim(&other), "{path}");
    }
}

/// FAILED, then PASSED, then FAILED again: `FirstObservedAt` changes with the status.
#[test]
fn a_control_that_fails_again_is_told_again() {
    let first = fixture("security-hub-control-failed-of-user");
    let failed = |since: &str, seen: &str| {
        changed(
            &updated(&first, seen),
            &[("/detail/findings/0/FirstObservedAt", json!(since))],
        )
    };
    let again = failed("2026-04-20T07:00:00.000Z", "2026-04-20");
    assert_ne!(claim(&first), claim(&again));
    // Its updates are not, and neither is another standard's, whose check is minutes later.
    for same in [
        failed("2026-04-20T07:00:00.000Z", "2026-06-11"),
        failed("2026-04-20T07:12:34.000Z", "2026-04-20"),
    ] {
        assert_eq!(claim(&again), claim(&same));
    }
    assert_ne!(
        claim(&again),
        claim(&failed("2026-05-30T07:00:00.000Z", "2026-05-30"))
    );
}

#[test]
fn what_somebody_has_dealt_with_is_another_state() {
    let first = fixture("security-hub-other-product");
    let mut claims = vec![claim(&first)];
    for (path, word) in [
        ("/detail/findings/0/Workflow/Status", "NOTIFIED"),
        ("/detail/findings/0/Workflow/Status", "SUPPRESSED"),
        ("/detail/findings/0/RecordState", "ARCHIVED"),
    ] {
        claims.push(claim(&changed(&first, &[(path, json!(word))])));
    }
    // A product finds another key under the same id.
    let key = json!("AWS::IAM::AccessKey:AKIAIOSFODNN7EXAMPLE");
    claims.push(claim(&changed(
        &first,
        &[("/detail/findings/0/Resources/0/Id", key)],
    )));
    let id = json!("example-finding-2");
    claims.push(claim(&changed(&first, &[("/detail/findings/0/Id", id)])));
    let distinct: std::collections::BTreeSet<_> = claims.iter().collect();
    assert_eq!(distinct.len(), claims.len(), "{claims:?}");
    // What else a product adds to it is no other news.
    let mut more = first.clone();
    let resources = more.pointer_mut("/detail/findings/0/Resources");
    let resources = resources.and_then(Value::as_array_mut).expect("a list");
    resources.push(json!({"Type": "AwsEc2Instance", "Id": "i-0123456789abcdef0"}));
    assert_eq!(claim(&first), claim(&more));
}

#[test]
fn a_finding_of_the_newer_security_hub_is_known_by_its_id_too() {
    for name in ["security-hub-v2-key", "security-hub-v2-control-failed"] {
        let first = fixture(name);
        let later = json!("2026-05-01T09:26:53.000Z");
        let update = changed(
            &first,
            &[
                ("/id", json!("another")),
                ("/detail/findings/0/activity_name", json!("Update")),
                ("/detail/findings/0/activity_id", json!(2)),
                (
                    "/detail/findings/0/finding_info/modified_time_dt",
                    later.clone(),
                ),
            ],
        );
        assert_eq!(claim(&first), claim(&update), "{name}");
        let closed = changed(
            &first,
            &[("/detail/findings/0/activity_name", json!("Close"))],
        );
        assert_ne!(claim(&first), claim(&closed), "{name}");
    }
}

/// Where both products are on, each control that fails comes in both formats.
#[test]
fn a_control_is_one_piece_of_work_in_both_formats() {
    let old = fixture("security-hub-control-failed-of-root");
    let new = fixture("security-hub-v2-control-failed");
    assert_eq!(claim(&old), claim(&new));
    let product = json!(format!("{PRODUCT}/example/scanner"));
    let other = changed(&old, &[("/detail/findings/0/ProductArn", product)]);
    assert_ne!(
        claim(&other),
        claim(&new),
        "another product's word for a control"
    );
}

#[test]
fn no_name_is_longer_than_the_table_takes() {
    let first = fixture("security-hub-other-product");
    let long = |end: &str| {
        let id = json!(format!("{}{end}", "x".repeat(1_000)));
        claim(&changed(&first, &[("/detail/findings/0/Id", id)]))
    };
    assert!(long("a").len() < super::LONGEST);
    assert_ne!(long("a"), long("b"));
    assert_eq!(long("a"), long("a"));
}
