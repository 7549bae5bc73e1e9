//! Cold start: settings, bundle and clients, once; then one invocation at a time.

mod body;
mod handler;
mod invocation;
mod settings;
mod telemetry;
mod watching;

use keyrail_aws::Aws;
use lambda_runtime::tower::util::MapRequestLayer;
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;

use self::handler::Guard;
use self::settings::{Duty, Settings, WatchSettings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    // What a function is for is chosen by its environment, and never by an event.
    match settings::duty() {
        Ok(Duty::Guard) => guard().await,
        Ok(Duty::Watch) => watch().await,
        Err(error) => {
            tracing::error!(error, "the function cannot start");
            Err(error.into())
        }
    }
}

async fn watch() -> Result<(), Error> {
    let settings = WatchSettings::from_env()
        .inspect_err(|error| tracing::error!(error, "the function cannot start"))?;
    let settings = &settings;
    Runtime::new(service_fn(|event: LambdaEvent<Box<RawValue>>| {
        watching::watch(settings, event.context)
    }))
    .layer(MapRequestLayer::new(body::wrapped))
    .run()
    .await
}

async fn guard() -> Result<(), Error> {
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
