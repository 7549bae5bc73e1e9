"""Deployments that between them give each parameter of each template another value than its own."""

import dataclasses
import functools

from samtranslator.yaml_helper import yaml_parse

from tests.emulator.emulator import ACCOUNT, REGION, ROOT
from tests.emulator.stack import Stack

HOME, OTHERS = ROOT / "template.yaml", ROOT / "infra" / "region.yaml"
MEMBER, RETAINED = ROOT / "infra" / "member.yaml", ROOT / "infra" / "retained.yaml"

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
BUS = "arn:aws:events:eusc-de-east-1:999988887777:event-bus/keyrail-members"
TOLD = {"AlertEmail": "oncall@example.com", "OperatorEmail": "operator@example.com"}


def key(name):
    return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{name}"


@functools.cache
def parameters_of(template):
    """The parameters of a template's file, as it declares them."""
    return yaml_parse(template.read_text())["Parameters"]


@dataclasses.dataclass(frozen=True)
class Deployment:
    """A template as it is deployed: each in an account of its own, so that none meets another."""

    template: object
    account: str
    parameters: dict
    region: str = REGION
    stack: str = "keyrail"

    def deploy(self, emulator):
        """The stack, and the emulator as that account sees it in that Region."""
        seen = emulator.at(self.account, self.region)
        stack = Stack(seen, self.stack, self.template)
        stack.deploy(**self.parameters)
        return stack, seen

    def given(self):
        """The parameters that it gives another value than the template's own."""
        own = parameters_of(self.template)
        return {
            name
            for name, value in self.parameters.items()
            if str(own[name].get("Default")) != value
        }


DEPLOYMENTS = {
    "without state": Deployment(
        HOME, ACCOUNT, TOLD | {"State": "none", "Chat": "topic", "Mode": "enforce"}
    ),
    "large organization": Deployment(
        HOME,
        "444455550001",
        TOLD
        | {
            "OrganizationId": "o-exampleorgid",
            "ResponderRole": "security/keyrail-responder",
            "ExternalId": "shown-to-members",
            "MemberFlood": "70",
            "RolePath": "/security/",
            "PermissionsBoundary": BOUNDARY,
            "ReservedConcurrency": "7",
            "RecheckConcurrency": "4",
            "AlertEmail2": "second@example.com",
            "AlertEmail3": "third@example.com",
            "OperatorEmail2": "another@example.com",
            "Subscribers": "222233334444,333344445555",
            "Regions": "eu-north-1,us-west-2",
        },
    ),
    "keys": Deployment(
        HOME,
        "444455550002",
        TOLD
        | {
            "KeyArn": key("all"),
            "TopicKeyArn": key("topics"),
            "OperatorKeyArn": key("operator"),
            "Chat": "topic",
        },
    ),
    "all that it may do": Deployment(
        HOME,
        "444455550003",
        TOLD
        | {
            "Mode": "enforce",
            "RoleSessions": "allow",
            "Deletion": "allow",
            "RootKeys": "delete",
            "SecurityHubControls": "on",
            "WatchedRoles": "arn:aws:iam::444455550003:role/Emergency",
            "Architecture": "x86_64",
            "LogRetentionDays": "30",
            "Beat": "off",
        },
    ),
    "GovCloud": Deployment(HOME, "444455550004", TOLD, "us-gov-west-1"),
    "China": Deployment(HOME, "444455550005", TOLD, "cn-north-1"),
    "European Sovereign Cloud": Deployment(HOME, "444455550006", TOLD, "eusc-de-east-1"),
    "member's home": Deployment(
        OTHERS,
        "444455550007",
        {
            "HomeRegion": "eusc-de-east-1",
            "HubBusArn": BUS,
            "SecurityHubControls": "on",
            "WatchedRoles": "arn:aws-eusc:iam::444455550007:role/Emergency",
            "Keyrail": "guardrail",
            "ResponderRole": "answerer",
            "OperatorEmail": "operator@example.com",
            "PermissionsBoundary": BOUNDARY,
            "RolePath": "/security/",
        },
        "eusc-de-east-1",
        "guardrail-region",
    ),
    "without beats": Deployment(
        OTHERS, "444455550011", {"Beat": "off"}, "eu-north-1", "keyrail-region"
    ),
    "member": Deployment(
        MEMBER,
        "444455550008",
        {
            "HubRoleArn": f"arn:aws:iam::{ACCOUNT}:role/security/keyrail-GuardrailRole-1A2B",
            "OrganizationId": "o-exampleorgid",
            "WatchRoleArn": f"arn:aws:iam::{ACCOUNT}:role/security/guardrail-watch",
            "Keyrail": "guardrail",
            "RoleName": "answerer",
            "ExternalId": "shown-to-members",
            "Mode": "enforce",
            "RoleSessions": "allow",
            "Deletion": "allow",
            "PermissionsBoundary": BOUNDARY,
            "RolePath": "/security/",
        },
    ),
    "retained": Deployment(
        RETAINED, "444455550009", {"State": "none", "Beat": "off", "Chat": "topic"}
    ),
}
