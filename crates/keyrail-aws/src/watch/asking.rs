//! Asking a service by its JSON protocol, with what the SDK is made of: its connections, timeouts,
//! retries and signatures.
//!
//! The protocols and names are those of the services' models in botocore (checked 2026-11-29), to
//! which `tests/wire` holds each request that a test sends: AWS JSON 1.1 of CloudTrail, EventBridge and
//! Organizations, AWS JSON 1.0 of `CloudWatch`, REST of Lambda and Scheduler.

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use keyrail_core::effects::{EffectError, EffectErrorKind};
use keyrail_core::partition::Partition;
use serde_json::Value;

use super::pace::{patient, timeouts};
use crate::error::sorted;

/// Asks in one Region, with one set of credentials.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    pub(super) config: SdkConfig,
    pub(super) credentials: Credentials,
    pub(super) region: String,
}

/// A question to a service.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// Its permission, as a person would look it up: `events:ListRules`.
    call: &'static str,
    service: &'static Service,
    how: How,
}

#[derive(Debug, Clone)]
enum How {
    /// `GET` of this path.
    Get(String),
    /// An operation with this input.
    Post(&'static str, Value),
}

/// A service, as its requests name it.
#[derive(Debug)]
pub(super) struct Service {
    /// In its endpoint, and in signatures.
    name: &'static str,
    /// As the SDK's client of it calls itself.
    client: &'static str,
    /// What comes before the operation in the header that names it.
    target: &'static str,
    content_type: &'static str,
}

const JSON_1_0: &str = "application/x-amz-json-1.0";
const JSON_1_1: &str = "application/x-amz-json-1.1";

pub(super) static CLOUDTRAIL: Service = Service {
    name: "cloudtrail",
    client: "cloudtrail",
    target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
    content_type: JSON_1_1,
};
pub(super) static CLOUDWATCH: Service = Service {
    name: "monitoring",
    client: "cloudwatch",
    target: "GraniteServiceVersion20100801",
    content_type: JSON_1_0,
};
pub(super) static EVENTS: Service = Service {
    name: "events",
    client: "eventbridge",
    target: "AWSEvents",
    content_type: JSON_1_1,
};
pub(super) static ORGANIZATIONS: Service = Service {
    name: "organizations",
    client: "organizations",
    target: "AWSOrganizationsV20161128",
    content_type: JSON_1_1,
};
static LAMBDA: Service = Service {
    name: "lambda",
    client: "lambda",
    target: "",
    content_type: "",
};
static SCHEDULER: Service = Service {
    name: "scheduler",
    client: "scheduler",
    target: "",
    content_type: "",
};

impl Question {
    /// An operation of a service that has one address for all: `call` ends with its name.
    pub(super) fn of(service: &'static Service, call: &'static str, input: Value) -> Self {
        let operation = call.rsplit(':').next().unwrap_or_default();
        Self {
            call,
            service,
            how: How::Post(operation, input),
        }
    }

    pub(super) fn of_lambda(call: &'static str, path: String) -> Self {
        Self {
            call,
            service: &LAMBDA,
            how: How::Get(path),
        }
    }

    pub(super) fn of_scheduler(call: &'static str, path: String) -> Self {
        Self {
            call,
            service: &SCHEDULER,
            how: How::Get(path),
        }
    }
}

impl Asker {
    /// Asks, and tries again as the SDK does.
    pub(super) async fn ask(&self, question: Question) -> Result<Value, EffectError> {
        let Question { call, service, how } = question;
        let region = self.region_of(service);
        let endpoint = self.endpoint(service, region);
        let signer = Signer {
            credentials: self.credentials.clone(),
            service: service.name,
            region: region.to_owned(),
        };
        let mut operation = Operation::builder()
            .service_name(service.name)
            .operation_name(call)
            .behavior_version(BehaviorVersion::v2026_01_12())
            .endpoint_url(&endpoint)
            .no_auth()
            .standard_retry(&patient())
            .timeout_config(timeouts())
            .retry_classifier(AwsErrorCodeClassifier::<Refused>::default())
            .retry_classifier(TransientErrorClassifier::<Refused>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .interceptor(signer)
            .with_connection_poisoning();
        if let Some(http) = self.config.http_client() {
            operation = operation.http_client(http);
        }
        let operation = operation
            .serializer(move |how: How| request(service, &how))
            .deserializer(answer)
            .build();
        let asked = operation.invoke(how).await;
        asked.map_err(|error| sorted(call, &error))
    }

    /// The same of something that may not be there.
    pub(super) async fn ask_for(&self, question: Question) -> Result<Option<Value>, EffectError> {
        match self.ask(question).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All pages of an answer: the lists below `items`.
    pub(super) async fn ask_all(
        &self,
        service: &'static Service,
        call: &'static str,
        input: Value,
        items: &str,
    ) -> Result<Vec<Value>, EffectError> {
        let mut all = Vec::new();
        let mut input = input;
        loop {
            let question = Question::of(service, call, input.clone());
            let mut page = self.ask(question).await?;
            if let Some(Value::Array(found)) = page.get_mut(items).map(Value::take) {
                all.extend(found);
            }
            match page.get_mut("NextToken").map(Value::take) {
                Some(token @ Value::String(_)) if page_follows(&token) => {
                    if let Some(input) = input.as_object_mut() {
                        input.insert("NextToken".to_owned(), token);
                    }
                }
                _ => return Ok(all),
            }
        }
    }

    /// Organizations has one endpoint in each partition.
    fn region_of(&self, service: &Service) -> &str {
        match service.name == ORGANIZATIONS.name {
            true => Partition::of_region(&self.region)
                .map_or(self.region.as_str(), |partition| partition.organizations),
            false => &self.region,
        }
    }

    fn endpoint(&self, service: &Service, region: &str) -> String {
        if let Some(url) = self.config.endpoint_url() {
            return url.to_owned();
        }
        let partition = Partition::of_region(region).unwrap_or(Partition::usual());
        format!("https://{}.{region}.{}", service.name, partition.dns_suffix)
    }
}

fn page_follows(token: &Value) -> bool {
    token.as_str().is_some_and(|token| !token.is_empty())
}

/// Whether a service says that what was asked for is not there: `ResourceNotFoundException` of
/// EventBridge, Lambda, Scheduler and `DynamoDB` (their API references, checked 2026-11-29).
pub(super) fn is_absent(error: &EffectError) -> bool {
    error.kind == EffectErrorKind::Gone || error.message.contains(": ResourceNotFoundException")
}

fn request(service: &Service, how: &How) -> Result<HttpRequest, BoxError> {
    let agent = format!(
        "keyrail/{0} api/{1}#{0}",
        env!("CARGO_PKG_VERSION"),
        service.client
    );
    let mut request = match how {
        How::Get(path) => {
            let mut request = HttpRequest::new(SdkBody::empty());
            request.set_method("GET")?;
            request.set_uri(path.as_str())?;
            request
        }
        How::Post(operation, input) => {
            let mut request = HttpRequest::new(SdkBody::from(input.to_string()));
            request.set_method("POST")?;
            request.set_uri("/")?;
            let headers = request.headers_mut();
            headers.insert("content-type", service.content_type);
            headers.insert("x-amz-target", format!("{}.{operation}", service.target));
            request
        }
    };
    request.headers_mut().insert("user-agent", agent);
    Ok(request)
}

/// What a service answered: its JSON, or its error.
fn answer(response: &HttpResponse) -> Result<Value, OrchestratorError<Refused>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return serde_json::from_slice(body)
            .map_err(|error| OrchestratorError::response(Box::new(error)));
    }
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |names: &[&str]| {
        let mut found = names.iter().filter_map(|name| said.get(name)?.as_str());
        found.next().map(str::to_owned)
    };
    let of_header = response.headers().get("x-amzn-errortype");
    let code = of_header
        .map(str::to_owned)
        .or_else(|| text(&["__type", "code"]));
    // `com.amazonaws.events#ResourceNotFoundException:http://…` (Smithy, "AWS JSON 1.1 protocol",
    // "Operation error serialization", checked 2026-11-29).
    let bare = code.map(|code| {
        let code = code.rsplit('#').next().unwrap_or_default();
        code.split(':').next().unwrap_or_default().to_owned()
    });
    let mut metadata = ErrorMetadata::builder();
    if let Some(code) = bare {
        metadata = metadata.code(code);
    }
    if let Some(message) = text(&["message", "Message"]) {
        metadata = metadata.message(message);
    }
    Err(OrchestratorError::operation(Refused {
        metadata: metadata.build(),
    }))
}

/// A service's error.
#[derive(Debug)]
pub(super) struct Refused {
    metadata: ErrorMetadata,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.metadata.fmt(f)
    }
}

impl Error for Refused {}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.metadata
    }
}

/// Signs each try.
#[derive(Debug)]
struct Signer {
    credentials: Credentials,
    service: &'static str,
    region: String,
}

#[dyn_dispatch_hint]
impl Intercept for Signer {
    fn name(&self) -> &'static str {
        "Signer"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let identity: Identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let request = context.request_mut();
        let body = request.body().bytes().unwrap_or_default();
        let headers = request.headers().iter();
        let signable = SignableRequest::new(
            request.method(),
            request.uri(),
            headers,
            SignableBody::Bytes(body),
        )?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        let signed: Vec<(String, String)> = instructions
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        for (name, value) in signed {
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}
