"""What infra/README.md and the pages beside it say of the templates and of AWS's commands."""

import re
import unittest

import botocore.session
from botocore import xform_name

from tests.pages.test_pages import PAGES, ROOT, blocks, commands, words_of
from tests.template.templates import HOME, MEMBER, REGION, operators_patterns, patterns

INFRA = (ROOT / "infra" / "README.md").read_text()
TEMPLATES = {"template.yaml": HOME, "infra/region.yaml": REGION, "infra/member.yaml": MEMBER}
HOME_REGIONS = {
    "aws": "us-east-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-cn": "cn-north-1",
    "aws-eusc": "eusc-de-east-1",
}


def shell(text):
    return [block for language, block in blocks(text) if language in ("sh", "console")]


def section(text, heading):
    """What follows a heading, up to the next of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    # A comment in a block begins like a heading.
    without_blocks = re.sub(r"(?ms)^```.*?^```$", lambda block: "x" * len(block.group()), text)
    found = re.search(rf"(?ms)^{re.escape(heading)}\n(.*?)(?=^#{{1,{level}}} |\Z)", without_blocks)
    return text[found.start(1) : found.end(1)]


def stack_set_commands():
    """(page, words) of each command about StackSets."""
    for page in PAGES:
        for command in commands(page.read_text(), "aws"):
            words = words_of(command)
            if words[1] == "cloudformation" and re.search("stack-(set|instances)", words[2]):
                yield page.name, words


class Infra(unittest.TestCase):
    """Commands are whole, and numbers are those of the templates."""

    def test_the_number_of_rules_is_that_of_the_template(self):
        text = (ROOT / "docs" / "troubleshooting.md").read_text()
        (number,) = re.findall(r"\[(\d+)\]\(../infra/README.md#rules\)", text)
        self.assertEqual(int(number), len(patterns(HOME)))

    def test_commands_about_stack_sets_serve_a_delegated_administrator(self):
        model = botocore.session.get_session().get_service_model("cloudformation")
        names = {xform_name(name, "-"): name for name in model.operation_names}
        seen = 0
        for page, words in stack_set_commands():
            members = model.operation_model(names[words[2]]).input_shape.members
            with self.subTest(page, command=words[:3]):
                self.assertEqual("--call-as" in words, "CallAs" in members)
            seen += "CallAs" in members
        self.assertGreater(seen, 8)
        for command in commands(INFRA, "aws"):
            if "activate-organizations-access" in command:
                self.assertNotIn("--call-as", command)

    def test_commands_about_stack_instances_do_not_stop_at_the_first_failure(self):
        seen = 0
        for page, words in stack_set_commands():
            if words[2] in ("create-stack-instances", "delete-stack-instances", "update-stack-set"):
                seen += 1
                with self.subTest(page, command=words[:3]):
                    self.assertIn("--operation-preferences", words)
                    self.assertIn("FailureTolerancePercentage=100", " ".join(words))
        self.assertGreater(seen, 3)

    def test_no_shell_splits_a_variable(self):
        # zsh does not split `$regions`, and other shells split what has a space.
        seen = 0
        for page in PAGES:
            for block in shell(page.read_text()):
                for line in block.splitlines():
                    seen += "$" in line
                    with self.subTest(page=page.name):
                        self.assertNotRegex(line, r"(?:^|\s)\$\{?\w+\}?(?:\s|$)")
        self.assertGreater(seen, 10)

    def test_the_management_account_has_its_own_commands(self):
        text = section(INFRA, "### The management account")
        deployed = {}
        for command in commands(text, "aws"):
            words = words_of(command)
            if words[1:3] == ["cloudformation", "deploy"]:
                template = words[words.index("--template-file") + 1]
                overrides = words[words.index("--parameter-overrides") + 1 :]
                deployed[template] = {name.split("=")[0] for name in overrides}
        self.assertEqual(deployed.keys(), {"infra/member.yaml", "infra/region.yaml"})
        for template, given in deployed.items():
            parameters = TEMPLATES[template]["Parameters"]
            needed = {name for name, of in parameters.items() if "Default" not in of}
            self.assertLessEqual(needed, given, template)
            self.assertLessEqual(given, parameters.keys(), template)
        self.assertIn("HubBusArn", deployed["infra/region.yaml"])
        self.assertIn("organization itself", text)

    def test_each_partition_has_its_home_everywhere(self):
        (assertion,) = HOME["Rules"]["HomeRegion"]["Assertions"]
        homes = set(HOME_REGIONS.values())
        self.assertEqual(set(assertion["Assert"]["Fn::Contains"][0]), homes)
        self.assertEqual(set(REGION["Parameters"]["HomeRegion"]["AllowedValues"]), homes)
        for text in (HOME["Description"], assertion["AssertDescription"]):
            for home in homes:
                self.assertIn(home, text)
        table = section(INFRA, "## Other partitions")
        rows = re.findall(r"(?m)^\| .* \| ([\w-]+) \| `arn:([\w-]+):` \|$", table)
        self.assertEqual({partition: home for home, partition in rows}, HOME_REGIONS)
        examples = "\n".join(shell(table))
        for home in homes - {"us-east-1"}:
            self.assertIn(f"--region {home}", examples)

    def test_each_arn_that_a_parameter_takes_may_be_of_any_partition(self):
        for file, template in TEMPLATES.items():
            for name, parameter in template["Parameters"].items():
                pattern = parameter.get("AllowedPattern", "")
                if "arn:" not in pattern:
                    continue
                for partition, home in HOME_REGIONS.items():
                    taken = [
                        f"arn:{partition}:kms:{home}:111122223333:key/1-2",
                        f"arn:{partition}:events:{home}:111122223333:event-bus/keyrail-members",
                        f"arn:{partition}:iam::111122223333:role/keyrail",
                        f"arn:{partition}:iam::111122223333:policy/boundary",
                    ]
                    with self.subTest(file, name=name, partition=partition):
                        self.assertTrue(any(re.fullmatch(pattern, arn) for arn in taken))

    def test_no_template_names_a_partition(self):
        for file in TEMPLATES:
            text = (ROOT / file).read_text()
            for line in text.splitlines():
                if not line.lstrip().startswith("#"):
                    self.assertNotRegex(line, r"arn:aws(-\w+)*:", file)

    def test_what_it_depends_on_is_said_with_the_commands_that_tell(self):
        text = section(INFRA, "## What it depends on")
        self.assertIn("aws support describe-trusted-advisor-checks", text)
        self.assertIn("**us-east-1.**", text)
        sms = section((ROOT / "docs" / "alerts.md").read_text(), "### SMS")
        self.assertIn("aws sns get-sms-sandbox-account-status", sms)
        self.assertIn("describe-sender-ids", sms)

    def test_what_keeps_members_in_one_place_is_there(self):
        text = section(INFRA, "### One place for all accounts")
        group = HOME["Resources"]["WatchLogGroup"]["Properties"]["LogGroupName"]["Fn::Sub"]
        self.assertIn(group.replace("${AWS::StackName}", "keyrail"), "\n".join(shell(text)))

    def test_each_stack_that_names_a_role_is_deployed_with_the_capability(self):
        seen = 0
        for page in PAGES:
            for command in commands(page.read_text(), "aws"):
                if "--capabilities" in command and "--use-previous" not in command:
                    with self.subTest(page=page.name, command=command):
                        self.assertIn("CAPABILITY_NAMED_IAM", words_of(command))
                    seen += 1
        self.assertGreater(seen, 5)

    def test_a_template_for_a_stack_set_fits_into_a_request(self):
        # CloudFormation User Guide, "Understand CloudFormation quotas": 51,200 bytes (2026-11-29).
        for file in ("infra/region.yaml", "infra/member.yaml", "infra/retained.yaml"):
            self.assertLess(len((ROOT / file).read_bytes()), 51_200, file)

    def test_the_mail_on_the_page_is_the_one_that_is_sent(self):
        text = section(INFRA, "## Two that watch each other")
        (shown,) = (block for language, block in blocks(text) if language == "text")
        (target,) = HOME["Resources"]["OperatorEventsRule"]["Properties"]["Targets"]
        template = target["InputTransformer"]["InputTemplate"]["Fn::Sub"]
        for line, sent in zip(shown.splitlines(), template.splitlines(), strict=True):
            said = re.escape(sent.replace("${AWS::StackName}", "keyrail"))
            self.assertRegex(line, "^" + re.sub(r"<\w+>", r"[^ ]*", said) + "$")

    def test_each_rule_of_the_pair_is_on_the_page(self):
        text = section(INFRA, "## Two that watch each other")
        for name in [*operators_patterns(), "WitnessRule"]:
            self.assertIn(f"`{name}`", text)
