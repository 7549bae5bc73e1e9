//! Cold start: settings, bundle and clients, once; then one invocation at a time.

mod body;
mod handler;
mod invocation;
mod settings;
mod telemetry;

use keyrail_aws::Aws;
use lambda_runtime::tower::util::MapRequestLayer;
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;

use self::handler::Guard;
use self::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let settings = Settings::from_env()
        .inspect_err(|error| tracing::error!(error, "the function cannot start"))?;
    let aws = Aws::connect(settings.places.clone()).await;
    let guard = Guard::new(settings, aws);
    let guard = &guard;
    Runtime::new(service_fn(|event: LambdaEvent<Box<RawValue>>| {
        guard.invoked(event)
    }))
    .layer(MapRequestLayer::new(body::wrapped))
    .run()
    .await
}
