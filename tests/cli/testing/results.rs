//! Results of `keyrail test` for programs.

use quick_junit::{Report, TestCaseStatus};
use serde_json::{Value, json};

use super::{Bundle, passing};
use crate::schema::is_of_the_schema;

#[test]
fn results_for_programs_say_all() {
    let bundle = Bundle::new(
        "json",
        "\
tests:
  - name: right
    sample: root-sign-in
    expect: {violated: [root-signed-in]}
  - name: wrong
    sample: root-sign-in
    expect: {severity: none}
",
    );
    let ran = bundle.test(&["--format", "json"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    let results: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    is_of_the_schema("test", &results);
    assert_eq!(
        results,
        json!({
            "schema": "keyrail.test/v1",
            "passed": 1,
            "failed": 1,
            "tests": [
                {"name": "right", "file": "tests/a.yaml", "line": 2, "passed": true, "differences": []},
                {"name": "wrong", "file": "tests/a.yaml", "line": 5, "passed": false,
                    "differences": [{"what": "severity", "expected": "none", "actual": "critical"}]},
            ],
            "coverage": [
                {"policy": "key-issued", "kind": "guardrail", "matched": 0, "missed_in_scope": 0},
                {"policy": "root-signed-in", "kind": "guardrail", "matched": 2, "missed_in_scope": 0},
            ],
            "gaps": [
                "guardrail `key-issued` has no test",
                "guardrail `root-signed-in` has no test that it does not match, although its scope is met",
            ],
        })
    );
}

#[test]
fn junit_has_a_suite_for_each_file_and_counts_them() {
    let bundle = Bundle::new("junit", &passing());
    bundle.write(
        "tests/b.yaml",
        "tests: [{name: 'a < b & \"c\"', sample: root-sign-in, expect: {violated: []}}]",
    );
    let ran = bundle.test(&["--format", "junit"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    let report = Report::deserialize_from_str(&ran.stdout).expect("it is well-formed");
    assert_eq!((report.tests, report.failures, report.errors), (5, 1, 0));
    let suites: Vec<(&str, usize, usize)> = report
        .test_suites
        .iter()
        .map(|suite| (suite.name.as_str(), suite.tests, suite.failures))
        .collect();
    assert_eq!(suites, [("tests/a.yaml", 4, 0), ("tests/b.yaml", 1, 1)]);
    let failed = report.test_suites[1].test_cases.first();
    let failed = failed.expect("there is a case");
    assert_eq!(failed.name.as_str(), "a < b & \"c\"");
    let TestCaseStatus::NonSuccess { message, .. } = &failed.status else {
        panic!("{failed:?}");
    };
    let message = message.as_ref().map(quick_junit::XmlString::as_str);
    let expected = "violated: expected [], actual [\"root-signed-in\"]";
    assert_eq!(message, Some(expected));
}

#[test]
fn junit_has_gaps_as_failures_where_they_are() {
    let bundle = Bundle::new("junit-gaps", &passing());
    let ran = bundle.test(&["--format", "junit", "--require-coverage"]);
    assert_eq!(ran.status, 1);
    let report = Report::deserialize_from_str(&ran.stdout).expect("it is well-formed");
    assert_eq!((report.tests, report.failures), (5, 1));
}

#[test]
fn github_is_told_file_and_line() {
    let bundle = Bundle::new(
        "github",
        "\
tests:
  - name: 'percent 100%, and: more'
    sample: root-sign-in
    expect: {severity: none}
",
    );
    let ran = bundle.test(&["--format", "github"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    let file = bundle.0.join("tests/a.yaml");
    assert_eq!(
        ran.stdout,
        format!(
            "\
::error file={},line=2,title=percent 100%25%2C and%3A more::severity: expected \"none\", actual \"critical\"
::notice title=coverage::guardrail `key-issued` has no test
::notice title=coverage::guardrail `root-signed-in` has no test that it does not match, although its scope is met
0 passed, 1 failed
",
            file.display()
        )
    );
}
