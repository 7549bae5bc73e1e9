//! SDK errors, sorted by what can be done about them.

use aws_sdk_iam::config::http::HttpResponse;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::RequestId;
use keyrail_core::effects::{EffectError, EffectErrorKind};

/// Sorts the error of one call. `call` is its IAM action, as a person would look
/// it up: `iam:UpdateAccessKey`.
pub(crate) fn sorted<E>(call: &str, error: &SdkError<E, HttpResponse>) -> EffectError
where
    E: ProvideErrorMetadata,
    SdkError<E, HttpResponse>: RequestId,
{
    let kind = kind_of(error);
    let what = match (error, error.code()) {
        (SdkError::TimeoutError(_), _) => "no answer in time".to_owned(),
        (SdkError::DispatchFailure(failure), _) if failure.is_timeout() => {
            "no connection in time".to_owned()
        }
        (SdkError::DispatchFailure(_), _) => "no connection".to_owned(),
        (SdkError::ResponseError(_), _) => "an answer that cannot be read".to_owned(),
        (_, Some(code)) => match error.message() {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        },
        (SdkError::ServiceError(service), None) => {
            format!("status {}", service.raw().status().as_u16())
        }
        (_, None) => "the request could not be made".to_owned(),
    };
    let request = error
        .request_id()
        .map(|id| format!(" (request {id})"))
        .unwrap_or_default();
    let hint = match kind {
        EffectErrorKind::Denied => format!("; permission missing: {call}"),
        _ => String::new(),
    };
    EffectError {
        kind,
        message: format!("{call}: {what}{request}{hint}"),
    }
}

fn kind_of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> EffectErrorKind {
    match error {
        SdkError::TimeoutError(_) => EffectErrorKind::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => EffectErrorKind::TimedOut,
        SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => EffectErrorKind::Unreachable,
        SdkError::ServiceError(service) => match (error.code(), service.raw().status().as_u16()) {
            (Some("NoSuchEntity" | "NoSuchEntityException"), _) => EffectErrorKind::Gone,
            (Some("LimitExceeded" | "LimitExceededException"), _) => EffectErrorKind::Full,
            (
                Some(
                    "AccessDenied"
                    | "AccessDeniedException"
                    | "UnauthorizedOperation"
                    | "AuthorizationError",
                ),
                _,
            ) => EffectErrorKind::Denied,
            (
                Some(
                    "Throttling"
                    | "ThrottlingException"
                    | "TooManyRequestsException"
                    | "RequestLimitExceeded",
                ),
                _,
            )
            | (_, 429) => EffectErrorKind::Throttled,
            // Later the same call may succeed: with new credentials, or once IAM is done
            // with another change of that user.
            (
                Some(
                    "ExpiredToken"
                    | "ExpiredTokenException"
                    | "EntityTemporarilyUnmodifiable"
                    | "ConcurrentModification",
                ),
                _,
            ) => EffectErrorKind::Unreachable,
            (_, 500..) => EffectErrorKind::Unreachable,
            _ => EffectErrorKind::Other,
        },
        _ => EffectErrorKind::Other,
    }
}
