"""Holds the names that CloudFormation makes up against what keyrail's parts are known by."""

import fnmatch
import re
import unittest

from tests.emulator.emulator import ROOT
from tests.template.templates import (
    HOME,
    LONGEST_RECOGNISED,
    MEMBER,
    REGION,
    generated_name,
    stack_of_set,
)

# How long a name may be, by the type of what has it; of others it is 255 or more.
LONGEST = {
    "AWS::Events::Rule": 64,
    "AWS::IAM::Role": 64,
    "AWS::SQS::Queue": 80,
}
STACK = "k" * LONGEST_RECOGNISED


def parts(template):
    """(logical id, how long its name may be) of what has a name that CloudFormation makes up."""
    for name, resource in template["Resources"].items():
        kind = resource["Type"]
        own = {"Name", "RoleName", "FunctionName", "LogGroupName", "LayerName"}
        if not own & resource["Properties"].keys():
            yield name, LONGEST.get(kind, 255)


class Names(unittest.TestCase):
    """A name that was made up shows whose part it is, for stacks of names that are not too long."""

    def test_each_part_shows_the_name_of_the_stack(self):
        for stack, template in (
            (STACK, HOME),
            (f"{STACK}-region", REGION),
            (stack_of_set(f"{STACK}-region"), REGION),
            (stack_of_set(f"{STACK}-member"), MEMBER),
        ):
            for name, most in parts(template):
                made_up = generated_name(stack, name, most)
                self.assertLessEqual(len(made_up), most)
                with self.subTest(name, made_up=made_up):
                    # So rules and policies ask for it, and the function too.
                    self.assertIn(f"{STACK}-", made_up)

    def test_a_longer_name_would_not_show_everywhere(self):
        longer = STACK + "k"
        made_up = [
            generated_name(stack_of_set(f"{longer}-region"), name, most)
            for name, most in parts(REGION)
        ]
        self.assertTrue(any(f"{longer}-" not in name for name in made_up))

    def test_what_is_known_of_names_is_so(self):
        for stack, logical_id, shown in (
            ("StackSet-AWS-Landing-Zone-Baseline", "ForwardSnsNotificationLambdaRole",
             "StackSet-AWS-Landing-Zone-ForwardSnsNotificationLa-"),
            ("StackSet-StackSetPasswordPolicy-5e1837ab-1", "LambdaRole",
             "StackSet-StackSetPasswordPolicy-5e1837a-LambdaRole-"),
            ("keyrail", "GuardrailRole", "keyrail-GuardrailRole-"),
        ):
            self.assertTrue(generated_name(stack, logical_id).startswith(shown), shown)

    def test_a_longer_name_is_refused_or_advised_against(self):
        pattern = REGION["Parameters"]["Keyrail"]["AllowedPattern"]
        self.assertTrue(re.fullmatch(pattern, STACK))
        self.assertFalse(re.fullmatch(pattern, STACK + "k"))
        for page in ("README.md", "infra/README.md"):
            said = re.findall(r"at most (\d+) characters", (ROOT / page).read_text())
            self.assertEqual(said, [str(LONGEST_RECOGNISED)], page)

    def test_policies_know_the_functions_role_by_its_name_at_most_so_long(self):
        role = generated_name(STACK, "GuardrailRole")
        self.assertTrue(fnmatch.fnmatchcase(role, f"{STACK}-*"))
