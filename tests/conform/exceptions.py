"""What does not run against fakecloud, or is not asked of it, and why."""

# Tests of `tests/guardrail`.
GUARDRAIL = {}

NO_FUNCTIONS = "it deploys a function, and fakecloud runs functions in Docker only"
NO_EMULATOR = "what it asks is answered by the stand-in, and by no emulator"

# Classes of tests of `tests/emulator`.
EMULATOR = {
    "emulator.test_credentials.Credentials": NO_EMULATOR,
    "emulator.test_org_pull.Patience": NO_EMULATOR,
    "emulator.test_parameters.Parameters": NO_FUNCTIONS,
    "emulator.test_parameters.WithoutState": NO_FUNCTIONS,
    "emulator.test_redrive.Redrive": NO_FUNCTIONS,
    "emulator.test_retained.Retained": NO_FUNCTIONS,
    "emulator.test_sign_ins.SignIns": NO_FUNCTIONS,
}

# What fakecloud 0.51 does otherwise than AWS documents (read in its source, 2026-11-29), and who answers
# in its place where a test needs AWS's answer.
NOT_ASKED = {
    "GetAccessKeyLastUsed of a key that is gone": "404, and AWS says AccessDenied: the proxy does",
    "PutUserPolicy beyond 2,048 characters": "is taken, and AWS says LimitExceeded: the proxy does",
    "pages of SSH keys, certificates, service-specific credentials, tags and groups": "always one, "
    "whatever MaxItems says",
    "pages of an organization's units and accounts": "always one; the stand-in has more",
    "ListServiceSpecificCredentials of no user": "an empty list, and AWS says NoSuchEntity",
    "a third credential for one service": "is made, and AWS allows two",
    "root's access keys": "there are none; a call without a user's name is taken for the account's "
    "first user, which plays root",
    "the task policy of AssumeRoot": "is not read: a root session may do anything",
}
