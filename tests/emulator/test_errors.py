"""Each error that AWS models or documents for a call of the command: the exit code, the words, and
that nothing is said to be done which is not.

    make test       runs this with everything else
    python -m unittest discover -s tests/emulator -t .

The errors are those of `tests/fixtures/aws-errors.json`. What came of each is a part of
`docs/aws-errors.md`; KEYRAIL_UPDATE=1 writes it anew.
"""

import collections
import concurrent.futures
import dataclasses
import fcntl
import functools
import json
import os
import pathlib
import re
import subprocess
import typing
import unittest
import urllib.parse

from tests.emulator.emulator import ROOT, clean_environment
from tests.emulator.stand_in import ACCOUNT, StandIn, document, error, refusal, xml

COMMAND = pathlib.Path(os.environ.get("KEYRAIL_BIN", ROOT / "target" / "debug" / "keyrail"))
PAGE = ROOT / "docs" / "aws-errors.md"
FILE = json.loads((ROOT / "tests" / "fixtures" / "aws-errors.json").read_text())
LISTED, GROUPS = FILE["calls"], FILE["groups"]
MESSAGE = "as the test wants it"
AT_ONCE = 40
KEY = "AKIAI44QH8DHBEXAMPLE"
OTHER = "ACCAI44QH8DHBEXAMPLE"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
DENIAL = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/dead"


@dataclasses.dataclass
class Change:
    """What keyrail has changed, and what takes it back: a call that makes, one that reads, and the
    answer of that as long as it is contained and afterwards."""

    change: dict
    makes: str
    reads: str
    contained: tuple
    undone: tuple
    is_undone: bool = False

    def make(self, _):
        self.is_undone = True
        return xml(self.makes, "")

    def read(self, _):
        return self.undone if self.is_undone else self.contained


def credential(action, listed, name, id, date, **change):
    def answer(status):
        return xml(
            f"List{listed}",
            f"<IsTruncated>false</IsTruncated><{LISTS[listed]}><member><UserName>bob</UserName>"
            f"<{name}>{id}</{name}><Status>{status}</Status><{date}>2026-03-14T09:26:53Z</{date}>"
            f"{MORE.get(listed, '')}</member></{LISTS[listed]}>",
        )

    change = {"call": f"iam:{action}", "user": "bob", "status": "Inactive"} | change
    return lambda: Change(change, action, f"List{listed}", answer("Inactive"), answer("Active"))


LISTS = {
    "AccessKeys": "AccessKeyMetadata",
    "ServiceSpecificCredentials": "ServiceSpecificCredentials",
    "SSHPublicKeys": "SSHPublicKeys",
    "SigningCertificates": "Certificates",
}
# What only members of this list have.
MORE = {
    "ServiceSpecificCredentials": "<ServiceName>s</ServiceName>",
    "SigningCertificates": "<CertificateBody>b</CertificateBody>",
}
GONE = error("NoSuchEntity", "there is none", status=404)


def policy(kind, name):
    text = urllib.parse.quote(DENIAL)
    there = f"<{kind}Name>{name}</{kind}Name><PolicyName>p</PolicyName><PolicyDocument>{text}</PolicyDocument>"
    change = {"call": f"iam:Put{kind}Policy", kind.lower(): name, "denial": "everything"}
    reads = f"Get{kind}Policy"
    return lambda: Change(change, f"Delete{kind}Policy", reads, xml(reads, there), GONE)


def attached():
    def answer(members):
        return xml(
            "ListAttachedUserPolicies",
            f"<IsTruncated>false</IsTruncated><AttachedPolicies>{members}</AttachedPolicies>",
        )

    member = f"<member><PolicyName>AWSDenyAll</PolicyName><PolicyArn>{DENY_ALL}</PolicyArn></member>"
    change = {"call": "iam:AttachUserPolicy", "user": "bob", "arn": DENY_ALL}
    return Change(change, "DetachUserPolicy", "ListAttachedUserPolicies", answer(member), answer(""))


def boundary(previous):
    def answer(arn):
        bound = f"<PermissionsBoundary><PermissionsBoundaryArn>{arn}</PermissionsBoundaryArn></PermissionsBoundary>"
        return xml(
            "GetUser",
            "<User><Path>/</Path><UserName>bob</UserName><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId>"
            f"<Arn>arn:aws:iam::{ACCOUNT}:user/bob</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>"
            f"{bound if arn else ''}</User>",
        )

    change = {
        "call": "iam:PutUserPermissionsBoundary",
        "user": "bob",
        "arn": DENY_ALL,
        "previous": previous,
    }
    makes = "PutUserPermissionsBoundary" if previous else "DeleteUserPermissionsBoundary"
    return lambda: Change(change, makes, "GetUser", answer(DENY_ALL), answer(previous))


CHANGES = [
    credential("UpdateAccessKey", "AccessKeys", "AccessKeyId", KEY, "CreateDate", key=KEY),
    credential(
        "UpdateServiceSpecificCredential",
        "ServiceSpecificCredentials",
        "ServiceSpecificCredentialId",
        OTHER,
        "CreateDate",
        credential=OTHER,
    ),
    credential(
        "UpdateSSHPublicKey",
        "SSHPublicKeys",
        "SSHPublicKeyId",
        "APKAI44QH8DHBEXAMPLE",
        "UploadDate",
        credential="APKAI44QH8DHBEXAMPLE",
    ),
    credential(
        "UpdateSigningCertificate",
        "SigningCertificates",
        "CertificateId",
        "TA7SMP42TDN5Z26OBPJE7EXAMPLE",
        "UploadDate",
        credential="TA7SMP42TDN5Z26OBPJE7EXAMPLE",
    ),
    policy("User", "bob"),
    attached,
    boundary(None),
    boundary("arn:aws:iam::111122223333:policy/Bounds"),
    policy("Role", "build"),
]


class Met(typing.NamedTuple):
    """What became of a command."""

    tries: str
    exit: int
    words: str


class Errors(unittest.TestCase):
    def test_each_error_of_undo(self):
        scenes = []
        for made in CHANGES:
            change = made()
            scenes.append((f"iam:{change.reads}", f"`undo` of `{change.change['call']}`", self.undo, made))
            scenes.append((f"iam:{change.makes}", f"`undo` of `{change.change['call']}`", self.undo, made))
        key = CHANGES[0]
        scenes.append(("dynamodb:PutItem", "`undo`: the release of a key", self.undo, key))
        scenes.append(("sts:GetCallerIdentity", "`undo`: whose the credentials are", self.undo, key))
        self.hold("undo", scenes)

    def test_each_error_of_redrive(self):
        calls = [
            ("sqs:GetQueueAttributes", "what the queue is"),
            ("lambda:GetFunctionConfiguration", "what the function is"),
            ("sqs:ReceiveMessage", "the messages"),
            ("sqs:ChangeMessageVisibilityBatch", "letting others see them again"),
            ("lambda:Invoke", "handing one over"),
            ("sqs:DeleteMessage", "deleting what is handled"),
        ]
        self.hold("redrive", [(call, f"`redrive`: {when}", self.redrive, None) for call, when in calls])

    def test_each_error_of_org_pull(self):
        calls = ["ListRoots", "ListOrganizationalUnitsForParent", "ListAccountsForParent"]
        self.hold("org pull", [(f"organizations:{call}", "`org pull`", self.pull, None) for call in calls])

    # A command, while one of its calls gets an error

    def undo(self, call, fault, made):
        change = made()
        with StandIn() as aws:
            aws.answer(change.reads, change.read)
            aws.answer(change.makes, change.make)
            aws.answer(action_of(call), fault)
            report = {
                "schema": "keyrail.report/v1",
                "event": {"id": "e0f1a2b3-1111-4c5d-9e8f-000000000001"},
                "activity": {"account": ACCOUNT, "region": "us-east-1"},
                "outcomes": [
                    {"step": "", "result": "verified", "account": ACCOUNT, "changes": [change.change]}
                ],
            }
            done = run(aws, "undo", "-", "--apply", "--yes", "--table", "keyrail", report=report)
            made_it = change.makes in aws.actions()
        if action_of(call) == change.makes:
            self.assertFalse(change.is_undone, call)
            self.assertNotIn("undone ", done.stdout)
        elif not change.is_undone:
            # What cannot be read, recorded or asked comes before anything is made.
            self.assertFalse(made_it, call)
            self.assertNotIn("undone ", done.stdout)
        says_gone = done.returncode == 0 and not change.is_undone
        if says_gone:
            # AWS's word that there is no such policy: nothing is left to undo.
            self.assertIn("already ", done.stdout)
            self.assertIn(call, ("iam:GetUserPolicy", "iam:GetRolePolicy"))
        elif not change.is_undone:
            self.assertIn(done.returncode, (1, 3), f"{call}: {done.stderr}")
        return done, aws.actions().count(action_of(call))

    def redrive(self, call, fault, _):
        message = {
            "MessageId": "m-1",
            "ReceiptHandle": "r-1",
            "Body": sample(),
            "Attributes": {"SentTimestamp": "1795000000000", "ApproximateReceiveCount": "1"},
        }
        attributes = {
            "QueueArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead",
            "ApproximateNumberOfMessagesNotVisible": "0",
        }
        function = {
            "FunctionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:keyrail",
            "Environment": {"Variables": {"KEYRAIL_TOPIC_ARN": "a", "KEYRAIL_MODE": "observe"}},
        }
        with StandIn() as aws:
            aws.answer("GetQueueAttributes", document({"Attributes": attributes}))
            aws.answer("GetFunctionConfiguration", document(function))
            aws.answer("ReceiveMessage", document({"Messages": [message]}), document({}))
            aws.answer("ChangeMessageVisibilityBatch", document({"Successful": [], "Failed": []}))
            for action in ("DeleteMessage", "Invoke"):
                aws.answer(action, document({}))
            aws.answer(action_of(call), fault)
            # Without `--apply` what was read is shown to others again.
            apply = [] if call == "sqs:ChangeMessageVisibilityBatch" else ["--apply", "--yes"]
            done = run(aws, "redrive", "--queue", QUEUE, "--function", "keyrail", *apply)
            actions = aws.actions()
        self.assertEqual(done.returncode, 3, f"{call}: {done.stdout}{done.stderr}")
        self.assertNotIn("replayed", done.stdout)
        if call == "lambda:Invoke":
            self.assertNotIn("DeleteMessage", actions)
        return done, actions.count(action_of(call))

    def pull(self, call, fault, _):
        with StandIn() as aws:
            usual = {
                "ListRoots": document({"Roots": [{"Id": "r-exam", "Name": "Root"}]}),
                "ListOrganizationalUnitsForParent": document({"OrganizationalUnits": []}),
                "ListAccountsForParent": document({"Accounts": []}),
            }
            for action, answer in usual.items():
                aws.answer(action, answer)
            # Waiting out what lasts takes minutes: it passes with the third answer.
            aws.answer(action_of(call), fault, fault, usual[action_of(call)])
            done = run(aws, "org", "pull", "--print")
        tries = aws.actions().count(action_of(call))
        self.assertEqual(done.returncode, 0 if tries == 3 else 3, f"{call}: {done.stderr}")
        return done, tries

    # The page

    def hold(self, part, scenes):
        tasks = [
            (place, call, code, status, run_it, made)
            for place, (call, _, run_it, made) in enumerate(scenes)
            for code, status in [*LISTED[call]["modelled"].items(), *LISTED[call]["documented"].items()]
        ]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            met = list(pool.map(self.meets, tasks))
        sections = collections.defaultdict(lambda: collections.defaultdict(list))
        for (place, _, code, status, *_), how in zip(tasks, met):
            sections[place][how].append((status, code))
        self.write(
            part,
            "".join(
                section(call, when, sections[place])
                for place, (call, when, *_) in enumerate(scenes)
            ),
        )

    def test_the_page_says_which_errors_are_in_a_group(self):
        text = "| in the tables | errors, by HTTP status |\n| --- | --- |\n"
        for group, codes in GROUPS.items():
            found = {
                (status, code)
                for call in LISTED.values()
                for code, status in [*call["modelled"].items(), *call["documented"].items()]
                if code in codes
            }
            self.assertEqual({code for _, code in found}, set(codes))
            text += f"| *{group}* | {by_status(found)} |\n"
        self.write("groups", text + "\n")

    def write(self, part, text):
        start, end = f"<!-- {part} -->\n\n", f"<!-- /{part} -->\n"
        with PAGE.open("r+") as file:
            # Other tests write their parts of it.
            fcntl.flock(file, fcntl.LOCK_EX)
            before, _, rest = file.read().partition(start)
            written, _, after = rest.partition(end)
            if os.environ.get("KEYRAIL_UPDATE"):
                PAGE.write_text(before + start + text + end + after)
                return
        self.assertEqual(written, text, "KEYRAIL_UPDATE=1 writes it anew")

    def meets(self, task):
        _, call, code, status, run_it, made = task
        speaks_xml = call.split(":")[0] in ("iam", "sts")
        fault = (error if speaks_xml else refusal)(code, MESSAGE, status=status)
        done, tries = run_it(call, fault, made)
        self.assertGreater(tries, 0, f"{call}: {code}: the call was not made")
        self.assertLessEqual(tries, 12, f"{call}: {code}")
        said = done.stderr or done.stdout
        if done.returncode == 3:
            # Some causes have words of their own instead of AWS's.
            named = code in done.stdout + done.stderr or call == "sts:GetCallerIdentity"
            self.assertTrue(named, f"{call}: {code}: {done.stdout}{done.stderr}")
        return Met("sent again" if tries > 1 else "sent once", done.returncode, plain(said, done, code))


@functools.cache
def sample():
    done = subprocess.run(
        [COMMAND, "sample", "key-created-for-another"], check=True, capture_output=True, text=True
    )
    return done.stdout


def action_of(call):
    return call.split(":")[1]


def run(aws, *arguments, report=None):
    variables = {
        "HOME": "/nonexistent",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    return subprocess.run(
        [COMMAND, *arguments],
        env=clean_environment() | variables,
        input=json.dumps(report) if report else None,
        stdin=None if report else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def plain(said, done, code):
    """The words without what differs from run to run, and with … for the error."""
    if done.returncode == 0:
        return ""
    detail = [line.partition(": ")[2] for line in done.stdout.splitlines() if code in line]
    text = " ".join([*detail, said]).replace(f": {MESSAGE}", "").replace(code, "…")
    text = re.sub(r" \(request [^)]*\)", "", text)
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def section(call, when, ways):
    """The part of a call: a row for each way in which its errors end."""
    text = f"### `{call}`: {when}\n\n| errors, by HTTP status | the call | exit code | words |\n| --- | --- | --- | --- |\n"
    all_of_it = {code for errors in ways.values() for _, code in errors}
    for met, errors in ways.items():
        text += f"| {grouped(errors, all_of_it)} | {met.tries} | {met.exit} | {met.words} |\n"
    return text + "\n"


def grouped(errors, all_of_it):
    """The errors, those of a group by its name where the call has no others of it."""
    codes, names = {code for _, code in errors}, []
    for group, members in GROUPS.items():
        of_it = all_of_it.intersection(members)
        if len(of_it) > 1 and of_it <= codes:
            names.append(f"*{group}*")
            codes -= of_it
    rest = by_status((status, code) for status, code in errors if code in codes)
    return "; ".join([*names, rest] if rest else names)


def by_status(errors):
    """`400 A, B; 403 C`"""
    codes = collections.defaultdict(list)
    for status, code in sorted(errors):
        codes[status].append(f"`{code}`")
    return "; ".join(f"{status} {', '.join(codes)}" for status, codes in codes.items())


if __name__ == "__main__":
    unittest.main()
