"""Holds two hubs side by side to having nothing in common, and to taking each other for others."""

import json

from tests.template.command import changed, taxonomy
from tests.template.matching import Matching
from tests.template.resolved import NAMED, PLACES, Resolved, transformed
from tests.template.templates import (
    ALL_CALLS,
    HOME,
    MEMBER,
    REGION,
    operators_patterns,
    patterns,
)

# Neither contains the other.
HUBS = ("keyrail", "railtest")

# The rules that know a part by its name alone. EventsRule delivers it as well if anybody's rule is stopped.
BY_NAME = ("RoleRule", "FunctionRule", "DataRule", "StackRule", "ImportRule", "ChannelRule")


def names(hub, template, stack):
    """(type, name) of all that a template gives a name in full, as it is deployed for a hub."""
    place = PLACES[0]
    parameters = {name: str(of.get("Default", "")) for name, of in template["Parameters"].items()}
    parameters |= {"OrganizationId": "o-exampleorgid", "HubRoleArn": "role", "WatchRoleArn": "role"}
    parameters |= {"Keyrail": hub, "RoleName": f"{hub}-responder", "HubBusArn": "the hub's"}
    template = transformed(template)
    given = {name: parameters.get(name, "") for name in template["Parameters"]}
    given = {name: value or parameters[name] for name, value in given.items()}
    deployed = Resolved(template, place, place.home, stack, given)
    for logical, resource in template["Resources"].items():
        properties = deployed.properties(logical)
        name = (properties or {}).get(NAMED.get(resource["Type"]))
        if name:
            yield resource["Type"], name


class Hubs(Matching):
    """A test organization, or another version, beside the first."""

    def all_names(self, hub):
        found = [
            *names(hub, HOME, hub),
            *names(hub, REGION, f"{hub}-region"),
            *names(hub, MEMBER, f"{hub}-member"),
        ]
        self.assertGreater(len(found), 12)
        return found

    def test_in_one_account_no_name_is_taken_twice(self):
        one, other = (self.all_names(hub) for hub in HUBS)
        self.assertEqual(set(one) & set(other), set())
        for hub, found in zip(HUBS, (one, other), strict=True):
            for kind, name in found:
                self.assertIn(hub, name, kind)

    def test_a_hubs_home_and_its_region_never_share_an_account_and_region(self):
        # They would both make the role that beats.
        shared = set(names("keyrail", HOME, "keyrail")) & set(names("keyrail", REGION, "keyrail-region"))
        kinds = {kind for kind, _ in shared}
        self.assertIn("AWS::IAM::Role", kinds)
        (assertion,) = REGION["Rules"]["AnotherRegion"]["Assertions"]
        self.assertIn("Deploy this in regions other than keyrail's home", assertion["AssertDescription"])

    def test_what_is_done_to_one_is_nothing_to_the_other(self):
        seen = 0
        for entry, group, event in taxonomy():
            if group != "tamper-guardrail":
                continue
            text = json.dumps(event["detail"]).replace("keyrail", HUBS[1])
            event = {**event, "detail": json.loads(text)}
            for hub in HUBS:
                rules = {name: patterns(HOME, hub)[name] for name in BY_NAME}
                rules |= operators_patterns(hub)
                told = self.matching(rules, dict.fromkeys(rules, ALL_CALLS), event)
                with self.subTest(entry["action"], hub=hub):
                    if hub == HUBS[0]:
                        self.assertEqual(told, set())
                    seen += bool(told)
        self.assertGreater(seen, 30)

    def test_a_name_that_contains_the_other_would_not_do(self):
        event = next(
            event for entry, group, event in taxonomy() if entry["action"] == "sqs:PurgeQueue"
        )
        url = "https://sqs.us-east-1.amazonaws.com/111122223333/keyrail-test-DeadLetterQueue-1"
        event = changed(event, {"detail.requestParameters": {"queueUrl": url}})
        rules = operators_patterns("keyrail")
        self.assertEqual(
            self.matching(rules, dict.fromkeys(rules, ALL_CALLS), event), {"OperatorChannelRule"}
        )
