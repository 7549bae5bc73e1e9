//! Every step under every fault: the state is right, there is an alert, and its words are
//! true.
//!
//! What came of each is the table of `docs/containment-faults.md`. `KEYRAIL_SOAK=1` runs
//! them all, and with `KEYRAIL_UPDATE=1` writes the page anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use aws_sdk_iam::types::StatusType;
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::support::World;
use crate::support::bundles::bundle_with;
use crate::support::events::find;
use crate::support::proxy::Fault;
use crate::support::stand_in::{Kind, ROOT_SESSION};

/// A step: the event that brings it about, and its calls of IAM.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) changes: &'static str,
    pub(crate) reads: &'static str,
}

pub(crate) const STEPS: [Step; 10] = [
    step("deactivate-key", "UpdateAccessKey", "ListAccessKeys"),
    step(
        "deactivate-service-credential",
        "UpdateServiceSpecificCredential",
        "ListServiceSpecificCredentials",
    ),
    step(
        "deactivate-ssh-key",
        "UpdateSSHPublicKey",
        "ListSSHPublicKeys",
    ),
    step(
        "deactivate-signing-certificate",
        "UpdateSigningCertificate",
        "ListSigningCertificates",
    ),
    step("revoke-sessions", "PutUserPolicy", "GetUserPolicy"),
    step("revoke-role-sessions", "PutRolePolicy", "GetRolePolicy"),
    step("quarantine-user", "PutUserPolicy", "GetUserPolicy"),
    step(
        "disable-console-login",
        "DeleteLoginProfile",
        "GetLoginProfile",
    ),
    step("delete-key", "DeleteAccessKey", "ListAccessKeys"),
    step("delete-root-key", "DeleteAccessKey", "ListAccessKeys"),
];

const fn step(name: &'static str, changes: &'static str, reads: &'static str) -> Step {
    Step {
        name,
        changes,
        reads,
    }
}

/// A fault, and whether it meets the change or what reads it back.
fn faults() -> Vec<(&'static str, bool, Vec<Fault>)> {
    let always = |fault: Fault| vec![fault];
    let once = |fault: Fault| vec![fault, Fault::None];
    vec![
        ("no fault", true, always(Fault::None)),
        (
            "throttled once",
            true,
            once(Fault::Error(400, "Throttling")),
        ),
        ("throttled", true, always(Fault::Error(400, "Throttling"))),
        (
            "unknown once",
            true,
            once(Fault::Error(404, "NoSuchEntity")),
        ),
        (
            "unmodifiable once",
            true,
            once(Fault::Error(409, "EntityTemporarilyUnmodifiable")),
        ),
        ("500", true, always(Fault::Error(500, "ServiceFailure"))),
        ("503", true, always(Fault::Error(503, "ServiceUnavailable"))),
        ("no answer", true, always(Fault::Hang)),
        ("answer lost", true, once(Fault::LoseAnswer)),
        ("reset half-way", true, once(Fault::Reset)),
        (
            "slow",
            true,
            always(Fault::Slow(Duration::from_millis(700))),
        ),
        ("denied", true, always(Fault::Error(403, "AccessDenied"))),
        (
            "wrong credentials",
            true,
            always(Fault::Error(403, "InvalidClientTokenId")),
        ),
        ("stale read once", false, vec![Fault::Stale, Fault::None]),
        ("stale reads", false, always(Fault::Stale)),
        (
            "reads denied",
            false,
            always(Fault::Error(403, "AccessDenied")),
        ),
    ]
}

pub(crate) const KEY: &str = "AKIAI44QH8DHBEXAMPLE";
const OTHER: &str = "ACCAI44QH8DHBEXAMPLE";
const MEMBER: &str = "555566667777";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_fault_makes_an_alert_untrue() {
    let is_soak = std::env::var_os("KEYRAIL_SOAK").is_some();
    let all = STEPS.iter().enumerate().flat_map(|(row, step)| {
        faults()
            .into_iter()
            .enumerate()
            .map(move |(column, (name, on_change, fault))| {
                (row + column, step, name, on_change, fault)
            })
    });
    // A quarter of them each time; `make soak` runs them all.
    let cells = all
        .filter(|(number, ..)| is_soak || number % 4 == 0)
        .map(|(_, step, name, on_change, fault)| (step, name, on_change, fault));
    let mut table: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let mut running = stream::iter(cells)
        .map(|(step, name, on_change, fault)| async move {
            ((step.name, name), run(step, name, on_change, &fault).await)
        })
        .buffer_unordered(12);
    while let Some((cell, ended)) = running.next().await {
        table.insert(cell, ended);
    }
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/containment-faults.md"
    );
    if is_soak && std::env::var_os("KEYRAIL_UPDATE").is_some() {
        std::fs::write(path, page(&table)).expect("the page can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    if is_soak {
        assert_eq!(written, page(&table), "KEYRAIL_UPDATE=1 writes it anew");
    }
    let told = cells_of(&written);
    for ((step, fault), ended) in &table {
        let told = told.get(&(step.to_string(), fault.to_string()));
        assert_eq!(told, Some(ended), "the page, of {step} under {fault}");
    }
}

/// The cells of the page's tables.
fn cells_of(page: &str) -> BTreeMap<(String, String), String> {
    let mut cells = BTreeMap::new();
    let mut faults: Vec<&str> = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let row: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match row[0] {
            "step" => faults = row,
            "---" => {}
            step => {
                for (fault, cell) in faults.iter().zip(&row).skip(1) {
                    let place = (step.trim_matches('`').to_owned(), (*fault).to_owned());
                    cells.insert(place, (*cell).to_owned());
                }
            }
        }
    }
    cells
}

/// Runs one step under one fault; what the alert said, and whether Lambda tries again.
async fn run(step: &Step, name: &str, on_change: bool, faults: &[Fault]) -> String {
    let world = World::new().await;
    let (event, key) = prepared(&world, step).await;
    if !on_change {
        // What was there before is what a stale read shows.
        let caller = match step.name {
            "delete-root-key" => ROOT_SESSION,
            _ => &world.account,
        };
        world.prime(caller, step.reads, &fields(step)).await;
    }
    let folder = bundle_with(step.name);
    let mut function = world.enforcing(&[("KEYRAIL_BUNDLE", folder.clone())]).await;
    // Three seconds for containing.
    function.ends_after(Duration::from_secs(11));
    let action = if on_change { step.changes } else { step.reads };
    world.proxy.breaks(action, faults);

    let answered = function.invoke_bytes(event.to_string()).await;
    world.proxy.mend();
    std::fs::remove_dir_all(folder).expect("the bundle can be removed");

    let place = format!("{} under {name}", step.name);
    let done = is_done(&world, step, &key).await;
    let alerts = world.alerts().await;
    assert_eq!(alerts.len(), 1, "{place}: one alert");
    let (state, (result, detail)) = (alerts[0].state(), alerts[0].outcome());
    match result {
        "verified" | "already" => assert!(done, "{place}: it says {result}, and it is not so"),
        "accepted" => assert_eq!(state, "PENDING", "{place}"),
        "failed" => assert_eq!(
            (state, alerts[0].severity()),
            ("FAILED", "critical"),
            "{place}"
        ),
        other => panic!("{place}: {other}: {detail}"),
    }
    assert!(
        done || result == "failed" || result == "accepted",
        "{place}: {result}"
    );
    let again = if answered.is_err() {
        ", tries again"
    } else {
        ""
    };
    format!("{state}{again}")
}

/// Makes what the step acts on, and the event that brings it about.
pub(crate) async fn prepared(world: &World, step: &Step) -> (Value, String) {
    let key = world.user_with_key("bob").await;
    let example = |action: &str| world.example(action);
    let event = match step.name {
        "deactivate-service-credential" => {
            world.proxy.stand_in(|held| held.hold(Kind::Service, OTHER));
            example("iam:CreateServiceSpecificCredential")
        }
        "deactivate-ssh-key" => {
            let event = example("iam:UploadSSHPublicKey");
            let id = find(&event, "sSHPublicKeyId");
            world.proxy.stand_in(|held| held.hold(Kind::Ssh, &id));
            return (event, id);
        }
        "deactivate-signing-certificate" => {
            let event = example("iam:UploadSigningCertificate");
            let id = find(&event, "certificateId");
            world.proxy.stand_in(|held| held.hold(Kind::Signing, &id));
            return (event, id);
        }
        "revoke-role-sessions" => {
            world.new_role("build", &world.account, "ci").await;
            let mut event = world.key_created("bob", &key);
            event["detail"]["userIdentity"] = serde_json::json!({
                "type": "AssumedRole", "accountId": world.account, "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
                "arn": format!("arn:aws:sts::{}:assumed-role/build/ci", world.account),
                "sessionContext": {"sessionIssuer": {
                    "type": "Role", "userName": "build", "accountId": world.account,
                    "arn": format!("arn:aws:iam::{}:role/build", world.account),
                }},
            });
            event
        }
        "disable-console-login" => {
            world
                .iam(&[
                    ("Action", "CreateLoginProfile"),
                    ("UserName", "bob"),
                    ("Password", "a-Password-1"),
                ])
                .await;
            world.key_created("bob", &key)
        }
        "delete-root-key" => {
            world.proxy.stand_in(|held| held.hold(Kind::RootKey, KEY));
            let event = world.sample("root-key-created").to_string();
            let mut event: Value =
                serde_json::from_str(&event.replace(&world.account, MEMBER)).expect("it is JSON");
            event["detail"]["responseElements"]["accessKey"]["accessKeyId"] = KEY.into();
            event
        }
        _ => world.key_created("bob", &key),
    };
    let id = match step.name {
        "deactivate-service-credential" => OTHER.to_owned(),
        "delete-root-key" => KEY.to_owned(),
        _ => key,
    };
    (event, id)
}

/// What a step's read asks with.
fn fields(step: &Step) -> Vec<(&'static str, &'static str)> {
    match step.name {
        "revoke-sessions" => vec![
            ("UserName", "bob"),
            ("PolicyName", "KeyrailRevokeOlderSessions"),
        ],
        "quarantine-user" => vec![("UserName", "bob"), ("PolicyName", "KeyrailQuarantine")],
        "revoke-role-sessions" => vec![
            ("RoleName", "build"),
            ("PolicyName", "KeyrailRevokeOlderSessions"),
        ],
        _ => vec![("UserName", "bob")],
    }
}

/// Whether what the step does is so, in the emulator or in what stands in for it.
pub(crate) async fn is_done(world: &World, step: &Step, id: &str) -> bool {
    let held = |kind| {
        world
            .proxy
            .stand_in(|held| held.status(kind, id).map(str::to_owned))
    };
    let inactive = Some("Inactive".to_owned());
    let reads = |action: &'static str| async move {
        let mut all = vec![("Action", action)];
        all.extend(fields(step));
        world.try_iam(&all).await
    };
    match step.name {
        "deactivate-key" => world.status("bob", id).await == Some(StatusType::Inactive),
        "deactivate-service-credential" => held(Kind::Service) == inactive,
        "deactivate-ssh-key" => held(Kind::Ssh) == inactive,
        "deactivate-signing-certificate" => held(Kind::Signing) == inactive,
        "delete-key" => world.status("bob", id).await.is_none(),
        "delete-root-key" => held(Kind::RootKey).is_none(),
        "disable-console-login" => reads("GetLoginProfile").await.is_none(),
        "revoke-role-sessions" => reads("GetRolePolicy")
            .await
            .is_some_and(|policy| policy.contains("Deny")),
        _ => reads("GetUserPolicy")
            .await
            .is_some_and(|policy| policy.contains("Deny")),
    }
}

fn page(table: &BTreeMap<(&str, &str), String>) -> String {
    let mut page = String::from(
        "# What faults come to\n\n\
         A test breaks every step in every way that follows, between the function's real binary and an\n\
         emulator of IAM, and holds the alert against the state that IAM is left in. This table is what the\n\
         alert said in each case; the test writes it, and fails if the function does anything else.\n\n\
         `BLOCKED`: done, and read back. `PENDING`: accepted, and not seen yet. `FAILED`: take it not to have\n\
         been done. *Tries again*: the alert is out, and Lambda runs the event again.\n\n",
    );
    let faults = faults();
    for on_change in [true, false] {
        let names: Vec<&str> = faults
            .iter()
            .filter(|(_, of_change, _)| *of_change == on_change)
            .map(|(name, ..)| *name)
            .collect();
        let title = match on_change {
            true => "the change",
            false => "what is read back",
        };
        // Writing to a `String` cannot fail.
        writeln!(
            page,
            "## Faults of {title}\n\n| step | {} |",
            names.join(" | ")
        )
        .expect("a `String` takes it");
        writeln!(page, "|{}", " --- |".repeat(names.len() + 1)).expect("a `String` takes it");
        for step in &STEPS {
            let cells: Vec<&str> = names
                .iter()
                .map(|name| table.get(&(step.name, *name)).map_or("", String::as_str))
                .collect();
            writeln!(page, "| `{}` | {} |", step.name, cells.join(" | "))
                .expect("a `String` takes it");
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}
