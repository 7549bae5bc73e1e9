//! One invocation: bytes → event → response, and whether Lambda should try again.

use std::sync::atomic::{AtomicBool, Ordering};

use keyrail_aws::Aws;
use keyrail_core::id::AccountId;
use keyrail_core::outcome::OutcomeResult;
use keyrail_core::pipeline::Response;
use keyrail_core::{Event, respond};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::value::RawValue;
use tracing::Instrument;

use crate::settings::Settings;
use crate::{body, telemetry};

/// What guards: settings and clients that live as long as the process.
pub(crate) struct Guard {
    settings: Settings,
    aws: Aws,
    /// Whether on-call has heard that the deployed bundle is not valid.
    fault_is_told: AtomicBool,
}

impl Guard {
    pub(crate) fn new(settings: Settings, aws: Aws) -> Self {
        Self {
            settings,
            aws,
            fault_is_told: AtomicBool::new(false),
        }
    }

    /// Handles one invocation, which is one event unless a queue batches them. An
    /// error makes Lambda try it again and finally put it into the dead-letter queue;
    /// it is returned only where that could help, and after all events were handled.
    pub(crate) async fn invoked(
        &self,
        invocation: LambdaEvent<Box<RawValue>>,
    ) -> Result<(), Diagnostic> {
        let bytes = body::unwrapped(&invocation.payload);
        let events = Event::parse_all(&bytes)
            .unwrap_or_else(|error| vec![Event::unreadable(&bytes, &error)]);
        let account = own_account(&invocation.context.invoked_function_arn);
        let aws = match account.clone() {
            Some(account) => self.aws.acting_in(account),
            None => self.aws.clone(),
        };
        let mut result = Ok(());
        if let Some(event) = self.fault(account) {
            result = self.handle(event, &aws).await;
            self.fault_is_told.store(result.is_ok(), Ordering::Relaxed);
        }
        for event in events {
            let span = tracing::info_span!(
                "invocation",
                request_id = invocation.context.request_id,
                event_id = event.id.as_deref(),
            );
            result = result.and(self.handle(event, &aws).instrument(span).await);
        }
        result
    }

    /// That the deployed bundle is not valid, once for each process; until it is told,
    /// each invocation fails, after its events were handled.
    fn fault(&self, account: Option<AccountId>) -> Option<Event> {
        let fault = self.settings.fault.clone()?;
        let told = self.fault_is_told.load(Ordering::Relaxed);
        (!told).then(|| {
            let mut event = Event::fault("BundleInvalid", fault);
            event.account = account.map(|account| account.to_string());
            event
        })
    }

    async fn handle(&self, event: Event, aws: &Aws) -> Result<(), Diagnostic> {
        tracing::info!(
            name = event.name,
            detail_type = event.detail_type,
            "received"
        );
        let settings = &self.settings;
        // Boxed: the SDK's futures are large, and there is one invocation at a time.
        let response = Box::pin(respond(
            event,
            &settings.bundle,
            &settings.circumstances,
            aws,
        ))
        .await;
        telemetry::record(&response, &settings.circumstances.name);
        result_for_lambda(&response)
    }
}

/// `arn:aws:lambda:us-east-1:111122223333:function:keyrail` → `111122223333`: the
/// account in which this function may act, without a call to ask for it.
fn own_account(function_arn: &str) -> Option<AccountId> {
    function_arn.split(':').nth(4)?.parse().ok()
}

fn result_for_lambda(response: &Response) -> Result<(), Diagnostic> {
    if let Some(Err(error)) = &response.sent {
        return Err(diagnostic("AlertNotSent", error.to_string()));
    }
    if response.report.is_worth_a_retry() {
        let failed = response
            .report
            .outcomes
            .iter()
            .filter(|outcome| outcome.result == OutcomeResult::Failed);
        let details: Vec<String> = failed
            .map(|outcome| format!("{}: {}", outcome.step, outcome.detail))
            .collect();
        return Err(diagnostic("NotContained", details.join("; ")));
    }
    Ok(())
}

fn diagnostic(error_type: &str, error_message: String) -> Diagnostic {
    Diagnostic {
        error_type: error_type.to_owned(),
        error_message,
    }
}
