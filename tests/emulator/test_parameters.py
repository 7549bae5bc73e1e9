"""Deploys template.yaml with what a large organization asks for, and reads back what came of it.

The emulator makes no boundary, reserved concurrency or policy of a bus out of a template: of these
tests/template holds what the template says.
"""

import json
import unittest

from tests.emulator.emulator import Emulator
from tests.emulator.stack import Stack


class Parameters(unittest.TestCase):
    """What is asked for reaches the role, the mapping of re-checks and the bus for members."""

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.close)
        cls.iam = cls.emulator.client("iam")
        cls.stack = Stack(cls.emulator)
        cls.stack.deploy(
            AlertEmail="oncall@example.com",
            OperatorEmail="operator@example.com",
            OrganizationId="o-exampleorgid",
            ResponderRole="security/keyrail-responder",
            RolePath="/security/",
            PermissionsBoundary="arn:aws:iam::111122223333:policy/boundary",
            ReservedConcurrency="7",
            RecheckConcurrency="4",
        )
        cls.functions = cls.emulator.client("lambda")
        cls.name = cls.stack.outputs["FunctionName"]

    def test_the_role_has_its_path_and_may_not_change_itself(self):
        arn = self.functions.get_function_configuration(FunctionName=self.name)["Role"]
        self.assertIn(":role/security/keyrail-GuardrailRole-", arn)
        name = arn.split("/")[-1]
        policy = self.iam.get_role_policy(RoleName=name, PolicyName="not-itself")["PolicyDocument"]
        (statement,) = policy["Statement"]
        self.assertEqual(
            statement["Resource"], [arn, "arn:aws:iam::111122223333:role/security/keyrail-*"]
        )

    def test_rechecks_have_their_concurrency_and_sign_ins_theirs(self):
        mappings = self.functions.list_event_source_mappings(FunctionName=self.name)
        found = {
            mapping["EventSourceArn"].rsplit(":", 1)[-1].split("-")[1]: mapping["ScalingConfig"]
            for mapping in mappings["EventSourceMappings"]
        }
        at_most = {"RecheckQueue": 4, "SignInQueue": 3}
        self.assertEqual(
            found, {queue: {"MaximumConcurrency": most} for queue, most in at_most.items()}
        )

    def test_the_bus_has_a_rule_for_each_that_forwards_and_knows_the_responders_path(self):
        events = self.emulator.client("events")
        rules = events.list_rules(EventBusName="keyrail-members")["Rules"]
        self.assertEqual(len(rules), 18)
        patterns = json.dumps([rule["EventPattern"] for rule in rules])
        self.assertIn("arn:aws:iam::*:role/security/keyrail-responder", patterns)


if __name__ == "__main__":
    unittest.main()
