"""Holds all requests of a run of the tests to AWS's own models, as botocore ships them.

    python -m tests.wire target/wire

Exits with 1 if a request is outside its model, or if one of keyrail's calls was never sent.
"""

import collections
import json
import pathlib
import sys

from tests.wire.calls import operations
from tests.wire.holding import NoPattern, held, held_answer
from tests.wire.reading import Problem, Unreadable, read

# Where a request came from: keyrail's come from the Rust SDK or what that is made of, and so do those of
# the tests that say so.
KEYRAIL, TESTS = "keyrail", "the tests themselves"


class Result:
    """What a run's requests come to."""

    def __init__(self):
        self.requests = collections.Counter()
        self.sent = collections.defaultdict(collections.Counter)
        # (line, name of the call, problem) of each that is outside.
        self.outside = []
        self._known = {}
        self.answers = 0

    def add(self, line):
        if "answer_to" in line:
            self._add_answer(line)
            return
        by = sender(line)
        self.requests[by] += 1
        name, problems = self._judged(line)
        self.sent[name][by] += 1
        self.outside += [(line, name, problem) for problem in problems]

    def _add_answer(self, line):
        self.answers += 1
        name, problems = judged_answer(line)
        self.outside += [(line["answer_to"], f"answer to {name}", problem) for problem in problems]

    def _judged(self, line):
        """The same bytes are judged once."""
        same = json.dumps([line[part] for part in line if part != "sender"])
        if same not in self._known:
            self._known[same] = judged(line)
        return self._known[same]

    def never_sent(self):
        return sorted(operations() - {name for name, by in self.sent.items() if by[KEYRAIL]})

    def not_named(self):
        """What keyrail sends and its code does not name."""
        return sorted({name for name, by in self.sent.items() if by[KEYRAIL]} - operations())


def judged(line):
    """(the call's name, all in which it is outside its model)."""
    try:
        call = read(line)
    except Unreadable as reason:
        return "?", [Problem("", str(reason))]
    try:
        return call.name, held(call)
    except NoPattern as reason:
        return call.name, [Problem("", str(reason))]


def judged_answer(line):
    """The same of what a stand-in answered, where that is no error."""
    try:
        call = read(line["answer_to"])
    except Unreadable:
        return "?", []  # Told of the request.
    return call.name, held_answer(call, line["body"]) if line["status"] == 200 else []


def sender(line):
    agent = line["headers"].get("x-amz-user-agent", line["headers"].get("user-agent", ""))
    # What the SDK has no client for in keyrail, it asks by itself: `crates/keyrail-aws/src/watch/asking.rs`.
    own = ("aws-sdk-rust/", "keyrail/")
    return KEYRAIL if agent.startswith(own) and " app/tests" not in agent else TESTS


def lines(folder):
    for file in sorted(pathlib.Path(folder).glob("*.jsonl")):
        with open(file) as recorded:
            for line in recorded:
                yield json.loads(line)


def told(line, name, problem):
    where = f"{problem.member}: " if problem.member else ""
    body = line.get("body", f"({line.get('length')} bytes)")
    return (
        f"{name}: {where}{problem.constraint}\n"
        f"    sent by {line['sender']} ({sender(line)})\n"
        f"    {line['method']} {line['path']} {body[:400]}"
    )


def main(folder):
    result = Result()
    for line in lines(folder):
        result.add(line)
    total = sum(result.requests.values())
    if not total:
        return f"error: no request was recorded in {folder}"
    for name, by in sorted(result.sent.items()):
        print(f"{by[KEYRAIL]:7} {by[TESTS]:7}  {name}")
    alike = collections.defaultdict(list)
    for line, name, problem in result.outside:
        alike[name, problem].append(line)
    for (name, problem), those in alike.items():
        print(f"\noutside, {len(those)} of them: {told(those[0], name, problem)}")
    for name in result.never_sent():
        print(f"\nnever sent: {name}: no test has keyrail call it")
    for name in result.not_named():
        print(f"\nnot named: {name}: keyrail calls it, and none of its code is known to")
    print(f"\n{total} requests: " + ", ".join(f"{n} of {by}" for by, n in result.requests.most_common()))
    print(f"{result.answers} answers of stand-ins")
    print(f"{len(result.outside)} outside AWS's models, {len(result.sent)} operations")
    return 1 if result.outside or result.never_sent() or result.not_named() else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
