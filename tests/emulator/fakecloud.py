"""fakecloud as an emulator of these tests: a second opinion on what AWS answers.

It is a crate under the AGPL, and a process of its own here: nothing is linked with it. Two things
it does in another way than the other emulators, and a server before it evens them out:

- An account is known by the key of one of its users, and not by twelve digits. For each account
  that is named by its number, an administrator is made there.
- The ids of keys begin with `FKIA` and `FSIA`, so that nobody takes them for AWS's `AKIA` and
  `ASIA`. keyrail reads the kind of a key in its id, so they are translated both ways.
"""

import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import sys
import threading

# What is signed for: the id of the key, and the service.
CREDENTIAL = re.compile(r"Credential=([^/,]+)/[^/,]+/[^/,]+/([^/,]+)/")
# The ids of access keys: nothing else of such a form begins so.
OF_AWS = re.compile(rb"(?<![A-Za-z0-9])A(?=[KS]IA[A-Za-z0-9]{16}(?![A-Za-z0-9]))")
OF_FAKECLOUD = re.compile(rb"(?<![A-Za-z0-9])F(?=[KS]IA[A-Za-z0-9]{16}(?![A-Za-z0-9]))")
PORT = re.compile(r"^FAKECLOUD_PORT=(\d+)$", re.MULTILINE)
# What other services carry is the callers' own, and comes back as it was sent.
SERVICES_WITH_KEYS = ("iam", "sts")
# fakecloud takes a call without a user's name for one of the account's first user, by name: this
# one is never the first.
ADMINISTRATOR = "zz-administrator"


class NotInstalled(Exception):
    """There is no fakecloud on this machine."""


def command(account):
    """What starts it: `FAKECLOUD` names the program, else it is found on the PATH."""
    program = shutil.which(os.environ.get("FAKECLOUD", "fakecloud"))
    if program is None:
        raise NotInstalled("fakecloud is not installed: cargo install fakecloud --locked")
    return [
        program,
        *("--addr", "127.0.0.1:0", "--account-id", account),
        *("--log-level", "warn", "--enforce-quotas"),
    ]


class Front:
    """What stands before fakecloud; serves until the process ends. It answers nothing before
    fakecloud is ready."""

    def __init__(self, log):
        self._log = pathlib.Path(log)
        self._port = None
        self._administrators = {}
        self._making = threading.Lock()
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, content = front.pass_on(
                    self.command, self.path, dict(self.headers.items()), body
                )
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = forward

            def log_message(self, *_):
                """Nothing: fakecloud has a log."""

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            # Tests that run at the same time connect at the same time.
            request_queue_size = 128

            def handle_error(self, *whose):
                """Who was killed reads no answer, and who asks too early gets none."""
                if not isinstance(sys.exc_info()[1], ConnectionError):
                    super().handle_error(*whose)

        self._server = Server(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def pass_on(self, method, path, headers, body):
        """The answer to a call: status, headers and body."""
        signature = headers.get("authorization") or headers.get("Authorization", "")
        signed = CREDENTIAL.search(signature)
        key, service = signed.groups() if signed else ("", "")
        has_keys = service in SERVICES_WITH_KEYS
        kept = {
            name: value
            for name, value in headers.items()
            if name.lower() not in ("host", "connection", "content-length", "authorization")
        }
        if signed:
            # It checks no signature unless it is told to.
            kept["Authorization"] = signature.replace(key, self._known_as(key), 1)
        if has_keys:
            body = OF_AWS.sub(b"F", body)
        status, answered, content = self._ask(method, path, kept, body)
        if has_keys:
            content = OF_FAKECLOUD.sub(b"A", content)
        skipped = ("content-length", "connection", "transfer-encoding")
        return status, [pair for pair in answered if pair[0].lower() not in skipped], content

    def _known_as(self, key):
        """By which key fakecloud knows who signed with this one."""
        if re.fullmatch(r"\d{12}", key):
            return self._administrator(key)
        return OF_AWS.sub(b"F", key.encode()).decode()

    def _administrator(self, account):
        """The id of the key of an administrator of the account."""
        with self._making:
            if account not in self._administrators:
                asked = {"accountId": account, "userName": ADMINISTRATOR}
                headers = {"Content-Type": "application/json"}
                path = "/_fakecloud/iam/create-admin"
                status, _, made = self._ask("POST", path, headers, json.dumps(asked).encode())
                if status != http.HTTPStatus.OK:
                    raise RuntimeError(f"no administrator in account {account}: {made!r}")
                self._administrators[account] = json.loads(made)["accessKeyId"]
            return self._administrators[account]

    def _ask(self, method, path, headers, body):
        self._port = self._port or self._port_once_ready()
        return request(self._port, method, path, headers, body)

    def _port_once_ready(self):
        """The port that fakecloud has bound, of which it writes to its log."""
        found = PORT.search(self._log.read_text(errors="replace"))
        if found is None:
            raise ConnectionRefusedError("fakecloud has not said on which port it is")
        # Its SNS makes a key to sign with at the first use, which takes some seconds if it was built
        # without optimisation: longer than the function waits for an answer.
        request(int(found[1]), "GET", "/_fakecloud/sns/cert.pem")
        return int(found[1])


def request(port, method, path, headers=None, body=None):
    """An answer of fakecloud: status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()
