//! SDK errors, sorted by what can be done about them.

use std::error::Error;
use std::io;

use aws_sdk_iam::config::http::HttpResponse;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::RequestId;
use keyrail_core::cause::Cause;
use keyrail_core::effects::{EffectError, EffectErrorKind};

/// Sorts the error of one call. `call` is its IAM action, as a person would look
/// it up: `iam:UpdateAccessKey`.
pub fn sorted<E>(call: &str, error: &SdkError<E, HttpResponse>) -> EffectError
where
    E: Error + ProvideErrorMetadata + 'static,
    SdkError<E, HttpResponse>: RequestId,
{
    let mut sorted = without_hint(call, error);
    if sorted.kind == EffectErrorKind::Denied {
        sorted
            .message
            .push_str(&format!("; permission missing: {call}"));
    }
    sorted
}

/// The same of a call that is denied for other reasons than a missing permission, too.
pub(crate) fn without_hint<E>(call: &str, error: &SdkError<E, HttpResponse>) -> EffectError
where
    E: Error + ProvideErrorMetadata + 'static,
    SdkError<E, HttpResponse>: RequestId,
{
    let what = match (error, error.code()) {
        (SdkError::TimeoutError(_), _) => "no answer in time".to_owned(),
        (SdkError::DispatchFailure(failure), _) if failure.is_timeout() => {
            "no connection in time".to_owned()
        }
        (SdkError::DispatchFailure(_), _) if never_left(error) => "no connection".to_owned(),
        (SdkError::DispatchFailure(_), _) => "the connection broke".to_owned(),
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
    EffectError {
        kind: kind_of(error),
        message: format!("{call}: {what}{request}"),
        cause: Some(Cause::of(error)),
    }
}

fn kind_of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> EffectErrorKind {
    match error {
        SdkError::TimeoutError(_) => EffectErrorKind::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => EffectErrorKind::TimedOut,
        SdkError::DispatchFailure(_) if never_left(error) => EffectErrorKind::Unreachable,
        SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => EffectErrorKind::Doubtful,
        SdkError::ServiceError(service) => {
            kind_of_code(error.code(), service.raw().status().as_u16())
        }
        // The request could not be made, or is of a kind that the SDK has added since.
        _ => EffectErrorKind::Refused,
    }
}

/// Sorts a code as AWS means it (IAM API reference, "Common errors" and the errors of each
/// call; STS API reference, `AssumeRole`; both checked 2026-11-29).
fn kind_of_code(code: Option<&str>, status: u16) -> EffectErrorKind {
    // The services that speak AWS's query protocol write some codes without what others end with.
    let code = code.map(|code| code.strip_suffix("Exception").unwrap_or(code));
    match (code, status) {
        (Some("NoSuchEntity"), _) => EffectErrorKind::Gone,
        (Some("LimitExceeded"), _) => EffectErrorKind::Full,
        (
            Some("AccessDenied" | "UnauthorizedOperation" | "AuthorizationError" | "NotAuthorized"),
            _,
        ) => EffectErrorKind::Denied,
        (
            Some(
                "Throttling"
                | "Throttled"
                | "ThrottledRequest"
                | "RequestThrottled"
                | "TooManyRequests"
                | "RequestLimitExceeded"
                | "SlowDown"
                | "PriorRequestNotComplete",
            ),
            _,
        )
        | (_, 429) => EffectErrorKind::Throttled,
        // A login profile that is being made, two changes of one thing at a time, credentials that
        // have just run out, an identity provider that does not answer STS.
        (
            Some(
                "EntityTemporarilyUnmodifiable"
                | "ConcurrentModification"
                | "ExpiredToken"
                | "IDPCommunicationError",
            ),
            _,
        ) => EffectErrorKind::RefusedForNow,
        (Some("RequestAborted" | "RequestTimeout"), _) | (_, 408 | 500..) => {
            EffectErrorKind::Doubtful
        }
        _ => EffectErrorKind::Refused,
    }
}

/// Whether there was no connection to send anything by. Of any other failure nobody can tell
/// how far the request has got.
fn never_left<E>(error: &SdkError<E, HttpResponse>) -> bool {
    let SdkError::DispatchFailure(failure) = error else {
        return false;
    };
    let connector = failure.as_connector_error();
    let mut cause = connector.and_then(|error| error.source());
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(
            kind,
            Some(
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
            )
        ) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::iter::successors;

    use aws_sdk_iam::config::http::HttpResponse;
    use aws_sdk_iam::error::ConnectorError;
    use aws_sdk_iam::operation::get_user::GetUserError;

    use super::*;

    /// The sentence names what went wrong; what the SDK and the system said stays behind it.
    #[test]
    fn an_error_keeps_its_causes() {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "port 9 is shut");
        let connector = ConnectorError::io(Box::new(refused));
        let error: SdkError<GetUserError, HttpResponse> = SdkError::dispatch_failure(connector);
        let sorted = sorted("iam:GetUser", &error);
        assert_eq!(sorted.to_string(), "iam:GetUser: no connection");
        assert_eq!(sorted.kind, EffectErrorKind::Unreachable);
        let causes: Vec<String> = successors(sorted.source(), |error| (**error).source())
            .map(ToString::to_string)
            .collect();
        assert_eq!(causes, ["dispatch failure", "io error", "port 9 is shut"]);
    }

    /// Each error that AWS documents for what keyrail calls.
    #[test]
    fn each_code_is_of_the_kind_that_aws_means() {
        use EffectErrorKind::{Denied, Doubtful, Full, Gone, Refused, RefusedForNow, Throttled};
        for (code, status, kind) in [
            ("NoSuchEntity", 404, Gone),
            ("LimitExceeded", 409, Full),
            ("AccessDenied", 403, Denied),
            ("AccessDeniedException", 400, Denied),
            ("NotAuthorized", 400, Denied),
            ("Throttling", 400, Throttled),
            ("ThrottlingException", 400, Throttled),
            ("TooManyRequestsException", 400, Throttled),
            ("RequestLimitExceeded", 503, Throttled),
            ("EntityTemporarilyUnmodifiable", 409, RefusedForNow),
            ("ConcurrentModification", 409, RefusedForNow),
            ("ExpiredToken", 403, RefusedForNow),
            ("ExpiredTokenException", 403, RefusedForNow),
            ("IDPCommunicationError", 400, RefusedForNow),
            ("ServiceFailure", 500, Doubtful),
            ("InternalFailure", 500, Doubtful),
            ("ServiceUnavailable", 503, Doubtful),
            ("RequestTimeoutException", 408, Doubtful),
            ("RequestAbortedException", 400, Doubtful),
            ("InvalidInput", 400, Refused),
            ("ValidationError", 400, Refused),
            ("InvalidClientTokenId", 403, Refused),
            ("UnrecognizedClientException", 403, Refused),
            ("SignatureDoesNotMatch", 403, Refused),
            ("OptInRequired", 403, Refused),
            ("RequestExpired", 400, Refused),
            ("DeleteConflict", 409, Refused),
            ("EntityAlreadyExists", 409, Refused),
            ("PolicyNotAttachable", 400, Refused),
            ("UnmodifiableEntity", 400, Refused),
            ("MalformedPolicyDocument", 400, Refused),
            ("PackedPolicyTooLarge", 400, Refused),
            ("RegionDisabledException", 403, Refused),
        ] {
            assert_eq!(kind_of_code(Some(code), status), kind, "{code}");
        }
        assert_eq!(kind_of_code(None, 502), Doubtful);
        assert_eq!(kind_of_code(None, 429), Throttled);
        assert_eq!(kind_of_code(None, 400), Refused);
    }
}
