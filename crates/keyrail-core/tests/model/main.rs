//! Containment, simulated against a model of IAM: seeded, in virtual time, through
//! `respond` and `recheck` as the function calls them. `KEYRAIL_SOAK=1` runs all of it,
//! else a slice of each.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod account_client;
mod around;
mod chains;
mod chat;
mod comebacks;
mod crashes;
mod doors;
mod duplicates;
mod events;
mod faults;
mod invocation;
mod lambda;
mod memories;
mod model;
mod neighbours;
mod repeats;
mod storm;
mod surges;
mod targets;
mod timers;
mod waiting;
mod world;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use keyrail_core::pipeline::Response;
use keyrail_core::pipeline::{self, recheck};
use keyrail_core::queue::Delivery;
use keyrail_core::recheck::Recheck;
use keyrail_core::{Bundle, Circumstances, Event, Mode, respond};
use serde_json::Value;

use self::model::{Model, START};
use self::world::{Iam, User};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const KEY: &str = "AKIAI44QH8DHBEXAMPLE";
pub(crate) const OLDER: &str = "AKIAIOSFODNN7OLDER00";

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

pub(crate) fn start() -> Timestamp {
    START.parse().expect("a time")
}

pub(crate) fn seconds(number: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(number).expect("small"))
}

/// A bundle of one guardrail: whoever gets a key, or has one activated.
pub(crate) fn one_guardrail(settings: &str, respond: &str) -> Bundle {
    let guardrail = |id: &str, group: &str| {
        format!(
            r#"@id("{id}") @title("One") @severity("high") @respond("{respond}") forbid (principal, action in Action::"{group}", resource) when {{ context.succeeded }};"#
        )
    };
    let text = [
        guardrail("issued", "issue-access-key"),
        guardrail("activated", "reactivate-credential"),
    ];
    let files = [
        ("keyrail.toml".to_owned(), settings.to_owned()),
        ("guardrails/a.cedar".to_owned(), text.join("\n")),
    ];
    Bundle::load(&files).expect("it loads")
}

/// Runs a future to its end; `None` if the process died over it.
pub(crate) fn to_its_end<T>(model: &Model, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(output) = work.as_mut().poll(&mut context) {
            return Some(output);
        }
        if std::mem::take(&mut model.0.borrow_mut().is_dead) {
            return None;
        }
    }
    panic!("it never ends");
}

/// Responds to an event as the function does, with what it says must be judged again.
pub(crate) async fn respond_to(model: &Model, bundle: &Bundle, event: &Value) -> Vec<Response> {
    let circumstances = Circumstances {
        mode: Some(Mode::Enforce),
        ..Circumstances::of(bundle)
    };
    let mut next = Some(Event::parse(event.to_string().as_bytes()).expect("it is an event"));
    let mut responses = Vec::new();
    while let Some(event) = next {
        let (model, by) = model.invoked();
        let mut response = respond(event, circumstances.setup(bundle), &by, &model).await;
        next = response.again.take();
        responses.push(response);
    }
    responses
}

/// The same, to its end; `None` if the process died over it.
pub(crate) fn handle(model: &Model, bundle: &Bundle, event: &Value) -> Option<Vec<Response>> {
    to_its_end(model, respond_to(model, bundle, event))
}

/// Whether the invocation succeeds, so that nobody tries it again.
pub(crate) fn is_done(responses: &[Response]) -> bool {
    use keyrail_core::pipeline::Handled;
    responses.iter().all(|response| {
        response.handled != Handled::Elsewhere
            && response.sent.as_ref().is_none_or(Result::is_ok)
            && !response.report.is_worth_a_retry()
            && response.failed_afterwards.is_empty()
    })
}

/// How a re-check ended.
pub(crate) enum Looked {
    Died,
    /// It fails, and the message comes again.
    Failed,
    /// IAM throttles: keyrail has sent itself the same for later.
    PutOff,
    Silent,
    Told,
}

pub(crate) fn look(model: &Model, bundle: &Bundle, message: &Recheck, again: bool) -> Looked {
    let circumstances = Circumstances {
        mode: Some(Mode::Enforce),
        ..Circumstances::of(bundle)
    };
    let (invoked, _) = model.invoked();
    let delivery = match again {
        true => Delivery::Again,
        false => Delivery::First,
    };
    let looking = recheck(message, delivery, circumstances.setup(bundle), &invoked);
    match to_its_end(model, looking) {
        None => Looked::Died,
        Some(Err(_)) => Looked::Failed,
        Some(Ok(pipeline::Looked::PutOff)) => Looked::PutOff,
        Some(Ok(pipeline::Looked::Contained)) => Looked::Silent,
        Some(Ok(pipeline::Looked::Told(response))) => match is_done(&[*response]) {
            true => Looked::Told,
            false => Looked::Failed,
        },
    }
}

/// The re-check that is due next, at its time.
pub(crate) fn next_due(model: &Model) -> Option<Recheck> {
    let mut inner = model.0.borrow_mut();
    inner.rechecks.sort_by_key(|(due, _)| *due);
    if inner.rechecks.is_empty() {
        return None;
    }
    let (due, message) = inner.rechecks.remove(0);
    let wait = due.duration_since(inner.now).max(SignedDuration::ZERO);
    inner.pass(wait);
    Some(message)
}

/// One user, who has the key of the event, an older one, and one of each other credential.
pub(crate) fn bob() -> Iam {
    let created: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let user = User {
        uid: 1,
        created,
        keys: [
            (
                KEY.to_owned(),
                (true, start() - SignedDuration::from_secs(10)),
            ),
            (OLDER.to_owned(), (true, created)),
        ]
        .into(),
        password: Some(created),
        services: [("ACCAI44QH8DHBEXAMPLE".to_owned(), (true, created))].into(),
        ssh_keys: [("APKAI44QH8DHBEXAMPLE".to_owned(), (true, created))].into(),
        certificates: [("TA7SMP42TDN5Z26OBPJE7EXAMPLE".to_owned(), (true, created))].into(),
        ..User::default()
    };
    [((ACCOUNT.to_owned(), "bob".to_owned()), user)].into()
}

/// That user, as IAM really has it.
pub(crate) fn bob_in(iam: &Iam) -> &User {
    &iam[&(ACCOUNT.to_owned(), "bob".to_owned())]
}
