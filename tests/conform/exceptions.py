"""What does not run against fakecloud, and why."""

# Tests of `tests/guardrail`.
GUARDRAIL = {}

NO_FUNCTIONS = "it deploys a function, and fakecloud runs functions in Docker only"
NO_EMULATOR = "what it asks is answered by the stand-in, and by no emulator"

# Classes of tests of `tests/emulator`.
EMULATOR = {
    "emulator.test_credentials.Credentials": NO_EMULATOR,
    "emulator.test_org_pull.Patience": NO_EMULATOR,
    "emulator.test_parameters.Parameters": NO_FUNCTIONS,
    "emulator.test_redrive.Redrive": NO_FUNCTIONS,
    "emulator.test_retained.Retained": NO_FUNCTIONS,
    "emulator.test_sign_ins.SignIns": NO_FUNCTIONS,
}
