"""Templates as CloudFormation resolves them: for given parameters, in a Region, by SAM's transform."""

import copy
import dataclasses
import os
import re
import unittest.mock

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.template.templates import ACCOUNT, generated_name

# What `AWS::NoValue` leaves.
NOTHING = object()

# Where a name is the template's, and where CloudFormation makes one up, how long it may be.
NAMED = {
    "AWS::Events::EventBus": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
}
LONGEST = {"AWS::DynamoDB::Table": 255, "AWS::SNS::Topic": 256, "AWS::SQS::Queue": 80}

# Service, and what is before the name.
ARNS = {
    "AWS::DynamoDB::Table": ("dynamodb", "table/"),
    "AWS::Events::EventBus": ("events", "event-bus/"),
    "AWS::Events::Rule": ("events", "rule/"),
    "AWS::Lambda::Function": ("lambda", "function:"),
    "AWS::Lambda::LayerVersion": ("lambda", "layer:"),
    "AWS::Logs::LogGroup": ("logs", "log-group:"),
    "AWS::SNS::Topic": ("sns", ""),
    "AWS::SQS::Queue": ("sqs", ""),
}


@dataclasses.dataclass(frozen=True)
class Place:
    """A partition of AWS, keyrail's home Region in it, and another if there is one."""

    partition: str
    suffix: str
    home: str
    other: str


PLACES = [
    Place("aws", "amazonaws.com", "us-east-1", "eu-north-1"),
    Place("aws-us-gov", "amazonaws.com", "us-gov-west-1", "us-gov-east-1"),
    Place("aws-cn", "amazonaws.com.cn", "cn-north-1", "cn-northwest-1"),
    Place("aws-eusc", "amazonaws.eu", "eusc-de-east-1", "eusc-de-east-1"),
]


def transformed(template):
    """What SAM makes of a template; of one that is not SAM's, itself."""
    template = copy.deepcopy(template)
    if "Transform" not in template:
        return template
    for resource in template["Resources"].values():
        for path in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][path] = "s3://artifacts/archive.zip"
    # It wants to know a Region, and makes the same in each.
    with unittest.mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "us-east-1"}):
        return Translator({}, Parser()).translate(template, {})


class Resolved:
    """A template, transformed, as it is deployed."""

    def __init__(self, template, place, region, stack, parameters):
        self.template = template
        self.place = place
        self.region = region
        self.stack = stack
        self.parameters = parameters

    def properties(self, logical):
        """What a resource is made with; None if its condition does not hold."""
        resource = self.template["Resources"][logical]
        if "Condition" in resource and not self.condition(resource["Condition"]):
            return None
        return self.value(resource.get("Properties", {}))

    def is_permitted(self):
        """Whether the template's own rules let it be deployed so."""
        return all(
            self.value(assertion["Assert"])
            for rule in self.template.get("Rules", {}).values()
            for assertion in rule["Assertions"]
        )

    def condition(self, name):
        return self.value(self.template["Conditions"][name])

    def value(self, given):
        if isinstance(given, list):
            values = [self.value(inner) for inner in given]
            return [value for value in values if value is not NOTHING]
        if not isinstance(given, dict):
            return given
        if len(given) == 1:
            ((function, argument),) = given.items()
            if function in FUNCTIONS:
                return FUNCTIONS[function](self, argument)
            if function.startswith("Fn::"):
                raise KeyError(f"tests/template/resolved.py does not know {function}")
        values = {key: self.value(inner) for key, inner in given.items()}
        return {key: value for key, value in values.items() if value is not NOTHING}

    def ref(self, name):
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": NOTHING,
            "AWS::Partition": self.place.partition,
            "AWS::Region": self.region,
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": self.place.suffix,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.parameters:
            return typed(self.template["Parameters"][name]["Type"], self.parameters[name])
        kind = self.template["Resources"][name]["Type"]
        if kind == "AWS::SQS::Queue":
            host = f"sqs.{self.region}.{self.place.suffix}"
            return f"https://{host}/{ACCOUNT}/{self.name(name)}"
        by_arn = kind in ("AWS::SNS::Topic", "AWS::Lambda::LayerVersion")
        return self.arn(name) if by_arn else self.name(name)

    def attribute(self, argument):
        logical, attribute = argument
        if attribute == "Arn":
            return self.arn(logical)
        if attribute in ("QueueName", "TopicName"):
            return self.name(logical)
        raise KeyError(f"tests/template/resolved.py does not know {logical}.{attribute}")

    def substituted(self, text):
        return re.sub(r"\$\{([^!}]+)\}", lambda found: str(self.ref(found[1])), text)

    def name(self, logical):
        resource = self.template["Resources"][logical]
        kind, properties = resource["Type"], resource.get("Properties", {})
        if given := properties.get(NAMED.get(kind)):
            return self.value(given)
        return generated_name(self.stack, logical, LONGEST.get(kind, 64))

    def arn(self, logical):
        resource = self.template["Resources"][logical]
        kind, name = resource["Type"], self.name(logical)
        if kind == "AWS::IAM::Role":
            path = self.value(resource["Properties"]["Path"])
            return f"arn:{self.place.partition}:iam::{ACCOUNT}:role{path}{name}"
        service, before = ARNS[kind]
        if bus := resource["Properties"].get("EventBusName"):
            before += self.value(bus) + "/"
        after = ":1" if kind == "AWS::Lambda::LayerVersion" else ""
        return f"arn:{self.place.partition}:{service}:{self.region}:{ACCOUNT}:{before}{name}{after}"


def typed(kind, value):
    if kind == "CommaDelimitedList":
        return value.split(",")
    return int(value) if kind == "Number" else value


def chosen(at, argument):
    condition, yes, no = argument
    return at.value(yes if at.condition(condition) else no)


def joined(at, argument):
    between, parts = argument
    return between.join(at.value(parts))


def is_equal(at, argument):
    one, other = at.value(argument)
    return str(one) == str(other)


def is_among(at, argument):
    some, one = argument
    return at.value(one) in at.value(some)


def held(at, argument):
    """A condition, or what a policy's statement calls so."""
    return at.condition(argument) if isinstance(argument, str) else {"Condition": at.value(argument)}


FUNCTIONS = {
    "Condition": held,
    "Fn::And": lambda at, argument: all(at.value(argument)),
    "Fn::Contains": is_among,
    "Fn::Equals": is_equal,
    "Fn::GetAtt": Resolved.attribute,
    "Fn::If": chosen,
    "Fn::Join": joined,
    "Fn::Not": lambda at, argument: not at.value(argument)[0],
    "Fn::Or": lambda at, argument: any(at.value(argument)),
    "Fn::Sub": Resolved.substituted,
    "Ref": Resolved.ref,
}


def asks_for(template, given):
    """The parameters that a value of a template depends on, by its conditions too."""
    found = set()
    if isinstance(given, list):
        for inner in given:
            found |= asks_for(template, inner)
    elif isinstance(given, dict):
        for key, inner in given.items():
            found |= named_by(template, key, inner)
            found |= asks_for(template, inner)
    return found


def named_by(template, key, argument):
    names = set()
    if key == "Ref":
        names = {argument}
    elif key == "Fn::Sub":
        names = set(re.findall(r"\$\{([^!}]+)\}", argument))
    elif key == "Fn::If":
        return by_condition(template, argument[0])
    elif key == "Condition" and isinstance(argument, str):
        return by_condition(template, argument)
    return names & template["Parameters"].keys()


def by_condition(template, name):
    return asks_for(template, template["Conditions"][name])
