//! A proxy before the emulator that records what passes, and breaks what it is
//! told to.

use std::collections::HashMap;
use std::future;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::Notify;

use super::http::{Answer, Asked, answer, body_of, send, serve};
use super::organization::{Organization, Question};
use super::stand_in::StandIn;
use super::wire;

pub(crate) struct Proxy {
    /// What the function is told is AWS.
    pub endpoint: String,
    /// The emulator.
    pub behind: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    faults: HashMap<String, Vec<Fault>>,
    calls: Vec<Call>,
    /// The first answers, by action.
    first: HashMap<String, (u16, Bytes)>,
    /// What the emulator does not have.
    stand_in: StandIn,
    /// An organization, where a test looks at one.
    organization: Option<Organization>,
    /// The call at which the caller dies.
    deadly: Option<Deadly>,
}

/// The caller dies at a call, and its later ones come to nothing.
struct Deadly {
    at: usize,
    /// Whether the call still reaches the emulator.
    reaches: bool,
    struck: Arc<Notify>,
}

/// One call of AWS.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub action: String,
    pub body: String,
    /// Whose credentials signed it: the emulator takes an id of twelve digits for the
    /// account, and gives out others for assumed roles.
    pub account: String,
    /// When it was answered.
    pub answered: Option<Instant>,
}

/// What happens to a call instead of reaching the emulator.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// It is answered with this error, as the services that speak AWS's query
    /// protocol write it (IAM and SNS API references, "Common errors").
    Error(u16, &'static str),
    /// It reaches the emulator, and the answer never comes back.
    LoseAnswer,
    /// It is never answered, and the emulator never sees it.
    Hang,
    /// The connection is closed without an answer.
    Close,
    /// It is answered with this body.
    Body(String),
    /// Nothing: it reaches the emulator.
    None,
    /// It reaches the emulator, and asks for one result on a page: IAM may give fewer than it
    /// was asked for (IAM API reference, `MaxItems`, checked 2026-11-29).
    OneOnAPage,
    /// It reaches the emulator, and the connection is closed before the answer.
    Reset,
    /// It reaches the emulator, and the answer takes so long.
    Slow(Duration),
    /// It is answered as the first call of this action was.
    Stale,
}

impl Proxy {
    pub(crate) async fn before(emulator: &str) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let behind = emulator.to_owned();
        let (shared, target) = (Arc::clone(&state), behind.clone());
        let test = wire::sender();
        let address = serve(move |asked| {
            let recorded = asked.record(&test);
            pass(Arc::clone(&shared), target.clone(), asked, recorded)
        })
        .await;
        Self {
            endpoint: format!("http://{address}"),
            behind,
            state,
        }
    }

    /// The next calls of `action` meet these faults, one each; the last of them
    /// stays for all that follow. After a space, a word that the call's body must have.
    pub(crate) fn breaks(&self, action: &str, faults: &[Fault]) {
        let mut state = lock(&self.state);
        state.faults.insert(action.to_owned(), faults.to_vec());
    }

    /// Nothing is broken any more.
    pub(crate) fn mend(&self) {
        let mut state = lock(&self.state);
        state.faults.clear();
        state.deadly = None;
    }

    /// The caller dies at its call of this number, before it reaches the emulator or once
    /// it has: who waits for what is returned is to kill it then.
    pub(crate) fn dies_at(&self, number: usize, reaches: bool) -> Arc<Notify> {
        let struck = Arc::new(Notify::new());
        let mut state = lock(&self.state);
        state.deadly = Some(Deadly {
            at: state.calls.len() + number,
            reaches,
            struck: Arc::clone(&struck),
        });
        struck
    }

    /// What stands in for the part of AWS that the emulator does not have.
    pub(crate) fn stand_in<T>(&self, use_it: impl FnOnce(&mut StandIn) -> T) -> T {
        use_it(&mut lock(&self.state).stand_in)
    }

    /// Puts an organization before the emulator, which answers for what it is asked of that.
    pub(crate) fn is_before(&self, organization: Organization) {
        lock(&self.state).organization = Some(organization);
    }

    /// Changes that organization.
    pub(crate) fn organization<T>(&self, use_it: impl FnOnce(&mut Organization) -> T) -> T {
        let mut state = lock(&self.state);
        use_it(state.organization.as_mut().expect("there is one"))
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        lock(&self.state).calls.clone()
    }

    /// The names of the calls so far.
    pub(crate) fn actions(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.action).collect()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn pass(
    state: Arc<Mutex<State>>,
    emulator: String,
    asked: Asked,
    recorded: Value,
) -> Option<Answer> {
    let body = String::from_utf8_lossy(&asked.body).into_owned();
    let path = asked.path.clone();
    let action = action_of(&asked, &body);
    let [caller, region] = signed_by(&asked);
    let (number, fault, death) = {
        let mut state = lock(&state);
        let number = state.calls.len();
        let deadly = state.deadly.as_ref().filter(|deadly| number >= deadly.at);
        let death = deadly.map(|deadly| {
            let reaches = deadly.reaches && number == deadly.at;
            (reaches, Arc::clone(&deadly.struck))
        });
        state.calls.push(Call {
            action: action.clone(),
            body: body.clone(),
            account: caller.clone(),
            answered: None,
        });
        let faults = state.faults.iter_mut().find(|(of, _)| {
            let (name, word) = of.split_once(' ').unwrap_or((of, ""));
            name == action && body.contains(word)
        });
        let fault = faults.and_then(|(_, faults)| {
            if faults.len() > 1 {
                Some(faults.remove(0))
            } else {
                faults.first().cloned()
            }
        });
        (number, fault, death)
    };
    // What names its target in a header, or its thing in the path, speaks one of AWS's JSON protocols.
    let speaks_json = asked.headers.contains_key("x-amz-target") || of_path(&asked.path).is_some();
    let asked = match fault {
        Some(Fault::OneOnAPage) => one_on_a_page(asked),
        _ => asked,
    };
    let known = Known {
        path: &path,
        region: &region,
        action: &action,
        caller: &caller,
        body: &body,
        recorded: &recorded,
    };
    let reach = || reach(&state, &emulator, known, asked);
    if let Some((reaches, struck)) = death {
        if reaches {
            reach().await;
        }
        struck.notify_one();
        return future::pending().await;
    }
    let answered = match fault {
        None | Some(Fault::None | Fault::OneOnAPage) => reach().await,
        Some(Fault::Reset) => {
            reach().await;
            None
        }
        Some(Fault::Slow(time)) => {
            let answered = reach().await;
            tokio::time::sleep(time).await;
            answered
        }
        Some(Fault::Stale) => {
            let first = lock(&state).first.get(&action).cloned();
            match first {
                Some((status, body)) => Some(answer(status, &[("content-type", "text/xml")], body)),
                None => reach().await,
            }
        }
        Some(Fault::Error(status, code)) if speaks_json => Some(answer(
            status,
            &[("content-type", "application/x-amz-json-1.0")],
            format!("{{\"__type\":\"com.amazonaws#{code}\",\"message\":\"{MESSAGE}\"}}"),
        )),
        Some(Fault::Error(status, code)) => Some(answer(
            status,
            &[("content-type", "text/xml")],
            error_body(code),
        )),
        Some(Fault::LoseAnswer) => {
            reach().await;
            future::pending().await
        }
        Some(Fault::Hang) => future::pending().await,
        Some(Fault::Close) => None,
        Some(Fault::Body(body)) => Some(answer(200, &[("content-type", "text/xml")], body)),
    };
    lock(&state).calls[number].answered = Some(Instant::now());
    answered
}

/// What is known of a call.
struct Known<'a> {
    path: &'a str,
    region: &'a str,
    action: &'a str,
    caller: &'a str,
    body: &'a str,
    recorded: &'a Value,
}

/// Lets a call through: to what stands in, else to the emulator.
async fn reach(
    state: &Mutex<State>,
    emulator: &str,
    known: Known<'_>,
    asked: Asked,
) -> Option<Answer> {
    let action = known.action;
    let stood_in = {
        let mut state = lock(state);
        let of_organization = state.organization.as_ref().and_then(|organization| {
            let question = Question {
                action,
                caller: known.caller,
                region: known.region,
                path: known.path,
                body: known.body,
            };
            organization.answer(&question)
        });
        of_organization.or_else(|| state.stand_in.answer(action, known.caller, known.body))
    };
    let answered = match stood_in {
        Some((status, body)) => {
            wire::answered(known.recorded, status, &body);
            let mut headers = vec![("content-type", "text/xml")];
            // A service that names its things in paths names its errors in a header.
            if status == 404 && of_path(known.path).is_some() {
                headers.push(("x-amzn-errortype", "ResourceNotFoundException"));
            }
            Some(answer(status, &headers, body))
        }
        None => forward(emulator, asked).await,
    };
    let (parts, body) = answered?.into_parts();
    let body = body_of(Answer::from_parts(parts.clone(), body)).await;
    let first = (parts.status.as_u16(), body.clone());
    lock(state).first.entry(action.to_owned()).or_insert(first);
    Some(Answer::from_parts(parts, Full::new(body)))
}

fn one_on_a_page(mut asked: Asked) -> Asked {
    asked.body = [asked.body.as_ref(), b"&MaxItems=1"].concat().into();
    asked.headers.remove(hyper::header::CONTENT_LENGTH);
    asked
}

/// IAM, STS and SNS name it in the body, `DynamoDB` and SQS in a header; others by the path.
fn action_of(asked: &Asked, body: &str) -> String {
    let target = asked.headers.get("x-amz-target");
    let target = target.and_then(|header| header.to_str().ok());
    body.split('&')
        .find_map(|field| field.strip_prefix("Action="))
        // CloudTrail's has more dots in it.
        .or(target.and_then(|target| target.rsplit('.').next()))
        .or_else(|| of_path(&asked.path))
        .unwrap_or("?")
        .to_owned()
}

/// The access key id in the signature, and the Region that it is for.
fn signed_by(asked: &Asked) -> [String; 2] {
    let signature = asked.headers.get("authorization");
    let signature = signature.and_then(|signature| signature.to_str().ok());
    let scope = signature.and_then(|signature| signature.split_once("Credential="));
    let mut parts = scope.map_or("", |(_, rest)| rest).split('/');
    [parts.next(), parts.nth(1)].map(|part| part.unwrap_or_default().to_owned())
}

/// The operation of a service that names what is asked for in the path (Lambda and Scheduler API
/// references, checked 2026-11-29).
fn of_path(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or_default();
    if path.starts_with("/schedules/") {
        Some("GetSchedule")
    } else if path.starts_with("/2015-03-31/functions/") && path.ends_with("/configuration") {
        Some("GetFunctionConfiguration")
    } else if path.starts_with("/2019-09-30/functions/") && path.ends_with("/concurrency") {
        Some("GetFunctionConcurrency")
    } else {
        None
    }
}

async fn forward(target: &str, mut asked: Asked) -> Option<Answer> {
    let recorded = hyper::header::HeaderValue::from_static("yes");
    asked.headers.insert(wire::RECORDED, recorded);
    let answered = send(target, asked).await.ok()?;
    let (status, kind) = (
        answered.status().as_u16(),
        answered.headers().get("content-type").cloned(),
    );
    let kind = kind
        .as_ref()
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("text/xml")
        .to_owned();
    Some(answer(
        status,
        &[("content-type", &kind)],
        body_of(answered).await,
    ))
}

/// What each error says.
pub(crate) const MESSAGE: &str = "as the test wants it";

pub(crate) fn error_body(code: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{MESSAGE}</Message></Error>\
         <RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    )
}
