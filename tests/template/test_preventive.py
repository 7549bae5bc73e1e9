"""Holds the policies of infra/preventive, and what they are evaluated against, to AWS and the templates."""

import json
import unittest

from cfnlint import api

from tests.emulator.emulator import ROOT
from tests.template import parts
from tests.template.templates import as_list

POLICIES = sorted((ROOT / "infra" / "preventive").glob("*.json"))


def lint(document):
    """What cfn-lint says of the policy, which it looks into only where IAM is to have it."""
    resource = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Policy": resource}}
    return "\n".join(str(match) for match in api.lint(json.dumps(template)))


class Preventive(unittest.TestCase):
    """What no evaluation would show."""

    def test_there_are_policies(self):
        names = [file.name for file in POLICIES]
        self.assertEqual(names, ["deny-access-keys.json", "protect-keyrail.json"])

    def test_actions_operators_and_elements_exist(self):
        for file in POLICIES:
            with self.subTest(file.name):
                self.assertEqual(lint(json.loads(file.read_text())), "")

    def test_what_does_not_exist_would_be_seen(self):
        for wrong, right in (("sns:Unsubscribed", "sns:Unsubscribe"), ("ArnUnlike", "ArnNotLike")):
            text = (ROOT / "infra" / "preventive" / "protect-keyrail.json").read_text()
            self.assertIn(f'"{right}"', text)
            found = lint(json.loads(text.replace(f'"{right}"', f'"{wrong}"')))
            self.assertIn(wrong.removeprefix("sns:").lower(), found.lower())

    def test_no_service_is_a_wildcard(self):
        # "You can't use a wildcard in the service segment that identifies the AWS product": IAM User
        # Guide, "IAM JSON policy elements: Resource" (2026-11-29).
        for file in POLICIES:
            for statement in json.loads(file.read_text())["Statement"]:
                for resource in as_list(statement["Resource"]):
                    if resource != "*":
                        arn, partition, service, _ = resource.split(":", 3)
                        self.assertEqual((arn, partition), ("arn", "*"), resource)
                        self.assertRegex(service, "^[a-z]+$", resource)

    def test_each_denies_and_says_what(self):
        for file in POLICIES:
            statements = json.loads(file.read_text())["Statement"]
            self.assertEqual({statement["Effect"] for statement in statements}, {"Deny"})
            names = [statement["Sid"] for statement in statements]
            self.assertEqual(len(set(names)), len(statements), names)

    def test_they_are_evaluated_against_what_the_templates_make(self):
        file = ROOT / "tests" / "preventive" / "parts.json"
        how = f".venv/bin/python -m tests.template.parts >{file.relative_to(ROOT)}"
        self.assertEqual(json.loads(file.read_text()), parts.described(), how)
        self.assertEqual(file.read_text(), parts.text(), how)

    def test_generated_names_are_as_cloudformation_makes_them(self):
        # Names of roles in public.
        suffix = parts.SUFFIX
        for stack, logical, name in (
            (
                f"StackSet-StackSetPasswordPolicy-5e1837a{'2' * 30}",
                "LambdaRole",
                f"StackSet-StackSetPasswordPolicy-5e1837a-LambdaRole-{suffix}",
            ),
            (
                f"StackSet-AWS-Landing-Zone-{'b' * 30}",
                "ForwardSnsNotificationLambdaRole",
                f"StackSet-AWS-Landing-Zone-ForwardSnsNotificationLa-{suffix}",
            ),
            ("keyrail", "GuardrailRole", f"keyrail-GuardrailRole-{suffix}"),
        ):
            self.assertEqual(parts.name_of(stack, logical, 64), name)

    def test_the_longest_names_still_show_whose_they_are(self):
        # StackSet-keyrail-…, of 128 characters at most, and the uuid of 36.
        stack = f"StackSet-keyrail-{'x' * 111}-{parts.INSTANCE}"
        for longest in parts.LONGEST.values():
            for logical in ("ForwardingRole", "TrustedAdvisorRule", "UndeliveredQueue"):
                name = parts.name_of(stack, logical, longest)
                self.assertLessEqual(len(name), longest)
                self.assertTrue(name.startswith("StackSet-keyrail-"), name)
                self.assertIn(f"-{logical}-", name)
