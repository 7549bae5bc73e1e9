"""keyrail's parts as the templates make them, and the calls that they and their deployment need.

`tests/preventive` evaluates the policies of infra/preventive against it. After a change of a template:

    .venv/bin/python -m tests.template.parts >tests/preventive/parts.json
"""

import dataclasses
import json
import re

from tests.template.resolved import PLACES, Resolved
from tests.template.templates import HOME, MEMBER, REGION, as_list, identity_statements

HUB = "111122223333"
ACCOUNT = "444455556666"
INSTANCE = "5e1837a2-14a5-4c3f-9b1e-0a1b2c3d4e5f"
SUFFIX = "1TCLUMCY77KXG"

DEPLOYMENT = f"arn:aws:iam::{HUB}:role/KeyrailDeployment"
STACK_SETS = f"arn:aws:iam::{ACCOUNT}:role/stacksets-exec-0123456789abcdef0123456789abcdef"

# Paths that whoever deploys may put roles in.
PATHS = ("/", "/security/")


@dataclasses.dataclass(frozen=True)
class Deployment:
    """A template, deployed somewhere."""

    template: dict
    account: str
    region: str
    stack: str
    by: str


# StackSets put `StackSet-` before the name of a StackSet, and an id of the instance behind it.
DEPLOYMENTS = [
    Deployment(HOME, HUB, "us-east-1", "keyrail", DEPLOYMENT),
    Deployment(REGION, HUB, "eu-north-1", "keyrail-region", DEPLOYMENT),
    Deployment(REGION, ACCOUNT, "us-east-1", f"StackSet-keyrail-region-{INSTANCE}", STACK_SETS),
    Deployment(MEMBER, ACCOUNT, "us-east-1", f"StackSet-keyrail-member-{INSTANCE}", STACK_SETS),
]

PARAMETERS = {
    "HubBusArn": f"arn:aws:events:us-east-1:{HUB}:event-bus/keyrail-members",
    "HubRoleArn": f"arn:aws:iam::{HUB}:role/keyrail-GuardrailRole-{SUFFIX}",
    "OrganizationId": "o-exampleorgid",
    "ResponderRole": "keyrail-responder",
    "WatchRoleArn": f"arn:aws:iam::{HUB}:role/keyrail-watch",
}
KEY = f"arn:aws:kms:us-east-1:{HUB}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

# What a resource is called if its template does not say, and how long that can be: the quotas of
# the services' API references (2026-11-29).
LONGEST = {
    "AWS::CloudWatch::Alarm": 255,
    "AWS::DynamoDB::Table": 255,
    "AWS::Events::Rule": 64,
    "AWS::IAM::Role": 64,
    "AWS::SNS::Topic": 256,
    "AWS::SQS::Queue": 80,
}
NAMED = {
    "AWS::Events::EventBus": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::Serverless::LayerVersion": "LayerName",
}
# Service, and what is before the name.
ARNS = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:"),
    "AWS::DynamoDB::Table": ("dynamodb", "table/"),
    "AWS::Events::EventBus": ("events", "event-bus/"),
    "AWS::Events::Rule": ("events", "rule/"),
    "AWS::Logs::LogGroup": ("logs", "log-group:"),
    "AWS::SNS::Topic": ("sns", ""),
    "AWS::SQS::Queue": ("sqs", ""),
    "AWS::Scheduler::Schedule": ("scheduler", "schedule/"),
    "AWS::Scheduler::ScheduleGroup": ("scheduler", "schedule-group/"),
    "AWS::Serverless::Function": ("lambda", "function:"),
    "AWS::Serverless::LayerVersion": ("lambda", "layer:"),
}

# What has no name of its own, and the property that says which part it belongs to.
BELONGS = {
    "AWS::IAM::Policy": "Roles",
    "AWS::Lambda::EventSourceMapping": "FunctionName",
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::SNS::Subscription": "TopicArn",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}

# What CloudFormation calls for each, in the name of whoever deploys, to make it, change it, tag it
# and remove it. Those after the bar take no resource, by the Service Authorization Reference.
DEPLOYS = {
    "AWS::CloudFormation::Stack": "cloudformation:CreateStack CreateChangeSet ExecuteChangeSet"
    " DeleteChangeSet UpdateStack RollbackStack CancelUpdateStack ContinueUpdateRollback DeleteStack"
    " DescribeStacks DetectStackDrift SetStackPolicy TagResource UpdateTerminationProtection",
    "AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm DescribeAlarms TagResource DeleteAlarms",
    "AWS::DynamoDB::Table": "dynamodb:CreateTable DescribeTable DescribeTimeToLive TagResource"
    " UpdateContinuousBackups UpdateTable UpdateTimeToLive DeleteTable",
    "AWS::Events::EventBus": "events:CreateEventBus DescribeEventBus TagResource UpdateEventBus"
    " DeleteEventBus | PutPermission RemovePermission",
    "AWS::Events::Rule": "events:PutRule PutTargets DescribeRule DisableRule EnableRule RemoveTargets"
    " TagResource DeleteRule",
    "AWS::IAM::Policy": "iam:DeleteRolePolicy GetRolePolicy PutRolePolicy",
    "AWS::IAM::Role": "iam:CreateRole AttachRolePolicy DeleteRolePermissionsBoundary DeleteRolePolicy"
    " DetachRolePolicy GetRole GetRolePolicy PassRole PutRolePermissionsBoundary PutRolePolicy TagRole"
    " UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription DeleteRole",
    "AWS::Lambda::EventSourceMapping": "lambda:| CreateEventSourceMapping DeleteEventSourceMapping"
    " GetEventSourceMapping UpdateEventSourceMapping",
    "AWS::Lambda::Permission": "lambda:AddPermission GetPolicy RemovePermission",
    "AWS::Logs::LogGroup": "logs:CreateLogGroup AssociateKmsKey DeleteRetentionPolicy"
    " DescribeLogGroups DisassociateKmsKey PutRetentionPolicy TagResource DeleteLogGroup",
    "AWS::Scheduler::Schedule": "scheduler:CreateSchedule GetSchedule UpdateSchedule DeleteSchedule",
    "AWS::Scheduler::ScheduleGroup": "scheduler:CreateScheduleGroup GetScheduleGroup TagResource"
    " DeleteScheduleGroup",
    "AWS::SNS::Subscription": "sns:Subscribe | SetSubscriptionAttributes Unsubscribe",
    "AWS::SNS::Topic": "sns:CreateTopic GetTopicAttributes SetTopicAttributes TagResource DeleteTopic",
    "AWS::SNS::TopicPolicy": "sns:GetTopicAttributes SetTopicAttributes",
    "AWS::SQS::Queue": "sqs:CreateQueue GetQueueAttributes SetQueueAttributes TagQueue DeleteQueue",
    "AWS::SQS::QueuePolicy": "sqs:GetQueueAttributes SetQueueAttributes",
    "AWS::Serverless::Function": "lambda:CreateFunction DeleteFunctionConcurrency"
    " DeleteFunctionEventInvokeConfig GetFunction PutFunctionConcurrency PutFunctionEventInvokeConfig"
    " TagResource UpdateFunctionCode UpdateFunctionConfiguration UpdateFunctionEventInvokeConfig"
    " DeleteFunction",
    "AWS::Serverless::LayerVersion": "lambda:PublishLayerVersion GetLayerVersion DeleteLayerVersion",
}


def name_of(stack, logical, longest):
    """The name that CloudFormation makes up: STACK-LOGICAL-SUFFIX, cut where that is too long.

    By names of roles in public that are 64 characters long, such as
    `StackSet-StackSetPasswordPolicy-5e1837a-LambdaRole-1TCLUMCY77KXG`, where the stack's name is cut,
    and `StackSet-AWS-Landing-Zone-ForwardSnsNotificationLa-1XDDEMJLM5D3V`, where both are (2026-11-29).
    """
    room = longest - len(SUFFIX) - 2
    kept = logical[: max(room // 2, room - len(stack))]
    return f"{stack[:room - len(kept)]}-{kept}-{SUFFIX}"


class Resolver:
    """What the intrinsic functions of a template stand for, in one deployment."""

    def __init__(self, deployment):
        self.at = deployment

    def value(self, given):
        if isinstance(given, list):
            return [self.value(inner) for inner in given]
        if not isinstance(given, dict):
            return given
        ((function, argument),) = given.items()
        if function == "Ref":
            return self.ref(argument)
        if function == "Fn::GetAtt":
            logical, attribute = argument
            if attribute != "Arn":
                raise KeyError(f"tests/template/parts.py does not know {logical}.{attribute}")
            return self.arn(logical)
        if function == "Fn::Sub":
            # What IAM is to replace stands as `${!…}` or in no Sub.
            return re.sub(r"\$\{([^!}]+)\}", lambda found: self.ref(found[1]), argument)
        if function == "Fn::If":
            return [self.value(choice) for choice in argument[1:]]
        if function == "Fn::Join":
            return argument[0].join(self.value(part) for part in argument[1])
        raise KeyError(f"tests/template/parts.py does not know {function}")

    def ref(self, name):
        at = self.at
        pseudo = {
            "AWS::AccountId": at.account,
            "AWS::NoValue": None,
            "AWS::Partition": "aws",
            "AWS::Region": at.region,
            "AWS::StackName": at.stack,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if resource := at.template["Resources"].get(name):
            by_arn = resource["Type"] in ("AWS::SNS::Topic",)
            return self.arn(name) if by_arn else self.name(name)
        if name in PARAMETERS:
            return PARAMETERS[name]
        parameter = at.template["Parameters"][name]
        if ":kms:" in parameter.get("AllowedPattern", ""):
            return KEY
        if default := parameter.get("Default"):
            return default
        raise KeyError(f"tests/template/parts.py needs an example of the parameter {name}")

    def name(self, logical):
        resource = self.at.template["Resources"][logical]
        kind, properties = resource["Type"], resource.get("Properties", {})
        if given := properties.get(NAMED.get(kind)):
            return self.value(given)
        return name_of(self.at.stack, logical, LONGEST[kind])

    def arn(self, logical, path="/"):
        resource = self.at.template["Resources"][logical]
        kind, name = resource["Type"], self.name(logical)
        if kind == "AWS::IAM::Role":
            return f"arn:aws:iam::{self.at.account}:role{path}{name}"
        service, before = ARNS[kind]
        if kind == "AWS::Scheduler::Schedule":
            before += self.value(resource["Properties"]["GroupName"]) + "/"
        if kind == "AWS::Events::Rule" and (bus := resource["Properties"].get("EventBusName")):
            before += self.value(bus) + "/"
        after = ":1" if kind == "AWS::Serverless::LayerVersion" else ""
        return f"arn:aws:{service}:{self.at.region}:{self.at.account}:{before}{name}{after}"

    def stack(self):
        at = self.at
        return f"arn:aws:cloudformation:{at.region}:{at.account}:stack/{at.stack}/{INSTANCE}"


def flat(value):
    if isinstance(value, list):
        return [inner for each in value for inner in flat(each)]
    return [] if value is None else [value]


def example(resource):
    """An ARN that a pattern of the templates is for; `*` for an action that takes none."""
    if resource == "*":
        return resource
    partition, service, region, account, name = resource.split(":", 5)[1:]
    account = ACCOUNT if account == "*" else account
    region = "us-east-1" if region == "*" else region
    name = re.sub(r"/?\*$", lambda found: found[0].replace("*", "example"), name).replace("*", "")
    return ":".join(("arn", partition, service, region, account, name))


def grants(deployment):
    """(role, action, resource) of all that the roles of a template allow, whatever is set."""
    resolver = Resolver(deployment)
    for logical, statement in identity_statements(deployment.template):
        if statement["Effect"] == "Allow":
            for action in as_list(statement["Action"]):
                for resource in flat(resolver.value(statement["Resource"])):
                    yield logical, action, example(resource)


def parts(deployment):
    """(type, ARN) of each thing that a template makes, and whose name it has."""
    resolver = Resolver(deployment)
    yield "AWS::CloudFormation::Stack", resolver.stack()
    for logical, resource in deployment.template["Resources"].items():
        kind = resource["Type"]
        if kind == "AWS::IAM::Role":
            for path in PATHS:
                yield kind, resolver.arn(logical, path)
        elif kind in BELONGS:
            for owner in as_list(resource["Properties"][BELONGS[kind]]):
                ((_, owner),) = owner.items()
                yield kind, resolver.arn(as_list(owner)[0])
        else:
            yield kind, resolver.arn(logical)


def beats():
    """The roles that beats are made in: their policies, and whom they trust."""
    for template, region, stack in (
        (HOME, "us-east-1", "keyrail"),
        (REGION, "eu-north-1", "keyrail-region"),
    ):
        parameters = {name: of.get("Default", "") for name, of in template["Parameters"].items()}
        deployed = Resolved(template, PLACES[0], region, stack, parameters)
        role = deployed.properties("BeatRole")
        group = deployed.properties("BeatGroup")["Name"]
        yield {
            "arn": f"arn:aws:iam::{HUB}:role/{role['RoleName']}",
            "policies": [policy["PolicyDocument"] for policy in role["Policies"]],
            "trust": role["AssumeRolePolicyDocument"],
            "group": f"arn:aws:scheduler:{region}:{HUB}:schedule-group/{group}",
        }


def described():
    needed, made = [], []
    for deployment in DEPLOYMENTS:
        resolver = Resolver(deployment)
        for logical, action, resource in grants(deployment):
            for path in PATHS:
                role = resolver.arn(logical, path)
                needed.append({"principal": role, "action": action, "resource": resource})
        for kind, arn in parts(deployment):
            made.append({"type": kind, "arn": arn, "by": deployment.by})
    key = json.dumps
    return {
        "grants": sorted({key(each): each for each in needed}.values(), key=key),
        "parts": sorted({key(each): each for each in made}.values(), key=key),
        "deploys": [
            {"type": kind, "on_it": calls(kind, 0), "on_any": calls(kind, 1)} for kind in DEPLOYS
        ],
        "beats": list(beats()),
    }


def calls(kind, side):
    service, names = DEPLOYS[kind].split(":")
    sides = (*names.split("|"), "")
    return [f"{service}:{name}" for name in sides[side].split()]


def text():
    """As it is in the file: a line for each."""
    lists = [
        f' "{name}": [\n' + ",\n".join(f"  {json.dumps(each)}" for each in values) + "\n ]"
        for name, values in described().items()
    ]
    return "{\n" + ",\n".join(lists) + "\n}\n"


if __name__ == "__main__":
    print(text(), end="")
