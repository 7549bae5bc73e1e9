"""Starts a local stand-in for AWS, for the tests, the demo and the benchmarks.

From Python:

    with Emulator() as emulator:
        iam = emulator.client("iam")

From anything else, run `python -m tests.emulator.emulator`: it prints one line of JSON with
the endpoint and the account once the emulator answers, and runs until its standard input is
closed. That way a caller that dies, however it dies, takes its emulator with it.

Nothing is shared between two emulators: each has its own port, process group and scratch
folder, and the folder is removed at the end. No real AWS setting is read and Docker is not used.
"""

import argparse
import copy
import ctypes
import functools
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from tests.emulator import fakecloud
from tests.wire.record import RECORDED, sender

ACCOUNT = "111122223333"
REGION = "us-east-1"
ROOT = pathlib.Path(__file__).resolve().parents[2]
# The only certificate authority that tests trust; nobody has its key.
AUTHORITY = ROOT / "tests" / "fixtures" / "authority.pem"
# `make conform` has the tests run against another one.
KIND = os.environ.get("KEYRAIL_EMULATOR", "ministack")


class EmulatorError(Exception):
    """The emulator did not start; the message carries the end of its log."""


class Emulator:
    """A running emulator. `kind` is `ministack`, `moto` or `fakecloud`.

    With `policies`, ministack allows a function only what its role allows; the account number as
    access key id stays an administrator.
    """

    def __init__(self, kind=KIND, account=ACCOUNT, policies=False):
        self.kind = kind
        command = [sys.executable, "-m", __spec__.name, "--kind", kind, "--account", account]
        self._process = subprocess.Popen(
            command + ["--policies"] * policies,
            cwd=ROOT,
            env=os.environ | {"KEYRAIL_WIRE_SENDER": sender()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Ctrl-C reaches only the caller, who may still need the emulator to clean up.
            start_new_session=True,
        )
        try:
            line = self._process.stdout.readline()
            if not line:
                raise EmulatorError(self._process.stderr.read().strip())
            ready = json.loads(line)
        except BaseException:
            self.close()
            raise
        self.endpoint = ready["endpoint"]
        self.account = ready["account"]
        self.region = REGION
        self.scratch = ready["scratch"]
        self.pid = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def at(self, account, region=REGION):
        """The same emulator as another account sees it, in a Region; whoever has this one ends it."""
        seen = copy.copy(self)
        seen.account, seen.region, seen._process = account, region, None
        return seen

    def client(self, service, account=None):
        """A boto3 client acting as an administrator of the account."""
        from botocore.config import Config

        account = account or self.account
        credentials = {"aws_access_key_id": account, "aws_secret_access_key": "test"}
        if self.kind == "moto" and account != self.account:
            # moto knows another account only by a role assumed in it.
            role = f"arn:aws:iam::{account}:role/administrator"
            answer = self.client("sts").assume_role(RoleArn=role, RoleSessionName="emulator")
            credentials = {
                "aws_access_key_id": answer["Credentials"]["AccessKeyId"],
                "aws_secret_access_key": answer["Credentials"]["SecretAccessKey"],
                "aws_session_token": answer["Credentials"]["SessionToken"],
            }
        return session(**credentials, region_name=self.region).client(
            service,
            endpoint_url=self.endpoint,
            config=Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"total_max_attempts": 3, "mode": "standard"},
                proxies={},
                s3={"addressing_style": "path"},
            ),
        )

    def environment(self):
        """What AWS tools need in their environment to talk to this emulator only."""
        return clean_environment() | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    def keep(self):
        """Leaves the emulator running when this process ends; SIGTERM to `pid` stops it."""
        self._process.stdin.write("keep\n")
        self._process.stdin.close()
        self._process = None

    def close(self):
        process, self._process = self._process, None
        if process is None:
            return
        process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()


def session(**settings):
    """A session of boto3 that shares with the others what it has read of AWS's models."""
    import boto3
    import botocore.session

    made = botocore.session.Session()
    made.register_component("data_loader", models())
    return boto3.session.Session(botocore_session=made, **settings)


@functools.cache
def models():
    import botocore.session

    return botocore.session.Session().get_component("data_loader")


# `FAKECLOUD` alone is no setting of fakecloud, but says where it is.
SETTINGS = ("AWS_", "FAKECLOUD_", "KEYRAIL_", "LOCALSTACK_", "MINISTACK_", "MOTO_")


def clean_environment():
    """This process's environment without its AWS settings, proxies and certificate authorities."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(SETTINGS)
        and not name.lower().endswith("_proxy")
        and name != "SSL_CERT_DIR"
    }
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Each process with a client of AWS reads all authorities first, for longer than it then runs.
        # Nothing here speaks TLS.
        "SSL_CERT_FILE": str(AUTHORITY),
    }


def main():
    arguments = argparse.ArgumentParser(description="Run an AWS emulator until stdin is closed.")
    arguments.add_argument("--kind", choices=["ministack", "moto", "fakecloud"], default=KIND)
    arguments.add_argument("--account", default=ACCOUNT, help="the account it plays")
    arguments.add_argument("--policies", action="store_true", help="ministack enforces policies")
    options = arguments.parse_args()

    for stop in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(stop, lambda *_: sys.exit(0))
    scratch = tempfile.mkdtemp(prefix="keyrail-emulator-")
    log = os.path.join(scratch, "emulator.log")
    server = None
    try:
        server, endpoint = start(options, scratch, log)
        wait_until_it_answers(server, endpoint, log)
        ready = {"endpoint": endpoint, "account": options.account, "scratch": scratch}
        print(json.dumps(ready), flush=True)
        if not wait_for_the_end(server):
            raise EmulatorError(f"the emulator stopped by itself\n{tail(log)}")
    except (EmulatorError, fakecloud.NotInstalled) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    finally:
        for stop in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(stop, signal.SIG_IGN)
        if server is not None:
            end(server)
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


def start(options, scratch, log):
    """Starts the server on a socket that is bound here, so no two can race for a port; fakecloud
    binds a free one itself, and tells which."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    environment = clean_environment() | {
        # What the emulator leaves behind, it leaves in the scratch folder.
        "TMPDIR": scratch,
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
        "PYTHONUNBUFFERED": "1",
        # For the recorder before it.
        "PYTHONPATH": str(ROOT),
    }
    for name in ("KEYRAIL_WIRE", "KEYRAIL_WIRE_SENDER"):
        if name in os.environ:
            environment[name] = os.environ[name]
    if options.kind == "ministack":
        environment |= {
            "MINISTACK_ACCOUNT_ID": options.account,
            "AUTH": str(options.policies).lower(),
            "GATEWAY_PORT": str(port),
            # The host in the addresses of queues; `localhost` may be tried as IPv6 first.
            "MINISTACK_HOST": "127.0.0.1",
            # Its functions get this one.
            "AWS_ENDPOINT_URL": endpoint,
            "S3_DATA_DIR": os.path.join(scratch, "s3"),
            "STATE_DIR": os.path.join(scratch, "state"),
            # Two listeners nobody here needs, on fixed ports and all interfaces.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        command = [sys.executable, "-m", "hypercorn", "tests.wire.emulators:ministack()", "--workers", "0"]
        command += ["--keep-alive", "75", "--bind", f"fd://{listener.fileno()}"]
    elif options.kind == "moto":
        environment |= {"MOTO_ACCOUNT_ID": options.account, "MOTO_PORT": str(port)}
        command = [sys.executable, "-c", MOTO, str(port), str(listener.fileno())]
    else:
        command = fakecloud.command(options.account)
    with listener, open(log, "wb") as output:
        server = subprocess.Popen(
            command,
            cwd=scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )
    if options.kind == "fakecloud":
        endpoint = fakecloud.Front(log).endpoint
    return server, endpoint


MOTO = """
import os, sys
from moto.moto_server import werkzeug_app
from tests.wire.emulators import wsgi
from werkzeug.serving import make_server
# Read by now as the default; left in place, it would override assumed roles too.
del os.environ["MOTO_ACCOUNT_ID"]
app = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
make_server(
    "127.0.0.1", int(sys.argv[1]), wsgi(app), threaded=True, fd=int(sys.argv[2]),
    request_handler=werkzeug_app.MotoRequestHandler,
).serve_forever()
"""


def die_with_parent():
    """Linux ends the emulator even if this process is killed outright."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def wait_until_it_answers(server, endpoint, log, seconds=60):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise EmulatorError(f"the emulator ended with {server.returncode}\n{tail(log)}")
        try:
            # No request of AWS's, so none to be recorded.
            opener.open(urllib.request.Request(endpoint, headers={RECORDED: "no"}), timeout=2).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)
    raise EmulatorError(f"the emulator did not answer within {seconds} s\n{tail(log)}")


def wait_for_the_end(server):
    """True once stdin is closed; false if the server ended first."""
    watched = [sys.stdin.fileno()]
    while server.poll() is None:
        readable, _, _ = select.select(watched, [], [], 0.2)
        if readable:
            data = os.read(readable[0], 64)
            if data.startswith(b"keep"):
                watched = []
            elif not data:
                return True
    return False


def end(server):
    """Ends the server and the functions it runs: they are one process group."""
    for sign, patience in ((signal.SIGTERM, 2), (signal.SIGKILL, 5)):
        try:
            os.killpg(server.pid, sign)
        except ProcessLookupError:
            break
        try:
            server.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            continue
    server.wait()


def tail(log, lines=30):
    text = pathlib.Path(log).read_text(errors="replace").splitlines()
    return "\n".join(text[-lines:]) or "its log is empty"


if __name__ == "__main__":
    sys.exit(main())
