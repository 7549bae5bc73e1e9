"""How people connect: `keyrail undo --apply`, `keyrail org pull` and `keyrail redrive` with every
source of credentials that the AWS command line has, and with everything that goes wrong with them.

    make test       runs this with everything else
    python -m unittest discover -s tests/emulator -t .
"""

import datetime
import hashlib
import json
import os
import pathlib
import pty
import subprocess
import tempfile
import unittest

from tests.emulator.emulator import ROOT, clean_environment
from tests.emulator.stand_in import ACCOUNT, OneKey, StandIn, after, document, error, identity, refusal

COMMAND = pathlib.Path(os.environ.get("KEYRAIL_BIN", ROOT / "target" / "debug" / "keyrail"))
KEY = "AKIAI44QH8DHBEXAMPLE"
NOTHING = ": nothing was touched"

PROCESS = """\
[profile slow]
credential_process = sh {folder}/process
"""
MADE = json.dumps(
    {"Version": 1, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "s", "SessionToken": "t"}
)
SSO = """\
[profile portal]
sso_session = company
sso_account_id = 111122223333
sso_role_name = Responder

[sso-session company]
sso_region = us-east-1
sso_start_url = https://example.awsapps.com/start

[profile older]
sso_region = us-east-1
sso_start_url = https://example.awsapps.com/start
sso_account_id = 111122223333
sso_role_name = Responder
"""
ROLE = """\
[profile plain]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = secret

[profile responder]
role_arn = arn:aws:iam::111122223333:role/Responder
source_profile = plain

[profile careful]
role_arn = arn:aws:iam::111122223333:role/Responder
source_profile = plain
mfa_serial = arn:aws:iam::111122223333:mfa/anaya
"""
QUEUE = f"https://sqs.eu-central-1.amazonaws.com/{ACCOUNT}/dead"
DENIED = error("AccessDenied", "User is not authorized to perform: sts:AssumeRole", status=403)


class Credentials(unittest.TestCase):
    def setUp(self):
        self.aws = StandIn()
        self.addCleanup(self.aws.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        self.iam = OneKey("bob", KEY)
        self.aws.answer("ListAccessKeys", self.iam.keys)
        self.aws.answer("UpdateAccessKey", self.iam.update)
        change = {"call": "iam:UpdateAccessKey", "user": "bob", "key": KEY, "status": "Inactive"}
        step = {"step": "", "result": "verified", "account": ACCOUNT, "changes": [change]}
        self.report = {
            "schema": "keyrail.report/v1",
            "event": {"id": "e0f1a2b3-1111-4c5d-9e8f-000000000001"},
            "activity": {"account": ACCOUNT, "region": "us-east-1"},
            "outcomes": [step],
        }

    def configured(self, config):
        (self.home / "config").write_text(config.format(folder=self.home))

    def process(self, script):
        (self.home / "process").write_text(f"echo run >> {self.home}/runs\n{script}\n")
        self.configured(PROCESS)

    def token(self, name, expires=None, **more):
        """What `aws sso login` leaves behind."""
        now = datetime.datetime.now(datetime.UTC)
        expires = now + (expires or datetime.timedelta(hours=8))
        cache = self.home / ".aws" / "sso" / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        token = {"accessToken": "token", "expiresAt": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}
        file = hashlib.sha1(name.encode()).hexdigest() + ".json"
        (cache / file).write_text(json.dumps(token | more))

    def environment(self, **variables):
        return (
            clean_environment()
            | {
                "HOME": str(self.home),
                "AWS_CONFIG_FILE": str(self.home / "config"),
                "AWS_ENDPOINT_URL": self.aws.endpoint,
                "KEYRAIL_TABLE": "keyrail",
            }
            | variables
        )

    def undo(self, *arguments, stderr=subprocess.PIPE, **variables):
        return subprocess.run(
            [COMMAND, "undo", "-", "--apply", "--yes", *arguments],
            env=self.environment(**variables),
            input=json.dumps(self.report),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            timeout=120,
        )

    def undone(self, *arguments, **variables):
        done = self.undo(*arguments, **variables)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.iam.status, "Active")

    def refused(self, message, help, *arguments, status=3, **variables):
        """It says what is wrong and what to do, and nothing has changed."""
        done = self.undo(*arguments, **variables)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        said, _, hint = done.stderr.partition("\n\nhelp: ")
        self.assertIn(message, said)
        self.assertTrue(said.endswith(NOTHING), said)
        self.assertIn(help, hint)
        self.assertEqual(self.iam.status, "Inactive")
        self.assertNotIn("UpdateAccessKey", self.aws.actions())
        self.assertNotIn("UpdateItem", self.aws.actions())
        self.assertNotIn("PutItem", self.aws.actions())

    def refused_by_sts(self, code, message, help):
        self.aws.answer("GetCallerIdentity", error(code, "AWS says so", status=403))
        self.refused(message, help, AWS_ACCESS_KEY_ID="ASIA", AWS_SECRET_ACCESS_KEY="s")

    def test_a_slow_program_is_waited_for_and_run_once(self):
        self.process(f"sleep 2.5; echo '{MADE}'")
        self.undone(AWS_PROFILE="slow")
        self.assertEqual((self.home / "runs").read_text(), "run\n")
        self.assertEqual({call.key for call in self.aws.calls}, {"ASIAIOSFODNN7EXAMPLE"})

    def test_who_waits_at_a_terminal_is_told_for_what(self):
        self.process(f"sleep 4.5; echo '{MADE}'")
        ours, theirs = pty.openpty()
        done = self.undo(stderr=theirs, AWS_PROFILE="slow")
        os.close(theirs)
        said = os.read(ours, 65536).decode()
        os.close(ours)
        self.assertEqual(done.returncode, 0, said)
        self.assertIn("waiting for credentials from profile `slow` (`credential_process`): ", said)

    def test_a_program_that_fails_is_told_with_its_own_words(self):
        self.process("echo 'the vault is locked' >&2; exit 3")
        self.refused(
            "no credentials from profile `slow` (`credential_process`): exit status: 3. Stderr: the vault is locked",
            "`aws configure get credential_process --profile slow`",
            AWS_PROFILE="slow",
        )
        self.process("echo '{}'")
        self.refused("could not parse response", "credential_process", AWS_PROFILE="slow")

    def test_without_any_credentials_it_says_where_it_looked(self):
        self.refused(
            "there are no AWS credentials: none in the environment, none in the default profile, and none from"
            " a web identity token, a container or an EC2 instance",
            "`AWS_PROFILE=…`",
        )

    def test_a_profile_that_is_not_there_is_named(self):
        self.configured(ROLE)
        message = "the AWS configuration has no profile `nowhere`"
        self.refused(message, "`aws configure list-profiles`", AWS_PROFILE="nowhere")
        own = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
        arguments = ("--table", "keyrail", "--table-profile", "nowhere")
        self.refused(message, "`aws configure list-profiles`", *arguments, **own)
        self.configured("[profile a]\nrole_arn = arn\nsource_profile = nowhere\n")
        self.refused(message, "`aws configure list-profiles`", AWS_PROFILE="a")

    def test_a_profile_that_is_wrong_is_named(self):
        self.configured("[profile a]\nregion = us-east-1\n")
        self.refused("profile `a` is wrong: it has no credentials", "[profile a]", AWS_PROFILE="a")
        role = "role_arn = arn:aws:iam::111122223333:role/Responder"
        self.configured(f"[profile a]\n{role}\n")
        message = "profile `a` is wrong: it assumes a role, and names nothing to do so with"
        self.refused(message, "[profile a]", AWS_PROFILE="a")
        self.configured(f"[profile a]\n{role}\nsource_profile = b\n[profile b]\n{role}\nsource_profile = a\n")
        message = "profile `a` is wrong: its `source_profile` leads back to `a`"
        self.refused(message, "[profile a]", AWS_PROFILE="a")
        for config, message in [
            ("sso_session = b\nsso_account_id = 111122223333\nsso_role_name = c", "sso-session named `b`"),
            ("sso_region = us-east-1\nsso_start_url = https://example.com", "sso_account_id"),
            ("aws_access_key_id = AKIA", "aws_secret_access_key"),
        ]:
            self.configured(f"[profile a]\n{config}\n")
            with self.subTest(config):
                self.refused("profile `a` is wrong: ", "[profile a]", AWS_PROFILE="a")
                self.refused(message, "[profile a]", AWS_PROFILE="a")
        self.configured("[profile a\n")
        self.refused("the AWS configuration cannot be read", "AWS_CONFIG_FILE", AWS_PROFILE="a")

    def test_who_is_signed_in_at_the_portal_can_undo(self):
        self.configured(SSO)
        self.token("company")
        self.undone(AWS_PROFILE="portal")
        self.token("https://example.awsapps.com/start")
        self.iam.status = "Inactive"
        self.undone(AWS_PROFILE="older")

    def test_who_is_not_signed_in_any_more_is_told_how(self):
        self.configured(SSO)
        message = "nobody is signed in for profile `{}` (IAM Identity Center), or no longer: "
        for profile in ("portal", "older"):
            with self.subTest(f"{profile}: no token"):
                help = f"`aws sso login --profile {profile}`"
                self.refused(message.format(profile), help, AWS_PROFILE=profile)
        past = datetime.timedelta(hours=-1)
        self.token("company", past)
        self.token("https://example.awsapps.com/start", past)
        self.aws.answer(
            "GetRoleCredentials",
            refusal("UnauthorizedException", "Session token not found or invalid", status=401),
        )
        for profile in ("portal", "older"):
            with self.subTest(f"{profile}: an old token"):
                help = f"`aws sso login --profile {profile}`"
                self.refused(message.format(profile), help, AWS_PROFILE=profile)
        self.token("company")
        self.refused("Session token not found or invalid", "`aws sso login", AWS_PROFILE="portal")
        self.aws.answer("GetRoleCredentials", refusal("ForbiddenException", "No access", status=403))
        self.refused(
            "no credentials from profile `portal` (IAM Identity Center): sso:GetRoleCredentials: ForbiddenException: No access",
            "`aws sts get-caller-identity`",
            AWS_PROFILE="portal",
        )

    def test_a_console_session_that_is_missing_is_told_with_its_command(self):
        self.configured("[profile console]\nlogin_session = arn:aws:iam::111122223333:user/anaya\n")
        self.refused(
            "nobody is signed in for profile `console` (`aws login`)",
            "`aws login --profile console`",
            AWS_PROFILE="console",
        )

    def test_a_profile_that_wants_mfa_is_told_what_to_do_instead(self):
        self.configured(ROLE)
        self.aws.answer("AssumeRole", DENIED)
        message = (
            "profile `careful` (access key of profile `plain`, role arn:aws:iam::111122223333:role/Responder)"
            " wants a code of MFA (`mfa_serial`), for which keyrail cannot ask: sts:AssumeRole: AccessDenied"
        )
        help = 'eval "$(aws configure export-credentials --profile careful --format env)"'
        self.refused(message, help, AWS_PROFILE="careful")
        own = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
        help = "credential_process = aws configure export-credentials --profile careful"
        self.refused(message, help, "--table-profile", "careful", **own)
        self.refused(
            "the role of profile `responder` (access key of profile `plain`, role"
            " arn:aws:iam::111122223333:role/Responder) cannot be assumed: sts:AssumeRole: AccessDenied",
            "its trust policy",
            AWS_PROFILE="responder",
        )

    def test_what_aws_does_not_take_is_told_apart(self):
        source = "the environment (`AWS_ACCESS_KEY_ID`)"
        self.refused_by_sts("ExpiredToken", f"the session of {source} has expired", "`AWS_PROFILE`")
        self.refused_by_sts(
            "InvalidClientTokenId",
            f"AWS does not know the access key of {source}, as asked in us-east-1",
            "another partition",
        )
        self.refused_by_sts(
            "SignatureDoesNotMatch", f"AWS does not accept what {source} signs", "the clock is right"
        )
        self.refused_by_sts(
            "InternalThing",
            f"no credentials from {source}: sts:GetCallerIdentity: InternalThing: AWS says so",
            "`aws sts get-caller-identity`",
        )

    def test_without_a_network_it_says_so(self):
        own = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
        self.refused(
            "sts:GetCallerIdentity: no connection (Connection refused (os error 111)); the credentials are from"
            " the environment",
            "see that there is a network",
            AWS_ENDPOINT_URL="http://127.0.0.1:9",
            **own,
        )
        self.configured(SSO)
        self.token("company")
        self.refused(
            "sso:GetRoleCredentials: no connection (Connection refused (os error 111)); the credentials are from"
            " profile `portal`",
            "see that there is a network",
            AWS_ENDPOINT_URL="http://127.0.0.1:9",
            AWS_PROFILE="portal",
        )

    def test_a_token_that_sts_does_not_take_is_not_told_as_none(self):
        (self.home / "token").write_text("e30.e30.e30")
        self.aws.answer("AssumeRoleWithWebIdentity", error("InvalidIdentityToken", "Not yours"))
        self.refused(
            "no credentials from a web identity token, a container or an EC2 instance: service error:"
            " InvalidIdentityTokenException: Not yours",
            "`aws sts get-caller-identity`",
            AWS_WEB_IDENTITY_TOKEN_FILE=str(self.home / "token"),
            AWS_ROLE_ARN="arn:aws:iam::111122223333:role/Responder",
        )

    def test_a_proxy_of_the_environment_is_gone_through(self):
        self.undone(
            AWS_ACCESS_KEY_ID="AKIA",
            AWS_SECRET_ACCESS_KEY="s",
            AWS_ENDPOINT_URL="http://aws.example.invalid",
            HTTP_PROXY=self.aws.endpoint,
        )

    def test_the_table_is_in_the_home_region_of_the_partition(self):
        for partition, home in [
            ("aws", "us-east-1"),
            ("aws-us-gov", "us-gov-west-1"),
            ("aws-cn", "cn-north-1"),
            ("aws-eusc", "eusc-de-east-1"),
        ]:
            with self.subTest(partition):
                arn = f"arn:{partition}:iam::{ACCOUNT}:user/anaya"
                self.aws.answer("GetCallerIdentity", identity(arn))
                self.assertEqual(self.tables_region(), home)
        self.assertEqual(self.tables_region("--table-region", "eu-central-1"), "eu-central-1")
        self.iam.status = "Inactive"
        self.aws.calls.clear()
        self.aws.answer("GetCallerIdentity", identity(f"arn:aws-iso:iam::{ACCOUNT}:user/anaya"))
        own = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
        message = "in which Region of partition `aws-iso` its table is"
        self.refused(message, "`--table-region`", status=2, **own)

    def tables_region(self, *arguments):
        """Which one it asks, with a profile and an event of others."""
        self.iam.status = "Inactive"
        self.aws.calls.clear()
        self.report["activity"]["region"] = "eu-west-1"
        own = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
        self.undone(*arguments, AWS_REGION="eu-west-3", **own)
        regions = {call.region for call in self.aws.calls if call.service == "dynamodb"}
        (region,) = regions
        return region

    def test_a_slow_table_is_waited_for(self):
        for action in ("UpdateItem", "PutItem"):
            self.aws.answer(action, after(1.5, document({})))
        self.undone(AWS_ACCESS_KEY_ID="AKIA", AWS_SECRET_ACCESS_KEY="s")

    # `keyrail redrive`

    def redrive(self, *arguments, stderr=subprocess.PIPE, **variables):
        """From an empty queue."""
        attributes = {
            "QueueArn": f"arn:aws:sqs:eu-central-1:{ACCOUNT}:dead",
            "ApproximateNumberOfMessagesNotVisible": "0",
        }
        self.aws.answer("GetQueueAttributes", document({"Attributes": attributes}))
        self.aws.answer("ReceiveMessage", document({}))
        function = {
            "FunctionArn": f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:keyrail",
            "Environment": {"Variables": {"KEYRAIL_TOPIC_ARN": "a", "KEYRAIL_MODE": "observe"}},
        }
        self.aws.answer("GetFunctionConfiguration", document(function))
        return subprocess.run(
            [COMMAND, "redrive", "--queue", QUEUE, "--function", "keyrail", *arguments],
            env=self.environment(**variables),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            timeout=120,
        )

    def regions(self, *arguments, **variables):
        """{service: (Region, access key)} of a run."""
        self.aws.calls.clear()
        done = self.redrive(*arguments, **variables)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {call.service: (call.region, call.key) for call in self.aws.calls}

    def test_redrive_waits_for_a_slow_program_runs_it_once_and_tells_of_it(self):
        self.process(f"sleep 4.5; echo '{MADE}'")
        ours, theirs = pty.openpty()
        done = self.redrive("--profile", "slow", stderr=theirs)
        os.close(theirs)
        said = os.read(ours, 65536).decode()
        os.close(ours)
        self.assertEqual(done.returncode, 0, said)
        self.assertEqual(done.stdout, "there are no messages in the queue\n")
        self.assertIn("waiting for credentials from profile `slow` (`credential_process`): ", said)
        self.assertEqual((self.home / "runs").read_text(), "run\n")
        self.assertEqual({call.key for call in self.aws.calls}, {"ASIAIOSFODNN7EXAMPLE"})

    def test_redrive_names_a_profile_that_is_not_there(self):
        self.configured(ROLE)
        own = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
        for option in ("--profile", "--queue-profile"):
            with self.subTest(option):
                done = self.redrive(option, "nobody", **own)
                self.assertEqual((done.returncode, done.stdout), (3, ""))
                said, _, help = done.stderr.partition("\n\nhelp: ")
                message = "the AWS configuration has no profile `nobody`: nothing was read"
                self.assertTrue(said.endswith(message), said)
                self.assertIn("`aws configure list-profiles`", help)
                self.assertLessEqual(set(self.aws.actions()), {"GetCallerIdentity"})

    def test_redrive_goes_where_it_is_told_and_where_the_queue_is(self):
        keys = "region = eu-west-3\naws_secret_access_key = s\naws_access_key_id = "
        self.configured(f"[profile hub]\n{keys}AKIAHUB\n[profile member]\n{keys}AKIAMEMBER\n")
        hub, both = ("--profile", "hub"), ("--profile", "hub", "--queue-profile", "member")
        there = ("eu-central-1", "AKIAHUB")
        self.assertEqual(self.regions(*hub), {"sts": there, "sqs": there, "lambda": there})
        # Not even one of the environment, which comes before the profile's.
        named = self.regions(*hub, "--region", "us-east-1", AWS_REGION="eu-west-2")
        home = ("us-east-1", "AKIAHUB")
        self.assertEqual(named, {"sts": home, "sqs": there, "lambda": home})
        of_both = self.regions(*both, "--region", "us-east-1")
        member = ("eu-central-1", "AKIAMEMBER")
        self.assertEqual(of_both, {"sts": member, "sqs": member, "lambda": home})


if __name__ == "__main__":
    unittest.main()
