//! `keyrail test --update`.

use super::{Bundle, guardrail, passing};

/// Only values change: comments, order and what is not compared stay.
#[test]
fn an_update_writes_what_came_and_keeps_the_rest() {
    let before = "\
# The first comment.
tests:
  - name: in lines  # kept
    sample: key-created-for-another
    mode: enforce
    expect:
      # why these
      violated:  # kept, too
        - root-signed-in
      plan:
      - deactivate-key: observe
      severity: low # worse
      alert:
        state: BLOCKED
        subject: 'it''s, wrong'
  # about the next

  - name: in one line, violated [] in the name
    sample: key-created-for-another
    expect: {violated: [], severity: low, plan: [], undecided: [root-signed-in], alert: {state: none, subject: none}}  # kept
  - name: nothing comes
    sample: unrelated-call
    expect:
      violated:
        - root-signed-in
      undecided: [key-issued]
      plan:
        - deactivate-key
  - {name: \"in a flow\", sample: root-sign-in, expect: {violated: [key-issued, # no ]
      key-issued]}}
  - name: it does not say
    sample: sign-in-with-mfa
    unset: [detail.responseElements]
    expect: {undecided: []}
  - name: as it was
    sample: root-sign-in
    expect: { violated:   [ root-signed-in ] }  # as odd as it is
";
    let after = "\
# The first comment.
tests:
  - name: in lines  # kept
    sample: key-created-for-another
    mode: enforce
    expect:
      # why these
      violated:  # kept, too
        - key-issued
      plan:
      - deactivate-key
      severity: high # worse
      alert:
        state: DRY-RUN
        subject: \"DRY-RUN: Key created - bob, by anaya - 111122223333 us-east-1\"
  # about the next

  - name: in one line, violated [] in the name
    sample: key-created-for-another
    expect: {violated: [key-issued], severity: high, plan: [{deactivate-key: observe}], undecided: [], alert: {state: DRY-RUN, subject: \"DRY-RUN: Key created - bob, by anaya - 111122223333 us-east-1\"}}  # kept
  - name: nothing comes
    sample: unrelated-call
    expect:
      violated: []
      undecided: []
      plan: []
  - {name: \"in a flow\", sample: root-sign-in, expect: {violated: [root-signed-in]}}
  - name: it does not say
    sample: sign-in-with-mfa
    unset: [detail.responseElements]
    expect: {undecided: [any-signed-in]}
  - name: as it was
    sample: root-sign-in
    expect: { violated:   [ root-signed-in ] }  # as odd as it is
";
    let bundle = Bundle::new("update", before);
    bundle.write(
        "guardrails/any.cedar",
        &guardrail(
            "any-signed-in",
            "action in Action::\"sign-in\"",
            "context.succeeded && principal is User",
        ),
    );
    bundle.updates_to(5, after);
}

/// What a row has of the test around it is added to the row, and the test stays.
#[test]
fn an_update_adds_to_a_row_what_it_lacks() {
    let before = "\
tests:
  - name: table
    sample: key-created-for-another
    expect: {violated: [key-issued], plan: [deactivate-key: observe], alert: {state: DRY-RUN}}
    cases:
      - name: right
      - name: denied
        set: {detail.errorCode: AccessDenied}

      # A comment about the next.
      - {name: in one line, set: {detail.errorCode: AccessDenied}}
      - name: with a part
        set: {detail.errorCode: AccessDenied}
        expect: {severity: high}
      - name: with a part in lines
        set:
          detail.errorCode: AccessDenied
        expect:
          severity: high
      - name: with an empty part
        set: {detail.errorCode: AccessDenied}
        expect: {}
      - name: with half an alert
        set: {detail.errorCode: AccessDenied}
        expect: {violated: [], plan: [], alert: {subject: none}}
      - name: last
        sample: root-sign-in
  - name: next
    sample: root-sign-in
    expect: {violated: [root-signed-in]}
";
    let after = "\
tests:
  - name: table
    sample: key-created-for-another
    expect: {violated: [key-issued], plan: [deactivate-key: observe], alert: {state: DRY-RUN}}
    cases:
      - name: right
      - name: denied
        set: {detail.errorCode: AccessDenied}
        expect: {violated: [], plan: [], alert: {state: none}}

      # A comment about the next.
      - {name: in one line, set: {detail.errorCode: AccessDenied}, expect: {violated: [], plan: [], alert: {state: none}}}
      - name: with a part
        set: {detail.errorCode: AccessDenied}
        expect: {violated: [], plan: [], alert: {state: none}, severity: none}
      - name: with a part in lines
        set:
          detail.errorCode: AccessDenied
        expect:
          violated: []
          plan: []
          alert: {state: none}
          severity: none
      - name: with an empty part
        set: {detail.errorCode: AccessDenied}
        expect: {violated: [], plan: [], alert: {state: none}}
      - name: with half an alert
        set: {detail.errorCode: AccessDenied}
        expect: {violated: [], plan: [], alert: {state: none, subject: none}}
      - name: last
        sample: root-sign-in
        expect: {violated: [root-signed-in], plan: [], alert: {state: ALERT}}
  - name: next
    sample: root-sign-in
    expect: {violated: [root-signed-in]}
";
    Bundle::new("update-rows", before).updates_to(7, after);
}

/// Two tests may share by an alias what they expect, and then cannot both be right.
#[test]
fn an_update_says_what_it_could_not_mend() {
    let bundle = Bundle::new(
        "update-alias",
        "\
tests:
  - name: one
    sample: key-created-for-another
    expect: &shared {violated: []}
  - name: two
    sample: root-sign-in
    expect: *shared
",
    );
    let ran = bundle.test(&["--update"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    assert!(ran.stdout.starts_with("updated 1 test: review"), "{ran:?}");
    assert!(
        ran.stdout.contains("FAILED tests/a.yaml:5  two\n"),
        "{ran:?}"
    );
}

#[test]
fn an_update_without_failures_writes_nothing() {
    let tests = passing();
    Bundle::new("update-nothing", &tests).updates_to(0, &tests);
}
