"""Holds the check of the package, and when it runs, against what would slip through."""

import pathlib
import re
import struct
import tempfile
import unittest

import yaml

from tests.emulator.emulator import ROOT
from tests.emulator.sam_build import MACHINES, BuildError, check

WORKFLOWS = ROOT / ".github" / "workflows"


def built(folder, machine=MACHINES["arm64"], executable=True, guardrails=True):
    """A folder as `sam build` leaves it."""
    parts = {"GuardrailFunction": {"CodeUri": "GuardrailFunction"}, "BundleLayer": {"ContentUri": "BundleLayer"}}
    resources = {name: {"Properties": properties} for name, properties in parts.items()}
    (folder / "template.yaml").write_text(yaml.safe_dump({"Resources": resources}))
    (folder / "GuardrailFunction").mkdir()
    (folder / "BundleLayer" / "guardrails").mkdir(parents=True)
    bootstrap = folder / "GuardrailFunction" / "bootstrap"
    bootstrap.write_bytes(b"\x7fELF".ljust(18, b"\0") + struct.pack("<H", machine) + b"code")
    bootstrap.chmod(0o755 if executable else 0o644)
    if guardrails:
        (folder / "BundleLayer" / "guardrails" / "a.cedar").write_text("forbid(principal, action, resource);")
    return bootstrap


class Release(unittest.TestCase):
    """What is deployed is built once a week, and is what Lambda starts."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def test_what_is_right_passes(self):
        for number, architecture in enumerate(MACHINES):
            folder = self.folder / str(number)
            folder.mkdir()
            bootstrap = built(folder, MACHINES[architecture])
            self.assertEqual(check(folder, architecture), bootstrap.stat().st_size)

    def test_another_architecture_is_refused(self):
        built(self.folder, MACHINES["x86_64"])
        with self.assertRaisesRegex(BuildError, "is for the machine 62, not for arm64"):
            check(self.folder, "arm64")

    def test_what_lambda_could_not_start_is_refused(self):
        bootstrap = built(self.folder, executable=False)
        with self.assertRaisesRegex(BuildError, "is not executable"):
            check(self.folder, "arm64")
        bootstrap.chmod(0o755)
        bootstrap.write_text("#!/bin/sh")
        with self.assertRaisesRegex(BuildError, "is no program for Linux"):
            check(self.folder, "arm64")
        bootstrap.unlink()
        with self.assertRaisesRegex(BuildError, "is missing"):
            check(self.folder, "arm64")

    def test_a_layer_without_guardrails_is_refused(self):
        built(self.folder, guardrails=False)
        with self.assertRaisesRegex(BuildError, "holds no guardrails"):
            check(self.folder, "arm64")

    def test_it_runs_each_week_for_both_architectures(self):
        workflow = yaml.safe_load((WORKFLOWS / "weekly.yml").read_text())
        # YAML takes the key `on` for a truth value.
        self.assertTrue(workflow[True]["schedule"])
        job = workflow["jobs"]["release"]
        self.assertEqual({row["arch"] for row in job["strategy"]["matrix"]["include"]}, MACHINES.keys())
        self.assertEqual(job["steps"][-1]["run"], "make check-release ARCH=${{ matrix.arch }}")

    def test_the_target_builds_by_sam_with_the_real_package(self):
        makefile = (ROOT / "Makefile").read_text()
        (recipe,) = re.findall(r"(?m)^check-release:.*\n((?:\t.*\n)+)", makefile)
        self.assertIn("$(SAM) build --build-in-source", recipe)
        self.assertNotIn("KEYRAIL_PROFILE", recipe)

    def test_actions_are_pinned(self):
        for file in WORKFLOWS.glob("*.yml"):
            for used in re.findall(r"uses: (\S+)", file.read_text()):
                self.assertRegex(used, r"@[0-9a-f]{40}$", file.name)
