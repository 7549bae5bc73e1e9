"""Holds the patterns of the rules against quotas and the documentation."""

import json
import re
import unittest

from tests.emulator.emulator import ROOT
from tests.template.command import taxonomy
from tests.template.events import NOT_ROUTED
from tests.template.templates import (
    ALL_CALLS,
    ELSEWHERE_ONLY,
    HOME,
    HOME_ONLY,
    LONGEST_PATTERN,
    LONGEST_STACK,
    MEMBERS_HOME,
    REGION,
    RESPONDER,
    WATCHED,
    all_patterns,
    alternatives,
    begins_with_aws,
    flattened,
    members_patterns,
    of_type,
    own_role,
    patterns,
    state,
    without_own_role,
)

ASSUME = ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"]

# Known by who calls, and not by what.
OF_ANY_SERVICE = {"RootRule", "ResponderRule", "OwnRoleRule"}


class Patterns(unittest.TestCase):
    """What can be said of the patterns without events."""

    def test_each_fits_the_quota_whatever_the_name_of_the_stack(self):
        for template in (HOME, REGION):
            for name, pattern in patterns(template, LONGEST_STACK, controls=True).items():
                with self.subTest(name):
                    compact = json.dumps(pattern, separators=(",", ":"))
                    self.assertLessEqual(len(compact), LONGEST_PATTERN)

    def test_each_is_as_exact_as_its_events_allow(self):
        for name, pattern in all_patterns():
            self.assertTrue(all(begins_with_aws(source) for source in pattern["source"]), name)
            self.assertTrue(pattern["detail-type"], name)
            for alternative in alternatives(pattern):
                with self.subTest(name, alternative=alternative):
                    if "CloudTrail" in pattern["detail-type"][0]:
                        self.assertIn("detail.eventSource", alternative)
                        self.assertIn("detail.eventName", alternative)
                    self.assertGreater(len(alternative), 2)

    def test_sources_are_those_of_the_calls(self):
        for name, pattern in all_patterns():
            if "CloudTrail" not in pattern["detail-type"][0] or name in OF_ANY_SERVICE:
                continue
            called = set()
            for alternative in alternatives(pattern):
                called |= set(alternative["detail.eventSource"])
            sources = {"aws." + service.removesuffix(".amazonaws.com") for service in called}
            self.assertEqual(sources, set(pattern["source"]), name)

    def test_each_name_is_of_an_event_that_keyrail_knows(self):
        for rule, pattern in all_patterns():
            if "CloudTrail" not in pattern["detail-type"][0] or rule in OF_ANY_SERVICE:
                continue
            known = {
                entry["action"].split(":")[1]
                for entry, _, _ in taxonomy()
                if entry["source"] in pattern["source"]
            }
            for alternative in alternatives(pattern):
                for name in alternative["detail.eventName"]:
                    prefix = name["prefix"] if isinstance(name, dict) else None
                    with self.subTest(rule, name=name):
                        self.assertTrue(
                            any(event.startswith(prefix) for event in known)
                            if prefix
                            else name in known
                        )

    def test_or_does_not_repeat_a_field(self):
        # EventBridge keeps only the last of two conditions on one field, and expands `$or`.
        for name, pattern in all_patterns():
            with self.subTest(name):
                self.assertLess(len(alternatives(pattern)), 100)
                for alternative in flattened(pattern):
                    paths = [path for path, _ in alternative]
                    self.assertEqual(len(paths), len(set(paths)))

    def test_other_regions_forward_what_the_home_region_takes(self):
        forwarded = patterns(REGION)
        self.assertEqual(forwarded.keys() - ELSEWHERE_ONLY, patterns(HOME).keys() - HOME_ONLY)
        for name in forwarded.keys() - ELSEWHERE_ONLY:
            pattern = forwarded[name]
            # Which role is keyrail's only the home region knows.
            self.assertEqual(pattern, without_own_role(patterns(HOME)[name]), name)
            self.assertEqual(state(REGION, name), state(HOME, name), name)

    def test_a_member_account_forwards_from_its_home_what_the_hub_takes_there(self):
        forwarded = members_patterns()
        self.assertEqual(forwarded.keys(), MEMBERS_HOME)
        for name, pattern in forwarded.items():
            hubs = json.dumps(patterns(HOME)[name]).replace(own_role(), RESPONDER)
            self.assertEqual(pattern, json.loads(hubs), name)
            self.assertEqual(state(REGION, name), state(HOME, name), name)
            self.assertEqual(REGION["Resources"][name]["Condition"], "AtMembersHome", name)

    def test_no_rule_is_off(self):
        for template in (HOME, REGION):
            for name in patterns(template):
                self.assertIn(state(template, name), ("ENABLED", ALL_CALLS), name)

    def test_only_a_few_names_get_calls_that_read(self):
        for template in (HOME, REGION):
            for name, pattern in patterns(template).items():
                if state(template, name) == ALL_CALLS:
                    for alternative in alternatives(pattern):
                        names = alternative["detail.eventName"]
                        if name == "AssumeRule":
                            # Of these only those of roles that WatchedRoles names.
                            roles = alternative.get("detail.requestParameters.roleArn")
                            self.assertIn((roles, names), [([WATCHED], ASSUME), (None, ["SwitchRole"])])
                            continue
                        self.assertEqual(names, [{"prefix": "CreateOAuth2Token"}, "AssumeRoot"], name)

    def test_a_rule_for_any_service_takes_no_data_events(self):
        # A trail that records them brings thousands.
        for template in (HOME, REGION):
            for name in sorted(OF_ANY_SERVICE & patterns(template).keys()):
                detail = patterns(template)[name]["detail"]
                self.assertEqual(detail["eventCategory"], [{"exists": False}, "Management"], name)
                self.assertEqual(detail["managementEvent"], [{"exists": False}, True], name)

    def test_documentation_has_each_rule_and_what_is_left_out(self):
        text = (ROOT / "infra" / "README.md").read_text()
        rows = re.findall(r"(?m)^\| `(\w+Rule)` \| (.+?) \| (\w+) \| `(\w+)` \|$", text)
        self.assertEqual(
            [(name, where, states) for name, _, where, states in rows],
            [
                (name, "home" if name in HOME_ONLY else "each", state(HOME, name))
                for name in patterns(HOME)
            ],
        )
        for event in NOT_ROUTED:
            name = event.split()[0].split(":")[1]
            self.assertIn(f"`{name}`", text, event)
