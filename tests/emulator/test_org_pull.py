"""`keyrail org pull` against the emulator's Organizations.

    make test       runs this with everything else
    python -m unittest discover -s tests/emulator -t .
"""

import json
import os
import pathlib
import pty
import subprocess
import tempfile
import time
import unittest

from tests.emulator.emulator import AUTHORITY, ROOT, Emulator
from tests.emulator.stand_in import StandIn, after, document, refusal

COMMAND = pathlib.Path(os.environ.get("KEYRAIL_BIN", ROOT / "target" / "debug" / "keyrail"))


class OrgPull(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator(os.environ.get("KEYRAIL_EMULATOR", "moto"))
        cls.addClassCleanup(cls.emulator.close)
        cls.client = cls.emulator.client("organizations")

    def pulled(self, *arguments, stderr=subprocess.PIPE, **environment):
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "SSL_CERT_FILE": str(AUTHORITY),
            "AWS_ENDPOINT_URL": self.emulator.endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return subprocess.run(
            [COMMAND, "org", "pull", *arguments],
            env=variables | environment,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            timeout=60,
        )

    def created(self, name):
        """Makes an account, and returns its id; AWS takes some time for it, and so does fakecloud."""
        answer = self.client.create_account(AccountName=name, Email=f"{name}@example.com")
        deadline = time.monotonic() + 60
        while (status := answer["CreateAccountStatus"])["State"] == "IN_PROGRESS":
            self.assertLess(time.monotonic(), deadline, status)
            time.sleep(0.1)
            request = status["Id"]
            answer = self.client.describe_create_account_status(CreateAccountRequestId=request)
        return status["AccountId"]

    def test_accounts_and_units_are_written_and_valid(self):
        client = self.client
        client.create_organization(FeatureSet="ALL")
        root = client.list_roots()["Roots"][0]["Id"]
        units = {}
        for name, parent in [("Workloads", root), ("Sandbox", root), ("Payments", "Workloads")]:
            made = client.create_organizational_unit(ParentId=units.get(parent, parent), Name=name)
            units[name] = made["OrganizationalUnit"]["Id"]
        account = self.created("payments")
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
        self.assertIn("sts:GetCallerIdentity: no connection", done.stderr)
        self.assertIn("see that there is a network", done.stderr)
        with StandIn() as aws:
            aws.answer("ListRoots", refusal("AccessDeniedException", "not you"))
            done = self.pulled("--print", AWS_ENDPOINT_URL=aws.endpoint)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("organizations:ListRoots: AccessDeniedException: not you", done.stderr)
        self.assertIn("delegated administrator", done.stderr)


THROTTLED = refusal("TooManyRequestsException", "AWS Organizations can't complete your request")
ROOT_ID, UNIT = "r-exam", "ou-exam-payments"
STATES = ["ACTIVE", "PENDING_ACTIVATION", "PENDING_CLOSURE", "SUSPENDED", "CLOSED"]


class Patience(unittest.TestCase):
    """What Organizations answers in a big organization, and moto does not."""

    def setUp(self):
        self.aws = StandIn()
        self.addCleanup(self.aws.close)
        self.aws.answer("ListRoots", document({"Roots": [{"Id": ROOT_ID, "Name": "Root"}]}))
        self.aws.answer("ListOrganizationalUnitsForParent", self.units)
        self.aws.answer("ListAccountsForParent", self.accounts)

    def units(self, fields):
        """Of two pages the first is empty: "These operations can occasionally return an empty set
        of results even when there are more" (Organizations API reference, checked 2026-11-29)."""
        if fields["ParentId"] != ROOT_ID:
            return document({"OrganizationalUnits": []})
        if "NextToken" not in fields:
            return document({"OrganizationalUnits": [], "NextToken": "two"})
        return document({"OrganizationalUnits": [{"Id": UNIT, "Name": "Payments"}]})

    def accounts(self, fields):
        """One account of each state, two on a page, all in the unit."""
        if fields["ParentId"] == ROOT_ID:
            return document({"Accounts": []})
        at = int(fields.get("NextToken", 0))
        page = {
            "Accounts": [
                {"Id": f"11112222000{number}", "Name": state, "State": state}
                for number, state in enumerate(STATES)
            ][at : at + 2]
        }
        return document(page | ({"NextToken": str(at + 2)} if at + 2 < len(STATES) else {}))

    def pulled(self):
        done = OrgPull.pulled(self, "--print", AWS_ENDPOINT_URL=self.aws.endpoint)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    # `OrgPull.pulled` asks where the emulator is, and the stand-in takes its place.
    @property
    def emulator(self):
        return self.aws

    def test_all_pages_are_read_and_who_cannot_act_is_left_out(self):
        organization = self.pulled()
        self.assertEqual([unit["id"] for unit in organization["units"]], [UNIT, ROOT_ID])
        names = [(account["name"], account["unit"]) for account in organization["accounts"]]
        self.assertEqual(names, [(state, UNIT) for state in STATES[:3]])

    def test_who_waits_at_a_terminal_sees_that_it_goes_on(self):
        self.aws.answer("ListAccountsForParent", after(2.5, document({"Accounts": []})))
        ours, theirs = pty.openpty()
        done = OrgPull.pulled(self, "--print", AWS_ENDPOINT_URL=self.aws.endpoint, stderr=theirs)
        os.close(theirs)
        said = os.read(ours, 65536).decode()
        os.close(ours)
        self.assertEqual(done.returncode, 0, said)
        self.assertRegex(said, r"0 accounts in 2 units: \d s")

    def test_throttles_are_waited_out(self):
        roots = document({"Roots": [{"Id": ROOT_ID, "Name": "Root"}]})
        self.aws.answer("ListRoots", *[THROTTLED] * 4, roots)
        self.assertEqual(len(self.pulled()["accounts"]), 3)
        self.assertEqual(self.aws.actions().count("ListRoots"), 5)


if __name__ == "__main__":
    unittest.main()
