"""`keyrail org pull` against the emulator's Organizations.

    make test       runs this with everything else
    python -m unittest discover -s tests/emulator -t .
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from tests.emulator.emulator import ROOT, Emulator

COMMAND = pathlib.Path(os.environ.get("KEYRAIL_BIN", ROOT / "target" / "debug" / "keyrail"))


class OrgPull(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator(kind="moto")
        cls.addClassCleanup(cls.emulator.close)
        cls.client = cls.emulator.client("organizations")

    def pulled(self, *arguments, **environment):
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "AWS_ENDPOINT_URL": self.emulator.endpoint,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return subprocess.run(
            [COMMAND, "org", "pull", *arguments],
            env=variables | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def test_accounts_and_units_are_written_and_valid(self):
        client = self.client
        client.create_organization(FeatureSet="ALL")
        root = client.list_roots()["Roots"][0]["Id"]
        units = {}
        for name, parent in [("Workloads", root), ("Sandbox", root), ("Payments", "Workloads")]:
            made = client.create_organizational_unit(ParentId=units.get(parent, parent), Name=name)
            units[name] = made["OrganizationalUnit"]["Id"]
        made = client.create_account(AccountName="payments", Email="payments@example.com")
        account = made["CreateAccountStatus"]["AccountId"]
        client.move_account(
            AccountId=account, SourceParentId=root, DestinationParentId=units["Payments"]
        )

        with tempfile.TemporaryDirectory() as folder:
            guardrails = pathlib.Path(folder, "guardrails")
            guardrails.mkdir()
            policy = (
                '@id("a") @title("A") @severity("low") @respond("alert") forbid (principal is Root, '
                'action in Action::"sign-in", resource) when { principal in OrgUnit::"%s" };'
            )
            (guardrails / "a.cedar").write_text(policy % units["Workloads"])
            done = self.pulled(folder)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            written = json.loads(pathlib.Path(folder, "organization.json").read_text())
            validated = subprocess.run([COMMAND, "validate", folder], capture_output=True, text=True)
            self.assertEqual(validated.returncode, 0, validated.stdout)
        parents = {unit["name"]: unit.get("parent") for unit in written["units"]}
        self.assertEqual(parents["Payments"], units["Workloads"])
        self.assertEqual(parents["Workloads"], root)
        found = {row["id"]: row for row in written["accounts"]}
        self.assertEqual(found[account]["unit"], units["Payments"])
        self.assertEqual(found[account]["name"], "payments")

    def test_what_the_outside_refuses_exits_with_3_and_says_what_to_do(self):
        done = self.pulled("--print", AWS_ENDPOINT_URL="http://127.0.0.1:9")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("organizations:ListRoots: no connection", done.stderr)
        self.assertIn("delegated administrator", done.stderr)


if __name__ == "__main__":
    unittest.main()
