//! What is wrong with tests, short of failing: told by `keyrail test` and `keyrail validate`.

use std::fs;

use super::{Bundle, passing};

#[test]
fn mistakes_in_tests_are_told_with_file_and_line() {
    for (about, tests, place, message) in MISTAKES {
        let bundle = Bundle::new(&format!("mistake-{about}"), tests);
        for command in ["test", "validate"] {
            let ran = bundle.run(command, &[]);
            assert_eq!((ran.status, ran.stderr.as_str()), (1, ""), "{about}");
            let told = ran.stdout.contains(&format!("--> tests/a.yaml:{place}\n"))
                && ran.stdout.contains(message);
            assert!(told, "{command} {about}: {}", ran.stdout);
        }
    }
}

#[test]
fn all_mistakes_are_told_at_once_and_a_name_that_is_near_is_proposed() {
    let bundle = Bundle::new(
        "mistakes",
        "tests: [{name: x, sample: root-sign-inn, expect: {violated: [root-signedin, key-isued]}}]",
    );
    bundle.write("tests/b.yaml", "tests: [");
    let ran = bundle.test(&[]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    assert_eq!(ran.stdout.matches("error[").count(), 4);
    for near in ["root-sign-in", "root-signed-in", "key-issued"] {
        let help = format!("did you mean `{near}`?");
        assert!(ran.stdout.contains(&help), "{}", ran.stdout);
    }
}

/// Passed over in silence it would count as tested.
#[test]
fn a_file_that_cannot_be_read_is_a_mistake() {
    let bundle = Bundle::new("unreadable", &passing());
    fs::write(bundle.0.join("tests/b.yaml"), b"tests: \xff").expect("a file can be written");
    for command in ["test", "validate"] {
        let ran = bundle.run(command, &[]);
        assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
        let told = ran
            .stdout
            .contains("error[unreadable]: it cannot be read: ")
            && ran.stdout.contains("--> tests/b.yaml:1:1\n");
        assert!(told, "{command}: {}", ran.stdout);
    }
}

/// What they are about, the tests, and the place and message.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    (
        "key",
        "tests:\n  - name: x\n    sampel: root-sign-in\n    expect: {violated: []}\n",
        "3:5",
        "test-syntax]: unknown field `sampel`, expected one of",
    ),
    (
        "expectation",
        "tests:\n  - name: x\n    sample: root-sign-in\n    expect: {violatd: []}\n",
        "4:14",
        "test-syntax]: unknown field `violatd`, expected one of",
    ),
    (
        "row",
        "tests:\n  - name: x\n    sample: root-sign-in\n    cases:\n      - nam: y\n",
        "5:9",
        "test-syntax]: unknown field `nam`, expected one of",
    ),
    (
        "yaml",
        "tests: [\n",
        "1:8",
        "test-syntax]: unclosed bracket '['",
    ),
    (
        "value",
        "tests:\n  - name: x\n    sample: root-sign-in\n    expect:\n      violated:\n      severity: low\n",
        "5:15",
        "test-syntax]: a list is expected here",
    ),
    (
        "sample",
        "tests:\n  - name: x\n    sample: root-sign-inn\n    expect: {violated: []}\n",
        "3:13",
        "test-event]: test `x`: there is no sample `root-sign-inn`",
    ),
    (
        "guardrail",
        "tests:\n  - name: x\n    sample: root-sign-in\n    expect: {violated: [root-signedin]}\n",
        "4:24",
        "unknown-guardrail]: test `x`: there is no guardrail `root-signedin`",
    ),
    (
        "policy",
        "tests:\n  - name: x\n    sample: root-sign-in\n    expect: {undecided: [nothing]}\n",
        "4:25",
        "unknown-policy]: test `x`: there is no policy `nothing`",
    ),
    (
        "no-event",
        "tests:\n  - name: x\n    expect: {violated: []}\n",
        "2:11",
        "test-event]: test `x`: it needs one event",
    ),
    (
        "two-events",
        "tests:\n  - name: x\n    sample: root-sign-in\n    file: x.json\n    expect: {violated: []}\n",
        "2:11",
        "test-event]: test `x`: it needs one event",
    ),
    (
        "no-file",
        "tests:\n  - name: x\n    file: nowhere.json\n    expect: {violated: []}\n",
        "3:11",
        "test-event]: test `x`: cannot read `",
    ),
    (
        "nothing",
        "tests:\n  - name: x\n    sample: root-sign-in\n",
        "2:11",
        "test-without-expectation]: test `x`: it expects nothing",
    ),
    (
        "path",
        "tests:\n  - name: x\n    sample: root-sign-in\n    set: {detial.eventName: x}\n    expect: {violated: []}\n",
        "4:29",
        "test-event]: test `x`: there is no `detial` on the way to `detial.eventName`",
    ),
    (
        "mode",
        "tests:\n  - name: x\n    sample: root-sign-in\n    mode: enforcing\n    expect: {violated: []}\n",
        "4:11",
        "test-event]: test `x`: `mode`: `enforcing` is not one of observe, enforce",
    ),
    (
        "time",
        "tests:\n  - name: x\n    sample: root-sign-in\n    at: tomorrow\n    expect: {violated: []}\n",
        "4:9",
        "test-event]: test `x`: `at`: `tomorrow` is not a time",
    ),
    (
        "network",
        "tests:\n  - name: x\n    sample: root-sign-in\n    networks: {office: [here]}\n    expect: {violated: []}\n",
        "4:25",
        "test-event]: test `x`: `networks`: `here` is not a range of addresses",
    ),
];

/// A guardrail that cannot be read is one mistake, and its tests are none.
#[test]
fn what_is_broken_is_told_once() {
    let bundle = Bundle::new("broken", &super::passing());
    let sound = bundle.run("validate", &["--format", "json"]);
    assert_eq!(sound.status, 0, "{}", sound.stdout);
    for (right, wrong) in [
        (r#"@severity("high")"#, r#"@severity("bad")"#),
        ("forbid (", "forbod ("),
    ] {
        bundle.write(
            "guardrails/two.cedar",
            &super::TWO.replacen(right, wrong, 1),
        );
        let told = bundle.run("validate", &["--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&told.stdout).expect("it is JSON");
        let count = json["diagnostics"].as_array().map(Vec::len);
        assert_eq!((told.status, count), (1, Some(1)), "{}", told.stdout);
    }
}

#[test]
fn a_unit_that_nobody_declared_is_a_mistake_of_the_settings() {
    let bundle = Bundle::new("unit", &super::passing());
    let settings = "[accounts.111122223333]\nunit = \"ou-nope\"\n";
    bundle.write("keyrail.toml", settings);
    let told = bundle.run("validate", &[]);
    assert_eq!(told.status, 1);
    assert!(told.stdout.contains("unknown-unit"), "{}", told.stdout);
    assert!(told.stdout.contains("keyrail.toml:2:8"), "{}", told.stdout);
    bundle.write("keyrail.toml", &format!("{settings}[units.ou-nope]\n"));
    let told = bundle.run("validate", &[]);
    assert_eq!(told.status, 0, "{}", told.stdout);
}

/// YAML reads digits as a number, and accounts may begin with 0.
#[test]
fn a_number_in_the_place_of_a_text_is_a_mistake() {
    let bundle = Bundle::new(
        "number",
        "\
tests:
  - name: a
    sample: key-created-for-another
    set: {account: 012345678901}
    expect: {violated: []}
",
    );
    let told = bundle.test(&[]);
    assert_eq!(told.status, 1, "{}{}", told.stdout, told.stderr);
    let text = "`account` is a text, and a number is given";
    assert!(told.stdout.contains(text), "{}", told.stdout);
}

#[test]
fn a_test_that_fails_says_what_of_the_event_contradicts_itself() {
    let bundle = Bundle::new(
        "conflict",
        "\
tests:
  - name: a
    sample: key-created-for-another
    set: {account: \"999999999999\"}
    expect: {violated: []}
",
    );
    let told = bundle.test(&[]);
    assert_eq!(told.status, 1);
    let text = "note: the event contradicts itself: ";
    assert!(told.stdout.contains(text), "{}", told.stdout);
}
