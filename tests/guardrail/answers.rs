//! Each error that AWS documents for a change has its own words, and its own consequence.
//!
//! What came of each is the table of `docs/aws-errors.md`; `KEYRAIL_UPDATE=1` writes it anew.

use std::fmt::Write as _;
use std::time::Duration;

use aws_sdk_iam::types::StatusType;
use futures_util::stream::{self, StreamExt as _};

use crate::support::World;
use crate::support::proxy::Fault;

/// What AWS answers `UpdateAccessKey` with, all the time that there is (IAM API reference,
/// `UpdateAccessKey` and "Common errors"; STS API reference; checked 2026-11-29).
fn answers() -> Vec<(&'static str, Fault)> {
    vec![
        ("`AccessDenied`", Fault::Error(403, "AccessDenied")),
        (
            "`ConcurrentModification`",
            Fault::Error(409, "ConcurrentModification"),
        ),
        (
            "`EntityTemporarilyUnmodifiable`",
            Fault::Error(409, "EntityTemporarilyUnmodifiable"),
        ),
        ("`ExpiredToken`", Fault::Error(403, "ExpiredToken")),
        (
            "`InvalidClientTokenId`",
            Fault::Error(403, "InvalidClientTokenId"),
        ),
        ("`InvalidInput`", Fault::Error(400, "InvalidInput")),
        ("`LimitExceeded`", Fault::Error(409, "LimitExceeded")),
        (
            "`NoSuchEntity`, and the list shows the key",
            Fault::Error(404, "NoSuchEntity"),
        ),
        ("`RequestTimeout`", Fault::Error(408, "RequestTimeout")),
        ("`ServiceFailure`", Fault::Error(500, "ServiceFailure")),
        (
            "`ServiceUnavailable`",
            Fault::Error(503, "ServiceUnavailable"),
        ),
        ("`Throttling`", Fault::Error(400, "Throttling")),
        ("`ValidationError`", Fault::Error(400, "ValidationError")),
        ("a connection that breaks", Fault::Close),
        ("nothing", Fault::Hang),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_answer_of_aws_has_its_own_words_and_consequence() {
    let rows: Vec<String> = stream::iter(answers())
        .map(|(name, fault)| async move { row(name, fault).await })
        .buffered(8)
        .collect()
        .await;
    let page = page(&rows);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/aws-errors.md");
    if std::env::var_os("KEYRAIL_UPDATE").is_some() {
        std::fs::write(path, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(written, page, "KEYRAIL_UPDATE=1 writes it anew");
}

/// Contains a key while IAM answers so; a row of the table.
async fn row(name: &str, fault: Fault) -> String {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.function(Some("enforce")).await;
    // Three seconds for containing.
    function.ends_after(Duration::from_secs(11));
    world.proxy.breaks("UpdateAccessKey", &[fault]);
    world
        .proxy
        .breaks("GetAccessKeyLastUsed", &[Fault::Error(403, "AccessDenied")]);
    let answered = function.invoke(&world.key_created("bob", &key)).await;

    let [alert] = world.alerts().await.try_into().expect("one alert");
    let (result, detail) = alert.outcome();
    assert_eq!(world.status("bob", &key).await, Some(StatusType::Active));
    // Whatever it is called, the key is active and on-call must know.
    assert_eq!(
        (alert.state(), alert.severity(), result),
        ("FAILED", "critical", "failed"),
        "{name}: {detail}"
    );
    let (words, _) = detail.split_once(": ").expect("words and an error");
    let actions = world.proxy.actions();
    let sent = actions.iter().filter(|action| *action == "UpdateAccessKey");
    let waited_out = if sent.count() > 1 { "yes" } else { "no" };
    let again = if answered.is_err() { "yes" } else { "no" };
    format!("| {name} | {words} | {waited_out} | {again} |")
}

fn page(rows: &[String]) -> String {
    let mut page = String::from(
        "# What AWS's errors come to\n\n\
         A test answers the function's change of a key with each error that AWS documents for it, all the time that\n\
         the invocation has, and writes this table. Whatever the error, the alert is `FAILED` and critical as long as the\n\
         key works. *Waited out*: the change is sent again until the time is over, so that an error that passes in time\n\
         is not noticed. *Tried again*: then Lambda runs the event again, after the alert.\n\n\
         | AWS answers | the alert says | waited out | tried again |\n| --- | --- | --- | --- |\n",
    );
    for row in rows {
        // Writing to a `String` cannot fail.
        writeln!(page, "{row}").expect("a `String` takes it");
    }
    page
}
