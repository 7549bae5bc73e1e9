//! `keyrail test`, on small bundles.

use std::fs;

use serde_json::{Value, json};

use self::support::{Bundle, TWO, guardrail, passing};
use crate::{ids, sample};

mod mistakes;
mod results;
mod support;
mod updating;

#[test]
fn a_test_that_fails_shows_what_was_expected_beside_what_came() {
    let bundle = Bundle::new(
        "failing",
        "\
tests:
  - name: right
    sample: key-created-for-another
    expect: {violated: [key-issued]}
  - name: wrong
    sample: key-created-for-another
    expect: {violated: [], severity: low, plan: [deactivate-key], alert: {state: BLOCKED}}
",
    );
    let ran = bundle.test(&[]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    assert_eq!(
        ran.stdout,
        "\
FAILED tests/a.yaml:5  wrong
  violated   expected []
             actual   [\"key-issued\"]
  severity   expected \"low\"
             actual   \"high\"
  state      expected \"BLOCKED\"
             actual   \"DRY-RUN\"

note: guardrail `key-issued` has no test that it does not match, although its scope is met
note: guardrail `root-signed-in` has no test
1 passed, 1 failed
"
    );
}

#[test]
fn a_step_is_compared_with_its_reason_only_where_that_is_given() {
    let steps = |mode: &str, plan: &str| {
        let tests = format!(
            "tests: [{{name: x, sample: key-created-for-another, mode: {mode}, expect: {{plan: {plan}}}}}]"
        );
        Bundle::new("steps", &tests).test(&[]).status
    };
    for (mode, plan, status) in [
        ("observe", "[deactivate-key]", 0),
        ("observe", "[deactivate-key: observe]", 0),
        ("observe", "[deactivate-key: evidence]", 1),
        ("enforce", "[deactivate-key]", 0),
        ("enforce", "[deactivate-key: observe]", 1),
        ("enforce", "[]", 1),
        ("enforce", "[deactivate-key, quarantine-user]", 1),
    ] {
        assert_eq!(steps(mode, plan), status, "{mode} {plan}");
    }
}

#[test]
fn a_filter_takes_names_and_files() {
    let bundle = Bundle::new("filter", &passing());
    bundle.write(
        "tests/b.yaml",
        "tests: [{name: another, sample: root-sign-in, expect: {severity: critical}}]",
    );
    for (filter, names) in [
        ("another", &["a table: for another", "another"][..]),
        ("tests/b", &["another"]),
        ("table: denied", &["a table: denied"]),
    ] {
        let results = bundle
            .test(&["--filter", filter, "--format", "json"])
            .json();
        assert_eq!(ids(&results["tests"], "name"), names);
    }
    let none = bundle.test(&["--filter", "nothing"]);
    assert_eq!((none.status, none.stdout.as_str()), (2, ""));
    assert_eq!(none.stderr, "error: no test has `nothing` in its name\n");
}

#[test]
fn required_coverage_names_the_gap() {
    let bundle = Bundle::new("coverage", &passing());
    let only = bundle.test(&[]);
    assert_eq!((only.status, only.stderr.as_str()), (0, ""));
    let required = bundle.test(&["--require-coverage"]);
    assert_eq!((required.status, required.stderr.as_str()), (1, ""));
    let gap =
        "guardrail `root-signed-in` has no test that it does not match, although its scope is met";
    assert_eq!(only.stdout, format!("note: {gap}\n4 passed, 0 failed\n"));
    assert_eq!(
        required.stdout,
        format!("error: {gap}\n4 passed, 0 failed\n")
    );
    bundle.write(
        "tests/b.yaml",
        "tests: [{name: failed, sample: root-sign-in-failed, expect: {violated: []}}]",
    );
    let covered = bundle.test(&["--require-coverage"]);
    assert_eq!(
        (covered.status, covered.stdout.as_str()),
        (0, "5 passed, 0 failed\n")
    );
}

/// A filter leaves out tests that would have filled them.
#[test]
fn a_filter_leaves_no_gaps_to_be_told() {
    let bundle = Bundle::new("coverage-filter", &passing());
    let ran = bundle.test(&["--require-coverage", "--filter", "table"]);
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (0, "3 passed, 0 failed\n")
    );
}

#[test]
fn exemptions_are_tested_and_covered_like_guardrails() {
    let bundle = Bundle::new(
        "exemptions",
        "\
tests:
  - name: a key of the build is exempted
    sample: key-created-for-another
    set: {detail.requestParameters.userName: build, detail.responseElements.accessKey.userName: build}
    expect: {violated: [], exempted: [key-issued]}
    cases:
      - name: until the exemption expires
      - name: through its last day
        at: 2027-01-31T23:59:59Z
      - name: and not after it
        at: 2027-02-01T00:00:00Z
        expect: {violated: [key-issued], exempted: []}
",
    );
    bundle.write(
        "exemptions/build.cedar",
        "\
@id(\"build-key\")
@exempts(\"key-issued\")
@reason(\"the build cannot take a role yet\")
@owner(\"platform@example.com\")
@expires(\"2027-01-31\")
permit (principal, action in Action::\"issue-access-key\", resource in User::\"arn:aws:iam::111122223333:user/build\");
",
    );
    let results = bundle.test(&["--format", "json"]).json();
    assert_eq!(
        results["gaps"],
        json!([
            "guardrail `key-issued` has no test that it does not match, although its scope is met",
            "guardrail `root-signed-in` has no test",
            "exemption `build-key` has no test that it does not match, although its scope is met",
        ])
    );
    // Nothing that is in its scope does not match it, so that another key will do.
    bundle.write(
        "tests/b.yaml",
        "tests: [{name: another, sample: key-created-for-another, expect: {exempted: []}}]",
    );
    let results = bundle.test(&["--format", "json"]).json();
    assert_eq!(results["gaps"].as_array().map(Vec::len), Some(2));
}

/// A row has what it does not say of the test that it stands in.
#[test]
fn a_row_says_only_what_is_different() {
    let bundle = Bundle::new(
        "cases",
        "\
tests:
  - name: table
    sample: key-created-for-another
    set: {detail.errorCode: AccessDenied}
    mode: enforce
    expect: {violated: [], severity: none, alert: {state: none, subject: none}}
    cases:
      - name: nothing
      - name: another sample
        sample: root-sign-in-failed
      - name: undone
        unset: [detail.errorCode]
        expect: {violated: [key-issued], severity: high, alert: {state: DRY-RUN, subject: \"DRY-RUN: Key created - bob, by anaya - 111122223333 us-east-1\"}}
        cases:
          - name: and done again
            set: {detail.errorCode: LimitExceeded}
            expect: {violated: [], severity: none, alert: {state: none, subject: none}}
          - name: in another mode
            mode: observe
",
    );
    let ran = bundle.test(&["--format", "json"]);
    let results: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    assert_eq!(
        ids(&results["tests"], "name"),
        [
            "table: nothing",
            "table: another sample",
            "table: undone: and done again",
            "table: undone: in another mode",
        ]
    );
    assert_eq!(ran.status, 0, "{}", ran.stdout);
}

#[test]
fn networks_and_what_came_before_are_circumstances_of_a_test() {
    let bundle = Bundle::new(
        "circumstances",
        "\
tests:
  - name: a new administrator
    sample: key-created-for-another
    history:
      - sample: iam:AttachUserPolicy
        set: {detail.requestParameters.userName: bob}
    expect: {violated: [administrator, key-issued]}
    cases:
      - name: known
      - name: not known
        history: []
        expect: {violated: [key-issued]}
      - name: whose history is an event and a file
        history:
          - event: {detail-type: something else}
          - file: granted.json
  - name: from elsewhere
    sample: sign-in-with-mfa
    networks: {office: [203.0.113.0/24]}
    expect: {violated: [elsewhere]}
    cases:
      - name: indeed
      - name: or not
        networks: {office: [203.0.113.0/24, 198.51.100.0/24]}
        expect: {violated: []}
",
    );
    bundle.write(
        "guardrails/more.cedar",
        &[
            guardrail(
                "administrator",
                "action in Action::\"issue-access-key\"",
                "context has administrator && context.administrator",
            ),
            guardrail(
                "elsewhere",
                "action in Action::\"sign-in\"",
                "context has networks && context.networks.isEmpty()",
            ),
        ]
        .concat(),
    );
    let change = "detail.requestParameters.userName=bob";
    bundle.write(
        "tests/granted.json",
        &sample("iam:AttachUserPolicy", &[change]),
    );
    let ran = bundle.test(&[]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
}

#[test]
fn an_event_may_stand_in_the_test_or_in_a_file_beside_it() {
    let event = sample("root-sign-in", &[]);
    let bundle = Bundle::new(
        "events",
        &format!(
            "\
tests:
  - name: within
    event: {}
    expect: {{violated: [root-signed-in]}}
  - name: beside
    file: events/root.json
    set: {{detail.responseElements.ConsoleLogin: Failure}}
    expect: {{violated: []}}
",
            event.replace('\n', "")
        ),
    );
    bundle.write("tests/events/root.json", &event);
    let ran = bundle.test(&[]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
}

#[test]
fn without_tests_there_is_nothing_to_say() {
    let bundle = Bundle::new("none", "tests: []\n");
    for gone in ["nothing", "tests/a.yaml", "tests"] {
        let path = bundle.0.join(gone);
        if path.is_dir() {
            fs::remove_dir(&path).expect("the folder can be removed");
        } else if path.is_file() {
            fs::remove_file(&path).expect("the file can be removed");
        }
        let ran = bundle.test(&[]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{gone}");
        let error = format!(
            "error: there are no tests in `{}`\n\nhelp: write them in `tests/*.yaml`, as `keyrail schema tests` describes\n",
            bundle.0.join("tests").display()
        );
        assert_eq!(ran.stderr, error, "{gone}");
    }
}
