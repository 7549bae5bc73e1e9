"""Holds what the hub takes from member accounts against what they forward."""

import fnmatch
import itertools
import json

from tests.template.command import changed, sample, sample_names, taxonomy
from tests.template.events import ORDINARY, SECURITY_HUB
from tests.template.matching import Matching
from tests.template.templates import (
    ACCOUNT,
    ALL_CALLS,
    HOME,
    LONGEST_PATTERN,
    LONGEST_RECOGNISED,
    LONGEST_STACK,
    REGION,
    RESPONDER,
    event_rules,
    forwarding_patterns,
    generated_name,
    hub_patterns,
    named,
    stack_of_set,
    state,
)
from tests.template.variants import ABSENT, BY_ROOT, FAILED, VARIANTS

# The rule of the hub's for each that forwards.
HUB_RULE = {name: f"Member{name}" for name in forwarding_patterns()}
# What is done to EventsRule the hub takes by that one's counterpart.
HUB_RULE["WitnessRule"] = HUB_RULE["EventsRule"]

IS_MANAGEMENT = {
    "managementEvent": [{"exists": False}, True],
    "eventCategory": [{"exists": False}, "Management"],
}


def by_role(arn):
    """An event's identity, if a role of this ARN called."""
    name = arn.rsplit("/", 1)[-1]
    issuer = {"type": "Role", "userName": name, "arn": arn}
    identity = {"type": "AssumedRole", "accountId": ACCOUNT}
    return {"detail.userIdentity": identity | {"sessionContext": {"sessionIssuer": issuer}}}


ROLES = f"arn:aws:iam::{ACCOUNT}:role/"
CALLERS = [
    BY_ROOT,
    by_role(f"{ROLES}{RESPONDER}"),
    by_role(f"{ROLES}deploy"),
    by_role(f"{ROLES}aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"),
    # Anybody may make a role in a path that reads like a service's.
    by_role(f"{ROLES}x:role/aws-service-role/evil"),
    by_role(f"{ROLES}:role/aws-service-role/evil"),
    {"detail.userIdentity": {"type": "AWSService", "invokedBy": "config.amazonaws.com"}},
    {"detail.userIdentity.invokedBy": "cloudformation.amazonaws.com"},
    {"detail.userIdentity": ABSENT},
]
# The states of the hub's rules, if none held anything back.
ALL_OF_THEM = dict.fromkeys(hub_patterns(), ALL_CALLS)
DATA_EVENT = {"detail.managementEvent": False, "detail.eventCategory": "Data"}


def as_the_hub_knows_it(pattern):
    """A pattern of infra/region.yaml, with neither the account nor the path of a role."""
    if isinstance(pattern, list):
        return [known for inner in pattern for known in as_alternatives(inner)]
    if not isinstance(pattern, dict):
        return pattern
    responder = {"wildcard": f"arn:aws:iam::*:role/{RESPONDER}"}
    issuer = pattern.get("sessionIssuer", {})
    if issuer == {"userName": [RESPONDER]}:
        return pattern | {"sessionIssuer": {"arn": [responder]}}
    if issuer == {"userName": [{"exists": False}, {"anything-but": RESPONDER}]}:
        arn = [{"exists": False}, {"anything-but": responder}]
        return pattern | {"sessionIssuer": {"arn": arn}}
    return {key: as_the_hub_knows_it(inner) for key, inner in pattern.items()}


def as_alternatives(value):
    by_service = {"prefix": f"{ROLES}aws-service-role/"}
    if value == {"anything-but": by_service}:
        return [
            {"anything-but": {"wildcard": "arn:aws:iam::*:role/aws-service-role/*"}},
            {"wildcard": "arn:aws:iam::*:role/*/aws-service-role/*"},
        ]
    return [as_the_hub_knows_it(value)]


def events():
    """Events of all kinds, with a note of what they are."""
    examples = {}
    for entry, group, event in taxonomy():
        examples.setdefault(entry["action"], event)
        yield f"{entry['action']} {group}", event
    for name in sorted(sample_names()):
        yield name, sample(name)
    for name, changes, _ in VARIANTS:
        event = examples[name] if ":" in name else sample(name)
        yield f"{name} {changes}", changed(event, changes)
    for event in [*ORDINARY, *(event for event, _ in SECURITY_HUB)]:
        yield json.dumps(event), event


def calls():
    """API calls of the taxonomy, each by two callers and failed; the next by the next two."""
    callers = itertools.cycle(CALLERS)
    for entry, group, event in taxonomy():
        if event["detail-type"] != "AWS API Call via CloudTrail":
            continue
        for change in (next(callers), next(callers) | FAILED):
            yield f"{entry['action']} {group} {change}", changed(event, change)


class Members(Matching):
    """The hub takes what infra/region.yaml forwards, and nothing else."""

    def test_each_rule_has_the_pattern_of_the_one_that_forwards(self):
        self.assertEqual(hub_patterns().keys(), set(HUB_RULE.values()))
        for controls in (False, True):
            taken = hub_patterns(controls=controls)
            for name, pattern in forwarding_patterns(controls=controls).items():
                if name == "WitnessRule":
                    continue
                wanted = as_the_hub_knows_it(pattern)
                if "CloudTrail" in pattern["detail-type"][0]:
                    wanted["detail"] = wanted["detail"] | IS_MANAGEMENT
                self.assertEqual(taken[HUB_RULE[name]], wanted, name)
                self.assertEqual(state(HOME, HUB_RULE[name]), state(REGION, name), name)

    def test_each_pattern_fits_the_quota(self):
        for name, pattern in hub_patterns(LONGEST_STACK, controls=True).items():
            compact = json.dumps(pattern, separators=(",", ":"))
            longest = compact.replace("arn:aws:", "arn:aws-us-gov:").replace(RESPONDER, "r" * 64)
            self.assertLessEqual(len(longest), LONGEST_PATTERN, name)

    def test_what_is_forwarded_is_taken_and_nothing_else(self):
        self.check(events())

    def test_calls_are_taken_as_they_are_forwarded_whoever_calls(self):
        self.check(calls())

    def test_data_events_are_not_taken(self):
        taken = 0
        for entry, group, event in taxonomy():
            about = f"{entry['action']} {group}"
            if "CloudTrail" not in event["detail-type"] or not isinstance(event["detail"], dict):
                continue
            rules = self.taken(event)
            taken += len(rules)
            for change in ({"detail.eventCategory": "Data"}, {"detail.managementEvent": False}):
                with self.subTest(about, change=change):
                    patterns = {name: hub_patterns()[name] for name in rules}
                    asked = changed(event, change)
                    self.assertEqual(self.matching(patterns, ALL_OF_THEM, asked), set())
        self.assertGreater(taken, 100)

    def test_data_events_of_root_and_of_the_responder_role_are_not_forwarded(self):
        call = {"source": "aws.s3", "detail.eventSource": "s3.amazonaws.com"}
        call |= {"detail.eventName": "PutObject"}
        for caller in (BY_ROOT, by_role(f"{ROLES}{RESPONDER}")):
            event = changed(sample("unrelated-call"), call | caller)
            self.assertEqual(len(self.forwarded(event)), 1, caller)
            self.assertEqual(self.forwarded(changed(event, DATA_EVENT)), set(), caller)

    def test_all_rules_are_on_the_bus_that_only_an_organization_has(self):
        for name, rule in event_rules(HOME).items():
            if name in HUB_RULE.values():
                self.assertEqual(rule["EventBusName"], {"Ref": "MemberBus"}, name)
                self.assertEqual(HOME["Resources"][name]["Condition"], "HasOrganization", name)

    def test_the_policies_of_function_and_queue_have_room_for_all_rules(self):
        # Lambda Developer Guide, "Lambda quotas": 20 KB; SQS Developer Guide, "Amazon SQS policy
        # quotas": 8,192 bytes; checked 2026-11-29.
        stack = "k" * LONGEST_RECOGNISED
        arn = f"arn:aws-us-gov:events:us-gov-west-1:{ACCOUNT}:rule/"
        function = f"arn:aws-us-gov:lambda:us-gov-west-1:{ACCOUNT}:function:{stack}"
        statements, sources = [], []
        for name, rule in event_rules(HOME).items():
            bus = f"{stack}-members/" if "EventBusName" in rule else ""
            source = arn + bus + generated_name(stack, name)
            permission = generated_name(stack, name.removesuffix("Rule") + "Permission", 100)
            sources.append(source)
            if rule["Targets"][0]["Arn"] != {"Fn::GetAtt": ["GuardrailFunction", "Arn"]}:
                continue
            statements.append(
                {
                    "Sid": permission,
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "lambda:InvokeFunction",
                    "Resource": function,
                    "Condition": {"ArnLike": {"AWS:SourceArn": source}},
                }
            )
        self.assertLess(len(json.dumps(statements)), 20 * 1024 - 200)
        self.assertLess(len(json.dumps(sources)), 8192 - 500)

    def test_the_bus_admits_the_forwarding_roles_and_nobody_else(self):
        (statement,) = HOME["Resources"]["MemberBus"]["Properties"]["Policy"]["Statement"]
        condition = named(statement["Condition"], "keyrail")
        self.assertEqual(condition.keys(), {"StringEquals", "ArnLike"})
        admitted = condition["ArnLike"]["aws:PrincipalArn"]
        for role, is_admitted in (
            (generated_name(stack_of_set("keyrail-region"), "ForwardingRole"), True),
            (generated_name("keyrail-region", "ForwardingRole"), True),
            (generated_name("keyrail-eu-north-1", "ForwardingRole"), True),
            (generated_name("keyrail", "GuardrailRole"), False),
            (generated_name("other-region", "ForwardingRole"), False),
            (generated_name(stack_of_set("other-region"), "ForwardingRole"), False),
            (RESPONDER, False),
            ("Admin", False),
            ("evil/keyrail-region-ForwardingRole-1A2B3C4D5E6F7", False),
        ):
            matches = any(is_like(pattern, ROLES + role) for pattern in admitted)
            self.assertEqual(matches, is_admitted, role)
        user = f"arn:aws:iam::{ACCOUNT}:user/keyrail-region-ForwardingRole-1"
        self.assertFalse(any(is_like(pattern, user) for pattern in admitted))

    def check(self, some):
        forwarded = 0
        for about, event in some:
            with self.subTest(about):
                wanted = {HUB_RULE[name] for name in self.forwarded(event)}
                self.assertEqual(self.taken(event), wanted)
                forwarded += bool(wanted)
        self.assertGreater(forwarded, 100)

    def forwarded(self, event):
        states = {name: state(REGION, name) for name in HUB_RULE}
        return self.matching(forwarding_patterns(), states, event)

    def taken(self, event):
        # What reaches the bus was put there, so that no state of a rule holds it back.
        taken = self.matching(hub_patterns(), ALL_OF_THEM, event)
        read = isinstance(event["detail"], dict) and event["detail"].get("readOnly")
        # But nobody forwards what only reads, other than by these rules' counterparts.
        return taken & {"MemberSessionRule", "MemberAssumeRule"} if read else taken


def is_like(pattern, arn):
    """`ArnLike`: each part of an ARN by itself, and `*` within the last goes over slashes."""
    wanted, parts = pattern.split(":", 5), arn.split(":", 5)
    return all(fnmatch.fnmatchcase(part, like) for like, part in zip(wanted, parts, strict=True))
