use serde_json::{Value, json};

use super::*;
use crate::activity::Activity;
use crate::bundle::Bundle;
use crate::circumstances::Known;
use crate::deployment::Deployment;
use crate::event::Event;
use crate::id::AccessKeyId;

fn event() -> Value {
    json!({
        "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "account": "111122223333", "region": "us-east-1",
        "time": "2026-03-14T09:26:53Z",
        "detail": {
            "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey",
            "userIdentity": {"type": "IAMUser", "userName": "anaya", "accountId": "111122223333", "accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
            "requestParameters": {"userName": "bob"},
            "responseElements": {"accessKey": {"accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userName": "bob"}},
        },
    })
}

fn plan_with(bundle: &Bundle, event: &Value, mode: Mode) -> Plan {
    let event = Event::parse(event.to_string().as_bytes()).expect("it is JSON");
    let activity = Activity::interpret(&event, &Deployment::default(), &Known::default());
    let verdict = bundle.judge(&activity, Some(mode), None);
    let deployment = Deployment::default();
    Plan::draw(
        &activity,
        &verdict,
        Bounds::new(&bundle.settings, &deployment, None),
    )
}

fn plan(event: &Value, mode: Mode) -> Plan {
    plan_with(&Bundle::embedded().expect("it loads"), event, mode)
}

fn withheld(event: &Value, mode: Mode) -> Vec<Option<Withheld>> {
    plan(event, mode)
        .steps
        .into_iter()
        .map(|step| step.decision.err())
        .collect()
}

#[test]
fn enforcing_aims_at_the_user_and_key_of_the_event() {
    let plan = plan(&event(), Mode::Enforce);
    let key: AccessKeyId = "AKIAI44QH8DHBEXAMPLE".parse().expect("a key");
    let expected = Effect {
        account: "111122223333".parse().expect("an account"),
        who: Who::User(Owner::Shown("bob".parse().expect("a user"))),
        act: Act::DeactivateKey(key.clone()),
        evidence: Some(key),
        time: Some("2026-03-14T09:26:53Z".parse().expect("a time")),
        user_id: None,
        is_new: true,
        restores: false,
    };
    assert_eq!(
        plan.steps,
        [Step {
            name: StepName::DeactivateKey,
            target: Some("AKIAI44QH8DHBEXAMPLE".to_owned()),
            decision: Ok(expected)
        }]
    );
}

#[test]
fn observing_withholds_what_enforcing_would_do() {
    assert_eq!(withheld(&event(), Mode::Observe), [Some(Withheld::Observe)]);
}

/// These hold in any mode, and are named before it.
#[test]
fn what_must_not_be_touched_is_withheld_in_every_mode() {
    let changed = |pointer: &str, value: Value| {
        let mut event = event();
        *event.pointer_mut(pointer).expect("the field is there") = value;
        event
    };
    let mut odd_name = event();
    odd_name["detail"]["requestParameters"]["userName"] = "bob; rm".into();
    odd_name["detail"]["responseElements"]["accessKey"]["userName"] = "bob; rm".into();
    let mut replayed = event();
    replayed["replay-name"] = "archive".into();
    for (event, reason) in [
        (changed("/source", json!("custom.iam")), Withheld::Evidence),
        (
            changed("/account", json!("999999999999")),
            Withheld::Evidence,
        ),
        (
            changed("/detail/userIdentity/accountId", json!("999999999999")),
            Withheld::Evidence,
        ),
        (odd_name, Withheld::NoTarget),
        (
            changed(
                "/detail/responseElements/accessKey/accessKeyId",
                json!("ASIAI44QH8DHBEXAMPLE"),
            ),
            Withheld::NoTarget,
        ),
        (replayed, Withheld::Replay),
    ] {
        for mode in [Mode::Observe, Mode::Enforce] {
            assert_eq!(withheld(&event, mode), [Some(reason)], "{event}");
        }
    }
}

#[test]
fn roots_key_is_never_deleted_unasked() {
    let mut event = event();
    event["detail"]["userIdentity"] = json!({"type": "Root", "accountId": "111122223333"});
    event["detail"]["requestParameters"] = Value::Null;
    event["detail"]["responseElements"]["accessKey"]["userName"] = Value::Null;
    assert_eq!(
        withheld(&event, Mode::Enforce),
        [Some(Withheld::NotAllowed)]
    );
}

#[test]
fn a_step_that_two_guardrails_name_stands_once_and_enforces_if_one_does() {
    let guardrail = |id: &str, mode: &str| {
        format!(
            r#"@id("{id}") @title("T") @severity("low") @respond("deactivate-key") @mode("{mode}") forbid (principal, action, resource);"#
        )
    };
    let text = guardrail("a", "observe") + &guardrail("b", "enforce");
    let bundle = Bundle::load(&[("guardrails/a.cedar".to_owned(), text)]).expect("it loads");
    let plan = plan_with(&bundle, &event(), Mode::Enforce);
    assert_eq!((plan.steps.len(), plan.effects().count()), (1, 1));
}

/// Where the activity has no key of its own, the key that the actor used is the
/// one to stop, and the actor is its owner.
#[test]
fn without_a_key_of_its_own_the_actors_long_term_key_is_the_target() {
    let text = r#"@id("a") @title("T") @severity("low") @respond("deactivate-key") forbid (principal, action, resource);"#;
    let bundle =
        Bundle::load(&[("guardrails/a.cedar".to_owned(), text.to_owned())]).expect("it loads");
    let mut event = event();
    event["detail"]["eventName"] = "CreateUser".into();
    let steps = plan_with(&bundle, &event, Mode::Enforce).steps;
    assert_eq!(steps[0].target.as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
    assert!(
        matches!(&steps[0].decision, Ok(Effect { who: Who::User(Owner::Shown(user)), .. }) if user.as_str() == "anaya")
    );
    event["detail"]["userIdentity"]["accessKeyId"] = "ASIAIOSFODNN7EXAMPLE".into();
    assert_eq!(
        plan_with(&bundle, &event, Mode::Enforce).steps[0].decision,
        Err(Withheld::NoTarget)
    );
}

/// A key that was created and is not shown must not be mistaken for the caller's.
#[test]
fn a_new_key_without_its_id_never_stands_for_the_callers_key() {
    let mut event = event();
    event["detail"]["requestParameters"] = json!({"userName": "bob"});
    event["detail"]["responseElements"] = Value::Null;
    let steps = plan(&event, Mode::Enforce).steps;
    assert_eq!(
        (steps[0].target.as_deref(), &steps[0].decision),
        (None, &Err(Withheld::NoTarget))
    );
}

/// The caller's key is in the caller's account, wherever the event was delivered.
#[test]
fn the_callers_key_is_sought_in_the_callers_account() {
    let text = r#"@id("a") @title("T") @severity("low") @respond("deactivate-key") forbid (principal, action, resource);"#;
    let bundle =
        Bundle::load(&[("guardrails/a.cedar".to_owned(), text.to_owned())]).expect("it loads");
    let mut event = event();
    event["detail"]["eventName"] = "PutObject".into();
    event["detail"]["userIdentity"]["accountId"] = "999999999999".into();
    let steps = plan_with(&bundle, &event, Mode::Enforce).steps;
    assert!(
        matches!(&steps[0].decision, Ok(Effect { account, .. }) if account.as_str() == "999999999999")
    );
}

#[test]
fn what_may_not_have_happened_is_not_acted_on() {
    let text = r#"@id("a") @title("T") @severity("low") @respond("deactivate-key") forbid (principal, action, resource);"#;
    let bundle =
        Bundle::load(&[("guardrails/a.cedar".to_owned(), text.to_owned())]).expect("it loads");
    let mut event = event();
    event["detail"]["eventName"] = "ConsoleLogin".into();
    event["detail"]["eventType"] = "AwsConsoleSignIn".into();
    assert_eq!(
        plan_with(&bundle, &event, Mode::Enforce).steps[0].decision,
        Err(Withheld::Evidence)
    );
}

/// Steps that must be allowed, and those who are never touched: the protected, and keyrail itself.
#[test]
fn nobody_is_touched_whom_the_settings_protect() {
    let settings = r#"
        [protect]
        principals = ["arn:aws:iam::111122223333:user/bob", "arn:aws:iam::111122223333:role/deploy"]
        [allow]
        steps = ["delete-key", "revoke-role-sessions"]
    "#;
    let files = [
        ("keyrail.toml".to_owned(), settings.to_owned()),
        (
            "guardrails/a.cedar".to_owned(),
            r#"@id("a") @title("T") @severity("low") @respond("deactivate-key") forbid (principal, action, resource);"#
                .to_owned(),
        ),
    ];
    let bundle = Bundle::load(&files).expect("it loads");
    let deployment = Deployment::default();
    let bounds = Bounds::new(&bundle.settings, &deployment, None);
    let user = |name: &str| Who::User(Owner::Shown(name.parse().expect("a user")));
    let role = |name: &str| Who::Role(name.parse().expect("a role"));
    let (ours, other) = ("111122223333", "444455556666");
    for (name, account, who, expected) in [
        (
            StepName::DeactivateKey,
            ours,
            user("bob"),
            Some(Withheld::Protected),
        ),
        (
            StepName::DeactivateKey,
            ours,
            user("BOB"),
            Some(Withheld::Protected),
        ),
        (StepName::DeactivateKey, ours, user("alice"), None),
        (StepName::DeactivateKey, other, user("bob"), None),
        // A role protects no user of its name, and the other way round.
        (StepName::DeactivateKey, ours, user("deploy"), None),
        (StepName::RevokeRoleSessions, ours, role("bob"), None),
        (
            StepName::RevokeRoleSessions,
            ours,
            role("deploy"),
            Some(Withheld::Protected),
        ),
        (StepName::RevokeRoleSessions, other, role("deploy"), None),
        (
            StepName::RevokeRoleSessions,
            other,
            role("keyrail-GuardrailRole-1A2B"),
            Some(Withheld::Protected),
        ),
        (StepName::DeleteKey, ours, user("alice"), None),
        (
            StepName::DeleteKey,
            ours,
            user("bob"),
            Some(Withheld::Protected),
        ),
        (
            StepName::DeleteRootKey,
            ours,
            Who::Root,
            Some(Withheld::NotAllowed),
        ),
    ] {
        let account = account.parse().expect("an account");
        let found = bounds.forbids(name, &account, &who);
        assert_eq!(found, expected, "{name:?} {account:?} {who:?}");
    }
    let steps = plan_with(&bundle, &event(), Mode::Enforce).steps;
    assert_eq!(steps[0].decision, Err(Withheld::Protected));
}
