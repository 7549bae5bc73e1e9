"""The calls of AWS that keyrail's code can make."""

import re

from botocore import xform_name

from tests.emulator.emulator import ROOT
from tests.wire.reading import model

CRATE = ROOT / "crates" / "keyrail-aws"
PERMISSION = re.compile(r'"([a-z0-9-]+:[A-Z][A-Za-z0-9]+)"')
CLIENT = re.compile(r"^aws-sdk-([a-z0-9]+)\.workspace|^aws-sdk-([a-z0-9]+) = ", re.MULTILINE)
# What only the command calls.
OF_THE_COMMAND = {"caller", "caller.rs", "organizations.rs", "redrive", "redrive.rs", "undo.rs"}
# Credentials that the SDK fetches by itself.
OF_THE_SDK = {"sso:GetRoleCredentials", "sts:AssumeRoleWithWebIdentity"}
# Operations whose permission has another name (Service Authorization Reference, "Lambda"; SQS API
# reference, `ChangeMessageVisibilityBatch`: checked 2026-11-29).
PERMISSIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def operations():
    """All of them: each operation of a service, of whose client the crate uses the method of that
    name; and what the SDK does besides."""
    code = "\n".join(file.read_text() for file in source() if file.name != "tests.rs")
    methods = set(re.findall(r"\.([a-z0-9_]+)\(\)", code))
    manifest = (CRATE / "Cargo.toml").read_text()
    services = {one or other for one, other in CLIENT.findall(manifest)}
    return OF_THE_SDK | {
        f"{service}:{name}"
        for service in services
        for name in model(service).operation_names
        if xform_name(name) in methods
    }


def permissions(leave_out=frozenset()):
    """Those that the code names: each call does, to say which one failed; changes and look-ups do so
    in tables. Files, or folders, in `leave_out` are not read."""
    core = ROOT / "crates" / "keyrail-core" / "src"
    named = set()
    for file in [core / "contain" / "change.rs", core / "names" / "lookup.rs", *source()]:
        if not leave_out & set(file.relative_to(ROOT).parts):
            named |= set(PERMISSION.findall(file.read_text()))
    return named - {"aws:TokenIssueTime"}  # A condition key.


def source():
    return sorted((CRATE / "src").rglob("*.rs"))
