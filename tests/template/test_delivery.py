"""Holds the rules against events."""

import json

from tests.template.command import EVENTS, changed, explain_all, sample, sample_names, taxonomy
from tests.template.events import (
    IF_CONTROLS,
    NEEDED_ALL_THE_SAME,
    NOT_ROUTED,
    ORDINARY,
    SAMPLES,
    SECURITY_HUB,
    UNSEEN_IF_DENIED,
    is_of_each_region,
)
from tests.template.matching import Matching
from tests.template.templates import HOME, HOME_ONLY, REGION, patterns, state
from tests.template.variants import (
    BY_OWN_ROLE,
    BY_ROOT,
    ELSEWHERE,
    FAILED,
    OWN_CONTAINMENT,
    OWN_ROLE,
    OWN_WORK,
    VARIANTS,
)

class Delivery(Matching):
    """Which rules match which events."""

    def test_samples(self):
        self.assertEqual(sample_names(), SAMPLES.keys())
        for name, rule in SAMPLES.items():
            self.check_delivered_by(rule, sample(name), sample=name)
            # The patterns are those of the home region, which a test compares.
            elsewhere = {rule} - {None} - HOME_ONLY
            self.assertEqual(self.matching(REGION, sample(name)), elsewhere, name)

    def test_variants(self):
        examples = {entry["action"]: event for entry, _, event in reversed(taxonomy())}
        for name, changes, rule in VARIANTS:
            event = examples[name] if ":" in name else sample(name)
            self.check_delivered_by(rule, changed(event, changes), sample=name, changes=changes)

    def test_events_of_other_shapes(self):
        event = sample("root-api-call")
        for detail in ({}, [], None, "text", {"userIdentity": "Root"}):
            self.check_delivered_by(None, {**event, "detail": detail}, detail=detail)

    def test_each_event_that_violates_a_guardrail_is_delivered(self):
        entries = taxonomy()
        for (entry, group, event), violated in zip(
            entries, explain_all([event for _, _, event in entries]), strict=True
        ):
            name = entry["action"]
            about = {name, f"{name} {group}"}
            needed = violated or about & NEEDED_ALL_THE_SAME.keys()
            with self.subTest(name, group=group):
                if needed:
                    self.assertFalse(about & NOT_ROUTED.keys())
                    self.check_is_delivered(event, each=is_of_each_region(entry, group))
                else:
                    self.assertTrue(about & NOT_ROUTED.keys(), "not routed, and no reason why")
                    self.check_delivered_by(None, event)

    def test_each_name_in_a_table_is_in_the_taxonomy(self):
        known = set()
        for entry, group, _ in taxonomy():
            known |= {entry["action"], f"{entry['action']} {group}"}
        for table in (NOT_ROUTED, NEEDED_ALL_THE_SAME, UNSEEN_IF_DENIED):
            self.assertLessEqual(set(table), known)

    def test_each_attempt_to_tamper_is_delivered(self):
        unseen = []
        for entry, group, event in taxonomy():
            if group not in ("tamper-audit", "tamper-guardrail", "issue-access-key"):
                continue
            label = entry["action"].split(":")[0]
            on = f"arn:aws:{label}:us-east-1:111122223333:"
            on += "keyrail-1EXAMPLE" if group == "tamper-guardrail" else "example"
            denied = {
                "detail.errorCode": "AccessDenied",
                "detail.errorMessage": f"User: x is not authorized to do y on resource: {on} because",
                "detail.requestParameters": None,
                "detail.responseElements": None,
            }
            event = changed(event, denied)
            with self.subTest(entry["action"], group=group):
                action = entry["action"]
                if {action, f"{action} {group}"} & UNSEEN_IF_DENIED:
                    unseen.append(event)
                    self.check_delivered_by(None, event)
                else:
                    self.check_is_delivered(event, each=is_of_each_region(entry, group))
        self.assertEqual(explain_all(unseen), [set()] * len(UNSEEN_IF_DENIED))

    def test_each_call_by_root_is_delivered_once(self):
        for entry, group, event in taxonomy():
            if event["detail-type"] != "AWS API Call via CloudTrail" or entry["read_only"]:
                continue
            name = entry["action"]
            rule = "AccessKeyRule" if name == "iam:CreateAccessKey" else "RootRule"
            self.check_delivered_by(rule, changed(event, BY_ROOT), action=name, group=group)

    def test_what_keyrails_own_role_does_is_delivered_once(self):
        for entry, group, event in taxonomy():
            if event["detail-type"] != "AWS API Call via CloudTrail":
                continue
            name = entry["action"]
            # What only reads is nobody's, but for SessionRule's.
            rule = None if entry["read_only"] else "ResponderRule"
            rule = ELSEWHERE.get(name, None if name in OWN_CONTAINMENT else rule)
            for outcome in ({}, FAILED):
                event = changed(event, BY_OWN_ROLE | outcome)
                with self.subTest(name, group=group, outcome=outcome):
                    self.assertEqual(self.matching(HOME, event), {rule} - {None})

    def test_keyrail_does_not_start_itself(self):
        for work in OWN_WORK:
            event = changed(sample("unrelated-call"), BY_OWN_ROLE | work)
            self.check_delivered_by(None, event, of=work)

    def test_misuse_of_keyrails_own_role_is_delivered(self):
        examples = {entry["action"]: event for entry, _, event in reversed(taxonomy())}
        events = [
            (changed(examples[name] if ":" in name else sample(name), BY_OWN_ROLE | changes), rule)
            for name, changes, rule in OWN_ROLE
        ]
        for (event, rule), violated in zip(
            events, explain_all([event for event, _ in events]), strict=True
        ):
            with self.subTest(event=event):
                self.assertEqual(self.matching(HOME, event), {rule} - {None})
                # Whatever is misuse is delivered.
                self.assertTrue(rule or "responder-misused" not in violated)

    def test_nobody_in_particular_is_no_reason_to_miss_an_event(self):
        for entry, group, event in taxonomy():
            about = {entry["action"], f"{entry['action']} {group}"}
            # These concern only IAM users, or only root.
            by_kind = group in ("launch-compute", "root-credentials")
            by_kind = by_kind or entry["action"] == "sts:GetFederationToken"
            if "userIdentity" in event["detail"] and not by_kind and not about & NOT_ROUTED.keys():
                for identity in ({"accountId": "111122223333"}, None):
                    event = changed(event, {"detail.userIdentity": identity})
                    with self.subTest(entry["action"], group=group, identity=identity):
                        self.check_is_delivered(event, each=is_of_each_region(entry, group))

    def test_findings_of_security_hub(self):
        for (event, routed), violated in zip(
            SECURITY_HUB, explain_all([event for event, _ in SECURITY_HUB]), strict=True
        ):
            with self.subTest(event=event):
                for controls in (False, True):
                    is_routed = controls if routed == IF_CONTROLS else routed
                    rules = {"SecurityHubRule"} if is_routed else set()
                    for template in (HOME, REGION):
                        self.assertEqual(self.matching(template, event, controls), rules)
                # The function agrees that it is about credentials, and no standing state.
                self.assertTrue(violated or routed is not True)
                self.assertFalse(violated and routed == IF_CONTROLS)

    def test_ordinary_events_start_nothing(self):
        for event in ORDINARY:
            self.check_delivered_by(None, event, of=event)

    def test_recorded_events(self):
        if not EVENTS.is_dir():
            self.skipTest(f"no folder of recorded events at {EVENTS}; KEYRAIL_EVENTS names one")
        files = sorted(EVENTS.rglob("*.json"))
        self.assertTrue(files)
        events = [json.loads(file.read_text()) for file in files]
        delivered = set()
        for file, event, violated in zip(files, events, explain_all(events), strict=True):
            detail = event.get("detail", {})
            by_root = detail.get("userIdentity", {}).get("type") == "Root"
            with self.subTest(file=file.name):
                if violated and not (by_root and detail.get("readOnly")):
                    self.check_is_delivered(event)
                rules = self.matching(HOME, event)
                self.assertLessEqual(len(rules), 1)
                self.assertEqual(self.matching(REGION, event), rules - HOME_ONLY)
                delivered |= rules
        self.assertGreater(len(delivered), 5)

    def check_delivered_by(self, rule, event, **about):
        """Exactly one rule, so that the function starts once."""
        with self.subTest(**about):
            self.assertEqual(self.matching(HOME, event), {rule} - {None})

    def check_is_delivered(self, event, each=False):
        """By whichever rule; for an event of `each` region, from there too."""
        rules = self.matching(HOME, event)
        self.assertEqual(len(rules), 1, rules)
        if each:
            self.assertFalse(rules & HOME_ONLY)

    def matching(self, template, event, controls=False):
        rules = patterns(template, controls=controls)
        return super().matching(rules, {name: state(template, name) for name in rules}, event)
