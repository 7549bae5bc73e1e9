//! The default bundle's own tests.

use keyrail_core::Bundle;
use serde_json::json;

use crate::{fixture, ran};

#[test]
fn the_default_bundle_passes_its_tests_and_they_leave_no_gap() {
    let bundle = fixture("../../crates/keyrail-core/default-bundle");
    let results = ran(&["test", &bundle, "--require-coverage", "--format", "json"]).json();
    assert_eq!(
        (&results["failed"], &results["gaps"]),
        (&json!(0), &json!([]))
    );
    let count = results["tests"].as_array().map_or(0, Vec::len);
    assert!(count >= 200, "{count}");
}

/// What only the strength `strict` adds is a bundle by itself.
#[test]
fn what_strict_adds_is_valid_and_tested() {
    let bundle = fixture("../../crates/keyrail-core/strict-bundle");
    for words in [
        &["validate"][..],
        &["fmt", "--check"],
        &["test", "--require-coverage"],
    ] {
        let words: Vec<&str> = [words, &[bundle.as_str()]].concat();
        let ran = ran(&words);
        assert_eq!(ran.status, 0, "{words:?}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn each_guardrail_of_the_default_bundle_has_several_tests_in_its_own_file() {
    let bundle = fixture("../../crates/keyrail-core/default-bundle");
    for (file, _) in Bundle::embedded_tests() {
        let results = ran(&["test", &bundle, "--filter", file, "--format", "json"]).json();
        let count = results["tests"].as_array().map_or(0, Vec::len);
        assert!(count >= 10, "{file}: {count}");
    }
}
