"""Holds what `sam build` made against what Lambda starts: `make check-release`.

    python -m tests.emulator.sam_build BUILD_FOLDER ARCHITECTURE

Fails unless the function's folder has an executable `bootstrap` for that architecture, the layer's
has the bundle, and Lambda would take both.
"""

import os
import pathlib
import struct
import sys

from samtranslator.yaml_helper import yaml_parse

# `e_machine` in the header of an ELF file (System V ABI).
MACHINES = {"arm64": 183, "x86_64": 62}

# Lambda Developer Guide, "Lambda quotas": of function and layers, unzipped; checked 2026-11-29.
MOST_BYTES = 250 * 1024 * 1024


class BuildError(Exception):
    """What was built is not what Lambda would start; the message says why."""


def main():
    folder, architecture = pathlib.Path(sys.argv[1]), sys.argv[2]
    try:
        size = check(folder, architecture)
    except (BuildError, OSError) as error:
        return f"error: {error}"
    print(f"ok: sam build made a bootstrap for {architecture}, {size} bytes")
    return 0


def check(folder, architecture):
    """The size of the function's binary in bytes."""
    template = yaml_parse((folder / "template.yaml").read_text())
    function = template["Resources"]["GuardrailFunction"]["Properties"]
    bundle = template["Resources"]["BundleLayer"]["Properties"]
    bootstrap = folder / function["CodeUri"] / "bootstrap"
    if not bootstrap.is_file():
        raise BuildError(f"{bootstrap} is missing")
    if not os.access(bootstrap, os.X_OK):
        raise BuildError(f"{bootstrap} is not executable")
    machine = machine_of(bootstrap)
    if machine != MACHINES[architecture]:
        raise BuildError(f"{bootstrap} is for the machine {machine}, not for {architecture}")
    layer = folder / bundle["ContentUri"]
    if not list(layer.glob("**/guardrails/*.cedar")):
        raise BuildError(f"{layer} holds no guardrails")
    size = sum(
        file.stat().st_size
        for part in (bootstrap.parent, layer)
        for file in part.rglob("*")
        if file.is_file()
    )
    if size > MOST_BYTES:
        raise BuildError(f"function and layer have {size} bytes, and Lambda takes {MOST_BYTES}")
    return bootstrap.stat().st_size


def machine_of(file):
    with file.open("rb") as opened:
        header = opened.read(20)
    if header[:4] != b"\x7fELF" or len(header) < 20:
        raise BuildError(f"{file} is no program for Linux")
    return struct.unpack_from("<H", header, 18)[0]


if __name__ == "__main__":
    sys.exit(main())
