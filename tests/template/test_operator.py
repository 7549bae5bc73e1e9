"""Holds the rules that tell the operator without the function against the rules that tell the function."""

import json
import re

from tests.template.command import changed, taxonomy
from tests.template.matching import Matching
from tests.template.templates import (
    ALL_CALLS,
    HOME,
    LONGEST_PATTERN,
    LONGEST_STACK,
    REGION,
    forwarding_patterns,
    operators_patterns,
    patterns,
    state,
)
from tests.template.variants import BY_ROOT

# The rule to the function, and its counterpart.
COUNTERPARTS = {
    "EventsRule": "OperatorEventsRule",
    "FunctionRule": "OperatorFunctionRule",
    "ImportRule": "OperatorStackRule",
    "RoleRule": "OperatorRoleRule",
    "StackRule": "OperatorStackRule",
    "ChannelRule": "OperatorChannelRule",
}

# What the function alone is told of: it makes a copy of nothing that keyrail uses, changes no part yet,
# or what it is done to is a user's.
FUNCTION_ALONE = {
    "cloudformation:CreateChangeSet",
    "iam:CreatePolicyVersion",
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "lambda:CreateFunction",
    "lambda:DeleteAlias",
    "lambda:UpdateAlias",
}
BY_CLOUDFORMATION = {"detail.userIdentity.invokedBy": "cloudformation.amazonaws.com"}
OWN_RULE = "keyrail-{}-1A2B3C4D5E6F7"


def own_changes():
    """Each change of a part of keyrail's that succeeds."""
    for entry, group, event in taxonomy():
        if group == "tamper-guardrail":
            yield entry["action"], event


def disabled(rule):
    """Somebody stops a rule of keyrail's."""
    event = next(event for action, event in own_changes() if action == "events:DisableRule")
    return changed(event, {"detail.requestParameters": {"name": OWN_RULE.format(rule)}})


class Operator(Matching):
    """Whoever switches off one way is told by the other."""

    def told(self, event):
        rules = operators_patterns()
        return self.matching(rules, dict.fromkeys(rules, "ENABLED"), event)

    def delivered(self, template, event):
        rules = patterns(template)
        return self.matching(rules, {name: state(template, name) for name in rules}, event)

    def test_each_change_that_the_function_hears_of_is_told_without_it(self):
        seen = 0
        for action, event in own_changes():
            rules = self.delivered(HOME, event)
            wanted = {COUNTERPARTS[rule] for rule in rules if rule in COUNTERPARTS}
            if action in FUNCTION_ALONE:
                wanted = set()
            with self.subTest(action):
                self.assertEqual(self.told(event), wanted)
                # Root too, whose calls another rule delivers to the function.
                self.assertEqual(self.told(changed(event, BY_ROOT)), wanted)
            seen += bool(wanted)
        self.assertGreater(seen, 50)

    def test_attempts_and_what_cloudformation_does_are_not(self):
        for action, event in own_changes():
            with self.subTest(action):
                failed = changed(event, {"detail.errorCode": "AccessDenied"})
                self.assertEqual(self.told(failed), set())
                self.assertEqual(self.told(changed(event, BY_CLOUDFORMATION)), set())

    def test_parts_of_others_are_not(self):
        for action, event in own_changes():
            text = json.dumps(event["detail"]).replace("keyrail", "payroll")
            with self.subTest(action):
                self.assertEqual(self.told({**event, "detail": json.loads(text)}), set())

    def test_each_rule_that_tells_the_operator_is_watched_by_the_function_and_the_other_way_round(self):
        for rule in operators_patterns():
            self.assertEqual(self.delivered(HOME, disabled(rule)), {"EventsRule"}, rule)
        for rule in patterns(HOME):
            self.assertEqual(self.told(disabled(rule)), {"OperatorEventsRule"}, rule)
        # They have no target in common.
        for rule in operators_patterns():
            (target,) = HOME["Resources"][rule]["Properties"]["Targets"]
            self.assertEqual(target["Arn"], {"Ref": "OperatorTopic"})

    def test_elsewhere_another_rule_forwards_what_is_done_to_the_one_that_forwards_it(self):
        event = changed(disabled("EventsRule"), {"region": "eu-north-1"})
        for name in ("keyrail-region", "StackSet-keyrail-region-3f2504e0-4f89-41d3-9a0c-0305e82c33"):
            parameters = {"detail.requestParameters": {"name": f"{name}-EventsRule-1A2B"}}
            rules = self.delivered(REGION, changed(event, parameters))
            self.assertEqual(rules, {"EventsRule", "WitnessRule"}, name)
        self.assertEqual(self.delivered(REGION, disabled("WitnessRule")), {"EventsRule"})
        self.assertEqual(self.delivered(REGION, disabled("RootRule")), {"EventsRule"})
        rules = forwarding_patterns()
        states = dict.fromkeys(rules, ALL_CALLS)
        without = {name: rule for name, rule in rules.items() if name != "EventsRule"}
        self.assertEqual(self.matching(without, states, disabled("EventsRule")), {"WitnessRule"})

    def test_each_pattern_fits_the_quota(self):
        for name, pattern in operators_patterns(LONGEST_STACK).items():
            compact = json.dumps(pattern, separators=(",", ":"))
            self.assertLessEqual(len(compact), LONGEST_PATTERN, name)
            self.assertTrue(all(source.startswith("aws.") for source in pattern["source"]))

    def test_each_mail_fits_what_eventbridge_takes(self):
        # EventBridge API Reference, "InputTransformer", and CloudFormation's, of the keys (2026-11-29).
        for name in operators_patterns():
            transformer = self.transformer(name)
            self.assertLessEqual(len(transformer["InputTemplate"]["Fn::Sub"]), 8192)
            self.assertLessEqual(len(transformer["InputPathsMap"]), 100)
            asked = re.findall(r"<(\w+)>", transformer["InputTemplate"]["Fn::Sub"])
            self.assertEqual(set(asked), transformer["InputPathsMap"].keys(), name)
            for key, path in transformer["InputPathsMap"].items():
                self.assertRegex(key, "^[a-zA-Z0-9]+$")
                # Dots, and neither filters nor slices.
                self.assertRegex(path, r"^\$(\.[A-Za-z]+)+$")

    def test_a_mail_says_what_who_where_when_and_what_to_do(self):
        event = changed(disabled("RootRule"), {"detail.userIdentity.arn": "arn:aws:iam::1:user/anaya"})
        self.assertEqual(
            self.mail("OperatorEventsRule", event),
            [
                "A rule, bus or schedule of keyrail was changed: what it delivers may no longer arrive.",
                "EventBridge tells you this itself, so that you hear of it even if keyrail no longer works.",
                "What: DisableRule (events.amazonaws.com) on keyrail-RootRule-1A2B3C4D5E6F7",
                "Who: arn:aws:iam::1:user/anaya, from 198.51.100.7",
                "Where: account 111122223333, eu-north-1",
                "When: 2026-03-14T09:26:53Z",
                "If you deployed keyrail just now, this is that. If not, put it back at once, and look at"
                " what happened since: infra/README.md, Two that watch each other.",
                "The record: aws cloudtrail lookup-events --region eu-north-1 --lookup-attributes"
                " AttributeKey=EventId,AttributeValue=b24a5c0e-6f3d-4f6e-8f7a-2d3c4b5a6978",
            ],
        )

    def test_each_mail_names_the_part(self):
        for action, event in own_changes():
            for rule in self.told(event):
                text = "\n".join(self.mail(rule, event))
                with self.subTest(action):
                    self.assertIn(action.split(":")[1], text)
                    self.assertNotIn("<", text)

    @staticmethod
    def transformer(rule):
        (target,) = HOME["Resources"][rule]["Properties"]["Targets"]
        return target["InputTransformer"]

    def mail(self, rule, event):
        """What EventBridge makes of an event: each line in its quotes; what is not there is left out."""
        transformer = self.transformer(rule)
        text = transformer["InputTemplate"]["Fn::Sub"].replace("${AWS::StackName}", "keyrail")
        for key, path in transformer["InputPathsMap"].items():
            value = event
            for name in path.split(".")[1:]:
                value = (value or {}).get(name)
            text = text.replace(f"<{key}>", "" if value is None else str(value))
        return [json.loads(line) for line in text.strip().splitlines()]
