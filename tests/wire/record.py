"""Writes down the requests that the tests send to what they take for AWS, and what stand-ins answer:
one line of JSON each, one file for each process, in the folder that `KEYRAIL_WIRE` names. Without it
nothing is written.

`tests/wire/record.rs` writes the same lines for the tests in Rust. No secret is among them: of a
signature only Region and service are kept, and of tokens in headers only that they were there. Of an archive of code only its
length is: no model restricts what is in it.
"""

import functools
import json
import os
import pathlib
import re
import sys
import threading
import unittest

SIGNED = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]*)/(?P<service>[^/]+)/")
SECRET = {"x-amz-security-token", "x-amz-sso_bearer_token"}
# What a proxy adds to a request that it has recorded, so that it is not recorded again behind it.
RECORDED = "x-keyrail-recorded"

_lock = threading.Lock()


@functools.cache
def _file():
    folder = pathlib.Path(os.environ["KEYRAIL_WIRE"])
    folder.mkdir(parents=True, exist_ok=True)
    return open(folder / f"{os.getpid()}.py.jsonl", "ab", buffering=0)


def record(sender, method, path, headers, body):
    """Writes down a request and returns what it wrote: `path` with its query, `headers` as (name,
    value), `sender` as the test, if known."""
    headers = {name.lower(): value for name, value in headers}
    if "KEYRAIL_WIRE" not in os.environ or RECORDED in headers:
        return None
    signed = SIGNED.search(headers.get("authorization", ""))
    line = {
        "sender": sender,
        "method": method,
        "path": path,
        "headers": {name: value for name, value in kept(headers)},
        "signed": signed.groupdict() if signed else None,
    }
    try:
        line["body"] = body.decode()
    except UnicodeDecodeError:
        line["length"] = len(body)
    _write(line)
    return line


def answered(line, status, body):
    """Writes down what a stand-in made up as the answer to a recorded request."""
    if line:
        _write({"answer_to": line, "status": status, "body": body})


def _write(line):
    # In one piece: the process may be ended at any time.
    with _lock:
        _file().write(f"{json.dumps(line)}\n".encode())


def kept(headers):
    for name, value in headers.items():
        if name in SECRET:
            yield name, "not recorded"
        elif name in ("content-type", "user-agent") or name.startswith("x-amz-"):
            yield name, value


def sender():
    """The test, or the class of tests, that calls this; else what Python runs."""
    frame = sys._getframe(1)
    while frame:
        for name in ("self", "cls"):
            found = frame.f_locals.get(name)
            if isinstance(found, unittest.TestCase):
                return found.id()
            if isinstance(found, type) and issubclass(found, unittest.TestCase):
                return f"{found.__module__}.{found.__name__}"
        frame = frame.f_back
    return os.environ.get("KEYRAIL_WIRE_SENDER") or pathlib.Path(sys.argv[0]).name
