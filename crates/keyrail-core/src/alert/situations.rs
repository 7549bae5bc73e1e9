//! Each situation that an alert can tell of, as a snapshot that people have read.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Alert;
use crate::activity::Activity;
use crate::bundle::Bundle;
use crate::circumstances::Circumstances;
use crate::event::Event;
use crate::history::History;
use crate::pipeline::repetition::{follow_up_to, repetition_of};
use crate::pipeline::{Fault, examine};
use crate::plan::{Act, Withheld};
use crate::recheck::{Found, Recheck};
use crate::rehearsal::{Answers, rehearse};
use crate::repeats::Repeats;
use crate::report::Report;
use crate::taxonomy::{self, Group};
use crate::words::Mode;

/// A situation by its name, and the report that tells of it.
pub(crate) type Named = (&'static str, Report);

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../keyrail-cli/src/samples/", $name, ".json"))
    };
}

fn examined(event: &str, bundle: &Bundle, circumstances: &Circumstances) -> Report {
    let event = Event::parse(event.as_bytes()).expect("it is JSON");
    let mut report = examine(event, bundle, circumstances);
    "default 0123456789abcdef".clone_into(&mut report.bundle);
    report
}

fn enforcing() -> Circumstances {
    Circumstances::in_mode(Mode::Enforce)
}

fn default_bundle() -> Bundle {
    Bundle::embedded().expect("it loads")
}

fn rehearsed(event: &str, circumstances: &Circumstances, answers: Answers) -> Report {
    let bundle = default_bundle();
    let mut report = examined(event, &bundle, circumstances);
    report.outcomes = rehearse(&report, &bundle, answers, now()).expect("it ends");
    report
}

fn plain(event: &str) -> Report {
    rehearsed(event, &enforcing(), Answers::Done)
}

/// The taxonomy's example of an action, in one of its groups.
fn example(action: &str, group: Group) -> Value {
    taxonomy::find(action)
        .expect("it is listed")
        .example(Some(group))
}

fn with_exemption(expires: &str) -> Report {
    let exemption = format!(
        "@id(\"bobs-last-key\") @exempts(\"access-key-issued\") @reason(\"A vendor needs it\") @owner(\"Platform\") @expires(\"{expires}\")\n\
         permit (principal, action in Action::\"issue-access-key\", resource) when {{ resource has owner && resource.owner == User::\"arn:aws:iam::111122223333:user/bob\" }};"
    );
    let guardrail = r#"@id("access-key-issued") @title("Access key created for an IAM user") @severity("high") @respond("deactivate-key")
forbid (principal, action in Action::"issue-access-key", resource) when { context.succeeded };"#;
    let bundle = Bundle::load(&[
        ("exemptions/a.cedar".to_owned(), exemption),
        ("guardrails/a.cedar".to_owned(), guardrail.to_owned()),
    ]);
    let mut circumstances = enforcing();
    circumstances.known.now = Some(now());
    let bundle = bundle.expect("it loads");
    let mut report = examined(sample!("key-created-for-another"), &bundle, &circumstances);
    report.outcomes = rehearse(&report, &bundle, Answers::Done, now()).expect("it ends");
    report
}

fn undecided() -> Report {
    let guardrail = r#"@id("too-many-instances") @title("Too many instances") @severity("high") @respond("alert")
forbid (principal, action in Action::"launch-compute", resource) when { context.launched + 9223372036854775807 > 0 };"#;
    let bundle = Bundle::load(&[("guardrails/a.cedar".to_owned(), guardrail.to_owned())]);
    let launch = example("ec2:RunInstances", Group::LaunchCompute).to_string();
    examined(&launch, &bundle.expect("it loads"), &enforcing())
}

/// What happened before counts, too.
fn after(earlier: &[Value], event: &Value) -> Report {
    let mut history = History::default();
    let mut circumstances = enforcing();
    for earlier in earlier {
        let earlier = Event::parse(earlier.to_string().as_bytes()).expect("it is JSON");
        history.note(
            &Activity::interpret(&earlier, &circumstances.deployment, &circumstances.known),
            &circumstances.deployment,
        );
    }
    circumstances.known.history = Some(history);
    rehearsed(&event.to_string(), &circumstances, Answers::Done)
}

fn at(mut event: Value, time: &str) -> Value {
    event["time"] = time.into();
    event["detail"]["eventTime"] = time.into();
    event
}

fn reactivated() -> Report {
    let mut stopped = example("iam:UpdateAccessKey", Group::ReactivateCredential);
    stopped["detail"]["requestParameters"]["status"] = "Inactive".into();
    stopped["detail"]["userIdentity"] = json!({
        "type": "AssumedRole", "accountId": "111122223333", "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "arn": "arn:aws:sts::111122223333:assumed-role/keyrail-GuardrailRole-1A2B/keyrail",
        "sessionContext": {"sessionIssuer": {
            "type": "Role", "userName": "keyrail-GuardrailRole-1A2B", "accountId": "111122223333",
            "arn": "arn:aws:iam::111122223333:role/keyrail-GuardrailRole-1A2B",
        }},
    });
    let activated = example("iam:UpdateAccessKey", Group::ReactivateCredential);
    after(
        &[at(stopped, "2026-03-14T09:00:00Z")],
        &at(activated, "2026-03-14T09:26:53Z"),
    )
}

fn surge() -> Report {
    let mut launch = example("ec2:RunInstances", Group::LaunchCompute);
    let changed = example("iam:ChangePassword", Group::ChangePassword);
    launch["detail"]["userIdentity"] = changed["detail"]["userIdentity"].clone();
    let instance = json!({"instanceId": "i-0123456789abcdef0"});
    launch["detail"]["responseElements"]["instancesSet"]["items"] = json!(vec![instance; 8]);
    after(
        &[at(changed, "2026-03-14T09:00:00Z")],
        &at(launch, "2026-03-14T09:26:53Z"),
    )
}

fn limited() -> Report {
    let mut report = examined(
        sample!("key-created-for-another"),
        &default_bundle(),
        &enforcing(),
    );
    report.plan.withhold(Withheld::Limit);
    report.outcomes = rehearse(&report, &default_bundle(), Answers::Done, now()).expect("it ends");
    report
}

fn told_twice() -> Report {
    let mut report = plain(sample!("key-created-for-another"));
    let error = "dynamodb:PutItem: no answer within 1 s";
    report.not_known = vec![format!("whether you get this alert twice: {error}")];
    report
}

fn now() -> Timestamp {
    "2026-03-14T09:26:55Z".parse().expect("a time")
}

/// A report about something of keyrail's own.
fn own(mut report: Report) -> Report {
    "default 0123456789abcdef".clone_into(&mut report.bundle);
    report
}

/// As the function tells it, with its own account.
fn deployment_fault() -> Report {
    let message = "guardrails/a.cedar:1:1: there is no semicolon".to_owned();
    let fault = Fault {
        name: "BundleInvalid",
        message,
        account: Some("111122223333".parse().expect("an account")),
    };
    own(fault.report(&default_bundle(), Some(Mode::Enforce), now()))
}

fn follow_up() -> Report {
    let first = plain(sample!("key-created-denied"));
    let repetition = repetition_of(&first, &default_bundle(), now()).expect("it may repeat");
    let again = first.event.id.as_deref().expect("it has an id");
    let again = format!("{again} {}", Alert::compose(&first).in_a_line());
    let repeats = Repeats {
        follow_up: follow_up_to(&first, repetition, now()).0,
        tallied: vec![again; 3],
        more: 0,
    };
    own(crate::pipeline::follow_up::report(
        repeats,
        &default_bundle(),
        Some(Mode::Enforce),
        now(),
    ))
}

fn comeback(answers: Answers) -> Report {
    let first = plain(sample!("key-created-for-another"));
    let recheck = Recheck::all_of(&first, 0, now()).remove(0);
    let found = Found {
        what: "access key AKIAI44QH8DHBEXAMPLE is Active again".to_owned(),
        act: Some(Act::DeactivateKey(
            "AKIAI44QH8DHBEXAMPLE".parse().expect("a key"),
        )),
    };
    let mut report = recheck.report(vec![found], enforcing().setup(&default_bundle()), now());
    "default 0123456789abcdef".clone_into(&mut report.bundle);
    report.outcomes = rehearse(&report, &default_bundle(), answers, now()).expect("it ends");
    report
}

/// All of them.
pub(crate) fn all() -> Vec<Named> {
    let key = sample!("key-created-for-another");
    let of = |action, group| plain(&example(action, group).to_string());
    vec![
        ("blocked", plain(key)),
        (
            "dry-run",
            rehearsed(key, &Circumstances::in_mode(Mode::Observe), Answers::Done),
        ),
        ("failed", rehearsed(key, &enforcing(), Answers::Denied)),
        ("pending", rehearsed(key, &enforcing(), Answers::Lagging)),
        ("exempt", with_exemption("2026-12-31")),
        ("exemption-expired", with_exemption("2026-01-31")),
        ("denied-attempt", plain(sample!("key-created-denied"))),
        ("self-issued", plain(sample!("key-created-for-self"))),
        ("root-key", plain(sample!("root-key-created"))),
        ("root-sign-in", plain(sample!("root-sign-in"))),
        ("root-api-call", plain(sample!("root-api-call"))),
        ("sign-in-without-mfa", plain(sample!("sign-in-without-mfa"))),
        ("sign-in-failed", plain(sample!("root-sign-in-failed"))),
        ("re-activated", reactivated()),
        (
            "exposed",
            of("health:AWS_RISK_CREDENTIALS_EXPOSED", Group::ReportExposure),
        ),
        (
            "finding",
            of(
                "guardduty:CredentialAccess:IAMUser/AnomalousBehavior",
                Group::ReportFinding,
            ),
        ),
        (
            "tampering",
            of("events:DisableRule", Group::TamperGuardrail),
        ),
        ("limit", limited()),
        ("undecided", undecided()),
        (
            "unrecognised",
            plain(r#"{"id": "e-1", "detail-type": "Something New", "source": "aws.new"}"#),
        ),
        ("duplicate", told_twice()),
        ("follow-up", follow_up()),
        ("comeback", comeback(Answers::Done)),
        ("comeback-failed", comeback(Answers::Denied)),
        ("fault", deployment_fault()),
        ("surge", surge()),
    ]
}

#[test]
fn each_situation_reads_well() {
    for (name, report) in all() {
        let alert = Alert::compose(&report);
        let shown = format!(
            "Subject: {}\nSMS: {}\n\n{}",
            alert.subject, alert.sms, alert.text
        );
        insta::assert_snapshot!(name, shown);
    }
}
