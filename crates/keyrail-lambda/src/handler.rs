//! One invocation: what it is about, handled each in its own way, and whether Lambda should try again.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use keyrail_aws::Aws;
use keyrail_core::arn::Arn;
use keyrail_core::id::AccountId;
use keyrail_core::outcome::OutcomeResult;
use keyrail_core::pipeline::{Fault, Handled, Looked, Response, follow_up, recheck, tell_fault};
use keyrail_core::queue::{Delivery, Later};
use keyrail_core::recheck::Recheck;
use keyrail_core::repeats::FollowUp;
use keyrail_core::state::Claimant;
use keyrail_core::{Event, respond};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::value::RawValue;
use tracing::{Instrument, Span};

use crate::invocation::{Invocation, OwnMessage};
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
        let end = end_of(&invocation.context);
        let arn = &invocation.context.invoked_function_arn;
        let aws = match own_account(arn) {
            Some(account) => self.aws.acting_in(account, partition(arn)),
            None => self.aws.clone(),
        };
        let queue = self.settings.places.recheck_queue_url.as_deref();
        let mut failures = Failures::default();
        match Invocation::of(&bytes, queue) {
            Invocation::Own(messages) => {
                for OwnMessage { message, delivery } in messages {
                    let span = span(&invocation.context, Some(message.event()));
                    let aws = within(&aws, end);
                    let handling = async {
                        match &message {
                            Later::Recheck(due) => self.look_again(due, delivery, &aws).await,
                            Later::FollowUp(due) => self.follow_up(due, end, &aws).await,
                        }
                    };
                    failures.note(handling.instrument(span).await);
                }
                return failures.result();
            }
            Invocation::Events(events) => {
                let mut events = VecDeque::from(events);
                while let Some(event) = events.pop_front() {
                    let span = span(&invocation.context, event.id.as_deref());
                    let (again, handled) = self.handle(event, end, &aws).instrument(span).await;
                    events.extend(again);
                    failures.note(handled);
                }
            }
        }
        // After the events: nothing stands between one and its first step.
        if let Some(fault) = self.fault(own_account(arn)) {
            let span = span(&invocation.context, None);
            let told = self.tell_fault(&fault, end, &aws).instrument(span).await;
            self.fault_is_told.store(told.is_ok(), Ordering::Relaxed);
            failures.note(told);
        }
        failures.result()
    }

    /// Looks at a containment again.
    async fn look_again(
        &self,
        containment: &Recheck,
        delivery: Delivery,
        aws: &Aws,
    ) -> Result<(), Diagnostic> {
        let settings = &self.settings;
        let looked = Box::pin(recheck(containment, delivery, settings.setup(), aws)).await;
        telemetry::record_recheck(&looked, &settings.deployment.name);
        match looked {
            Ok(Looked::Contained | Looked::PutOff) => Ok(()),
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
        let (bundle, mode) = (&settings.bundle, settings.mode);
        let by = claimant(end)?;
        match Box::pin(follow_up(repeated, bundle, mode, &by, aws)).await {
            Ok(None) => Ok(()),
            Ok(Some(response)) => {
                telemetry::record(&response, &settings.deployment.name);
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
    fn fault(&self, account: Option<AccountId>) -> Option<Fault> {
        let message = self.settings.fault.clone()?;
        let is_told = self.fault_is_told.load(Ordering::Relaxed);
        (!is_told).then_some(Fault {
            name: "BundleInvalid",
            message,
            account,
        })
    }

    async fn tell_fault(
        &self,
        fault: &Fault,
        end: SystemTime,
        aws: &Aws,
    ) -> Result<(), Diagnostic> {
        let settings = &self.settings;
        let (bundle, mode) = (&settings.bundle, settings.mode);
        let aws = within(aws, end);
        let response = Box::pin(tell_fault(fault, bundle, mode, &aws)).await;
        telemetry::record(&response, &settings.deployment.name);
        result_for_lambda(&response)
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
        let mut response = Box::pin(respond(event, settings.setup(), &by, &within(aws, end))).await;
        telemetry::record(&response, &settings.deployment.name);
        (response.again.take(), result_for_lambda(&response))
    }
}

/// What each line of the log is about.
fn span(context: &Context, event_id: Option<&str>) -> Span {
    tracing::info_span!("invocation", request_id = context.request_id, event_id)
}

/// When Lambda ends the invocation.
pub(crate) fn end_of(context: &Context) -> SystemTime {
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
pub(crate) fn partition(function_arn: &str) -> &str {
    Arn::parse(function_arn).map_or("aws", |arn| arn.partition)
}

/// `arn:aws:lambda:us-east-1:111122223333:function:keyrail` → `111122223333`: the
/// account in which this function may act, without a call to ask for it.
pub(crate) fn own_account(function_arn: &str) -> Option<AccountId> {
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

/// What failed of an invocation that was about several things.
#[derive(Default)]
struct Failures(Vec<Diagnostic>);

impl Failures {
    fn note(&mut self, result: Result<(), Diagnostic>) {
        self.0.extend(result.err());
    }

    /// One error for Lambda: of the first one's type, and with what each says.
    fn result(mut self) -> Result<(), Diagnostic> {
        if self.0.len() < 2 {
            return self.0.pop().map_or(Ok(()), Err);
        }
        let said = self
            .0
            .iter()
            .map(|failed| format!("{}: {}", failed.error_type, failed.error_message));
        let message = said.collect::<Vec<_>>().join("; ");
        Err(diagnostic(&self.0.swap_remove(0).error_type, message))
    }
}

pub(crate) fn diagnostic(error_type: &str, error_message: String) -> Diagnostic {
    Diagnostic {
        error_type: error_type.to_owned(),
        error_message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever reads the dead letter learns of each event that is not handled.
    #[test]
    fn each_failure_of_a_batch_is_in_the_error() {
        let mut failures = Failures::default();
        failures.note(Err(diagnostic(
            "NotContained",
            "deactivate-key: throttled".to_owned(),
        )));
        failures.note(Ok(()));
        failures.note(Err(diagnostic("AlertNotSent", "no such topic".to_owned())));
        let error = failures.result().expect_err("two failed");
        assert_eq!(error.error_type, "NotContained");
        assert_eq!(
            error.error_message,
            "NotContained: deactivate-key: throttled; AlertNotSent: no such topic"
        );
        let mut failures = Failures::default();
        failures.note(Err(diagnostic("AlertNotSent", "no such topic".to_owned())));
        let error = failures.result().expect_err("one failed");
        assert_eq!(error.error_message, "no such topic");
        assert!(Failures::default().result().is_ok());
    }
}
