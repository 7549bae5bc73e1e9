//! Exemptions: which apply, which have expired, and which cannot be decided.

use super::*;

fn exempt(id: &str, expires: &str, condition: &str) -> (String, String) {
    let text = format!(
        r#"@id("{id}") @exempts("made") @reason("R") @owner("O") @expires("{expires}") permit (principal, action, resource) {condition};"#
    );
    (format!("exemptions/{id}.cedar"), text)
}

/// The day of `@expires` is included, in UTC, by the later of the event's time and now.
#[test]
fn an_exemption_applies_through_its_last_day() {
    for (expires, now, exempted) in [
        ("2026-03-14", None, true),
        ("2026-03-13", None, false),
        ("2026-03-14", Some("2026-03-14T23:59:59Z"), true),
        ("2026-03-14", Some("2026-03-15T00:00:00Z"), false),
        ("2026-03-14", Some("2026-03-01T00:00:00Z"), true),
    ] {
        let bundle = Bundle::load(&[made(), exempt("x", expires, "")]).expect("it loads");
        let now = now.map(|now| now.parse().expect("a time"));
        let verdict = bundle.judge(&activity(key_created()), None, now);
        let expected: (&[&str], usize, usize) = match exempted {
            true => (&[], 1, 0),
            false => (&["made"], 0, 1),
        };
        let found = (
            ids(&verdict).0,
            verdict.exempted.len(),
            verdict.expired.len(),
        );
        assert_eq!(
            (found.0.as_slice(), found.1, found.2),
            expected,
            "{expires} {now:?}"
        );
        assert_eq!(verdict.severity.is_none(), exempted);
    }
}

/// If an exemption cannot be decided, the violation stands, and both are told.
#[test]
fn an_exemption_that_errs_exempts_nobody() {
    let condition = "when { context.mfa }";
    let bundle = Bundle::load(&[made(), exempt("x", "2027-01-01", condition)]).expect("it loads");
    let verdict = bundle.judge(&activity(key_created()), None, None);
    assert_eq!(ids(&verdict), (vec!["made"], vec!["x"]));
}

/// Nothing is told of an exemption that the violation does not wait for: it is of another guardrail,
/// or it has decided and has expired.
#[test]
fn only_an_exemption_that_could_still_apply_is_undecided() {
    let elsewhere =
        guardrail("elsewhere", "").replace("action,", r#"action == Action::"api-call","#);
    let (file, text) = exempt("x", "2027-01-01", "when { context.mfa }");
    let of_another = [
        made(),
        ("guardrails/b.cedar".to_owned(), elsewhere),
        (
            file,
            text.replace(r#"@exempts("made")"#, r#"@exempts("elsewhere")"#),
        ),
    ];
    let bundle = Bundle::load(&of_another).expect("it loads");
    let verdict = bundle.judge(&activity(key_created()), None, None);
    assert_eq!(ids(&verdict), (vec!["made"], vec![]));

    let condition = r#"when { !(context has time) || context.time > datetime("2020-01-01") }"#;
    let bundle = Bundle::load(&[made(), exempt("x", "2026-01-01", condition)]).expect("it loads");
    let mut event = key_created();
    event["eventTime"] = "-000001-01-01T00:00:00Z".into();
    let now = Some("2026-03-14T00:00:00Z".parse().expect("a time"));
    let verdict = bundle.judge(&activity(event), None, now);
    assert_eq!(ids(&verdict), (vec!["made"], vec![]));
    assert_eq!(verdict.expired.len(), 1);
}
