//! The emulator, started by the same helper as in the demo.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use hyper::{HeaderMap, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::http::{Asked, body_of, send};

pub(crate) struct Emulator {
    pub endpoint: String,
    /// The helper ends the emulator when this is closed, however the test ends.
    _alive: Option<(Child, ChildStdin)>,
}

impl Emulator {
    /// One of those that `make test` shares among tests, else one of this process's own.
    pub(crate) fn shared_or_started() -> Self {
        let Ok(shared) = std::env::var("KEYRAIL_SHARED_EMULATORS") else {
            return Self::start();
        };
        // One for each test that nextest runs at a time.
        let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT");
        let slot: usize = slot.map_or(0, |slot| slot.parse().expect("nextest numbers its slots"));
        let endpoints: Vec<&str> = shared.split_whitespace().collect();
        Self::at(endpoints[slot % endpoints.len()])
    }

    fn start() -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let python = std::env::var_os("KEYRAIL_PYTHON")
            .map_or_else(|| root.join(".venv/bin/python"), PathBuf::from);
        let mut child = Command::new(&python)
            .args(["-m", "tests.emulator.emulator"])
            .current_dir(&root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "cannot start {}: {error}; `make test` installs it",
                    python.display()
                )
            });
        let stdin = child.stdin.take().expect("standard input is piped");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("standard output is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the helper prints a line");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut why = String::new();
            let mut stderr = child.stderr.take().expect("standard error is piped");
            stderr
                .read_to_string(&mut why)
                .expect("standard error can be read");
            panic!("the emulator did not start: {why}")
        });
        let endpoint = ready["endpoint"]
            .as_str()
            .expect("the line names the endpoint")
            .to_owned();
        Self {
            endpoint,
            _alive: Some((child, stdin)),
        }
    }

    /// An emulator that somebody else keeps alive.
    pub(crate) fn at(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            _alive: None,
        }
    }

    /// Calls a service that speaks AWS's query protocol. For what tests set up, a
    /// line of HTTP does; the function under test uses the SDK.
    pub(crate) async fn query(
        &self,
        account: &str,
        service: &str,
        fields: &[(&str, &str)],
    ) -> String {
        let answer = self.try_query(account, service, fields).await;
        answer.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same, of a call that may be refused.
    pub(crate) async fn try_query(
        &self,
        account: &str,
        service: &str,
        fields: &[(&str, &str)],
    ) -> Result<String, String> {
        let version = match service {
            "iam" => ("Version", "2010-05-08"),
            "sns" => ("Version", "2010-03-31"),
            _ => panic!("the version of {service}'s API is not known here"),
        };
        let body: Vec<String> = fields
            .iter()
            .chain([&version])
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let answer = self
            .call(headers(account, service, &form), body.join("&"))
            .await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Calls a service that speaks AWS's JSON protocol.
    pub(crate) async fn json(
        &self,
        account: &str,
        service: &str,
        target: &str,
        body: Value,
    ) -> Value {
        let headers = headers(
            account,
            service,
            &[
                ("content-type", "application/x-amz-json-1.0"),
                ("x-amz-target", target),
            ],
        );
        let answer = self.call(headers, body.to_string()).await;
        let answer = answer.unwrap_or_else(|error| panic!("{error}"));
        serde_json::from_slice(&answer).unwrap_or_default()
    }

    async fn call(&self, headers: HeaderMap, body: String) -> Result<Vec<u8>, String> {
        let asked = Asked {
            method: Method::POST,
            path: "/".to_owned(),
            headers,
            body: body.into(),
        };
        let answer = send(&self.endpoint, asked).await?;
        let status = answer.status();
        let body = body_of(answer).await;
        match status.is_success() {
            true => Ok(body.to_vec()),
            false => Err(format!("{status}: {}", String::from_utf8_lossy(&body))),
        }
    }
}

/// The emulator reads account and service out of the signature, and does not
/// check it.
fn headers(account: &str, service: &str, more: &[(&str, &str)]) -> HeaderMap {
    let signature = format!(
        "AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let mut headers = HeaderMap::new();
    headers.insert(
        "authorization",
        signature.parse().expect("the signature is a header"),
    );
    for (name, value) in more {
        let name: hyper::header::HeaderName = name.parse().expect("the name is a header's");
        headers.insert(name, value.parse().expect("the value is a header's"));
    }
    headers
}
