"""Holds the names of calls against a second source: the models of AWS's own SDK for Python."""

import functools
import gzip
import json
import pathlib
import unittest

import botocore

from tests.template.command import taxonomy

DATA = pathlib.Path(botocore.__file__).parent / "data"

@functools.cache
def operations():
    """The names of the operations of each service, by what its endpoints and signatures call it."""
    found = {}
    for folder in DATA.iterdir():
        for path in folder.glob("*/service-2.json*"):
            text = gzip.open(path) if path.suffix == ".gz" else path.open("rb")
            with text:
                model = json.load(text)
            about = model["metadata"]
            called = {folder.name, about["endpointPrefix"], about.get("signingName", "")}
            for name in called - {""}:
                found.setdefault(name, set()).update(model["operations"])
    return found


class Models(unittest.TestCase):
    """Each call is an operation of its service there, or its row says that it is not."""

    def test_each_call_is_an_operation_or_is_marked(self):
        checked = 0
        for entry, _, event in taxonomy():
            if event["detail-type"] != "AWS API Call via CloudTrail":
                continue
            service, name = entry["action"].split(":")
            known = name in operations().get(service, set())
            with self.subTest(entry["action"]):
                self.assertEqual(known, not entry["unmodelled"])
            checked += known
        self.assertGreater(checked, 200)
