"""The calls of AWS that keyrail's code can make."""

import re

from botocore import xform_name

from tests.emulator.emulator import ROOT
from tests.wire.reading import model

CRATES = ROOT / "crates"
FUNCTION = CRATES / "keyrail-aws"
# What only the command calls.
COMMAND = CRATES / "keyrail-operator"
PERMISSION = re.compile(r'"([a-z0-9-]+:[A-Z][A-Za-z0-9]+)"')
CLIENT = re.compile(r"^aws-sdk-([a-z0-9]+)\.workspace|^aws-sdk-([a-z0-9]+) = ", re.MULTILINE)
# What keyrail calls its own doing in the attributes of a message.
OWN = {"keyrail:Watch"}
# Credentials that the SDK fetches by itself.
OF_THE_SDK = {"sso:GetRoleCredentials", "sts:AssumeRoleWithWebIdentity"}
# Operations whose permission has another name (Service Authorization Reference, "Lambda"; SQS API
# reference, `ChangeMessageVisibilityBatch`: checked 2026-11-29).
PERMISSIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def operations():
    """All of them: each operation of a service, of whose client a crate uses the method of that
    name; what the watch asks without a client, by the names that it gives; and what the SDK does
    besides."""
    return OF_THE_SDK | operations_of(FUNCTION) | asked_without_client() | operations_of(COMMAND)


def asked_without_client():
    """What `asking.rs` sends: each is named where it is asked."""
    code = "\n".join(file.read_text() for file in sorted((FUNCTION / "src" / "watch").rglob("*.rs")))
    return set(PERMISSION.findall(code)) - OWN


def operations_of(crate):
    code = "\n".join(file.read_text() for file in source(crate) if file.name != "tests.rs")
    methods = set(re.findall(r"\.([a-z0-9_]+)\(\)", code))
    manifest = (crate / "Cargo.toml").read_text()
    services = {one or other for one, other in CLIENT.findall(manifest)}
    return {
        f"{service}:{name}"
        for service in services
        for name in model(service).operation_names
        if xform_name(name) in methods
    }


def permissions(*crates):
    """Those that the code names: each call does, to say which one failed; changes and look-ups do so
    in tables of the core."""
    core = CRATES / "keyrail-core" / "src"
    tables = [core / "names" / "lookup.rs", core / "contain" / "change.rs"]
    tables += (core / "contain" / "change").rglob("*.rs")
    named = set()
    for file in tables + [file for crate in crates or (FUNCTION, COMMAND) for file in source(crate)]:
        named |= set(PERMISSION.findall(file.read_text()))
    return named - OWN - {"aws:TokenIssueTime"}  # A condition key.


def source(crate):
    return sorted((crate / "src").rglob("*.rs"))
