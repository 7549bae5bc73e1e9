"""Holds template.yaml and infra/region.yaml against events and against what the code needs.

    make test                                       runs this with everything else
    python -m unittest discover -s tests/template -t .

Needs no AWS account: whether a pattern matches is the emulator's answer (`TestEventPattern`).
"""

import copy
import functools
import json
import os
import pathlib
import re
import subprocess
import unittest

from samtranslator.yaml_helper import yaml_parse

from tests.emulator.emulator import ROOT, Emulator

COMMAND = pathlib.Path(os.environ.get("KEYRAIL_BIN", ROOT / "target" / "debug" / "keyrail"))
# More events, each in a file of its own; not part of this repository.
EVENTS = pathlib.Path(os.environ.get("KEYRAIL_EVENTS", ROOT.parent / "shared" / "events"))

HOME = yaml_parse((ROOT / "template.yaml").read_text())
REGION = yaml_parse((ROOT / "infra" / "region.yaml").read_text())

# EventBridge's quota for the pattern of one rule, as compact JSON.
LONGEST_PATTERN = 2048

# The rule that delivers each sample; None: no rule may.
SAMPLES = {
    "key-created-for-another": "AccessKeyRule",
    "key-created-for-self": "AccessKeyRule",
    "key-created-denied": "AccessKeyRule",
    "root-key-created": "AccessKeyRule",
    "root-sign-in": "SignInRule",
    "root-sign-in-failed": "SignInRule",
    "root-api-call": "RootRule",
    "sign-in-with-mfa": "SignInRule",
    "sign-in-without-mfa": "SignInRule",
    "sign-in-federated": "SignInRule",
    "sign-in-failed": "SignInRule",
    "unrelated-call": None,
}

# A sample, what is changed in it, and the rule that delivers the outcome. `ABSENT` removes.
ABSENT = object()
IAM_CALL = {"source": "aws.iam", "detail.eventSource": "iam.amazonaws.com"}
VARIANTS = [
    # Access keys
    ("key-created-for-another", {"detail.errorCode": "LimitExceededException"}, "AccessKeyRule"),
    (
        "key-created-for-another",
        {"detail.requestParameters": None, "detail.responseElements": None},
        "AccessKeyRule",
    ),
    (
        "key-created-for-another",
        {"detail.userIdentity.invokedBy": "signin.amazonaws.com"},
        "AccessKeyRule",
    ),
    (
        "root-key-created",
        {"detail.userIdentity.invokedBy": "signin.amazonaws.com"},
        "AccessKeyRule",
    ),
    ("root-key-created", {"detail.requestParameters": {"userName": "bob"}}, "AccessKeyRule"),
    ("key-created-for-another", {"detail.eventName": "CreateUser"}, None),
    ("key-created-for-another", {"detail.eventName": "UpdateAccessKey"}, None),
    ("key-created-for-another", {"detail.eventName": "DeleteAccessKey"}, None),
    ("key-created-for-another", {"detail.eventName": "ListAccessKeys"}, None),
    ("key-created-for-another", {"detail.eventSource": "other.amazonaws.com"}, None),
    ("key-created-for-another", {"source": "aws.other"}, None),
    ("key-created-for-another", {"source": "custom.iam"}, None),
    ("key-created-for-another", {"detail-type": "AWS Service Event via CloudTrail"}, None),
    ("key-created-for-another", {"detail-type": "AWS Insight via CloudTrail"}, None),
    (
        "key-created-for-another",
        {
            "source": "aws.transfer",
            "detail.eventSource": "transfer.amazonaws.com",
            "detail.eventName": "CreateUser",
        },
        None,
    ),
    # Sign-in
    ("sign-in-without-mfa", {"detail-type": "AWS Console Signin via CloudTrail"}, "SignInRule"),
    ("sign-in-without-mfa", {"region": "eu-north-1"}, "SignInRule"),
    ("sign-in-without-mfa", {"detail.eventName": "CheckMfa"}, None),
    ("sign-in-without-mfa", {"detail.eventName": "SwitchRole"}, None),
    ("sign-in-federated", {"detail.eventName": "GetSigninToken"}, None),
    ("root-sign-in", {"detail.eventName": "PasswordUpdated"}, None),
    ("root-sign-in", {"detail-type": "AWS Service Event via CloudTrail"}, None),
    ("root-sign-in", {"detail-type": "Sign-in Anomaly Alert", "detail": {}}, None),
    ("root-sign-in", {"source": "custom.signin"}, None),
    # Root
    ("root-api-call", {"detail.userIdentity.invokedBy": "signin.amazonaws.com"}, "RootRule"),
    ("root-api-call", {"detail.userIdentity.invokedBy": "console.amazonaws.com"}, "RootRule"),
    ("root-api-call", {"detail.userIdentity.invokedBy": ""}, "RootRule"),
    ("root-api-call", {"detail.errorCode": "AccessDenied"}, "RootRule"),
    ("root-api-call", {"region": "ap-southeast-2"}, "RootRule"),
    ("root-api-call", {**IAM_CALL, "detail.eventName": "EnableMFADevice"}, "RootRule"),
    ("root-api-call", {**IAM_CALL, "detail.eventName": "UpdateAccessKey"}, "RootRule"),
    ("root-api-call", {"detail.eventName": "CreateAccessKey"}, "RootRule"),
    ("root-api-call", {"detail.userIdentity.invokedBy": "autoscaling.amazonaws.com"}, None),
    # A person, if the event shows an address: the function decides.
    ("root-api-call", {"detail.userIdentity.invokedBy": "AWS Internal"}, "RootRule"),
    ("root-api-call", {"detail.userIdentity.invokedBy": "billingconsole.amazonaws.com"}, "RootRule"),
    ("root-api-call", {"detail.userIdentity.type": "IAMUser"}, None),
    ("root-api-call", {"detail.userIdentity.type": ABSENT}, None),
    ("root-api-call", {"detail.userIdentity": None}, None),
    ("root-api-call", {"detail-type": "AWS Service Event via CloudTrail"}, None),
    ("root-api-call", {"source": "custom.s3"}, None),
    # Neither
    ("unrelated-call", {"source": "aws.sts", "detail.eventName": "AssumeRole"}, None),
    ("unrelated-call", {"source": "aws.health", "detail-type": "AWS Health Event"}, None),
    ("unrelated-call", {"source": "aws.guardduty", "detail-type": "GuardDuty Finding"}, None),
]

# What the function itself calls. In observe mode it calls no IAM.
ANY_USER = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*"}
CONTAINS = {
    "iam:ListAccessKeys": ANY_USER,
    "iam:UpdateAccessKey": ANY_USER,
    "iam:GetAccessKeyLastUsed": ANY_USER,
}
ALERTS = {"sns:Publish": {"Ref": "AlertTopic"}}
# What Lambda does in its name, which the code does not show.
LAMBDA_DOES = {
    "logs:CreateLogStream": {"Fn::GetAtt": ["GuardrailLogGroup", "Arn"]},
    "logs:PutLogEvents": {"Fn::GetAtt": ["GuardrailLogGroup", "Arn"]},
    # The on-failure destination.
    "sqs:SendMessage": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]},
}


class Patterns(unittest.TestCase):
    """What can be said of the patterns without events."""

    def test_each_fits_the_quota(self):
        for name, pattern in all_patterns():
            with self.subTest(name):
                compact = json.dumps(pattern, separators=(",", ":"))
                self.assertLessEqual(len(compact), LONGEST_PATTERN)

    def test_each_is_as_exact_as_its_events_allow(self):
        for name, pattern in all_patterns():
            for alternative in alternatives(pattern["detail"]):
                with self.subTest(name, alternative=alternative):
                    self.assertTrue(all(begins_with_aws(source) for source in pattern["source"]))
                    self.assertTrue(pattern["detail-type"])
                    self.assertIn("eventSource", alternative)
                    if name != "RootRule":
                        self.assertIn("eventName", alternative)

    def test_or_does_not_repeat_a_field(self):
        # EventBridge keeps only the last of two conditions on one field.
        for name, pattern in all_patterns():
            detail = pattern["detail"]
            for choice in detail.get("$or", []):
                with self.subTest(name):
                    self.assertFalse(detail.keys() & choice.keys())

    def test_other_regions_forward_what_the_home_region_takes(self):
        forwarded = patterns(REGION)
        self.assertEqual(forwarded.keys(), {"SignInRule", "RootRule"})
        for name, pattern in forwarded.items():
            self.assertEqual(pattern, patterns(HOME)[name], name)

    def test_no_rule_is_off(self):
        for template in (HOME, REGION):
            for name, rule in of_type(template, "AWS::Events::Rule").items():
                self.assertEqual(rule.get("State", "ENABLED"), "ENABLED", name)


class Delivery(unittest.TestCase):
    """Which rules match which events, as the emulator's EventBridge sees it."""

    @classmethod
    def setUpClass(cls):
        emulator = Emulator()
        cls.addClassCleanup(emulator.close)
        cls.events = emulator.client("events")

    def test_samples(self):
        self.assertEqual(sample_names(), SAMPLES.keys())
        for name, rule in SAMPLES.items():
            self.check_delivered_by(rule, sample(name), sample=name)

    def test_variants(self):
        for name, changes, rule in VARIANTS:
            event = changed(sample(name), changes)
            self.check_delivered_by(rule, event, sample=name, changes=changes)

    def test_events_of_other_shapes(self):
        event = sample("root-api-call")
        for detail in ({}, [], None, "text", {"userIdentity": "Root"}):
            self.check_delivered_by(None, {**event, "detail": detail}, detail=detail)

    def test_recorded_events(self):
        if not EVENTS.is_dir():
            self.skipTest(f"no folder of recorded events at {EVENTS}; KEYRAIL_EVENTS names one")
        files = sorted(EVENTS.rglob("*.json"))
        self.assertTrue(files)
        delivered = set()
        for file in files:
            event = json.loads(file.read_text())
            rule = rule_for(event)
            delivered.add(rule)
            self.check_delivered_by(rule, event, file=file.name)
        self.assertEqual(delivered, {"AccessKeyRule", "SignInRule", "RootRule", None})

    def check_delivered_by(self, rule, event, **about):
        """Exactly one rule at home, so that the function starts once; the same one elsewhere."""
        with self.subTest(**about):
            wanted = {rule} - {None}
            self.assertEqual(self.matching(HOME, event), wanted)
            self.assertEqual(self.matching(REGION, event), wanted - {"AccessKeyRule"})

    def matching(self, template, event):
        # Some recorded events lack parts of the envelope that the API insists on.
        whole = {
            "id": "1",
            "account": "111122223333",
            "time": "2026-03-14T09:26:53Z",
            "region": "us-east-1",
            "resources": [],
        } | event
        return {
            name
            for name, pattern in patterns(template).items()
            if self.events.test_event_pattern(
                EventPattern=json.dumps(pattern), Event=json.dumps(whole)
            )["Result"]
        }


class Permissions(unittest.TestCase):
    """What the function may do is what it does."""

    def test_enforce(self):
        self.assertEqual(granted("enforce"), CONTAINS | ALERTS | LAMBDA_DOES)

    def test_observe_cannot_change_anything(self):
        self.assertEqual(granted("observe"), ALERTS | LAMBDA_DOES)

    def test_the_code_calls_just_what_is_granted(self):
        called = set()
        for file in (ROOT / "crates" / "keyrail-aws" / "src").rglob("*.rs"):
            # Each call names its action, to say which one failed.
            called |= set(re.findall(r'"([a-z0-9-]+:[A-Z][A-Za-z0-9]+)"', file.read_text()))
        self.assertEqual(called, CONTAINS.keys() | ALERTS.keys())

    def test_no_resource_is_everything(self):
        for template in (HOME, REGION):
            for name, statement in identity_statements(template):
                with self.subTest(name, statement=statement):
                    self.assertNotIn("*", (statement["Resource"], statement["Action"]))
                    self.assertNotIn("ManagedPolicyArns", template["Resources"][name]["Properties"])

    def test_forwarding_role_only_forwards(self):
        bus = "arn:${AWS::Partition}:events:${HomeRegion}:${AWS::AccountId}:event-bus/default"
        (statement,) = (statement for _, statement in identity_statements(REGION))
        self.assertEqual(statement["Action"], "events:PutEvents")
        self.assertEqual(statement["Resource"], {"Fn::Sub": bus})

    def test_roles_have_no_name_that_another_region_could_have_taken(self):
        for template in (HOME, REGION):
            for name, role in of_type(template, "AWS::IAM::Role").items():
                self.assertNotIn("RoleName", role, name)

    def test_only_the_function_is_let_in_to_publish_alerts(self):
        policy = HOME["Resources"]["AlertTopicPolicy"]["Properties"]["PolicyDocument"]
        (statement,) = policy["Statement"]
        role = {"Fn::GetAtt": ["GuardrailRole", "Arn"]}
        self.assertEqual(statement["Principal"], {"AWS": role})

    def test_services_are_let_in_from_named_resources_only(self):
        for template in (HOME, REGION):
            for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
                for name, policy in of_type(template, kind).items():
                    for statement in policy["PolicyDocument"]["Statement"]:
                        if "Service" in statement["Principal"]:
                            with self.subTest(name):
                                self.assertIn("aws:SourceArn", str(statement["Condition"]))


class Wiring(unittest.TestCase):
    """The parts of the stack are connected, the failure paths among them."""

    function = HOME["Resources"]["GuardrailFunction"]["Properties"]

    def test_environment(self):
        self.assertEqual(
            self.function["Environment"]["Variables"],
            {
                "KEYRAIL_MODE": {"Ref": "Mode"},
                "KEYRAIL_TOPIC_ARN": {"Ref": "AlertTopic"},
                "KEYRAIL_BUNDLE": "/opt",
                "KEYRAIL_NAME": {"Ref": "AWS::StackName"},
            },
        )

    def test_bundle_is_where_the_function_looks(self):
        layer = HOME["Resources"]["BundleLayer"]["Properties"]
        self.assertEqual(self.function["Layers"], [{"Ref": "BundleLayer"}])
        # The root of a layer is /opt, which KEYRAIL_BUNDLE names.
        self.assertTrue(list((ROOT / layer["ContentUri"] / "guardrails").glob("*.cedar")))

    def test_makefile_builds_the_function(self):
        metadata = HOME["Resources"]["GuardrailFunction"]["Metadata"]
        self.assertEqual(metadata["BuildMethod"], "makefile")
        self.assertRegex((ROOT / "Makefile").read_text(), r"(?m)^build-GuardrailFunction:")

    def test_each_rule_starts_the_function_and_may(self):
        allowed = [
            permission["SourceArn"]["Fn::GetAtt"]
            for permission in of_type(HOME, "AWS::Lambda::Permission").values()
        ]
        rules = of_type(HOME, "AWS::Events::Rule")
        self.assertCountEqual(allowed, [[name, "Arn"] for name in rules])
        for name, rule in rules.items():
            for target in rule["Targets"]:
                self.assertEqual(target["Arn"], {"Fn::GetAtt": ["GuardrailFunction", "Arn"]}, name)
                # The function takes the raw event.
                self.assertFalse([key for key in target if key.startswith("Input")], name)

    def test_each_rule_has_a_dead_letter_queue_and_may_use_it(self):
        for template in (HOME, REGION):
            (policy,) = of_type(template, "AWS::SQS::QueuePolicy").values()
            (statement,) = policy["PolicyDocument"]["Statement"]
            rules = of_type(template, "AWS::Events::Rule")
            self.assertCountEqual(
                statement["Condition"]["ArnEquals"]["aws:SourceArn"],
                [{"Fn::GetAtt": [name, "Arn"]} for name in rules],
            )
            queue = {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}
            self.assertEqual(statement["Resource"], queue)
            for name, rule in rules.items():
                for target in rule["Targets"]:
                    self.assertEqual(target["DeadLetterConfig"], {"Arn": queue}, name)
                    self.assertIn("RetryPolicy", target, name)

    def test_what_the_function_fails_on_is_kept(self):
        config = self.function["EventInvokeConfig"]
        self.assertEqual(config["MaximumRetryAttempts"], 2)
        self.assertEqual(
            config["DestinationConfig"]["OnFailure"],
            {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}},
        )

    def test_queues_are_encrypted_and_keep_for_two_weeks(self):
        for template in (HOME, REGION):
            for name, queue in of_type(template, "AWS::SQS::Queue").items():
                self.assertIs(queue["SqsManagedSseEnabled"], True, name)
                self.assertEqual(queue["MessageRetentionPeriod"], 14 * 24 * 3600, name)

    def test_alarms_tell_the_operator(self):
        watched = []
        for template in (HOME, REGION):
            for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
                (dimension,) = alarm["Dimensions"]
                of = dimension["Value"].get("Ref") or dimension["Value"]["Fn::GetAtt"][0]
                watched.append((alarm["MetricName"], of))
                self.assertEqual(alarm["AlarmActions"], [{"Ref": "OperatorTopic"}], name)
                self.assertEqual(alarm["TreatMissingData"], "notBreaching", name)
        self.assertEqual(
            watched,
            [
                ("ApproximateNumberOfMessagesVisible", "DeadLetterQueue"),
                ("ApproximateNumberOfMessagesVisible", "UndeliveredQueue"),
                ("Errors", "GuardrailFunction"),
                ("Throttles", "GuardrailFunction"),
                ("ApproximateNumberOfMessagesVisible", "UndeliveredQueue"),
            ],
        )

    def test_people_are_subscribed(self):
        subscriptions = {
            subscription["TopicArn"]["Ref"]: (
                subscription["Protocol"],
                subscription["Endpoint"]["Ref"],
            )
            for subscription in of_type(HOME, "AWS::SNS::Subscription").values()
        }
        self.assertEqual(
            subscriptions,
            {"AlertTopic": ("email", "AlertEmail"), "OperatorTopic": ("email", "OperatorEmail")},
        )

    def test_log_expires_and_is_where_the_role_may_write(self):
        group = HOME["Resources"]["GuardrailLogGroup"]["Properties"]
        self.assertEqual(group["RetentionInDays"], {"Ref": "LogRetentionDays"})
        logging = self.function["LoggingConfig"]
        self.assertEqual(logging, {"LogGroup": {"Ref": "GuardrailLogGroup"}, "LogFormat": "JSON"})

    def test_parameters(self):
        self.assertEqual(
            HOME["Parameters"].keys(),
            {"AlertEmail", "OperatorEmail", "Mode", "Architecture", "LogRetentionDays"},
        )
        self.assertEqual(HOME["Parameters"]["Mode"]["Default"], "observe")
        self.assertEqual(HOME["Parameters"]["Architecture"]["Default"], "arm64")

    def test_outputs(self):
        names = {"FunctionName", "FunctionArn", "AlertTopicArn", "DeadLetterQueueUrl"}
        self.assertLessEqual(names | {"BundleLayerArn"}, HOME["Outputs"].keys())
        for template in (HOME, REGION):
            for name, output in template["Outputs"].items():
                self.assertTrue(output["Description"], name)


def rule_for(event):
    """The rule that a recorded event is for, read off the event and not off the patterns."""
    detail = event.get("detail") or {}
    identity = detail.get("userIdentity") or {}
    kind = event.get("detail-type", "")
    call = (detail.get("eventSource"), detail.get("eventName"))
    if call == ("signin.amazonaws.com", "ConsoleLogin"):
        return "SignInRule"
    if kind != "AWS API Call via CloudTrail":
        return None
    if call == ("iam.amazonaws.com", "CreateAccessKey"):
        return "AccessKeyRule"
    by_service = not identity.get("invokedBy", "signin.").startswith("signin.")
    return "RootRule" if identity.get("type") == "Root" and not by_service else None


def of_type(template, kind):
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def patterns(template):
    rules = of_type(template, "AWS::Events::Rule")
    return {name: rule["EventPattern"] for name, rule in rules.items()}


def all_patterns():
    return [*patterns(HOME).items(), *patterns(REGION).items()]


def alternatives(detail):
    """The conditions on the detail, one set for each choice of its `$or`."""
    rest = {key: value for key, value in detail.items() if key != "$or"}
    return [rest | choice for choice in detail.get("$or", [{}])]


def begins_with_aws(source):
    return (source["prefix"] if isinstance(source, dict) else source).startswith("aws.")


def granted(mode):
    """Action to resource, of all that the function's role allows in this mode."""
    actions = {}
    for name, statement in identity_statements(HOME, {"Enforcing": mode == "enforce"}):
        assert name == "GuardrailRole" and statement["Effect"] == "Allow", statement
        for action in as_list(statement["Action"]):
            assert action not in actions, f"{action} is granted twice"
            actions[action] = statement["Resource"]
    return actions


def identity_statements(template, conditions=None):
    """(role, statement) of all roles; with all conditions true unless given."""
    found = []
    for name, role in of_type(template, "AWS::IAM::Role").items():
        for policy in role["Policies"]:
            if "Fn::If" in policy:
                condition, yes, no = policy["Fn::If"]
                policy = yes if conditions is None or conditions[condition] else no
            if policy != {"Ref": "AWS::NoValue"}:
                found += [(name, statement) for statement in policy["PolicyDocument"]["Statement"]]
    return found


def as_list(value):
    return value if isinstance(value, list) else [value]


def sample_names():
    return {line.split()[0] for line in keyrail("sample", "--list").splitlines()}


@functools.cache
def sample_text(name):
    return keyrail("sample", name)


def sample(name):
    return json.loads(sample_text(name))


def keyrail(*arguments):
    if not COMMAND.exists():
        raise FileNotFoundError(f"{COMMAND} is not built: cargo build -p keyrail-cli")
    done = subprocess.run([COMMAND, *arguments], check=True, capture_output=True, timeout=20)
    return done.stdout.decode()


def changed(event, changes):
    event = copy.deepcopy(event)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = functools.reduce(lambda inner, key: inner[key], parents, event)
        if value is ABSENT:
            del place[last]
        else:
            place[last] = value
    return event


if __name__ == "__main__":
    unittest.main()
