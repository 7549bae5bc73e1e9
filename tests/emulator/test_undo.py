"""`keyrail undo --apply` against the emulator's IAM and DynamoDB.

    make test       runs this with everything else
    python -m unittest discover -s tests/emulator -t .
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from tests.emulator.emulator import ACCOUNT, ROOT, Emulator

COMMAND = pathlib.Path(os.environ.get("KEYRAIL_BIN", ROOT / "target" / "debug" / "keyrail"))
EVENT = "e0f1a2b3-1111-4c5d-9e8f-000000000001"
POLICY = "KeyrailQuarantine"
DENIAL = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
TRUST = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"Service":"ec2.amazonaws.com"}}}'
)
TABLE = "keyrail"


class Undo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.close)
        cls.iam = cls.emulator.client("iam")
        cls.dynamodb = cls.emulator.client("dynamodb")
        cls.dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )

    def setUp(self):
        """A user as keyrail leaves it, and the report that says so."""
        self.user = f"user-{self._testMethodName[-40:]}"
        self.iam.create_user(UserName=self.user)
        key = self.iam.create_access_key(UserName=self.user)["AccessKey"]["AccessKeyId"]
        self.key = key
        self.set_key("Inactive")
        self.iam.put_user_policy(UserName=self.user, PolicyName=POLICY, PolicyDocument=DENIAL)
        step = {"step": "", "result": "verified", "account": ACCOUNT}
        key = {"call": "iam:UpdateAccessKey", "user": self.user, "key": key, "status": "Inactive"}
        policy = {"call": "iam:PutUserPolicy", "user": self.user, "denial": "everything"}
        self.report = {
            "schema": "keyrail.report/v1",
            "event": {"id": EVENT},
            "activity": {"account": ACCOUNT, "region": "us-east-1"},
            "outcomes": [step | {"changes": [key]}, step | {"changes": [policy]}],
        }

    def set_key(self, status):
        self.iam.update_access_key(UserName=self.user, AccessKeyId=self.key, Status=status)

    def undo(self, *arguments, **environment):
        return subprocess.run(
            [COMMAND, "undo", "-", "--apply", "--yes", *arguments],
            env=self.emulator.environment() | environment,
            input=json.dumps(self.report),
            capture_output=True,
            text=True,
            timeout=60,
        )

    def state(self):
        keys = self.iam.list_access_keys(UserName=self.user)["AccessKeyMetadata"]
        policies = self.iam.list_user_policies(UserName=self.user)["PolicyNames"]
        return [key["Status"] for key in keys], policies

    def releases(self):
        answer = self.dynamodb.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"key#{self.key}"}},
        )
        return [json.loads(item["memory"]["S"]) for item in answer["Items"]]

    def refused(self, status, message, *arguments, **environment):
        """It says so, and the state is the same as before; nothing is released."""
        before = self.state()
        done = self.undo(*arguments, **environment)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertIn(message, done.stderr)
        self.assertEqual(self.state(), before)
        self.assertEqual(self.releases(), [])

    def results(self, *arguments):
        done = self.undo("--table", TABLE, "--format", "json", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        answer = json.loads(done.stdout)
        self.assertTrue(answer["applied"])
        return [(step["undoes"]["call"], step["result"]) for step in answer["steps"]]

    def test_all_is_taken_back_and_the_key_is_released_first(self):
        done = self.undo("--by", "ops", "--until", "8", KEYRAIL_TABLE=TABLE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(
            done.stdout.splitlines(),
            [
                f"released    {self.key}, for 8 hours",
                f"undone      aws iam delete-user-policy --user-name {self.user}"
                f" --policy-name {POLICY}",
                f"undone      aws iam update-access-key --user-name {self.user}"
                f" --access-key-id {self.key} --status Active",
            ],
        )
        self.assertEqual(self.state(), (["Active"], []))
        (release,) = self.releases()
        # During an upgrade the function of the version before reads it.
        before = ROOT / "tests" / "fixtures" / "upgrade" / "items" / "memory-released-key.json"
        before = json.loads(json.loads(before.read_text())["memory"]["S"])
        self.assertEqual(release.keys(), before.keys())
        self.assertEqual(release["about"].keys(), before["about"].keys())
        self.assertEqual(release["fact"].keys(), before["fact"].keys())
        self.assertEqual(release["fact"]["released"].keys(), before["fact"]["released"].keys())
        self.assertEqual((release["about"], release["event"]), ({"key": self.key}, EVENT))
        self.assertEqual(release["fact"]["released"]["by"], "ops")
        # A second time there is nothing left to do.
        already = [("iam:PutUserPolicy", "already"), ("iam:UpdateAccessKey", "already")]
        self.assertEqual(self.results(), already)

    def test_policies_and_a_boundary_are_taken_off_users_and_roles(self):
        role, deny_all = f"role-{ACCOUNT}", "arn:aws:iam::aws:policy/AWSDenyAll"
        self.iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
        self.iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=DENIAL)
        self.iam.attach_user_policy(UserName=self.user, PolicyArn=deny_all)
        self.iam.put_user_permissions_boundary(UserName=self.user, PermissionsBoundary=deny_all)
        self.report["outcomes"][0]["changes"] = [
            {"call": "iam:PutRolePolicy", "role": role, "denial": "everything"},
            {"call": "iam:AttachUserPolicy", "user": self.user, "arn": deny_all},
            {
                "call": "iam:PutUserPermissionsBoundary",
                "user": self.user,
                "arn": deny_all,
                "previous": None,
            },
        ]
        self.report["outcomes"].pop()
        self.assertEqual(
            self.results(),
            [
                ("iam:PutUserPermissionsBoundary", "undone"),
                ("iam:AttachUserPolicy", "undone"),
                ("iam:PutRolePolicy", "undone"),
            ],
        )
        self.assertEqual(self.iam.list_role_policies(RoleName=role)["PolicyNames"], [])
        attached = self.iam.list_attached_user_policies(UserName=self.user)
        self.assertEqual(attached["AttachedPolicies"], [])
        self.assertNotIn("PermissionsBoundary", self.iam.get_user(UserName=self.user)["User"])

    def test_what_another_hand_has_undone_is_left_alone(self):
        self.iam.delete_user_policy(UserName=self.user, PolicyName=POLICY)
        self.assertEqual(
            self.results(), [("iam:PutUserPolicy", "already"), ("iam:UpdateAccessKey", "undone")]
        )
        self.assertEqual(self.state(), (["Active"], []))
        by = self.releases()[0]["fact"]["released"]["by"]
        self.assertTrue(by.startswith("arn:aws:"), by)

    def test_a_key_that_is_active_already_is_left_alone(self):
        self.set_key("Active")
        self.assertEqual(
            self.results(), [("iam:PutUserPolicy", "undone"), ("iam:UpdateAccessKey", "already")]
        )
        self.assertEqual(self.state(), (["Active"], []))

    def test_a_state_that_is_neither_is_not_touched(self):
        other = DENIAL.replace('"*"}', '"arn:aws:s3:::a"}')
        self.iam.put_user_policy(UserName=self.user, PolicyName=POLICY, PolicyDocument=other)
        self.refused(1, "the state has changed since: ", "--table", TABLE)
        self.iam.put_user_policy(UserName=self.user, PolicyName=POLICY, PolicyDocument=DENIAL)
        self.iam.delete_access_key(UserName=self.user, AccessKeyId=self.key)
        message = f"key {self.key} of user {self.user}: set to Inactive, and is gone"
        self.refused(1, message, "--table", TABLE)

    def test_credentials_of_another_account_touch_nothing(self):
        message = f"in account {ACCOUNT}, and these credentials are of account 444455556666"
        self.refused(2, message, "--table", TABLE, AWS_ACCESS_KEY_ID="444455556666")

    def test_in_a_member_account_the_release_is_recorded_in_the_hubs_table(self):
        member = "444455556666"
        iam = self.emulator.client("iam", member)
        iam.create_user(UserName=self.user)
        key = iam.create_access_key(UserName=self.user)["AccessKey"]["AccessKeyId"]
        iam.update_access_key(UserName=self.user, AccessKeyId=key, Status="Inactive")
        self.key, (step, _) = key, self.report["outcomes"]
        step["changes"][0]["key"] = key
        self.report["outcomes"] = [step | {"account": member}]
        self.report["activity"]["account"] = member
        with tempfile.NamedTemporaryFile("w", suffix=".ini") as credentials:
            print(f"[hub]\naws_access_key_id={ACCOUNT}\naws_secret_access_key=test", file=credentials)
            credentials.flush()
            done = self.undo(
                *("--table", TABLE, "--table-profile", "hub"),
                AWS_ACCESS_KEY_ID=member,
                AWS_SHARED_CREDENTIALS_FILE=credentials.name,
            )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        (found,) = iam.list_access_keys(UserName=self.user)["AccessKeyMetadata"]
        self.assertEqual(found["Status"], "Active")
        self.assertEqual(len(self.releases()), 1)

    def test_a_release_that_cannot_be_recorded_stops_it(self):
        self.refused(3, "could not be recorded, and nothing was undone", "--table", "nowhere")
        self.refused(2, "name keyrail's table")


if __name__ == "__main__":
    unittest.main()
