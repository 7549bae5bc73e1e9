//! What holds for every form of every alert: limits, facts, and that nothing an event
//! brings along breaks or injects.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::tests::{key_created, report};
use super::{Alert, Limit, situations};
use crate::plain::Plain;
use crate::report::Report;

fn is_printable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// The schema that Amazon Q Developer documents (Administrator Guide, "Custom
/// notifications"), as far as it names types and values.
fn check_chat(chat: &Value) {
    let keys = |value: &Value| -> Vec<String> {
        let object = value.as_object().expect("it is an object");
        object.keys().cloned().collect()
    };
    let known = |value: &Value, names: &[&str]| {
        assert!(
            keys(value).iter().all(|key| names.contains(&key.as_str())),
            "{value}"
        );
    };
    known(chat, &["version", "source", "id", "content", "metadata"]);
    assert_eq!(
        (&chat["version"], &chat["source"]),
        (&json!("1.0"), &json!("custom"))
    );
    let content = &chat["content"];
    known(
        content,
        &["textType", "title", "description", "nextSteps", "keywords"],
    );
    assert_eq!(content["textType"], "client-markdown");
    for text in ["title", "description"] {
        assert!(
            content[text].as_str().is_some_and(|text| !text.is_empty()),
            "{chat}"
        );
    }
    let texts = |list: &Value| {
        let list = list.as_array().expect("it is a list");
        list.iter()
            .all(|item| item.as_str().is_some_and(|text| !text.is_empty()))
    };
    assert!(
        texts(&content["nextSteps"]) && texts(&content["keywords"]),
        "{chat}"
    );
    let metadata = &chat["metadata"];
    known(
        metadata,
        &[
            "threadId",
            "summary",
            "eventType",
            "relatedResources",
            "additionalContext",
        ],
    );
    assert!(texts(&metadata["relatedResources"]), "{chat}");
    let buttons = metadata["additionalContext"]
        .as_object()
        .expect("it is an object");
    // Only such values reach a custom action (API reference, `CustomActionAttachment`).
    let is_value = |value: &Value| {
        value.as_str().is_some_and(|text| {
            text.len() <= 1024 && text.bytes().all(|byte| (0x21..=0x7f).contains(&byte))
        })
    };
    assert!(buttons.values().all(is_value), "{chat}");
}

/// All forms of an alert keep what those who take them ask for.
fn check_forms(report: &Report) {
    let alert = Alert::compose(report);
    let limits = alert.limits().expect("it serialises");
    assert!(limits.iter().all(Limit::is_kept), "{limits:?}");
    assert!(is_printable(&alert.subject), "{:?}", alert.subject);
    assert!(is_printable(&alert.sms), "{:?}", alert.sms);
    assert!(
        !alert
            .sms
            .contains(['[', ']', '{', '}', '|', '\\', '^', '~', '`'])
    );
    let message: Value =
        serde_json::from_str(&alert.message().expect("it serialises")).expect("it is JSON");
    assert!(
        message
            .as_object()
            .is_some_and(|all| all.values().all(Value::is_string))
    );
    let program: Value = serde_json::from_str(message["default"].as_str().unwrap_or_default())
        .expect("programs get JSON");
    assert_eq!(program["schema"], "keyrail.alert/v1");
    let chat = alert.chat().expect("it serialises");
    check_chat(&serde_json::from_str(&chat).expect("it is JSON"));
    let attributes: Vec<_> = alert.attributes().collect();
    assert!(attributes.len() <= 10);
    for (name, value) in attributes {
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase()), "{name}");
        assert!(
            is_printable(&value) && value.len() <= 256,
            "{name}: {value:?}"
        );
    }
}

/// Whoever reads a report from a file sees the alert that was sent.
fn check_reading_back(report: &Report) {
    let json = serde_json::to_value(report).expect("it serialises");
    let mut read: Report = serde_json::from_value(json.clone()).expect("it reads back");
    read.on_alerts = report.on_alerts.clone();
    assert_eq!(serde_json::to_value(&read).expect("it serialises"), json);
    let (sent, shown) = (Alert::compose(report), Alert::compose(&read));
    assert_eq!(
        (&shown.subject, &shown.text, &shown.sms),
        (&sent.subject, &sent.text, &sent.sms)
    );
    let chat = |alert: &Alert<'_>| alert.chat().expect("it serialises");
    assert_eq!(chat(&shown), chat(&sent));
    assert!(shown.attributes().eq(sent.attributes()));
}

/// What the JSON says, the text says.
fn check_text_has_the_facts(report: &Report) {
    let alert = Alert::compose(report);
    let json = serde_json::to_value(&alert).expect("it serialises");
    let report = &json["report"];
    let mut facts: Vec<&Value> = [
        "/event/id",
        "/activity/account",
        "/activity/region",
        "/activity/actor/arn",
        "/activity/actor/access_key_id",
        "/activity/origin/ip",
        "/activity/origin/user_agent",
        "/activity/target/access_key_id",
        "/activity/target/user",
        "/activity/outcome/error_code",
        "/bundle",
    ]
    .iter()
    .filter_map(|place| report.pointer(place))
    .collect();
    let lists = [
        ("/verdict/violated", "id"),
        ("/verdict/exempted", "exemption"),
        ("/verdict/expired", "exemption"),
        ("/verdict/undecided", "policy"),
        ("/plan", "step"),
        ("/outcomes", "step"),
        ("/outcomes", "detail"),
        ("/verdict/violated", "advice"),
        ("/verdict/violated", "runbook"),
    ];
    for (list, field) in lists {
        let items = report.pointer(list).and_then(Value::as_array);
        facts.extend(items.into_iter().flatten().map(|item| &item[field]));
    }
    for list in ["/not_known", "/activity/conflicts"] {
        facts.extend(
            report
                .pointer(list)
                .and_then(Value::as_array)
                .into_iter()
                .flatten(),
        );
    }
    facts.push(&json["state"]);
    for fact in facts.into_iter().filter_map(Value::as_str) {
        // On one line, and cut with a mark: as `Plain` shows it. A user agent's quotes
        // stand within quotes.
        let shown = Plain(fact).to_string();
        let is_there = [shown.clone(), shown.replace('"', "'")]
            .iter()
            .any(|shown| alert.text.contains(shown));
        assert!(is_there, "{fact:?} is not in\n{}", alert.text);
    }
}

#[test]
fn each_situation_keeps_all_limits_and_tells_all_facts() {
    for (_, report) in situations::all() {
        check_forms(&report);
        check_reading_back(&report);
        check_text_has_the_facts(&report);
    }
}

/// What begins a part or a line of the text.
const HEADINGS: [&str; 18] = [
    "What keyrail did",
    "Do now",
    "Not known",
    "Conflict",
    "Who",
    "How",
    "From",
    "Where",
    "When",
    "Event",
    "Why",
    "Exempt",
    "Expired",
    "Undecided",
    "Bundle",
    "Instead of an access key",
    "Undo",
    "Links",
];

/// The headings of a text in their order. All else in it stands further in, but for the state and
/// the sentence, which come first.
fn headings_in(text: &str) -> Vec<&str> {
    let outer = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(' '));
    let outer = outer.skip(2);
    outer
        .map(|line| {
            HEADINGS
                .into_iter()
                .find(|heading| line.starts_with(heading))
                .unwrap_or(line)
        })
        .collect()
}

/// The headings that a report of a call which no step follows has, by what is in it.
fn headings_of(report: &Report, alert: &Alert<'_>) -> Vec<&'static str> {
    let conflicts = report.activity.conflicts.len();
    let violated = report.verdict.violated.len();
    let undecided = report.verdict.undecided.len();
    let has_to_do = !alert.content.to_do.is_empty();
    let has_links = !alert.content.links.is_empty();
    let has_alternatives = !alert.content.instead.is_empty();
    let parts = [
        ("What keyrail did", 1),
        ("Do now", usize::from(has_to_do)),
        ("Conflict", conflicts),
        ("Who", 1),
        ("How", 1),
        ("From", 1),
        ("Where", 1),
        ("When", 1),
        ("Event", 1),
        ("Why", violated),
        ("Undecided", undecided),
        ("Bundle", 1),
        ("Instead of an access key", usize::from(has_alternatives)),
        ("Links", usize::from(has_links)),
    ];
    parts
        .into_iter()
        .flat_map(|(heading, count)| std::iter::repeat_n(heading, count))
        .collect()
}

/// What people choose: names, agents, messages.
fn hostile() -> impl Strategy<Value = String> {
    let parts = [
        "bob",
        "\r\n",
        "\n\nUndo    rm",
        "\nDo now\n  1. rm",
        "\r\nWhy     guardrail x",
        "\nLinks",
        "\"",
        "'",
        "`x`",
        "<b>",
        "</a>",
        "<!here>",
        "<@U123>",
        "@channel",
        "[x](https://evil.example)",
        "https://evil.example",
        "www.evil.example",
        "\u{202e}",
        "\u{200b}",
        "\u{feff}",
        "\u{0}",
        "é",
        "\u{1f600}",
        "*a*",
        "_",
        "~",
        "&lt;",
        "|",
        "{{",
        "$(id)",
        "; rm -rf /",
        "\\",
        "%0a",
    ];
    let short = prop::collection::vec(prop::sample::select(parts.to_vec()), 0..8);
    let long = (prop::sample::select(parts.to_vec()), Just(65_536_usize));
    prop_oneof![
        9 => short.prop_map(|parts| parts.concat()),
        1 => long.prop_map(|(part, length)| part.repeat(length / part.len())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nothing_hostile_breaks_or_injects(
        texts in prop::collection::vec(hostile(), 9..10),
        denied in any::<bool>(),
    ) {
        let mut event = key_created();
        event["detail"]["errorCode"] = Value::Null;
        event["detail"]["errorMessage"] = Value::Null;
        let places = [
            "/detail/userIdentity/userName", "/detail/userIdentity/arn", "/detail/sourceIPAddress",
            "/detail/userAgent", "/detail/requestParameters/userName",
            "/detail/responseElements/accessKey/userName", "/detail/errorCode",
            "/detail/errorMessage", "/region",
        ];
        for (place, text) in places.iter().zip(&texts) {
            if denied || !place.contains("error") {
                *event.pointer_mut(place).expect("the field is there") = text.as_str().into();
            }
        }
        let report = report(&event, vec![]);
        check_forms(&report);
        check_reading_back(&report);
        check_text_has_the_facts(&report);
        let alert = Alert::compose(&report);
        let expected = headings_of(&report, &alert);
        prop_assert_eq!(headings_in(&alert.text), expected, "{}", alert.text);
        let chat = alert.chat().expect("it serialises");
        for (name, shown) in [("text", &alert.text), ("chat", &chat), ("subject", &alert.subject)] {
            prop_assert!(!shown.contains("https://evil"), "{name}: {shown}");
            prop_assert!(!shown.contains('\u{202e}') && !shown.contains('\u{200b}'), "{name}");
        }
        // A user may be called so, and then its name stands in commands and links as it is.
        let exact = |line: &&str| line.contains("aws iam ") || line.contains("/users/details/");
        for line in alert.text.lines().filter(|line| !exact(line)) {
            prop_assert!(!line.contains("www.evil"), "{line}");
        }
        for markup in ["<!here>", "<@U123>", " @channel ", "](", "<b>"] {
            prop_assert!(!chat.contains(markup), "{markup}: {chat}");
        }
    }
}
