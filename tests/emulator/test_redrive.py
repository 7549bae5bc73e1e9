"""`keyrail redrive` against the emulator's SQS, and the real function on the deployed template.

    make test       runs this with everything else
    python -m unittest discover -s tests/emulator -t .
"""

import datetime
import json
import os
import pathlib
import pty
import subprocess
import time
import unittest

from jsonschema import Draft202012Validator

from tests.emulator.emulator import ACCOUNT, REGION, ROOT, Emulator
from tests.emulator.proxy import Proxy
from tests.emulator.stack import Stack
from tests.emulator.test_sign_ins import sign_in

COMMAND = pathlib.Path(os.environ.get("KEYRAIL_BIN", ROOT / "target" / "debug" / "keyrail"))
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


class Redrive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.close)
        cls.sqs = cls.emulator.client("sqs")
        cls.iam = cls.emulator.client("iam")
        cls.functions = cls.emulator.client("lambda")
        cls.stack = Stack(cls.emulator)
        cls.stack.deploy(
            Mode="enforce", AlertEmail="oncall@example.com", OperatorEmail="operator@example.com"
        )
        cls.stack.bring_layer_within_reach()
        cls.outputs = cls.stack.outputs
        cls.function = cls.outputs["FunctionName"]
        cls.dead = cls.outputs["DeadLetterQueueUrl"]
        cls.undelivered = cls.outputs["UndeliveredQueueUrl"]
        # What the function sends to itself would come between the tests.
        for mapping in cls.functions.list_event_source_mappings()["EventSourceMappings"]:
            cls.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        schema = subprocess.run([COMMAND, "schema", "redrive"], check=True, capture_output=True)
        cls.schema = Draft202012Validator(
            json.loads(schema.stdout), format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        cls.inbox = cls.sqs.create_queue(QueueName="inbox")["QueueUrl"]
        cls.emulator.client("sns").subscribe(
            TopicArn=cls.outputs["AlertTopicArn"], Protocol="sqs", Endpoint=cls.arn(cls.inbox)
        )

    def setUp(self):
        names = ("DeadLetterQueueUrl", "UndeliveredQueueUrl", "RecheckQueueUrl", "SignInQueueUrl")
        for queue in (self.inbox, *(self.outputs[name] for name in names)):
            self.sqs.purge_queue(QueueUrl=queue)
        self.users = 0

    # What is in the queues

    @classmethod
    def arn(cls, queue):
        answer = cls.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return answer["Attributes"]["QueueArn"]

    def key(self, status="Active"):
        """(user, key) of a new user."""
        self.users += 1
        user = f"{self._testMethodName[5:50]}-{self.users}"
        self.iam.create_user(UserName=user)
        key = self.iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
        self.iam.update_access_key(UserName=user, AccessKeyId=key, Status=status)
        return user, key

    def status(self, user):
        (key,) = self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        return key["Status"]

    def event(self, user, key, age=0, account=ACCOUNT):
        """The event of this key being created, so many seconds ago."""
        time = (NOW - datetime.timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")
        fields = {
            "account": account,
            "time": time,
            "detail.eventTime": time,
            "detail.eventID": f"event-of-{key}",
            "detail.recipientAccountId": account,
            "detail.userIdentity.accountId": account,
            # Another actor each time: one actor's repetitions are counted, and not told.
            "detail.userIdentity.arn": f"arn:aws:iam::{account}:user/actor-{key}",
            "detail.userIdentity.userName": f"actor-{key}",
            "detail.requestParameters.userName": user,
            "detail.responseElements.accessKey.userName": user,
            "detail.responseElements.accessKey.accessKeyId": key,
        }
        command = [COMMAND, "sample", "key-created-for-another"]
        for path, value in fields.items():
            command += ["--set", f"{path}={value}"]
        done = subprocess.run(command, check=True, capture_output=True, timeout=20)
        return json.loads(done.stdout)

    def failed(self, event, condition="ZeroReservedConcurrency", function=None, **answer):
        """Lambda's record of an event that the function did not handle, into DeadLetterQueue."""
        record = {
            "version": "1.0",
            "timestamp": "2026-11-29T10:00:00.000Z",
            "requestContext": {
                "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "functionArn": f"{function or self.outputs['FunctionArn']}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": 0,
            },
            "requestPayload": event,
            **answer,
        }
        return self.send(self.dead, record)

    def not_delivered(self, event, queue=None):
        """An event that EventBridge could not deliver, into UndeliveredQueue."""
        attributes = {
            "RULE_ARN": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/keyrail-AccessKeyRule",
            "TARGET_ARN": self.outputs["FunctionArn"],
            "ERROR_CODE": "NO_PERMISSIONS",
            "ERROR_MESSAGE": "User is not authorized to perform lambda:InvokeFunction",
        }
        attributes = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
        queue = queue or self.undelivered
        return self.send(queue, event, MessageAttributes=attributes)

    def recheck(self, user, key):
        """A containment to look at again."""
        return {
            "schema": "keyrail.recheck/v1",
            "event": f"event-of-{key}",
            "region": REGION,
            "since": (NOW - datetime.timedelta(hours=1)).isoformat(),
            "account": ACCOUNT,
            "changes": [
                {"call": "iam:UpdateAccessKey", "user": user, "key": key, "status": "Inactive"}
            ],
            "evidence": None,
            "created": None,
            "working": None,
        }

    def follow_up(self):
        return {
            "schema": "keyrail.follow-up/v1",
            "repetition": {
                "account": ACCOUNT,
                "actor": f"arn:aws:iam::{ACCOUNT}:user/anaya",
                "deed": "sign-in",
                "guardrails": ["console-sign-in-failed"],
                "until": (NOW - datetime.timedelta(hours=2)).isoformat(),
            },
            "event": "e0f1a2b3-1111-4c5d-9e8f-000000000001",
            "region": REGION,
            "severity": "low",
            "title": "A sign-in to the console failed",
        }

    def used_up(self, body, queue="RecheckQueueUrl"):
        """A message that SQS moves into DeadLetterQueue after five tries."""
        queue = self.outputs[queue]
        self.send(queue, body)
        for _ in range(5):
            answer = self.sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)
            self.assertEqual(len(answer["Messages"]), 1)
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=queue))

    def send(self, queue, body, **more):
        body = body if isinstance(body, str) else json.dumps(body)
        return self.sqs.send_message(QueueUrl=queue, MessageBody=body, **more)["MessageId"]

    def visible(self, queue):
        """The ids of the messages that anybody may read, in no order. Leaves them so."""
        receipts = {}
        while messages := self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            receipts |= {message["MessageId"]: message["ReceiptHandle"] for message in messages}
        for receipt in receipts.values():
            self.sqs.change_message_visibility(
                QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=0
            )
        self.assertEqual(self.counted(queue)[1], 0, "messages stay hidden")
        return set(receipts)

    def counted(self, queue):
        """How many messages are to be read, and how many are hidden."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return tuple(int(answer[name]) for name in names)

    def alerts(self):
        """The ids of the events that were told, each as often as it was."""
        told = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.inbox, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in messages:
                alert = json.loads(json.loads(message["Body"])["Message"])
                told.append(alert["report"]["event"]["id"])
        return sorted(told)

    # The command

    def arguments(self, *arguments, queue=None, function=None):
        where = ["--queue", queue or self.dead, "--function", function or self.function]
        return [COMMAND, "redrive", *where, *arguments]

    def run_it(self, *arguments, endpoint=None, environment=None, timeout=120, **where):
        variables = self.emulator.environment() | (environment or {})
        variables |= {"AWS_ENDPOINT_URL": endpoint} if endpoint else {}
        return subprocess.run(
            self.arguments(*arguments, **where),
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def applied(self, *arguments, status=0, **where):
        """{message: (kind, result)}, in the order of the answer."""
        done = self.run_it("--apply", "--yes", "--format", "json", *arguments, **where)
        self.assertEqual(done.returncode, status, done.stderr)
        answer = json.loads(done.stdout)
        self.schema.validate(answer)
        self.assertTrue(answer["applied"])
        self.stderr = done.stderr
        self.details = {row["message"]: row["detail"] for row in answer["messages"]}
        return {row["message"]: (row["kind"], row["result"]) for row in answer["messages"]}

    # The tests

    def test_a_dry_run_shows_what_is_there_and_changes_nothing(self):
        user, key = self.key()
        self.failed(
            self.event(user, key, age=60),
            condition="RetriesExhausted",
            responsePayload={"errorType": "NotContained", "errorMessage": "\x1b[2Jno answer"},
        )
        self.used_up(self.recheck(user, key))
        self.used_up(self.follow_up())
        before = self.visible(self.dead)
        self.assertEqual(len(before), 3)
        for arguments in ([], ["--dry-run"]):
            done = self.run_it(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            head, *lines = [line.split() for line in done.stdout.splitlines()]
            self.assertEqual(head, ["RESULT", "TIME", "EVENT", "ACCOUNT", "REGION", "WHY"])
            # The oldest first: two hours ago, one, and a minute.
            names = [(line[0], line[2], line[3], line[4]) for line in lines]
            self.assertEqual(
                names,
                [
                    ("waiting", name, ACCOUNT, REGION)
                    for name in ("follow-up", "re-check", "CreateAccessKey")
                ],
            )
            self.assertTrue(
                done.stdout.endswith("RetriesExhausted: NotContained: \\u{1b}[2Jno answer\n"),
                done.stdout,
            )
            self.assertEqual(self.counted(self.dead), (3, 0))
        self.assertEqual(self.visible(self.dead), before)
        self.assertEqual(self.status(user), "Active")
        self.assertEqual(self.alerts(), [])

    def test_all_three_kinds_are_handed_over_and_the_queues_are_empty(self):
        failed, contained, undelivered = self.key(), self.key(), self.key()
        self.failed(self.event(*failed))
        self.used_up(self.recheck(*contained))
        self.used_up(self.follow_up())
        self.assertEqual(
            sorted(self.applied().values()),
            [("event", "replayed"), ("follow-up", "replayed"), ("recheck", "replayed")],
        )
        message = self.not_delivered(self.event(*undelivered))
        shown = self.run_it(queue=self.undelivered)
        self.assertIn("NO_PERMISSIONS: User is not authorized", shown.stdout)
        applied = self.applied(queue=self.undelivered)
        self.assertEqual(applied, {message: ("event", "replayed")})
        for user, _ in (failed, contained, undelivered):
            self.assertEqual(self.status(user), "Inactive", user)
        for queue in (self.dead, self.undelivered):
            self.assertEqual(self.counted(queue), (0, 0))
            done = self.run_it("--apply", "--yes", queue=queue)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(done.stdout, "there are no messages in the queue\n")

    def test_letters_that_the_version_before_has_left_are_read_and_handed_over(self):
        files = sorted((ROOT / "tests" / "fixtures" / "upgrade" / "letters").glob("*.json"))
        kinds, states = {}, {}
        for file in files:
            user, key = self.key()
            text = file.read_text()
            for there, here in {
                "bob": user,
                "AKIAIOSFODNN7EXAMPLE": key,
                "e0f1a2b3-1111-4c5d-9e8f-000000000001": f"event-of-{key}",
                f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:keyrail": self.outputs["FunctionArn"],
            }.items():
                text = text.replace(there, here)
            letter = json.loads(text)
            kind = {"used-up-recheck": "recheck", "used-up-follow-up": "follow-up"}.get(file.stem)
            if kind:
                self.used_up(letter["body"])
            else:
                self.send(
                    self.dead,
                    letter["body"],
                    MessageAttributes={
                        name: {"DataType": "String", "StringValue": value}
                        for name, value in letter.get("attributes", {}).items()
                    },
                )
            kinds[file.stem] = kind or "event"
            states[file.stem] = (user, "Active" if kind == "follow-up" else "Inactive")
        self.assertGreaterEqual(len(kinds), 6)
        shown = self.run_it()
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        for reason in ("RetriesExhausted: NotContained: ", "NO_PERMISSIONS: ", "its tries are used up"):
            self.assertIn(reason, shown.stdout)
        applied = self.applied()
        self.assertEqual(
            sorted(applied.values()), sorted((kind, "replayed") for kind in kinds.values())
        )
        for name, (user, status) in states.items():
            self.assertEqual(self.status(user), status, name)
        self.assertEqual(self.counted(self.dead), (0, 0))

    def test_a_sign_in_whose_tries_are_used_up_is_handed_over_as_an_event(self):
        self.used_up(sign_in(), queue="SignInQueueUrl")
        shown = self.run_it()
        self.assertEqual(shown.returncode, 0)
        self.assertIn("ConsoleLogin", shown.stdout)
        self.assertTrue(shown.stdout.endswith("its tries are used up\n"), shown.stdout)
        with Proxy(self.emulator.endpoint) as proxy:
            applied = self.applied(endpoint=proxy.endpoint)
            (call,) = proxy.named("lambda:Invoke")
        self.assertEqual(list(applied.values()), [("event", "replayed")])
        source = self.arn(self.outputs["SignInQueueUrl"])
        self.assertEqual(call.request["Records"][0]["eventSourceARN"], source)
        self.assertEqual(self.alerts(), ["event-of-root"])
        self.assertEqual(self.counted(self.dead), (0, 0))

    def test_what_was_handled_before_is_not_told_again(self):
        user, key = self.key()
        event = self.event(user, key)
        for _ in range(2):
            self.failed(event)
            self.assertEqual(list(self.applied().values()), [("event", "replayed")])
        self.assertEqual(self.alerts(), [f"event-of-{key}"])

    def test_the_oldest_event_comes_first(self):
        ages = [30, 3600, 5, 600, 86400]
        keys = {age: self.key() for age in ages}
        for age, key in keys.items():
            self.failed(self.event(*key, age=age))
        with Proxy(self.emulator.endpoint) as proxy:
            self.applied(endpoint=proxy.endpoint)
            bodies = [call.request["Records"][0]["body"] for call in proxy.named("lambda:Invoke")]
        events = [json.loads(body)["requestPayload"]["detail"]["eventID"] for body in bodies]
        oldest_first = sorted(keys, reverse=True)
        self.assertEqual(events, [f"event-of-{keys[age][1]}" for age in oldest_first])

    def test_what_nobody_understands_stays_and_the_rest_is_handed_over(self):
        user, key = self.key()
        contained = self.key()
        good = self.failed(self.event(user, key))
        stay = {
            "no JSON": self.send(self.dead, "hello"),
            "no event": self.send(self.dead, {"a": 1}),
            "another function's": self.failed({}, function=f"{self.outputs['FunctionArn']}-2"),
            # Whoever may send to the queue must not have keyrail act on what they invent.
            "forged": self.send(self.dead, self.recheck(*contained)),
        }
        shown = self.run_it()
        self.assertEqual(shown.returncode, 1)
        self.assertIn("4 of 5 messages cannot be handed over", shown.stderr)
        for _ in range(2):
            applied = self.applied(status=1)
            self.assertEqual({applied[id][1] for id in stay.values()}, {"unknown"})
            self.assertIn("stay in the queue", self.stderr)
            self.assertEqual(self.visible(self.dead), set(stay.values()))
        self.assertIn("it is not an event", self.details[stay["no JSON"]])
        self.assertIn("it is JSON, and no event", self.details[stay["no event"]])
        self.assertIn("of another function", self.details[stay["another function's"]])
        self.assertIn("somebody has put it there", self.details[stay["forged"]])
        self.assertNotIn(good, self.details)
        self.assertEqual(self.status(user), "Inactive")
        self.assertEqual(self.status(contained[0]), "Active")

    def test_what_the_function_fails_on_stays(self):
        (user, key), (other, other_key) = self.key(), self.key()
        message = self.failed(self.event(user, key, age=60))
        self.failed(self.event(other, other_key))
        variables = self.functions.get_function_configuration(FunctionName=self.function)
        variables = variables["Environment"]["Variables"]
        topic = variables["KEYRAIL_TOPIC_ARN"] + "-that-is-gone"
        self.set_variables(variables | {"KEYRAIL_TOPIC_ARN": topic})
        try:
            applied = self.applied(status=1)
        finally:
            self.set_variables(variables)
        self.assertEqual(list(applied.values()), [("event", "failed"), ("event", "failed")])
        self.assertIn("AlertNotSent: the alert could not be sent: sns:Publish: NotFound", self.details[message])
        self.assertIn("2 of 2 messages stay in the queue", self.stderr)
        self.assertEqual(self.counted(self.dead), (2, 0))
        self.assertEqual(
            list(self.applied().values()), [("event", "replayed"), ("event", "replayed")]
        )
        self.assertEqual(self.alerts(), sorted([f"event-of-{key}", f"event-of-{other_key}"]))
        self.assertEqual(self.counted(self.dead), (0, 0))

    def set_variables(self, variables):
        self.functions.update_function_configuration(
            FunctionName=self.function, Environment={"Variables": variables}
        )

    def test_an_interrupted_run_is_resumed_and_nothing_is_lost_or_told_twice(self):
        keys = [self.key() for _ in range(4)]
        for age, key in enumerate(keys):
            self.failed(self.event(*key, age=age))
        with Proxy(self.emulator.endpoint) as proxy:
            process = subprocess.Popen(
                self.arguments("--apply", "--yes"),
                env=self.emulator.environment() | {"AWS_ENDPOINT_URL": proxy.endpoint},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )

            def end_at_the_second(_):
                if len(proxy.named("lambda:Invoke")) < 2:
                    return False
                process.kill()
                return True

            proxy.after["lambda:Invoke"] = end_at_the_second
            process.communicate(timeout=60)
            receipts = {
                message["MessageId"]: message["ReceiptHandle"]
                for call in proxy.named("sqs:ReceiveMessage")
                for message in call.answer.get("Messages", [])
            }
            self.assertEqual(len(proxy.named("sqs:DeleteMessage")), 1)
        self.assertEqual(len(receipts), 4)
        # One is deleted, one is handled, and two nobody has touched. All are hidden.
        self.assertEqual(self.counted(self.dead), (0, 3))
        done = self.run_it("--apply", "--yes")
        self.assertEqual(done.returncode, 0)
        self.assertIn("about 3 messages are hidden", done.stderr)
        self.minutes_pass(receipts)
        self.assertEqual(list(self.applied().values()), [("event", "replayed")] * 3)
        self.assertEqual(self.counted(self.dead), (0, 0))
        self.assertEqual([self.status(user) for user, _ in keys], ["Inactive"] * 4)
        self.assertEqual(self.alerts(), sorted(f"event-of-{key}" for _, key in keys))

    def minutes_pass(self, receipts):
        """What was hidden comes back, as it does after four minutes."""
        for receipt in receipts.values():
            try:
                self.sqs.change_message_visibility(
                    QueueUrl=self.dead, ReceiptHandle=receipt, VisibilityTimeout=0
                )
            except self.sqs.exceptions.ReceiptHandleIsInvalid:
                pass  # of the one that is deleted

    def test_an_answer_that_is_lost_does_not_delete_the_message(self):
        user, key = self.key()
        message = self.failed(self.event(user, key))
        with Proxy(self.emulator.endpoint) as proxy:
            proxy.after["lambda:Invoke"] = lambda _: True
            done = self.run_it("--apply", "--yes", endpoint=proxy.endpoint)
            self.assertEqual(proxy.named("sqs:DeleteMessage"), [])
        self.assertEqual(done.returncode, 3)
        self.assertIn("lambda:InvokeFunction: ", done.stderr)
        self.assertRegex(done.stdout.splitlines()[1], "^left .* lambda:InvokeFunction: ")
        self.assertEqual(self.visible(self.dead), {message})
        self.assertEqual(self.applied(), {message: ("event", "replayed")})
        self.assertEqual(self.alerts(), [f"event-of-{key}"])

    @unittest.skipUnless(os.environ.get("KEYRAIL_SOAK"), "takes three minutes")
    def test_what_waits_stays_hidden_for_as_long_as_the_function_takes(self):
        for age in range(4):
            self.failed(self.event(*self.key(), age=age))
        with Proxy(self.emulator.endpoint) as proxy:
            proxy.after["lambda:Invoke"] = lambda _: time.sleep(45)
            results = self.applied(endpoint=proxy.endpoint, timeout=300)
            (kept,) = proxy.named("sqs:ChangeMessageVisibilityBatch")
        # After two and a quarter minutes of four.
        self.assertEqual([entry["VisibilityTimeout"] for entry in kept.request["Entries"]], [240])
        self.assertEqual(list(results.values()), [("event", "replayed")] * 4)

    def test_events_that_came_while_it_was_stopped_are_handled_once_it_runs_again(self):
        keys = [self.key() for _ in range(2)]
        zero = {"FunctionName": self.function, "ReservedConcurrentExecutions": 0}
        self.functions.put_function_concurrency(**zero)
        for key in keys:
            payload = json.dumps(self.event(*key))
            self.functions.invoke(
                FunctionName=self.function, InvocationType="Event", Payload=payload
            )
        # AWS puts them there at once; the emulator tries twice more.
        for _ in range(150):
            if self.counted(self.dead) == (2, 0):
                break
            time.sleep(0.1)
        done = self.run_it("--apply", "--yes")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("TooManyRequestsException", done.stderr)
        self.assertIn("aws lambda delete-function-concurrency --function-name", done.stderr)
        self.assertEqual(self.counted(self.dead), (2, 0))
        self.functions.delete_function_concurrency(FunctionName=self.function)
        self.assertEqual([self.status(user) for user, _ in keys], ["Active"] * 2)
        self.assertEqual(list(self.applied().values()), [("event", "replayed")] * 2)
        self.assertEqual([self.status(user) for user, _ in keys], ["Inactive"] * 2)

    def test_at_a_terminal_it_asks_and_hands_over_what_was_shown(self):
        user, key = self.key()
        message = self.failed(self.event(user, key))
        self.assertIn("Hand what is waiting to ", self.asked("n\n"))
        self.assertEqual(self.visible(self.dead), {message})
        self.assertEqual(self.status(user), "Active")
        later = []
        asked = self.asked("y\n", lambda: later.append(self.failed(self.event(*self.key()))))
        self.assertIn("which is set to `enforce`? [y/N]", asked)
        self.assertIn("replayed", asked)
        # What came in the meantime nobody has seen.
        self.assertIn("there may be more in the queue: run it again", asked)
        self.assertEqual(self.visible(self.dead), set(later))
        self.assertEqual(self.status(user), "Inactive")

    def asked(self, answer, meanwhile=lambda: None):
        """All that it says at a terminal."""
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            self.arguments("--apply"),
            env=self.emulator.environment(),
            stdin=follower,
            stdout=follower,
            stderr=follower,
        )
        os.close(follower)
        said = b""
        while b"[y/N]" not in said:
            said += os.read(leader, 4096)
        meanwhile()
        os.write(leader, answer.encode())
        try:
            while more := os.read(leader, 4096):
                said += more
        except OSError:
            pass  # Linux says so when the other side is closed.
        process.wait(timeout=60)
        os.close(leader)
        return said.decode()

    def test_it_reads_no_more_than_it_may(self):
        for _ in range(3):
            self.failed(self.event(*self.key()))
        self.assertEqual(len(self.applied("--limit", "2")), 2)
        self.assertIn("there may be more in the queue", self.stderr)
        self.assertEqual(self.counted(self.dead), (1, 0))

    def test_another_accounts_queue_speaks_for_that_account_only(self):
        member = "444455556666"
        sqs = self.emulator.client("sqs", member)
        queue = sqs.create_queue(QueueName="undelivered")["QueueUrl"]
        user, key = self.key()
        event = self.event(user, key)
        # Its administrators may write anything there.
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(event))
        inside = event | {"account": member}
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(inside))
        sqs.send_message(
            QueueUrl=queue, MessageBody=json.dumps(self.event("eve", key, account=member))
        )
        path = pathlib.Path(self.emulator.scratch, "credentials")
        path.write_text(
            f"[member]\naws_access_key_id={member}\naws_secret_access_key=test\n"
        )
        applied = self.applied(
            *("--queue-profile", "member"),
            queue=queue,
            environment={"AWS_SHARED_CREDENTIALS_FILE": str(path)},
            status=1,
        )
        results = sorted(result for _, result in applied.values())
        self.assertEqual(results, ["replayed", "unknown", "unknown"])
        why = f"its account is {ACCOUNT}, and the queue is in account {member}"
        self.assertEqual(list(self.details.values()).count(why), 2)
        self.assertEqual(self.status(user), "Active")

    def test_a_queue_or_a_function_that_is_not_the_right_one_is_refused(self):
        self.failed(self.event(*self.key()))
        self.functions.create_function(
            FunctionName="another",
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=f"arn:aws:iam::{ACCOUNT}:role/another",
            Code={"ZipFile": b"PK\5\6" + bytes(18)},
        )
        for status, message, where in [
            (2, "it has a dead-letter queue of its own", {"queue": self.outputs["RecheckQueueUrl"]}),
            (2, "`another` is not a function of keyrail's", {"function": "another"}),
            (3, "lambda:GetFunctionConfiguration: ", {"function": "nowhere"}),
            (3, "sqs:GetQueueAttributes: ", {"queue": self.dead + "-that-is-gone"}),
        ]:
            done = self.run_it("--apply", "--yes", **where)
            self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
            self.assertIn(message, done.stderr)
            self.assertIn("nothing was read", done.stderr)
        self.assertEqual(self.counted(self.dead), (1, 0))


if __name__ == "__main__":
    unittest.main()
