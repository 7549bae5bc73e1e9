"""Holds the alarms against what AWS and keyrail count, against the runbook, and against what they may cost."""

import re
import unittest

from tests.emulator.emulator import ROOT
from tests.template import costs
from tests.template.deployed import Deployed
from tests.template.templates import HOME, REGION, of_type

# What AWS counts, by what, and how it is to be added up: Lambda Developer Guide, "Types of metrics for
# Lambda functions"; SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS"; SNS Developer
# Guide, "Monitoring Amazon SNS topics using CloudWatch"; all of 2026-11-29.
COUNTED = {
    ("AWS/Lambda", "Errors"): ("FunctionName", "Sum"),
    ("AWS/Lambda", "Throttles"): ("FunctionName", "Sum"),
    ("AWS/Lambda", "AsyncEventsDropped"): ("FunctionName", "Sum"),
    ("AWS/Lambda", "DestinationDeliveryFailures"): ("FunctionName", "Sum"),
    ("AWS/Lambda", "AsyncEventAge"): ("FunctionName", "Maximum"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ("QueueName", "Maximum"),
    ("AWS/SQS", "NumberOfMessagesSent"): ("QueueName", "Sum"),
    ("AWS/SNS", "NumberOfNotificationsFailed"): ("TopicName", "Sum"),
    ("AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq"): ("TopicName", "Sum"),
    # By the bus alone: see the template.
    ("AWS/Events", "Invocations"): ("EventBusName", "Sum"),
}

# EventBridge counts these by rule alone: EventBridge User Guide, "Monitoring Amazon EventBridge".
COUNTED_BY_RULE = {"FailedInvocations", "InvocationsFailedToBeSentToDlq"}
QUERY = re.compile(r'SELECT SUM\((\w+)\) FROM "AWS/Events"')

# What each alarm is on: metric, and whose. keyrail's own metrics are those of the stack's name.
WATCHED = {
    "DeadLetterAlarm": ("ApproximateNumberOfMessagesVisible", "DeadLetterQueue"),
    "DeadLetterSentAlarm": ("NumberOfMessagesSent", "DeadLetterQueue"),
    "UndeliveredAlarm": ("ApproximateNumberOfMessagesVisible", "UndeliveredQueue"),
    "UndeliveredSentAlarm": ("NumberOfMessagesSent", "UndeliveredQueue"),
    "RuleAlarm": ("FailedInvocations", None),
    "LostEventAlarm": ("InvocationsFailedToBeSentToDlq", None),
    "ErrorAlarm": ("Errors", "GuardrailFunction"),
    "ThrottleAlarm": ("Throttles", "GuardrailFunction"),
    "DroppedAlarm": ("AsyncEventsDropped", "GuardrailFunction"),
    "DestinationAlarm": ("DestinationDeliveryFailures", "GuardrailFunction"),
    "AgeAlarm": ("AsyncEventAge", "GuardrailFunction"),
    "NotificationAlarm": ("NumberOfNotificationsFailed", "AlertTopic"),
    "RedriveAlarm": ("NumberOfNotificationsFailedToRedriveToDlq", "AlertTopic"),
    "ContainmentAlarm": ("ContainmentFailures", "keyrail"),
    "StateAlarm": ("StateFailures", "keyrail"),
    "UndecidedAlarm": ("Undecided", "keyrail"),
    "WatchAlarm": ("WatchRuns", "keyrail"),
}
WATCHED_WITH_CHAT = {
    "ChatNotificationAlarm": ("NumberOfNotificationsFailed", "ChatTopic"),
    "ChatAlarm": ("ChatFailures", "keyrail"),
}
WATCHED_IN_A_HUB = {"MemberFloodAlarm": ("Invocations", "MemberBus")}
WATCHED_IN_A_REGION = {name: WATCHED[name] for name in ("UndeliveredAlarm", "UndeliveredSentAlarm")}

MEMBERS, REGIONS = 120, costs.REGIONS

HUB = {"OrganizationId": "o-exampleorgid"}
REGION_OF_MEMBER = {"HubBusArn": "arn:aws:events:us-east-1:111122223333:event-bus/keyrail-members"}
TELEMETRY = "".join(
    file.read_text() for file in (ROOT / "crates" / "keyrail-lambda" / "src").rglob("*.rs")
)


def alarms(template, **parameters):
    return Deployed(template, **parameters).of_type("AWS::CloudWatch::Alarm")


def counted_by(alarm):
    """The metric that an alarm is on, and the part of the stack that it is counted for."""
    if "Metrics" in alarm:
        (query,) = alarm["Metrics"]
        return QUERY.fullmatch(query["Expression"]).group(1), None
    (dimension,) = alarm["Dimensions"]
    value = dimension["Value"]
    of = value if isinstance(value, str) else value.get("Ref") or value["Fn::GetAtt"][0]
    return alarm["MetricName"], of


class Alarms(unittest.TestCase):
    """What is lost, late or refused tells the operator, the second time too."""

    def test_each_way_to_lose_an_event_has_an_alarm(self):
        for watched, deployed in (
            (WATCHED, alarms(HOME)),
            (WATCHED | WATCHED_WITH_CHAT, alarms(HOME, Chat="topic")),
            (WATCHED | WATCHED_IN_A_HUB, alarms(HOME, **HUB)),
            (WATCHED_IN_A_REGION, alarms(REGION, OperatorEmail="operator@example.com")),
        ):
            self.assertEqual({name: counted_by(one) for name, one in deployed.items()}, watched)

    def test_each_alarm_is_on_something_that_is_counted(self):
        for template in (HOME, REGION):
            for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
                metric, _ = counted_by(alarm)
                with self.subTest(name):
                    if "Metrics" in alarm:
                        self.assertIn(metric, COUNTED_BY_RULE)
                    elif alarm["Namespace"] == "keyrail":
                        self.assertIn(f'"Namespace": "{alarm["Namespace"]}"', TELEMETRY)
                        self.assertIn('"Dimensions": [["Deployment"]]', TELEMETRY)
                        self.assertTrue(f'"{metric}": ' in TELEMETRY, "nobody writes it")
                        by = [{"Name": "Deployment", "Value": {"Ref": "AWS::StackName"}}]
                        self.assertEqual(alarm["Dimensions"], by)
                        self.assertEqual(alarm["Statistic"], "Sum")
                    else:
                        by, statistic = COUNTED[alarm["Namespace"], metric]
                        self.assertEqual([one["Name"] for one in alarm["Dimensions"]], [by])
                        self.assertEqual(alarm["Statistic"], statistic)

    def test_the_metrics_are_those_of_the_stack_that_the_function_is_told(self):
        function = HOME["Resources"]["GuardrailFunction"]["Properties"]
        name = function["Environment"]["Variables"]["KEYRAIL_NAME"]
        self.assertEqual(name, {"Ref": "AWS::StackName"})

    def test_the_metrics_pass_the_level_of_the_log(self):
        # They are lines without a level, which count as INFO.
        logging = HOME["Resources"]["GuardrailFunction"]["Properties"]["LoggingConfig"]
        self.assertEqual((logging["LogFormat"], logging["ApplicationLogLevel"]), ("JSON", "INFO"))

    def test_a_second_loss_tells_again_while_the_first_is_still_in_the_queue(self):
        # An alarm acts when it begins. One on what is in a queue lasts until somebody empties it, and so
        # each has one beside it that ends when nothing more comes.
        for template in (HOME, REGION):
            found = [counted_by(one) for one in of_type(template, "AWS::CloudWatch::Alarm").values()]
            lasting = {of for metric, of in found if metric == "ApproximateNumberOfMessagesVisible"}
            ending = {of for metric, of in found if metric == "NumberOfMessagesSent"}
            self.assertTrue(lasting)
            self.assertEqual(lasting, ending)

    def test_they_begin_within_a_minute_at_the_first_and_end_by_themselves(self):
        for template in (HOME, REGION):
            for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
                period = alarm["Metrics"][0]["Period"] if "Metrics" in alarm else alarm["Period"]
                with self.subTest(name):
                    if name == "WatchAlarm":
                        continue
                    # A flood is one only if it lasts: it is not an event that was lost.
                    begins = 300 if name == "MemberFloodAlarm" else 60
                    self.assertEqual((period, alarm["EvaluationPeriods"]), (begins, 1))
                    self.assertEqual(alarm["ComparisonOperator"], "GreaterThanThreshold")
                    self.assertEqual(alarm["TreatMissingData"], "notBreaching")
                    if name not in {"AgeAlarm", "MemberFloodAlarm"}:
                        self.assertEqual(alarm["Threshold"], 0)

    def test_only_the_checks_own_alarm_begins_without_data(self):
        alarm = HOME["Resources"]["WatchAlarm"]["Properties"]
        self.assertEqual(alarm["TreatMissingData"], "breaching")
        self.assertEqual((alarm["ComparisonOperator"], alarm["Threshold"]), ("LessThanThreshold", 1))
        # Two periods of the schedule's.
        schedule = HOME["Resources"]["WatchSchedule"]["Properties"]["ScheduleExpression"]
        self.assertEqual(schedule, "rate(1 hour)")
        self.assertEqual((alarm["Period"], alarm["EvaluationPeriods"]), (3600, 2))
        for template in (HOME, REGION):
            for name, other in of_type(template, "AWS::CloudWatch::Alarm").items():
                if name != "WatchAlarm":
                    self.assertEqual(other["TreatMissingData"], "notBreaching", name)

    def test_age_is_beyond_what_two_more_tries_take(self):
        function = HOME["Resources"]["GuardrailFunction"]["Properties"]
        self.assertEqual(function["EventInvokeConfig"]["MaximumRetryAttempts"], 2)
        third_begins = function["Timeout"] + 60 + function["Timeout"] + 120
        threshold = HOME["Resources"]["AgeAlarm"]["Properties"]["Threshold"] / 1000
        self.assertGreater(threshold, third_begins)
        self.assertLess(threshold, 2 * third_begins)

    def test_they_tell_the_operator(self):
        for template in (HOME, REGION):
            for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
                self.assertEqual(alarm["AlarmActions"], [{"Ref": "OperatorTopic"}], name)

    def test_each_names_its_section_of_the_runbook_and_has_a_row(self):
        sections = (ROOT / "docs" / "troubleshooting.md").read_text()
        headings = re.findall(r"(?m)^### `(\w+Alarm)`$", sections)
        table = (ROOT / "infra" / "README.md").read_text()
        rows = re.findall(r"(?m)^\| \[`(\w+Alarm)`\]\(\.\./docs/troubleshooting\.md#(\w+)\) \|", table)
        names = {*of_type(HOME, "AWS::CloudWatch::Alarm"), *of_type(REGION, "AWS::CloudWatch::Alarm")}
        self.assertCountEqual(headings, names)
        self.assertCountEqual(rows, [(name, name.lower()) for name in names])
        for template in (HOME, REGION):
            for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
                page = f" docs/troubleshooting.md#{name.lower()}"
                self.assertTrue(alarm["AlarmDescription"].endswith(page), name)

    def test_members_of_a_hub_have_none(self):
        self.assertEqual(alarms(REGION, **REGION_OF_MEMBER), {})

    def test_the_pages_say_how_many_there_are(self):
        alone = len([one for one in alarms(HOME).values() if "Metrics" not in one])
        chat = len([one for one in alarms(HOME, Chat="topic").values() if "Metrics" not in one])
        hub = len([one for one in alarms(HOME, **HUB).values() if "Metrics" not in one])
        region = len(alarms(REGION, OperatorEmail="operator@example.com"))
        self.assertEqual(hub, alone + 1)
        price = f"{costs.ALARM:.2f} USD a month"
        for page, said in (
            ("README.md", f"There are {alone} alarms, {chat} with `Chat`, one more in a hub, at {price} each"),
            ("README.md", f"{region} alarms at {price}"),
            ("infra/README.md", f"There are {alone} alarms at {price}"),
            ("infra/README.md", f"{chat} with `Chat`, one more in a hub"),
            ("infra/README.md", f"{MEMBERS} × {REGIONS} × {region} alarms"),
            ("infra/README.md", f"{costs.ALARM * region * MEMBERS * REGIONS:.0f} USD a month"),
        ):
            with self.subTest(page, said=said):
                text = " ".join((ROOT / page).read_text().split())
                self.assertTrue(said in text)
