"""Holds the templates to keeping what they have recorded, whatever becomes of the stack."""

import re
import unittest

from samtranslator.yaml_helper import yaml_parse

from tests.emulator.emulator import ROOT
from tests.template.deployed import Deployed
from tests.template.templates import HOME, REGION

RETAINED = yaml_parse((ROOT / "infra" / "retained.yaml").read_text())

# What holds evidence, and by what CloudFormation takes it in again: CloudFormation User Guide, "Resource
# type support" and the identifiers that `get-template-summary` names, 2026-11-29.
KEPT = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicArn",
    "AWS::SQS::Queue": "QueueUrl",
}


def kept(template):
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] in KEPT
    }


class Evidence(unittest.TestCase):
    """What was recorded outlives the stack, can be had back, and is not lost by one call."""

    def test_whatever_holds_evidence_outlives_the_stack(self):
        found = set()
        for template in (HOME, REGION):
            for name, resource in kept(template).items():
                found.add(resource["Type"])
                with self.subTest(name):
                    self.assertEqual(resource["DeletionPolicy"], "RetainExceptOnCreate")
                    self.assertEqual(resource["UpdateReplacePolicy"], "Retain")
        self.assertEqual(found, KEPT.keys())

    def test_nothing_else_outlives_it(self):
        for template in (HOME, REGION):
            for name, resource in template["Resources"].items():
                if resource["Type"] not in KEPT:
                    self.assertNotIn("DeletionPolicy", resource, name)

    def test_the_table_can_be_had_as_it_was_and_is_not_deleted_by_one_call(self):
        table = HOME["Resources"]["StateTable"]["Properties"]
        recovery = {"PointInTimeRecoveryEnabled": True}
        self.assertEqual(table["PointInTimeRecoverySpecification"], recovery)
        self.assertIs(table["DeletionProtectionEnabled"], True)

    def test_a_table_that_is_no_longer_wanted_is_kept(self):
        # With another State its condition does not hold: CloudFormation takes it out of the stack then,
        # and deletes it but for this policy.
        self.assertIn("StateTable", Deployed(HOME).resources)
        self.assertNotIn("StateTable", Deployed(HOME, State="none").resources)
        policy = HOME["Resources"]["StateTable"]["DeletionPolicy"]
        self.assertEqual(policy, "RetainExceptOnCreate")

    def test_all_that_stays_can_be_adopted_again(self):
        for parameters in ({}, {"Chat": "topic"}, {"State": "none"}):
            adopted, home = (Deployed(one, **parameters) for one in (RETAINED, HOME))
            wanted = {name: home.resources[name]["Type"] for name in kept(HOME) if name in home.resources}
            found = {name: resource["Type"] for name, resource in adopted.resources.items()}
            with self.subTest(parameters):
                self.assertEqual(found, wanted)

    def test_what_is_adopted_is_what_the_template_makes(self):
        # Else the deployment that follows would replace it, or fail.
        for name, resource in RETAINED["Resources"].items():
            original = HOME["Resources"][name]
            with self.subTest(name):
                for key in ("Type", "DeletionPolicy", "UpdateReplacePolicy", "Condition"):
                    self.assertEqual(resource.get(key), original.get(key), key)
                for key, value in resource.get("Properties", {}).items():
                    self.assertEqual(value, original["Properties"][key], key)
        for name, condition in RETAINED["Conditions"].items():
            self.assertEqual(condition, HOME["Conditions"][name], name)
        for name, parameter in RETAINED["Parameters"].items():
            for key in ("AllowedValues", "Default"):
                self.assertEqual(parameter[key], HOME["Parameters"][name][key], name)

    def test_the_page_says_how_each_is_named(self):
        page = (ROOT / "infra" / "README.md").read_text()
        section = re.search(r"(?ms)^### What stays\n(.*?)^##", page).group(1)
        for kind, identifier in KEPT.items():
            said = rf'"ResourceType": "{kind}".*"ResourceIdentifier": \{{"{identifier}": '
            self.assertIsNotNone(re.search(said, section), kind)
        for name in RETAINED["Resources"]:
            self.assertTrue(f'"LogicalResourceId": "{name}"' in section, name)
