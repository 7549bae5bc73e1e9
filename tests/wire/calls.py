"""The calls of AWS that keyrail's code can make."""

import re

from tests.emulator.emulator import ROOT

CALL = re.compile(r'"([a-z0-9-]+:[A-Z][A-Za-z0-9]+)"')
# What only the command calls.
OF_THE_COMMAND = {"caller", "caller.rs", "organizations.rs", "redrive", "redrive.rs", "undo.rs"}
# Credentials that the SDK fetches by itself.
OF_THE_SDK = {"sts:AssumeRoleWithWebIdentity"}
# Permissions that are not called as the operation is.
OPERATIONS = {"lambda:InvokeFunction": "lambda:Invoke"}


def named_in_the_code(leave_out=frozenset()):
    """By their permissions: each call names its own, to say which one failed; changes and look-ups do
    so in tables. Files, or folders, in `leave_out` are not read."""
    core = ROOT / "crates" / "keyrail-core" / "src"
    files = [core / "change.rs", core / "lookup.rs"]
    files += (ROOT / "crates" / "keyrail-aws" / "src").rglob("*.rs")
    named = set()
    for file in files:
        if not leave_out & set(file.relative_to(ROOT).parts):
            named |= set(CALL.findall(file.read_text()))
    return named - {"aws:TokenIssueTime"}  # A condition key.


def operations():
    """All of them, as AWS's models name them."""
    return {OPERATIONS.get(name, name) for name in named_in_the_code()} | OF_THE_SDK
