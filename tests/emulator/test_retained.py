"""What stays of keyrail's stack when it is removed, and how it is taken in again, in an emulator.

The emulator keeps to what AWS documents of deletion policies and imports; it is no proof of AWS.
"""

import time
import unittest

from tests.emulator.emulator import ROOT, Emulator
from tests.emulator.stack import Stack
from tests.template.test_evidence import KEPT

PARAMETERS = {
    "AlertEmail": "oncall@example.com",
    "OperatorEmail": "operator@example.com",
    "Chat": "topic",
}
ITEM = {"pk": {"S": "event#1"}, "sk": {"S": "claim"}}


class Retained(unittest.TestCase):
    """Evidence outlives the stack, and a stack of the same name takes it in again."""

    def setUp(self):
        self.emulator = Emulator()
        self.addCleanup(self.emulator.close)
        self.stack = Stack(self.emulator)
        self.stack.deploy(**PARAMETERS)
        self.cloudformation = self.emulator.client("cloudformation")
        self.kept = self.what_holds_evidence()
        self.table = self.kept["StateTable"][1]
        self.emulator.client("dynamodb").put_item(TableName=self.table, Item=ITEM)
        self.dead = self.kept["DeadLetterQueue"][1]
        self.emulator.client("sqs").send_message(QueueUrl=self.dead, MessageBody="an event")

    def test_what_holds_evidence_is_there_when_the_stack_is_gone(self):
        self.remove()

        self.assertEqual(len(self.kept), 10)
        self.assert_evidence_is_there()

    def test_a_stack_of_the_same_name_takes_it_in_again(self):
        self.remove()

        self.take_in()
        self.stack.deploy(**PARAMETERS)

        self.assertEqual(self.what_holds_evidence(), self.kept)
        self.assert_evidence_is_there()
        variables = self.emulator.client("lambda").get_function_configuration(
            FunctionName=self.stack.outputs["FunctionName"]
        )["Environment"]["Variables"]
        self.assertEqual(variables["KEYRAIL_TABLE"], self.table)

    def test_a_table_that_is_no_longer_wanted_is_kept_and_taken_in_again(self):
        self.stack.deploy(**PARAMETERS, State="none")
        self.assertNotIn("StateTable", self.what_holds_evidence())
        self.assert_evidence_is_there()

        self.remove()
        self.take_in()
        self.stack.deploy(**PARAMETERS)
        self.assertEqual(self.what_holds_evidence(), self.kept)

    def assert_evidence_is_there(self):
        found = self.emulator.client("dynamodb").get_item(TableName=self.table, Key=ITEM)
        self.assertEqual(found["Item"], ITEM)
        sqs = self.emulator.client("sqs")
        received = sqs.receive_message(QueueUrl=self.dead, VisibilityTimeout=0)
        self.assertEqual([message["Body"] for message in received["Messages"]], ["an event"])
        queues = sqs.list_queues()["QueueUrls"]
        topics = [one["TopicArn"] for one in self.emulator.client("sns").list_topics()["Topics"]]
        groups = self.emulator.client("logs").describe_log_groups()["logGroups"]
        there = {*queues, *topics, *(group["logGroupName"] for group in groups), self.table}
        self.assertLessEqual({identifier for _, identifier in self.kept.values()}, there)

    def what_holds_evidence(self):
        """(type, physical id) of each such resource of the stack, by its logical id."""
        resources = self.cloudformation.describe_stack_resources(StackName="keyrail")
        return {
            one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"])
            for one in resources["StackResources"]
            if one["ResourceType"] in KEPT
        }

    def remove(self):
        self.cloudformation.delete_stack(StackName="keyrail")
        self.wait_for({"DELETE_COMPLETE", None})

    def take_in(self):
        """What infra/README.md says to do."""
        self.cloudformation.create_change_set(
            StackName="keyrail",
            ChangeSetName="adopt",
            ChangeSetType="IMPORT",
            TemplateBody=(ROOT / "infra" / "retained.yaml").read_text(),
            Parameters=[{"ParameterKey": "Chat", "ParameterValue": "topic"}],
            ResourcesToImport=[
                {
                    "ResourceType": kind,
                    "LogicalResourceId": name,
                    "ResourceIdentifier": {KEPT[kind]: identifier},
                }
                for name, (kind, identifier) in self.kept.items()
            ],
        )
        said = self.cloudformation.describe_change_set(StackName="keyrail", ChangeSetName="adopt")
        self.assertEqual(said["Status"], "CREATE_COMPLETE", said.get("StatusReason"))
        self.cloudformation.execute_change_set(StackName="keyrail", ChangeSetName="adopt")
        self.wait_for({"IMPORT_COMPLETE"})

    def wait_for(self, wanted):
        deadline = time.monotonic() + 30
        while (status := self.status()) not in wanted:
            self.assertLess(time.monotonic(), deadline, f"the stack is {status}, not {wanted}")
            time.sleep(0.05)

    def status(self):
        """The stack's, or nothing if there is none."""
        stacks = self.cloudformation.get_paginator("describe_stacks").paginate()
        found = [one for page in stacks for one in page["Stacks"] if one["StackName"] == "keyrail"]
        return found[0]["StackStatus"] if found else None
