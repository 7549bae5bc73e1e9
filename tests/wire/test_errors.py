"""The list of AWS's errors is what the models say now, and is of every call that keyrail makes.

    python -m unittest discover -s tests/wire -t .
"""

import json
import pathlib
import unittest

from tests.wire.errors import written

ROOT = pathlib.Path(__file__).parents[2]


class Errors(unittest.TestCase):
    def test_the_list_is_what_the_models_say_of_each_call_in_the_code(self):
        listed = (ROOT / "tests" / "fixtures" / "aws-errors.json").read_text()
        message = "`python -m tests.wire.errors >tests/fixtures/aws-errors.json` writes it anew"
        self.assertEqual(json.loads(listed), json.loads(written()), message)


if __name__ == "__main__":
    unittest.main()
