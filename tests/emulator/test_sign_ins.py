"""Console sign-ins on their way through the deployed template: rule, queue, function, alert.

    make test       runs this with everything else
    python -m unittest discover -s tests/emulator -t .
"""

import datetime
import json
import os
import pathlib
import subprocess
import time
import unittest

from tests.emulator.emulator import ACCOUNT, ROOT, Emulator
from tests.emulator.stack import Stack

COMMAND = pathlib.Path(os.environ.get("KEYRAIL_BIN", ROOT / "target" / "debug" / "keyrail"))
SOURCE = "keyrail.test"


def sign_in():
    """The event of root signing in, just now."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = {"time": now, "detail.eventTime": now, "detail.eventID": "event-of-root"}
    fields |= {"account": ACCOUNT, "detail.userIdentity.accountId": ACCOUNT}
    command = [COMMAND, "sample", "root-sign-in"]
    for path, value in fields.items():
        command += ["--set", f"{path}={value}"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=20)
    return json.loads(done.stdout)


class SignIns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.close)
        cls.stack = Stack(cls.emulator)
        cls.stack.deploy(AlertEmail="oncall@example.com", OperatorEmail="operator@example.com")
        cls.stack.bring_layer_within_reach()
        # The emulator leaves a parameter's number a text, and then fails to poll any queue.
        functions = cls.emulator.client("lambda")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            most = int(mapping["ScalingConfig"]["MaximumConcurrency"])
            functions.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": most}
            )
        cls.sqs = cls.emulator.client("sqs")
        cls.queue = cls.stack.outputs["SignInQueueUrl"]
        cls.inbox = cls.sqs.create_queue(QueueName="inbox")["QueueUrl"]
        cls.emulator.client("sns").subscribe(
            TopicArn=cls.stack.outputs["AlertTopicArn"], Protocol="sqs", Endpoint=cls.arn(cls.inbox)
        )

    @classmethod
    def arn(cls, queue):
        answer = cls.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return answer["Attributes"]["QueueArn"]

    def test_a_sign_in_is_told_by_way_of_its_queue(self):
        event = sign_in()
        rule = self.stack.rule_that_matches(event, self.arn(self.queue))
        self.stack.copy_rule(rule, SOURCE)
        entry = {"Source": SOURCE, "DetailType": event["detail-type"], "Detail": json.dumps(event)}
        answer = self.emulator.client("events").put_events(Entries=[entry])
        self.assertEqual(answer["FailedEntryCount"], 0)
        messages = []
        deadline = time.monotonic() + 30
        while not messages and time.monotonic() < deadline:
            received = self.sqs.receive_message(QueueUrl=self.inbox, WaitTimeSeconds=1)
            messages = received.get("Messages", [])
        (message,) = messages
        alert = json.loads(json.loads(message["Body"])["Message"])
        self.assertEqual(alert["report"]["event"]["id"], "event-of-root")
        violated = [one["id"] for one in alert["report"]["verdict"]["violated"]]
        self.assertIn("root-console-sign-in", violated)
        names = ["ApproximateNumberOfMessages"]
        left = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)
        self.assertEqual(left["Attributes"], {"ApproximateNumberOfMessages": "0"})


if __name__ == "__main__":
    unittest.main()
