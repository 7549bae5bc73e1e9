"""Holds each resource, as it is deployed, to the schemas of AWS's resource types.

cfn-lint has these schemas and holds the text of the templates to them. What a value comes to by
parameters and conditions, and in other partitions, it does not know: here each is resolved first.
"""

import functools
import itertools
import json
import re
import unittest

import cfnlint.rules.formats as formats
from cfnlint.helpers import load_plugins
from cfnlint.jsonschema import StandardValidator, ValidationError
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.template.resolved import PLACES, Resolved, asks_for, transformed
from tests.template.templates import (
    ACCOUNT,
    HOME,
    LONGEST_RECOGNISED,
    LONGEST_STACK,
    MEMBER,
    REGION,
)
from tests.template.test_evidence import RETAINED

TEMPLATES = {
    name: transformed(template)
    for name, template in {
        "template.yaml": HOME,
        "infra/region.yaml": REGION,
        "infra/member.yaml": MEMBER,
        "infra/retained.yaml": RETAINED,
    }.items()
}

KEY = "arn:{partition}:kms:{region}:" + ACCOUNT + ":key/1234abcd-12ab-34cd-56ef-{}"
EMAIL = "someone+else@mail.example.com"

# Values of the parameters for which the template does not list them; the first ones stand for those
# that have no default.
VALUES = {
    "AlertEmail": ["oncall@example.com", EMAIL],
    "AlertEmail2": [EMAIL],
    "AlertEmail3": [EMAIL],
    "ExternalId": ["keyrail:1=a,b.c@d/e-f"],
    "HubBusArn": ["arn:{partition}:events:{home}:" + ACCOUNT + ":event-bus/keyrail-members"],
    "HubRoleArn": [
        "arn:{partition}:iam::" + ACCOUNT + ":role/keyrail-GuardrailRole-1A2B",
        "arn:{partition}:iam::" + ACCOUNT + ":role/security/keyrail-GuardrailRole-1A2B",
    ],
    "Keyrail": ["k" * 22],
    "KeyArn": [KEY.replace("{}", "000000000001")],
    "OperatorEmail": ["operator@example.com", EMAIL],
    "OperatorEmail2": [EMAIL],
    "OperatorKeyArn": [KEY.replace("{}", "000000000002")],
    "OrganizationId": ["o-exampleorgid", "o-" + "a" * 32],
    "PermissionsBoundary": [
        "arn:{partition}:iam::" + ACCOUNT + ":policy/security/boundary",
        "arn:{partition}:iam::aws:policy/PowerUserAccess",
    ],
    "Regions": ["eu-north-1", "eu-north-1,us-gov-east-1,eusc-de-east-1"],
    "ReservedConcurrency": ["1", "99999"],
    "ResponderRole": ["r" * 64, "keyrail-responder"],
    "RoleName": ["r" * 64],
    "RolePath": ["/security/", "/" + "a" * 126 + "/"],
    "Subscribers": ["444455556666", "444455556666,777788889999"],
    "WatchedRoles": [
        "arn:{partition}:iam::" + ACCOUNT + ":role/BreakGlass",
        "arn:{partition}:iam::" + ACCOUNT + ":role/a,arn:{partition}:iam::444455556666:role/b/c",
    ],
    "TopicKeyArn": [KEY.replace("{}", "000000000003")],
    "WatchRoleArn": ["arn:{partition}:iam::" + ACCOUNT + ":role/security/keyrail-watch"],
}

# Whose names the templates make of the stack's, with no room for one that is longer than advised.
NAMED_IN_FULL = {
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
}

# So many combinations of the parameters of one resource are all tried; of more, each pair. In
# partitions other than the first it is each by itself.
MOST = 64

FORMATS = {
    rule.format_keyword: re.compile(rule.pattern)
    for rule in load_plugins(formats.__path__[0])
    if getattr(rule, "pattern", "")
}


class Schemas(unittest.TestCase):
    """Each resource is one that AWS's schema of its type takes, whatever the parameters."""

    maxDiff = None

    def test_each_resource_is_of_its_schema_whatever_the_parameters_and_partition(self):
        checked = 0
        for name, template in TEMPLATES.items():
            for place in PLACES:
                for logical, resource in template["Resources"].items():
                    with self.subTest(name, resource=logical, partition=place.partition):
                        found = set(each_form(template, place, logical))
                        self.assertTrue(found, "it is never made")
                        for properties in found:
                            self.check(resource["Type"], place.home, json.loads(properties))
                        checked += len(found)
        self.assertGreater(checked, 1000)

    def test_each_parameter_has_values_that_it_takes(self):
        for name, template in TEMPLATES.items():
            for parameter, described in template["Parameters"].items():
                tried = [values_of(template, parameter, place) for place in PLACES]
                with self.subTest(name, parameter=parameter):
                    self.assertGreater(len({value for some in tried for value in some}), 1)
                    for value in itertools.chain(*tried):
                        is_list = described["Type"] == "CommaDelimitedList"
                        for each in value.split(",") if is_list else [value]:
                            self.assertRegex(each, f"^({described.get('AllowedPattern', '.*')})$")
                        self.assertLessEqual(len(value), described.get("MaxLength", 1000))

    def test_what_is_not_of_its_schema_is_found(self):
        queue = {"MessageRetentionPeriod": 60}
        self.check("AWS::SQS::Queue", "us-east-1", queue)
        for broken in (
            {"MessageRetentionPeriod": 59},
            {"MessageRetentionPeriod": "long"},
            {"KmsMasterKeyId": "arn:aws:sns:us-east-1:111122223333:topic with blanks"},
            {"Retention": 60},
        ):
            with self.assertRaises(AssertionError, msg=broken):
                self.check("AWS::SQS::Queue", "us-east-1", queue | broken)

    def check(self, kind, region, properties):
        errors = [
            f"{'/'.join(map(str, error.path))}: {error.message}"
            for error in validator_of(kind, region).iter_errors(properties)
        ]
        self.assertEqual(errors, [], json.dumps(properties)[:2000])


@functools.cache
def validator_of(kind, region):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema
    rules = {"format": is_of_the_format, "type": is_of_the_type}
    return StandardValidator(schema).extend(validators=rules)(schema)


def each_form(template, place, logical):
    """What a resource comes to, as JSON: for each combination of what it depends on."""
    resource = template["Resources"][logical]
    asked = sorted(asks_for(template, resource))
    for number, parameters in enumerate(combinations(template, asked, place)):
        # By its name a stack changes no more than names.
        longest = LONGEST_RECOGNISED * "k" if resource["Type"] in NAMED_IN_FULL else LONGEST_STACK
        for stack in ("keyrail",) if number else ("keyrail", longest):
            for region in sorted({place.home, place.other}):
                resolved = Resolved(template, place, region, stack, parameters)
                properties = resolved.properties(logical)
                if properties is not None and resolved.is_permitted():
                    yield json.dumps(properties, sort_keys=True)


def combinations(template, asked, place):
    """Values for all parameters: of those asked for each combination, each pair, or each by itself,
    with the others as they are by default and as they are last."""
    tried = {name: values_of(template, name, place) for name in template["Parameters"]}
    defaults = {name: values[0] for name, values in tried.items()}
    number = 1
    for name in asked:
        number *= len(tried[name])
    first = place == PLACES[0]
    if first and number <= MOST:
        for values in itertools.product(*(tried[name] for name in asked)):
            yield defaults | dict(zip(asked, values, strict=True))
        return
    for base in (defaults, defaults | {name: tried[name][-1] for name in asked}):
        yield base
        for some in itertools.combinations(asked, 2 if first else 1):
            for values in itertools.product(*(tried[name] for name in some)):
                yield base | dict(zip(some, values, strict=True))


def values_of(template, name, place):
    """What is tried of a parameter, its default first."""
    described = template["Parameters"][name]
    default = [str(described["Default"])] if "Default" in described else []
    if name == "HomeRegion":
        return [place.home]
    if "AllowedValues" in described:
        others = [str(value) for value in described["AllowedValues"]]
    elif "MinValue" in described:
        others = [str(described["MinValue"]), str(described["MaxValue"])]
    else:
        others = [
            value.replace("{partition}", place.partition)
            .replace("{region}", place.home)
            .replace("{home}", place.home)
            for value in VALUES[name]
        ]
    if name == "HubBusArn" and place.other == place.home:
        # In the only Region of a partition there are the home and members.
        return others
    return default + [value for value in others if value not in default]


def is_of_the_format(validator, keyword, instance, schema):
    """The formats that cfn-lint has rules for."""
    if isinstance(instance, str) and keyword in FORMATS and not FORMATS[keyword].match(instance):
        yield ValidationError(f"{instance!r} is no {keyword}")


def is_of_the_type(validator, types, instance, schema):
    """CloudFormation takes a number as text, and the other way round."""
    types = [types] if isinstance(types, str) else types
    if any(validator.is_type(instance, each) for each in types):
        return
    if "string" in types and isinstance(instance, (int, float)):
        return
    if "integer" in types and isinstance(instance, str) and re.fullmatch("[0-9]+", instance):
        return
    yield ValidationError(f"{instance!r} is not of type {', '.join(types)}")
