"""Deploys each template with other values than its own, and reads back what came of each.

The emulator makes no boundary, reserved concurrency, policy of a bus, or key of a topic, a table or a
function out of a template, takes each partition for `aws`, and knows no Region in a condition: of these
tests/template holds what the template says.
"""

import json
import unittest

from demo.__main__ import key_created
from tests.emulator.deployments import (
    BUS,
    DEPLOYMENTS,
    HOME,
    MEMBER,
    OTHERS,
    RETAINED,
    TOLD,
    Deployment,
    key,
    parameters_of,
)
from tests.emulator.emulator import ACCOUNT, Emulator
from tests.emulator.stack import StackError

PARTITIONS = ["GovCloud", "China", "European Sovereign Cloud"]


class EachParameter(unittest.TestCase):
    """No parameter is without a deployment that sets it."""

    def test_each_parameter_of_each_template_has_another_value_in_a_deployment(self):
        for template in (HOME, OTHERS, MEMBER, RETAINED):
            given = set()
            for deployment in DEPLOYMENTS.values():
                if deployment.template == template:
                    given |= deployment.given()
            own = parameters_of(template)
            self.assertEqual(own.keys() - given, set(), template.name)


class Parameters(unittest.TestCase):
    """What is asked for is there afterwards."""

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.close)

    def deployed(self, name):
        return DEPLOYMENTS[name].deploy(self.emulator)

    def test_of_a_large_organization(self):
        stack, seen = self.deployed("large organization")
        functions = seen.client("lambda")
        name = stack.outputs["FunctionName"]
        function = functions.get_function_configuration(FunctionName=name)
        with self.subTest("the role has its path and may not change itself"):
            arn = function["Role"]
            self.assertIn(":role/security/keyrail-GuardrailRole-", arn)
            (statement,) = policy_of(seen, arn, "not-itself")["Statement"]
            itself = f"arn:aws:iam::{seen.account}:role/security/keyrail-*"
            self.assertEqual(statement["Resource"], [arn, itself])
        with self.subTest("re-checks have their concurrency and sign-ins theirs"):
            mappings = functions.list_event_source_mappings(FunctionName=name)
            found = {
                mapping["EventSourceArn"].rsplit(":", 1)[-1].split("-")[1]: mapping["ScalingConfig"]
                for mapping in mappings["EventSourceMappings"]
            }
            at_most = {"RecheckQueue": 4, "SignInQueue": 3}
            self.assertEqual(
                found, {queue: {"MaximumConcurrency": most} for queue, most in at_most.items()}
            )
        with self.subTest("the bus has its rules, which know the responder's path"):
            rules = seen.client("events").list_rules(EventBusName="keyrail-members")["Rules"]
            self.assertEqual(len(rules), 23)
            patterns = json.dumps([rule["EventPattern"] for rule in rules])
            self.assertIn("arn:aws:iam::*:role/security/keyrail-responder", patterns)
        with self.subTest("the function knows the role in member accounts and what it must show"):
            told = function["Environment"]["Variables"]
            self.assertEqual(told["KEYRAIL_RESPONDER_ROLE"], "security/keyrail-responder")
            self.assertEqual(told["KEYRAIL_EXTERNAL_ID"], "shown-to-members")
        with self.subTest("the check knows the Regions and the role in member accounts"):
            watch = functions.get_function_configuration(FunctionName=f"{name}-watch")
            told = watch["Environment"]["Variables"]
            self.assertEqual(told["KEYRAIL_REGIONS"], "eu-north-1,us-west-2")
            self.assertEqual(told["KEYRAIL_WATCHER_ROLE"], "/security/keyrail-watcher")
            self.assertEqual(told["KEYRAIL_ORGANIZATION"], "o-exampleorgid")
            self.assertEqual(told["KEYRAIL_DUTY"], "watch")
        with self.subTest("each beat is scheduled"):
            self.assertEqual(
                schedules(seen),
                {
                    "keyrail-beat-account": ("iam:createAccessKey", "keyrail-beat-us-east-1"),
                    "keyrail-beat-region": ("cloudtrail:stopLogging", "keyrail-beat-us-east-1"),
                },
            )
        with self.subTest("the operator is told of a flood of that many"):
            self.assertEqual(alarms(seen)["MemberFloodAlarm"]["Threshold"], 70)
        with self.subTest("each address is subscribed"):
            sns = seen.client("sns")
            subscriptions = sns.list_subscriptions()["Subscriptions"]
            found = {(one["TopicArn"].split("-")[-2], one["Endpoint"]) for one in subscriptions}
            who = [("AlertTopic", name) for name in ("oncall", "second", "third")]
            who += [("OperatorTopic", name) for name in ("operator", "another")]
            self.assertEqual(found, {(topic, f"{name}@example.com") for topic, name in who})
        with self.subTest("other accounts may subscribe"):
            topic = sns.get_topic_attributes(TopicArn=stack.outputs["AlertTopicArn"])
            policy = topic["Attributes"]["Policy"]
            for account in ("222233334444", "333344445555"):
                self.assertIn(account, policy)

    def test_keys_encrypt_what_they_are_for(self):
        stack, seen = self.deployed("keys")
        sqs = seen.client("sqs")
        queues = sqs.list_queues()["QueueUrls"]
        self.assertEqual(len(queues), 4)
        for queue in queues:
            names = ["KmsMasterKeyId"]
            attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)
            self.assertEqual(attributes.get("Attributes"), {"KmsMasterKeyId": key("all")}, queue)
        name = stack.outputs["FunctionName"]
        function = seen.client("lambda").get_function_configuration(FunctionName=name)
        groups = seen.client("logs").describe_log_groups()["logGroups"]
        found = {group["logGroupName"]: group["kmsKeyId"] for group in groups}
        logs = ("/aws/lambda/keyrail", "/aws/lambda/keyrail-watch")
        self.assertEqual(found, dict.fromkeys(logs, key("all")))
        encrypt = json.dumps(policy_of(seen, function["Role"], "encrypt"))
        self.assertIn(key("topics"), encrypt)

    def test_all_that_it_may_do_it_is_granted(self):
        stack, seen = self.deployed("all that it may do")
        name = stack.outputs["FunctionName"]
        function = seen.client("lambda").get_function_configuration(FunctionName=name)
        names = seen.client("iam").list_role_policies(RoleName=function["Role"].split("/")[-1])
        more = {"contain", "revoke-role-sessions", "delete", "delete-root-keys"}
        self.assertLessEqual(more, set(names["PolicyNames"]))
        self.assertEqual(function["Architectures"], ["x86_64"])
        self.assertEqual(function["Environment"]["Variables"]["KEYRAIL_MODE"], "enforce")
        # Without the check's, which is off.
        (group,) = seen.client("logs").describe_log_groups()["logGroups"]
        self.assertEqual(group["retentionInDays"], 30)
        self.assertEqual(schedules(seen), {})
        self.assertIn("IAM.22", patterns(seen, "default"))

    def test_each_partitions_home_region_takes_the_template(self):
        for name in PARTITIONS:
            with self.subTest(name):
                stack, seen = self.deployed(name)
                arn = stack.outputs["FunctionArn"]
                self.assertEqual(arn.split(":")[3], seen.region)
                self.assertIn("CreateAccessKey", patterns(seen, "default"))

    def test_no_other_region_takes_the_template(self):
        with self.assertRaises(Exception) as refused:
            Deployment(HOME, "444455550010", TOLD, "eu-north-1").deploy(self.emulator)
        self.assertIn("Deploy keyrail in us-east-1", str(refused.exception))

    def test_a_member_forwards_to_the_hub(self):
        _, seen = self.deployed("member's home")
        events = seen.client("events")
        rules = events.list_rules()["Rules"]
        # On AWS 24: the condition AtMembersHome compares the Region.
        self.assertEqual(len(rules), 18)
        for rule in rules:
            (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            self.assertEqual(target["Arn"], BUS)
            self.assertIn(":role/security/guardrail-region-ForwardingRole-", target["RoleArn"])
        said = patterns(seen, "default")
        for what in ("*guardrail*", "IAM.22"):
            self.assertIn(what, said)
        (subscription,) = seen.client("sns").list_subscriptions()["Subscriptions"]
        self.assertEqual(subscription["Endpoint"], "operator@example.com")
        self.assertEqual(alarms(seen).keys(), {"UndeliveredAlarm", "UndeliveredSentAlarm"})
        with self.subTest("it beats"):
            # On AWS the account's beat is there, too.
            beat = ("cloudtrail:stopLogging", "guardrail-beat-eusc-de-east-1")
            self.assertEqual(schedules(seen), {"guardrail-beat-region": beat})
            role = seen.client("iam").get_role(RoleName=beat[1])["Role"]
            (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
            group = f"arn:aws:scheduler:eusc-de-east-1:{seen.account}:schedule-group/guardrail-beat"
            self.assertEqual(statement["Condition"]["ArnEquals"], {"aws:SourceArn": group})

    def test_where_beats_are_off_there_are_no_schedules(self):
        _, seen = self.deployed("without beats")
        self.assertEqual(schedules(seen), {})
        self.assertEqual(len(seen.client("events").list_rules()["Rules"]), 18)

    def test_a_members_role_is_as_it_was_asked_for(self):
        _, seen = self.deployed("member")
        iam = seen.client("iam")
        role = iam.get_role(RoleName="answerer")["Role"]
        self.assertEqual(role["Path"], "/security/")
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        self.assertEqual(
            statement["Condition"]["StringEquals"],
            {"aws:PrincipalOrgID": "o-exampleorgid", "sts:ExternalId": "shown-to-members"},
        )
        self.assertIn(":role/security/keyrail-GuardrailRole-", json.dumps(statement["Principal"]))
        names = iam.list_role_policies(RoleName="answerer")["PolicyNames"]
        more = {"contain", "revoke-role-sessions", "delete", "look-up", "not-itself"}
        self.assertEqual(set(names), more)
        with self.subTest("the check may read"):
            role = iam.get_role(RoleName="guardrail-watcher")["Role"]
            self.assertEqual(role["Path"], "/security/")
            (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
            self.assertIn(":role/security/guardrail-watch", json.dumps(statement["Principal"]))
            names = iam.list_role_policies(RoleName="guardrail-watcher")["PolicyNames"]
            self.assertEqual(names, ["look"])

    def test_what_is_retained_is_adopted_without_a_table_and_with_a_topic_for_chat(self):
        _, seen = self.deployed("retained")
        self.assertEqual(seen.client("dynamodb").list_tables()["TableNames"], [])
        topics = seen.client("sns").list_topics()["Topics"]
        kinds = {topic["TopicArn"].split("-")[-2] for topic in topics}
        self.assertEqual(kinds, {"AlertTopic", "ChatTopic", "OperatorTopic"})


class WithoutState(unittest.TestCase):
    """Without a table it contains all the same, and tells the topic for chat."""

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.close)
        cls.stack, _ = DEPLOYMENTS["without state"].deploy(cls.emulator)
        cls.stack.bring_layer_within_reach()

    def test_it_contains_a_key_and_tells_both_topics(self):
        self.assertEqual(self.emulator.client("dynamodb").list_tables()["TableNames"], [])
        self.assertNotIn("StateTableName", self.stack.outputs)
        sns, sqs = self.emulator.client("sns"), self.emulator.client("sqs")
        inboxes = {}
        for output in ("AlertTopicArn", "ChatTopicArn"):
            queue = sqs.create_queue(QueueName=output)["QueueUrl"]
            asked = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
            sns.subscribe(
                TopicArn=self.stack.outputs[output],
                Protocol="sqs",
                Endpoint=asked["Attributes"]["QueueArn"],
            )
            inboxes[output] = queue
        iam = self.emulator.client("iam")
        iam.create_user(UserName="bob")
        created = iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]

        answer = self.emulator.client("lambda").invoke(
            FunctionName=self.stack.outputs["FunctionName"],
            Payload=json.dumps(key_created("bob", created, ACCOUNT)),
        )

        self.assertNotIn("FunctionError", answer)
        (found,) = iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]
        self.assertEqual(found["Status"], "Inactive")
        for output, queue in inboxes.items():
            (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
            self.assertIn(created, message["Body"], output)


def policy_of(seen, role, name):
    iam = seen.client("iam")
    return iam.get_role_policy(RoleName=role.split("/")[-1], PolicyName=name)["PolicyDocument"]


def alarms(seen):
    """The alarms by their logical ids."""
    found = seen.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"].split("-")[-2]: alarm for alarm in found}


def patterns(seen, bus):
    rules = seen.client("events").list_rules(EventBusName=bus)["Rules"]
    return json.dumps([rule["EventPattern"] for rule in rules if "EventPattern" in rule])


def schedules(seen):
    """What each schedule calls, and by which role."""
    client = seen.client("scheduler")
    found = {}
    for listed in client.list_schedules()["Schedules"]:
        schedule = client.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
        target = schedule["Target"]
        call = target["Arn"].split(":aws-sdk:")[1]
        found[listed["Name"]] = (call, target["RoleArn"].split("/")[-1])
    return found


if __name__ == "__main__":
    unittest.main()
