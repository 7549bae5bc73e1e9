//! The function's real binary, and the Runtime API that feeds it.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;

use super::emf::{Broken, Watch};
use super::http::{Answer, Asked, answer, serve};

/// A running function: one process, one invocation at a time.
pub(crate) struct Function {
    child: Child,
    events: Sender<Bytes>,
    results: Receiver<Result<(), Value>>,
    log: JoinHandle<String>,
    /// Fails a test that saw metrics which AWS would not take.
    _metrics: Watch,
    ready: Arc<Notify>,
    api: Arc<RuntimeApi>,
}

/// The four calls of the Runtime API that a function makes (Lambda Developer
/// Guide, "Using the Lambda runtime API for custom runtimes").
struct RuntimeApi {
    account: String,
    events: Mutex<Receiver<Bytes>>,
    results: Sender<Result<(), Value>>,
    ready: Arc<Notify>,
    /// When an invocation ends, in milliseconds after it began; 0 for never.
    ends_after: AtomicU64,
}

impl Function {
    pub(crate) async fn start(account: &str, environment: Vec<(&'static str, String)>) -> Self {
        let (events, waiting) = channel(8);
        let (done, results) = channel(8);
        let ready = Arc::new(Notify::new());
        let api = Arc::new(RuntimeApi {
            ready: Arc::clone(&ready),
            account: account.to_owned(),
            events: Mutex::new(waiting),
            results: done,
            ends_after: AtomicU64::new(0),
        });
        let runtime = Arc::clone(&api);
        let address = serve(move |asked| {
            let api = Arc::clone(&api);
            async move { api.answer(asked).await }
        })
        .await;
        let mut command = Command::new(binary());
        command.env_clear();
        // Nothing here speaks TLS. Reading all authorities is a part of a cold start, which the
        // benchmark measures and tests need not wait for.
        if cfg!(test) {
            command.env("SSL_CERT_FILE", AUTHORITY);
        }
        let mut child = command
            .envs(environment)
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "keyrail")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "test")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "test")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the function starts");
        let mut lines =
            BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
        let broken = Broken::default();
        let metrics = Watch(broken.clone());
        let log = tokio::spawn(async move {
            let mut log = String::new();
            while let Ok(Some(line)) = lines.next_line().await {
                broken.see(&line);
                log.push_str(&line);
                log.push('\n');
            }
            log
        });
        Self {
            child,
            events,
            results,
            log,
            _metrics: metrics,
            ready,
            api: runtime,
        }
    }

    /// Gives each invocation from now on so much time.
    pub(crate) fn ends_after(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).expect("small");
        self.api.ends_after.store(millis, Ordering::Relaxed);
    }

    /// Waits until it asks for its first event: the end of its cold start.
    pub(crate) async fn ready(&self) {
        self.ready.notified().await;
    }

    /// The most memory that it has had at a time so far, in bytes.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes * 1024)
    }

    /// Invokes it with an event, and returns what it answered: nothing, or the
    /// error that would make Lambda try again.
    pub(crate) async fn invoke(&mut self, event: &Value) -> Result<(), Value> {
        self.invoke_bytes(event.to_string()).await
    }

    pub(crate) async fn invoke_bytes(&mut self, event: impl Into<Bytes>) -> Result<(), Value> {
        self.events
            .send(event.into())
            .await
            .expect("the Runtime API is up");
        self.results.recv().await.expect("the function answers")
    }

    /// Stops it, and returns all that it has written to its log.
    pub(crate) async fn stop(mut self) -> String {
        self.child
            .kill()
            .await
            .expect("the function can be stopped");
        self.log.await.expect("the log can be read")
    }

    /// Waits until it ends by itself; returns whether it ended well.
    pub(crate) async fn ended(mut self) -> bool {
        self.child
            .wait()
            .await
            .expect("the function can be waited for")
            .success()
    }
}

/// The binary that is tested: `KEYRAIL_BOOTSTRAP`, else the one just built.
fn binary() -> PathBuf {
    std::env::var_os("KEYRAIL_BOOTSTRAP")
        .map_or_else(|| env!("CARGO_BIN_EXE_bootstrap").into(), PathBuf::from)
}

/// The only certificate authority that the function trusts; nobody has its key.
const AUTHORITY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/authority.pem"
);

impl RuntimeApi {
    async fn answer(&self, asked: Asked) -> Option<Answer> {
        let parts: Vec<&str> = asked
            .path
            .trim_start_matches("/2018-06-01/runtime/")
            .split('/')
            .collect();
        match parts.as_slice() {
            ["invocation", "next"] => {
                self.ready.notify_one();
                let event = self.events.lock().await.recv().await?;
                let arn = format!("arn:aws:lambda:us-east-1:{}:function:keyrail", self.account);
                let deadline = match self.ends_after.load(Ordering::Relaxed) {
                    0 => "4102444800000".to_owned(),
                    millis => (now_in_millis() + millis).to_string(),
                };
                let headers = [
                    ("content-type", "application/json"),
                    ("lambda-runtime-aws-request-id", REQUEST_ID),
                    ("lambda-runtime-deadline-ms", &deadline),
                    ("lambda-runtime-invoked-function-arn", &arn),
                ];
                Some(answer(200, &headers, event))
            }
            ["invocation", _, "response"] => self.finished(Ok(())).await,
            ["invocation", _, "error"] | ["init", "error"] => {
                self.finished(Err(serde_json::from_slice(&asked.body).unwrap_or_default()))
                    .await
            }
            _ => Some(answer(404, &[], "")),
        }
    }

    async fn finished(&self, result: Result<(), Value>) -> Option<Answer> {
        self.results.send(result).await.ok()?;
        Some(answer(202, &[], ""))
    }
}

fn now_in_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.expect("it is later than 1970").as_millis();
    u64::try_from(millis).expect("it fits for long")
}

pub(crate) const REQUEST_ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
