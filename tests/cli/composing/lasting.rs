//! Bundles that last: ids that are retired, and days that pass.

use std::fs;
use std::path::Path;

use super::bundle;
use crate::ran;

/// Exemptions and tests may still name an id that a guardrail had before.
#[test]
fn an_id_that_is_retired_stands_for_what_has_come_in_its_place() {
    let guardrail = |id: &str, action: &str| {
        format!(
            "@id(\"{id}\")\n@title(\"T\")\n@severity(\"low\")\n@respond(\"alert\")\n@replaces(\"credential-made\")\nforbid (principal, action == Action::\"{action}\", resource)\nwhen {{ context.succeeded }};\n"
        )
    };
    let guardrails = guardrail("ssh-key-made", "iam:UploadSSHPublicKey")
        + &guardrail("certificate-made", "iam:UploadSigningCertificate");
    let exemption = "@id(\"bob\")\n@exempts(\"credential-made\")\n@reason(\"R\")\n@owner(\"O\")\n@expires(\"2027-03-31\")\npermit (principal, action, resource in User::\"arn:aws:iam::111122223333:user/bob\");\n";
    let tests = "\
tests:
- name: an SSH key
  sample: iam:UploadSSHPublicKey
  set: {detail.requestParameters.userName: carlos, detail.responseElements: {}}
  expect: {violated: [credential-made]}
- name: a certificate, and an SSH key was meant
  sample: iam:UploadSigningCertificate
  set: {detail.requestParameters.userName: carlos, detail.responseElements: {}}
  expect: {violated: [ssh-key-made]}
- name: bob's is exempt
  sample: iam:UploadSSHPublicKey
  set: {detail.requestParameters.userName: bob, detail.responseElements: {}}
  expect: {violated: [], exempted: [credential-made]}
";
    let folder = bundle(
        "retired",
        &[
            ("keyrail.toml", "[accounts.111122223333]\n"),
            ("guardrails/a.cedar", &guardrails),
            ("exemptions/b.cedar", exemption),
            ("tests/a.yaml", tests),
        ],
    );
    let validated = ran(&["validate", &folder.path(), "--today", "2026-11-29"]);
    assert_eq!(validated.status, 0, "{}", validated.stdout);
    assert_eq!(
        validated
            .stdout
            .matches("warning[retired-guardrail]")
            .count(),
        3,
        "{}",
        validated.stdout
    );
    assert!(
        validated.stdout.contains(
            "the guardrail `credential-made` has become `certificate-made`, `ssh-key-made`"
        ),
        "{}",
        validated.stdout
    );
    let tested = ran(&["test", &folder.path()]);
    assert_eq!(tested.status, 1);
    assert!(
        tested.stdout.contains("FAILED tests/a.yaml:6 "),
        "{}",
        tested.stdout
    );
    assert!(
        tested.stdout.ends_with("2 passed, 1 failed\n"),
        "{}",
        tested.stdout
    );
}

/// What was valid stays so as time passes, unless one asks.
#[test]
fn dates_are_strict_only_where_one_asks() {
    let exemption = "// Why.\n@id(\"old\")\n@exempts(\"mfa-weakened\")\n@reason(\"R\")\n@owner(\"team\")\n@expires(\"2027-03-31\")\npermit (principal is Root, action, resource);\n";
    let folder = bundle(
        "dates",
        &[
            ("keyrail.toml", "[default]\n"),
            ("exemptions/old.cedar", exemption),
        ],
    );
    let path = folder.path();
    for (today, more, status, says) in [
        ("2027-03-01", &[][..], 0, "valid: 55"),
        ("2027-03-25", &[], 0, "warning[expiring-exemption]"),
        ("2027-04-01", &[], 0, "warning[expired-exemption]"),
        (
            "2027-03-25",
            &["--strict-dates"],
            0,
            "warning[expiring-exemption]",
        ),
        (
            "2027-04-01",
            &["--strict-dates"],
            1,
            "error[expired-exemption]",
        ),
    ] {
        let ran = ran(&[&["validate", &path, "--today", today], more].concat());
        assert_eq!(ran.status, status, "{today} {more:?}");
        assert!(
            ran.stdout.contains(says),
            "{today} {more:?}: {}",
            ran.stdout
        );
    }
    let soon = ran(&[
        "exemptions",
        &path,
        "--today",
        "2027-03-25",
        "--expiring-within",
        "30d",
        "--format",
        "github",
    ]);
    assert_eq!(soon.status, 0);
    assert_eq!(
        soon.stdout,
        format!(
            "::warning file={path}/exemptions/old.cedar,line=2,title=exemption::`old`: 6 days left; last day 2027-03-31; owner team; reason: R\n"
        )
    );
    let later = ran(&[
        "exemptions",
        &path,
        "--today",
        "2027-01-25",
        "--expiring-within",
        "30d",
        "--format",
        "github",
    ]);
    assert_eq!(later.stdout, "");
}

/// What a stamp says of guardrails that contained is not lost without a word.
#[test]
fn a_stamp_that_is_damaged_is_an_error() {
    let folder = bundle("damaged-stamp", &[("keyrail.toml", "[default]\n")]);
    let validate = || ran(&["validate", &folder.path()]);
    assert_eq!(ran(&["validate", &folder.path(), "--stamp"]).status, 0);
    assert_eq!(validate().status, 0);
    let file = Path::new(&folder.path()).join("keyrail.stamp");
    let stamp = fs::read_to_string(&file).expect("it is there");
    for damaged in [
        stamp.replacen("\n{", "\n<{", 1),
        format!("<<<<<<< HEAD\n{stamp}"),
    ] {
        fs::write(&file, damaged).expect("it can be written");
        let told = validate();
        assert_eq!(told.status, 1, "{}", told.stdout);
        assert!(
            told.stdout.contains("error[damaged-stamp]"),
            "{}",
            told.stdout
        );
    }
}
