"""Holds the rules as shipped, which the hourly check compares with, to the templates."""

import json
import unittest

from tests.emulator.emulator import ROOT
from tests.template import rules
from tests.template.templates import HOME, REGION, event_rules, named


class Rules(unittest.TestCase):
    """`rules.json` is what the templates say."""

    def test_the_file_is_current(self):
        how = f".venv/bin/python -m tests.template.rules >{rules.FILE.relative_to(ROOT)}"
        self.assertEqual(rules.FILE.read_text(), rules.text(), how)

    def test_each_rule_is_in_it_with_its_pattern(self):
        shipped = json.loads(rules.FILE.read_text())
        for file, template in (("template.yaml", HOME), ("infra/region.yaml", REGION)):
            self.assertEqual(shipped[file].keys(), event_rules(template).keys())
            for name, rule in shipped[file].items():
                with self.subTest(name):
                    self.assertNotIn("Fn::", json.dumps(rule))
                    self.assertNotIn('"Ref"', json.dumps(rule))
                    self.assertTrue(rule["targets"])
                    # So that CloudFormation cuts none of them in a name that it makes up.
                    self.assertLessEqual(len(name), 24)

    def test_what_a_placeholder_stands_for_makes_it_the_pattern_that_is_deployed(self):
        rule = HOME["Resources"]["StackRule"]["Properties"]
        shipped = json.loads(rules.FILE.read_text())["template.yaml"]["StackRule"]["pattern"]
        role = "keyrail-GuardrailRole-1A2B3C4D5E6F7G8H9J0K"
        filled = json.dumps(shipped).replace("${Keyrail}", "keyrail")
        filled = json.loads(filled.replace("${GuardrailRole}", role))
        self.assertEqual(filled, named(rule["EventPattern"], "keyrail"))


if __name__ == "__main__":
    unittest.main()
