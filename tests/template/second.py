"""Whether a pattern matches an event, as LocalStack's engine sees it.

AWS's own engine is a Java library, software.amazon.event.ruler:event-ruler, which only Maven's
registry has (2026-11-29). LocalStack's is independent of the emulator's, and its makers hold it to
what AWS's TestEventPattern answered to their cases: tests/aws/services/events/test_events_patterns.py
in github.com/localstack/localstack. It is used as released, without the rest of LocalStack, but for
the two faults below.
"""

import functools
import importlib.metadata
import importlib.util
import json
import sys
import types

from moto.events.models import EventPattern

PACKAGE = "localstack-core"
MODULE = "localstack/services/events/event_rule_engine.py"
# Of the rest of LocalStack the module needs this class alone.
EXCEPTIONS = "localstack.aws.api.events"


class InvalidEventPatternException(Exception):
    """The pattern is not one that EventBridge takes; the message is like AWS's."""


@functools.cache
def module():
    path = importlib.metadata.distribution(PACKAGE).locate_file(MODULE)
    spec = importlib.util.spec_from_file_location("event_rule_engine", path)
    loaded = importlib.util.module_from_spec(spec)
    stands_in = types.ModuleType(EXCEPTIONS)
    stands_in.InvalidEventPatternException = InvalidEventPatternException
    before = {name: sys.modules.get(name) for name in parents(EXCEPTIONS)}
    sys.modules |= {name: stands_in for name in before}
    try:
        spec.loader.exec_module(loaded)
    finally:
        for name, was in before.items():
            if was is None:
                del sys.modules[name]
            else:
                sys.modules[name] = was
    return loaded


def parents(name):
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


@functools.cache
def compiled(pattern):
    return module().EventPatternCompiler().compile_event_pattern(pattern)


@functools.cache
def engine():
    class Engine(module().EventRuleEngine):
        # LocalStack's own lets `*` stand for one character at least, unlike the emulator's and moto's;
        # moto's does not let it stand for the line breaks that policies have.
        _evaluate_wildcard = staticmethod(
            lambda pattern, value: EventPattern._wildcard_match(
                value.replace("\n", " ") if isinstance(value, str) else value, pattern
            )
        )

        # And it breaks on a number where a prefix of any case is asked for.
        def _evaluate_condition(self, value, condition, field_exists):
            is_prefix = isinstance(condition, dict) and "prefix" in condition
            if is_prefix and not isinstance(value, str):
                return False
            return super()._evaluate_condition(value, condition, field_exists)

    return Engine()


def is_match(pattern, event):
    """What the engine says of a pattern and an event; `InvalidEventPatternException` if it refuses."""
    return engine().evaluate_pattern_on_event(compiled(json.dumps(pattern)), event)
