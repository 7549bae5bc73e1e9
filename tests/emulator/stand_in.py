"""A stand-in for AWS where the emulators are silent or lenient: it answers as AWS documents.

    with StandIn() as aws:
        aws.answer("GetCallerIdentity", error("ExpiredToken", "...", status=403))

What a call is not told to get, it gets from `USUAL`. Each call is recorded, with the service,
the Region and the access key that it was signed for.

Shapes: STS API reference, `GetCallerIdentity`, `AssumeRole`, "Common errors"; IAM API reference,
`ListAccessKeys`, `UpdateAccessKey`; Organizations API reference, `ListRoots`,
`ListOrganizationalUnitsForParent`, `ListAccountsForParent`; IAM Identity Center Portal API
reference, `GetRoleCredentials`; SQS API reference, `GetQueueAttributes`, `ReceiveMessage`; Lambda
API reference, `GetFunctionConfiguration`: all checked 2026-11-29.
"""

import collections
import http.server
import json
import re
import threading
import time
import urllib.parse

from tests.wire.record import answered, record, sender

ACCOUNT = "111122223333"
ARN = f"arn:aws:iam::{ACCOUNT}:user/anaya"

Call = collections.namedtuple("Call", "action service region key fields")
SIGNED = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")


class StandIn:
    def __init__(self):
        self.calls = []
        self._answers = collections.defaultdict(list)
        stand_in = self
        test = sender()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                line = record(test, self.command, self.path, self.headers.items(), body)
                answered(line, *stand_in._handle(self, body))

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        # So often it looks whether it is to end: each test waits for that.
        serving = {"target": self._server.serve_forever, "args": (0.02,)}
        threading.Thread(**serving, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, action, *answers):
        """The next calls of `action` get these, one each; the last stays."""
        self._answers[action] = list(answers)

    def actions(self):
        return [call.action for call in self.calls]

    def _handle(self, request, body):
        signed = SIGNED.search(request.headers.get("Authorization", ""))
        signed = signed.groupdict() if signed else dict.fromkeys(("key", "region", "service"))
        target = request.headers.get("X-Amz-Target")
        if target:
            action, fields = target.split(".")[-1], json.loads(body)
        elif request.path.startswith("/federation/credentials"):
            action, fields = "GetRoleCredentials", {}
        elif request.path.endswith("/invocations"):
            action, fields = "Invoke", {}
        elif request.path.startswith("/2015-03-31/functions/"):
            action, fields = "GetFunctionConfiguration", {}
        else:
            fields = dict(urllib.parse.parse_qsl(body.decode()))
            action = fields.get("Action")
        self.calls.append(Call(action, fields=fields, **signed))
        answers = self._answers[action]
        answer = (answers.pop(0) if len(answers) > 1 else answers[0]) if answers else USUAL[action]
        status, kind, text = answer(fields) if callable(answer) else answer
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(text.encode())))
        request.end_headers()
        request.wfile.write(text.encode())
        return status, text


def xml(action, result):
    text = f"<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"
    return 200, "text/xml", text


def error(code, message, status=400):
    """An error of IAM or STS."""
    text = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
        "</Error><RequestId>3a4f5b6c-2222-4d5e-8f90-000000000001</RequestId></ErrorResponse>"
    )
    return status, "text/xml", text


def document(value):
    return 200, "application/x-amz-json-1.1", json.dumps(value)


def refusal(code, message, status=400):
    """An error of a service that speaks JSON."""
    return status, "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})


def after(seconds, answer):
    """The same answer, late."""

    def late(_):
        time.sleep(seconds)
        return answer

    return late


def identity(arn=ARN):
    account = arn.split(":")[4]
    return xml("GetCallerIdentity", f"<Arn>{arn}</Arn><UserId>A</UserId><Account>{account}</Account>")


class OneKey:
    """IAM with one user's key, and its status."""

    def __init__(self, user, key, status="Inactive"):
        self.user, self.key, self.status = user, key, status

    def keys(self, _):
        return xml(
            "ListAccessKeys",
            f"<IsTruncated>false</IsTruncated><AccessKeyMetadata><member><UserName>{self.user}</UserName>"
            f"<AccessKeyId>{self.key}</AccessKeyId><Status>{self.status}</Status>"
            "<CreateDate>2026-03-14T09:26:53Z</CreateDate></member></AccessKeyMetadata>",
        )

    def update(self, fields):
        self.status = fields["Status"]
        return 200, "text/xml", "<UpdateAccessKeyResponse></UpdateAccessKeyResponse>"


USUAL = {
    "GetCallerIdentity": identity(),
    "UpdateItem": document({}),
    "PutItem": document({}),
    "GetRoleCredentials": document(
        {
            "roleCredentials": {
                "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
                "secretAccessKey": "secret",
                "sessionToken": "token",
                "expiration": int(time.time() + 3600) * 1000,
            }
        }
    ),
}
