//! A small HTTP server and client, for what the tests stand in for.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpListener;

use super::wire;

/// A request whose body has been read.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    /// Writes it down as sent by a test, and returns what it wrote.
    pub(crate) fn record(&self, test: &str) -> Value {
        let headers = self.headers.iter();
        let headers =
            headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        wire::record(test, self.method.as_str(), &self.path, headers, &self.body)
    }
}

pub(crate) type Answer = Response<Full<Bytes>>;

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response
        .body(Full::new(body.into()))
        .expect("the answer is well-formed")
}

/// Serves on a free port of loopback until the test ends; returns `host:port`.
/// `None` from the handler closes the connection without an answer.
pub(crate) async fn serve<H, F>(handler: H) -> String
where
    H: Fn(Asked) -> F + Send + Sync + 'static,
    F: Future<Output = Option<Answer>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has a free port");
    let address = listener
        .local_addr()
        .expect("the listener has an address")
        .to_string();
    let handler = Arc::new(handler);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let handler = Arc::clone(&handler);
            tokio::spawn(async move {
                let service = service_fn(move |request: Request<Incoming>| {
                    let handler = Arc::clone(&handler);
                    async move {
                        let (parts, body) = request.into_parts();
                        let body = body
                            .collect()
                            .await
                            .map(http_body_util::Collected::to_bytes)
                            .unwrap_or_default();
                        let path = parts
                            .uri
                            .path_and_query()
                            .map(ToString::to_string)
                            .unwrap_or_default();
                        let asked = Asked {
                            method: parts.method,
                            path,
                            headers: parts.headers,
                            body,
                        };
                        // An error here makes hyper close the connection.
                        (*handler)(asked).await.ok_or("closed by the test")
                    }
                });
                // A client that goes away in the middle is what some tests are about.
                drop(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await,
                );
            });
        }
    });
    address
}

/// Sends a request and reads the whole answer.
pub(crate) async fn send(endpoint: &str, asked: Asked) -> Result<Answer, String> {
    let client: Client<HttpConnector, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).build_http();
    let mut request = Request::builder()
        .method(asked.method)
        .uri(format!("{endpoint}{}", asked.path));
    if let Some(headers) = request.headers_mut() {
        *headers = asked.headers;
    }
    let request = request
        .body(Full::new(asked.body))
        .map_err(|error| error.to_string())?;
    let response = client
        .request(request)
        .await
        .map_err(|error| error.to_string())?;
    let (parts, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| error.to_string())?
        .to_bytes();
    Ok(Response::from_parts(parts, Full::new(body)))
}

pub(crate) async fn body_of(answer: Answer) -> Bytes {
    let collected: Result<_, Infallible> = answer.into_body().collect().await;
    match collected {
        Ok(body) => body.to_bytes(),
        Err(never) => match never {},
    }
}
