"""Holds what the pages say of costs to what they come to."""

import unittest

from tests.emulator.emulator import ROOT
from tests.template import costs


class Costs(unittest.TestCase):
    """An idle month, for 1, 120 and 5,000 accounts."""

    def test_an_idle_organization_pays_less_than_the_limit(self):
        self.assertEqual((120 in costs.SIZES, costs.REGIONS), (True, 4))
        self.assertLess(costs.total(120), costs.LIMIT)

    def test_the_pages_have_the_table(self):
        for page in ("README.md", "infra/README.md"):
            self.assertIn(costs.table(), (ROOT / page).read_text(), page)

    def test_no_alarm_and_no_metric_is_made_for_each_account(self):
        one, many = costs.of(2), costs.of(5000)
        for name in ("alarms", "the check's metric"):
            self.assertEqual(one[name], many[name], name)

    def test_most_of_it_grows_with_the_beats_alone(self):
        some, more = costs.of(120), costs.of(240)
        for name in ("function", "table", "log"):
            self.assertAlmostEqual(more[name], 2 * some[name], places=6)


if __name__ == "__main__":
    unittest.main()
