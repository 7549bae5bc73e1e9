"""The errors that AWS models and documents for each call that keyrail makes, by the model of
botocore and by the pages that list what all calls of a service have in common.

    python -m tests.wire.errors >tests/fixtures/aws-errors.json
"""

import json
import sys

import botocore.session

from tests.wire.calls import OF_THE_SDK, operations

# What the SDK fetches by itself is not called, and its errors are those of credentials.
CALLED = sorted(operations() - OF_THE_SDK)
CALLS = {
    service: [name.partition(":")[2] for name in CALLED if name.startswith(f"{service}:")]
    for service in sorted({name.partition(":")[0] for name in CALLED})
}

# "Common Errors", in newer pages "Common Error Types", which each service's API reference has: Lambda
# and Organizations (checked 2026-11-29). Not every service sends each of them, says the page.
COMMON = {
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "IncompleteSignature": 403,
    "InternalFailure": 500,
    "MalformedHttpRequestException": 400,
    "NotAuthorized": 401,
    "OptInRequired": 403,
    "RequestAbortedException": 400,
    "RequestEntityTooLargeException": 413,
    "RequestExpired": 400,
    "RequestTimeoutException": 408,
    "ServiceUnavailable": 503,
    "ThrottlingException": 400,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
    "ValidationError": 400,
}

# What the same page of IAM, SNS, SQS and STS has besides: they speak, or spoke, AWS's query protocol
# (checked 2026-11-29). The last four are what those services write for entries of the page above
# (IAM User Guide, "Troubleshoot AWS signed requests for API"; SDKs' retry tables).
QUERY = COMMON | {
    "IncompleteSignature": 400,
    "InvalidAction": 400,
    "InvalidClientTokenId": 403,
    "InvalidParameterCombination": 400,
    "InvalidParameterValue": 400,
    "InvalidQueryParameter": 400,
    "MalformedQueryString": 404,
    "MissingAction": 400,
    "MissingAuthenticationToken": 403,
    "MissingParameter": 400,
    "AccessDenied": 403,
    "ExpiredToken": 403,
    "SignatureDoesNotMatch": 403,
    "Throttling": 400,
}

# DynamoDB Developer Guide, "Error handling with DynamoDB" (checked 2026-11-29): all but those that
# the model has.
DYNAMODB = {
    "AccessDeniedException": 400,
    "IncompleteSignatureException": 400,
    "LimitExceededException": 400,
    "MissingAuthenticationTokenException": 400,
    "ResourceInUseException": 400,
    "ServiceUnavailable": 503,
    "UnrecognizedClientException": 400,
    "ValidationException": 400,
}

# IAM's own, which its model has for other calls: two changes of one user at a time, and a change
# of what is just being made (IAM API reference, "ConcurrentModification" and
# "EntityTemporarilyUnmodifiable", checked 2026-11-29).
IAM = {"ConcurrentModification": 409, "EntityTemporarilyUnmodifiable": 409}

# STS API reference, "AssumeRole" (checked 2026-11-29): an identity provider that STS asks.
STS = {"IDPCommunicationError": 400}

DOCUMENTED = {
    "cloudtrail": COMMON,
    "cloudwatch": COMMON,
    "dynamodb": COMMON | DYNAMODB,
    "events": COMMON,
    "iam": QUERY | IAM,
    "lambda": COMMON,
    "organizations": COMMON,
    "scheduler": COMMON,
    "sns": QUERY,
    "sqs": QUERY,
    "sts": QUERY | STS,
}

# Errors that most often come to the same, by what they have in common: the tables name them by it.
GROUPS = {
    "denied": ["AccessDenied", "AccessDeniedException", "NotAuthorized"],
    "expired": ["ExpiredToken", "ExpiredTokenException"],
    "failed": ["InternalFailure", "RequestTimeoutException", "ServiceFailure", "ServiceUnavailable"],
    "malformed": [
        "InvalidParameterCombination",
        "InvalidParameterValue",
        "InvalidQueryParameter",
        "MalformedHttpRequestException",
        "MalformedQueryString",
        "MissingAction",
        "MissingParameter",
        "RequestEntityTooLargeException",
        "UnknownOperationException",
        "ValidationError",
        "ValidationException",
    ],
    "not signed": [
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "OptInRequired",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    ],
    "throttled": ["Throttling", "ThrottlingException"],
}


def errors():
    """By call, each error by its code on the wire: its HTTP status, and whether the model has it."""
    session = botocore.session.get_session()
    found = {}
    for service, operations in CALLS.items():
        model = session.get_service_model(service)
        for operation in operations:
            shapes = model.operation_model(operation).error_shapes
            modelled = {shape.error_code: status(shape) for shape in shapes}
            documented = {
                code: status
                for code, status in DOCUMENTED[service].items()
                if code not in modelled
            }
            found[f"{service}:{operation}"] = {
                "modelled": dict(sorted(modelled.items())),
                "documented": dict(sorted(documented.items())),
            }
    return found


def status(shape):
    """Where the model has none, it is that of AWS's JSON protocol: 500 for a fault of the service,
    and else 400."""
    given = shape.metadata.get("error", {}).get("httpStatusCode")
    is_fault = shape.metadata.get("fault") or shape.name in ("InternalServerError", "ServiceException")
    return given or (500 if is_fault else 400)


def written():
    """The file, a line for each group and call."""

    def lines(table):
        return ",\n".join(f"{json.dumps(name)}: {json.dumps(of_it)}" for name, of_it in table.items())

    return f'{{"groups": {{\n{lines(GROUPS)}\n}}, "calls": {{\n{lines(errors())}\n}}}}\n'


if __name__ == "__main__":
    sys.stdout.write(written())
