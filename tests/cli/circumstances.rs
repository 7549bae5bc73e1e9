//! What `keyrail explain` is told beside the event: networks, a history, a name.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::{explained, fixture, ids, nothing, ran, sample};

#[test]
fn a_sign_in_from_outside_all_named_networks_is_told() {
    let outside = &["sign-in-from-unknown-network"][..];
    for (networks, names, violated) in [
        // Without names, every network would be unknown.
        (&[][..], &[][..], &[][..]),
        (&["office=198.51.100.0/24"], &["office"], &[]),
        (&["office=198.51.100.17/32"], &["office"], &[]),
        (&["office=198.51.100.16/31"], &["office"], &[]),
        (&["office=198.51.100.18/31"], &[], outside),
        (&["office=203.0.113.0/24"], &[], outside),
        (&["home=2001:db8::/32"], &[], outside),
        (
            &["office=203.0.113.0/24", "office=198.51.100.0/24"],
            &["office"],
            &[],
        ),
        (
            &[
                "vpn=198.51.100.0/28",
                "office=198.51.100.0/24",
                "all=0.0.0.0/0",
            ],
            &["all", "office"],
            &[],
        ),
    ] {
        let arguments: Vec<&str> = networks
            .iter()
            .flat_map(|range| ["--network", range])
            .collect();
        let report = explained(&sample("sign-in-with-mfa", &[]), &arguments);
        assert_eq!(
            report["activity"]["origin"]["networks"],
            json!(names),
            "{networks:?}"
        );
        assert_eq!(violations(&report), violated, "{networks:?}");
    }
}

/// Only sign-ins that succeeded are about networks.
#[test]
fn a_network_matters_to_nothing_but_sign_in() {
    for (name, violated) in [
        ("sign-in-failed", "console-sign-in-failed"),
        ("key-created-for-another", "access-key-issued"),
    ] {
        let report = explained(&sample(name, &[]), &["--network", "office=203.0.113.0/24"]);
        assert_eq!(ids(&report["verdict"]["violated"], "id"), [violated]);
    }
}

#[test]
fn a_network_that_is_none_is_an_error() {
    let shape = "write it as `name=range`, such as `office=198.51.100.0/24`";
    for (network, error) in [
        ("office", shape),
        ("=198.51.100.0/24", shape),
        (
            "office=198.51.100.0/33",
            "`198.51.100.0/33` is not a range of addresses, such as `198.51.100.0/24`",
        ),
        (
            "office=example.com",
            "`example.com` is not a range of addresses, such as `198.51.100.0/24`",
        ),
        (
            "office=198.51.100.7/24",
            "`198.51.100.7/24` does not begin with the first address of its range, which is `198.51.100.0/24`",
        ),
    ] {
        let ran = ran(&["explain", "-", "--network", network]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{network}");
        let expected = format!(
            "error: invalid value '{network}' for '--network <NAME=CIDR>': {error}\n\nFor more information, try '--help'.\n"
        );
        assert_eq!(ran.stderr, expected);
    }
}

/// The key of the session is what `AssumeRoot` returned.
#[test]
fn a_root_session_is_known_by_its_beginning() {
    let call = event("root-session-call-without-marker");
    let begun = event("root-session-begun");
    let key = "/detail/responseElements/credentials/accessKeyId";
    let other = with(&begun, key, "ASIAIOSFODNN7EXAMPLE");
    let failed = with(&begun, "/detail/errorCode", "AccessDenied");
    for (history, session, violated) in [
        (vec![], Value::Null, "root-activity"),
        (vec![begun], json!(true), "root-session-assumed"),
        (vec![other], Value::Null, "root-activity"),
        (vec![failed], Value::Null, "root-activity"),
    ] {
        let report = after("root-session", &history, &call, &[]);
        assert_eq!(report["activity"]["actor"]["root_session"], session);
        assert_eq!(violations(&report), [violated]);
    }
}

#[test]
fn activating_what_keyrail_deactivated_is_worse() {
    let activated = event("access-key-reactivated");
    let contained = event("access-key-deactivated-by-keyrail");
    let key = "/detail/requestParameters/accessKeyId";
    let other = with(&contained, key, "AKIAIOSFODNN7EXAMPLE");
    let failed = with(&contained, "/detail/errorCode", "NoSuchEntityException");
    let again = "access-key-reactivated";
    let undone = &["access-key-reactivated-after-containment", again][..];
    for (history, name, violated) in [
        (vec![], "keyrail", &[again][..]),
        (vec![contained.clone()], "keyrail", undone),
        (vec![contained.clone()], "watch", &[again]),
        (vec![event("access-key-deactivated")], "keyrail", &[again]),
        (vec![other], "keyrail", &[again]),
        (vec![failed], "keyrail", &[again]),
        (vec![event("trail-started"), contained], "keyrail", undone),
    ] {
        let report = after("containment", &history, &activated, &["--name", name]);
        assert_eq!(violations(&report), violated, "{name}, {history:?}");
    }
}

#[test]
fn a_key_of_a_known_administrator_is_worse() {
    let created = event("access-key-created-for-other");
    let granted = event("administrator-policy-attached");
    let user = "/detail/requestParameters/userName";
    let issued = "access-key-issued";
    let worse = &["administrator-key-issued", issued][..];
    for (history, violated) in [
        (vec![granted.clone()], worse),
        (vec![event("wildcard-policy-put")], worse),
        (vec![event("reader-policy-attached")], &[issued][..]),
        (vec![with(&granted, user, "mateo")], &[issued]),
        (
            vec![with(&granted, "/detail/errorCode", "AccessDenied")],
            &[issued],
        ),
    ] {
        let report = after("administrator", &history, &created, &[]);
        assert_eq!(violations(&report), violated, "{history:?}");
    }
}

/// As many, and within as long, as the bundle says.
#[test]
fn what_belongs_together_in_time_the_bundle_says() {
    let bundle = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/bundles/correlated"
    );
    let changed = parsed(&sample("iam:ChangePassword", &[]));
    let surge = &["compute-surge-after-password-change"][..];
    for (now, violated) in [
        (launch("09:30:00", 2), surge),
        (launch("09:30:00", 1), &[][..]),
        (launch("09:40:00", 2), &[]),
    ] {
        let report = after(
            "correlated",
            std::slice::from_ref(&changed),
            &now,
            &["--bundle", bundle],
        );
        assert_eq!(violations(&report), violated, "{now}");
    }
}

/// Five instances within an hour; the samples change the password at 09:26:53.
#[test]
fn many_launches_soon_after_a_password_change_are_told() {
    let changed = parsed(&sample("iam:ChangePassword", &[]));
    let surge = &["compute-surge-after-password-change"][..];
    for (about, history, now, violated) in [
        (
            "at once",
            vec![changed.clone()],
            launch("09:26:53", 5),
            surge,
        ),
        (
            "in time",
            vec![changed.clone()],
            launch("10:27:52", 5),
            surge,
        ),
        (
            "too late",
            vec![changed.clone()],
            launch("10:27:53", 5),
            &[][..],
        ),
        ("before", vec![changed.clone()], launch("09:26:52", 5), &[]),
        ("too few", vec![changed.clone()], launch("09:30:00", 4), &[]),
        (
            "no change",
            vec![launch("09:28:00", 5)],
            launch("09:30:00", 5),
            &[],
        ),
        (
            "together",
            vec![changed.clone(), launch("09:28:00", 3)],
            launch("09:30:00", 2),
            surge,
        ),
        (
            "together too few",
            vec![changed.clone(), launch("09:28:00", 2)],
            launch("09:30:00", 2),
            &[],
        ),
        (
            "some before",
            vec![launch("09:20:00", 3), changed.clone()],
            launch("09:30:00", 2),
            &[],
        ),
        (
            "somebody else's launches",
            vec![changed.clone(), of("mateo", &launch("09:28:00", 5))],
            launch("09:30:00", 2),
            &[],
        ),
        (
            "somebody else's password",
            vec![of("mateo", &changed)],
            launch("09:30:00", 5),
            &[],
        ),
        (
            "launches that failed",
            vec![
                changed.clone(),
                with(
                    &launch("09:28:00", 5),
                    "/detail/errorCode",
                    "InstanceLimitExceeded",
                ),
            ],
            launch("09:30:00", 2),
            &[],
        ),
    ] {
        let report = after("surge", &history, &now, &[]);
        assert_eq!(violations(&report), violated, "{about}");
    }
}

#[test]
fn a_history_that_cannot_be_read_is_an_error() {
    let event = fixture("events/trail-started.json");
    let ran = ran(&["explain", &event, "--history", "nowhere.json"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    let error = "error: cannot read `nowhere.json`: ";
    assert!(ran.stderr.starts_with(error), "{}", ran.stderr);
}

#[test]
fn own_parts_are_known_by_the_name_of_the_deployment() {
    for (function, name, violated) in [
        ("keyrail", None, &["guardrail-tampered"][..]),
        (
            "keyrail-GuardrailFunction-1EXAMPLE",
            None,
            &["guardrail-tampered"],
        ),
        ("keyrails", None, &[]),
        ("my-keyrail", None, &[]),
        ("keyrail", Some("watch"), &[]),
        ("watch", Some("watch"), &["guardrail-tampered"]),
    ] {
        let change = format!("detail.requestParameters.functionName={function}");
        let event = sample("lambda:UpdateFunctionCode", &[&change]);
        let arguments = name.map(|name| ["--name", name]);
        let report = explained(&event, arguments.as_ref().map_or(&[], |name| &name[..]));
        assert_eq!(violations(&report), violated, "{function} by {name:?}");
        assert_eq!(report["plan"], nothing());
    }
}

/// The report on an event that comes after others. Each test has a file of its own.
fn after(test: &str, history: &[Value], event: &Value, more: &[&str]) -> Value {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("history-{test}-{}.json", std::process::id()));
    let lines: Vec<String> = history.iter().map(Value::to_string).collect();
    fs::write(&file, lines.join("\n")).expect("a file can be written");
    let path = file.to_string_lossy();
    let mut arguments = more.to_vec();
    if !history.is_empty() {
        arguments.extend(["--history", &path]);
    }
    let report = explained(&event.to_string(), &arguments);
    fs::remove_file(&file).expect("the file can be removed");
    report
}

fn violations(report: &Value) -> Vec<String> {
    let violated = report.pointer("/verdict/violated");
    ids(violated.expect("a report has a verdict"), "id")
}

fn event(name: &str) -> Value {
    let text = fs::read_to_string(fixture(&format!("events/{name}.json")));
    parsed(&text.expect("the file can be read"))
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

/// The same event with another text at a path.
fn with(event: &Value, path: &str, text: &str) -> Value {
    let mut event = event.clone();
    let (parent, name) = path.rsplit_once('/').expect("a path begins with a slash");
    let parent = event.pointer_mut(parent).expect("the object is there");
    parent[name] = json!(text);
    event
}

/// The same event, by another user.
fn of(user: &str, event: &Value) -> Value {
    let arn = format!("arn:aws:iam::111122223333:user/{user}");
    let event = with(event, "/detail/userIdentity/userName", user);
    with(&event, "/detail/userIdentity/arn", &arn)
}

fn launch(time: &str, count: u64) -> Value {
    let mut event = parsed(&sample("ec2:RunInstances", &[]));
    let items: Vec<Value> = (0..count)
        .map(|index| json!({"instanceId": format!("i-{index:017x}")}))
        .collect();
    let detail = event.get_mut("detail").expect("an event has a detail");
    detail["eventTime"] = json!(format!("2026-03-14T{time}Z"));
    detail["responseElements"] = json!({"instancesSet": {"items": items}});
    event
}
