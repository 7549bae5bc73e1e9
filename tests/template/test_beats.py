"""Holds the beats against the rules that deliver them, and the roles that make them against their names."""

import json
import unittest

from tests.template.command import changed, sample, taxonomy
from tests.template.matching import Matching
from tests.template.resolved import PLACES, Resolved, transformed
from tests.template.templates import (
    ACCOUNT,
    ALL_CALLS,
    HOME,
    HOME_ONLY,
    REGION,
    STACK,
    event_rules,
    forwarding_patterns,
    hub_patterns,
    named,
    patterns,
    state,
)

# "EventBridge Scheduler does not support read-only API actions … that begin with the following list of
# prefixes": EventBridge Scheduler User Guide, "Using universal targets" (2026-11-29).
UNSUPPORTED = (
    "get describe list poll receive search scan query select read lookup discover validate batchGet"
    " batchDescribe batchRead transactGet adminGet adminList testMigration retrieve testConnection"
    " translateDocument isAuthorized invokeModel"
).split()


def by_role(name, region):
    """An event's identity, of a role that EventBridge Scheduler has assumed."""
    return {
        "type": "AssumedRole",
        "principalId": "AROAIOSFODNN7EXAMPLE:4c8d1a5e0b2f4c6d8e9f",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/4c8d1a5e0b2f4c6d8e9f",
        "accountId": ACCOUNT,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAIOSFODNN7EXAMPLE",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
                "accountId": ACCOUNT,
                "userName": name,
            },
            "attributes": {"creationDate": "2026-03-14T09:26:53Z", "mfaAuthenticated": "false"},
        },
        "invokedBy": "scheduler.amazonaws.com",
    }


def beat(action, region, on, code="AccessDenied"):
    """The event of a beat, as CloudTrail records a call that is denied: without its parameters."""
    service, name = action.split(":")
    role = f"{STACK}-beat-{region}"
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{service}",
        "account": ACCOUNT,
        "time": "2026-03-14T09:27:40Z",
        "region": region,
        "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": by_role(role, region),
            "eventTime": "2026-03-14T09:26:53Z",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": "scheduler.amazonaws.com",
            "userAgent": "scheduler.amazonaws.com",
            "errorCode": code,
            "errorMessage": f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/4c8d is not authorized to"
            f" perform: {action} on resource: {on} with an explicit deny in an identity-based policy",
            "requestParameters": None,
            "responseElements": None,
            "eventID": "b24a5c0e-6f3d-4f6e-8f7a-2d3c4b5a6978",
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Management",
        },
    }


OF_ACCOUNT = beat("iam:CreateAccessKey", "us-east-1", f"user {STACK}-beat")
OF_REGION = {
    region: beat(
        "cloudtrail:StopLogging",
        region,
        f"arn:aws:cloudtrail:{region}:{ACCOUNT}:trail/{STACK}-beat",
    )
    for region in ("us-east-1", "eu-north-1")
}
# By the service control policy that denies making keys, and where the user's or the trail's name was
# looked at first.
OTHERWISE = [
    {"detail.errorMessage": "… with an explicit deny in a service control policy"},
    {"detail.errorCode": "NoSuchEntityException"},
    {"detail.errorCode": "TrailNotFoundException", "detail.requestParameters": {"name": "keyrail-beat"}},
]


class Beats(Matching):
    """Each beat comes by one rule that is there anyhow, and whatever else its role does by another."""

    def test_the_beat_of_an_account_comes_by_the_rule_of_access_keys(self):
        for event in self.in_other_words(OF_ACCOUNT):
            self.check_one_rule_each(event, "AccessKeyRule", at_home_only=True)

    def test_the_beat_of_a_region_comes_by_the_rule_of_what_records(self):
        for event in OF_REGION.values():
            for told in self.in_other_words(event):
                self.check_one_rule_each(told, "RecorderRule")

    def in_other_words(self, event):
        return [event, *(changed(event, changes) for changes in OTHERWISE)]

    def check_one_rule_each(self, event, rule, at_home_only=False):
        with self.subTest(rule, region=event["region"], detail=event["detail"]["errorMessage"]):
            self.assertEqual(self.delivered(HOME, event), {rule})
            self.assertEqual(self.delivered(REGION, event), {rule} - HOME_ONLY)
            # In a member account, and what the hub takes of that.
            states = {name: state(REGION, name) for name in forwarding_patterns()}
            self.assertEqual(self.matching(forwarding_patterns(), states, event), {rule})
            taken = dict.fromkeys(hub_patterns(), ALL_CALLS)
            self.assertEqual(self.matching(hub_patterns(), taken, event), {f"Member{rule}"})
        self.assertEqual(rule in HOME_ONLY, at_home_only)

    def delivered(self, template, event):
        rules = patterns(template)
        return self.matching(rules, {name: state(template, name) for name in rules}, event)

    def test_whatever_else_a_role_of_keyrails_does_is_delivered(self):
        seen = 0
        for role in ("keyrail-beat-eu-north-1", "keyrail-watch", "keyrail-watcher"):
            for entry, _, event in taxonomy():
                is_call = event["detail-type"] == "AWS API Call via CloudTrail"
                if not is_call or entry["read_only"]:
                    continue
                event = changed(event, {"detail.userIdentity": by_role(role, "eu-north-1")})
                action = entry["action"]
                alone = {
                    "iam:CreateAccessKey": "AccessKeyRule",
                    "cloudtrail:StopLogging": "RecorderRule",
                }
                wanted = alone.get(action, "OwnRoleRule")
                if action.startswith("signin:CreateOAuth2Token"):
                    wanted = "SessionRule"
                for outcome in ({}, {"detail.errorCode": "AccessDenied"}):
                    with self.subTest(role, action=action, outcome=outcome):
                        told = changed(event, outcome)
                        self.assertIn(wanted, self.delivered(HOME, told))
                        everywhere = {wanted} - HOME_ONLY
                        self.assertLessEqual(everywhere, self.delivered(REGION, told))
                        seen += 1
        self.assertGreater(seen, 500)

    def test_a_role_that_is_named_otherwise_is_none_of_keyrails(self):
        call = {"source": "aws.kms", "detail.eventSource": "kms.amazonaws.com"}
        call |= {"detail.eventName": "CreateKey"}
        for role, is_own in (
            ("keyrail-beat-eu-north-1", True),
            ("keyrail-watch", True),
            ("beat-eu-north-1", False),
            ("x-keyrail-beat-eu-north-1", False),
            ("keyrails-watch", False),
        ):
            identity = {"detail.userIdentity": by_role(role, "eu-north-1")}
            event = changed(sample("unrelated-call"), call | identity)
            for template in (HOME, REGION):
                rules = self.delivered(template, event)
                self.assertEqual(rules, {"OwnRoleRule"} if is_own else set(), role)

    def test_what_the_check_does_all_day_starts_nothing(self):
        for service, name in (
            ("sts", "AssumeRole"),
            ("logs", "CreateLogStream"),
            ("kms", "Decrypt"),
            ("dynamodb", "PutItem"),
            ("sns", "Publish"),
        ):
            call = {
                "source": f"aws.{service}",
                "detail.eventSource": f"{service}.amazonaws.com",
                "detail.eventName": name,
                "detail.userIdentity": by_role("keyrail-watch", "us-east-1"),
            }
            event = changed(sample("unrelated-call"), call)
            self.assertEqual(self.delivered(HOME, event), set(), name)

    def test_a_user_of_the_name_that_beats_ask_for_is_delivered(self):
        examples = {entry["action"]: event for entry, _, event in taxonomy()}
        for action, parameter in (("iam:CreateUser", "userName"), ("iam:UpdateUser", "newUserName")):
            for user, is_told in (
                ("keyrail-beat", True),
                ("Keyrail-Beat", True),
                ("keyrail-beat-2", False),
                ("bob", False),
            ):
                parameters = {"userName": "bob"} | {parameter: user}
                event = changed(examples[action], {"detail.requestParameters": parameters})
                with self.subTest(action, user=user):
                    rules = {"IamRule"} if is_told else set()
                    self.assertEqual(self.delivered(HOME, event), rules)
                    states = {name: state(REGION, name) for name in forwarding_patterns()}
                    self.assertEqual(self.matching(forwarding_patterns(), states, event), rules)
                    taken = dict.fromkeys(hub_patterns(), ALL_CALLS)
                    hubs = {f"Member{name}" for name in rules}
                    self.assertEqual(self.matching(hub_patterns(), taken, event), hubs)


class Schedules(unittest.TestCase):
    """What makes the beats."""

    CALLS = {
        "BeatOfAccount": ("iam:createAccessKey", {"UserName": "keyrail-beat"}),
        "BeatOfRegion": ("cloudtrail:stopLogging", {"Name": "keyrail-beat"}),
    }

    def deployed(self, *templates, **given):
        """Each partition's stacks: at home, and a member's at home and elsewhere."""
        for place in PLACES:
            for template, region in (
                (HOME, place.home),
                (REGION, place.home),
                (REGION, place.other),
            ):
                if templates and template not in templates:
                    continue
                names = template["Parameters"]
                parameters = {name: str(of.get("Default", "")) for name, of in names.items()}
                if template is REGION:
                    parameters |= {"HomeRegion": place.home, "HubBusArn": "the hub's"}
                yield place, Resolved(
                    transformed(template), place, region, "keyrail", parameters | given
                )

    def test_each_account_and_each_region_has_its_beat(self):
        for place, stack in self.deployed():
            for name, (call, parameters) in self.CALLS.items():
                schedule = stack.properties(name)
                with self.subTest(name, region=stack.region):
                    if name == "BeatOfAccount" and stack.region != place.home:
                        self.assertIsNone(schedule)
                        continue
                    target = schedule["Target"]
                    arn = f"arn:{place.partition}:scheduler:::aws-sdk:{call}"
                    self.assertEqual(target["Arn"], arn)
                    role = f"role/keyrail-beat-{stack.region}"
                    self.assertTrue(target["RoleArn"].endswith(role), target["RoleArn"])
                    self.assertEqual(json.loads(target["Input"]), parameters)
                    # What did not go out is missed, and not made up for.
                    self.assertEqual(target["RetryPolicy"], {"MaximumRetryAttempts": 0})
                    self.assertEqual(schedule["GroupName"], "keyrail-beat")

    def test_each_beat_is_of_its_hour(self):
        for _, stack in self.deployed():
            schedule = stack.properties("BeatOfRegion")
            self.assertEqual(schedule["ScheduleExpression"], "cron(5 * * * ? *)")
            window = schedule["FlexibleTimeWindow"]
            self.assertEqual(window["Mode"], "FLEXIBLE")
            # It goes out in the window; CloudTrail's time is that of the call.
            self.assertLess(5 + window["MaximumWindowInMinutes"], 55)
            self.assertNotIn("State", schedule)

    def test_off_there_is_nothing_of_it(self):
        for template, given in (
            (HOME, {"Beat": "off"}),
            # Nothing would keep what was heard.
            (HOME, {"State": "none"}),
            (REGION, {"Beat": "off"}),
        ):
            parts = [name for name in template["Resources"] if name.startswith(("Beat", "Watch"))]
            self.assertGreaterEqual(len(parts), 4)
            for _, stack in self.deployed(template, **given):
                for name in parts:
                    self.assertIsNone(stack.properties(name), name)

    def test_the_calls_are_ones_that_scheduler_makes(self):
        for call, _ in self.CALLS.values():
            name = call.split(":")[1]
            self.assertFalse([begin for begin in UNSUPPORTED if name.startswith(begin)], name)

    def test_no_source_of_its_own_enters_a_bus(self):
        for template in (HOME, REGION):
            for name, rule in event_rules(template).items():
                for source in named(rule["EventPattern"]["source"], STACK):
                    text = source["prefix"] if isinstance(source, dict) else source
                    self.assertTrue(text.startswith("aws."), name)


if __name__ == "__main__":
    unittest.main()
