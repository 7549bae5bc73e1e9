"""Holds the patterns to two engines, by events that are made up from the patterns themselves.

Events of the taxonomy, samples and variants go to both engines as well: `Matching.is_match`.
"""

import json
import random

from tests.template import second
from tests.template.matching import Matching
from tests.template.templates import (
    HOME,
    REGION,
    flattened,
    forwarding_patterns,
    hub_patterns,
    members_patterns,
    patterns,
)

ABSENT = object()

# How many events are made up for each way through a pattern that differ in one field from one
# that matches.
NEAR_MISSES = 8

ENVELOPE = {
    "id": "1",
    "account": "111122223333",
    "time": "2026-03-14T09:26:53Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {},
}


def each_pattern():
    """All patterns of all templates, each once, with a name."""
    found = {}
    for where, some in (
        ("template.yaml", patterns(HOME)),
        ("template.yaml with controls", patterns(HOME, controls=True)),
        ("infra/region.yaml", patterns(REGION)),
        ("infra/region.yaml at a member's home", members_patterns()),
        ("infra/region.yaml with controls", forwarding_patterns(controls=True)),
        ("template.yaml for members", hub_patterns()),
        ("template.yaml for members with controls", hub_patterns(controls=True)),
    ):
        for name, pattern in some.items():
            found.setdefault(json.dumps(pattern), f"{name} of {where}")
    return [(name, json.loads(pattern)) for pattern, name in found.items()]


class Engines(Matching):
    """LocalStack's engine and the emulator's say the same of each pattern and event."""

    def test_each_way_through_each_pattern_matches_and_its_near_misses_are_judged_alike(self):
        matched, missed = 0, 0
        for name, pattern in each_pattern():
            chosen = random.Random(name)
            for way in flattened(pattern):
                with self.subTest(name, way=way):
                    values = {path: chosen.choice(takes(conditions)) for path, conditions in way}
                    self.assertTrue(self.is_match(pattern, event_of(values)), values)
                    matched += 1
                    for path, conditions in chosen.choices(way, k=NEAR_MISSES):
                        differs = values | {path: chosen.choice(nearly(path, conditions))}
                        missed += not self.is_match(pattern, event_of(differs))
        # Enough of each, so that agreeing on all says something.
        self.assertGreater(matched, 100)
        self.assertGreater(missed, 400)

    def test_engines_that_differ_are_noticed(self):
        kept = second.is_match
        self.addCleanup(setattr, second, "is_match", kept)
        second.is_match = lambda pattern, event: not kept(pattern, event)
        with self.assertRaisesRegex(AssertionError, "the two engines do not agree"):
            self.is_match({"source": ["aws.iam"]}, event_of({"source": "aws.iam"}))

    def test_the_second_engine_refuses_what_is_no_pattern(self):
        for pattern in ({"source": "aws.iam"}, {"source": [{"begins-with": "aws."}]}):
            with self.assertRaises(second.InvalidEventPatternException):
                second.is_match(pattern, event_of({}))


def event_of(values):
    """An event with these values at their paths, and nothing else but its envelope."""
    event = json.loads(json.dumps(ENVELOPE)) | {"source": "custom", "detail-type": "custom"}
    for path, value in values.items():
        if value is ABSENT:
            continue
        *parents, last = path.split(".")
        place = event
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return event


def takes(conditions):
    """Values that any one of a field's conditions takes."""
    return [value for condition in conditions for value in taken_by(condition)]


def taken_by(condition):
    if not isinstance(condition, dict):
        return [condition]
    ((operator, operand),) = condition.items()
    if operator == "exists":
        return ["anything"] if operand else [ABSENT]
    if operator == "prefix":
        if isinstance(operand, dict):
            return [operand["equals-ignore-case"].swapcase() + "x"]
        return [operand, operand + "x"]
    if operator == "suffix":
        return [operand, "x" + operand]
    if operator == "equals-ignore-case":
        return [operand, operand.upper()]
    if operator == "wildcard":
        return [
            one.replace("*", stands_for)
            for one in (operand if isinstance(operand, list) else [operand])
            for stands_for in ("", "x", "x/y")
        ]
    if operator == "anything-but":
        return ["something else"]
    raise KeyError(f"test_engines.py does not know the operator {operator}")


def nearly(path, conditions):
    """Values that a field's conditions take or refuse by a hair."""
    values = [*takes(conditions), *named_in(conditions)]
    words = [value for value in values if isinstance(value, str)]
    near = [
        differs
        for word in words
        for differs in (word, word + "-", word[:-1], "-" + word, word.swapcase())
    ]
    if not path.startswith("detail."):
        return near
    return [*near, *([word, "other"] for word in words), ABSENT, None, "", 7, True, [], ["other"]]


def named_in(conditions):
    """The strings of what conditions exclude."""
    if isinstance(conditions, dict):
        conditions = list(conditions.values())
    if isinstance(conditions, list):
        return [name for inner in conditions for name in named_in(inner)]
    return [conditions]
