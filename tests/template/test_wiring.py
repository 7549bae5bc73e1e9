"""Holds functions, queues, alarms and outputs of the templates against each other."""

import unittest

from tests.emulator.emulator import ROOT
from tests.template.templates import HOME, MEMBER, REGION, of_type


class Wiring(unittest.TestCase):
    """The parts of the stack are connected, the failure paths among them."""

    function = HOME["Resources"]["GuardrailFunction"]["Properties"]

    def test_environment(self):
        self.assertEqual(
            self.function["Environment"]["Variables"],
            {
                "KEYRAIL_MODE": {"Ref": "Mode"},
                "KEYRAIL_TOPIC_ARN": {"Ref": "AlertTopic"},
                "KEYRAIL_CHAT_TOPIC_ARN": {
                    "Fn::If": ["HasChat", {"Ref": "ChatTopic"}, {"Ref": "AWS::NoValue"}]
                },
                "KEYRAIL_BUNDLE": "/opt",
                "KEYRAIL_NAME": {"Ref": "AWS::StackName"},
                "KEYRAIL_TABLE": {"Fn::If": ["HasState", {"Ref": "StateTable"}, ""]},
                "KEYRAIL_RECHECK_QUEUE_URL": {"Ref": "RecheckQueue"},
                "KEYRAIL_RESPONDER_ROLE": {"Ref": "ResponderRole"},
                "KEYRAIL_EXTERNAL_ID": {"Ref": "ExternalId"},
            },
        )

    def test_bundle_is_where_the_function_looks(self):
        layer = HOME["Resources"]["BundleLayer"]["Properties"]
        self.assertEqual(self.function["Layers"], [{"Ref": "BundleLayer"}])
        # The root of a layer is /opt, which KEYRAIL_BUNDLE names.
        self.assertTrue(list((ROOT / layer["ContentUri"] / "guardrails").glob("*.cedar")))

    def test_makefile_builds_the_function(self):
        metadata = HOME["Resources"]["GuardrailFunction"]["Metadata"]
        self.assertEqual(metadata["BuildMethod"], "makefile")
        self.assertRegex((ROOT / "Makefile").read_text(), r"(?m)^build-GuardrailFunction:")

    @staticmethod
    def if_it_is_there(template, name, attribute):
        """The attribute of a resource, or nothing where its condition leaves it out."""
        got = {"Fn::GetAtt": [name, attribute]}
        condition = template["Resources"][name].get("Condition")
        return {"Fn::If": [condition, got, {"Ref": "AWS::NoValue"}]} if condition else got

    def test_each_rule_starts_the_function_and_may(self):
        allowed = [
            permission["SourceArn"]["Fn::GetAtt"]
            for permission in of_type(HOME, "AWS::Lambda::Permission").values()
        ]
        rules = of_type(HOME, "AWS::Events::Rule")
        self.assertCountEqual(allowed, [[name, "Arn"] for name in rules])
        for name, rule in rules.items():
            for target in rule["Targets"]:
                self.assertEqual(target["Arn"], {"Fn::GetAtt": ["GuardrailFunction", "Arn"]}, name)
                # The function takes the raw event.
                self.assertFalse([key for key in target if key.startswith("Input")], name)

    def test_each_rule_has_a_dead_letter_queue_and_may_use_it(self):
        for template in (HOME, REGION):
            policy = template["Resources"]["UndeliveredQueuePolicy"]["Properties"]
            (statement,) = policy["PolicyDocument"]["Statement"]
            rules = of_type(template, "AWS::Events::Rule")
            self.assertCountEqual(
                statement["Condition"]["ArnEquals"]["aws:SourceArn"],
                [self.if_it_is_there(template, name, "Arn") for name in rules],
            )
            queue = {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}
            self.assertEqual(statement["Resource"], queue)
            for name, rule in rules.items():
                for target in rule["Targets"]:
                    self.assertEqual(target["DeadLetterConfig"], {"Arn": queue}, name)
                    self.assertIn("RetryPolicy", target, name)

    def test_the_table_has_the_keys_that_the_code_writes(self):
        table = HOME["Resources"]["StateTable"]["Properties"]
        keys = {key["AttributeName"]: key["KeyType"] for key in table["KeySchema"]}
        self.assertEqual(keys, {"pk": "HASH", "sk": "RANGE"})
        kinds = {key["AttributeName"]: key["AttributeType"] for key in table["AttributeDefinitions"]}
        self.assertEqual(kinds, {"pk": "S", "sk": "S"})
        expiry = {"AttributeName": "expires", "Enabled": True}
        self.assertEqual(table["TimeToLiveSpecification"], expiry)

    def test_the_table_costs_what_is_used_and_can_be_left_out(self):
        table = HOME["Resources"]["StateTable"]
        self.assertEqual(table["Properties"]["BillingMode"], "PAY_PER_REQUEST")
        # AWS's own key encrypts it, which costs nothing and needs no permission.
        self.assertNotIn("SSESpecification", table["Properties"])
        self.assertEqual(table["Condition"], "HasState")
        self.assertEqual(HOME["Outputs"]["StateTableName"]["Condition"], "HasState")

    def test_rechecks_come_back_one_at_a_time_and_fail_into_the_dead_letters(self):
        mapping = HOME["Resources"]["RecheckMapping"]["Properties"]
        queue = HOME["Resources"]["RecheckQueue"]["Properties"]
        self.assertEqual(mapping["EventSourceArn"], {"Fn::GetAtt": ["RecheckQueue", "Arn"]})
        self.assertEqual(mapping["BatchSize"], 1)
        self.assertGreaterEqual(queue["VisibilityTimeout"], 6 * self.function["Timeout"])
        dead = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
        self.assertEqual(
            queue["RedrivePolicy"], {"deadLetterTargetArn": dead, "maxReceiveCount": 5}
        )

    def test_what_the_function_fails_on_is_kept(self):
        config = self.function["EventInvokeConfig"]
        self.assertEqual(config["MaximumRetryAttempts"], 2)
        self.assertEqual(
            config["DestinationConfig"]["OnFailure"],
            {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}},
        )

    def test_queues_are_encrypted_and_keep_for_two_weeks(self):
        for template in (HOME, REGION):
            for name, queue in of_type(template, "AWS::SQS::Queue").items():
                self.assertIs(queue["SqsManagedSseEnabled"], True, name)
                self.assertEqual(queue["MessageRetentionPeriod"], 14 * 24 * 3600, name)

    def test_alarms_tell_the_operator(self):
        watched = []
        for template in (HOME, REGION):
            for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
                (dimension,) = alarm["Dimensions"]
                of = dimension["Value"].get("Ref") or dimension["Value"]["Fn::GetAtt"][0]
                watched.append((alarm["MetricName"], of))
                self.assertEqual(alarm["AlarmActions"], [{"Ref": "OperatorTopic"}], name)
                self.assertEqual(alarm["TreatMissingData"], "notBreaching", name)
        self.assertEqual(
            watched,
            [
                ("ApproximateNumberOfMessagesVisible", "DeadLetterQueue"),
                ("ApproximateNumberOfMessagesVisible", "UndeliveredQueue"),
                ("Errors", "GuardrailFunction"),
                ("Throttles", "GuardrailFunction"),
                ("ApproximateNumberOfMessagesVisible", "UndeliveredQueue"),
            ],
        )

    def test_people_are_subscribed(self):
        subscriptions = {
            subscription["TopicArn"]["Ref"]: (
                subscription["Protocol"],
                subscription["Endpoint"]["Ref"],
            )
            for subscription in of_type(HOME, "AWS::SNS::Subscription").values()
        }
        self.assertEqual(
            subscriptions,
            {"AlertTopic": ("email", "AlertEmail"), "OperatorTopic": ("email", "OperatorEmail")},
        )

    def test_log_expires_and_is_where_the_role_may_write(self):
        group = HOME["Resources"]["GuardrailLogGroup"]["Properties"]
        self.assertEqual(group["RetentionInDays"], {"Ref": "LogRetentionDays"})
        logging = self.function["LoggingConfig"]
        self.assertEqual(logging, {"LogGroup": {"Ref": "GuardrailLogGroup"}, "LogFormat": "JSON"})

    def test_parameters(self):
        # By name, as users' tools rely on them; whoever gives no more gets one account, a table,
        # and nothing that cannot be undone.
        named = {"AlertEmail", "OperatorEmail", "Mode", "Architecture", "LogRetentionDays"}
        more = {"RoleSessions": "deny", "Deletion": "deny", "RootKeys": "alert"}
        more |= {"OrganizationId": "", "ResponderRole": "", "ExternalId": "", "State": "table"}
        more |= {"Chat": "none", "TopicKeyArn": "", "SecurityHubControls": "off"}
        parameters = HOME["Parameters"]
        self.assertEqual(parameters.keys(), named | more.keys())
        self.assertEqual({name: parameters[name]["Default"] for name in more}, more)
        self.assertEqual(HOME["Parameters"]["Mode"]["Default"], "observe")
        self.assertEqual(HOME["Parameters"]["Architecture"]["Default"], "arm64")

    def test_outputs(self):
        names = {"FunctionName", "FunctionArn", "AlertTopicArn", "DeadLetterQueueUrl"}
        names |= {"BundleLayerArn", "StateTableName", "RecheckQueueUrl", "UndeliveredQueueUrl"}
        names |= {"ChatTopicArn", "MemberBusArn"}
        self.assertEqual(names, HOME["Outputs"].keys())
        self.assertEqual(MEMBER["Outputs"].keys(), {"RoleArn", "ResponderRoleName"})
        for template in (HOME, REGION, MEMBER):
            for name, output in template["Outputs"].items():
                self.assertTrue(output["Description"], name)
