//! What `keyrail explain` takes, and what it says of anything else.

use serde_json::{Value, json};

use crate::{Ran, explained, gzipped, nothing, ran_with, record, sample};

const HELP: &str = "expected an EventBridge event, a CloudTrail record, a log file with `Records`, or one of these in a message of SQS or SNS, as JSON";

/// However an event is packed, it is the same event.
#[test]
fn one_event_is_found_in_whatever_holds_it() {
    let event = sample("key-created-for-another", &[]);
    let record = record("key-created-for-another");
    let expected = explained(&event, &["--mode", "enforce"]);
    assert_eq!(expected["plan"][0]["withheld"], Value::Null);
    for (packing, packed) in [
        ("a bare record", record.clone()),
        ("a log file", json!({"Records": [record]})),
        ("an array", json!([record])),
        (
            "what lookup-events prints",
            json!({"Events": [looked_up(&record)]}),
        ),
        ("a batch of SQS", json!({"Records": [of_sqs(&event)]})),
        (
            "what receive-message prints",
            json!({"Messages": [received(&event)]}),
        ),
        ("a notification of SNS", notification(&event)),
        (
            "a notification in a batch of SQS",
            json!({"Records": [of_sqs(&notification(&event).to_string())]}),
        ),
        (
            "an invocation by SNS",
            json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": notification(&event)}]}),
        ),
        ("a failed invocation", failed(&event)),
        (
            "a failed invocation in a message",
            json!({"Messages": [received(&failed(&event).to_string())]}),
        ),
    ] {
        let mut report = explained(&packed.to_string(), &["--mode", "enforce"]);
        // What came inside a message is old news: IAM is asked whose the key is.
        let who = report.pointer_mut("/plan/0/effect/who/user");
        let who = who.map(|who| std::mem::replace(who, json!({"shown": "bob"})));
        let asked = json!({"asked": {"key": "AKIAI44QH8DHBEXAMPLE", "expected": "bob"}});
        assert!(
            who == Some(json!({"shown": "bob"})) || who == Some(asked),
            "{packing}"
        );
        for part in ["activity", "plan", "verdict"] {
            assert_eq!(report[part], expected[part], "{part} of {packing}");
        }
    }
}

#[test]
fn of_several_events_one_must_be_chosen() {
    let log = json!({"Records": [record("root-sign-in"), record("key-created-for-another")]});
    let ran = explain(log.to_string().as_bytes(), &[]);
    assert_eq!(
        refused(&ran),
        "error: `-`: it holds 2 events\n\nhelp: choose one with `--index` or `--event-id`; it begins with\n  \
         0  2026-03-14T09:26:53Z  ConsoleLogin  e0f1a2b3-1111-4c5d-9e8f-000000000005\n  \
         1  2026-03-14T09:26:53Z  CreateAccessKey  e0f1a2b3-1111-4c5d-9e8f-000000000001\n"
    );
}

#[test]
fn an_event_is_chosen_by_its_place_or_its_id() {
    let (first, second) = (record("root-sign-in"), record("key-created-for-another"));
    let events = [&first, &second].map(Value::to_string);
    let pretty = [&first, &second].map(|record| format!("{record:#}"));
    for (packing, log) in [
        (
            "a log file",
            json!({"Records": [first, second]}).to_string(),
        ),
        ("an array", json!([first, second]).to_string()),
        ("lines", events.join("\n")),
        ("one value after another", pretty.concat()),
        (
            "what lookup-events prints",
            json!({"Events": [looked_up(&first), looked_up(&second)], "NextToken": "example"})
                .to_string(),
        ),
        (
            "a batch of SQS",
            json!({"Records": [of_sqs(&events[0]), of_sqs(&events[1])]}).to_string(),
        ),
        (
            "what receive-message prints",
            json!({"Messages": [received(&events[0]), received(&events[1])]}).to_string(),
        ),
    ] {
        for (choice, name) in [
            (["--index", "0"], "ConsoleLogin"),
            (["--index", "1"], "CreateAccessKey"),
            (
                ["--event-id", "e0f1a2b3-1111-4c5d-9e8f-000000000001"],
                "CreateAccessKey",
            ),
        ] {
            let report = explained(&log, &choice);
            assert_eq!(report["event"]["name"], name, "{choice:?} of {packing}");
        }
    }
}

#[test]
fn a_choice_that_is_not_there_says_what_is() {
    let log = json!([record("root-sign-in"), record("sign-in-failed")]).to_string();
    assert_eq!(
        refused(&explain(log.as_bytes(), &["--index", "2"])),
        "error: `-`: there is no event 2\n\nhelp: it holds 2, counted from 0\n"
    );
    assert_eq!(
        refused(&explain(log.as_bytes(), &["--event-id", "nowhere"])),
        "error: `-`: none of its 2 events has the id `nowhere`\n\nhelp: it begins with\n  \
         0  2026-03-14T09:26:53Z  ConsoleLogin  e0f1a2b3-1111-4c5d-9e8f-000000000005\n  \
         1  2026-03-14T09:26:53Z  ConsoleLogin  e0f1a2b3-1111-4c5d-9e8f-000000000011\n"
    );
    let both = ["--index", "0", "--event-id", "nowhere"];
    let error = "error: the argument '--index <N>' cannot be used with '--event-id <ID>'\n";
    let ran = explain(log.as_bytes(), &both);
    assert!(refused(&ran).starts_with(error), "{ran:?}");
    let ran = explain(log.as_bytes(), &["--index", "-1"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
}

/// Not more than ten are listed, however many there are, and nothing in their texts
/// breaks the list.
#[test]
fn a_long_log_is_listed_in_part() {
    let mut odd = record("root-sign-in");
    odd["eventName"] = json!("Console\nLogin\u{1b}[31m");
    let log: Vec<Value> = (0..12).map(|_| odd.clone()).collect();
    let ran = explain(json!(log).to_string().as_bytes(), &[]);
    let listed: Vec<&str> = refused(&ran).lines().skip(3).collect();
    assert_eq!(listed.len(), 10, "{ran:?}");
    assert!(
        listed[9].starts_with("  9  2026-03-14T09:26:53Z  Console\\nLogin\\u{1b}[31m  "),
        "{ran:?}"
    );
}

#[test]
fn gzip_is_known_by_its_first_bytes() {
    let (first, second) = (record("root-sign-in"), record("sign-in-failed"));
    let log = json!({"Records": [first, second]}).to_string();
    // Several compressed files, one after another, are one.
    let lines = [first, second].map(|record| gzipped(record.to_string().as_bytes()));
    for packed in [gzipped(log.as_bytes()), lines.concat()] {
        let report = explain(&packed, &["--index", "1", "--format", "json"]).json();
        assert_eq!(
            report["event"]["id"],
            "e0f1a2b3-1111-4c5d-9e8f-000000000011"
        );
    }
    let packed = gzipped(log.as_bytes());
    let ran = explain(&packed[..packed.len() / 2], &[]);
    let error = "error: `-` cannot be decompressed: ";
    assert!(refused(&ran).starts_with(error), "{ran:?}");
}

/// S3 says that a log file was written; its notification has fields of the same
/// names as a record, and is none.
#[test]
fn a_notification_of_s3_is_no_log() {
    let notification = json!({"Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
        "eventTime": "2026-03-14T09:26:53.000Z", "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:EXAMPLE"},
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": "example-bucket"}, "object": {"key": "log.json.gz"}},
    }]});
    let report = explained(&notification.to_string(), &[]);
    assert_eq!(report["activity"]["kind"], "unrecognised");
    let reason = report["activity"]["unknown"][0]
        .as_str()
        .unwrap_or_default();
    assert!(
        reason.starts_with("the body names an object in S3, and is not an event of CloudTrail's ("),
        "{reason}"
    );
}

/// What is JSON and no event is one that is not recognised: alerted, never lost.
#[test]
fn json_that_is_no_event_is_reported() {
    for json in ["[]", "{}", "\"CreateAccessKey\"", "null", "[1, 2]"] {
        let report = explained(json, &[]);
        assert_eq!(report["activity"]["kind"], "unrecognised", "{json}");
        assert_eq!(report["plan"], nothing(), "{json}");
    }
}

#[test]
fn what_is_no_json_says_why_and_what_to_do() {
    let utf_16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let text = "\u{feff}{}".encode_utf16();
        text.flat_map(order).collect()
    };
    for (input, error, help) in [
        (b"".to_vec(), "there is nothing in it", HELP),
        (b" \n\t\n".to_vec(), "there is nothing in it", HELP),
        (
            b"{\"Records\": [\n  {\"eventName\": \"Creat".to_vec(),
            "not JSON: EOF while parsing a string at line 2 column 22",
            HELP,
        ),
        (
            b"{\"a\": 1}\n{\"b\": ".to_vec(),
            "not JSON: EOF while parsing a value at line 2 column 6",
            HELP,
        ),
        (
            utf_16(u16::to_le_bytes),
            "not JSON: expected value at line 1 column 1",
            "the file is in UTF-16: save it as UTF-8",
        ),
        (
            utf_16(u16::to_be_bytes),
            "not JSON: expected value at line 1 column 1",
            "the file is in UTF-16: save it as UTF-8",
        ),
    ] {
        let expected = format!("error: `-`: {error}\n\nhelp: {help}\n");
        assert_eq!(refused(&explain(&input, &[])), expected, "{input:?}");
    }
}

fn explain(input: &[u8], more: &[&str]) -> Ran {
    ran_with(&[&["explain", "-"], more].concat(), input)
}

/// The complaint of a command that could not ask.
fn refused(ran: &Ran) -> &str {
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{ran:?}");
    &ran.stderr
}

/// As `aws cloudtrail lookup-events` prints a record.
fn looked_up(record: &Value) -> Value {
    json!({
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": "false",
        "EventTime": "2026-03-14T09:26:53+00:00",
        "EventSource": record["eventSource"],
        "Username": "anaya",
        "Resources": [],
        "CloudTrailEvent": record.to_string(),
    })
}

/// As SQS hands a message to a function.
fn of_sqs(body: &str) -> Value {
    json!({
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "EXAMPLE",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1773480413000"},
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:example",
        "awsRegion": "us-east-1",
    })
}

/// As `aws sqs receive-message` prints a message.
fn received(body: &str) -> Value {
    json!({
        "MessageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "ReceiptHandle": "EXAMPLE",
        "MD5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "Body": body,
    })
}

fn notification(message: &str) -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:us-east-1:111122223333:example",
        "Message": message,
        "Timestamp": "2026-03-14T09:26:55.000Z",
        "SignatureVersion": "1",
    })
}

/// As Lambda tells the destination of an asynchronous invocation that failed.
fn failed(event: &str) -> Value {
    let event: Value = serde_json::from_str(event).expect("it is JSON");
    json!({
        "version": "1.0",
        "timestamp": "2026-03-14T09:30:00.000Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-4880-8a18-example11111",
            "functionArn": "arn:aws:lambda:us-east-1:111122223333:function:keyrail:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "example"},
    })
}
