//! What is decided with what is known, whatever the rest is.

use proptest::prelude::*;

use super::*;

/// Facts that an event may fail to show, each with conditions that read it.
const FACTS: [(&str, &[&str]); 4] = [
    (
        "mfa",
        &["(context has mfa && context.mfa)", "(context.mfa)"],
    ),
    (
        "administrator",
        &[
            "(context has administrator && context.administrator)",
            "(context.administrator == false)",
        ],
    ),
    ("succeeded", &["(context.succeeded)"]),
    (
        "target",
        &[
            "(resource has root && resource.root)",
            "(resource has user && resource.user == \"bob\")",
            "(context.self)",
        ],
    ),
];

const ALWAYS_KNOWN: [&str; 4] = [
    "(context.name == \"iam:CreateAccessKey\")",
    "(context.name like \"sts:*\")",
    "(principal is User)",
    "(context.own)",
];

fn condition() -> impl Strategy<Value = String> {
    let parts: Vec<&str> = FACTS
        .iter()
        .flat_map(|(_, conditions)| conditions.iter().copied())
        .chain(ALWAYS_KNOWN)
        .collect();
    let part = proptest::sample::select(parts).prop_map(str::to_owned);
    part.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("(!{a})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    })
}

/// The activity with each fact shown with a value of those two, or not at all.
fn with(shown: [Option<bool>; 4]) -> Activity {
    let mut activity = activity(key_created());
    let [mfa, administrator, succeeded, target] = shown;
    activity.actor.mfa = mfa;
    activity.administrator = administrator;
    activity.outcome.succeeded = succeeded;
    (activity.target.user, activity.target.is_root) = match target {
        None => (None, None),
        Some(true) => (None, Some(true)),
        Some(false) => (Some("bob".to_owned()), Some(false)),
    };
    activity.unknown = FACTS
        .iter()
        .zip(shown)
        .filter(|(_, value)| value.is_none())
        .map(|((fact, _), _)| (*fact).to_owned())
        .collect();
    activity
}

/// All ways to fill what is not shown.
fn filled(shown: [Option<bool>; 4]) -> Vec<[Option<bool>; 4]> {
    let mut ways = vec![shown];
    for place in 0..shown.len() {
        ways = ways
            .into_iter()
            .flat_map(|way| {
                let values = match way[place] {
                    Some(value) => vec![value],
                    None => vec![true, false],
                };
                values.into_iter().map(move |value| {
                    let mut way = way;
                    way[place] = Some(value);
                    way
                })
            })
            .collect();
    }
    ways
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// A guardrail that is not violated is not violated whatever the facts are that are not shown;
    /// nor does one become undecided by what is shown.
    #[test]
    fn what_is_not_known_can_change_no_answer(
        condition in condition(),
        shown in proptest::array::uniform4(proptest::option::of(any::<bool>())),
    ) {
        let bundle = bundle(&guardrail("it", &format!("when {{ {condition} }}")));
        let answer = |shown| {
            let verdict = bundle.judge(&with(shown), None, None);
            (!verdict.violated.is_empty(), !verdict.undecided.is_empty())
        };
        if answer(shown) == (false, false) {
            for way in filled(shown) {
                prop_assert_eq!(answer(way), (false, false), "{} {:?}", condition, way);
            }
        }
    }

    /// The conditions themselves: what they come to with some parts unknown, they come to with each
    /// value of those.
    #[test]
    fn conditions_come_to_the_same_with_each_value_of_what_is_not_known(
        condition in condition(),
        values in proptest::collection::vec(proptest::option::of(any::<bool>()), 16),
        fill in any::<u16>(),
    ) {
        let formula = Formula::of(&guardrail("it", &format!("unless {{ {condition} }}")));
        let known = formula.holds(|part| values[part % 16]);
        let filled = formula.holds(|part| {
            Some(values[part % 16].unwrap_or(fill >> (part % 16) & 1 == 1))
        });
        prop_assert!(filled.is_some());
        prop_assert!(known.is_none() || known == filled, "{} {:?}", condition, values);
    }
}

/// One condition that is known not to hold is enough, wherever it stands.
#[test]
fn a_guardrail_is_not_violated_if_one_condition_is_known_not_to_hold() {
    let by_nobody = json!({
        "eventSource": "iam.amazonaws.com", "eventName": "UpdateAccessKey", "userIdentity": {},
        "requestParameters": null, "errorCode": "AccessDenied",
    });
    let by_role = json!({
        "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "eventType": "AwsConsoleSignIn",
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/app/s"},
    });
    let of = |more: &str, event: &Value| {
        let activity = activity(event.clone());
        let verdict = bundle(&guardrail("it", more)).judge(&activity, None, None);
        let (violated, undecided) = ids(&verdict);
        (violated.len(), undecided.len())
    };
    for (condition, event, expected) in [
        (
            "unless { principal is AwsService } when { context.succeeded }",
            &by_nobody,
            (0, 0),
        ),
        (
            "when { context.succeeded && principal is User }",
            &by_nobody,
            (0, 0),
        ),
        (
            "when { principal is User && context.succeeded }",
            &by_nobody,
            (0, 0),
        ),
        (
            "when { !context.succeeded && !context.self && principal is User }",
            &by_nobody,
            (0, 1),
        ),
        (
            "when { principal is User || !context.succeeded }",
            &by_nobody,
            (1, 0),
        ),
        (
            "when { principal is User } when { context.succeeded }",
            &by_role,
            (0, 0),
        ),
        (
            "when { context.succeeded && principal is User }",
            &by_role,
            (0, 0),
        ),
        (
            "when { if context.succeeded then principal is User else principal is Root }",
            &by_role,
            (0, 0),
        ),
        (
            "when { if context.succeeded then principal is User else true }",
            &by_role,
            (0, 1),
        ),
        (
            "when { context.succeeded || principal is RoleSession }",
            &by_role,
            (1, 0),
        ),
    ] {
        assert_eq!(of(condition, event), expected, "{condition}");
    }
}

/// The same of exemptions.
#[test]
fn an_exemption_that_is_known_not_to_hold_leaves_nothing_undecided() {
    let exemption = |condition: &str| {
        let text = format!(
            r#"@id("e") @exempts("made") @reason("R") @owner("O") @expires("2027-01-01") permit (principal, action, resource) when {{ {condition} }};"#
        );
        ("exemptions/e.cedar".to_owned(), text)
    };
    let mut event = key_created();
    event["userIdentity"] = json!({});
    for (condition, expected) in [
        (
            r#"principal == User::"a" && context.name == "x""#,
            (vec!["made"], vec![]),
        ),
        (
            r#"principal == User::"a" && context.name like "iam:*""#,
            (vec!["made"], vec!["e"]),
        ),
    ] {
        let bundle = Bundle::load(&[made(), exemption(condition)]).expect("it loads");
        let verdict = bundle.judge(&activity(event.clone()), None, None);
        assert_eq!(ids(&verdict), expected, "{condition}");
    }
}
