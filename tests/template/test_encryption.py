"""Holds the keys of the templates against what is encrypted, who needs them, and the page's key policies."""

import json
import re
import unittest

from tests.emulator.emulator import ROOT
from tests.template.deployed import Deployed
from tests.template.templates import HOME, as_list, identity_statements

KEY, OTHER = (
    f"arn:aws:kms:us-east-1:111122223333:key/{number}" for number in ("1234abcd-12ab", "5678efab-34cd")
)

# How each type names its key, and what it has without one.
KEY_OF = {
    "AWS::DynamoDB::Table": lambda table: table.get("SSESpecification", {}).get("KMSMasterKeyId"),
    "AWS::Logs::LogGroup": lambda group: group.get("KmsKeyId"),
    "AWS::Serverless::Function": lambda function: function.get("KmsKeyArn"),
    "AWS::SNS::Topic": lambda topic: topic.get("KmsMasterKeyId"),
    "AWS::SQS::Queue": lambda queue: queue.get("KmsMasterKeyId"),
}
EACH = {
    "AlertTopic",
    "ChatTopic",
    "DeadLetterQueue",
    "GuardrailFunction",
    "GuardrailLogGroup",
    "OperatorTopic",
    "RecheckQueue",
    "SignInQueue",
    "StateTable",
    "UndeliveredQueue",
    "WatchFunction",
    "WatchLogGroup",
}

# What a service needs of a key to write to a queue or topic, and to keep a log: SQS and SNS Developer
# Guides, "Key management"; CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
WRITES = {"kms:Decrypt", "kms:GenerateDataKey"}
PUBLISHES = {"kms:Decrypt", "kms:GenerateDataKey*"}
LOGS = {"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"}


def keys(**parameters):
    """The key of each thing that can have one."""
    deployed = Deployed(HOME, Chat="topic", **parameters)
    return {
        name: KEY_OF[resource["Type"]](resource["Properties"])
        for name, resource in deployed.resources.items()
        if resource["Type"] in KEY_OF
    }


def policies_of_the_page():
    """The key policies of docs/alerts.md, by the parameter that each is for."""
    page = (ROOT / "docs" / "alerts.md").read_text()
    section = re.search(r"(?ms)^## Encrypted topics$(.*?)(^## |\Z)", page).group(1)
    found = re.findall(r"(?ms)^The key policy for `(\w+)`[^`]*?:\n\n```json\n(.*?)^```", section)
    return {name: json.loads(text)["Statement"] for name, text in found}


def of_services(statements):
    """What each service may do with the key, and under which conditions."""
    return {
        statement["Principal"]["Service"]: (set(statement["Action"]), statement.get("Condition"))
        for statement in statements
        if "Service" in statement["Principal"]
    }


class Encryption(unittest.TestCase):
    """One key encrypts what holds data, and another what tells that the first one fails."""

    def test_without_a_key_each_has_what_costs_nothing(self):
        self.assertEqual(keys(), dict.fromkeys(EACH))
        for name, queue in Deployed(HOME).of_type("AWS::SQS::Queue").items():
            self.assertIs(queue["SqsManagedSseEnabled"], True, name)

    def test_the_key_encrypts_all_but_the_operators_topic(self):
        wanted = dict.fromkeys(EACH, KEY) | {"OperatorTopic": None}
        self.assertEqual(keys(KeyArn=KEY), wanted)
        deployed = Deployed(HOME, KeyArn=KEY)
        # SQS refuses both at once.
        for name, queue in deployed.of_type("AWS::SQS::Queue").items():
            self.assertNotIn("SqsManagedSseEnabled", queue, name)
        specification = deployed.resources["StateTable"]["Properties"]["SSESpecification"]
        self.assertEqual((specification["SSEEnabled"], specification["SSEType"]), (True, "KMS"))

    def test_the_operators_key_encrypts_the_operators_topic_alone(self):
        wanted = dict.fromkeys(EACH) | {"OperatorTopic": OTHER}
        self.assertEqual(keys(OperatorKeyArn=OTHER), wanted)

    def test_the_key_of_the_topics_works_as_ever_and_comes_before_the_other(self):
        topics = {"AlertTopic": KEY, "ChatTopic": KEY}
        self.assertEqual(keys(TopicKeyArn=KEY), dict.fromkeys(EACH) | topics)
        wanted = dict.fromkeys(EACH, OTHER) | topics | {"OperatorTopic": None}
        self.assertEqual(keys(TopicKeyArn=KEY, KeyArn=OTHER), wanted)

    def test_one_disabled_key_never_silences_both(self):
        for parameters in (
            {},
            {"KeyArn": KEY},
            {"TopicKeyArn": KEY, "KeyArn": KEY},
            {"KeyArn": KEY, "OperatorKeyArn": OTHER},
            {"OperatorKeyArn": OTHER},
        ):
            self.assertEqual(Deployed(HOME, **parameters).broken_rules(), [], parameters)
            found = keys(**parameters)
            if found["OperatorTopic"]:
                self.assertNotEqual(found["OperatorTopic"], found["AlertTopic"])
        for parameters in ({"KeyArn": KEY}, {"TopicKeyArn": KEY}):
            (broken,) = Deployed(HOME, OperatorKeyArn=KEY, **parameters).broken_rules()
            self.assertTrue(broken.startswith("OperatorKeyArn must be another key"), broken)

    def test_the_role_uses_the_key_by_way_of_the_services_that_hold_data(self):
        def granted(role="GuardrailRole", **parameters):
            deployed = Deployed(HOME, **parameters)
            role = deployed.resources[role]["Properties"]
            return {
                statement["Resource"]: statement
                for policy in role["Policies"]
                for statement in policy["PolicyDocument"]["Statement"]
                if any(action.startswith("kms:") for action in as_list(statement["Action"]))
            }

        self.assertEqual(granted(), {})
        # What is done to keyrail itself goes to the operator's topic, too.
        for role in ("GuardrailRole", "WatchRole"):
            (statement,) = granted(role, OperatorKeyArn=OTHER).values()
            self.assertEqual(set(statement["Action"]), WRITES)
            by_sns = {"StringEquals": {"kms:ViaService": "sns.us-east-1.amazonaws.com"}}
            self.assertEqual(statement["Condition"], by_sns)
        (statement,) = granted("WatchRole", KeyArn=KEY).values()
        self.assertEqual(
            set(statement["Condition"]["StringEquals"]["kms:ViaService"]),
            {f"{service}.us-east-1.amazonaws.com" for service in ("dynamodb", "lambda", "sns")},
        )
        statement = granted(KeyArn=KEY, TopicKeyArn=OTHER)[KEY]
        self.assertEqual(set(statement["Action"]), WRITES)
        services = {"dynamodb", "lambda", "sns", "sqs"}
        condition = statement["Condition"]["StringEquals"]
        self.assertEqual(
            set(condition["kms:ViaService"]),
            {f"{service}.us-east-1.amazonaws.com" for service in services},
        )
        self.assertEqual(statement["Condition"].keys(), {"StringEquals"})
        self.assertEqual(condition.keys(), {"kms:ViaService"})
        # The log is written by CloudWatch Logs itself, and everything else by one of these.
        kinds = {resource["Type"] for resource in HOME["Resources"].values()} & KEY_OF.keys()
        by = {"AWS::Serverless::Function": "lambda", "AWS::Logs::LogGroup": "logs"}
        named = {by.get(kind, kind.split("::")[1].lower()) for kind in kinds}
        self.assertEqual(named - {"logs"}, services)

    def test_what_uses_a_key_is_not_denied_it(self):
        for name, statement in identity_statements(HOME):
            if statement["Effect"] == "Deny" and name != "BeatRole":
                denied = {action.split(":")[0] for action in as_list(statement["Action"])}
                self.assertFalse(denied & {"kms", "*"}, name)

    def test_the_pages_policy_lets_in_whoever_writes_to_what_is_encrypted(self):
        policies = policies_of_the_page()
        self.assertEqual(policies.keys(), {"KeyArn", "OperatorKeyArn"})
        groups = Deployed(HOME).of_type("AWS::Logs::LogGroup").values()
        log = "arn:aws:logs:us-east-1:111122223333:log-group:"
        logs = [log + group["LogGroupName"] for group in groups]
        only_that = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": logs}}
        of_queue = self.services_let_in_to("UndeliveredQueuePolicy")
        of_topic = self.services_let_in_to("AlertTopicPolicy")
        self.assertEqual((of_queue, of_topic), ({"events.amazonaws.com"}, set()))
        self.assertEqual(self.services_let_in_to("SignInQueuePolicy"), of_queue)
        self.assertEqual(
            of_services(policies["KeyArn"]),
            {"events.amazonaws.com": (WRITES, None), "logs.us-east-1.amazonaws.com": (LOGS, only_that)},
        )
        of_operator = self.services_let_in_to("OperatorTopicPolicy")
        self.assertEqual(of_operator, {"cloudwatch.amazonaws.com", "events.amazonaws.com"})
        needed = dict.fromkeys(of_operator, (PUBLISHES, None))
        self.assertEqual(of_services(policies["OperatorKeyArn"]), needed)

    def test_the_pages_policies_let_iam_policies_of_the_account_give_access(self):
        # The role's do, and the deployment's; and without it nobody could change the policy again.
        policies = policies_of_the_page()
        self.assertEqual(len(policies), 2)
        for name, statements in policies.items():
            (account,) = (one for one in statements if "AWS" in one["Principal"])
            self.assertEqual(account["Principal"], {"AWS": "arn:aws:iam::111122223333:root"}, name)
            self.assertEqual((account["Action"], account["Resource"]), ("kms:*", "*"), name)
            self.assertEqual({one["Effect"] for one in statements}, {"Allow"}, name)

    @staticmethod
    def services_let_in_to(policy):
        statements = Deployed(HOME).resources[policy]["Properties"]["PolicyDocument"]["Statement"]
        return {
            statement["Principal"]["Service"]
            for statement in statements
            if "Service" in statement["Principal"]
        }
