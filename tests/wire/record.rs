//! Writes down the requests that the tests see, and what stand-ins answer, as `record.py`
//! beside it does: one line of JSON each, one file for each process, in the folder that
//! `KEYRAIL_WIRE` names. Without it nothing is written.

use std::fs::{File, create_dir_all};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};

/// What a proxy adds to a request that is recorded already.
pub(crate) const RECORDED: &str = "x-keyrail-recorded";

/// Writes down a request, and returns what it wrote: `path` with its query, `sender` as the
/// test.
pub(crate) fn record<'a>(
    sender: &str,
    method: &str,
    path: &str,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: &[u8],
) -> Value {
    let mut kept = Map::new();
    let mut signed = Value::Null;
    for (name, value) in headers {
        match name {
            "authorization" => signed = scope(value),
            // No secret is written down, only that it was there.
            "x-amz-security-token" | "x-amz-sso_bearer_token" => {
                kept.insert(name.to_owned(), "not recorded".into());
            }
            _ if name.starts_with("x-amz-") || ["content-type", "user-agent"].contains(&name) => {
                kept.insert(name.to_owned(), value.into());
            }
            _ => {}
        }
    }
    let mut line = json!({
        "sender": sender, "method": method, "path": path, "headers": kept, "signed": signed,
    });
    match std::str::from_utf8(body) {
        Ok(body) => line["body"] = body.into(),
        Err(_) => line["length"] = body.len().into(),
    }
    write(&line);
    line
}

/// Writes down what a stand-in made up as the answer to a recorded request.
pub(crate) fn answered(request: &Value, status: u16, body: &str) {
    write(&json!({"answer_to": request, "status": status, "body": body}));
}

/// The test that calls this: each runs in a thread of its name.
pub(crate) fn sender() -> String {
    let thread = std::thread::current();
    thread.name().unwrap_or("unknown").to_owned()
}

fn write(line: &Value) {
    static FILE: OnceLock<Option<File>> = OnceLock::new();
    if let Some(mut file) = FILE.get_or_init(open).as_ref() {
        // In one piece, for other threads write here, too.
        file.write_all(format!("{line}\n").as_bytes())
            .expect("the record can be written");
    }
}

fn open() -> Option<File> {
    let folder = PathBuf::from(std::env::var_os("KEYRAIL_WIRE")?);
    create_dir_all(&folder).expect("the folder can be made");
    let file = folder.join(format!("{}.rs.jsonl", std::process::id()));
    let opened = File::options().create(true).append(true).open(file);
    Some(opened.expect("the file can be opened"))
}

/// Region and service of a signature; neither whose nor what it is.
fn scope(authorization: &str) -> Value {
    let scope = authorization.split_once("Credential=");
    let parts: Vec<&str> = scope.map_or_else(Vec::new, |(_, rest)| rest.split('/').collect());
    match parts.as_slice() {
        [_, _, region, service, ..] => json!({"region": region, "service": service}),
        _ => Value::Null,
    }
}

#[test]
fn no_secret_is_written_down() {
    let signature = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260314/us-east-1/iam/aws4_request, \
                     SignedHeaders=host, Signature=5e0e";
    let headers = [
        ("authorization", signature),
        ("x-amz-security-token", "a-session"),
        ("x-amz-sso_bearer_token", "a-login"),
        ("cookie", "a-cookie"),
    ];
    let body = b"Action=ListUsers&Version=2010-05-08";
    let line = record(&sender(), "POST", "/", headers.into_iter(), body);
    assert_eq!(
        line["signed"],
        json!({"region": "us-east-1", "service": "iam"})
    );
    let told = "not recorded";
    assert_eq!(
        line["headers"],
        json!({"x-amz-security-token": told, "x-amz-sso_bearer_token": told})
    );
    assert!(!line.to_string().contains("5e0e"), "{line}");
}
