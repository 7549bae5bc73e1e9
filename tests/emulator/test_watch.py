"""The hourly check and a beat, as they are deployed, in an emulator.

The emulator has no Organizations that a function may ask, and denies nobody: of members and permissions
tests/template and the check's own tests hold what there is.
"""

import json
import time
import unittest

from tests.emulator.emulator import ACCOUNT, Emulator
from tests.emulator.stack import Stack
from tests.template.test_beats import OF_ACCOUNT, OF_REGION

TOLD = {"AlertEmail": "oncall@example.com", "OperatorEmail": "operator@example.com"}


def of_now(event):
    """A beat of this account and hour."""
    text = json.dumps(event).replace("111122223333", ACCOUNT)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return text.replace("2026-03-14T09:27:40Z", now).replace("2026-03-14T09:26:53Z", now)


class Watch(unittest.TestCase):
    """A beat is heard and told to nobody; the check runs, and says what is missing."""

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.close)
        cls.stack = Stack(cls.emulator)
        cls.stack.deploy(**TOLD)
        cls.stack.bring_layer_within_reach()

    def invoke(self, name, payload="{}"):
        functions = self.emulator.client("lambda")
        answer = functions.invoke(FunctionName=name, Payload=payload)
        self.assertNotIn("FunctionError", answer, answer["Payload"].read())

    def lines(self, name):
        logs = self.emulator.client("logs")
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{name}"
        )
        found = [event["message"] for page in pages for event in page["events"]]
        return [json.loads(line) for line in found if line.startswith("{")]

    def inbox(self, topic):
        sns, sqs = self.emulator.client("sns"), self.emulator.client("sqs")
        queue = sqs.create_queue(QueueName=f"inbox-{topic.split('-')[-2]}")["QueueUrl"]
        asked = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        arn = asked["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return queue

    def test_beats_are_heard_and_the_check_runs(self):
        topics = [one["TopicArn"] for one in self.emulator.client("sns").list_topics()["Topics"]]
        inboxes = {topic.split("-")[-2]: self.inbox(topic) for topic in topics}
        self.assertEqual(inboxes.keys(), {"AlertTopic", "OperatorTopic"})
        sqs = self.emulator.client("sqs")

        for event in (OF_ACCOUNT, OF_REGION["us-east-1"]):
            self.invoke(self.stack.outputs["FunctionName"], of_now(event))

        table = self.stack.outputs["StateTableName"]
        items = self.emulator.client("dynamodb").scan(TableName=table)["Items"]
        heard = sorted(
            (item["pk"]["S"], item["sk"]["S"])
            for item in items
            if item["pk"]["S"].startswith("beat#")
        )
        own = f"beat#{ACCOUNT}"
        self.assertEqual(heard, [(own, "us-east-1#account"), (own, "us-east-1#region")])
        # Nothing is told of a beat.
        for queue in inboxes.values():
            self.assertNotIn("Messages", sqs.receive_message(QueueUrl=queue))

        self.invoke(f"{self.stack.name}-watch")

        lines = self.lines(f"{self.stack.name}-watch")
        self.assertEqual([line["WatchRuns"] for line in lines if "WatchRuns" in line], [1])
        (said,) = (line for line in lines if line.get("message") == "watch")
        self.assertGreater(said["faults"], 0)
        # There is no trail in the emulator, which is told once.
        received = sqs.receive_message(QueueUrl=inboxes["OperatorTopic"])["Messages"]
        self.assertIn("trail", received[0]["Body"])


if __name__ == "__main__":
    unittest.main()
