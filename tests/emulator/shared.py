"""Runs a command while emulators run that its tests share: nextest starts a process for each test,
and starting an emulator takes longer than most of them.

    python -m tests.emulator.shared 3 cargo nextest run

The command finds their endpoints in KEYRAIL_SHARED_EMULATORS; no more tests than that should run at
a time. They end with the command.
"""

import concurrent.futures
import contextlib
import os
import subprocess
import sys

from tests.emulator.emulator import Emulator


def main():
    count, *command = sys.argv[1:]
    with contextlib.ExitStack() as running:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            started = [pool.submit(Emulator) for _ in range(int(count))]
        for starting in started:
            running.enter_context(starting.result())
        endpoints = " ".join(starting.result().endpoint for starting in started)
        shared = os.environ | {"KEYRAIL_SHARED_EMULATORS": endpoints}
        return subprocess.run(command, env=shared).returncode


if __name__ == "__main__":
    sys.exit(main())
