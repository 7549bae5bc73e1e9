"""Whether a pattern matches an event, as the emulator's EventBridge sees it."""

import asyncio
import json
import unittest

from ministack.services import eventbridge

from tests.template import second
from tests.template.templates import ALL_CALLS, is_source

HEADERS = {"x-amz-target": "AWSEvents.TestEventPattern"}


class Matching(unittest.TestCase):
    """Asks the emulator's `TestEventPattern`.

    In this process: it is asked 17,000 times, and sending a question takes several times as long as
    answering it.
    """

    @classmethod
    def setUpClass(cls):
        cls.loop = asyncio.new_event_loop()
        cls.addClassCleanup(cls.loop.close)

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
        answer = eventbridge.handle_request("POST", "/", HEADERS, json.dumps(asked), {})
        status, _, body = self.loop.run_until_complete(answer)
        said = json.loads(body)
        self.assertEqual(status, 200, said)
        self.assertEqual(
            second.is_match(pattern, event), said["Result"], "the two engines do not agree"
        )
        return said["Result"]
