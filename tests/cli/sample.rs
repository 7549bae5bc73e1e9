use serde_json::Value;

use crate::{ran, sample};

#[test]
fn every_listed_sample_is_a_whole_event() {
    let list = ran(&["sample", "--list"]);
    assert_eq!(list.status, 0);
    let names: Vec<&str> = list
        .stdout
        .lines()
        .filter_map(|line| line.split("  ").next())
        .collect();
    assert_eq!(names.len(), 12, "{names:?}");
    for name in names {
        let event: Value = serde_json::from_str(&sample(name, &[])).expect("it is JSON");
        for key in [
            "version",
            "id",
            "detail-type",
            "source",
            "account",
            "time",
            "region",
            "resources",
            "detail",
        ] {
            assert!(event.get(key).is_some(), "{name} has no {key}");
        }
        assert_eq!(
            event["account"], event["detail"]["recipientAccountId"],
            "{name}"
        );
        assert_eq!(event["time"], event["detail"]["eventTime"], "{name}");
        assert_eq!(event["region"], event["detail"]["awsRegion"], "{name}");
    }
}

#[test]
fn set_changes_adds_and_types_fields() {
    let event: Value = serde_json::from_str(&sample(
        "key-created-for-self",
        &[
            "account=000000000001",
            "detail.requestParameters.userName=bob",
            "detail.managementEvent=false",
            "detail.errorCode=AccessDenied",
            "detail.responseElements=null",
            r#"detail.resources=[{"type":"AWS::IAM::User"}]"#,
            "detail.resources.0.type=x=y",
        ],
    ))
    .expect("it is JSON");
    assert_eq!(event["account"], "000000000001");
    assert_eq!(event["detail"]["requestParameters"]["userName"], "bob");
    assert_eq!(event["detail"]["managementEvent"], false);
    assert_eq!(event["detail"]["errorCode"], "AccessDenied");
    assert!(event["detail"]["responseElements"].is_null());
    assert_eq!(event["detail"]["resources"][0]["type"], "x=y");
}

#[test]
fn what_is_mistyped_is_an_error_with_a_suggestion() {
    for (arguments, error, help) in [
        (
            &["sample", "root-signin"][..],
            "there is no sample `root-signin`",
            "did you mean `root-sign-in`?",
        ),
        (
            &["sample", "iam:CreateAcessKey"],
            "there is no sample `iam:CreateAcessKey`",
            "did you mean `iam:CreateAccessKey`?",
        ),
        (
            &["sample", "x"],
            "there is no sample `x`",
            "`keyrail sample --list` lists them; each event of `keyrail taxonomy` is one, too",
        ),
        (
            &[
                "sample",
                "root-sign-in",
                "--set",
                "detail.usrIdentity.type=x",
            ],
            "there is no `usrIdentity` on the way to `detail.usrIdentity.type`",
            "did you mean `userIdentity`?",
        ),
        (
            &["sample", "root-sign-in", "--set", "account"],
            "`account` is not a change",
            "write it as `path=value`, such as `detail.errorCode=AccessDenied`",
        ),
    ] {
        let ran = ran(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert_eq!(ran.stderr, format!("error: {error}\n\nhelp: {help}\n"));
    }
}

#[test]
fn a_path_through_a_text_is_an_error() {
    let ran = ran(&["sample", "root-sign-in", "--set", "account.x=1"]);
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (
            2,
            "error: `account.x`: what is before `x` is not an object\n"
        )
    );
}

#[test]
fn what_is_almost_json_or_almost_a_path_is_an_error() {
    for change in ["detail.requestParameters=[", "=x", "detail..x=1"] {
        let ran = ran(&["sample", "root-sign-in", "--set", change]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{change}");
    }
}
