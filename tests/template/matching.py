"""Whether a pattern matches an event, as the emulator's EventBridge sees it."""

import http.client
import json
import unittest
from urllib.parse import urlsplit

from tests.emulator.emulator import Emulator
from tests.template import second
from tests.template.templates import ALL_CALLS, is_source

HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSEvents.TestEventPattern",
    # By it the emulator knows account and service; it checks no signature.
    "Authorization": "AWS4-HMAC-SHA256 Credential=111122223333/20260314/us-east-1/events/aws4_request",
}


class Matching(unittest.TestCase):
    """Asks `TestEventPattern`; no AWS account is needed."""

    @classmethod
    def setUpClass(cls):
        emulator = Emulator()
        cls.addClassCleanup(emulator.close)
        # It is asked thousands of times, and boto3's own work takes twice as long as the answer.
        cls.connection = http.client.HTTPConnection(urlsplit(emulator.endpoint).netloc, timeout=30)
        cls.addClassCleanup(cls.connection.close)

    def matching(self, patterns, states, event):
        """The names of the rules that would deliver an event."""
        # Some recorded events lack parts of the envelope that the API insists on.
        whole = {
            "id": "1",
            "account": "111122223333",
            "time": "2026-03-14T09:26:53Z",
            "region": "us-east-1",
            "resources": [],
        } | event
        detail = whole["detail"] if isinstance(whole["detail"], dict) else {}
        return {
            name
            for name, pattern in patterns.items()
            # Of a pattern for another source nobody need ask.
            if any(is_source(source, whole["source"]) for source in pattern["source"])
            and (not detail.get("readOnly") or states[name] == ALL_CALLS)
            and self.is_match(pattern, whole)
        }

    def is_match(self, pattern, event):
        """What `TestEventPattern` says."""
        asked = {"EventPattern": json.dumps(pattern), "Event": json.dumps(event)}
        answer = self._answer(json.dumps(asked))
        said = json.loads(answer.read())
        self.assertEqual(answer.status, 200, said)
        self.assertEqual(
            second.is_match(pattern, event), said["Result"], "the two engines do not agree"
        )
        return said["Result"]

    def _answer(self, body):
        """The emulator's answer; it closes a connection on which it has heard nothing for a minute."""
        try:
            self.connection.request("POST", "/", body, HEADERS)
            return self.connection.getresponse()
        except (ConnectionError, http.client.RemoteDisconnected):
            self.connection.close()
            self.connection.request("POST", "/", body, HEADERS)
            return self.connection.getresponse()
