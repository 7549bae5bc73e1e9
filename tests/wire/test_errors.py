"""The list of AWS's errors is what the models say now, and is of every call that keyrail makes.

    python -m unittest discover -s tests/wire -t .
"""

import json
import pathlib
import unittest

from tests.wire.errors import CALLS, called, written

ROOT = pathlib.Path(__file__).parents[2]


class Errors(unittest.TestCase):
    def test_the_list_is_what_the_models_say(self):
        listed = (ROOT / "tests" / "fixtures" / "aws-errors.json").read_text()
        message = "`python -m tests.wire.errors >tests/fixtures/aws-errors.json` writes it anew"
        self.assertEqual(json.loads(listed), json.loads(written()), message)

    def test_each_call_in_the_code_is_in_the_list_and_no_other(self):
        files = (ROOT / "crates" / "keyrail-aws" / "src").rglob("*.rs")
        source = "\n".join(path.read_text() for path in files)
        listed = {operation for operations in CALLS.values() for operation in operations}
        self.assertEqual(called(source), listed)


if __name__ == "__main__":
    unittest.main()
