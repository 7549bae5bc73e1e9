"""Deploys template.yaml into an emulator, the way `sam package` and CloudFormation do.

The template is sent as it is, by way of S3, but for two things: the paths of the code and of the layer
become the places there that their archives were uploaded to, and alarms on a query are left out,
which the emulator refuses.
"""

import functools
import io
import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.request
import zipfile

import yaml

from .emulator import ROOT

# Which property of which resource names a path on this machine.
ARTIFACTS = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}
# libyaml where PyYAML has it: in Python the templates take ten times as long.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class StackError(Exception):
    """The stack was not deployed; the message says which resource failed and why."""


class Stack:
    """template.yaml in an emulator. Deploying again updates it."""

    def __init__(self, emulator, name="keyrail", template=ROOT / "template.yaml", account=None):
        self.emulator = emulator
        self.name = name
        self.source = template
        self.account = account or emulator.account
        self.packaged = None
        self.outputs = {}

    def deploy(self, seconds=60, **parameters):
        cloudformation = self.emulator.client("cloudformation", self.account)
        action = cloudformation.update_stack if self.packaged else cloudformation.create_stack
        self.packaged = self.packaged or self._package()
        action(
            StackName=self.name,
            TemplateURL=self.packaged,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
        )
        stack = self._wait(cloudformation, seconds)
        self.outputs = {
            output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])
        }

    def bring_layer_within_reach(self):
        """Points KEYRAIL_BUNDLE at the deployed layer's files, where it names /opt.

        Lambda unpacks layers in /opt. The emulator runs functions as plain processes and has
        no /opt of its own, so the layer that was deployed is fetched and unpacked beside it.
        Returns whether that was needed.
        """
        functions = self.emulator.client("lambda")
        function = functions.get_function_configuration(FunctionName=self.outputs["FunctionName"])
        variables = function.get("Environment", {}).get("Variables", {})
        bundle = pathlib.PurePosixPath(variables.get("KEYRAIL_BUNDLE", ""))
        if bundle.parts[:2] != ("/", "opt"):
            return False
        opt = tempfile.mkdtemp(prefix="opt-", dir=self.emulator.scratch)
        for layer in function["Layers"]:
            version = functions.get_layer_version_by_arn(Arn=layer["Arn"])
            with urllib.request.urlopen(version["Content"]["Location"], timeout=30) as answer:
                zipfile.ZipFile(io.BytesIO(answer.read())).extractall(opt)
        variables["KEYRAIL_BUNDLE"] = os.path.join(opt, *bundle.parts[2:])
        functions.update_function_configuration(
            FunctionName=self.outputs["FunctionName"], Environment={"Variables": variables}
        )
        return True

    def let_the_function_act(self):
        """Takes away what denies the role outside the function.

        On AWS a function's credentials say of which function they are; the emulator's do not.
        """
        role = self.emulator.client("lambda").get_function_configuration(
            FunctionName=self.outputs["FunctionName"]
        )["Role"]
        self.emulator.client("iam").delete_role_policy(
            RoleName=role.split("/")[-1], PolicyName="in-this-function-only"
        )

    def rule_that_matches(self, event, target, bus="default"):
        """The deployed rule on a bus that would hand this event to a target."""
        events = self.emulator.client("events", self.account)
        names = events.list_rule_names_by_target(TargetArn=target, EventBusName=bus)["RuleNames"]
        for name in names:
            rule = events.describe_rule(Name=name, EventBusName=bus)
            pattern = rule.get("EventPattern")
            if pattern and self._matches(events, pattern, event):
                return rule
        raise StackError(f"no rule of the stack matches the event {event['detail'].get('eventName')}")

    def copy_rule(self, rule, source):
        """Copies a deployed rule so that it listens to another source.

        Its pattern moves one level down, since the whole AWS event travels as the detail of the
        event put by us, and its target takes the detail only: the function sees the AWS event.
        """
        events = self.emulator.client("events")
        name = f"{rule['Name']}-copy"[-64:]
        bus = rule["EventBusName"]
        pattern = json.dumps({"source": [source], "detail": json.loads(rule["EventPattern"])})
        arn = events.put_rule(Name=name, EventPattern=pattern, EventBusName=bus)["RuleArn"]
        self.emulator.client("lambda").add_permission(
            FunctionName=self.outputs["FunctionName"],
            StatementId=name,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=arn,
        )
        targets = [
            {key: value for key, value in target.items() if not key.startswith("Input")}
            | {"InputPath": "$.detail"}
            for target in events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)["Targets"]
        ]
        answer = events.put_targets(Rule=name, Targets=targets, EventBusName=bus)
        if answer["FailedEntryCount"]:
            raise StackError(f"the copy of the rule has no target: {answer['FailedEntries']}")
        return name

    def log_lines(self):
        """What the function has logged so far, oldest first: (milliseconds, text)."""
        functions = self.emulator.client("lambda")
        function = functions.get_function_configuration(FunctionName=self.outputs["FunctionName"])
        group = function.get("LoggingConfig", {}).get("LogGroup")
        group = group or f"/aws/lambda/{self.outputs['FunctionName']}"
        logs = self.emulator.client("logs")
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            return [
                (event["timestamp"], event["message"].rstrip("\n"))
                for page in pages
                for event in page["events"]
            ]
        except logs.exceptions.ResourceNotFoundException:
            return []

    @staticmethod
    def _matches(events, pattern, event):
        return events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]

    def _package(self):
        """Where the template is in S3, with each local path replaced by where its archive is."""
        text = without_alarms_on_queries(self.source.read_text())
        bucket = f"{self.name}-{self.account}-artifacts"
        s3 = self.emulator.client("s3", self.account)
        region = s3.meta.region_name
        # us-east-1 is where a bucket is that names no place.
        place = {"LocationConstraint": region} if region != "us-east-1" else None
        s3.create_bucket(Bucket=bucket, **{"CreateBucketConfiguration": place} if place else {})
        # Backwards, so that the positions of those before stay right.
        for resource, kind, node in reversed(artifact_nodes(text)):
            if kind == "AWS::Serverless::Function":
                archive = built_function(resource)
            else:
                archive = zip_folder(self.source.parent / node.value)
            s3.put_object(Bucket=bucket, Key=f"{resource}.zip", Body=archive)
            place = f"s3://{bucket}/{resource}.zip"
            text = text[: node.start_mark.index] + place + text[node.end_mark.index :]
        s3.put_object(Bucket=bucket, Key="template.yaml", Body=text.encode())
        return f"{self.emulator.endpoint}/{bucket}/template.yaml"

    def _wait(self, cloudformation, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            stack = cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
            status = stack["StackStatus"]
            if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                return stack
            if not status.endswith("_IN_PROGRESS") or "ROLLBACK" in status:
                raise StackError(f"the stack is {status}\n{self._failures(cloudformation)}")
            time.sleep(0.1)
        raise StackError(f"the stack was not deployed within {seconds} s")

    def _failures(self, cloudformation):
        events = cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return "\n".join(
            f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason')}"
            for event in events
            if event["ResourceStatus"].endswith("_FAILED")
        )


def without_alarms_on_queries(text):
    """The template without the alarms that have `Metrics`, which the emulator refuses."""
    resources = children_by_name(yaml.compose(text, LOADER))["Resources"]
    # Backwards, so that the positions of those before stay right.
    for name, body in reversed(resources.value):
        body = children_by_name(body)
        if body["Type"].value == "AWS::CloudWatch::Alarm":
            properties = body["Properties"]
            if "Metrics" in children_by_name(properties):
                text = text[: name.start_mark.index] + text[properties.end_mark.index :]
    return text


def artifact_nodes(text):
    """(logical id, type, node of the path) of each local artifact, in the order of the file."""
    found = []
    for resource, body in children(children_by_name(yaml.compose(text, LOADER))["Resources"]):
        body = children_by_name(body)
        kind = body["Type"].value
        if kind in ARTIFACTS:
            node = children_by_name(body["Properties"])[ARTIFACTS[kind]]
            found.append((resource, kind, node))
    return found


def children(mapping):
    return [(key.value, value) for key, value in mapping.value]


def children_by_name(mapping):
    return dict(children(mapping))


@functools.cache
def built_function(resource):
    """The archive of what `sam build` runs for a function whose build method is a makefile."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["make", "--no-print-directory", "-s", f"build-{resource}"],
            cwd=ROOT,
            env=os.environ | {"ARTIFACTS_DIR": folder, "KEYRAIL_PROFILE": "demo"},
            check=True,
        )
        return zip_folder(pathlib.Path(folder))


def zip_folder(folder):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as output:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                output.write(path, path.relative_to(folder))
    return archive.getvalue()
