"""Stands between a command and the emulator: counts calls, and breaks what it is told to.

    with Proxy(emulator.endpoint) as proxy:
        proxy.after["lambda:Invoke"] = lambda call: process.kill()
"""

import dataclasses
import http.client
import http.server
import json
import threading
import urllib.parse

from tests.wire.record import RECORDED, record, sender


@dataclasses.dataclass
class Call:
    """A call and its answer."""

    name: str
    request: dict
    answer: dict


class Proxy:
    """`calls` are those that were answered, in order. What `after` holds for a name is called once
    the emulator has answered and before the command hears of it; if it returns true, the command
    never does."""

    def __init__(self, endpoint):
        self.calls = []
        self.after = {}
        target = urllib.parse.urlsplit(endpoint)
        proxy = self
        test = sender()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                record(test, self.command, self.path, self.headers.items(), body)
                connection = http.client.HTTPConnection(target.hostname, target.port, timeout=120)
                headers = {
                    name: value
                    for name, value in self.headers.items()
                    if name.lower() not in ("host", "connection", "accept-encoding")
                }
                headers[RECORDED] = "yes"
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                call = Call(name_of(self), parsed(body), parsed(content))
                proxy.calls.append(call)
                if proxy.after.get(call.name, lambda _: False)(call):
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = forward

            def log_message(self, *_):
                """Nothing: the calls are recorded."""

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A command that was ended does not read its answer."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        # So often it looks whether it is to end: each test waits for that.
        serving = {"target": self._server.serve_forever, "args": (0.02,)}
        threading.Thread(**serving, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def named(self, name):
        return [call for call in self.calls if call.name == name]


def name_of(request):
    target = request.headers.get("X-Amz-Target", "")
    if target.startswith("AmazonSQS."):
        return "sqs:" + target.removeprefix("AmazonSQS.")
    return "lambda:Invoke" if request.path.endswith("/invocations") else request.path


def parsed(content):
    try:
        return json.loads(content)
    except ValueError:
        return {}
