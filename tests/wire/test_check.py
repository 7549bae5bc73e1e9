"""What the check of the recorded requests finds: one request for each way to be outside a model."""

import collections
import json
import pathlib
import tempfile
import unittest
import urllib.parse
from unittest import mock

from tests.wire.__main__ import KEYRAIL, Result, judged, judged_answer, main
from tests.wire.calls import OF_THE_SDK, PERMISSIONS, operations, permissions
from tests.wire.holding import NoPattern, compiled, patterns
from tests.wire.reading import model

AGENT = "aws-sdk-rust/1.7.0 ua/2.1 api/{}/1.124.0 os/linux lang/rust/1.95.0"
ROLE = "arn:aws:iam::111122223333:role/keyrail-responder"
KEY = "AKIAIOSFODNN7EXAMPLE"


def line(service, body="", method="POST", path="/", client=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "sender": "a test",
        "method": method,
        "path": path,
        "headers": {"user-agent": AGENT.format(client or service)} | headers,
        "signed": service and {"region": "us-east-1", "service": service},
        "body": body,
    }


def query(service, action, version=None, **fields):
    version = version or model(service).api_version
    fields = {"Action": action, "Version": version} | fields
    return line(service, urllib.parse.urlencode(fields))


def update_key(**fields):
    usual = {"UserName": "bob", "AccessKeyId": KEY, "Status": "Inactive"}
    return query("iam", "UpdateAccessKey", **usual | fields)


def assume(**fields):
    return query("sts", "AssumeRole", **{"RoleArn": ROLE, "RoleSessionName": "keyrail"} | fields)


def document(service, target, body, kind="application/x-amz-json-1.0", **more):
    return line(service, json.dumps(body), content_type=kind, x_amz_target=target, **more)


def put_item(item, **more):
    body = {"TableName": "keyrail", "Item": item} | more
    return document("dynamodb", "DynamoDB_20120810.PutItem", body)


def receive(**fields):
    fields = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/dead"} | fields
    return document("sqs", "AmazonSQS.ReceiveMessage", fields)


def invoke(name="keyrail", asked="", **headers):
    return line("lambda", "{}", path=f"/2015-03-31/functions/{name}/invocations{asked}", **headers)


def of_account(**fields):
    target = "AWSOrganizationsV20161128.ListAccountsForParent"
    return document("organizations", target, fields, "application/x-amz-json-1.1")


class Judging(unittest.TestCase):
    def assert_outside(self, request, member, constraint, name=None):
        """It is, there and for that, and for nothing else."""
        called, problems = judged(request)
        self.assertEqual(len(problems), 1, problems)
        self.assertEqual(problems[0].member, member)
        self.assertIn(constraint, problems[0].constraint)
        if name:
            self.assertEqual(called, name)

    def assert_inside(self, request, name):
        self.assertEqual(judged(request), (name, []))


class Inside(Judging):
    """What is as it must be, of each protocol."""

    def test_the_query_protocol(self):
        self.assert_inside(update_key(UserName="a+b=c,d.e@f-g_h"), "iam:UpdateAccessKey")
        arns = {f"PolicyArns.member.{n}.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess" for n in (1, 2)}
        tags = {"Tags.member.1.Key": "für", "Tags.member.1.Value": ""}
        self.assert_inside(assume(DurationSeconds="900", **arns, **tags), "sts:AssumeRole")
        attribute = "MessageAttributes.entry.1"
        more = {f"{attribute}.Name": "state", f"{attribute}.Value.DataType": "String"}
        more[f"{attribute}.Value.StringValue"] = "BLOCKED"
        self.assert_inside(query("sns", "Publish", Message="a", **more), "sns:Publish")

    def test_the_json_protocols(self):
        item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "l": {"L": [{"B": "aGk="}]}, "m": {"M": {}}}
        self.assert_inside(put_item(item), "dynamodb:PutItem")
        self.assert_inside(receive(MaxNumberOfMessages=10), "sqs:ReceiveMessage")
        self.assert_inside(
            of_account(ParentId="r-exam", MaxResults=20), "organizations:ListAccountsForParent"
        )

    def test_rest(self):
        arn = urllib.parse.quote("arn:aws:lambda:us-east-1:111122223333:function:keyrail", safe="")
        self.assert_inside(invoke(arn, "?Qualifier=live", x_amz_invocation_type="Event"), "lambda:Invoke")
        asked = "?role_name=Responder&account_id=111122223333"
        portal = line(None, "", "GET", f"/federation/credentials{asked}", client="sso")
        portal["headers"]["x-amz-sso_bearer_token"] = "not recorded"
        self.assert_inside(portal, "sso:GetRoleCredentials")
        zone = '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        zone += "<LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
        for region in ("eu-west-1", "eusc-de-east-1"):
            body = zone.replace("eu-west-1", region)
            self.assert_inside(line("s3", body, "PUT", "/artifacts"), "s3:CreateBucket")


    def test_a_service_that_speaks_several_protocols(self):
        form = "application/x-www-form-urlencoded; charset=utf-8"
        asked = "Action=DescribeAlarms&Version=2010-08-01"
        of_form = line("monitoring", asked, client="cloudwatch", content_type=form)
        self.assert_inside(of_form, "cloudwatch:DescribeAlarms")
        target = "GraniteServiceVersion20100801.DescribeAlarms"
        self.assert_inside(document("monitoring", target, {}, client="cloudwatch"), "cloudwatch:DescribeAlarms")
        path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
        binary = line("monitoring", path=path, client="cloudwatch", content_type="application/cbor")
        self.assert_outside(binary, "", "neither form nor JSON")


class Outside(Judging):
    """One thing is wrong, and is found."""

    def test_a_place_that_is_no_region(self):
        zone = '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        zone += "<LocationConstraint>eu-west-9</LocationConstraint></CreateBucketConfiguration>"
        place = "CreateBucketConfiguration.LocationConstraint"
        self.assert_outside(line("s3", zone, "PUT", "/artifacts"), place, "is none of")

    def test_a_pattern(self):
        self.assert_outside(update_key(UserName="bob smith"), "UserName", "does not match")
        # Letters are ASCII's, as in Java.
        self.assert_outside(update_key(UserName="zoë"), "UserName", "does not match")
        # It is the whole value that must match.
        self.assert_outside(update_key(UserName="bob\n"), "UserName", "does not match")
        self.assert_outside(of_account(ParentId="x-exam"), "ParentId", "does not match")

    def test_a_length(self):
        self.assert_inside(update_key(UserName="b" * 128), "iam:UpdateAccessKey")
        self.assert_outside(update_key(UserName="b" * 129), "UserName", "129 characters, and 128 at most")
        self.assert_outside(update_key(AccessKeyId=KEY[:15]), "AccessKeyId", "15 characters, and 16 at")
        long = "x" * 2049
        self.assert_outside(query("iam", "GetAccessKeyLastUsed", AccessKeyId=long), "AccessKeyId", "2049")

    def test_a_range(self):
        self.assert_outside(assume(DurationSeconds="899"), "DurationSeconds", "899 as a number, and 900")
        self.assert_outside(assume(DurationSeconds="43201"), "DurationSeconds", "and 43200 at most")
        request = of_account(ParentId="r-exam", MaxResults=21)
        self.assert_outside(request, "MaxResults", "21 as a number, and 20 at most")

    def test_how_many_there_are(self):
        tags = {}
        for n in range(1, 52):
            tags |= {f"Tags.member.{n}.Key": str(n), f"Tags.member.{n}.Value": ""}
        self.assert_outside(assume(**tags), "Tags", "51 members, and 50 at most")

    def test_a_required_member(self):
        without = query("sts", "AssumeRole", RoleSessionName="keyrail")
        self.assert_outside(without, "RoleArn", "is required")
        request = assume(**{"Tags.member.1.Key": "a"})
        self.assert_outside(request, "Tags[0].Value", "is required")
        without = document("dynamodb", "DynamoDB_20120810.PutItem", {"TableName": "keyrail"})
        self.assert_outside(without, "Item", "is required")
        without = line(None, "", "GET", "/federation/credentials?role_name=a&account_id=1", client="sso")
        self.assert_outside(without, "accessToken", "is required")

    def test_an_enum(self):
        self.assert_outside(update_key(Status="Off"), "Status", "`Off` is none of Active")
        request = put_item({}, ReturnValues="ALL")
        self.assert_outside(request, "ReturnValues", "`ALL` is none of NONE")
        request = invoke(x_amz_invocation_type="Later")
        self.assert_outside(request, "InvocationType", "`Later` is none of Event")

    def test_an_unknown_member(self):
        self.assert_outside(update_key(KeyStatus="Inactive"), "KeyStatus", "no such member")
        # A list begins at 1, and has its own word in between.
        for name in ("Tags.member.2.Key", "Tags.1.Key"):
            self.assert_outside(assume(**{name: "a"}), name, "no such member")
        self.assert_outside(receive(Wait=1), "Wait", "no such member")
        self.assert_outside(put_item({"pk": {"T": "a"}}), "Item.pk.T", "no such member")
        self.assert_outside(invoke(asked="?Alias=live"), "Alias", "no such parameter")
        request = query("sts", "GetCallerIdentity", RoleArn=ROLE)
        self.assert_outside(request, "RoleArn", "no such member")

    def test_a_type(self):
        self.assert_outside(assume(DurationSeconds="ten"), "DurationSeconds", "is no integer")
        for wrong in ("10", True, 1.5, None, 2**31):
            self.assert_outside(
                receive(MaxNumberOfMessages=wrong), "MaxNumberOfMessages", "is no integer"
            )
        self.assert_outside(put_item({"pk": {"N": 1}}), "Item.pk.N", "is no string")
        self.assert_outside(put_item({"pk": {"B": "!"}}), "Item.pk.B", "is no base64")
        self.assert_outside(put_item({"pk": {"BOOL": "true"}}), "Item.pk.BOOL", "is no boolean")
        self.assert_outside(put_item({"pk": {"SS": "a"}}), "Item.pk.SS", "is no list")
        self.assert_outside(put_item({"pk": "a"}), "Item.pk", "is no structure")
        self.assert_outside(put_item([]), "Item", "is no map")
        self.assert_outside(document("sqs", "AmazonSQS.ListQueues", []), "", "is no structure")
        entry = {"Source": "a", "DetailType": "b", "Detail": "{}", "Time": "noon"}
        request = document(
            *("events", "AWSEvents.PutEvents", {"Entries": [entry]}, "application/x-amz-json-1.1"),
            client="eventbridge",
        )
        self.assert_outside(request, "Entries[0].Time", "is no time")

    def test_a_field_that_is_there_twice(self):
        request = update_key()
        request["body"] += "&UserName=carla"
        self.assert_outside(request, "UserName", "there twice")

    def test_an_operation(self):
        self.assert_outside(query("iam", "DisableKey"), "", "iam 2010-05-08 has no operation DisableKey")
        self.assert_outside(
            document("sqs", "AmazonSQS.Receive", {}), "", "sqs 2012-11-05 has no operation Receive"
        )
        self.assert_outside(
            line("lambda", path="/2015-03-31/function/keyrail/invocations"), "", "lambda has no POST of"
        )
        self.assert_outside(
            line("lambda", method="PUT", path="/2015-03-31/functions/a/invocations"), "", "no PUT of"
        )

    def test_how_it_is_asked(self):
        version = query("sts", "GetCallerIdentity", "2010-05-08")
        self.assert_outside(version, "Version", "2010-05-08, not 2011-06-15")
        request = document("sqs", "AmazonSQS.ListQueues", {}, "application/json")
        self.assert_outside(request, "Content-Type", "application/json, not application/x-amz-json-1.0")
        for request in (update_key(), receive()):
            self.assert_outside(request | {"path": "/111122223333/dead"}, "", "/111122223333/dead")
        request = receive() | {"body": "{"}
        self.assert_outside(request, "", "its body is no JSON")

    def test_whom_it_is_signed_for(self):
        elsewhere = update_key() | {"signed": {"region": "us-east-1", "service": "sts"}}
        self.assert_outside(elsewhere, "", "sts 2011-06-15 has no operation UpdateAccessKey")
        elsewhere = receive() | {"signed": {"region": "us-east-1", "service": "dynamodb"}}
        self.assert_outside(elsewhere, "", "`AmazonSQS` in X-Amz-Target is not dynamodb")
        nobody = update_key() | {"signed": {"region": "us-east-1", "service": "identity"}}
        self.assert_outside(nobody, "", "signed for identity, which is no service")
        other = document("sqs", "AmazonSQS.ListQueues", {}, client="sns")
        self.assert_outside(other, "", "a client of sns signed it for sqs")
        unsigned = query("sts", "GetCallerIdentity") | {"signed": None}
        self.assert_outside(unsigned, "", "it is not signed")
        nothing = line(None, "", "GET", "/2015-03-31/functions")
        self.assert_outside(nothing, "", "sso has no GET of /2015-03-31/functions")


class Answers(unittest.TestCase):
    """What a stand-in makes up is held to the model, too."""

    def outside(self, request, body, status=200):
        """(member, constraint) of each that is."""
        _, problems = judged_answer({"answer_to": request, "status": status, "body": body})
        return [(problem.member, problem.constraint) for problem in problems]

    def keys(self, members, result="ListAccessKeysResult", action="ListAccessKeys"):
        body = f"<{action}Response><{result}>{members}</{result}><ResponseMetadata/></{action}Response>"
        return self.outside(query("iam", "ListAccessKeys"), body)

    def test_of_the_query_protocol(self):
        key = f"<AccessKeyId>{KEY}</AccessKeyId>"
        one = "<AccessKeyMetadata><member>{}</member></AccessKeyMetadata>"
        self.assertEqual(self.keys(one.format(key)), [])
        unknown = self.keys(one.format(key + "<Key>a</Key>"))
        self.assertEqual(unknown, [("AccessKeyMetadata[0].Key", "the model has no such member")])
        ((member, constraint),) = self.keys(one.format("<Status>Off</Status>"))
        self.assertEqual(member, "AccessKeyMetadata[0].Status")
        self.assertIn("`Off` is none of Active", constraint)
        self.assertEqual(self.keys(""), [("AccessKeyMetadata", "it is required")])
        self.assertEqual(self.keys(one.format(key), action="List"), [("", "the answer is a ListResponse")])
        members = [member for member, _ in self.keys(one.format(key), result="Result")]
        self.assertEqual(members, ["Result", "ListAccessKeysResult"])
        self.assertEqual(self.outside(update_key(), "<UpdateAccessKeyResponse/>"), [])
        body = "<UpdateAccessKeyResponse><Status>Active</Status></UpdateAccessKeyResponse>"
        self.assertEqual(self.outside(update_key(), body), [("Status", "no answer has it")])

    def test_of_json(self):
        self.assertEqual(self.outside(receive(), '{"Messages": [{"Body": "a"}]}'), [])
        ((member, _),) = self.outside(receive(), '{"Messages": [{"Text": "a"}]}')
        self.assertEqual(member, "Messages[0].Text")
        ((_, constraint),) = self.outside(receive(), "<Messages/>")
        self.assertIn("no JSON", constraint)

    def test_errors_are_not(self):
        self.assertEqual(self.outside(receive(), "gone", status=404), [])


class Patterns(unittest.TestCase):
    def test_each_that_a_call_of_keyrails_can_meet_can_be_read(self):
        found = set()
        for name in operations():
            service, operation = name.split(":")
            found |= set(patterns(model(service).operation_model(operation).input_shape))
        self.assertTrue(found)
        for pattern in found:
            with self.subTest(pattern):
                compiled(pattern)

    def test_one_that_cannot_be_read_is_a_finding(self):
        with self.assertRaisesRegex(NoPattern, "cannot be read"):
            compiled("[a-")
        with mock.patch("tests.wire.holding.compiled", side_effect=NoPattern("it cannot be read")):
            name, problems = judged(update_key())
        self.assertEqual((name, [each.constraint for each in problems]), (
            "iam:UpdateAccessKey", ["it cannot be read"],
        ))

    def test_what_java_understands_otherwise(self):
        self.assertTrue(compiled(r"\p{Print}+").fullmatch("a b"))
        self.assertFalse(compiled(r"\p{Print}+").fullmatch("ä"))
        self.assertFalse(compiled(r"\w").fullmatch("ä"))
        with self.assertRaises(NoPattern):
            compiled(r"[\p{L}\w]")
        pairs = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*"
        self.assertTrue(compiled(pairs).fullmatch("a \N{GRINNING FACE}"))
        self.assertFalse(compiled(pairs).fullmatch("\0"))


class Running(unittest.TestCase):
    """What a whole run comes to."""

    def test_it_fails_without_requests(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn("no request was recorded", main(folder))

    def test_it_fails_for_one_that_is_outside_and_tells_of_it_once(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch("builtins.print") as printed:
            wrong = json.dumps(update_key(UserName="bob smith"))
            pathlib.Path(folder, "1.py.jsonl").write_text(f"{wrong}\n{wrong}\n")
            self.assertEqual(main(folder), 1)
        told = "\n".join(call.args[0] for call in printed.call_args_list)
        self.assertEqual(told.count("outside, 2 of them: iam:UpdateAccessKey: UserName: `bob smith`"), 1)
        self.assertIn("sent by a test (keyrail)\n    POST / Action=UpdateAccessKey", told)
        self.assertIn("never sent: iam:GetUser: ", told)

    def test_a_call_that_no_test_has_keyrail_make_is_told(self):
        result = Result()
        # The tests' own does not count.
        result.add(update_key() | {"headers": {"user-agent": "Boto3/1.43.102"}})
        app = {"user-agent": AGENT.format("iam") + " app/tests"}
        result.add(update_key() | {"headers": app})
        self.assertIn("iam:UpdateAccessKey", result.never_sent())
        result.add(update_key())
        self.assertEqual(set(result.never_sent()), operations() - {"iam:UpdateAccessKey"})
        self.assertEqual(result.sent["iam:UpdateAccessKey"], {KEYRAIL: 1, "the tests themselves": 2})

    def test_a_call_that_the_code_does_not_name_is_told(self):
        result = Result()
        result.add(query("iam", "DeleteUser", UserName="bob"))
        self.assertEqual(result.not_named(), ["iam:DeleteUser"])

    def test_each_call_in_the_code_names_its_permission(self):
        called = operations() - (OF_THE_SDK - permissions())
        self.assertEqual({PERMISSIONS.get(name, name) for name in called}, permissions())

    def test_each_that_is_outside_is_told(self):
        result = Result()
        for _ in range(2):
            result.add(update_key(Status="Off"))
        self.assertEqual(len(result.outside), 2)
        self.assertEqual(result.requests, collections.Counter({KEYRAIL: 2}))


if __name__ == "__main__":
    unittest.main()
