"""Holds functions, queues, people and outputs of the templates against each other."""

import re
import unittest

from tests.emulator.emulator import ROOT
from tests.template.deployed import Deployed
from tests.template.templates import (
    HOME,
    MEMBER,
    REGION,
    event_rules,
    of_type,
    operators_patterns,
)


# What anybody on the internet can bring about.
SIGN_INS = {"SignInRule", "MemberSignInRule"}


class Wiring(unittest.TestCase):
    """The parts of the stack are connected, the failure paths among them."""

    function = HOME["Resources"]["GuardrailFunction"]["Properties"]

    def test_environment(self):
        self.assertEqual(
            self.function["Environment"]["Variables"],
            {
                "KEYRAIL_MODE": {"Ref": "Mode"},
                "KEYRAIL_TOPIC_ARN": {"Ref": "AlertTopic"},
                "KEYRAIL_OPERATOR_TOPIC_ARN": {"Ref": "OperatorTopic"},
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
        for name in of_type(HOME, "AWS::Serverless::Function"):
            metadata = HOME["Resources"][name]["Metadata"]
            self.assertEqual(metadata["BuildMethod"], "makefile", name)
            self.assertRegex((ROOT / "Makefile").read_text(), rf"(?m)^build-{name}:")

    def test_the_check_is_the_same_program_with_another_duty(self):
        watch = HOME["Resources"]["WatchFunction"]["Properties"]
        for key in ("CodeUri", "Handler", "Runtime", "Architectures", "Layers", "KmsKeyArn"):
            self.assertEqual(watch[key], self.function[key], key)
        own, guards = (each["Environment"]["Variables"] for each in (watch, self.function))
        self.assertEqual(own["KEYRAIL_DUTY"], "watch")
        self.assertNotIn("KEYRAIL_DUTY", guards)
        for name in own.keys() & guards.keys() - {"KEYRAIL_TABLE"}:
            self.assertEqual(own[name], guards[name], name)
        self.assertEqual(own["KEYRAIL_TABLE"], {"Ref": "StateTable"})
        queues = {f"{{'Ref': '{name}'}}" for name in of_type(HOME, "AWS::SQS::Queue")}
        self.assertEqual({str(each) for each in own["KEYRAIL_QUEUES"]["Fn::Join"][1]}, queues)
        # It has no way to contain anything.
        self.assertNotIn("KEYRAIL_MODE", own)

    def test_a_time_starts_the_check_and_nothing_else(self):
        rule = HOME["Resources"]["WatchSchedule"]["Properties"]
        self.assertEqual(rule["ScheduleExpression"], "rate(1 hour)")
        self.assertNotIn("EventPattern", rule)
        (target,) = rule["Targets"]
        self.assertEqual(target["Arn"], {"Fn::GetAtt": ["WatchFunction", "Arn"]})
        (permission,) = (
            one
            for one in of_type(HOME, "AWS::Lambda::Permission").values()
            if one["FunctionName"] == {"Ref": "WatchFunction"}
        )
        self.assertEqual(permission["Principal"], "events.amazonaws.com")
        self.assertEqual(permission["SourceArn"], {"Fn::GetAtt": ["WatchSchedule", "Arn"]})
        invoked = HOME["Resources"]["WatchFunction"]["Properties"]["EventInvokeConfig"]
        self.assertEqual(invoked["MaximumRetryAttempts"], 1)

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
            if permission["FunctionName"] == {"Ref": "GuardrailFunction"}
        ]
        told = operators_patterns().keys()
        rules = {name: rule for name, rule in event_rules(HOME).items() if name not in told}
        self.assertLess(SIGN_INS, rules.keys())
        self.assertCountEqual(allowed, [[name, "Arn"] for name in rules if name not in SIGN_INS])
        for name, rule in rules.items():
            where = "SignInQueue" if name in SIGN_INS else "GuardrailFunction"
            for target in rule["Targets"]:
                self.assertEqual(target["Arn"], {"Fn::GetAtt": [where, "Arn"]}, name)
                # The function takes the raw event.
                self.assertFalse([key for key in target if key.startswith("Input")], name)

    def test_sign_ins_come_three_at_a_time_and_fail_into_the_dead_letters(self):
        mapping = HOME["Resources"]["SignInMapping"]["Properties"]
        rechecks = HOME["Resources"]["RecheckMapping"]["Properties"]
        self.assertEqual(mapping["EventSourceArn"], {"Fn::GetAtt": ["SignInQueue", "Arn"]})
        self.assertEqual(mapping["FunctionName"], {"Ref": "GuardrailFunction"})
        # A function that fails on one of a batch gets all of it again.
        self.assertEqual(mapping["BatchSize"], 1)
        self.assertEqual(mapping["ScalingConfig"], {"MaximumConcurrency": 3})
        self.assertEqual(mapping.keys(), rechecks.keys())
        queues = (HOME["Resources"][name] for name in ("SignInQueue", "RecheckQueue"))
        self.assertEqual(*queues)

    def test_the_rules_of_sign_ins_and_nothing_else_fill_their_queue(self):
        policy = HOME["Resources"]["SignInQueuePolicy"]["Properties"]
        self.assertEqual(policy["Queues"], [{"Ref": "SignInQueue"}])
        allowed, denied = policy["PolicyDocument"]["Statement"]
        sending = {"Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["SignInQueue", "Arn"]}}
        rules = [self.if_it_is_there(HOME, name, "Arn") for name in sorted(SIGN_INS, reverse=True)]
        self.assertEqual(
            allowed,
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Condition": {"ArnEquals": {"aws:SourceArn": rules}},
            }
            | sending,
        )
        # No user and no role, whatever their IAM policies allow.
        condition = {
            "Condition": {
                "Null": {"aws:PrincipalArn": "false"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            }
        }
        self.assertEqual(denied, {"Effect": "Deny", "Principal": "*"} | sending | condition)

    def test_each_rule_has_a_dead_letter_queue_and_may_use_it(self):
        for template in (HOME, REGION):
            policy = template["Resources"]["UndeliveredQueuePolicy"]["Properties"]
            (statement,) = policy["PolicyDocument"]["Statement"]
            rules = event_rules(template)
            self.assertCountEqual(
                statement["Condition"]["ArnEquals"]["aws:SourceArn"],
                [self.if_it_is_there(template, name, "Arn") for name in rules],
            )
            queue = {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}
            self.assertEqual(statement["Resource"], queue)
            for name, rule in rules.items():
                for target in rule["Targets"]:
                    self.assertEqual(target["DeadLetterConfig"], {"Arn": queue}, name)

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
        self.assertNotIn("SSESpecification", Deployed(HOME).resources["StateTable"]["Properties"])
        self.assertEqual(table["Condition"], "HasState")
        self.assertEqual(HOME["Outputs"]["StateTableName"]["Condition"], "HasState")

    def test_rechecks_come_back_one_at_a_time_and_fail_into_the_dead_letters(self):
        mapping = HOME["Resources"]["RecheckMapping"]["Properties"]
        queue = HOME["Resources"]["RecheckQueue"]["Properties"]
        self.assertEqual(mapping["EventSourceArn"], {"Fn::GetAtt": ["RecheckQueue", "Arn"]})
        self.assertEqual(mapping["BatchSize"], 1)
        self.assertEqual(queue["VisibilityTimeout"], 6 * self.function["Timeout"])
        at_most = {"MaximumConcurrency": {"Ref": "RecheckConcurrency"}}
        self.assertEqual(mapping["ScalingConfig"], at_most)
        # Lambda API Reference, "ScalingConfig", checked 2026-11-29.
        limits = HOME["Parameters"]["RecheckConcurrency"]
        self.assertEqual((limits["MinValue"], limits["MaxValue"]), (2, 1000))
        dead = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
        self.assertEqual(
            queue["RedrivePolicy"], {"deadLetterTargetArn": dead, "maxReceiveCount": 5}
        )

    def test_a_claim_lasts_as_long_as_the_function_may_run(self):
        # A try that comes a minute after one that died must find the event free. The lease is until
        # the invocation's deadline, which Lambda makes of the timeout; the first retry comes a minute
        # after a failure (Lambda Developer Guide, "How Lambda handles errors and retries with
        # asynchronous invocation", checked 2026-11-29).
        handler = (ROOT / "crates" / "keyrail-lambda" / "src" / "handler.rs").read_text()
        self.assertRegex(handler, r"let end = end_of\(&invocation\.context\)")
        self.assertRegex(handler, r"UNIX_EPOCH \+ Duration::from_millis\(context\.deadline\)")
        (claimant,) = re.findall(r"(?ms)^fn claimant\(end: SystemTime\).*?^}$", handler)
        self.assertIn("until: Timestamp::try_from(end)", claimant)
        self.assertRegex(handler, r"let by = match claimant\(end\)")
        self.assertRegex(handler, r"respond\(\s*event,[^;]*&by,")
        self.assertLess(self.function["Timeout"], 60)

    def test_concurrency_is_set_aside_only_if_it_is_asked_for(self):
        reserved = ["HasReservedConcurrency", {"Ref": "ReservedConcurrency"}, {"Ref": "AWS::NoValue"}]
        self.assertEqual(self.function["ReservedConcurrentExecutions"], {"Fn::If": reserved})
        self.assertEqual(
            HOME["Conditions"]["HasReservedConcurrency"],
            {"Fn::Not": [{"Fn::Equals": [{"Ref": "ReservedConcurrency"}, ""]}]},
        )
        pattern = HOME["Parameters"]["ReservedConcurrency"]["AllowedPattern"]
        # With none at all the function is off.
        for value, is_allowed in (("", True), ("1", True), ("250", True), ("0", False)):
            self.assertEqual(bool(re.fullmatch(pattern, value)), is_allowed, value)

    def test_a_loop_of_rechecks_is_ended(self):
        self.assertEqual(self.function["RecursiveLoop"], "Terminate")

    def test_the_way_to_the_hub_is_tried_for_a_day(self):
        for name, rule in of_type(REGION, "AWS::Events::Rule").items():
            for target in rule["Targets"]:
                # EventBridge's own: 24 hours and 185 times.
                self.assertNotIn("RetryPolicy", target, name)

    def test_what_the_function_fails_on_is_kept(self):
        config = self.function["EventInvokeConfig"]
        self.assertEqual(config["MaximumRetryAttempts"], 2)
        self.assertEqual(
            config["DestinationConfig"]["OnFailure"],
            {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}},
        )

    def test_queues_are_encrypted_and_keep_for_two_weeks(self):
        for template in (HOME, REGION):
            for name, queue in Deployed(template).of_type("AWS::SQS::Queue").items():
                self.assertIs(queue["SqsManagedSseEnabled"], True, name)
                self.assertEqual(queue["MessageRetentionPeriod"], 14 * 24 * 3600, name)

    def test_a_flood_of_members_events_is_told_whichever_account_it_is(self):
        alarm = HOME["Resources"]["MemberFloodAlarm"]
        self.assertEqual(alarm["Condition"], "HasOrganization")
        properties = alarm["Properties"]
        self.assertEqual(properties["Namespace"], "AWS/Events")
        (dimension,) = properties["Dimensions"]
        self.assertEqual(dimension, {"Name": "EventBusName", "Value": {"Ref": "MemberBus"}})
        self.assertEqual((properties["Statistic"], properties["Period"]), ("Sum", 300))
        self.assertEqual(properties["Threshold"], {"Ref": "MemberFlood"})

    def test_people_are_subscribed(self):
        def subscribed(**parameters):
            subscriptions = Deployed(HOME, **parameters).of_type("AWS::SNS::Subscription")
            self.assertEqual({one["Protocol"] for one in subscriptions.values()}, {"email"})
            return sorted((one["TopicArn"]["Ref"], one["Endpoint"]) for one in subscriptions.values())

        first = [("AlertTopic", "oncall@example.com"), ("OperatorTopic", "operator@example.com")]
        self.assertEqual(subscribed(), first)
        for parameter, topic in (
            ("AlertEmail2", "AlertTopic"),
            ("AlertEmail3", "AlertTopic"),
            ("OperatorEmail2", "OperatorTopic"),
        ):
            with self.subTest(parameter):
                second = (topic, "second@example.com")
                found = subscribed(**{parameter: "second@example.com"})
                self.assertEqual(found, sorted([*first, second]))

    def test_log_expires_and_is_where_the_role_may_write(self):
        group = HOME["Resources"]["GuardrailLogGroup"]["Properties"]
        self.assertEqual(group["RetentionInDays"], {"Ref": "LogRetentionDays"})
        logging = self.function["LoggingConfig"]
        self.assertEqual(logging["LogGroup"], {"Ref": "GuardrailLogGroup"})

    def test_parameters(self):
        # By name, as users' tools rely on them; whoever gives no more gets one account, a table,
        # and nothing that cannot be undone.
        named = {"AlertEmail", "OperatorEmail", "Mode", "Architecture", "LogRetentionDays"}
        more = {"RoleSessions": "deny", "Deletion": "deny", "RootKeys": "alert"}
        more |= {"OrganizationId": "", "ResponderRole": "", "ExternalId": "", "State": "table"}
        more |= {"PermissionsBoundary": "", "RolePath": "/"}
        more |= {"ReservedConcurrency": "", "RecheckConcurrency": 5, "MemberFlood": 1000}
        more |= {"Chat": "none", "TopicKeyArn": "", "KeyArn": "", "OperatorKeyArn": ""}
        more |= {"SecurityHubControls": "off", "Beat": "on", "Regions": "", "WatchedRoles": "none"}
        more |= {"AlertEmail2": "", "AlertEmail3": "", "OperatorEmail2": "", "Subscribers": ""}
        parameters = HOME["Parameters"]
        self.assertEqual(parameters.keys(), named | more.keys())
        self.assertEqual({name: parameters[name]["Default"] for name in more}, more)
        self.assertEqual(HOME["Parameters"]["Mode"]["Default"], "observe")
        self.assertEqual(HOME["Parameters"]["Architecture"]["Default"], "arm64")

    def test_outputs(self):
        names = {"FunctionName", "FunctionArn", "AlertTopicArn", "DeadLetterQueueUrl"}
        names |= {"BundleLayerArn", "StateTableName", "RecheckQueueUrl", "UndeliveredQueueUrl"}
        names |= {"ChatTopicArn", "MemberBusArn", "SignInQueueUrl"}
        self.assertEqual(names, HOME["Outputs"].keys())
        self.assertEqual(MEMBER["Outputs"].keys(), {"RoleArn", "ResponderRoleName"})
        for template in (HOME, REGION, MEMBER):
            for name, output in template["Outputs"].items():
                self.assertTrue(output["Description"], name)
