use super::*;

fn unrecognised(text: &str) -> String {
    match Event::parse(text.as_bytes()).map(|event| event.body) {
        Ok(Body::Unrecognised(reason)) => reason,
        other => panic!("recognised: {other:?}"),
    }
}

#[test]
fn both_spellings_of_the_sign_in_type_are_known() {
    for spelling in [
        "AWS Console Sign In via CloudTrail",
        "AWS Console Signin via CloudTrail",
        "Amazon API Call via CloudTrail",
        "AWS Service Event via CloudTrail",
    ] {
        assert_eq!(Shape::of(spelling), Some(Shape::CloudTrail), "{spelling}");
    }
    assert_eq!(Shape::of("Sign-in Anomaly Alert"), Some(Shape::Noted));
    assert_eq!(Shape::of("EC2 Instance State-change Notification"), None);
}

#[test]
fn a_body_that_is_no_event_says_why_and_how_to_find_it() {
    assert_eq!(
        unrecognised("[1]"),
        "the body is not a JSON object (3 bytes, SHA-256 begins 080a9ed428559ef6)"
    );
    assert!(unrecognised("{}").starts_with("the body is neither"));
    assert!(unrecognised(r#"{"detail-type":"X","detail":{}}"#).starts_with("detail type `X`"));
    assert!(unrecognised(r#"{"detail":{}}"#).starts_with("the envelope has no detail type"));
    assert!(
        unrecognised(r#"{"detail-type":"AWS API Call via CloudTrail","detail":"x"}"#)
            .starts_with("`detail` is not a CloudTrail record")
    );
}

#[test]
fn the_record_id_wins_over_the_envelope_id() {
    let event = Event::parse(
        br#"{"detail-type":"AWS API Call via CloudTrail","id":"e","source":"aws.iam","detail":{"eventID":"r","eventName":"X","eventSource":"iam.amazonaws.com"}}"#,
    );
    assert_eq!(event.map(|event| event.id), Ok(Some("r".to_owned())));
}

#[test]
fn a_bare_record_gets_the_source_that_its_envelope_would_have() {
    let event = Event::parse(br#"{"eventName":"X","eventSource":"iam.amazonaws.com"}"#);
    assert_eq!(
        event.map(|event| (event.source, event.detail_type)),
        Ok((Some("aws.iam".to_owned()), None))
    );
}

#[test]
fn a_record_that_names_nothing_is_not_recognised() {
    for detail in [
        r"{}",
        r#"{"eventName":["X"],"eventSource":"iam.amazonaws.com"}"#,
        r#"{"eventName":"X"}"#,
    ] {
        let text = format!(r#"{{"detail-type":"AWS API Call via CloudTrail","detail":{detail}}}"#);
        assert!(
            unrecognised(&text).starts_with("the record names no event or no source"),
            "{detail}"
        );
    }
}

#[test]
fn half_a_character_hides_nothing() {
    let event = Event::parse(
        br#"{"eventName":"X","eventSource":"iam.amazonaws.com","userAgent":"cut \ud83d"}"#,
    );
    assert_eq!(event.map(|event| event.name), Ok(Some("X".to_owned())));
}

#[test]
fn a_log_file_is_one_event_only_if_it_holds_one() {
    let one = Event::parse(br#"{"Records":[{"eventName":"X","eventSource":"iam.amazonaws.com"}]}"#);
    assert_eq!(one.map(|event| event.name), Ok(Some("X".to_owned())));
    let two = Event::parse(br#"{"Records":[{},{}]}"#).map(|event| event.name);
    assert_eq!(two, Err(ParseEventError::NotOne { events: 2 }));
}

#[test]
fn bytes_that_are_no_json_are_refused_with_the_place() {
    let refused = Event::parse(b"{\xff").map(|event| event.name);
    assert!(
        matches!(refused, Err(ParseEventError::NotJson { cause }) if cause.contains("line 1 column 2"))
    );
}

/// The same finding or notice, told in another account or Region, is one piece of work.
#[test]
fn what_is_reported_twice_is_claimed_once() {
    let claim = |event: &serde_json::Value| {
        let event = Event::parse(event.to_string().as_bytes()).expect("it is an event");
        event.claim()
    };
    for (name, known_by) in [
        ("guardduty-key-of-user", "/detail/updatedAt"),
        ("health-key-exposed", "/detail/communicationId"),
    ] {
        let path = format!(
            "{}/../../tests/fixtures/events/{name}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(path).expect("it is there");
        let mut first: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        if name.starts_with("health") {
            first["detail"]["communicationId"] = "1".into();
        }
        let mut second = first.clone();
        second["id"] = "another".into();
        second["region"] = "us-west-2".into();
        assert_eq!(claim(&first), claim(&second), "{name}");
        if let Some(known) = second.pointer_mut(known_by) {
            *known = "2026-11-26T00:00:00Z".into();
        }
        assert_ne!(claim(&first), claim(&second), "{name}");
    }
}
