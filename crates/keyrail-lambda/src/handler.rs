//! One invocation: bytes → event → response, and whether Lambda should try again.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use keyrail_aws::Aws;
use keyrail_core::arn::Arn;
use keyrail_core::id::AccountId;
use keyrail_core::outcome::OutcomeResult;
use keyrail_core::pipeline::{Handled, Looked, Response, follow_up, recheck};
use keyrail_core::queue::Later;
use keyrail_core::recheck::Recheck;
use keyrail_core::repeats::FollowUp;
use keyrail_core::state::Claimant;
use keyrail_core::{Event, respond};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::value::RawValue;
use tracing::{Instrument, Span};

use crate::settings::Settings;
use crate::{body, message, telemetry};

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
        let end = end_of(&invocation.context);
        let arn = &invocation.context.invoked_function_arn;
        let aws = match own_account(arn) {
            Some(account) => self.aws.acting_in(account, partition(arn)),
            None => self.aws.clone(),
        };
        let queue = self.settings.places.recheck_queue_url.as_deref();
        if let Some(messages) = message::own(&bytes, queue) {
            let mut result = Ok(());
            for (message, tried_before) in messages {
                let aws = within(&aws, end);
                let handled = match message {
                    Later::Recheck(containment) => {
                        let span = span(&invocation.context, Some(&containment.event));
                        let looked = self.look_again(&containment, tried_before, &aws);
                        looked.instrument(span).await
                    }
                    Later::FollowUp(repeated) => {
                        let span = span(&invocation.context, Some(&repeated.event));
                        self.follow_up(&repeated, end, &aws).instrument(span).await
                    }
                };
                result = result.and(handled);
            }
            return result;
        }
        let mut events: VecDeque<Event> = Event::parse_all(&bytes)
            .unwrap_or_else(|error| vec![Event::unreadable(&bytes, &error)])
            .into();
        let mut result = Ok(());
        while let Some(event) = events.pop_front() {
            let span = span(&invocation.context, event.id.as_deref());
            let (again, handled) = self.handle(event, end, &aws).instrument(span).await;
            events.extend(again);
            result = result.and(handled);
        }
        // After the events: nothing stands between one and its first step.
        if let Some(event) = self.fault(own_account(arn)) {
            let span = span(&invocation.context, event.id.as_deref());
            let (_, told) = self.handle(event, end, &aws).instrument(span).await;
            self.fault_is_told.store(told.is_ok(), Ordering::Relaxed);
            result = result.and(told);
        }
        result
    }

    /// Looks at a containment again.
    async fn look_again(
        &self,
        containment: &Recheck,
        tried_before: bool,
        aws: &Aws,
    ) -> Result<(), Diagnostic> {
        let settings = &self.settings;
        let looked = Box::pin(recheck(
            containment,
            tried_before,
            &settings.bundle,
            &settings.circumstances,
            aws,
        ))
        .await;
        telemetry::record_recheck(&looked, &settings.circumstances.deployment.name);
        match looked {
            Ok(Looked::Held | Looked::PutOff) => Ok(()),
            Ok(Looked::Told(response)) => result_for_lambda(&response),
            Err(error) => {
                let message = format!("event {}: {error}", containment.event);
                Err(diagnostic("NotRechecked", message))
            }
        }
    }

    /// Tells how often something happened again, if it did.
    async fn follow_up(
        &self,
        repeated: &FollowUp,
        end: SystemTime,
        aws: &Aws,
    ) -> Result<(), Diagnostic> {
        let settings = &self.settings;
        let (bundle, circumstances) = (&settings.bundle, &settings.circumstances);
        let by = claimant(end)?;
        match Box::pin(follow_up(repeated, bundle, circumstances, &by, aws)).await {
            Ok(None) => Ok(()),
            Ok(Some(response)) => {
                telemetry::record(&response, &circumstances.deployment.name);
                result_for_lambda(&response)
            }
            Err(error) => {
                tracing::error!(%error, "it could not be followed up");
                let message = format!("event {}: {error}", repeated.event);
                Err(diagnostic("NotFollowedUp", message))
            }
        }
    }

    /// That the deployed bundle is not valid, once for each process; until it is told,
    /// each invocation fails, after its events were handled.
    fn fault(&self, account: Option<AccountId>) -> Option<Event> {
        let fault = self.settings.fault.clone()?;
        let told = self.fault_is_told.load(Ordering::Relaxed);
        (!told).then(|| {
            let mut event = Event::fault("BundleInvalid", fault, Timestamp::now());
            event.account = account.map(|account| account.to_string());
            event
        })
    }

    /// Handles one event; returns another that must be judged again because of it.
    async fn handle(
        &self,
        event: Event,
        end: SystemTime,
        aws: &Aws,
    ) -> (Option<Event>, Result<(), Diagnostic>) {
        tracing::info!(
            name = event.name,
            detail_type = event.detail_type,
            "received"
        );
        let settings = &self.settings;
        let by = match claimant(end) {
            Ok(by) => by,
            Err(error) => return (None, Err(error)),
        };
        // Boxed: the SDK's futures are large, and there is one invocation at a time.
        let mut response = Box::pin(respond(
            event,
            &settings.bundle,
            &settings.circumstances,
            &by,
            &within(aws, end),
        ))
        .await;
        telemetry::record(&response, &settings.circumstances.deployment.name);
        (response.again.take(), result_for_lambda(&response))
    }
}

/// What each line of the log is about.
fn span(context: &Context, event_id: Option<&str>) -> Span {
    tracing::info_span!("invocation", request_id = context.request_id, event_id)
}

/// When Lambda ends the invocation.
fn end_of(context: &Context) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(context.deadline)
}

/// By what a handling claims its event until the invocation ends. Random each time: Lambda's
/// retries and duplicates of an event have one request id.
fn claimant(end: SystemTime) -> Result<Claimant, Diagnostic> {
    let random =
        || getrandom::u64().map_err(|error| diagnostic("NoRandomNumbers", error.to_string()));
    Ok(Claimant {
        nonce: format!("{:016x}{:016x}", random()?, random()?),
        until: Timestamp::try_from(end).unwrap_or(Timestamp::MAX),
    })
}

/// The clients, with what is left until then.
fn within(aws: &Aws, end: SystemTime) -> Aws {
    let left = end.duration_since(SystemTime::now());
    aws.within(left.unwrap_or_default())
}

/// `arn:aws-cn:lambda:…` → `aws-cn`.
fn partition(function_arn: &str) -> &str {
    Arn::parse(function_arn).map_or("aws", |arn| arn.partition)
}

/// `arn:aws:lambda:us-east-1:111122223333:function:keyrail` → `111122223333`: the
/// account in which this function may act, without a call to ask for it.
fn own_account(function_arn: &str) -> Option<AccountId> {
    Arn::parse(function_arn)?.account.parse().ok()
}

fn result_for_lambda(response: &Response) -> Result<(), Diagnostic> {
    if response.handled == Handled::Elsewhere {
        return Err(diagnostic(
            "ClaimedElsewhere",
            "another invocation is at this event, and nobody has seen it finished".to_owned(),
        ));
    }
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
    if !response.failed_afterwards.is_empty() {
        let failed = response.failed_afterwards.join("; ");
        return Err(diagnostic("NotFinished", failed));
    }
    Ok(())
}

fn diagnostic(error_type: &str, error_message: String) -> Diagnostic {
    Diagnostic {
        error_type: error_type.to_owned(),
        error_message,
    }
}
