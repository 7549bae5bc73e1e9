//! What is asked of SQS about messages in hand. What comes of it is tested with the
//! command, in `tests/emulator/test_redrive.py`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use serde_json::{Value, json};

use super::*;

#[path = "../../../../tests/wire/record.rs"]
#[expect(dead_code, reason = "no proxy is here")]
mod wire;

/// Answers whatever it is asked with the same, and passes on what that was.
fn answering(answer: &Value) -> (DeadLetters, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it listens");
    let (asked, questions) = channel();
    let answer = answer.to_string();
    let test = wire::sender();
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            if asked.send(exchange(stream, &test, &answer)).is_err() {
                break;
            }
        }
    });
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{address}"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let letters = DeadLetters {
        sqs: aws_sdk_sqs::Client::new(&config),
        lambda: aws_sdk_lambda::Client::new(&config),
        url: format!("http://{address}/111122223333/dead"),
        arn: "arn:aws:sqs:us-east-1:111122223333:dead".to_owned(),
        function: Function {
            arn: "arn:aws:lambda:us-east-1:111122223333:function:keyrail".to_owned(),
            mode: "enforce".to_owned(),
            recheck_queue_url: None,
        },
    };
    (letters, questions)
}

fn exchange(stream: TcpStream, test: &str, answer: &str) -> Value {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request).expect("there is a line");
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("there is a line");
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers["content-length"].parse().expect("it is a number");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body is there");
    let [method, path, _] = request.split(' ').collect::<Vec<_>>()[..] else {
        panic!("it is not a request: {request}");
    };
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let recorded = wire::record(test, method, path, headers, &body);
    wire::answered(&recorded, 200, answer);
    let size = answer.len();
    write!(
        reader.get_mut(),
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n{answer}"
    )
    .expect("it is read");
    serde_json::from_slice(&body).expect("it is JSON")
}

fn message(receipt: &str, held_for: Option<Duration>) -> Message {
    Message {
        id: format!("id-of-{receipt}"),
        body: String::new(),
        attributes: BTreeMap::new(),
        system: BTreeMap::new(),
        receipt: receipt.to_owned(),
        held_until: held_for.map(|held_for| Instant::now() + held_for),
    }
}

/// (receipt, seconds) of each that a request names.
fn entries(request: &Value) -> Vec<(&str, i64)> {
    let entries = request["Entries"].as_array().expect("there are entries");
    entries
        .iter()
        .map(|entry| {
            (
                entry["ReceiptHandle"].as_str().unwrap_or_default(),
                entry["VisibilityTimeout"].as_i64().unwrap_or_default(),
            )
        })
        .collect()
}

const SOON: Duration = Duration::from_secs(HIDDEN.as_secs() / 2 - 1);

#[tokio::test]
async fn what_would_soon_be_shown_is_kept_hidden_and_what_is_lost_is_known() {
    let (letters, questions) = answering(&json!({
        "Successful": [{"Id": "0"}],
        "Failed": [{"Id": "1", "SenderFault": true, "Code": "MessageNotInflight"}],
    }));
    let mut messages = [
        message("soon", Some(SOON)),
        message("later", Some(HIDDEN)),
        message("gone", Some(SOON)),
        message("lost", None),
    ];
    letters.keep(&mut messages).await.expect("SQS answers");
    let asked: Vec<Value> = questions.try_iter().collect();
    let asked: Vec<_> = asked.iter().map(entries).collect();
    assert_eq!(asked, [[("soon", 240), ("gone", 240)]]);
    let held = messages.each_ref().map(Message::is_held);
    assert_eq!(held, [true, true, false, false]);
    // Now it is kept for long enough, and nobody is asked again.
    letters.keep(&mut messages).await.expect("nobody is asked");
    assert_eq!(questions.try_iter().count(), 0);
}

#[tokio::test]
async fn ten_at_a_time_are_kept_hidden() {
    let (letters, questions) = answering(&json!({"Successful": [], "Failed": []}));
    let mut messages: Vec<Message> = (0..23).map(|_| message("soon", Some(SOON))).collect();
    letters.keep(&mut messages).await.expect("SQS answers");
    let asked: Vec<usize> = questions
        .try_iter()
        .map(|request| entries(&request).len())
        .collect();
    assert_eq!(asked, [10, 10, 3]);
}

#[tokio::test]
async fn only_what_is_still_in_hand_is_shown_again() {
    let (letters, questions) = answering(&json!({"Successful": [{"Id": "0"}], "Failed": []}));
    let messages = [message("held", Some(SOON)), message("lost", None)];
    letters.release(&messages).await.expect("SQS answers");
    let asked: Vec<Value> = questions.try_iter().collect();
    let asked: Vec<_> = asked.iter().map(entries).collect();
    assert_eq!(asked, [[("held", 0)]]);
}
