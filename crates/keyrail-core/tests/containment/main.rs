//! Containment against a model of IAM: seeded simulations, in the order of a real event.
//! `make soak` runs them in full (`KEYRAIL_SOAK=1`), `make test` a slice of each.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod crashes;
mod doors;
mod model;
mod pairs;
mod truth;

use std::future::{self, Future};
use std::task::Poll;

use jiff::{SignedDuration, Timestamp};
use keyrail_core::pipeline::Response;
use keyrail_core::recheck::recheck;
use keyrail_core::{Bundle, Circumstances, Event, Mode, respond};
use serde_json::{Value, json};

use self::model::{Iam, Model, User};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const KEY: &str = "AKIAI44QH8DHBEXAMPLE";

/// How many runs: a slice, or all of them.
pub(crate) fn runs(slice: u64, all: u64) -> u64 {
    match std::env::var_os("KEYRAIL_SOAK") {
        Some(_) => all,
        None => slice,
    }
}

/// Says what ran, for who runs it with `--nocapture`.
#[expect(clippy::print_stdout, reason = "the figures of a soak are its output")]
pub(crate) fn told(what: &str) {
    println!("{what}");
}

pub(crate) fn enforcing() -> Circumstances {
    Circumstances::in_mode(Mode::Enforce)
}

pub(crate) fn one_guardrail(settings: &str, respond: &str) -> Bundle {
    let guardrail = format!(
        r#"@id("one") @title("One") @severity("high") @respond("{respond}") forbid (principal, action in Action::"issue-access-key", resource) when {{ context.succeeded }};"#
    );
    let files = [
        ("keyrail.toml".to_owned(), settings.to_owned()),
        ("guardrails/a.cedar".to_owned(), guardrail),
    ];
    Bundle::load(&files).expect("it loads")
}

/// Handles an event as the function does; `None` if the process died over it.
pub(crate) async fn handle(
    model: &Model,
    bundle: &Bundle,
    event: &Value,
    circumstances: &Circumstances,
) -> Option<Response> {
    let event = Event::parse(event.to_string().as_bytes()).expect("it is an event");
    let until = model.now() + SignedDuration::from_secs(30);
    to_its_end(respond(event, bundle, circumstances, until, model)).await
}

/// Delivers the re-checks when they are due, and has others act in between; whether one
/// failed so often that it became a dead letter.
pub(crate) async fn look_again(
    model: &Model,
    bundle: &Bundle,
    circumstances: &Circumstances,
    mut meanwhile: impl FnMut(&Model, Timestamp),
) -> bool {
    let mut dead_letter = false;
    loop {
        let due = {
            let mut inner = model.0.borrow_mut();
            inner.rechecks.sort_by_key(|(due, _)| *due);
            (!inner.rechecks.is_empty()).then(|| inner.rechecks.remove(0))
        };
        let Some((due, containment)) = due else {
            return dead_letter;
        };
        meanwhile(model, due);
        {
            let mut inner = model.0.borrow_mut();
            inner.now = inner.now.max(due);
        }
        // As SQS: what fails comes again.
        let mut left = 5;
        loop {
            let looked = recheck(&containment, left < 5, bundle, circumstances, model).await;
            let told = match &looked {
                Ok(Some(response)) => response.sent.as_ref().is_none_or(Result::is_ok),
                Ok(None) => true,
                Err(_) => false,
            };
            if told {
                break;
            }
            left -= 1;
            if left == 0 {
                dead_letter = true;
                break;
            }
            model.wait(std::time::Duration::from_mins(3));
        }
    }
}

/// Runs a future to its end, or until it will never go on.
pub(crate) async fn to_its_end<F: Future>(work: F) -> Option<F::Output> {
    let mut work = Box::pin(work);
    let mut polls = 0;
    future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if polls > 2_000 => Poll::Ready(None),
        Poll::Pending => {
            polls += 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

/// A key that anaya created for a user, some seconds before the model begins.
pub(crate) fn key_created(account: &str, user: &str, key: &str) -> Value {
    json!({
        "id": "7bf73129-1428-4cd3-a780-000000000001",
        "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam",
        "account": account, "region": "us-east-1", "time": "2026-11-25T02:59:50Z",
        "detail": {
            "eventID": "e0f1a2b3-1111-4c5d-9e8f-000000000001", "eventTime": "2026-11-25T02:59:50Z",
            "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey",
            "awsRegion": "us-east-1", "recipientAccountId": account,
            "userIdentity": {
                "type": "IAMUser", "userName": "anaya", "accountId": account,
                "arn": format!("arn:aws:iam::{account}:user/anaya"), "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            },
            "requestParameters": {"userName": user},
            "responseElements": {"accessKey": {"accessKeyId": key, "userName": user, "status": "Active"}},
        },
    })
}

/// One account with one user, who has the key of the event, an older one, a password and
/// a service-specific credential.
pub(crate) fn bob() -> Iam {
    let created: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let event: Timestamp = "2026-11-25T02:59:50Z".parse().expect("a time");
    let user = User {
        created,
        keys: [
            (KEY.to_owned(), (true, event)),
            ("AKIAIOSFODNN7OLDER00".to_owned(), (true, created)),
        ]
        .into(),
        password: Some(created),
        services: [("ACCAI44QH8DHBEXAMPLE".to_owned(), true)].into(),
        ..User::default()
    };
    [((ACCOUNT.to_owned(), "bob".to_owned()), user)].into()
}
