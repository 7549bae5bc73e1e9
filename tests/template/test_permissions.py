"""Holds the roles against what the code calls."""

import re
import unittest

from tests.emulator.emulator import ROOT
from tests.template.templates import HOME, REGION, granted, identity_statements, of_type

# What the function itself calls. In observe mode it calls no IAM.
ANY_USER = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*"}

CONTAINS = {
    "iam:ListAccessKeys": ANY_USER,
    "iam:UpdateAccessKey": ANY_USER,
    "iam:GetAccessKeyLastUsed": ANY_USER,
}

# What it asks IAM of users, in either mode, for the policies that read it.
LOOKS_UP = {
    "iam:ListAttachedUserPolicies": ANY_USER,
    "iam:ListGroupsForUser": ANY_USER,
    "iam:ListUserTags": ANY_USER,
}
ALERTS = {"sns:Publish": {"Ref": "AlertTopic"}}

# What Lambda does in its name, which the code does not show.
LAMBDA_DOES = {
    "logs:CreateLogStream": {"Fn::GetAtt": ["GuardrailLogGroup", "Arn"]},
    "logs:PutLogEvents": {"Fn::GetAtt": ["GuardrailLogGroup", "Arn"]},
    # The on-failure destination.
    "sqs:SendMessage": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]},
}


class Permissions(unittest.TestCase):
    """What the function may do is what it does."""

    def test_enforce(self):
        self.assertEqual(granted("enforce"), CONTAINS | LOOKS_UP | ALERTS | LAMBDA_DOES)

    def test_observe_cannot_change_anything(self):
        self.assertEqual(granted("observe"), LOOKS_UP | ALERTS | LAMBDA_DOES)

    def test_the_code_calls_just_what_is_granted(self):
        called = set()
        for file in (ROOT / "crates" / "keyrail-aws" / "src").rglob("*.rs"):
            if file.name == "organizations.rs":
                continue  # Only the command calls it, with the credentials of a person.
            # Each call names its action, to say which one failed.
            called |= set(re.findall(r'"([a-z0-9-]+:[A-Z][A-Za-z0-9]+)"', file.read_text()))
        self.assertEqual(called, CONTAINS.keys() | LOOKS_UP.keys() | ALERTS.keys())

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
