//! Cold start: settings, bundle and clients, once; then one invocation at a time.

mod handler;
mod settings;
mod telemetry;

use keyrail_aws::Aws;
use lambda_runtime::tower::util::MapRequestLayer;
use lambda_runtime::{Error, LambdaEvent, LambdaInvocation, Runtime, service_fn};
use serde_json::value::RawValue;

use self::handler::Guard;
use self::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let settings = Settings::from_env()
        .inspect_err(|error| tracing::error!(error, "the function cannot start"))?;
    let aws = Aws::connect(settings.topic_arn.clone()).await;
    let guard = Guard::new(settings, aws);
    let guard = &guard;
    Runtime::new(service_fn(|event: LambdaEvent<Box<RawValue>>| {
        guard.invoked(event)
    }))
    .layer(MapRequestLayer::new(as_json))
    .run()
    .await
}

/// The runtime refuses a body that is no JSON before the handler sees it, and
/// Lambda would only try it again. As a JSON text it reaches the handler, which
/// records it as an event that is not recognised.
fn as_json(mut invocation: LambdaInvocation) -> LambdaInvocation {
    if serde_json::from_slice::<&RawValue>(&invocation.body).is_err() {
        let text = String::from_utf8_lossy(&invocation.body);
        invocation.body = serde_json::Value::from(text).to_string().into();
    }
    invocation
}
