"""What is written down of a request, and what is not."""

import asyncio
import io
import os
import pathlib
import tempfile
import unittest
from unittest import mock

from tests.wire import record
from tests.wire.__main__ import judged, lines
from tests.wire.emulators import asgi, wsgi


class Recording(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "wire"
        patched = mock.patch.dict(os.environ, {"KEYRAIL_WIRE": str(self.folder)})
        patched.start()
        self.addCleanup(patched.stop)
        record._file.cache_clear()
        self.addCleanup(record._file.cache_clear)
        self.addCleanup(lambda: record._file().close())

    def test_no_secret_is(self):
        signature = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260314/us-east-1/iam/aws4_request"
        headers = [
            ("Authorization", f"{signature}, SignedHeaders=host, Signature=5e0e"),
            ("X-Amz-Security-Token", "a-session"),
            ("x-amz-sso_bearer_token", "a-login"),
            ("Cookie", "a-cookie"),
        ]
        record.record("a test", "POST", "/", headers, b"Action=ListUsers&Version=2010-05-08")
        (text,) = (file.read_text() for file in self.folder.iterdir())
        for secret in ("5e0e", "a-session", "a-login", "a-cookie", "AKIAIOSFODNN7EXAMPLE"):
            self.assertNotIn(secret, text)
        (written,) = lines(self.folder)
        self.assertEqual(written["signed"], {"region": "us-east-1", "service": "iam"})
        self.assertEqual(judged(written), ("iam:ListUsers", []))

    def test_all_of_a_body_that_comes_in_parts_is(self):
        parts = [b"Action=Get", b"CallerIdentity&Version=2011-06-15"]
        scope = {"type": "http", "method": "POST", "raw_path": b"/", "query_string": b"", "headers": []}

        async def app(_, receive, __):
            return [(await receive())["body"] for _ in parts]

        messages = iter(
            {"type": "http.request", "body": part, "more_body": part != parts[-1]} for part in parts
        )

        async def receive():
            return next(messages)

        self.assertEqual(asyncio.run(asgi(app)(scope, receive, None)), parts)
        (written,) = lines(self.folder)
        self.assertEqual(written["body"].encode(), b"".join(parts))

    def test_a_form_that_moto_gets_is_and_reaches_it(self):
        form = b"Action=GetCallerIdentity&Version=2011-06-15"
        environ = {
            "REQUEST_METHOD": "POST",
            "REQUEST_URI": "/",
            "CONTENT_LENGTH": str(len(form)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "HTTP_X_AMZ_DATE": "20260314T092653Z",
            "wsgi.input": io.BytesIO(form + b"more"),
        }
        app = wsgi(lambda environ, _: environ["wsgi.input"].read())
        self.assertEqual(app(environ, None), form)
        (written,) = lines(self.folder)
        self.assertEqual(written["body"].encode(), form)
        kind = "application/x-www-form-urlencoded"
        self.assertEqual(
            written["headers"], {"content-type": kind, "x-amz-date": "20260314T092653Z"}
        )

    def test_one_that_a_proxy_has_recorded_is_not_again(self):
        record.record("a test", "POST", "/", [("X-Keyrail-Recorded", "yes")], b"")
        record.record("a test", "GET", "/", [], b"\xff")
        (written,) = lines(self.folder)
        self.assertEqual((written["method"], written["length"]), ("GET", 1))

    def test_who_sends_it_is_known(self):
        self.assertEqual(record.sender(), self.id())


if __name__ == "__main__":
    unittest.main()
