"""What the keyrail command says of events."""

import concurrent.futures
import copy
import functools
import json
import os
import pathlib
import subprocess

from tests.emulator.emulator import ROOT
from tests.template.variants import ABSENT

COMMAND = pathlib.Path(os.environ.get("KEYRAIL_BIN", ROOT / "target" / "debug" / "keyrail"))

# More events, each in a file of its own; not part of this repository.
EVENTS = pathlib.Path(os.environ.get("KEYRAIL_EVENTS", ROOT.parent / "shared" / "events"))


def sample_names():
    return {line.split()[0] for line in keyrail("sample", "--list").splitlines()}


@functools.cache
def sample_text(name):
    return keyrail("sample", name)


def sample(name):
    return json.loads(sample_text(name))


@functools.cache
def taxonomy():
    """(entry, group, example) of each event that keyrail knows, in each of its groups."""
    return [
        (entry, example["group"], example["event"])
        for entry in json.loads(keyrail("taxonomy", "--format", "json"))
        for example in entry["examples"]
    ]


def explain_all(events):
    """The ids of the guardrails of the default bundle that each event violates."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(explain, events))


def explain(event):
    report = keyrail("explain", "-", "--format", "json", text=json.dumps(event))
    return {violation["id"] for violation in json.loads(report)["verdict"]["violated"]}


def keyrail(*arguments, text=""):
    if not COMMAND.exists():
        raise FileNotFoundError(f"{COMMAND} is not built: cargo build -p keyrail-cli")
    done = subprocess.run(
        [COMMAND, *arguments], input=text.encode(), check=True, capture_output=True, timeout=20
    )
    return done.stdout.decode()


def changed(event, changes):
    event = copy.deepcopy(event)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = functools.reduce(lambda inner, key: inner[key], parents, event)
        if value is ABSENT:
            del place[last]
        else:
            place[last] = value
    return event
