"""The emulators, with a recorder before them in the same process.

Only what runs inside an emulator's process sees each request: the functions that it runs call it
at once, and no proxy is between.
"""

import io
import os

from tests.wire.record import record

SENDER = os.environ.get("KEYRAIL_WIRE_SENDER", "tests")


def asgi(app):
    """ministack, as hypercorn runs it."""

    async def recorded(scope, receive, send):
        if scope["type"] != "http":
            return await app(scope, receive, send)
        body = bytearray()

        async def passed_on():
            message = await receive()
            if message["type"] == "http.request":
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
                    headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
                    path = scope["raw_path"].decode() + query
                    record(SENDER, scope["method"], path, headers, bytes(body))
            return message

        return await app(scope, passed_on, send)

    return recorded


def wsgi(app):
    """moto, as werkzeug runs it."""

    def recorded(environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        headers = [
            (name.removeprefix("HTTP_").replace("_", "-"), value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        ]
        record(SENDER, environ["REQUEST_METHOD"], environ["REQUEST_URI"], headers, body)
        return app(environ, start_response)

    return recorded


def ministack():
    """For hypercorn, which evaluates what it is told to run."""
    from ministack.app import app

    return asgi(app)
