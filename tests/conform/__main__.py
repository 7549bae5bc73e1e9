"""Runs the tests that a second emulator can tell something about against fakecloud.

    make conform

All tests of `tests/guardrail` and `tests/emulator` run, but for those that `exceptions.py` lists
with the reason, which are printed as skipped; and those of this folder. A listed name that is no
test fails the run, so that the list cannot outlive what it is about.
"""

import os
import subprocess
import sys
import time
import unittest

# Read before the tests are: it is the emulator that they start.
os.environ["KEYRAIL_EMULATOR"] = "fakecloud"

from tests.conform.exceptions import EMULATOR, GUARDRAIL, NOT_ASKED  # noqa: E402
from tests.emulator.emulator import ROOT  # noqa: E402

CARGO = "cargo test --locked --profile demo --workspace --test guardrail -- ".split()


def main():
    began = time.monotonic()
    passed, failed = guardrail_tests()
    more_passed, more_failed = emulator_tests()
    passed, failed = passed + more_passed, failed + more_failed
    skipped = {**GUARDRAIL, **EMULATOR}
    for name, reason in skipped.items():
        print(f"skipped: {name}: {reason}")
    for what, reason in NOT_ASKED.items():
        print(f"not asked of fakecloud: {what}: {reason}")
    print(f"against fakecloud, in {time.monotonic() - began:.0f} s:")
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed else 0


def guardrail_tests():
    """Runs those of the function's binary, in one process with one emulator; how many passed and
    how many failed."""
    listed = subprocess.run(
        [*CARGO, "--list", "--format", "terse"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    lines = listed.stdout.splitlines()
    names = [line.removesuffix(": test") for line in lines if line.endswith(": test")]
    chosen = without(names, GUARDRAIL)
    ran = subprocess.run(
        [*CARGO, "--include-ignored", "--exact", *chosen], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    print(ran.stdout)
    ok = sum(line.startswith("test ") and line.endswith("... ok") for line in ran.stdout.splitlines())
    return ok, len(chosen) - ok


def emulator_tests():
    """The same of the commands."""
    found = [
        unittest.defaultTestLoader.discover(str(ROOT / "tests" / folder), top_level_dir=str(ROOT))
        for folder in ("emulator", "conform")
    ]
    classes = {}
    for test in flat(found):
        name = test.id().removeprefix("tests.").rpartition(".")[0]
        classes.setdefault(name, []).append(test)
    suite = unittest.TestSuite(
        test for name in without(list(classes), EMULATOR) for test in classes[name]
    )
    result = unittest.TextTestRunner(sys.stdout, verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    return result.testsRun - failed, failed


def flat(tests):
    """The tests of a suite and of the suites in it."""
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def without(names, exceptions):
    """The names but for the exceptions, each of which must be one of them."""
    unknown = sorted(set(exceptions) - set(names))
    if unknown:
        sys.exit(f"error: tests/conform/exceptions.py lists what is no test: {', '.join(unknown)}")
    return [name for name in names if name not in exceptions]


if __name__ == "__main__":
    sys.exit(main())
