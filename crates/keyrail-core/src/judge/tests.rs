#![expect(
    clippy::needless_pass_by_value,
    reason = "`json!` makes values, and the tests read better without references"
)]

use serde_json::{Value, json};

use super::entity::{TYPES, uid};
use super::*;
use crate::bundle::Formula;
use crate::circumstances::{Circumstances, Known};
use crate::deployment::Deployment;
use crate::event::Event;
use crate::lookup::UserFacts;

mod exempted;
mod known;

fn activity(detail: Value) -> Activity {
    let envelope = json!({
        "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "account": "111122223333",
        "region": "us-east-1", "time": "2026-03-14T09:26:53Z", "detail": detail,
    });
    let event = Event::parse(envelope.to_string().as_bytes()).expect("it is JSON");
    Activity::interpret(&event, &Deployment::default(), &Known::default())
}

fn key_created() -> Value {
    json!({
        "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey",
        "userIdentity": {"type": "IAMUser", "userName": "anaya", "accountId": "111122223333"},
        "responseElements": {"accessKey": {"accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userName": "bob"}},
    })
}

fn bundle(text: &str) -> Bundle {
    Bundle::load(&[("guardrails/a.cedar".to_owned(), text.to_owned())]).expect("it loads")
}

fn guardrail(id: &str, more: &str) -> String {
    let head = format!(r#"@id("{id}") @title("T") @severity("low") @respond("alert")"#);
    match more.strip_prefix('@') {
        Some(annotation) => format!("{head} @{annotation} forbid (principal, action, resource);"),
        None => format!("{head} forbid (principal, action, resource) {more};"),
    }
}

fn ids(verdict: &Verdict) -> (Vec<&str>, Vec<&str>) {
    (
        verdict
            .violated
            .iter()
            .map(|violation| violation.id.as_str())
            .collect(),
        verdict
            .undecided
            .iter()
            .map(|undecided| undecided.policy.as_str())
            .collect(),
    )
}

#[test]
fn the_lowest_mode_that_is_set_applies() {
    let text = guardrail("plain", "")
        + &guardrail("shy", r#"@mode("observe")"#)
        + &guardrail("bold", r#"@mode("enforce")"#);
    let bundle = bundle(&text);
    let modes = |mode| {
        let verdict = bundle.judge(&activity(key_created()), mode, None);
        let modes: Vec<_> = verdict
            .violated
            .iter()
            .map(|violation| (violation.id.clone(), violation.mode.as_str()))
            .collect();
        (modes, verdict.mode.as_str())
    };
    let named = |bold, plain, shy| {
        vec![
            ("bold".to_owned(), bold),
            ("plain".to_owned(), plain),
            ("shy".to_owned(), shy),
        ]
    };
    assert_eq!(
        modes(Some(Mode::Enforce)),
        (named("enforce", "enforce", "observe"), "enforce")
    );
    assert_eq!(
        modes(Some(Mode::Observe)),
        (named("observe", "observe", "observe"), "observe")
    );
    assert_eq!(
        modes(None),
        (named("enforce", "observe", "observe"), "enforce")
    );
}

#[test]
fn a_guardrail_that_errors_is_undecided_and_hides_no_other() {
    let bundle =
        bundle(&(guardrail("broken", "when { context.nonsense == 1 }") + &guardrail("whole", "")));
    let verdict = bundle.judge(&activity(key_created()), None, None);
    assert_eq!(ids(&verdict), (vec!["whole"], vec!["broken"]));
    assert!(
        verdict.undecided[0].error.contains("nonsense"),
        "{verdict:?}"
    );
}

#[test]
fn a_guardrail_that_reads_a_missing_fact_is_undecided_only_within_its_scope() {
    let text = guardrail("reads", "when { context has mfa && !context.mfa }")
        .replace("resource)", "resource is Resource)")
        + &guardrail("elsewhere", "when { context has mfa && !context.mfa }")
            .replace("resource)", "resource is AccessKey)")
        + &guardrail("blind", "when { context.name == \"x\" }");
    let sign_in = json!({
        "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "eventType": "AwsConsoleSignIn",
        "userIdentity": {"type": "IAMUser", "userName": "anaya"}, "responseElements": {"ConsoleLogin": "Success"},
    });
    let verdict = bundle(&text).judge(&activity(sign_in), None, None);
    assert_eq!(ids(&verdict), (vec![], vec!["reads"]));
    assert_eq!(verdict.severity, Some(Severity::Low));
}

#[test]
fn the_worst_violation_comes_first_and_gives_the_severity() {
    let text = guardrail("b", "")
        + &guardrail("a", "")
        + &guardrail("worst", "").replace("low", "critical");
    let verdict = bundle(&text).judge(&activity(key_created()), None, None);
    assert_eq!(ids(&verdict).0, ["worst", "a", "b"]);
    assert_eq!(verdict.severity, Some(Severity::Critical));
}

#[test]
fn names_outside_the_taxonomy_are_judged_by_their_kind() {
    let text = guardrail("calls", "").replace("action,", "action == Action::\"api-call\",");
    let call = json!({"eventSource": "new.amazonaws.com", "eventName": "DoIt", "userIdentity": {"type": "Novel"}});
    let bundle = bundle(&text);
    assert_eq!(ids(&bundle.judge(&activity(call), None, None)).0, ["calls"]);
    assert_eq!(
        ids(&bundle.judge(&activity(key_created()), None, None)).0,
        [""; 0]
    );
}

#[test]
fn a_users_id_is_its_arn_without_the_path() {
    let condition = r#"when { principal == User::"arn:aws:iam::111122223333:user/anaya" && resource in User::"arn:aws:iam::111122223333:user/bob" && resource in Account::"111122223333" }"#;
    let mut event = key_created();
    event["userIdentity"]["arn"] = "arn:aws:iam::111122223333:user/team/anaya".into();
    let verdict = bundle(&guardrail("bob", condition)).judge(&activity(event), None, None);
    assert_eq!(ids(&verdict).0, ["bob"]);
}

#[test]
fn facts_are_typed() {
    let condition = r#"when {
        context.time == datetime("2026-03-14T09:26:53Z") && context.ip.isInRange(ip("198.51.100.0/24")) &&
        !context.temporary && !context.self && context.unknown.isEmpty()
    }"#;
    let mut event = key_created();
    event["sourceIPAddress"] = "198.51.100.17".into();
    event["userIdentity"]["accessKeyId"] = "AKIAIOSFODNN7EXAMPLE".into();
    let verdict = bundle(&guardrail("typed", condition)).judge(&activity(event), None, None);
    assert_eq!(ids(&verdict), (vec!["typed"], vec![]));
}

#[test]
fn what_is_unrecognised_or_of_another_kind_is_not_judged() {
    let check = json!({"eventSource": "signin.amazonaws.com", "eventName": "CheckMfa", "eventType": "AwsConsoleSignIn"});
    let verdict = bundle(&guardrail("all", "")).judge(&activity(check), None, None);
    assert_eq!(ids(&verdict), (vec![], vec![]));
}

/// A value that Cedar refuses is one missing fact, and disarms nothing else.
#[test]
fn a_value_that_cedar_refuses_disarms_no_guardrail() {
    let text = guardrail("blind", "")
        + &guardrail("timed", "when { context.time > datetime(\"2020-01-01\") }");
    let mut event = key_created();
    event["eventTime"] = "-000001-01-01T00:00:00Z".into();
    let verdict = bundle(&text).judge(&activity(event), None, None);
    assert_eq!(ids(&verdict), (vec!["blind"], vec!["timed"]));
}

#[test]
fn an_address_within_an_address_is_the_inner_one() {
    let text = guardrail(
        "office",
        "when { context.ip.isInRange(ip(\"198.51.100.0/24\")) }",
    );
    let mut event = key_created();
    event["sourceIPAddress"] = "::ffff:198.51.100.17".into();
    assert_eq!(
        ids(&bundle(&text).judge(&activity(event), None, None)),
        (vec!["office"], vec![])
    );
}

/// What must be looked up leaves a policy undecided until it is, and no other.
#[test]
fn facts_that_are_looked_up_decide_only_the_policies_that_read_them() {
    let text = guardrail(
        "tagged",
        r#"when { resource has owner && resource.owner.hasTag("bot") }"#,
    )
    .replace("resource)", "resource is AccessKey)")
        + &guardrail("plain", "when { context.succeeded }");
    let bundle = bundle(&text);
    let mut activity = activity(key_created());
    let judged = |activity: &Activity| {
        let verdict = bundle.judge(activity, None, None);
        let (violated, undecided) = ids(&verdict);
        let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<Vec<_>>();
        (
            owned(violated),
            owned(undecided),
            bundle.lookups_for(&verdict),
        )
    };
    let (violated, undecided, needed) = judged(&activity);
    assert_eq!(
        (violated, undecided),
        (vec!["plain".to_owned()], vec!["tagged".to_owned()])
    );
    assert_eq!(needed, [Lookup::Tags].into());
    for (tag, expected) in [("bot", vec!["plain", "tagged"]), ("man", vec!["plain"])] {
        for user in ["anaya", "bob"] {
            let facts = UserFacts {
                known: needed.clone(),
                tags: [(tag.to_owned(), String::new())].into(),
                ..UserFacts::default()
            };
            let arn = format!("arn:aws:iam::111122223333:user/{user}");
            activity.users.insert(arn, facts);
        }
        let (violated, undecided, _) = judged(&activity);
        assert_eq!(
            (violated, undecided),
            (expected.into_iter().map(str::to_owned).collect(), vec![])
        );
    }
}

fn made() -> (String, String) {
    let text = guardrail("made", "").replace("action,", r#"action in Action::"issue-access-key","#);
    ("guardrails/a.cedar".to_owned(), text)
}

/// Why it is not decided: what Cedar says, what the event lacks, what could not be looked up.
#[test]
fn what_is_undecided_says_why() {
    let text = guardrail("broken", "when { context.nonsense == 1 }")
        + &guardrail(
            "tagged",
            r#"when { resource has owner && resource.owner.hasTag("bot") }"#,
        )
        .replace("resource)", "resource is AccessKey)")
        + &guardrail(
            "timed",
            "when { context has time && context.time > datetime(\"2020-01-01\") }",
        );
    let bundle = bundle(&text);
    let mut event = key_created();
    event["eventTime"] = "-000001-01-01T00:00:00Z".into();
    let mut activity = activity(event);
    let why = |activity: &Activity| {
        let undecided = bundle.judge(activity, None, None).undecided;
        let errors: Vec<String> = undecided.into_iter().map(|policy| policy.error).collect();
        let [broken, tagged, timed] = errors.try_into().expect("three are undecided");
        assert!(broken.contains("nonsense"), "{broken}");
        (tagged, timed)
    };
    let lacking = |fact: &str| format!("reads `{fact}`, which the event does not show");
    assert_eq!(why(&activity), (lacking("tags"), lacking("time")));
    activity.lookup_faults = ["denied", "throttled"].map(str::to_owned).into();
    let not_looked_up = "reads `tags`, which could not be looked up: denied; throttled";
    assert_eq!(why(&activity), (not_looked_up.to_owned(), lacking("time")));
}

/// The lowest of the modes that are set, wherever they are.
#[test]
fn modes_of_account_unit_and_settings_count() {
    let files = |settings: &str| {
        let settings = ("keyrail.toml".to_owned(), settings.to_owned());
        Bundle::load(&[made(), settings]).expect("it loads")
    };
    for (settings, expected) in [
        ("", (Mode::Observe, ModeFrom::Nothing)),
        ("mode = 'enforce'", (Mode::Enforce, ModeFrom::Settings)),
        (
            "mode = 'enforce'\n[accounts.111122223333]\nmode = 'observe'",
            (Mode::Observe, ModeFrom::Account("111122223333".to_owned())),
        ),
        (
            "mode = 'enforce'\n[accounts.111122223333]\nunit = 'ou-b'\n[units.ou-b]\nparent = 'ou-a'\n[units.ou-a]\nmode = 'observe'",
            (Mode::Observe, ModeFrom::Unit("ou-a".to_owned())),
        ),
        (
            "mode = 'enforce'\n[accounts.444455556666]\nmode = 'observe'",
            (Mode::Enforce, ModeFrom::Settings),
        ),
    ] {
        let verdict = files(settings).judge(&activity(key_created()), None, None);
        let [violation] = verdict.violated.as_slice() else {
            panic!("one violation");
        };
        assert_eq!(
            (violation.mode, violation.mode_from.clone()),
            expected,
            "{settings}"
        );
    }
}

/// An account is in its unit, and in those above it.
#[test]
fn units_and_networks_are_what_settings_say() {
    let text = guardrail(
        "here",
        r#"when { resource in OrgUnit::"ou-a" && context has networks && context.networks.contains(Network::"office") }"#,
    )
    .replace("resource)", "resource is AccessKey)");
    let settings = "[accounts.111122223333]\nunit = 'ou-b'\n[units.ou-b]\nparent = 'ou-a'\n[units.ou-a]\n[networks]\noffice = ['198.51.100.0/24']";
    let bundle = Bundle::load(&[
        ("guardrails/a.cedar".to_owned(), text),
        ("keyrail.toml".to_owned(), settings.to_owned()),
    ])
    .expect("it loads");
    for (address, violated) in [("198.51.100.7", vec!["here"]), ("203.0.113.7", vec![])] {
        let mut event = key_created();
        event["sourceIPAddress"] = address.into();
        let envelope = json!({
            "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "account": "111122223333",
            "region": "us-east-1", "time": "2026-03-14T09:26:53Z", "detail": event,
        });
        let event = Event::parse(envelope.to_string().as_bytes()).expect("it is JSON");
        let circumstances = Circumstances::of(&bundle);
        let activity = Activity::interpret(&event, &circumstances.deployment, &circumstances.known);
        assert_eq!(
            ids(&bundle.judge(&activity, circumstances.mode, circumstances.known.now)),
            (violated, vec![])
        );
    }
}

/// What is not in the list could not be judged.
#[test]
fn every_type_of_the_schema_can_be_named() {
    let schema = crate::schema::cedar([]);
    let declared = schema
        .lines()
        .filter_map(|line| line.strip_prefix("entity "));
    let declared: Vec<&str> = declared
        .filter_map(|line| line.split([' ', ';']).next())
        .collect();
    assert!(declared.len() > 15, "{declared:?}");
    for name in declared {
        assert!(TYPES.contains(&name), "{name}");
        assert!(uid(name, "x").is_ok(), "{name}");
    }
}
