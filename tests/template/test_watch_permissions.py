"""Holds the roles of the hourly check and of the beats against what they are for."""

import re
import unittest

from tests.emulator.emulator import ROOT
from tests.template.templates import HOME, MEMBER, REGION, as_list, granted, identity_statements

# What the hourly check reads in each account, and in the hub alone; on names that are its deployment's
# where the Service Authorization Reference has a resource for it (2026-11-29).
READS = {
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetTrailStatus",
    "cloudwatch:DescribeAlarms",
    "events:ListRules",
    "events:ListTargetsByRule",
    "iam:GetRole",
    "scheduler:GetSchedule",
    "sqs:GetQueueAttributes",
    "sqs:ListQueues",
}
READS_AT_HOME = {
    "dynamodb:DescribeTable",
    "lambda:GetFunctionConcurrency",
    "lambda:GetFunctionConfiguration",
    "sns:ListSubscriptionsByTopic",
}
READS_OF_MEMBERS = {"events:DescribeEventBus", "organizations:ListAccounts"}

# An attribute of the check's messages.
NO_CALL = "keyrail:Watch"


class WatchPermissions(unittest.TestCase):
    """The check may read, remember and tell; a beat may nothing."""

    def test_the_hourly_check_reads_remembers_and_tells(self):
        keeps = {"dynamodb:PutItem", "dynamodb:Query"}
        logs = {"logs:CreateLogStream", "logs:PutLogEvents"}
        always = READS | READS_AT_HOME | keeps | logs | {"sns:Publish"}
        self.assertEqual(granted("observe", role="WatchRole").keys(), always)
        of_hub = granted("observe", {"HasOrganization"}, role="WatchRole")
        self.assertEqual(of_hub.keys(), always | READS_OF_MEMBERS | {"sts:AssumeRole"})
        watcher = "arn:${AWS::Partition}:iam::*:role${RolePath}${AWS::StackName}-watcher"
        self.assertEqual(of_hub["sts:AssumeRole"], {"Fn::Sub": watcher})
        # That is what it calls.
        calls = (
            file.read_text() for file in (ROOT / "crates/keyrail-aws/src/watch").rglob("*.rs")
        )
        called = set(re.findall(r'"([a-z]+:[A-Z][A-Za-z]+)"', "".join(calls)))
        self.assertEqual(called - {NO_CALL}, of_hub.keys() - logs)
        # In enforce mode it may do no more.
        self.assertEqual(granted("enforce", role="WatchRole").keys(), always)

    def test_no_other_function_can_use_the_role_of_the_check(self):
        (statement,) = (
            statement
            for name, statement in identity_statements(HOME)
            if statement["Effect"] == "Deny" and name == "WatchRole"
        )
        self.assertEqual(statement["Resource"], "*")
        arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
        name = HOME["Resources"]["WatchFunction"]["Properties"]["FunctionName"]["Fn::Sub"]
        condition = {"ArnNotEquals": {"lambda:SourceFunctionArn": {"Fn::Sub": arn + name}}}
        self.assertEqual(statement["Condition"], condition)
        denied = {action.removesuffix("*") for action in statement["Action"]}
        granted_at_most = granted("observe", HOME["Conditions"], role="WatchRole")
        called = {action.split(":")[0] + ":" for action in granted_at_most}
        self.assertEqual(denied, called - {"logs:", "kms:"})

    def test_the_check_reads_in_a_member_account_what_it_reads_in_its_own(self):
        def look(template, role):
            (policy,) = (
                policy
                for policy in template["Resources"][role]["Properties"]["Policies"]
                if policy.get("PolicyName") == "look"
            )
            text = str(policy["PolicyDocument"]["Statement"])
            return text.replace("${AWS::StackName}", "${Keyrail}")

        watcher = look(MEMBER, "WatcherRole")
        self.assertTrue(look(HOME, "WatchRole").startswith(watcher.removesuffix("]")))
        allowed = {
            action
            for name, statement in identity_statements(MEMBER)
            if name == "WatcherRole"
            for action in as_list(statement["Action"])
        }
        self.assertEqual(allowed, READS)

    def test_only_the_hubs_check_assumes_the_watcher(self):
        role = MEMBER["Resources"]["WatcherRole"]
        self.assertEqual(role["Condition"], "HasWatch")
        responder = MEMBER["Resources"]["ResponderRole"]["Properties"]
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        (other,) = responder["AssumeRolePolicyDocument"]["Statement"]
        self.assertEqual(statement, other | {"Principal": {"AWS": {"Ref": "WatchRoleArn"}}})

    def test_a_beat_is_denied_everything_and_only_its_schedules_make_it(self):
        for template, name in ((HOME, "${AWS::StackName}"), (REGION, "${Keyrail}")):
            role = template["Resources"]["BeatRole"]["Properties"]
            self.assertEqual(role["RoleName"], {"Fn::Sub": f"{name}-beat-${{AWS::Region}}"})
            (policy,) = role["Policies"]
            self.assertEqual(
                policy["PolicyDocument"]["Statement"],
                [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
            )
            self.assertNotIn("ManagedPolicyArns", role)
            (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
            self.assertEqual(statement["Principal"], {"Service": "scheduler.amazonaws.com"})
            self.assertEqual((statement["Effect"], statement["Action"]), ("Allow", "sts:AssumeRole"))
            group = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/"
            self.assertEqual(
                statement["Condition"],
                {
                    "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
                    "ArnEquals": {"aws:SourceArn": {"Fn::Sub": f"{group}{name}-beat"}},
                },
            )
            own = template["Resources"]["BeatGroup"]["Properties"]["Name"]
            self.assertEqual(own, {"Fn::Sub": f"{name}-beat"})
