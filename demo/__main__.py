"""Deploys template.yaml into a local emulator and contains a real access key there.

    make demo                 needs no AWS account and touches none
    DEMO_KEEP=1 make demo     leaves the emulator running and says how to look around

Everything printed was read from the emulator or from the alert as delivered. The exit code is 0
only if the key was made Inactive in enforce mode, in two member accounts too, and left Active in
observe mode, and the alerts said so; 1 if not; 3 if the demo could not be run.
"""

import contextlib
import datetime
import json
import os
import re
import signal
import sys
import time
import uuid

import botocore.exceptions

from tests.emulator.emulator import ROOT, Emulator, EmulatorError
from tests.emulator.stack import Stack, StackError

SOURCE = "keyrail.demo"
CREATED = ROOT / "crates" / "keyrail-cli" / "src" / "samples" / "key-created-for-another.json"
PARAMETERS = {
    "AlertEmail": "oncall@example.com",
    "OperatorEmail": "operator@example.com",
    "OrganizationId": "o-exampleorgid",
    "ResponderRole": "keyrail-responder",
}
MEMBERS = ["444455556666", "777788889999"]


class DemoFailed(Exception):
    """The guardrail did not do what the demo is there to show."""


class StepTimeout(Exception):
    """A step took too long."""


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    try:
        with step("start the emulator", 90):
            emulator = Emulator(policies=True)
        with emulator:
            stack = Stack(emulator)
            try:
                run(emulator, stack)
            except DemoFailed as error:
                complain(str(error))
                complain_with_log(stack)
                status = 1
            else:
                status = 0
            if os.environ.get("DEMO_KEEP", "") not in ("", "0"):
                look_around(emulator, stack)
                emulator.keep()
            return status
    except KeyboardInterrupt:
        complain("interrupted; the emulator is stopped")
        return 130
    except (
        EmulatorError,
        StackError,
        StepTimeout,
        OSError,
        botocore.exceptions.BotoCoreError,
        botocore.exceptions.ClientError,
    ) as error:
        complain(str(error))
        return 3


def run(emulator, stack):
    with step("deploy template.yaml in enforce mode", 120):
        stack.deploy(Mode="enforce", **PARAMETERS)
        stack.let_the_function_act()
        moved = stack.bring_layer_within_reach()
    with step("subscribe a queue to the alert topic", 30):
        inbox = Inbox(emulator, stack.outputs["AlertTopicArn"])
    with step("copy the template's rule", 30):
        event = key_created("bob", "AKIAIOSFODNN7EXAMPLE", emulator.account)
        rule = stack.rule_that_matches(event, stack.outputs["FunctionArn"])
        stack.copy_rule(rule, SOURCE)

    say(bold(f"template.yaml runs in account {emulator.account} of a local emulator"))
    say("The function may do what the template's role allows, and the emulator enforces that, but for")
    say("the denial outside of this function: credentials do not say here of which function they are.")
    say(f"The rule {rule['Name']} matches the events below.")
    say("Nobody may put events from aws.*, here as on AWS, so a copy of that rule listens to the")
    say(f"source {SOURCE} and hands over the same event.")
    if moved:
        say("The emulator has no /opt, so the function reads the deployed layer from another folder.")

    say("")
    say(bold("Enforce: a key created for another user is deactivated"))
    alert = play(emulator, stack, inbox, "bob", expected="Inactive")
    expect(alert["state"] == "BLOCKED", f"the alert's state is {alert['state']}, not BLOCKED")
    late = [text for _, text in stack.log_lines() if '"after the alert"' in text]
    expect(not late, f"something failed after the alert: {late}")
    result = next((outcome["result"] for outcome in alert["report"]["outcomes"]), "missing")
    expect(result == "verified", f"the first outcome is {result}, not verified")

    bus = stack.outputs["MemberBusArn"].split("/")[-1]
    with step("deploy infra/member.yaml in two other accounts", 60):
        for member in MEMBERS:
            deploy_member(emulator, stack, member)
        rule = stack.rule_that_matches(event, stack.outputs["FunctionArn"], bus)
        stack.copy_rule(rule, SOURCE)
    say("")
    say(bold("Member accounts: the same in two others, through a role there"))
    say("The emulator has no organizations, so the roles' conditions on them are taken out.")
    say("Nor does it carry events from one account to another: what the rules of infra/region.yaml")
    say(f"forward from there is put on the bus {bus} here, with a copy of its rule as above.")
    for member in MEMBERS:
        alert = play(emulator, stack, inbox, "bob", expected="Inactive", account=member, bus=bus)
        expect(alert["state"] == "BLOCKED", f"the alert's state is {alert['state']}, not BLOCKED")
        accounts = {outcome["account"] for outcome in alert["report"]["outcomes"]}
        expect(accounts == {member}, f"it was done in {accounts}, not in {member}")

    with step("set Mode to observe", 60):
        stack.deploy(Mode="observe", **PARAMETERS)
        stack.let_the_function_act()
        stack.bring_layer_within_reach()
    say("")
    say(bold("Observe: the same event, and the key is left alone"))
    alert = play(emulator, stack, inbox, "carla", expected="Active")
    expect(alert["state"] == "DRY-RUN", f"the alert's state is {alert['state']}, not DRY-RUN")

    say("")
    say(green("ok") + ": Inactive in enforce mode, still Active in observe mode, and both alerts say so")


def deploy_member(emulator, stack, account):
    """The responder role, as a StackSet puts it into each account of an organization.

    The emulator knows no organization, so nobody is in one: that condition is taken out.
    """
    function = emulator.client("lambda").get_function(FunctionName=stack.outputs["FunctionName"])
    hub_role = function["Configuration"]["Role"]
    member = Stack(emulator, "keyrail-member", ROOT / "infra" / "member.yaml", account)
    member.deploy(Mode="enforce", HubRoleArn=hub_role, OrganizationId="o-exampleorgid")

    iam = emulator.client("iam", account)
    role = iam.get_role(RoleName=PARAMETERS["ResponderRole"])["Role"]
    trust = role["AssumeRolePolicyDocument"]
    del trust["Statement"][0]["Condition"]
    iam.update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=json.dumps(trust))
    iam = emulator.client("iam")
    names = {"RoleName": hub_role.split("/")[-1], "PolicyName": "member-accounts"}
    policy = iam.get_role_policy(**names)["PolicyDocument"]
    policy["Statement"][0].pop("Condition", None)
    iam.put_role_policy(**names, PolicyDocument=json.dumps(policy))


def play(emulator, stack, inbox, user, expected, account=None, bus="default"):
    """One key from creation to alert, printed as a time-line; returns the alert."""
    account = account or emulator.account
    iam = emulator.client("iam", account)
    with step(f"create user {user} and an access key in {account}", 30):
        iam.create_user(UserName=user)
        key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
        before = key_status(iam, user, key)
        expect(before == "Active", f"the new key is {before}, not Active")
    event = key_created(user, key, account)

    with step("put the event on the bus and wait for the alert", 45):
        start, inactive, alert, received = observe(emulator, inbox, iam, user, key, event, bus)
        after = key_status(iam, user, key)
        started = function_start(stack, event, start)
    violated = alert["report"]["verdict"]["violated"]
    outcomes = alert["report"]["outcomes"]

    where = "" if account == emulator.account else f" in account {account}"
    line(None, f"key {key} of {user}{where} is {bold(before)}", "ListAccessKeys")
    line(0, "event CreateAccessKey is put on the bus", "PutEvents")
    if started is not None:
        line(started, "function is invoked", "its REPORT line: end less duration")
    for guardrail in violated:
        what = f"guardrail {guardrail['id']} is violated, severity {guardrail['severity']}"
        line(None, what, "the report in the alert")
    if inactive is not None:
        line(inactive, f"key {key} is {bold('Inactive')}", "ListAccessKeys")
    line(received, f"alert arrives: {bold(alert['state'])}", "the queue")
    if inactive is None:
        line(None, f"key {key} is still {bold(after)}", "ListAccessKeys")
    say("")
    say(f"    | {alert['subject']}")
    say("    |")
    for text in alert["text"].splitlines():
        say(f"    | {text}".rstrip())
    say("")
    hops = [("event put", 0), ("function invoked", started)]
    hops += [("key Inactive", inactive)] if inactive is not None else []
    hops += [("alert received", received)]
    hops = [(name, at) for name, at in hops if at is not None]
    say("  hops: " + ", ".join(
        f"{earlier} → {later} {to - since:.0f} ms"
        for (earlier, since), (later, to) in zip(hops, hops[1:])
    ) + "; starting the function's process is part of it")
    if outcomes:
        say("  in the function: " + ", ".join(
            f"{outcome['step']} {outcome['result']}"
            + (f" in {outcome['millis']} ms" if outcome["millis"] is not None else "")
            for outcome in outcomes
        ))

    expect(violated, "the alert names no violated guardrail")
    expect(after == expected, f"the key is {after}, not {expected}")
    return alert


def observe(emulator, inbox, iam, user, key, event, bus):
    """Puts the event and polls the key and the queue until the alert; times in milliseconds."""
    entry = {"Source": SOURCE, "DetailType": event["detail-type"], "Detail": json.dumps(event)}
    entry["EventBusName"] = bus
    events = emulator.client("events")
    start = time.time()

    def elapsed():
        return (time.time() - start) * 1000

    answer = events.put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise StackError(f"the bus refused the event: {answer['Entries']}")
    inactive = alert = received = None
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        # The alert comes last, so the key is read once more after the alert.
        done = alert is not None
        if inactive is None and key_status(iam, user, key) == "Inactive":
            inactive = elapsed()
        if alert is None:
            alert = inbox.alert_about(key)
            received = elapsed() if alert else None
        if done:
            return start, inactive, alert, received
        time.sleep(0.005)
    raise DemoFailed(f"no alert within 30 s; the key is {key_status(iam, user, key)}")


def key_created(user, key, account):
    """The CloudTrail event that AWS sends when anaya creates this key for this user."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    user_name = {"userName": user}
    event = json.loads(CREATED.read_text())
    event |= {"id": str(uuid.uuid4()), "account": account, "time": now}
    detail = event["detail"]
    detail |= {"eventTime": now, "eventID": str(uuid.uuid4()), "recipientAccountId": account}
    detail["userIdentity"] |= {"accountId": account, "arn": f"arn:aws:iam::{account}:user/anaya"}
    detail["requestParameters"] |= user_name
    detail["responseElements"]["accessKey"] |= user_name | {"accessKeyId": key}
    return event


def key_status(iam, user, key):
    for found in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
        if found["AccessKeyId"] == key:
            return found["Status"]
    return "gone"


def function_start(stack, event, start):
    """Milliseconds from the event to the function's invocation, by its REPORT line."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        about_event = False
        for end, text in stack.log_lines():
            about_event = about_event or event["detail"]["eventID"] in text
            report = re.match(r"REPORT .*\tDuration: ([0-9.]+) ms", text)
            if report and about_event:
                return end - float(report[1]) - start * 1000
        time.sleep(0.1)
    return None


class Inbox:
    """A queue subscribed to the alert topic."""

    def __init__(self, emulator, topic):
        self.sqs = emulator.client("sqs")
        self.queue = self.sqs.create_queue(QueueName="keyrail-demo-inbox")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        self.sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": policy})
        emulator.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def alert_about(self, key):
        """The next alert in the queue, if it is there and is about this key."""
        answer = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=0)
        for message in answer.get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            alert = json.loads(json.loads(message["Body"])["Message"])
            if key in json.dumps(alert):
                return alert
        return None


def look_around(emulator, stack):
    say("")
    say(bold("The emulator is still running. To look around:"))
    for text in (
        f"export AWS_ENDPOINT_URL={emulator.endpoint} AWS_DEFAULT_REGION=us-east-1",
        f"export AWS_ACCESS_KEY_ID={emulator.account} AWS_SECRET_ACCESS_KEY=test",
        "aws iam list-access-keys --user-name bob",
        f"aws cloudformation describe-stack-resources --stack-name {stack.name}",
        f"aws logs tail /aws/lambda/{stack.outputs.get('FunctionName', 'FUNCTION')}",
        "or, without the AWS CLI, after the two exports:",
        ".venv/bin/python -c 'import boto3; print(boto3.client(\"iam\").list_access_keys(UserName=\"bob\"))'",
    ):
        say(f"  {text}")
    say(f"Stop it with: kill {emulator.pid}")


@contextlib.contextmanager
def step(name, seconds):
    """Says what is being done, and ends it if it takes too long."""

    def too_long(*_):
        raise StepTimeout(f"gave up after {seconds} s: {name}")

    print(dim(f"  … {name}"), file=sys.stderr, flush=True)
    previous = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def expect(condition, otherwise):
    if not condition:
        raise DemoFailed(otherwise)


def complain(text):
    print(f"{paint('31', 'error', sys.stderr)}: {text}", file=sys.stderr, flush=True)


def complain_with_log(stack, lines=20):
    with contextlib.suppress(Exception):
        for _, text in stack.log_lines()[-lines:]:
            print(f"  log: {text}", file=sys.stderr)


def line(at, what, source):
    moment = "" if at is None else f"{at:.0f} ms"
    say(f"  {moment:>8}  {what}  {dim(f'({source})', sys.stdout)}")


def say(text):
    print(text, flush=True)


def bold(text):
    return paint("1", text, sys.stdout)


def green(text):
    return paint("32", text, sys.stdout)


def dim(text, stream=sys.stderr):
    return paint("2", text, stream)


def paint(code, text, stream):
    if os.environ.get("NO_COLOR") or not stream.isatty():
        return text
    return f"\033[{code}m{text}\033[0m"


if __name__ == "__main__":
    sys.exit(main())
